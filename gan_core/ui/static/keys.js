// The keyboard: one table of what keys do. What holds everywhere in a tab is handled here; what only holds for the part that has the
// focus stands beside that part's own listener and is only told here, for the sheet of keys ("?", keys_sheet.js).
//   studio.keys.on("explore", "R", "keys.surprise", act)      studio.keys.tell("explore", "← ↑ → ↓", "keys.travel")
// Tabs: one name or several; "" is every tab. Keys: "Mod+Shift+Z" (Mod: Ctrl, on a Mac ⌘), several with " / " between them.
studio.keys = (() => {
  const table = [], mac = /Mac|iPhone|iPad/.test(navigator.platform);
  const NAMES = { Mod: mac ? "⌘" : "Ctrl", Shift: mac ? "⇧" : "Shift", Plus: "+" };

  const parse = text => {
    const parts = text.split("+"), key = parts.pop();
    return { key: key === "Space" ? " " : key.toLowerCase(), mod: parts.includes("Mod"), shift: parts.includes("Shift") };
  };
  // Shift counts only with Mod: "?" needs it on most keyboards, and R is R.
  const fits = (wanted, event) => wanted.key === event.key.toLowerCase() && wanted.mod === (event.ctrlKey || event.metaKey)
    && (!wanted.mod || wanted.shift === event.shiftKey) && !event.altKey;

  const add = (tabs, keys, words, more = {}) => {
    table.push({ tabs: [tabs].flat(), keys, words, ...more });
  };
  const on = (tabs, keys, words, act, { unless = null, repeats = true } = {}) => add(tabs, keys, words, { act, unless, repeats, wanted: keys.split(" / ").map(parse) });
  const of = tab => table.filter(entry => entry.tabs.includes(tab) || entry.tabs.includes(""));

  document.addEventListener("keydown", event => {
    if (studio.typing(event) || document.querySelector("dialog.paper[open]")) return;
    const entry = of(studio.current()).find(({ wanted }) => wanted?.some(key => fits(key, event)));
    if (!entry || (event.repeat && !entry.repeats) || (entry.unless && event.target.closest?.(entry.unless))) return;
    event.preventDefault();
    entry.act();
  }, true);

  // Keys as they are printed on the visitor's keyboard: [["Ctrl", "Z"], …], one list for each way.
  const caps = keys => keys.split(" / ").map(way => way.split("+").map(part => (part === "Space" ? studio.t("keys.space") : NAMES[part] || part)));
  return { on, tell: add, of, caps };
})();
