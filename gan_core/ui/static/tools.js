// The tools around the picture in Explore. Each is a panel of its own that is moved to its place once it is there:
//   studio.tool("name", element, server, (element, api) => ({ show(), hide(), update(point) }), "beside" | "below")
// "beside": one of the tools in the column, chosen with the row of buttons; "below": always there, under the picture.
// show and hide are called when the tool opens and closes, update(point) at each change of the point while it is open.
// Every painted picture is announced: addEventListener("studio:painted", ({ detail: { point, image, pixelArt } }) => …).
studio.tools = (() => {
  const tools = new Map();
  let host = null, open = null, order = [];

  const active = () => studio.current() === "explore";
  const shown = tool => tool.place === "below" || tool.name === open;
  const each = work => { for (const tool of tools.values()) if (shown(tool)) work(tool); };
  const place = tool => {
    host.querySelector(tool.place === "below" ? ".below" : ".tool").append(tool.element);
    if (tool.place === "beside") addButton(tool);
    tool.element.classList.toggle("closed", !shown(tool));
    if (shown(tool) && active()) wake(tool);
  };
  const wake = tool => { tool.show?.(); if (studio.store.point) tool.update?.(studio.store.point); };
  const addButton = tool => {
    const row = host.querySelector(".tool-row"), button = studio.make("button");
    button.dataset.tool = tool.name;
    button.id = `tool-${tool.name}`;
    button.setAttribute("role", "tab");
    button.setAttribute("aria-controls", tool.element.id);
    button.innerHTML = `${studio.icon(tool.name)}<span></span>`;
    button.querySelector("span").textContent = studio.t(`tool.${tool.name}`);
    button.addEventListener("click", () => choose(tool.name));
    tool.element.setAttribute("role", "tabpanel");
    tool.element.setAttribute("aria-labelledby", button.id);
    row.append(button);
    for (const name of order) row.append(...row.querySelectorAll(`[data-tool="${name}"]`));
    row.hidden = row.children.length < 2;
    mark();
  };
  const mark = () => {
    for (const button of host.querySelectorAll(".tool-row button")) {
      button.setAttribute("aria-selected", String(button.dataset.tool === open));
      button.tabIndex = button.dataset.tool === open ? 0 : -1;
    }
  };
  const choose = name => {
    const before = tools.get(open), next = tools.get(name);
    if (!next || next.place !== "beside") return;
    open = name;
    studio.keep("tool", name);
    if (before && before !== next) { before.element.classList.add("closed"); before.hide?.(); }
    next.element.classList.remove("closed");
    mark();
    if (active()) wake(next);
  };

  studio.tool = (name, element, server, setup, where = "beside") => {
    studio.translate(element);
    const box = element.closest(".studio-panel") || element;
    const tool = { name, element: box, place: where, ...setup(element, studio.connect(server || {})) };
    tools.set(name, tool);
    if (host) place(tool);
  };
  // Called by Explore with its own element and the names of the tools in the order in which they are to stand.
  const settle = (element, names) => {
    [host, order] = [element, names];
    open = names.includes(studio.kept("tool")) ? studio.kept("tool") : names[0];
    host.querySelector(".tool-row").addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], buttons = [...host.querySelectorAll(".tool-row button")];
      if (!step) return;
      const next = buttons[(buttons.findIndex(button => button.dataset.tool === open) + step + buttons.length) % buttons.length];
      next.focus();
      next.click();
    });
    for (const tool of tools.values()) place(tool);
  };
  studio.store.subscribe(point => { if (host && active() && point) each(tool => tool.update?.(point)); });
  addEventListener("studio:tab", () => { if (host) each(tool => (active() ? wake(tool) : tool.hide?.())); });

  return { settle, choose, get open() { return open; } };
})();
