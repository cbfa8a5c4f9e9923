// Journey: keyframes, the way through them, and what becomes of it. The state is one small value; undo keeps earlier ones as text.
studio.panel("journey", element, server, (element, api) => {
  const { t, store, make, points } = studio;
  const find = selector => element.querySelector(selector);
  const all = selector => element.querySelectorAll(selector);
  const act = (name, work) => find(`[data-act="${name}"]`).addEventListener("click", work);
  const KEY = "latent-studio-journey", MOST = 100, STEPS = 200, EMPTY = { keyframes: [], closed: false, path: "spline", fps: 24 };
  const canvas = find("canvas"), scrub = find("#journey-scrub"), hero = find(".hero"), strip = find(".timeline");

  // ---- the state, and the ones before and after it
  let state = structuredClone(EMPTY), past = [], future = [], selected = 0, noise = null;
  const view = { at: 0, playing: false, repeat: true, kind: "mp4", size: 512, kept: true };
  const parse = text => { try { return JSON.parse(text); } catch { return null; } };
  const sound = value => Array.isArray(value?.keyframes) && value.keyframes.length <= MOST
    && value.keyframes.every(({ point, seconds, easing }) => points.isPoint(point) && seconds >= 0 && timeline.easings.includes(easing));
  const model = () => store.models.find(({ id }) => id === state.keyframes[0]?.point.model) || null;
  const file = () => ({ [KEY]: 1, ...state });
  const remember = () => {
    const kept = studio.keep("journey", JSON.stringify(state));
    if (view.kept && !kept) studio.toast(t("journey.not_kept"), "bad");
    view.kept = kept;
    studio.keep("journey.view", JSON.stringify({ repeat: view.repeat, kind: view.kind, size: view.size }));
  };

  // Every change goes through here: what it was is kept for undo, unless a drag is still going on.
  let before = null;
  const change = (fields, { done = true, keepNoise = false } = {}) => {
    before ??= JSON.stringify(state);
    state = { ...state, ...fields };
    if (done) {
      if (before !== JSON.stringify(state)) { past.push(before); if (past.length > STEPS) past.shift(); future = []; }
      before = null;
    }
    if (!keepNoise) noise = null;
    refresh();
  };
  const travel = (from, to) => {
    if (!from.length) return;
    to.push(JSON.stringify(state));
    state = parse(from.pop());
    [before, noise] = [null, null];
    refresh();
  };
  const refresh = () => {
    selected = Math.max(0, Math.min(selected, state.keyframes.length - 1));
    frames.set(state.keyframes.length ? file() : null);
    view.at = Math.max(0, Math.min(view.at, frames.count - 1));
    delete element.dataset.ready;
    if (state.keyframes.length < 2) stop();
    if (!timeline.busy) timeline.draw(state, selected);
    remember();
    show();
    loadSoon();
  };

  // ---- pictures: of the way, and small ones of the keyframes
  const frames = studio.journeyFrames(api, { arrived: () => show(), failed: error => studio.toast(error.message, "bad") });
  const load = async () => {
    if (!frames.count || studio.current() !== "journey") return;
    await Promise.all([pictures.load(state.keyframes.map(({ point }) => point)), frames.load(view.at)]);
    if (frames.count && frames.loaded === frames.count) element.dataset.ready = String(frames.count);
  };
  const loadSoon = studio.later(60, load);
  const pictures = studio.journeyPictures(api, () => { timeline.repaint(); show(); });
  const paint = (canvas, point) => pictures.paint(canvas, point, Boolean(model()?.pixel_art));

  // ---- what is shown
  const place = at => { // the segment that a picture belongs to, and how far along it
    let segment = 0;
    for (const length of frames.lengths(state)) {
      if (at < length) return [segment, at / length];
      at -= length;
      segment++;
    }
    return [segment, 0];
  };
  const startOf = i => frames.lengths(state).slice(0, i).reduce((sum, length) => sum + length, 0);
  const seconds = count => (count / state.fps).toFixed(1);
  function show() {
    const some = state.keyframes.length > 0;
    const frame = some && (frames.frame(view.at) || pictures.of(state.keyframes[place(view.at)[0]].point));
    find(".stage").classList.toggle("empty", !some);
    hero.classList.toggle("awake", some);
    studio.limitHero(element, model() ?? store.model);
    if (frame) {
      studio.paint(canvas, frame.image, Boolean(model()?.pixel_art), frame.cut);
      canvas.dataset.frame = String(view.at);
    }
    scrub.max = Math.max(1, frames.count - 1);
    scrub.disabled = frames.count < 2;
    studio.setRange(scrub, view.at);
    scrub.setAttribute("aria-valuetext", t("journey.seconds", { n: seconds(view.at) }));
    find(".transport .value").textContent = some ? `${seconds(view.at)} / ${t("journey.seconds", { n: seconds(frames.count) })}` : "";
    if (some) timeline.tell(...place(view.at));
    showControls();
  }
  function showControls() {
    const { keyframes, closed, path, fps } = state, now = keyframes[selected], foreign = keyframes.length && store.point && store.point.model !== keyframes[0].point.model;
    const shown = JSON.stringify([state, selected, Boolean(foreign), past.length, future.length, noise, view.playing, view.repeat, store.model?.id]);
    if (shown === showControls.shown) return; // it is called for every picture of a film
    showControls.shown = shown;
    for (const name of ["play", "repeat", "split", "open", "write", "clear", "save"]) find(`[data-act=${name}]`).disabled = !keyframes.length;
    find("[data-act=undo]").disabled = !past.length;
    find("[data-act=redo]").disabled = !future.length;
    const play = find("[data-act=play]");
    play.innerHTML = studio.icon(view.playing ? "pause" : "play");
    play.title = t(view.playing ? "journey.pause" : "journey.play");
    play.setAttribute("aria-label", play.title);
    find("[data-act=repeat]").setAttribute("aria-pressed", String(view.repeat));
    find(".keyframe-form").hidden = !now;
    if (now) {
      find(".keyframe-form h3").textContent = t("journey.number", { n: selected + 1, total: keyframes.length });
      find(".to-next").hidden = keyframes.length < 2 || (selected === keyframes.length - 1 && !closed);
      find("[data-act=earlier]").disabled = selected === 0;
      find("[data-act=later]").disabled = selected === keyframes.length - 1;
      studio.setRange(find("#journey-seconds"), Math.min(10, now.seconds));
      find("[for=journey-seconds].value").textContent = t("journey.seconds", { n: now.seconds.toFixed(1) });
      for (const button of all("[data-easing]")) button.setAttribute("aria-checked", String(button.dataset.easing === now.easing));
    }
    for (const button of all("[data-path]")) button.setAttribute("aria-checked", String(button.dataset.path === path));
    find("[data-act=closed]").setAttribute("aria-pressed", String(closed));
    find("[data-made=class_sweep]").hidden = !store.model?.labels.length;
    find(".noise").hidden = !noise;
    if (noise) {
      studio.setRange(find("#journey-difference"), noise.difference);
      find("[for=journey-difference].value").textContent = noise.difference.toFixed(2);
    }
    studio.setRange(find("#journey-fps"), fps);
    find("[for=journey-fps].value").textContent = t("journey.per_second", { n: fps });
    find(".other-model").hidden = !foreign;
    if (foreign) {
      const name = model() ? studio.modelTitle(model()) : keyframes[0].point.model;
      find(".other-model p").textContent = t("journey.other_model", { name });
      find("[data-act=return-model]").textContent = t("journey.return_model", { name });
    }
    doors.show();
  }

  // ---- keyframes
  const insert = (...fresh) => {
    const wrong = fresh.find(point => state.keyframes.length && point.model !== state.keyframes[0].point.model);
    if (wrong) return studio.toast(t("journey.wrong_model"), "bad");
    if (state.keyframes.length + fresh.length > MOST) return studio.toast(t("journey.full", { most: MOST }), "bad");
    const at = state.keyframes.length ? selected + 1 : 0, like = state.keyframes[selected];
    const keyframes = state.keyframes.toSpliced(at, 0, ...fresh.map(point => ({ point, seconds: like?.seconds ?? 2, easing: like?.easing ?? "linear" })));
    selected = at + fresh.length - 1;
    change({ keyframes });
    go(startOf(selected));
    timeline.reveal(selected);
  };
  const update = (i, fields, options) => change({ keyframes: state.keyframes.map((entry, k) => (k === i ? { ...entry, ...fields } : entry)) }, options);
  const remove = i => change({ keyframes: state.keyframes.toSpliced(i, 1) });
  const move = (from, to) => {
    selected = to;
    change({ keyframes: state.keyframes.toSpliced(from, 1).toSpliced(to, 0, state.keyframes[from]) });
    go(startOf(to));
  };
  const choose = i => {
    selected = i;
    timeline.draw(state, selected);
    timeline.reveal(i);
    go(startOf(i));
  };
  const timeline = studio.journeyTimeline(strip, {
    choose, move, remove, paint,
    seconds: (i, value, done) => update(i, { seconds: value }, { done }),
    easing: (i, easing) => update(i, { easing }),
  });
  // ---- the last visit's journey
  const last = parse(studio.kept("journey"));
  if (sound(last)) state = Object.fromEntries(Object.keys(EMPTY).map(name => [name, last[name] ?? EMPTY[name]]));
  Object.assign(view, parse(studio.kept("journey.view")) || {});

  for (const name of timeline.easings) {
    const button = make("button");
    button.innerHTML = timeline.curve(name);
    Object.assign(button.dataset, { easing: name });
    button.title = t(`journey.${name}`);
    button.setAttribute("aria-label", button.title);
    button.setAttribute("role", "radio");
    button.addEventListener("click", () => update(selected, { easing: name }));
    find(".easings").append(button);
  }
  const here = () => store.point;
  act("add", () => here() && insert(here()));
  act("random", () => here() && insert({ seed: studio.randomSeed(), model: (state.keyframes[0]?.point ?? here()).model, truncation: here().truncation ?? 1, label: here().label ?? undefined }));
  act("copy", () => insert(state.keyframes[selected].point));
  act("remove", () => remove(selected));
  act("earlier", () => move(selected, selected - 1));
  act("later", () => move(selected, selected + 1));
  act("replace", () => {
    if (here()?.model !== state.keyframes[0].point.model) return studio.toast(t("journey.wrong_model"), "bad");
    update(selected, { point: here() });
  });
  const length = find("#journey-seconds");
  length.addEventListener("input", () => update(selected, { seconds: Number(length.value) }, { done: false }));
  length.addEventListener("change", () => update(selected, { seconds: Number(length.value) }));

  // ---- ready-made journeys
  const take = (made, options) => {
    const { keyframes, closed = false, path = "spline", fps = state.fps } = made;
    [selected, view.at] = [0, 0];
    change({ keyframes, closed, path, fps }, options);
  };
  const readyMade = (kind, facts, options) => api.ready_made({ kind, ...facts }).then(made => take({ ...made, fps: state.fps }, options), error => studio.toast(error.message, "bad"));
  const noiseLoop = studio.pump(async ({ facts, done }) => {
    await readyMade("noise_loop", facts, { done, keepNoise: true });
    noise = facts;
    showControls();
  });
  const startNoise = () => here() && noiseLoop({ facts: { point: here(), seed: studio.randomSeed(), difference: noise?.difference ?? 0.5 }, done: true }).then(play);
  find("[data-made=noise_loop]").addEventListener("click", startNoise);
  act("start", startNoise);
  for (const kind of ["truncation_sweep", "class_sweep"]) {
    find(`[data-made=${kind}]`).addEventListener("click", () => here() && readyMade(kind, { point: here() }));
  }
  const difference = find("#journey-difference");
  for (const name of ["input", "change"]) {
    difference.addEventListener(name, () => noiseLoop({ facts: { ...noise, difference: Number(difference.value) }, done: name === "change" }));
  }
  act("other-way", () => noiseLoop({ facts: { ...noise, seed: studio.randomSeed() }, done: true }));

  // ---- the way
  for (const button of all("[data-path]")) button.addEventListener("click", () => change({ path: button.dataset.path }, { keepNoise: true }));
  act("closed", () => change({ closed: !state.closed }));
  const fps = find("#journey-fps");
  fps.addEventListener("input", () => change({ fps: Number(fps.value) }, { done: false, keepNoise: true }));
  fps.addEventListener("change", () => change({ fps: Number(fps.value) }, { keepNoise: true }));

  // ---- playing
  const player = studio.journeyPlayer(frames, {
    at: () => view.at, fps: () => state.fps, repeat: () => view.repeat, playing: () => view.playing && studio.current() === "journey",
    go: at => { view.at = at; show(); },
    tell: playing => { view.playing = playing; showControls(); },
  });
  const { play, stop } = player;
  const go = at => { stop(); view.at = at; show(); };
  const toggle = () => (view.playing ? stop() : play());
  act("play", toggle);
  act("repeat", () => { view.repeat = !view.repeat; remember(); showControls(); });
  scrub.addEventListener("input", () => go(Number(scrub.value)));
  act("undo", () => travel(past, future));
  act("redo", () => travel(future, past));
  studio.keys.on("journey", "Space", "keys.play", toggle, { unless: "button, .popup, summary, input[type=radio], input[type=checkbox]" });
  studio.keys.on("journey", "Mod+Z", "keys.undo", () => travel(past, future));
  studio.keys.on("journey", "Mod+Shift+Z / Mod+Y", "keys.redo", () => travel(future, past));
  const pointHere = () => api.point({ journey: file(), at: view.at });
  act("open", event => studio.busy(event.currentTarget, async () => studio.open("explore", { point: await pointHere() })));
  act("split", event => studio.busy(event.currentTarget, async () => {
    const [segment, share] = place(view.at);
    if (!share) return studio.toast(t("journey.split_here"));
    const point = await pointHere(), { seconds, easing } = state.keyframes[segment];
    const [first, second] = [seconds * share, seconds * (1 - share)].map(part => Math.max(0.1, Math.round(part * 100) / 100));
    selected = segment + 1;
    change({ keyframes: state.keyframes.toSpliced(segment, 1, { ...state.keyframes[segment], seconds: first }, { point, seconds: second, easing }) });
  }));

  // ---- files
  studio.filmSaver(find(".save"), api, { id: "journey", state: view, changed: remember, ask: () => state.keyframes.length && { journey: file() } });
  act("write", event => studio.busy(event.currentTarget, async () => studio.download(await api.write({ journey: file() }))));
  act("clear", () => { change({ keyframes: [] }); });

  const doors = studio.journeyDoors(element, api, {
    model: () => (state.keyframes[0]?.point ?? here())?.model,
    point: i => state.keyframes[i]?.point ?? null,
    edited: () => selected,
    insert, take, showControls,
    back: (i, point) => {
      if (point && state.keyframes.length > 1 && point.model !== state.keyframes[0].point.model) return studio.toast(t("journey.wrong_model"), "bad");
      selected = i;
      if (point) update(i, { point });
      studio.open("journey");
      go(startOf(i));
    },
  });

  // ---- one model at a time
  studio.modelPicker(find("[data-act=model]"), model => store.set({ seed: store.point?.seed ?? 0, truncation: store.point?.truncation ?? 1, model: model.id }));
  act("return-model", () => store.set(state.keyframes[selected].point));
  act("anew", () => { change({ ...EMPTY, fps: state.fps }); });
  store.subscribe(() => { if (studio.current() === "journey") { showControls(); } });
  store.onModels(() => { if (studio.current() === "journey") refresh(); });
  new ResizeObserver(() => { if (studio.current() === "journey") show(); }).observe(canvas);

  const arrive = detail => {
    if (detail?.point) return insert(detail.point);
    refresh();
  };
  return { show: arrive, hide: stop };
});
