// The strip under the picture: where the visitor has been, or what they keep. Pictures come from what was painted; only such as
// never were are asked for, when they come into view. However long the strip, only what can be seen is in the page.
studio.tool("history", element, server, (element, api) => {
  const { t, store, trail, favourites, points, make } = studio;
  const find = selector => element.querySelector(selector);
  const act = (name, work) => find(`[data-act="${name}"]`).addEventListener("click", work);
  const film = find(".film"), reel = find(".reel"), star = find(".star"), input = find(".file");
  const SPARE = 6, MOST = 24, GAP = 6;
  let mode = studio.kept("strip") === "favourites" ? "favourites" : "visited", focused = -1, last = null;

  // ---- what the strip shows
  const modes = {
    visited: { count: () => trail.length, at: i => trail.at(i), point: entry => (entry.where ??= JSON.parse(entry.point)), here: () => trail.place, setThumb: trail.setThumb },
    favourites: {
      count: () => favourites.list().length, at: i => favourites.list()[i], point: entry => entry.point, setThumb: favourites.setThumb,
      here: () => favourites.list().indexOf(store.point && favourites.find(store.point)),
    },
  };
  const strip = () => modes[mode];
  const modelOf = point => store.models.find(model => model.id === point.model);
  const titleOf = entry => entry.name || points.title(strip().point(entry));

  const go = index => {
    const entry = strip().at(index), point = strip().point(entry);
    if (!modelOf(point)) return studio.toast(t("history.model_gone", { model: point.model }), "bad");
    if (mode === "visited") { if (index !== trail.place) store.go(index); } else if (index === strip().here()) menu(index); else store.set(point);
  };

  // ---- drawing it
  const cell = () => parseFloat(getComputedStyle(film).getPropertyValue("--cell")) || 60;
  const drawn = new Map(); // index -> button
  const makeItem = index => {
    const button = make("button", "visit");
    button.append(make("img"), make("span", "name"));
    button.firstChild.alt = "";
    button.firstChild.draggable = false;
    button.addEventListener("click", () => { focused = index; go(index); });
    button.addEventListener("focus", () => { focused = index; });
    button.addEventListener("contextmenu", event => { event.preventDefault(); menu(index); });
    button.style.left = `${index * (cell() + GAP)}px`;
    reel.append(button);
    return button;
  };
  const dress = (button, index) => {
    const entry = strip().at(index), point = strip().point(entry), image = button.firstChild, model = modelOf(point);
    const here = index === strip().here(), title = titleOf(entry);
    if (button.thumb !== entry.thumb) { button.thumb = entry.thumb; if (entry.thumb) image.src = entry.thumb; else image.removeAttribute("src"); }
    image.classList.toggle("pixels", Boolean(model?.pixel_art));
    button.classList.toggle("gone", Boolean(store.models.length && !model));
    button.lastChild.textContent = entry.name || "";
    if (here) button.setAttribute("aria-current", "true"); else button.removeAttribute("aria-current");
    button.title = title;
    button.setAttribute("aria-label", t("history.item", { title, n: index + 1, count: strip().count() }));
    button.tabIndex = index === (drawn.has(focused) ? focused : Math.max(strip().here(), 0)) ? 0 : -1;
    button.draggable = mode === "favourites";
  };
  const clear = () => { for (const button of drawn.values()) button.remove(); drawn.clear(); };
  const draw = () => {
    const count = strip().count(), width = cell() + GAP;
    reel.style.width = `${Math.max(0, count * width - GAP)}px`;
    const first = Math.max(0, Math.floor(film.scrollLeft / width) - SPARE), end = Math.min(count, Math.ceil((film.scrollLeft + film.clientWidth) / width) + SPARE);
    for (const [index, button] of drawn) if (index < first || index >= end) { if (button === document.activeElement) continue; button.remove(); drawn.delete(index); }
    for (let index = first; index < end; index++) if (!drawn.has(index)) drawn.set(index, makeItem(index));
    for (const [index, button] of drawn) if (index < count) dress(button, index); else { button.remove(); drawn.delete(index); }
    askLater();
  };
  const reveal = (index, behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth") => {
    const width = cell() + GAP, left = index * width;
    if (index < 0) return;
    if (left < film.scrollLeft + width / 2) film.scrollTo({ left: left - width, behavior });
    else if (left + width * 1.5 > film.scrollLeft + film.clientWidth) film.scrollTo({ left: left + 2 * width - film.clientWidth, behavior });
  };
  const show = () => {
    for (const button of element.querySelectorAll("[data-mode]")) {
      const name = button.dataset.mode, count = modes[name].count();
      button.setAttribute("aria-pressed", String(name === mode));
      button.querySelector("b").textContent = count ? studio.number?.(count) ?? count : "";
      button.title = t(`history.${name}`);
    }
    const note = find(".film p");
    note.hidden = mode === "visited" || (strip().count() > 0 && favourites.persistent);
    note.textContent = t(favourites.persistent ? "history.empty" : "history.not_kept");
    const now = `${mode} ${strip().here()} ${strip().count()}`;
    draw();
    if (now !== last) { reveal(strip().here(), last?.startsWith(mode) ? undefined : "auto"); last = now; draw(); }
  };
  // Many things happen at once; the strip follows once a frame, and never while something else is on the screen.
  let due = false;
  const showSoon = () => {
    if (due || studio.current() !== "explore") return;
    due = true;
    requestAnimationFrame(() => { due = false; show(); showStar(); });
  };
  const choose = name => {
    mode = name;
    focused = -1;
    studio.keep("strip", mode);
    clear();
    show();
  };

  // ---- small pictures of points that were never painted, a sheetful at a time
  const asked = new Set();
  const ask = studio.pump(async () => {
    if (studio.current() !== "explore") return;
    const { point, setThumb, at, here } = strip();
    const bare = [...drawn.keys()].map(at).filter(entry => entry && !entry.thumb && !asked.has(entry.id) && modelOf(point(entry)));
    const wanted = bare.filter(entry => { // the one in the large picture comes from there
      const thumb = trail.thumbOf(point(entry));
      if (thumb) setThumb(entry, thumb);
      return !thumb && entry !== at(here());
    }).slice(0, MOST);
    if (!wanted.length) return bare.some(entry => entry.thumb) && show();
    for (const entry of wanted) asked.add(entry.id);
    const urls = await api.thumbs({ points: wanted.map(point) });
    wanted.forEach((entry, i) => { if (urls[i] && !entry.thumb) setThumb(entry, urls[i]); });
    show();
  }, () => { /* a small picture that is missing is no loss */ });
  const askLater = studio.later(500, ask);

  // ---- keeping
  const showStar = () => {
    const kept = Boolean(store.point && favourites.find(store.point));
    star.setAttribute("aria-pressed", String(kept));
    star.title = t(kept ? "history.unstar" : "history.star");
    star.setAttribute("aria-label", star.title);
  };
  const remove = record => {
    favourites.remove(record);
    studio.toast(t("history.removed"), "good", { text: t("history.undo"), act: () => favourites.restore(record) });
  };
  const keep = point => {
    if (favourites.add(point)) studio.toast(t("history.kept"));
  };
  const toggle = () => {
    if (!store.point) return;
    const known = favourites.find(store.point);
    if (known) remove(known); else keep(store.point);
  };
  const rename = (anchor, record) => {
    const box = make("form", "naming"), field = Object.assign(make("input"), { type: "text", maxLength: 60, value: record.name });
    field.setAttribute("aria-label", t("history.name"));
    field.placeholder = t("history.name");
    box.append(field);
    box.addEventListener("submit", event => { event.preventDefault(); studio.closePopup(); favourites.rename(record, field.value); });
    studio.popup(anchor, box);
    field.focus();
    field.select();
  };
  const menu = index => {
    const button = drawn.get(index), entry = strip().at(index), count = strip().count();
    if (!button) return;
    const favour = [
      { text: t("history.rename"), picture: "edit", act: () => rename(button, entry) },
      ...(index > 0 ? [{ text: t("history.left"), picture: "previous", act: () => favourites.move(entry, index - 1) }] : []),
      ...(index < count - 1 ? [{ text: t("history.right"), picture: "next", act: () => favourites.move(entry, index + 1) }] : []),
      { text: t("history.remove"), picture: "trash", act: () => remove(entry) },
    ];
    const there = index === strip().here() ? [] : [{ text: t("history.go"), picture: "explore", act: () => go(index) }];
    const visit = [{ text: t("history.keep"), picture: "star", act: () => keep(strip().point(entry)) }];
    studio.menu(button, [...there, ...(mode === "favourites" ? favour : visit)]);
  };

  // ---- hands: keys walk along the strip, the wheel rolls it, favourites are put in order by dragging
  studio.keys.tell("explore", "← / →", "keys.strip");
  studio.keys.tell("explore", "Delete", "keys.strip_remove");
  film.addEventListener("keydown", event => {
    const to = { ArrowLeft: focused - 1, ArrowRight: focused + 1, Home: 0, End: strip().count() - 1 }[event.key];
    if (event.key === "Delete" && mode === "favourites" && strip().at(focused)) { event.preventDefault(); remove(strip().at(focused)); return; }
    if (to === undefined || !strip().at(to)) return;
    event.preventDefault();
    focused = to;
    reveal(to, "auto");
    draw();
    drawn.get(to)?.focus({ preventScroll: true });
  });
  film.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  film.addEventListener("wheel", event => {
    const before = film.scrollLeft;
    if (event.deltaX || event.ctrlKey) return;
    film.scrollLeft += event.deltaY;
    if (film.scrollLeft !== before) event.preventDefault();
  }, { passive: false });
  let dragged = null;
  const goal = event => Math.max(0, Math.min(strip().count() - 1, Math.floor((event.clientX - film.getBoundingClientRect().left + film.scrollLeft) / (cell() + GAP))));
  film.addEventListener("dragstart", event => {
    dragged = mode === "favourites" ? favourites.list()[[...drawn].find(([, button]) => button === event.target)?.[0]] : null;
    if (dragged) { event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", ""); }
  });
  film.addEventListener("dragover", event => { if (dragged) event.preventDefault(); });
  film.addEventListener("drop", event => {
    if (!dragged) return;
    event.preventDefault();
    favourites.move(dragged, goal(event));
  });
  film.addEventListener("dragend", () => { dragged = null; });

  // ---- buttons
  for (const button of element.querySelectorAll("[data-mode]")) button.addEventListener("click", () => choose(button.dataset.mode));
  act("star", toggle);
  act("open", () => input.click());
  act("more", event => studio.menu(event.currentTarget, [
    { text: t("history.open"), picture: "upload", act: () => input.click() },
    ...(favourites.list().length ? [{ text: t("history.export"), picture: "save", act: favourites.save }] : []),
    { text: t("history.import"), picture: "star", act: () => input.click() },
  ]));
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = "";
    if (file) studio.openFile(file);
  });
  studio.keys.on("explore", "F", "keys.favourite", toggle, { repeats: false });

  trail.subscribe(showSoon);
  favourites.subscribe(showSoon);
  store.onModels(showSoon);
  new ResizeObserver(() => { clear(); showSoon(); }).observe(film);
  return {
    show() {
      document.querySelector("#panel-explore .under .gap")?.after(star);
      showSoon();
    },
    update() { if (!store.moving) showSoon(); },
  };
}, "below");
