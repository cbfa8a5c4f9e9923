// The one point that the visitor is at. It lives in the address, so a reload and a link are the same thing; trail.js keeps the way here.
studio.store = (() => {
  const { trail, points, t } = studio;
  const LONGEST = 8000; // characters of an address that browsers, chats and servers still pass on whole
  const listeners = new Set();
  let point = null, models = null, moving = false, held = false;

  // ---- the address
  const addressed = () => {
    const address = new URL(location.href);
    address.searchParams.delete("point");
    if (point) address.searchParams.set("point", JSON.stringify(point));
    if (address.href.length > LONGEST) address.searchParams.delete("point");
    return address;
  };
  const session = { get point() { try { return sessionStorage.getItem("studio.point"); } catch { return null; } }, set point(text) { try { sessionStorage.setItem("studio.point", text); } catch { /* not kept */ } } };
  const address = studio.later(200, () => {
    history.replaceState(history.state, "", addressed());
    studio.keep("point", JSON.stringify(point));
  });
  const remember = () => {
    session.point = JSON.stringify(point); // at once: a reload may come before the address has followed
    address();
  };
  // A link that leads here and says nothing else (a private Space signs its addresses); null where it would be too long to send.
  const link = () => {
    const address = new URL(location.pathname, location.href);
    address.searchParams.set("point", JSON.stringify(point));
    return address.href.length > LONGEST ? null : address;
  };
  // Where the address, else the last visit, says that we are. What it says may come from anybody: it is read only if it is a point.
  const restore = () => {
    const text = new URL(location.href).searchParams.get("point"), last = points.parse(session.point);
    if (performance.getEntriesByType("navigation")[0]?.type === "reload" && last && known(last)) return last;
    if (text !== null) {
      const linked = points.parse(text);
      if (linked && known(linked)) return linked;
      const hub = linked?.model?.startsWith("hub/") && { text: t("history.link_load"), act: () => dispatchEvent(new CustomEvent("studio:hub-load", { detail: linked })) };
      studio.toast(linked ? t("history.link_model", { model: linked.model?.slice(0, 80) || "–" }) : t("history.link_damaged"), "bad", hub || null);
    }
    return [last, points.parse(studio.kept("point"))].find(kept => kept && known(kept)) || null;
  };
  const known = ({ model }) => !models || models.some(other => other.id === model);

  // ---- moving
  const tell = () => { for (const listener of listeners) listener(point); };
  // Between commits (while a slider is dragged) the point moves without leaving a trace in the trail.
  const set = (next, { commit = true } = {}) => {
    point = next;
    moving = !commit;
    if (commit) save();
    tell();
  };
  const save = () => {
    moving = false;
    trail.add(point, held);
    remember();
  };
  const moved = () => moving && points.key(point) !== trail.here?.key;
  const next = (index, step) => {
    do index += step; while (trail.at(index) && !known(JSON.parse(trail.at(index).point)));
    return trail.at(index) ? index : null;
  };
  const go = index => {
    point = trail.go(index);
    moving = false;
    remember();
    tell();
  };
  const undo = () => {
    if (moved()) save();
    const before = next(trail.place, -1);
    if (before !== null) go(before);
  };
  const redo = () => {
    const after = moved() ? null : next(trail.place, 1);
    if (after !== null) go(after);
  };
  // The app could not draw the point that was asked for: it leaves the trail, and the visitor is back where they were, if anywhere.
  const refuse = (error, asked) => {
    if (!/^(point|model)\./.test(error.code || "") || !asked) return false;
    trail.forget(JSON.parse(asked));
    if (!trail.here || !known(JSON.parse(trail.here.point))) return false;
    go(trail.place);
    return true;
  };

  addEventListener("keydown", event => { held = event.repeat; }, true);
  for (const kind of ["keyup", "pointerdown", "blur"]) addEventListener(kind, () => { held = false; }, true);
  studio.keys.on(["explore", "grid"], "Mod+Z", "keys.undo", undo);
  studio.keys.on(["explore", "grid"], "Mod+Shift+Z / Mod+Y", "keys.redo", redo);
  trail.ready.then(() => { if (point) tell(); });

  // ---- the list of models, asked for once and again whenever a panel says it changed
  const modelListeners = new Set();
  const setModels = list => { models = list; for (const listener of modelListeners) listener(list); };

  return {
    restore, set, go, undo, redo, refuse, link, setModels,
    get point() { return point; },
    get moving() { return moving; }, // between commits
    get canUndo() { return moved() || next(trail.place, -1) !== null; },
    get canRedo() { return !moved() && next(trail.place, 1) !== null; },
    get models() { return models || []; },
    get model() { return (models || []).find(model => model.id === point?.model) || null; },
    subscribe(listener) { listeners.add(listener); return () => listeners.delete(listener); },
    onModels(listener) { modelListeners.add(listener); if (models) listener(models); },
  };
})();
