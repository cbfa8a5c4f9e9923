// Making a data set, below the sheet's own controls: it begins at the sheet's seed and is as typical as the sheet.
//   studio.datasetMaker(box, api, { most, ask() → { seed, truncation } }) -> { show(model) }
studio.datasetMaker = (box, api, { most, ask }) => {
  const { t, store, make } = studio;
  const SIZES = [64, 128, 256, 512], SLIDERS = 12;
  const find = selector => box.querySelector(selector);
  const count = find("#dataset-count"), size = find("#dataset-size"), reach = find("#dataset-reach"), button = find("[data-act=make-set]");
  const state = { even: true, classes: new Set(), change: "none", vary: new Set(), sliders: [] };
  let model = null, name = null;

  // ---- what it will hold
  const segments = (group, key, changed) => {
    for (const part of find(group).children) part.addEventListener("click", () => { state[key] = JSON.parse(part.dataset.value); changed(); });
    return () => { for (const part of find(group).children) part.setAttribute("aria-checked", String(part.dataset.value === JSON.stringify(state[key]))); };
  };
  const chips = (group, entries, chosen) => find(group).replaceChildren(...entries.map(([value, text]) => {
    const chip = make("button", "chip", text);
    chip.setAttribute("aria-pressed", String(chosen.has(value)));
    chip.addEventListener("click", () => {
      if (!chosen.delete(value)) chosen.add(value);
      chip.setAttribute("aria-pressed", String(chosen.has(value)));
      show();
    });
    return chip;
  }));
  const title = ({ name, title }, i) => (title ? title : studio.has(`direction.${name}`) ? t(`direction.${name}`) : t("explore.direction", { n: i + 1 }));
  const moves = () => (store.point?.model === model?.id ? store.point?.moves?.length || 0 : 0);
  const whole = () => { const n = Number(count.value); return Number.isInteger(n) && n >= 1 && n <= most ? n : null; };
  const show = () => {
    if (!model) return;
    showEven();
    showChange();
    find(".dataset-kinds").hidden = !model.labels.length;
    find(".dataset-classes").hidden = !state.even;
    find(".dataset-random").hidden = state.change !== "random";
    find(".dataset-like").hidden = state.change !== "like";
    find(".dataset-like").textContent = moves() ? t("dataset.like_count", { count: moves() }) : t("dataset.like_none");
    find("[for=dataset-reach].value").textContent = t("dataset.sigma", { n: Number(reach.value).toFixed(1) });
    count.setAttribute("aria-invalid", String(!whole()));
    const { seed, truncation } = ask();
    find(".dataset-about").textContent = whole() ? t("dataset.about", { first: seed, last: seed + whole() - 1, typical: truncation.toFixed(2) }) : t("dataset.range", { most });
    button.disabled = Boolean(name) || !whole() || (model.labels.length > 0 && state.even && !state.classes.size) || (state.change === "random" && !state.vary.size);
  };
  const showEven = segments(".dataset-even", "even", () => show()), showChange = segments(".dataset-change", "change", () => show());
  const showModel = next => {
    if (next && next.id !== model?.id) {
      model = next;
      state.classes = new Set(model.labels.keys());
      state.vary.clear();
      state.sliders = [];
      chips(".dataset-classes", model.labels.map((label, i) => [i, studio.className(label)]), state.classes);
      size.replaceChildren(new Option(t("dataset.own", { n: model.resolution }), ""), ...SIZES.filter(n => n > model.resolution).map(n => new Option(t("film.pixels", { n }), n)));
      find(".dataset-sliders").replaceChildren();
    }
    if (box.open && model && !state.sliders.length) listSliders(model);
    show();
  };
  const listSliders = async asked => {
    try {
      const { sliders } = await api.list({ model: asked.id });
      if (asked !== model) return;
      state.sliders = sliders.filter(slider => !slider.hidden).slice(0, SLIDERS);
      if (!state.vary.size) for (const slider of state.sliders.slice(0, 4)) state.vary.add(slider.name);
      chips(".dataset-sliders", state.sliders.map((slider, i) => [slider.name, title(slider, i)]), state.vary);
      show();
    } catch (error) { studio.toast(error.message, "bad"); }
  };

  // ---- making it, and fetching it in pieces
  const progress = find(".film");
  const duration = seconds => (seconds < 90 ? t("film.seconds", { n: Math.max(1, Math.round(seconds)) }) : t("film.minutes", { n: Math.round(seconds / 60) }));
  const tell = (words, share) => {
    progress.querySelector("small").textContent = words;
    progress.querySelector("i").style.width = `${Math.round(100 * share)}%`;
  };
  const watch = mine => studio.follow(api, mine, () => name === mine, now => {
    if (now?.state === "waiting") tell(studio.line.words(now), 0);
    else if (now?.total) tell(`${t("film.drawing", now)}${now.left > 2 ? ` · ${t("film.left", { time: duration(now.left) })}` : ""}`, 0.9 * now.done / now.total);
  }, { own: true });
  const fetchAll = async (file, mine) => {
    const telling = share => tell(t("dataset.fetching", { size: studio.weight(file.bytes) }), 0.9 + 0.1 * share);
    const blob = await studio.fetchPieces(api, file, () => name === mine, telling);
    if (blob) studio.downloadBlob(file.name, blob);
  };
  const order = () => ({
    model: model.id, count: whole(), ...ask(), size: size.value ? Number(size.value) : null,
    classes: model.labels.length && state.even ? [...state.classes].sort((a, b) => a - b) : null,
    like: state.change === "like" && moves() ? store.point : null,
    vary: state.change === "random" ? [...state.vary] : [], reach: Number(reach.value),
  });
  const save = async () => {
    const mine = name = studio.jobName("set");
    progress.hidden = false;
    tell(t("common.working"), 0);
    watch(mine);
    try {
      const file = await api.make({ ...order(), name: mine });
      if (name === mine) await fetchAll(file, mine); else api.forget({ token: file.token }).catch(() => {});
    } catch (error) {
      if (error.code !== "job.stopped") throw error;
      studio.toast(t("film.stopped"));
    } finally {
      if (name === mine) name = null;
      progress.hidden = true;
    }
  };
  button.addEventListener("click", () => studio.busy(button, save).then(show));
  find("[data-act=stop-set]").addEventListener("click", () => {
    const asked = name;
    if (asked) api.stop({ name: asked }).then(there => { if (!there && name === asked) { name = null; studio.toast(t("film.stopped")); } }).catch(() => {});
  });
  count.max = most;
  count.value = Math.min(most, 1000);
  count.addEventListener("input", show);
  reach.addEventListener("input", () => { studio.fillTrack(reach); show(); });
  studio.fillTrack(reach);
  box.addEventListener("toggle", () => showModel(model));

  return { show: showModel };
};
