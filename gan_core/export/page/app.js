// The page: one state, a picture that follows it, and the controls that change it.
const facts = JSON.parse(document.getElementById("facts").textContent);
const find = id => document.getElementById(id);
const make = (tag, text = "") => Object.assign(document.createElement(tag), { textContent: text });
const kept = { get: name => { try { return localStorage.getItem(`latent-page.${name}`); } catch { return null; } }, set: (name, value) => { try { localStorage.setItem(`latent-page.${name}`, value); } catch { /* this browser keeps nothing */ } } };
const ICONS = { play: "M8 5l11 7-11 7z", pause: "M8 5v14M16 5v14", dark: "M20 14A8 8 0 1 1 10 4a7 7 0 0 0 10 10z", light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5" };
const icon = (button, name) => { button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`; };

// ---- words and light
let language = kept.get("language") || (/^zh/i.test(navigator.language) ? "zh" : "en");
const t = (key, values = {}) => facts.words[key][language === "zh" ? 1 : 0].replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
const nameOf = ({ text, number }) => (text ? text[language === "zh" ? 1 : 0] : t("direction", { n: number }));
const dark = matchMedia("(prefers-color-scheme: dark)");
let theme = kept.get("theme");
const showTheme = () => {
  const now = theme || (dark.matches ? "dark" : "light");
  document.documentElement.dataset.theme = now;
  icon(find("theme"), now === "dark" ? "light" : "dark");
  find("theme").setAttribute("aria-label", t(now === "dark" ? "to_light" : "to_dark"));
};
const showWords = () => {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-label]")) { node.setAttribute("aria-label", t(node.dataset.label)); if (node.tagName === "BUTTON") node.title = t(node.dataset.label); }
  for (const direction of facts.directions) if (direction.label) { direction.label.textContent = nameOf(direction); }
  find("language").textContent = language === "zh" ? "English" : "中文";
  find("language").lang = language === "zh" ? "en" : "zh-CN";
  find("more").textContent = t(shown < facts.directions.length ? "more" : "fewer");
  if (facts.classes) { find("class").options[0].textContent = t("class_seed"); }
  find("card").replaceChildren(...facts.card.map(([key, value]) => { const row = make("div"); row.append(make("dt", t(key)), make("dd", value)); return row; }));
  showPlay();
  showTheme();
};

// ---- the state, and the picture that follows it
const FEW = 8, CELLS = 2, STEP = 1 / 8, HIGHEST = 1.2;
const state = { seed: facts.seed, x: 0, y: 0, label: null, typical: 1, moves: {}, morph: { seed: (facts.seed + 1) % 2 ** 32, t: 0 } };
let model = null, shown = Math.min(FEW, facts.directions.length), playing = false, drawn = 0;
const canvas = find("picture"), small = make("canvas"), side = facts.resolution;
[small.width, small.height] = [side, side];
const paint = (target, size) => {
  if (target.width !== size) [target.width, target.height] = [size, size];
  const context = target.getContext("2d");
  context.imageSmoothingEnabled = !facts.pixel_art;
  context.imageSmoothingQuality = "high";
  context.globalCompositeOperation = "copy";
  context.drawImage(small, 0, 0, size, size);
};
const largeSize = () => {
  const across = Math.max(canvas.clientWidth, 64) * (devicePixelRatio || 1);
  return facts.pixel_art ? Math.ceil(across / side) * side : Math.round(Math.min(across, 1280));
};
let wanted = false, busy = null;
const draw = () => { // one picture at a time, the latest wish wins
  wanted = true;
  busy ??= (async () => {
    try {
      while (wanted && model) {
        wanted = false;
        const rgba = await model.pixels(state);
        small.getContext("2d").putImageData(new ImageData(rgba, side, side), 0, 0);
        paint(canvas, largeSize());
        drawn += 1;
        await new Promise(requestAnimationFrame);
      }
    } catch (error) { fail(t("failed"), error); } finally { busy = null; }
  })();
  return busy;
};
const fail = (text, error) => { find("state").textContent = text; find("state").className = "bad"; console.error(error); };

const show = () => {
  find("seed").value = state.seed;
  find("typical").value = state.typical;
  find("typical").previousElementSibling.value = state.typical.toFixed(2);
  find("morph").value = state.morph.t;
  find("morph-seed").value = state.morph.seed;
  find("class").value = state.label ?? "";
  for (const { name, input, output } of facts.directions) if (input) { input.value = state.moves[name] || 0; output.value = Number(input.value).toFixed(1); fill(input, 0); }
  fill(find("typical"), 0);
  fill(find("morph"), 0);
  find("reset").disabled = !Object.values(state.moves).some(Boolean);
  draw();
};
// The coloured part of a slider's track: from where it rests to where it is.
const fill = (input, rest) => {
  const share = value => 100 * (value - input.min) / (input.max - input.min), ends = [share(rest), share(input.value)].sort((a, b) => a - b);
  input.style.setProperty("--from", `${ends[0]}%`);
  input.style.setProperty("--to", `${ends[1]}%`);
};
const set = changes => { Object.assign(state, changes); show(); };
const goTo = seed => { if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) set({ seed, x: 0, y: 0, morph: { ...state.morph, t: playing ? state.morph.t : 0 } }); };

// ---- sliders
const addSlider = direction => {
  const row = make("div"), id = `direction-${direction.number}-${direction.name}`;
  row.className = "slider";
  direction.label = Object.assign(make("label", nameOf(direction)), { htmlFor: id });
  direction.output = make("output", "0.0");
  direction.input = Object.assign(make("input"), { id, type: "range", min: -3, max: 3, step: 0.05, value: 0 });
  direction.input.addEventListener("input", () => set({ moves: { ...state.moves, [direction.name]: Number(direction.input.value) } }));
  direction.input.addEventListener("dblclick", () => set({ moves: { ...state.moves, [direction.name]: 0 } }));
  row.append(direction.label, direction.output, direction.input);
  find("sliders").append(row);
  direction.row = row;
};
const showSliders = () => {
  facts.directions.forEach((direction, i) => { if (i < shown && !direction.row) addSlider(direction); if (direction.row) direction.row.hidden = i >= shown; });
  find("more").hidden = facts.directions.length <= FEW;
  find("changes").hidden = !facts.directions.length;
};

// ---- morph: there and back while it plays, every picture on the way drawn as it comes
const showPlay = () => {
  icon(find("play"), playing ? "pause" : "play");
  find("play").setAttribute("aria-pressed", String(playing));
  find("play").setAttribute("aria-label", t(playing ? "pause" : "play"));
};
const play = async () => {
  playing = !playing;
  showPlay();
  let way = state.morph.t >= 1 ? -1 : 1, before = performance.now();
  while (playing) {
    const now = performance.now(), next = state.morph.t + way * Math.min(100, now - before) / 3000;
    before = now;
    if (next >= 1 || next <= 0) way = -way;
    set({ morph: { ...state.morph, t: Math.min(1, Math.max(0, next)) } });
    await busy;
    await new Promise(requestAnimationFrame);
  }
};

// ---- what is saved: the same point as in the app (latent/point.py)
const pointAt = ({ seed, x, y }) => {
  const around = space.corners(seed, x, y), label = state.label === null ? {} : { label: state.label };
  if (around.length === 1) return { seed: around[0].seed, ...label };
  return { mix: { points: around.map(corner => ({ seed: corner.seed, ...label })), weights: around.map(corner => corner.weight) } };
};
const point = async () => {
  const moves = Object.entries(state.moves).filter(([, amount]) => amount), t = state.morph.t;
  const start = t > 0 ? { blend: { a: pointAt(state), b: pointAt({ seed: state.morph.seed, x: 0, y: 0 }), t, mode: facts.gaussian ? "slerp" : "lerp" } } : pointAt(state);
  const label = state.label === null || start.seed !== undefined ? {} : { label: state.label };
  return { ...start, ...label, ...(moves.length ? { moves } : {}), ...(state.typical === 1 ? {} : { truncation: state.typical }), model: facts.name };
};
const save = async () => {
  await draw();
  const large = make("canvas"), note = JSON.stringify({ app: facts.app, model: facts.name, point: await point() });
  paint(large, side * Math.max(1, Math.ceil(512 / side)));
  const number = [0, 1, 2, 3].map(k => space.hash(`${k} ${note}`).toString(16).padStart(8, "0")).join("");
  const portable = !facts.directions.some(direction => direction.own && state.moves[direction.name]); // the app may not know a person's own slider
  await savePng(large, `${facts.name.replace(/[^\w-]+/g, "-") || "picture"}-${state.seed}.png`, { ...(portable ? { "latent-studio": note } : {}), "XML:com.adobe.xmp": facts.xmp.replaceAll("0".repeat(32), number) });
};
