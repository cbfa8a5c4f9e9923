// Grid: rows × columns of consecutive seeds, drawn in one request.
studio.panel("grid", element, server, (element, api) => {
  const { t, store, make } = studio;
  const find = selector => element.querySelector(selector);
  const act = (name, work) => find(`[data-act="${name}"]`).addEventListener("click", work);
  const MAX_SEED = 4294967295, EACH = "each";

  const board = find(".sheet"), seed = find("#grid-seed");
  const usual = { seed: 0, rows: 5, columns: 6, truncation: 1, label: null };
  let kept = {};
  try { kept = JSON.parse(studio.kept("grid")) || {}; } catch { /* nothing kept, or not ours */ }
  const state = Object.fromEntries(Object.entries(usual).map(([key, value]) => [key, kept[key] ?? value]));
  let drawn = "", sheet = null;

  const dataset = studio.datasetMaker(find(".dataset"), api, { most: props.most, ask: () => ({ seed: state.seed, truncation: state.truncation }) });

  // ---- which points the sheet shows
  const rows = () => (state.label === EACH ? Math.min(12, store.model.labels.length) : state.rows);
  const perPage = () => (state.label === EACH ? state.columns : state.rows * state.columns);
  const points = () => Array.from({ length: rows() * state.columns }, (_, i) => {
    const [row, column] = [Math.floor(i / state.columns), i % state.columns];
    const each = state.label === EACH;
    const point = { seed: Math.min(MAX_SEED, state.seed + (each ? column : i)), truncation: state.truncation, model: store.model.id };
    if (each) point.label = row; else if (state.label !== null) point.label = state.label;
    return point;
  });

  // ---- drawing
  const draw = studio.pump(async ({ list, columns }) => {
    const answer = await api.pictures({ points: list, columns });
    sheet = { ...answer, image: await studio.decode(answer.url), points: list };
    layOut();
    paintCells();
    element.dataset.ready = drawn;
  }, error => { drawn = ""; studio.toast(error.message, "bad"); });
  const layOut = () => {
    const { points: list, columns } = sheet;
    board.style.setProperty("--columns", columns);
    board.style.setProperty("--rows", Math.ceil(list.length / columns));
    if (board.children.length !== list.length) {
      board.replaceChildren(...list.map((_, i) => {
        const cell = make("button", "cell");
        cell.append(make("canvas"));
        cell.addEventListener("click", event => choose(cell, i, event));
        return cell;
      }));
    }
    [...board.children].forEach((cell, i) => {
      const point = list[i], name = point.label === undefined ? null : studio.className(store.model?.labels[point.label] ?? "");
      cell.setAttribute("aria-label", name ? t("grid.picture_class", { name, seed: point.seed }) : t("grid.picture", { seed: point.seed }));
      cell.title = cell.getAttribute("aria-label");
    });
  };
  const paintCells = () => {
    const pixelArt = Boolean(store.models.find(model => model.id === sheet.points[0].model)?.pixel_art);
    [...board.children].forEach((cell, i) => studio.paint(cell.firstChild, sheet.image, pixelArt, studio.cell(sheet, i), 512));
  };
  const choose = (cell, i) => {
    const point = sheet.points[i];
    studio.menu(cell, [
      { text: t("grid.explore"), picture: "explore", act: () => studio.open("explore", { point }) },
      { text: t("grid.a"), picture: "morph", act: () => studio.open("morph", { a: point }) },
      { text: t("grid.b"), picture: "morph", act: () => studio.open("morph", { b: point }) },
    ]);
  };
  const update = () => {
    if (!store.model) return;
    if (state.label !== null && state.label !== EACH && state.label >= store.model.labels.length) state.label = null;
    if (state.label === EACH && !store.model.labels.length) state.label = null;
    studio.keep("grid", JSON.stringify(state));
    showControls();
    if (studio.current() !== "grid") return;
    const list = points(), wanted = JSON.stringify([list, state.columns]);
    if (wanted === drawn) return;
    drawn = wanted;
    draw({ list, columns: state.columns });
  };
  new ResizeObserver(() => sheet && paintCells()).observe(board);

  // ---- controls
  const showControls = () => {
    if (document.activeElement !== seed) seed.value = state.seed;
    seed.removeAttribute("aria-invalid");
    for (const name of ["rows", "columns"]) {
      studio.setRange(find(`#grid-${name}`), name === "rows" ? rows() : state.columns);
      find(`[for=grid-${name}].value`).textContent = name === "rows" ? rows() : state.columns;
    }
    find("#grid-rows").disabled = state.label === EACH;
    studio.setRange(find("#grid-typical"), state.truncation);
    find("[for=grid-typical].value").textContent = state.truncation.toFixed(2);
    const labels = store.model.labels;
    find(".classes").hidden = !labels.length;
    if (labels.length) {
      studio.classChips(find(".chips"), store.model, state.label, label => { state.label = label; update(); }, [[EACH, t("grid.each")]]);
    }
    find("[data-act=previous]").disabled = state.seed === 0;
    dataset.show(store.model);
  };
  const setSeed = value => { state.seed = Math.max(0, Math.min(MAX_SEED, value)); seed.value = state.seed; update(); };
  seed.addEventListener("input", () => {
    const value = Number(seed.value), fine = seed.value !== "" && Number.isInteger(value) && value >= 0 && value <= MAX_SEED;
    if (fine) { state.seed = value; update(); } else seed.setAttribute("aria-invalid", "true");
  });
  seed.addEventListener("change", () => {
    if (seed.getAttribute("aria-invalid")) studio.toast(t("explore.bad_seed", { high: MAX_SEED }), "bad");
    setSeed(state.seed);
  });
  act("previous", () => setSeed(state.seed - perPage()));
  act("next", () => setSeed(state.seed + perPage()));
  act("surprise", () => setSeed(studio.randomSeed()));
  for (const name of ["rows", "columns"]) find(`#grid-${name}`).addEventListener("input", event => { state[name] = Number(event.target.value); update(); });
  find("#grid-typical").addEventListener("input", event => { state.truncation = Number(event.target.value); update(); });
  find("#grid-typical").addEventListener("dblclick", () => { state.truncation = 1; update(); });
  act("save-sheet", event => studio.busy(event.currentTarget, async () => studio.download(await api.save_sheet({ points: points(), columns: state.columns }))));
  act("save-zip", event => studio.busy(event.currentTarget, async () => studio.download(await api.save_zip({ points: points() }))));

  studio.modelPicker(find("[data-act=model]"), model => {
    store.set({ seed: store.point?.seed ?? 0, truncation: store.point?.truncation ?? 1, model: model.id });
    update();
  });
  store.subscribe(() => { if (studio.current() === "grid") update(); });
  return { show: update };
});
