// Children: the picture in the middle, eight variations around it. Choosing one makes it the picture, with eight of its own.
studio.tool("children", element, server, (element, api) => {
  const { t, store, make, points, plane } = studio;
  const find = selector => element.querySelector(selector);
  const act = (name, work) => find(`[data-act="${name}"]`).addEventListener("click", work);
  const COUNT = 9, PARENT = 4, KEPT = 24, SIDE = 64; // SIDE: pixels of an ancestor's small picture
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const board = find(".brood"), amount = find("#children-amount");

  const freshSeeds = () => Array.from({ length: COUNT }, studio.randomSeed);
  const kept = (() => { try { return JSON.parse(sessionStorage.getItem("studio.children")) || {}; } catch { return {}; } })();
  let seeds = freshSeeds(), others = false, shown = null, motion = null, turn = 0, seen = null;
  let line = (kept.line || []).filter(ancestor => points.isPoint(ancestor.point)), at = kept.at ?? -1;

  // ---- points. A child keeps the parent's moves, styles and truncation: only its start lies a share of the way towards a fresh seed.
  // The shares of the classes in a point, as latent/sample.py has them.
  const shares = (point, count) => {
    if ((point.label ?? null) === null && point.blend) {
      const [a, b] = [point.blend.a, point.blend.b].map(end => shares(end, count));
      return a.map((share, i) => (1 - point.blend.t) * share + point.blend.t * b[i]);
    }
    if ((point.label ?? null) === null && point.mix) {
      const rows = point.mix.points.map(part => shares(part, count));
      return rows[0].map((_, i) => rows.reduce((sum, row, k) => sum + Math.max(0, point.mix.weights[k]) * row[i], 0));
    }
    return Array.from({ length: count }, (_, i) => Number(i === (point.label ?? (point.seed || 0) % count)));
  };
  const labelled = label => ((label ?? null) === null ? {} : { label });
  const rooted = async parent => {
    const start = { ...plane.startOf(parent), ...labelled(parent.label) };
    if (!plane.deep({ anchor: start })) return start;
    const { model, ...settled } = await api.settle({ point: { ...start, model: parent.model } });
    return settled;
  };
  const child = (parent, start, seed, share) => {
    const { seed: _, blend, mix, vector, label, ...rest } = parent;
    const count = store.models.find(model => model.id === parent.model)?.labels.length || 0, mixed = others && count;
    const row = count ? shares(start, count) : [];
    const mate = { seed, ...(count && !mixed ? { label: row.indexOf(Math.max(...row)) } : {}) };
    return { blend: { a: start, b: mate, t: share, mode: "slerp" }, ...rest, ...(mixed ? {} : labelled(label)) };
  };

  // ---- drawing
  const draw = studio.pump(async ({ parent, seeds, share, generation }) => {
    const start = await rooted(parent);
    const list = seeds.map((seed, i) => (i === PARENT ? parent : child(parent, start, seed, share)));
    const sheet = await api.pictures({ points: list, columns: 3 });
    const image = await studio.decode(sheet.url);
    if (generation !== turn) return;
    await motion;
    const pixelArt = Boolean(store.models.find(model => model.id === parent.model)?.pixel_art), arrives = motion;
    motion = null;
    shown = { sheet: { ...sheet, image }, list, pixelArt };
    paint();
    if (arrives) for (const cell of board.children) if (cell !== board.children[PARENT]) cell.animate?.([{ opacity: 0, transform: "scale(.7)" }, {}], { duration: 220, easing: "ease-out" });
    remember();
    element.dataset.ready = points.key(parent);
  }, error => { motion = null; board.classList.remove("moving"); studio.toast(error.message, "bad"); });
  const paint = () => {
    if (!shown) return;
    board.classList.remove("moving");
    [...board.children].forEach((cell, i) => {
      cell.getAnimations?.().forEach(animation => animation.cancel());
      studio.paint(cell.firstChild, shown.sheet.image, shown.pixelArt, studio.cell(shown.sheet, i), 512);
    });
  };
  const redraw = () => { if (store.point && store.model) { delete element.dataset.ready; draw({ parent: store.point, seeds, share: Number(amount.value), generation: turn }); } };
  const soon = studio.later(150, redraw);
  new ResizeObserver(paint).observe(board);

  // ---- choosing: the chosen one glides to the middle while its own children are drawn
  const glide = i => {
    if (calm.matches || !board.animate || i === PARENT) return null;
    const [from, to] = [i, PARENT].map(place => board.children[place].getBoundingClientRect());
    board.classList.add("moving");
    board.children[i].style.zIndex = 1;
    for (const cell of board.children) if (cell !== board.children[i]) cell.animate([{}, { opacity: 0 }], { duration: 200, fill: "forwards" });
    const way = board.children[i].animate([{}, { transform: `translate(${to.left - from.left}px, ${to.top - from.top}px)` }], { duration: 260, easing: "ease-in-out", fill: "forwards" });
    return way.finished.catch(() => {}).finally(() => { board.children[i].style.zIndex = ""; });
  };
  const go = point => { seen = points.key(point); store.set(point); };
  const pick = i => {
    if (!shown || motion) return;
    if (i !== PARENT) {
      line = [...line.slice(0, at + 1), { point: shown.list[i], url: small(i) }].slice(-KEPT);
      at = line.length - 1;
      turn++;
      motion = glide(i);
      go(shown.list[i]);
    }
    seeds = freshSeeds();
    redraw();
  };
  const cells = Array.from({ length: COUNT }, (_, i) => {
    const cell = make("button", i === PARENT ? "parent" : "");
    cell.append(make("canvas"));
    cell.tabIndex = i === PARENT ? 0 : -1;
    cell.title = i === PARENT ? t("children.parent") : t("children.child", { n: i < PARENT ? i + 1 : i });
    cell.setAttribute("aria-label", cell.title);
    cell.addEventListener("click", () => pick(i));
    cell.addEventListener("focus", () => { for (const other of board.children) other.tabIndex = other === cell ? 0 : -1; });
    cell.addEventListener("contextmenu", event => {
      if (!studio.favourites || !shown) return;
      event.preventDefault();
      const point = shown.list[i], thumb = small(i);
      studio.menu(cell, [
        ...(i === PARENT ? [] : [{ text: t("children.go"), picture: "children", act: () => pick(i) }]),
        { text: t("children.keep"), picture: "star", act: () => { studio.favourites.add(point, { thumb }); studio.toast(t("children.kept")); } },
      ]);
    });
    return cell;
  });
  board.append(...cells);
  board.addEventListener("keydown", event => {
    const [across, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [];
    if (across === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const i = cells.indexOf(document.activeElement), column = (i % 3) + across, row = Math.floor(i / 3) + down;
    if (column >= 0 && column < 3 && row >= 0 && row < 3) cells[3 * row + column].focus();
  });

  // ---- where it comes from
  const small = i => {
    const canvas = make("canvas"), [x, y, width, height] = studio.cell(shown.sheet, i), side = shown.pixelArt ? width : SIDE;
    [canvas.width, canvas.height] = [side, side];
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(shown.sheet.image, x, y, width, height, 0, 0, side, side);
    return canvas.toDataURL();
  };
  const remember = () => {
    const parent = shown.list[PARENT], index = line.findIndex(ancestor => points.key(ancestor.point) === points.key(parent));
    if (index >= 0) at = index;
    else if (line[at] && line[at].point.model === parent.model && points.key(plane.startOf(line[at].point)) === points.key(plane.startOf(parent))) line[at].point = parent;
    else [line, at] = [[{ point: parent }], 0];
    line[at].url = small(PARENT);
    try { sessionStorage.setItem("studio.children", JSON.stringify({ line, at })); } catch { /* not kept */ }
    showLine();
  };
  const showLine = () => {
    find(".line").hidden = line.length < 2;
    const row = find(".ancestors");
    row.replaceChildren(...line.map(({ point, url }, i) => {
      const button = make("button"), picture = make("img");
      picture.src = url;
      picture.alt = "";
      picture.classList.toggle("pixels", Boolean(shown?.pixelArt));
      button.append(picture);
      button.title = t("children.ancestor", { n: i + 1 });
      button.setAttribute("aria-label", button.title);
      if (i === at) button.setAttribute("aria-current", "true");
      button.addEventListener("click", () => { at = i; seeds = freshSeeds(); go(point); redraw(); });
      return button;
    }));
    const here = row.children[at];
    if (here) row.scrollLeft = here.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
  };

  // ---- controls
  const showAmount = () => { studio.fillTrack(amount); find(".value").textContent = `${Math.round(amount.value * 100)} %`; };
  amount.addEventListener("input", () => { showAmount(); redraw(); });
  amount.addEventListener("dblclick", () => { amount.value = 0.35; showAmount(); redraw(); });
  act("again", () => pick(PARENT));
  act("others", event => {
    others = !others;
    event.currentTarget.setAttribute("aria-pressed", String(others));
    redraw();
  });
  showAmount();

  const update = point => {
    find("[data-act=others]").hidden = !store.model?.labels.length;
    const key = points.key(point);
    if (key === seen) return;
    seen = key;
    if (!motion) soon();
  };
  return { update };
});
