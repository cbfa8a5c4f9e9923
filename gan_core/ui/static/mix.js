// Mix styles: the current picture takes layers after another one; or a table in which rows and columns do.
studio.tool("mix", element, server, (element, api) => {
  const { t, store, make, points, plane } = studio;
  const find = selector => element.querySelector(selector);
  const act = (name, work) => find(`[data-act="${name}"]`).addEventListener("click", work);
  const SIDE = 4, MAX_SEED = 4294967295;
  const seed = find("#mix-seed"), cells = find(".cells");

  // b: the other picture; groups: [word, first, stop] of the model's layers, none where it has only one
  let b = null, model = null, groups = [], view = studio.kept("mix") === "table" ? "table" : "two";
  let sources = null, takes = new Set(["middle", "fine"]), share = 0.5, drawn = "", drawnTable = "", sheet = null, working = false;

  // ---- points
  const same = (one, other) => Boolean(one && other) && points.key(one) === points.key(other);
  const shallow = async point => (plane.deep({ anchor: point }) ? api.settle({ point }) : point);
  const without = ({ truncation, ...point }) => point;
  // Whether truncation may act on the blend instead of on both ends, so that its slider keeps its place: not where moves follow it.
  const plain = point => !point.moves?.length && !point.styles?.length;
  const shared = (one, other) => (one.truncation ?? 1) === (other.truncation ?? 1) && ((one.truncation ?? 1) === 1 || (plain(one) && plain(other)));
  const random = like => ({ seed: studio.randomSeed(), truncation: like?.truncation ?? 1, model: model.id, ...((like?.label ?? null) === null ? {} : { label: like.label }) });

  // Amounts 0–1 for each layer -> the fewest styles that say it.
  const runs = (other, amounts) => amounts.reduce((styles, amount, layer) => {
    const last = styles.at(-1);
    if (last && last.stop === layer && last.amount === amount) last.stop++;
    else if (amount) styles.push({ point: other, first: layer, stop: layer + 1, amount });
    return styles;
  }, []);
  const styled = (base, other, amounts) => {
    const { styles, ...rest } = base, kept = (styles || []).filter(style => !same(style.point, other)), added = runs(other, amounts);
    return kept.length || added.length ? { ...rest, styles: [...kept, ...added] } : rest;
  };
  // Codes of one layer are blended as a whole, along an arc: the middle of a straight line would be too close to the average.
  const blended = (base, other, amount) => {
    if (!amount) return base;
    const hoisted = shared(base, other), [a, end] = hoisted ? [without(base), without(other)] : [base, other];
    const label = base.label !== undefined && base.label === other.label ? { label: base.label } : {};
    return { blend: { a, b: end, t: amount, mode: "slerp" }, ...(hoisted ? { truncation: base.truncation ?? 1 } : {}), ...label, model: base.model };
  };
  const isBlend = (point, other) => point.blend && (same(point.blend.b, other) || same(point.blend.b, without(other)));
  const mixed = (point, other, amounts) => {
    if (groups.length) return styled(point, other, amounts);
    if (!isBlend(point, other)) return blended(point, other, amounts[0]);
    if (!amounts[0] && plain(point)) return { truncation: point.truncation ?? 1, ...point.blend.a, model: point.model };
    return { ...point, blend: { ...point.blend, t: amounts[0] } };
  };
  // How much of b is in each layer of a point.
  const amountsIn = point => {
    const amounts = Array(model.layers).fill(0);
    if (!b) return amounts;
    if (!groups.length) return isBlend(point, b) ? [point.blend.t] : [0];
    for (const style of point.styles || []) if (same(style.point, b)) amounts.fill(style.amount ?? 1, style.first, style.stop);
    return amounts;
  };

  // ---- two pictures
  const sources2 = () => {
    const base = mixed(store.point, b, Array(model.layers).fill(0));
    return [base, b];
  };
  const drawPair = studio.pump(async pair => {
    const answer = await api.pictures({ points: pair, columns: 2 }), image = await studio.decode(answer.url);
    ["a", "b"].forEach((name, i) => studio.paint(find(`canvas.${name}`), image, Boolean(model.pixel_art), studio.cell(answer, i), 256));
    element.dataset.ready = drawn;
  }, error => { drawn = ""; studio.toast(error.message, "bad"); });
  const showPair = () => {
    const pair = sources2(), key = JSON.stringify(pair.map(points.key));
    if (key !== drawn && !store.moving) { drawn = key; drawPair(pair); }
    const amounts = amountsIn(store.point);
    for (const row of element.querySelectorAll(".two .slider-row")) {
      const own = amounts.slice(row.first, row.stop), value = own.reduce((sum, amount) => sum + amount, 0) / own.length;
      const input = row.querySelector("input"), text = `${Math.round(100 * value)} %`;
      if (Number(input.value) !== value || row.text !== text) studio.setRange(input, value);
      row.text = text;
      row.querySelector("output").textContent = text;
    }
    if (document.activeElement !== seed || Number(seed.value) !== b.seed) seed.value = b.seed ?? "";
    seed.placeholder = b.seed === undefined ? t("explore.between") : "";
    seed.removeAttribute("aria-invalid");
  };
  const setAmount = (row, value, options) => {
    const amounts = amountsIn(store.point).fill(value, row.first, row.stop);
    store.set(mixed(store.point, b, amounts), options);
  };
  const slider = (text, title, first, stop, number) => {
    const row = Object.assign(make("div", "slider-row"), { first, stop });
    row.innerHTML = `<label for="mix-${number}"></label><input id="mix-${number}" type="range" min="0" max="1" step="0.01" value="0" data-rest="0"><output class="value" for="mix-${number}"></output>`;
    row.querySelector("label").textContent = text;
    row.title = title;
    const input = row.querySelector("input");
    input.addEventListener("input", () => setAmount(row, Number(input.value), { commit: false }));
    input.addEventListener("change", () => setAmount(row, Number(input.value)));
    input.addEventListener("dblclick", () => setAmount(row, 0));
    return row;
  };
  const setB = async point => {
    const before = b ? amountsIn(store.point) : null;
    const base = b ? mixed(store.point, b, Array(model.layers).fill(0)) : store.point;
    b = await shallow(point);
    if (before?.some(Boolean)) store.set(mixed(base, b, before)); else update();
  };

  // ---- a table: cells start as their row and take the chosen layers after their column
  const cell = (row, column) => {
    if (!groups.length) return blended(row, column, share);
    const amounts = Array(model.layers).fill(0);
    for (const [word, first, stop] of groups) if (takes.has(word)) amounts.fill(1, first, stop);
    return styled(row, column, amounts);
  };
  const drawTable = studio.pump(async list => {
    const answer = await api.pictures({ points: list, columns: SIDE + 1 });
    sheet = { ...answer, image: await studio.decode(answer.url), list };
    paintTable();
    element.dataset.ready = drawnTable;
  }, error => { drawnTable = ""; studio.toast(error.message, "bad"); });
  const paintTable = () => {
    if (!sheet || view !== "table") return;
    [...cells.querySelectorAll("canvas")].forEach((canvas, i) => studio.paint(canvas, sheet.image, Boolean(model.pixel_art), studio.cell(sheet, i), 256));
  };
  const showTable = () => {
    sources ||= { row: [store.point, ...Array.from({ length: SIDE - 1 }, () => random(store.point))], column: [b, ...Array.from({ length: SIDE - 1 }, () => random(store.point))] };
    const { row, column } = sources;
    const list = [...column, ...row.flatMap(one => [one, ...column.map(other => cell(one, other))])];
    const key = JSON.stringify(list.map(points.key));
    if (key === drawnTable) return;
    drawnTable = key;
    drawTable(list);
  };
  const setSource = async (kind, i, point) => { sources[kind][i] = await shallow(point); showTable(); };
  const edge = (kind, i) => {
    const button = make("button", "edge");
    button.append(make("canvas"));
    button.title = t(`mix.${kind}`, { n: i + 1 });
    button.setAttribute("aria-label", button.title);
    button.addEventListener("click", () => studio.menu(button, [
      { text: t("mix.dice"), picture: "dice", act: () => setSource(kind, i, random(store.point)) },
      { text: t("mix.take"), picture: "photo", act: () => setSource(kind, i, store.point) },
      { text: t("mix.favourites"), picture: "star", act: () => favourites(button, point => setSource(kind, i, point)) },
      { text: t("mix.open"), picture: "explore", act: () => store.set(sources[kind][i]) },
    ]));
    return button;
  };
  const inner = (row, column) => {
    const button = make("button");
    button.append(make("canvas"));
    button.setAttribute("aria-label", t("mix.cell", { row: row + 1, column: column + 1 }));
    button.addEventListener("click", () => store.set(cell(sources.row[row], sources.column[column])));
    return button;
  };
  const corner = make("button", "corner");
  corner.innerHTML = studio.icon("dice");
  corner.title = t("mix.shuffle");
  corner.setAttribute("aria-label", corner.title);
  corner.addEventListener("click", () => {
    sources = { row: Array.from({ length: SIDE }, () => random(store.point)), column: Array.from({ length: SIDE }, () => random(store.point)) };
    showTable();
  });
  const places = [...Array(SIDE).keys()];
  cells.append(corner, ...places.map(i => edge("column", i)), ...places.flatMap(i => [edge("row", i), ...places.map(j => inner(i, j))]));
  cells.addEventListener("keydown", event => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -SIDE - 1, ArrowDown: SIDE + 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    cells.children[[...cells.children].indexOf(document.activeElement) + step]?.focus();
  });
  new ResizeObserver(paintTable).observe(cells);

  // ---- favourites of this model, as a board of pictures
  const favourites = (anchor, choose) => {
    const own = (studio.favourites?.list() || []).filter(({ point }) => point.model === model.id);
    if (!own.length) return studio.toast(t("mix.favourites_none"));
    const board = make("div", "model-board mix-board");
    board.setAttribute("role", "listbox");
    board.setAttribute("aria-label", t("mix.favourites"));
    board.append(...own.map(({ point, name, thumb }) => {
      const entry = make("button", "model-card"), picture = make("img");
      entry.setAttribute("role", "option");
      picture.alt = name || points.title(point);
      if (thumb) picture.src = thumb;
      picture.classList.toggle("pixels", Boolean(model.pixel_art));
      entry.append(picture);
      entry.addEventListener("click", () => { studio.closePopup(); choose(point); });
      return entry;
    }));
    studio.popup(anchor, board);
  };

  // ---- controls
  const showView = () => {
    for (const button of element.querySelectorAll("[data-view]")) button.setAttribute("aria-checked", String(button.dataset.view === view));
    find(".two").hidden = view !== "two";
    find(".table").hidden = view !== "table";
  };
  for (const button of element.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => { view = button.dataset.view; studio.keep("mix", view); showView(); update(); });
  }
  seed.addEventListener("input", () => {
    const value = Number(seed.value), fine = seed.value !== "" && Number.isInteger(value) && value >= 0 && value <= MAX_SEED;
    if (fine) setB({ ...random(store.point), seed: value }); else seed.setAttribute("aria-invalid", "true");
  });
  seed.addEventListener("change", () => {
    if (seed.getAttribute("aria-invalid")) studio.toast(t("explore.bad_seed", { high: MAX_SEED }), "bad");
    showPair();
  });
  act("dice", () => setB(random(store.point)));
  act("take", () => setB(store.point));
  act("favourites", event => favourites(event.currentTarget, setB));
  act("more", () => showMore(find(".each").hidden));
  const showMore = open => {
    find(".each").hidden = !open;
    find(".more").setAttribute("aria-expanded", String(open));
    find(".more").textContent = t(open ? "common.fewer" : "mix.layers");
  };

  // ---- built once for each model
  const build = () => {
    const span = (first, stop) => ({ first: first + 1, last: stop });
    find(".one-layer").hidden = groups.length > 0;
    find(".more").hidden = !groups.length;
    find(".groups").replaceChildren(...(groups.length
      ? groups.map(([word, first, stop]) => slider(t(`mix.${word}`), t(`mix.${word}_help`, span(first, stop)), first, stop, word))
      : [slider(t("mix.b"), t("mix.blend"), 0, 1, "all")]));
    find(".each").replaceChildren(...(groups.length ? Array.from({ length: model.layers }, (_, i) => slider(t("mix.layer", { n: i + 1 }), "", i, i + 1, i)) : []));
    find(".takes").hidden = !groups.length;
    find(".halfway").hidden = groups.length > 0;
    find(".chips").replaceChildren(...groups.map(([word]) => {
      const chip = make("button", "chip", t(`mix.${word}`));
      chip.setAttribute("aria-pressed", String(takes.has(word)));
      chip.addEventListener("click", () => {
        if (!takes.delete(word)) takes.add(word);
        chip.setAttribute("aria-pressed", String(takes.has(word)));
        showTable();
      });
      return chip;
    }));
    showMore(false);
  };
  const arrive = async () => {
    working = true;
    try {
      const next = store.model;
      groups = await api.groups({ model: next.id });
      [model, sources, drawn, drawnTable, sheet] = [next, null, "", "", null];
      const last = store.point.styles?.at(-1)?.point || null;
      b = last || { ...random(store.point), seed: b?.seed ?? studio.randomSeed() };
      build();
      showView();
    } catch (error) { studio.toast(error.message, "bad"); } finally { working = false; }
    if (model?.id === store.model?.id) update();
  };
  const update = () => {
    if (working || !store.model) return;
    if (model?.id !== store.model.id) { arrive(); return; }
    if (view === "two") showPair(); else showTable();
  };
  return { update };
});
