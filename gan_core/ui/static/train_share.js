// "Ready to share?" below a finished training: copies looked for, questions about licence and people, all of it for the model card.
//   studio.trainShare(box, api) -> { open(run), close() }
studio.trainShare = (box, api) => {
  const { t, make, number } = studio;
  const QUESTIONS = { people: ["none", "agreed", "unasked"], rights: ["own", "licence", "unsure"], licence: ["cc0", "by", "by-nc", "own"] };
  const GRAVE = ["copies", "unasked", "unsure"]; // with one of these a model had better not be published
  box.innerHTML = `<header><h3 tabindex="-1" data-part="title"></h3><p class="hint" data-part="intro"></p></header>
    <div class="share-body">
      <section class="share-copies"><h4 data-part="copies"></h4><p data-part="found" aria-live="polite"></p>
        <p class="hint" data-part="numbers"></p>
        <div class="row" data-part="start"><button type="button" class="button" data-do="check"></button></div>
        <div class="film" data-part="working" hidden><div class="bar-track"><i></i></div><div class="row"><small role="status"></small><button type="button" class="quiet" data-do="stop-check"></button></div></div>
        <div class="share-pairs" data-part="pairs" role="list"></div><p class="hint" data-part="private" hidden></p>
      </section>
      <form class="share-form" novalidate></form>
    </div>
    <div class="share-end"><ul class="concerns" data-part="concerns" aria-live="polite"></ul>
      <div class="row"><button type="button" class="button main" data-do="write"></button><button type="button" class="button" data-do="publish"></button><small data-part="written" role="status"></small></div></div>`;
  const part = name => box.querySelector(`[data-part="${name}"]`);
  const doing = name => box.querySelector(`[data-do="${name}"]`);
  const form = box.querySelector("form");
  let run = null, job = null;

  for (const name of ["title", "intro", "copies", "private"]) part(name).textContent = t(`share.${name}`);
  for (const name of ["check", "write"]) doing(name).textContent = t(`share.${name}`);
  doing("stop-check").textContent = t("film.stop");

  // ---- the questions
  const question = (name, answers) => {
    const group = make("fieldset");
    group.append(make("legend", "", t(`share.${name}`)));
    for (const value of answers) {
      const label = make("label", "answer"), words = make("span", "", t(`share.${name}.${value}`));
      const input = Object.assign(make("input"), { type: "radio", name, value });
      if (studio.has(`share.${name}.${value}.text`)) words.append(make("small", "", t(`share.${name}.${value}.text`)));
      label.append(input, words);
      group.append(label);
    }
    return group;
  };
  const line = (name, tag, facts) => {
    const label = make("label", "words"), input = Object.assign(make(tag), { name, ...facts });
    label.append(make("span", "", t(`share.${name}`)), input);
    return label;
  };
  for (const [name, answers] of Object.entries(QUESTIONS)) form.append(question(name, answers));
  const own = line("licence_words", "input", { type: "text", maxLength: 300, autocomplete: "off" });
  form.append(own, line("words", "textarea", { rows: 3, maxLength: 1500 }));
  const answers = () => Object.fromEntries(new FormData(form));
  const shown = () => { own.hidden = answers().licence !== "own"; part("written").textContent = ""; };
  form.addEventListener("change", shown);
  form.addEventListener("submit", event => { event.preventDefault(); doing("write").click(); });

  // ---- what is known
  const concern = code => make("li", GRAVE.includes(code) ? "grave" : "", t(`share.concern.${code}`));
  const tell = ({ sharing, concerns, quality }) => {
    const { check } = sharing;
    box.dataset.verdict = check ? check.verdict : "";
    const facts = check && { close: number(check.close), samples: number(check.samples), pictures: number(check.pictures), expected: number(Math.round(check.alarm * check.samples)) };
    part("found").textContent = check ? t(`share.verdict.${check.verdict}`, facts) : t("share.unchecked");
    const kept = check && t(check.held_out ? "share.held_out" : "share.one_out", { fresh: number(check.fresh) });
    part("numbers").textContent = check ? [
      t("share.alarm", { share: (100 * check.false_alarm).toFixed(1), kept }),
      ...(check.twins ? [t("share.twins", { count: number(check.twins) })] : []),
      t("share.diversity", { value: Math.round(100 * check.diversity) }),
      ...(quality.kid ? [t("share.quality", { kid: number(Math.round(quality.kid)), floor: number(Math.max(0, Math.round(quality.kid_floor))) })] : []),
    ].join(" ") : "";
    doing("check").textContent = t(check ? "share.check.again" : "share.check");
    part("concerns").replaceChildren(...(concerns.length ? concerns.map(concern) : [make("li", "fine", t("share.ready"))]));
  };
  const fill = ({ sharing }) => {
    for (const name of Object.keys(QUESTIONS)) for (const input of form.elements[name]) input.checked = input.value === sharing[name];
    form.elements.licence_words.value = sharing.licence_words || "";
    form.elements.words.value = sharing.words || "";
    shown();
  };

  // ---- the comparison: long work, with Stop; the pairs live on this page only
  const pairs = list => {
    part("pairs").replaceChildren(...list.map(({ sample, picture, mirrored, close }) => {
      const pair = make("figure", close ? "close" : "");
      pair.setAttribute("role", "listitem");
      const both = make("div", "both");
      both.append(Object.assign(make("img"), { src: sample, alt: t("share.sample") }), Object.assign(make("img", mirrored ? "mirrored" : ""), { src: picture, alt: t("share.picture") }));
      pair.append(both, make("figcaption", "", t(close ? "share.close" : "share.far") + (mirrored ? ` ${t("share.mirrored")}` : "")));
      return pair;
    }));
    part("private").hidden = !list.length;
  };
  const watch = mine => studio.follow(api, mine, () => job === mine, now => {
    const words = now?.state === "waiting" ? studio.line.words(now) : studio.has(`share.stage.${now?.stage}`) ? t(`share.stage.${now.stage}`) : t("common.working");
    part("working").querySelector("small").textContent = words;
    part("working").querySelector("i").style.width = `${now?.total ? 100 * now.done / now.total : 0}%`;
  }, { pause: 300, own: true });
  const check = async () => {
    const mine = job = studio.jobName("share"), asked = run;
    part("working").hidden = false;
    part("start").hidden = true;
    watch(mine);
    try {
      const found = await api.check_copies({ run: asked, visitor: studio.visitor(), name: mine });
      if (run === asked) { tell(found); pairs(found.pairs); }
    } catch (fault) {
      if (fault.code !== "job.stopped") throw fault;
    } finally {
      if (job === mine) { job = null; part("working").hidden = true; part("start").hidden = false; }
    }
  };
  doing("check").addEventListener("click", () => studio.busy(doing("check"), check));
  doing("stop-check").addEventListener("click", () => { if (job) api.stop({ name: job }).catch(() => {}); });

  doing("write").addEventListener("click", () => studio.busy(doing("write"), async () => {
    tell(await api.answer_sharing({ run, visitor: studio.visitor(), ...answers() }));
    part("written").textContent = t("share.written", { file: `runs/${run}/model/README.md` });
  }));

  doing("publish").textContent = t("publish.run");
  doing("publish").addEventListener("click", () => studio.busy(doing("publish"), async () => {
    await studio.refreshModels();
    const model = studio.store.models.find(one => one.id === `runs/${run}`);
    if (!model) return;
    studio.open("models");
    dispatchEvent(new CustomEvent("studio:publish", { detail: model }));
  }));

  const close = () => {
    if (job) api.stop({ name: job }).catch(() => {});
    run = job = null;
    box.hidden = true;
    part("working").hidden = true;
    part("start").hidden = false;
    pairs([]);
  };
  const open = async name => {
    if (run === name && !box.hidden) return box.scrollIntoView({ block: "nearest" });
    close();
    const known = await api.sharing({ run: name, visitor: studio.visitor() });
    run = name;
    tell(known);
    fill(known);
    box.hidden = false;
    part("title").focus({ preventScroll: true });
    box.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  };
  return { open, close };
};
