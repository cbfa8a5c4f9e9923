// The controls: buttons, keys and the hand on the picture itself. Then the model is opened and the first picture drawn.
const whole = (input, use) => input.addEventListener("change", () => { const value = Number(input.value); if (input.value !== "" && Number.isInteger(value) && value >= 0 && value < 2 ** 32) use(value); else show(); });
const actions = {
  previous: () => goTo(state.seed > 0 ? state.seed - 1 : 2 ** 32 - 1),
  next: () => goTo((state.seed + 1) % 2 ** 32),
  surprise: () => goTo(random.seed()),
  save, play,
  reset: () => set({ moves: {} }),
  more: () => { shown = shown < facts.directions.length ? facts.directions.length : Math.min(FEW, facts.directions.length); showSliders(); showWords(); show(); },
  "morph-dice": () => set({ morph: { ...state.morph, seed: random.seed() } }),
  language: () => { language = language === "zh" ? "en" : "zh"; kept.set("language", language); showWords(); },
  theme: () => { theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark"; kept.set("theme", theme); showTheme(); },
};
for (const [id, act] of Object.entries(actions)) find(id).addEventListener("click", act);
whole(find("seed"), goTo);
whole(find("morph-seed"), seed => set({ morph: { ...state.morph, seed } }));
find("typical").addEventListener("input", event => set({ typical: Number(event.target.value) }));
find("morph").addEventListener("input", event => { playing = false; showPlay(); set({ morph: { ...state.morph, t: Number(event.target.value) } }); });
find("class").addEventListener("change", event => set({ label: event.target.value === "" ? null : Number(event.target.value) }));
addEventListener("resize", () => { if (drawn) paint(canvas, largeSize()); });
dark.addEventListener("change", showTheme);

// ---- the hand: dragging travels over the plane of seeds, the wheel changes how typical the picture is
const travel = (right, down) => { find("hint").hidden = true; set({ x: state.x + right, y: state.y + down }); };
const home = () => set({ x: 0, y: 0 });
let held = null;
canvas.addEventListener("pointerdown", event => {
  if (event.button) return;
  held = [event.clientX, event.clientY];
  canvas.setPointerCapture(event.pointerId);
  canvas.classList.add("held");
});
canvas.addEventListener("pointermove", event => {
  if (!held) return;
  const cells = -CELLS / canvas.clientWidth * (event.shiftKey ? 0.25 : 1), [x, y] = held;
  held = [event.clientX, event.clientY];
  travel((event.clientX - x) * cells, (event.clientY - y) * cells);
});
for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { held = null; canvas.classList.remove("held"); });
canvas.addEventListener("wheel", event => {
  event.preventDefault();
  const pixels = Math.max(-100, Math.min(100, event.deltaMode ? event.deltaY * 33 : event.deltaY));
  set({ typical: Math.max(0, Math.min(HIGHEST, Math.round((state.typical - pixels * 0.0005) * 1000) / 1000)) });
}, { passive: false });

// ---- keys
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
canvas.addEventListener("keydown", event => {
  const way = ARROWS[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey || (!way && event.key !== "Home")) return;
  event.preventDefault();
  if (way) travel(...way.map(value => value * STEP * (event.shiftKey ? 0.25 : 1))); else home();
});
const KEYS = { r: "surprise", n: "next", p: "previous", s: "save", m: "play" };
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input[type=number], select")) return;
  const id = KEYS[event.key.toLowerCase()];
  if (id && model) { event.preventDefault(); find(id).click(); }
});

// ---- begin
const begin = async () => {
  if (facts.classes) {
    find("class").append(Object.assign(make("option"), { value: "" }), ...facts.labels.map((label, i) => Object.assign(make("option", label), { value: i })));
    find("class-row").hidden = false;
  }
  canvas.classList.toggle("pixels", facts.pixel_art);
  canvas.parentElement.classList.toggle("see-through", facts.channels === 4);
  canvas.parentElement.style.setProperty("--most", facts.pixel_art ? "640px" : `${Math.max(420, facts.resolution * 15)}px`); // larger would only be blurred
  if (matchMedia("(pointer: coarse)").matches) find("hint").dataset.t = "hint_touch";
  showSliders();
  showWords();
  const tell = async step => { find("state").textContent = t(step); };
  try { model = await openModel(facts, tell); } catch (error) { return fail(t(error.old ? "old" : "failed"), error); }
  show();
  await busy;
  if (!drawn) return;
  find("state").textContent = "";
  find("hint").hidden = false;
  setTimeout(() => { find("hint").hidden = true; }, 6000);
};
// For programmers, and for the tests: pixels({seed, typical, moves, …}) → RGBA bytes; randn(seed, n) → NumPy’s numbers; point() → a LatentPoint.
globalThis.latentStudio = { facts, state, set, point, ready: begin(), pixels: place => model.pixels({ seed: 0, ...place }), randn: random.randn, drawn: () => drawn };
