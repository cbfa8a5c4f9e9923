// Morph: all frames between A and B are fetched as a few sheets; from then on scrubbing and playing need no request.
studio.panel("morph", element, server, (element, api) => {
  const { t, store, make } = studio;
  const find = selector => element.querySelector(selector);
  const act = (name, work) => find(`[data-act="${name}"]`).addEventListener("click", work);
  const SLICE = 60;

  const canvas = find("canvas"), scrub = find("#morph-scrub"), strip = find(".strip"), hero = find(".hero");
  const usual = { a: null, b: null, count: 60, mode: "slerp", back: true, fps: 24, kind: "mp4", size: 512 };
  let kept = {};
  try { kept = JSON.parse(studio.kept("morph")) || {}; } catch { /* nothing kept, or not ours */ }
  const state = Object.fromEntries(Object.entries(usual).map(([key, value]) => [key, kept[key] ?? value]));
  let frames = [], at = 0, turn = 0, playing = false;

  const pixelArt = () => Boolean(store.model?.pixel_art);
  const remember = () => studio.keep("morph", JSON.stringify(state));

  // ---- frames: a list of {image, cut}; `turn` numbers the requests, so that an old answer is dropped
  const load = async () => {
    const mine = ++turn, { a, b, count, mode } = state;
    const fresh = [];
    try {
      for (let start = 0; start < count; start += SLICE) {
        const sheet = await api.frames({ a, b, count, mode, start });
        const image = await studio.decode(sheet.url);
        if (mine !== turn) return;
        for (let i = 0; i < sheet.count; i++) fresh.push({ image, cut: studio.cell(sheet, i) });
        frames = fresh;
        show();
      }
      drawStrip();
      drawEnds();
      element.dataset.ready = String(frames.length);
    } catch (error) { if (mine === turn) studio.toast(error.message, "bad"); }
  };
  const loadSoon = studio.later(120, load);
  const reload = (now = false) => {
    delete element.dataset.ready;
    remember();
    showControls();
    if (!ready() || studio.current() !== "morph") { turn++; frames = []; return; }
    if (now) load(); else loadSoon();
  };
  const ready = () => state.a && state.b && store.model;

  const show = () => {
    if (!frames.length) return;
    studio.limitHero(element, store.model);
    const frame = frames[Math.min(at, frames.length - 1)];
    studio.paint(canvas, frame.image, pixelArt(), frame.cut);
    canvas.dataset.frame = String(at);
    hero.classList.add("awake");
    scrub.max = state.count - 1;
    studio.setRange(scrub, at);
    find(".transport .value").textContent = `${at + 1} / ${state.count}`;
    for (const thumb of strip.children) thumb.classList.toggle("here", Number(thumb.dataset.frame) === nearest());
  };
  const nearest = () => {
    const numbers = [...strip.children].map(thumb => Number(thumb.dataset.frame));
    return numbers.reduce((best, n) => (Math.abs(n - at) < Math.abs(best - at) ? n : best), numbers[0]);
  };
  const drawStrip = () => {
    const picks = Math.min(state.count, element.clientWidth < 700 ? 7 : 12);
    strip.replaceChildren(...Array.from({ length: picks }, (_, i) => {
      const thumb = make("canvas"), number = Math.round(i * (state.count - 1) / (picks - 1));
      thumb.dataset.frame = number;
      thumb.addEventListener("click", () => go(number));
      return thumb;
    }));
    for (const thumb of strip.children) studio.paint(thumb, frames[thumb.dataset.frame].image, pixelArt(), frames[thumb.dataset.frame].cut);
    show();
  };
  const go = number => { stop(); at = number; show(); };

  // ---- playing
  let clock = 0, ahead = 1;
  const tick = now => {
    if (!playing || studio.current() !== "morph") return stop();
    const step = 1000 / state.fps;
    if (now - clock >= step) {
      clock = now - clock > 4 * step ? now : clock + step;
      const last = frames.length - 1;
      if (state.back) {
        if (at >= last) ahead = -1;
        if (at <= 0) ahead = 1;
        at = Math.max(0, Math.min(last, at + ahead));
      } else at = at >= last ? 0 : at + 1;
      show();
    }
    requestAnimationFrame(tick);
  };
  const stop = () => { playing = false; showPlay(); };
  const showPlay = () => {
    const button = find("[data-act=play]");
    button.innerHTML = studio.icon(playing ? "pause" : "play");
    button.title = t(playing ? "morph.pause" : "morph.play");
    button.setAttribute("aria-label", button.title);
  };
  act("play", () => {
    playing = !playing && frames.length > 1;
    showPlay();
    if (playing) { clock = performance.now(); requestAnimationFrame(tick); }
  });
  scrub.addEventListener("input", () => go(Number(scrub.value)));

  // ---- the two ends
  const point = (seed, like) => ({ seed, model: store.model.id, truncation: like?.truncation ?? store.point?.truncation ?? 1, label: like?.label });
  const setEnd = (name, value, now) => { state[name] = value; at = 0; reload(now); };
  for (const [name, title] of [["a", "morph.from"], ["b", "morph.to"]]) {
    const box = find(`[data-end=${name}]`);
    box.innerHTML = `<canvas width="64" height="64"></canvas><div class="side"><div class="label"><span></span></div>
      <div class="stepper"><input type="number" inputmode="numeric" min="0" max="4294967295" step="1" id="morph-seed-${name}">
      <button data-do="surprise">${studio.icon("dice")}</button></div><button class="quiet slim" data-do="current"></button></div>`;
    box.querySelector(".label span").textContent = t(title);
    const seed = box.querySelector("input"), dice = box.querySelector("[data-do=surprise]"), current = box.querySelector("[data-do=current]");
    seed.setAttribute("aria-label", `${t(title)}: ${t("common.seed")}`);
    dice.title = t("common.surprise");
    dice.setAttribute("aria-label", `${t(title)}: ${dice.title}`);
    current.textContent = t("morph.use_current");
    seed.addEventListener("input", () => {
      const value = Number(seed.value), fine = seed.value !== "" && Number.isInteger(value) && value >= 0 && value <= 4294967295;
      if (fine) setEnd(name, point(value, state[name])); else seed.setAttribute("aria-invalid", "true");
    });
    seed.addEventListener("change", showControls);
    dice.addEventListener("click", () => setEnd(name, point(studio.randomSeed(), state[name]), true));
    current.addEventListener("click", () => store.point && setEnd(name, store.point, true));
  }
  const drawEnds = () => {
    for (const [name, frame] of [["a", frames[0]], ["b", frames.at(-1)]]) {
      studio.paint(find(`[data-end=${name}] canvas`), frame.image, pixelArt(), frame.cut);
    }
  };
  act("swap", () => { [state.a, state.b] = [state.b, state.a]; at = 0; reload(true); });
  act("open", () => { if (frames.length) studio.open("explore", { point: pointAt(at) }); });
  const pointAt = i => {
    if (i === 0) return state.a;
    if (i === state.count - 1) return state.b;
    return { blend: { a: state.a, b: state.b, t: i / (state.count - 1), mode: state.mode }, model: store.model.id };
  };

  // ---- the other controls
  function showControls() {
    for (const name of ["a", "b"]) {
      const input = find(`#morph-seed-${name}`);
      if (Number(input.value) !== state[name]?.seed || input.value === "") input.value = state[name]?.seed ?? "";
      input.placeholder = state[name] && state[name].seed === undefined ? t("explore.between") : "";
      input.removeAttribute("aria-invalid");
    }
    for (const button of element.querySelectorAll("[data-mode]")) button.setAttribute("aria-checked", String(button.dataset.mode === state.mode));
    find("[data-act=back]").setAttribute("aria-pressed", String(state.back));
    studio.setRange(find("#morph-count"), state.count);
    studio.setRange(find("#morph-fps"), state.fps);
    const pictures = state.back ? Math.max(2, 2 * state.count - 2) : state.count;
    find("[for=morph-count].value").textContent = `${state.count} · ${t("morph.seconds", { n: (pictures / state.fps).toFixed(1) })}`;
    find("[for=morph-fps].value").textContent = t("morph.per_second", { n: state.fps });
  }
  for (const button of element.querySelectorAll("[data-mode]")) button.addEventListener("click", () => { state.mode = button.dataset.mode; reload(true); });
  act("back", () => { state.back = !state.back; remember(); showControls(); });
  find("#morph-count").addEventListener("input", event => { state.count = Number(event.target.value); at = Math.min(at, state.count - 1); reload(); });
  find("#morph-fps").addEventListener("input", event => { state.fps = Number(event.target.value); remember(); showControls(); });

  studio.filmSaver(find(".save"), api, {
    id: "morph", state, changed: remember,
    ask: () => { const { a, b, count, mode, back, fps } = state; return ready() && { a, b, count, mode, back, fps }; },
  });

  // ---- one model for all tabs: when it changes, both ends keep their seeds
  const settle = () => {
    const model = store.model;
    if (!model) return false;
    for (const [name, seed] of [["a", store.point?.seed ?? 0], ["b", studio.randomSeed()]]) {
      if (state[name]?.model === model.id) continue;
      state[name] = state[name] ? { seed: state[name].seed ?? studio.randomSeed(), model: model.id, truncation: state[name].truncation ?? 1 } : point(seed);
      frames = [];
    }
    return true;
  };
  studio.modelPicker(find("[data-act=model]"), model => {
    store.set({ seed: store.point?.seed ?? 0, truncation: store.point?.truncation ?? 1, model: model.id });
    if (settle()) reload(true);
  });
  new ResizeObserver(() => show()).observe(canvas);
  showControls();
  showPlay();

  const arrive = detail => {
    if (!settle()) return;
    for (const name of ["a", "b"]) if (detail?.[name]) { state[name] = detail[name]; frames = []; at = 0; }
    if (frames.length) { showControls(); show(); } else reload(true);
  };
  store.subscribe(() => { if (studio.current() === "morph" && !frames.length) arrive(); });
  return { show: arrive, hide: stop };
});
