// The sheet of keys: what keys do in the tab that is open, and everywhere, from the table of keys.js.
const { t, make } = studio;
const part = name => dialog.querySelector(`[data-part="${name}"]`);

const line = ({ keys, words }) => {
  const name = make("dt");
  studio.keys.caps(keys).forEach((way, i) => {
    if (i && !/^[←↑→↓]$/.test(way.join(""))) name.append(make("i", "", "/"));
    const together = make("span");
    together.append(...way.map(cap => make("kbd", "", cap)));
    name.append(together);
  });
  return [name, make("dd", "", t(words))];
};
const show = () => {
  const tab = studio.current(), all = studio.keys.of(tab);
  const here = all.filter(entry => !entry.tabs.includes("")).sort((a, b) => Boolean(b.act) - Boolean(a.act)), everywhere = all.filter(entry => entry.tabs.includes(""));
  part("tab").textContent = t(`tab.${tab}`);
  part("here").replaceChildren(...here.flatMap(line));
  part("here").parentElement.hidden = !here.length;
  part("everywhere").replaceChildren(...everywhere.flatMap(line));
};
const dialog = studio.papers.add("keys", element, { place: 2, picture: "keyboard", show });

studio.keys.on("", "?", "keys.sheet", () => studio.papers.open("keys"), { repeats: false });
studio.keys.tell("", "Tab / Shift+Tab", "keys.next");
studio.keys.tell("", "← / →", "keys.row");
studio.keys.tell("", "Esc", "keys.close");
