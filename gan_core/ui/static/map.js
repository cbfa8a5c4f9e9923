// Map: samples laid out like beside like. Pointing shows, a click goes there, two regions make a slider.
studio.tool("map", element, server, (element, api) => {
  const { t, store, make } = studio;
  const body = element.querySelector(".map-body") || element, find = selector => body.querySelector(selector);
  const act = (name, work) => find(`[data-act="${name}"]`).addEventListener("click", work);
  const HUES = [4, 32, 52, 96, 150, 178, 205, 232, 275, 322], MOST = 256, NAMES = ["A", "B"], KEPT = 4;

  const canvas = find(".map-board canvas"), live = find(".map-live"), dialog = find("dialog"), wait = find(".map-wait");
  const maps = new Map(), known = new Map(); // answers by model and kind; places gone to by their point
  let open = false, shown = "", map = null, kind = "samples", filter = null, loading = null;
  let before = null, hovered = "", jumped = "";

  // ---- points of places
  const pointAt = ({ near }) => {
    const points = near.map(([i]) => map.points[i]);
    return points.length === 1 ? points[0] : { mix: { points, weights: near.map(([, weight]) => weight) }, model: map.model };
  };
  const remember = (text, place) => {
    known.delete(text);
    known.set(text, [place.x, place.y]);
    if (known.size > 500) known.delete(known.keys().next().value);
  };

  // ---- looking shows a place without keeping it; what was there before comes back
  const restore = () => {
    const back = before;
    [before, hovered] = [null, ""];
    if (back && JSON.stringify(store.point) !== JSON.stringify(back)) store.set(back, { commit: false });
  };
  const hover = place => {
    if (!place) return restore();
    const point = pointAt(place), text = JSON.stringify(point);
    if (text === hovered) return;
    before ||= store.point;
    hovered = text;
    store.set(point, { commit: false });
  };
  const choose = place => {
    const point = pointAt(place);
    [before, hovered, jumped] = [null, "", JSON.stringify(point)];
    remember(jumped, place);
    store.set(point);
  };

  // ---- regions
  const modes = [...find(".modes").children], counts = find(".map-counts"), title = find(".map-counts input");
  const setMode = mode => {
    view.region = mode;
    modes.forEach(button => button.setAttribute("aria-checked", String(button.dataset.mode === String(mode ?? ""))));
    restore();
    showRegions();
  };
  const showRegions = () => {
    counts.hidden = view.region === null && view.regions.every(region => !region.size);
    view.regions.forEach((region, r) => {
      const line = counts.querySelector(`[data-region="${r}"]`), facts = { name: NAMES[r], count: region.size };
      line.querySelector("span").textContent = region.size === 1 ? t("map.count_one", facts) : region.size ? t("map.count", facts) : t(r ? "map.empty_b" : "map.empty_a");
      line.querySelector("button").hidden = !region.size;
    });
    find("[data-act=make]").disabled = !title.value.trim() || view.regions.some(region => !region.size);
    view.redraw();
  };
  const add = indices => {
    const region = view.regions[view.region], other = view.regions[1 - view.region];
    for (const i of indices) {
      other.delete(i);
      if (region.size < MOST || region.has(i)) region.add(i); else studio.toast(t("map.many", { most: MOST }));
    }
    showRegions();
  };
  const toggle = i => { if (view.regions[view.region].delete(i)) showRegions(); else add([i]); };
  studio.keys.tell("explore", "← / ↑ / → / ↓", "keys.map");
  studio.keys.tell("explore", "Enter", "keys.map_go");
  studio.keys.tell("explore", "Plus / −", "keys.map_zoom");
  const view = canvas.view = studio.mapView(canvas, { hover, choose, toggle, lasso: add });
  const makeSlider = async () => {
    const [a, b] = view.regions.map(region => [...region].map(i => map.points[i]));
    const asked = { model: map.model, title: title.value.trim(), a, b };
    try {
      const { slider } = await api.between(asked);
      studio.toast(t("map.made", { name: slider?.title || asked.title }));
    } catch (error) {
      if (error.code !== "directions.shared") throw error;
      studio.toast(error.message);
      studio.download((await api.between({ ...asked, file: true })).attachment); // where strangers share the model, it is kept as a file
    }
    for (const region of view.regions) region.clear();
    title.value = "";
    setMode(null);
    dispatchEvent(new CustomEvent("studio:directions", { detail: { model: asked.model } }));
  };

  // ---- classes: a colour each; a click shows one kind alone
  const colour = (i, count) => `hsl(${count <= HUES.length ? HUES[i] : Math.round(i * 137.5) % 360} 62% 52%)`;
  const showClasses = () => {
    const box = find(".map-classes"), names = map?.names || [];
    box.hidden = !names.length;
    box.replaceChildren(...(names.length ? [null, ...names.keys()] : []).map(label => {
      const chip = make("button", "chip"), dot = make("i", "spot");
      if (label !== null) { dot.style.background = colour(label, names.length); chip.append(dot); }
      chip.append(label === null ? t("map.all") : studio.className(names[label]));
      chip.setAttribute("aria-pressed", String(filter === label));
      chip.addEventListener("click", () => { filter = filter === label ? null : label; showClasses(); view.redraw(); });
      return chip;
    }));
    view.shown = i => filter === null || map.labels[i] === filter;
  };

  // ---- getting a map
  const showWait = ({ text = "", share = null, again = false } = {}) => {
    wait.hidden = !text;
    body.classList.toggle("waiting", Boolean(text));
    wait.querySelector("p").textContent = text;
    wait.querySelector(".bar-track").hidden = again;
    wait.querySelector("i").style.width = `${Math.round((share ?? 0) * 100)}%`;
    find("[data-act=stop]").hidden = again;
    find("[data-act=again]").hidden = !again;
  };
  const watch = job => setTimeout(async () => {
    if (loading !== job) return;
    try {
      const progress = await api.progress({ name: job.name }), { state, done, total, stage } = progress;
      if (loading !== job) return;
      const text = stage === "layout" ? t("map.layout_stage") : state === "working" ? t("map.pictures_stage") : state === "waiting" ? studio.line.words(progress) : t("map.waiting");
      // gathering is the first half of the bar, laying out the second
      showWait({ text, share: total ? done / total / 2 + (stage === "layout" ? 0.5 : 0) : 0 });
    } catch { /* the map itself will say what is wrong */ }
    watch(job);
  }, 250);
  const cancel = () => { if (loading) { api.stop({ name: loading.name }).catch(() => {}); loading = null; } };
  const load = async () => {
    const model = store.model, key = `${model.id} ${kind}`;
    cancel();
    [shown, map, filter] = [key, null, null];
    for (const region of view.regions) region.clear();
    view.mark = null;
    view.set(null);
    setMode(null);
    showClasses();
    showKinds();
    const job = loading = { name: crypto.randomUUID?.() || `map-${Math.random()}`.slice(0, 40).padEnd(8, "0") };
    try {
      if (!maps.has(key)) {
        showWait({ text: t("map.pictures_stage") });
        watch(job);
        const answer = await api.layout({ model: model.id, kind, name: job.name });
        const image = await studio.decode(answer.sheet.url);
        maps.set(key, { ...answer, image, model: model.id, pixelArt: model.pixel_art });
        if (maps.size > KEPT) maps.delete(maps.keys().next().value);
      }
      if (loading !== job) return;
      loading = null;
      arrived(maps.get(key));
      if (model.origin === "run") maps.delete(key); // its model changes while it learns
    } catch (error) {
      if (loading !== job) return;
      loading = null;
      showWait({ text: error.code === "job.stopped" ? t("map.stopped") : error.message, again: true });
    }
  };
  const showKinds = () => {
    if (map || kind === "samples") find(".kinds").hidden = (map?.kinds.length ?? 0) < 2;
    for (const button of find(".kinds").children) button.setAttribute("aria-checked", String(button.dataset.kind === kind));
    find(".note-pictures").hidden = kind !== "pictures";
  };
  const arrived = next => {
    map = next;
    showWait();
    showClasses();
    view.set({ ...map, colours: map.names.map((_, i) => colour(i, map.names.length)) }, map.image);
    canvas.setAttribute("aria-label", t("map.canvas", { count: map.points.length }));
    showKinds();
    canvas.dataset.ready = shown;
    map.points.forEach((point, i) => known.set(JSON.stringify(point), map.positions[i]));
    locate(store.point);
  };

  // ---- where the current point is
  const ask = studio.pump(async point => {
    const asked = shown, { at } = await api.place({ model: map.model, kind, point });
    if (asked === shown && JSON.stringify(store.point) === JSON.stringify(point)) mark(at);
  }, () => mark(null));
  const askLater = studio.later(150, point => { if (open && map && point.model === map.model) ask(point); });
  const mark = at => {
    view.mark = at;
    canvas.dataset.mark = JSON.stringify(at);
    find("[data-act=here]").disabled = !at;
    view.redraw();
  };
  const locate = point => {
    if (!map || point?.model !== map.model) return mark(null);
    const exact = map.points.findIndex(other => other.seed !== undefined && other.seed === point.seed && (other.label ?? null) === (point.label ?? other.label ?? null));
    const plain = !point.moves?.length && !point.styles?.length && (point.truncation ?? 1) === 1;
    const at = known.get(JSON.stringify(point)) || (plain && exact >= 0 ? map.positions[exact] : null);
    if (at) mark(at); else askLater(point);
  };

  // ---- the whole window
  const enlarge = () => {
    if (dialog.open) return dialog.close();
    const home = body.parentElement;
    home.style.minHeight = `${home.offsetHeight}px`; // the page does not jump meanwhile
    for (const part of [...body.children]) if (part !== dialog) dialog.append(part);
    dialog.showModal();
    label();
    showLive();
    canvas.focus();
  };
  dialog.addEventListener("close", () => {
    body.prepend(...dialog.children);
    body.parentElement.style.minHeight = "";
    label();
    restore();
    body.querySelector("[data-act=enlarge]").focus();
  });
  const label = () => {
    const button = body.querySelector("[data-act=enlarge]"), text = t(dialog.open ? "map.shrink" : "map.enlarge");
    button.title = text;
    button.setAttribute("aria-label", text);
    button.innerHTML = studio.icon(dialog.open ? "close" : "enlarge");
  };
  let painted = null;
  const showLive = () => { if (dialog.open && painted) studio.paint(live, painted.image, painted.pixelArt); };
  addEventListener("studio:painted", ({ detail }) => { painted = detail; showLive(); });

  // ---- controls
  for (const [r, button] of [[0, modes[1]], [1, modes[2]]]) button.querySelector("span").textContent = t("map.region", { name: NAMES[r] });
  for (const button of modes) button.addEventListener("click", () => setMode(button.dataset.mode === "" ? null : Number(button.dataset.mode)));
  for (const button of counts.querySelectorAll("[data-clear]")) {
    button.title = t("map.clear", { name: NAMES[button.dataset.clear] });
    button.setAttribute("aria-label", button.title);
    button.addEventListener("click", () => { view.regions[button.dataset.clear].clear(); showRegions(); });
  }
  for (const button of find(".kinds").children) button.addEventListener("click", () => { if (kind !== button.dataset.kind) { kind = button.dataset.kind; load(); } });
  title.addEventListener("input", showRegions);
  title.addEventListener("keydown", event => { if (event.key === "Enter") find("[data-act=make]").click(); });
  act("make", event => studio.busy(event.currentTarget, makeSlider).then(showRegions));
  act("in", () => view.zoom(1.8));
  act("out", () => view.zoom(1 / 1.8));
  act("fit", view.fit);
  act("here", () => { if (view.mark) view.visit(view.mark); });
  act("enlarge", enlarge);
  act("stop", () => { cancel(); showWait({ text: t("map.stopped"), again: true }); });
  act("again", load);
  setMode(null);

  return {
    show() {
      open = true;
      if (store.model && shown !== `${store.model.id} ${kind}`) load();
    },
    hide() {
      open = false;
      restore();
      if (loading) { cancel(); shown = ""; }
    },
    update(point) {
      if (hovered && JSON.stringify(point) === hovered) return; // our own looking about
      [before, hovered] = [null, ""];
      if (point.model !== (map?.model ?? shown.split(" ")[0])) { kind = "samples"; load(); } else locate(point);
    },
  };
});
