// About: what the app says of itself, asked for when the dialog opens; and how programs use it, with this server's own address.
const { t, make } = studio;
const api = studio.connect(server);
const part = name => dialog.querySelector(`[data-part="${name}"]`);
const zh = document.documentElement.lang !== "en";
let facts = null;

const lines = (list, pairs) => list.replaceChildren(...pairs.flatMap(([name, text]) => [make("dt", "", name), make("dd", "", text)]));
const device = ({ type, threads, dtype, why, reason }) => t(`about.why.${why}`, { device: type === "cpu" ? t(threads === 1 ? "about.cpu.one" : "about.cpu", { threads }) : reason.split(",")[0], dtype });
const show = () => {
  const { versions, memory, folders, models, pictures, space, kept_minutes } = facts;
  part("privacy").replaceChildren(...["drawn", space ? "space" : "home", space ? "space_kept" : "home_kept", "browser", "hub"].map(
    key => make("li", "", t(`about.privacy.${key}`, { minutes: studio.number(kept_minutes) }))));
  const used = memory.used ? [[t("about.memory"), t("about.memory_of", { used: studio.weight(memory.used), most: studio.weight(memory.most) })]] : [];
  lines(part("machine"), [...versions, [t("about.device"), device(facts.device)], ...used]);
  part("at-home").hidden = !folders.length;
  lines(part("folders"), folders.map(({ what, path }) => [t(`about.folder.${what}`), path]));
  const of = (title, licence) => [title, licence || t("about.unknown")];
  lines(part("licences"), [
    ...models.map(model => of(`${studio.modelTitle(model)} (${model.name})`, model.licence)),
    ...pictures.map(set => of(zh ? set.title_zh : set.title, `${set.licence}. ${set.source}`)),
  ]);
};
const report = () => [
  ...facts.versions.map(([name, version]) => `${name} ${version}`),
  `Device ${facts.device.type}: ${facts.device.reason} (${facts.device.why})`,
  `Memory ${studio.weight(facts.memory.used)} of ${studio.weight(facts.memory.most)}`,
  `Place ${facts.space ? "Space" : "own computer"}`, `Browser ${navigator.userAgent}`, `Page ${document.documentElement.lang}, ${innerWidth} × ${innerHeight}, ${document.documentElement.dataset.theme}`,
].join("\n");

// The button itself says so: notes at the bottom of the page lie behind an open dialog.
const copy = async (button, text) => {
  const words = button.querySelector("span") || button, before = words.textContent;
  try { await navigator.clipboard.writeText(text); words.textContent = t("about.copied"); } catch { words.textContent = t("about.copy_failed"); }
  button.setAttribute("aria-live", "polite");
  setTimeout(() => { words.textContent = before; }, 2500);
};

const dialog = studio.papers.add("about", element, {
  place: 3, picture: "info",
  async show() {
    part("error").hidden = true;
    try { facts = await api.about(); show(); } catch (error) {
      part("error").textContent = error.message;
      part("error").hidden = false;
    }
  },
});
const address = new URL(location.pathname, location.href).href;
for (const name of ["python", "javascript"]) {
  part(name).textContent = props.programs[name].replaceAll("{address}", address);
  const button = dialog.querySelector(`[data-copy="${name}"]`);
  button.addEventListener("click", () => copy(button, part(name).textContent));
}
const button = dialog.querySelector("[data-do=report]");
button.addEventListener("click", () => facts && copy(button, report()));
