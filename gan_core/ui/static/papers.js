// Dialogs of the frame (settings, keys, about): <dialog class="paper"> in a panel of its own, in the order of `place` in the frame's menu.
//   studio.papers.add("about", element, { place: 3, show() }) ; studio.papers.open("about") ; studio.papers.menu() → entries for studio.menu
studio.papers = (() => {
  const papers = new Map();

  const add = (name, element, { place, picture, show }) => {
    studio.translate(element);
    const dialog = element.querySelector("dialog");
    dialog.querySelector("[data-do=close]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); }); // beside it
    papers.set(name, { dialog, place, picture, show });
    return dialog;
  };
  const open = name => {
    const { dialog, show } = papers.get(name);
    studio.closePopup();
    for (const other of papers.values()) other.dialog.close();
    show?.();
    dialog.showModal();
  };
  const menu = () => [...papers].sort(([, a], [, b]) => a.place - b.place)
    .map(([name, { picture }]) => ({ text: studio.t(`${name}.title`), picture, act: () => open(name) }));
  return { add, open, menu };
})();
