// Pictures that the visitor wants to keep, in the order they like: {id, point, name, thumb, order}, shared by all tabs of this browser.
//   studio.favourites.list() → [{point, name, thumb, …}], .add(point), .subscribe(listener); thumb is "" until it was drawn once.
studio.favourites = (() => {
  const { memory, points } = studio;
  const listeners = new Set(), MOST = 1000, NAME = 60;
  const FORMAT = "latent-studio-favourites", VERSION = 1, MAX_FILE = 50_000_000, MAX_THUMB = 200_000;
  const THUMB = /^data:image\/(png|webp);base64,[A-Za-z0-9+/]+={0,2}$/;
  let kept = [], persistent = true;

  const tell = () => { for (const listener of listeners) listener(kept); };
  const channel = window.BroadcastChannel ? new BroadcastChannel("latent-studio.favourites") : null;
  const changed = async writing => {
    tell();
    persistent = await writing;
    if (persistent) channel?.postMessage("changed"); else tell();
  };
  const sort = () => kept.sort((a, b) => a.order - b.order || a.id - b.id);
  const read = async () => {
    const records = await memory.all("favourites");
    persistent = Boolean(records);
    if (!records) return;
    kept = records.filter(record => points.isPoint(record.point));
    sort();
    tell();
  };
  channel?.addEventListener("message", read);
  const ready = read();

  const find = point => { const key = points.key(point); return kept.find(record => points.key(record.point) === key) || null; };
  const shown = thumb => (thumb.length <= MAX_THUMB && THUMB.test(thumb) ? thumb : "");
  // Keeps a point at the end of the list; one that is there already stays where it is. Says so and gives null when the list is full.
  const add = (point, { name = "", thumb = "" } = {}) => {
    const known = find(point);
    if (known) return known;
    if (kept.length >= MOST) { studio.toast(studio.t("history.full", { most: MOST }), "bad"); return null; }
    const record = { id: memory.newId(), point: structuredClone(point), name, thumb: shown(thumb) || studio.trail?.thumbOf(point) || "", order: (kept.at(-1)?.order ?? 0) + 1 };
    kept.push(record);
    changed(memory.put("favourites", record));
    return record;
  };
  const remove = record => {
    kept = kept.filter(other => other.id !== record.id);
    changed(memory.remove("favourites", record.id));
  };
  const restore = record => {
    if (!kept.some(other => other.id === record.id)) kept.push(record);
    sort();
    changed(memory.put("favourites", record));
  };
  const update = (record, fields) => {
    Object.assign(record, fields);
    sort();
    changed(memory.put("favourites", record));
  };
  // Puts a record at place `to` of the list: its number becomes one between its new neighbours, so that only it is written.
  const move = (record, to) => {
    const others = kept.filter(other => other !== record);
    const before = others[to - 1]?.order ?? (others[0]?.order ?? 1) - 2, after = others[to]?.order ?? before + 2;
    if (after - before > 1e-6) return update(record, { order: (before + after) / 2 });
    others.splice(to, 0, record);
    others.forEach((other, i) => { other.order = i + 1; });
    sort();
    changed(memory.put("favourites", ...others));
  };
  const rename = (record, name) => update(record, { name: name.trim().slice(0, NAME) });
  const setThumb = (record, thumb) => { record.thumb = thumb; memory.put("favourites", record); };

  // ---- one file with all of them
  const write = () => JSON.stringify({
    format: FORMAT, version: VERSION, saved: new Date().toISOString(),
    favourites: kept.map(({ point, name, thumb }) => ({ point, name, thumb })),
  });
  const save = () => studio.downloadBlob("latent-studio-favourites.json", new Blob([new TextEncoder().encode(write())], { type: "application/json" }));
  const refuse = (reason, facts) => { throw new Error(studio.t(`history.file_${reason}`, facts)); };
  const readable = entry => {
    if (entry === null || typeof entry !== "object" || !points.isPoint(entry.point) || !entry.point.model) return null;
    const { point, name = "", thumb = "" } = entry;
    if (typeof name !== "string" || typeof thumb !== "string") return null;
    return { point, name: name.trim().slice(0, NAME), thumb: shown(thumb) };
  };
  // Adds what a file (a Blob) holds; returns {added, known, bad}. Throws a sentence when it is not a file of favourites.
  const importFile = async file => {
    if (file.size > MAX_FILE) refuse("large", { most: MAX_FILE / 1e6 });
    let data = null;
    try { data = JSON.parse(await file.text()); } catch { /* said below */ }
    if (data?.format !== FORMAT || !Array.isArray(data.favourites)) refuse("foreign");
    if (!Number.isInteger(data.version) || data.version < 1) refuse("foreign");
    if (data.version > VERSION) refuse("newer");
    if (data.favourites.length > MOST) refuse("many", { most: MOST });
    const good = data.favourites.map(readable).filter(Boolean), before = kept.length;
    const keys = new Set(kept.map(record => points.key(record.point)));
    const fresh = good.filter(entry => { const key = points.key(entry.point); return !keys.has(key) && keys.add(key); });
    if (before + fresh.length > MOST) refuse("many", { most: MOST });
    if (!good.length && data.favourites.length) refuse("damaged");
    let order = kept.at(-1)?.order ?? 0;
    const records = fresh.map(entry => ({ id: memory.newId(), ...entry, order: ++order }));
    kept.push(...records);
    await changed(memory.put("favourites", ...records));
    return { added: records.length, known: good.length - records.length, bad: data.favourites.length - good.length };
  };

  return {
    add, find, remove, restore, rename, move, setThumb, write, save, importFile, ready,
    list: () => [...kept],
    get persistent() { return persistent; },
    subscribe(listener) { listeners.add(listener); return () => listeners.delete(listener); },
  };
})();
