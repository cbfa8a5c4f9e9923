// Where the visitor has been: a list of visits with a place in it. Going back moves the place; going on from there appends, so that
// nothing visited is ever lost: what was undone stays in the list, then the point one went back to once more, then the new one.
//
// On disk a visit is a record of its own and a trail is a list of their ids. Every page writes a trail under a new id that begins with
// the ids of the one it follows (this tab's before a reload, else the latest), so open tabs never write the same record.
studio.trail = (() => {
  const { memory, points } = studio;
  const KEPT = 1000, VISITS = 4000, TRAILS = 50; // on disk: visits in a trail, visits and trails in all
  const SIDE = 96; // pixels of a small picture
  const listeners = new Set();
  const id = memory.newId();
  let visits = [], place = -1, painted = null, added = null, loaded = false;

  const tell = () => { for (const listener of listeners) listener(); };
  const here = () => visits[place] || null;
  const record = ({ id, point, thumb }) => ({ id, point, thumb });
  const whenIdle = work => (window.requestIdleCallback ? requestIdleCallback(work, { timeout: 600 }) : setTimeout(work, 60));

  // ---- the list
  const append = visit => {
    if (here()?.key === visit.key) return false;
    if (here() && place < visits.length - 1) visits.push(here());
    visits.push(visit);
    place = visits.length - 1;
    return true;
  };
  // Notes that the visitor is at `point`; with `instead` the visit that was just added makes way for it (a key held down).
  const add = (point, instead = false) => {
    const key = points.key(point);
    if (here()?.key === key) return;
    const visit = { id: memory.newId(), point: JSON.stringify(point), key, thumb: "" };
    if (instead && here() && here() === added) visits[place] = Object.assign(visit, { id: here().id });
    else append(visit);
    added = visit;
    write(visit);
    capture();
    tell();
  };
  const go = index => {
    place = index;
    added = null;
    write();
    capture();
    tell();
    return JSON.parse(here().point);
  };
  // Forgets every visit to a place that turned out not to be one; the place falls to the visit before.
  const forget = point => {
    const key = points.key(point), before = visits.slice(0, place + 1).filter(visit => visit.key !== key).length;
    visits = visits.filter(visit => visit.key !== key);
    place = Math.min(Math.max(before - 1, 0), visits.length - 1);
    write();
    tell();
  };

  // ---- small pictures, from what was painted anyway
  const shrink = ({ image, pixelArt }) => {
    const width = image.naturalWidth || image.width, height = image.naturalHeight || image.height;
    const canvas = document.createElement("canvas"), share = Math.min(1, SIDE / Math.max(width, height));
    [canvas.width, canvas.height] = [Math.max(1, Math.round(width * share)), Math.max(1, Math.round(height * share))];
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = !pixelArt;
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return pixelArt ? canvas.toDataURL("image/png") : canvas.toDataURL("image/webp", 0.85);
  };
  const shows = key => painted && (painted.key ??= points.key(painted.point)) === key;
  const thumbOf = point => {
    const key = points.key(point);
    return visits.findLast(visit => visit.key === key && visit.thumb)?.thumb || (shows(key) ? shrink(painted) : "");
  };
  const setThumb = (visit, thumb) => {
    visit.thumb = thumb;
    memory.put("visits", record(visit));
  };
  const capture = () => {
    const visit = here();
    if (!visit || visit.thumb || !shows(visit.key)) return;
    const picture = painted;
    whenIdle(() => {
      if (visit.thumb || visit.key !== picture.key) return;
      setThumb(visit, shrink(picture));
      tell();
    });
  };
  addEventListener("studio:painted", ({ detail: { point, image, pixelArt } }) => {
    painted = { point, image, pixelArt };
    capture();
  });

  // ---- on disk
  const session = { get trail() { try { return Number(sessionStorage.getItem("studio.trail")); } catch { return 0; } }, set trail(id) { try { sessionStorage.setItem("studio.trail", id); } catch { /* not kept */ } } };
  const write = visit => memory.transact(["visits", "trails"], "readwrite", (store, trails) => {
    if (visit) store.put(record(visit));
    if (!loaded) return; // a trail without what went before must not become the one to follow
    const first = Math.max(0, Math.min(visits.length - KEPT, place));
    trails.put({ id, visits: visits.slice(first, first + KEPT).map(visit => visit.id), place: place - first, changed: Date.now() });
  });
  const fetchVisits = async ids => {
    const found = new Map();
    await memory.transact(["visits"], "readonly", store => {
      for (const id of new Set(ids)) store.get(id).onsuccess = event => { const visit = event.target.result; if (visit) found.set(id, visit); };
    });
    for (const visit of found.values()) {
      const point = points.parse(visit.point);
      if (point) visit.key = points.key(point); else found.delete(visit.id);
    }
    return found;
  };
  const load = async () => {
    const trails = await memory.all("trails");
    const latest = trails?.reduce((best, trail) => (trail.changed > (best?.changed ?? -1) ? trail : best), null);
    const followed = trails?.find(trail => trail.id === session.trail) || latest;
    const { visits: ids, place: at } = followed || { visits: [], place: -1 };
    const found = await fetchVisits(ids), known = ids.map(id => found.get(id));
    session.trail = id;
    loaded = true;
    const since = visits;
    visits = known.filter(Boolean);
    place = known.slice(0, at + 1).filter(Boolean).length - 1;
    if (visits.length) place = Math.max(place, 0);
    for (const visit of since) append(visit);
    write();
    tell();
    if (trails) whenIdle(() => prune(trails));
  };
  const prune = async trails => {
    const old = trails.sort((a, b) => b.changed - a.changed).slice(TRAILS - 1).map(trail => trail.id);
    if (old.length) memory.remove("trails", ...old);
    const ids = await memory.transact(["visits"], "readonly", store => store.getAllKeys());
    if (ids?.length > VISITS) memory.remove("visits", ...ids.slice(0, ids.length - VISITS));
  };

  return {
    add, go, forget, thumbOf, setThumb, ready: load(),
    at: index => visits[index],
    get length() { return visits.length; },
    get place() { return place; },
    get here() { return here(); },
    subscribe(listener) { listeners.add(listener); return () => listeners.delete(listener); },
  };
})();
