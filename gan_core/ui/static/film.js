// Saving a film, the same in every tab: kind, size, one button, then how far it is, the time left and Stop.
//   studio.filmSaver(box, api, { id, state: {kind, size}, changed(), ask() → what api.save wants besides kind, size and film })
studio.filmSaver = (box, api, { id, state, changed, ask }) => {
  const { t, make } = studio;
  const SIZES = [256, 512, 1024], KINDS = { gif: "GIF", mp4: "MP4", webp: "WebP" };
  box.classList.add("film-saver");
  box.innerHTML = `<h3></h3><div class="row"><div class="segments" role="radiogroup"></div><select id="${id}-size"></select></div>
    <button class="button main" data-act="save">${studio.icon("save")}<span></span></button>
    <div class="film" hidden><div class="bar-track"><i></i></div><div class="row"><small role="status"></small><button class="quiet slim" data-act="stop-film"></button></div></div>`;
  const find = selector => box.querySelector(selector);
  const save = find("[data-act=save]"), film = find(".film"), stop = find("[data-act=stop-film]"), size = find("select");
  find("h3").textContent = t("film.save");
  find(".segments").setAttribute("aria-label", t("film.kind"));
  size.setAttribute("aria-label", t("film.size"));
  size.append(...SIZES.map(n => new Option(t("film.pixels", { n }), n)));
  stop.textContent = t("film.stop");

  const show = () => {
    for (const button of find(".segments").children) button.setAttribute("aria-checked", String(button.dataset.kind === state.kind));
    size.value = String(state.size);
    save.querySelector("span").textContent = t("film.save_now", { kind: KINDS[state.kind] });
  };
  for (const [kind, text] of Object.entries(KINDS)) {
    const button = make("button", "", text);
    button.dataset.kind = kind;
    button.setAttribute("role", "radio");
    button.addEventListener("click", () => { state.kind = kind; show(); changed(); });
    find(".segments").append(button);
  }
  size.addEventListener("change", () => { state.size = Number(size.value); changed(); });

  const duration = seconds => (seconds < 90 ? t("film.seconds", { n: Math.max(1, Math.round(seconds)) }) : t("film.minutes", { n: Math.round(seconds / 60) }));
  const tell = progress => {
    const { state: at, done, total, stage, left } = progress;
    const writing = stage === "writing";
    film.classList.toggle("writing", writing);
    find(".bar-track i").style.width = `${total ? 100 * done / total : 0}%`;
    const words = at === "waiting" ? studio.line.words(progress) : writing ? t("film.writing") : total ? t("film.drawing", { done, total }) : t("common.working");
    find(".film small").textContent = left > 2 && !writing ? `${words} · ${t("film.left", { time: duration(left) })}` : words;
  };
  let name = null;
  const watch = mine => studio.follow(api, mine, () => name === mine, progress => { if (progress && progress.state !== "none") tell(progress); }, { own: true });
  stop.addEventListener("click", () => { stop.disabled = true; api.stop({ name }).catch(() => {}); });
  save.addEventListener("click", () => studio.busy(save, async () => {
    const asked = ask();
    if (!asked) return;
    name = studio.jobName("film");
    tell({});
    stop.disabled = film.hidden = false;
    watch(name);
    try {
      studio.download(await api.save({ ...asked, kind: state.kind, size: state.size, film: name }));
    } catch (error) {
      if (error.code !== "job.stopped") throw error;
      studio.toast(t("film.stopped"));
    } finally { name = null; film.hidden = true; }
  }));
  show();
  return { show };
};
