// Settings: what this browser remembers of how the page is to be. boot.js applies them before anything is painted.
const { t, make } = studio;
const CHOICES = { language: ["auto", "en", "zh-CN"], theme: ["system", "light", "dark"], motion: ["system", "less"], quality: ["model", "smooth", "pixels"], units: ["decimal", "binary"] };
const anew = (name, value) => { studio.keep(name, value); location.reload(); }; // what is on the page already was made with the old one
const APPLY = {
  language: value => anew("language", value),
  theme: value => studio.setTheme(value),
  motion: value => { studio.keep("motion", value); document.documentElement.dataset.motion = value; },
  quality: value => anew("quality", value),
  units: value => anew("units", value),
};
const chosen = name => CHOICES[name].find(value => value === studio.kept(name)) || CHOICES[name][0];

const show = () => {
  for (const box of dialog.querySelectorAll("[data-setting]")) {
    for (const button of box.children) {
      const here = button.dataset.value === chosen(box.dataset.setting);
      button.setAttribute("aria-checked", String(here));
      button.tabIndex = here ? 0 : -1;
    }
  }
  const favourites = studio.favourites.list().length;
  dialog.querySelector("[data-part=deleted]").textContent = t("settings.reset_what") + (favourites ? ` ${t("settings.reset_favourites", { count: studio.number(favourites) })}` : "");
  dialog.querySelector("[data-do=export]").hidden = !favourites;
};
const dialog = studio.papers.add("settings", element, { place: 1, picture: "sliders", show });

for (const box of dialog.querySelectorAll("[data-setting]")) {
  const name = box.dataset.setting;
  const choose = button => { APPLY[name](button.dataset.value); show(); button.focus(); };
  box.append(...CHOICES[name].map(value => {
    const button = make("button", "", t(`settings.${name}.${value}`));
    Object.assign(button.dataset, { value });
    button.type = "button";
    button.lang = name === "language" && value !== "auto" ? value : "";
    if (!button.lang) button.removeAttribute("lang");
    button.setAttribute("role", "radio");
    button.addEventListener("click", () => choose(button));
    return button;
  }));
  box.addEventListener("keydown", event => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key], buttons = [...box.children];
    if (!step) return;
    event.preventDefault();
    choose(buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length]);
  });
}
addEventListener("studio:theme", show); // the frame's own button changes it, too

dialog.querySelector("[data-do=export]").addEventListener("click", () => studio.favourites.save());
dialog.querySelector("[data-do=reset]").addEventListener("click", event => {
  studio.ask(event.currentTarget, { question: t("settings.reset_ask"), yes: t("settings.reset_yes"), no: t("settings.reset_no") }, async () => {
    await studio.memory.forget();
    for (const store of [localStorage, sessionStorage]) {
      for (const key of Object.keys(store)) if (key.startsWith("studio.")) store.removeItem(key);
    }
    location.replace(location.pathname);
  });
});
