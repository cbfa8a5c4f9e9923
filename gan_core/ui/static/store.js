// The one point that the visitor is at. It lives in the address, so a reload, a link and undo are all the same thing.
studio.store = (() => {
  const listeners = new Set();
  let point = null, past = [], future = [], committed = null;

  const parse = text => { try { const value = JSON.parse(text); return value && typeof value === "object" ? value : null; } catch { return null; } };
  const restore = () => parse(new URL(location.href).searchParams.get("point")) || parse(studio.kept("point"));

  const link = () => {
    const address = new URL(location.href);
    address.searchParams.delete("__theme");
    if (point) address.searchParams.set("point", JSON.stringify(point));
    return address;
  };
  const remember = studio.later(200, () => {
    history.replaceState(history.state, "", link());
    studio.keep("point", JSON.stringify(point));
  });

  const tell = () => { for (const listener of listeners) listener(point); };
  // Between commits (while a slider is dragged) the point moves without leaving a trace in the history.
  const set = (next, { commit = true } = {}) => {
    point = next;
    if (commit) save();
    tell();
  };
  const save = () => {
    const text = JSON.stringify(point);
    if (committed && committed !== text) {
      past.push(committed);
      if (past.length > 500) past.shift();
      future = [];
    }
    committed = text;
    remember();
  };
  const step = (from, to) => {
    if (!from.length) return;
    to.push(committed);
    committed = from.pop();
    point = JSON.parse(committed);
    remember();
    tell();
  };

  const undo = () => step(past, future);
  const redo = () => step(future, past);
  addEventListener("keydown", event => {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || studio.typing(event) || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) redo(); else undo();
  });

  // ---- the list of models, asked for once and again whenever a panel says it changed
  let models = null;
  const modelListeners = new Set();
  const setModels = list => { models = list; for (const listener of modelListeners) listener(list); };

  return {
    restore, set, undo, redo, link, setModels,
    get point() { return point; },
    get canUndo() { return past.length > 0; },
    get canRedo() { return future.length > 0; },
    get models() { return models || []; },
    get model() { return (models || []).find(model => model.id === point?.model) || null; },
    subscribe(listener) { listeners.add(listener); return () => listeners.delete(listener); },
    onModels(listener) { modelListeners.add(listener); if (models) listener(models); },
  };
})();
