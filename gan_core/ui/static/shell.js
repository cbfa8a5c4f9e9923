// The frame: brand, tabs, language and theme; asks for the list of models once for everybody.
const { t, icon } = studio;
const api = studio.connect(server);
studio.translate(element);
document.title = t("app.title");

element.querySelector(".mark").innerHTML = document.querySelector("link[rel=icon]")
  ? `<img alt="" src="${document.querySelector("link[rel=icon]").href}">` : "";

const nav = element.querySelector(".tabs");
for (const tab of props.tabs) {
  const button = studio.make("button");
  button.dataset.tab = tab;
  button.id = `to-${tab}`;
  button.setAttribute("role", "tab");
  button.setAttribute("aria-controls", `tab-${tab}`);
  button.innerHTML = `${icon(tab)}<span></span>`;
  button.querySelector("span").textContent = t(`tab.${tab}`);
  button.addEventListener("click", () => studio.open(tab));
  nav.append(button);
}
nav.addEventListener("keydown", event => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const buttons = [...nav.children];
  const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
  next.focus();
  next.click();
});
const mark = () => {
  for (const button of nav.children) {
    const here = button.dataset.tab === studio.current();
    button.setAttribute("aria-selected", String(here));
    button.tabIndex = here ? 0 : -1;
  }
};
if (!props.tabs.includes(studio.current())) document.documentElement.dataset.tab = props.tabs[0];
mark();
addEventListener("studio:tab", mark);

element.querySelector("[data-act=skip]").addEventListener("click", () => {
  document.querySelector(`#tab-${studio.current()} :is(a[href], button, input, select, textarea, canvas[tabindex]):not([tabindex="-1"])`)?.focus();
});

const MODES = ["system", "light", "dark"], PICTURES = { system: "system", light: "sun", dark: "moon" };
const theme = element.querySelector("[data-act=theme]");
const showTheme = () => {
  const mode = studio.kept("theme") || "system";
  theme.innerHTML = icon(PICTURES[mode] || "system");
  theme.title = t("theme.switch", { mode: t(`theme.${mode}`) });
  theme.setAttribute("aria-label", theme.title);
};
theme.addEventListener("click", () => {
  const mode = studio.kept("theme") || "system";
  studio.setTheme(MODES[(MODES.indexOf(mode) + 1) % MODES.length]);
  showTheme();
});
showTheme();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if ((studio.kept("theme") || "system") === "system") studio.setTheme("system");
});
addEventListener("studio:theme", showTheme);
element.querySelector("[data-act=frame-menu]").addEventListener("click", event => studio.menu(event.currentTarget, studio.papers.menu()));
element.querySelector("[data-act=language]").lang = document.documentElement.lang === "en" ? "zh-CN" : "en"; // its words are in that language
element.querySelector("[data-act=language]").addEventListener("click", () => {
  studio.setLanguage(document.documentElement.lang === "en" ? "zh-CN" : "en");
});

const address = new URL(location.href);
if (address.searchParams.has("__theme")) { // Gradio has read it by now; links should not carry it
  address.searchParams.delete("__theme");
  history.replaceState(history.state, "", address);
}

studio.line.ask = () => api.line();
studio.refreshModels = async () => {
  try { studio.store.setModels(await api.models({ visitor: studio.visitor() })); } catch (error) { studio.toast(error.message, "bad"); }
};
studio.refreshModels();
