// The Models tab: a card for every model there is, and more of them from the Hugging Face Hub.
studio.panel("models", element, server, (element, api) => {
  const { t, make, number, weight } = studio;
  const part = name => element.querySelector(`[data-part="${name}"]`);
  const lang = document.documentElement.lang;

  // ---- facts in words
  const unit = lang.startsWith("zh") ? 1e4 : 1e6; // 万 or million
  const count = n => (n >= 1e6 ? t("models.many", { n: (n / unit).toLocaleString(lang, { maximumFractionDigits: 1 }) }) : number(n));
  const kind = model => (studio.has(`models.family.${model.family}`) ? t(`models.family.${model.family}`) : model.family);
  const quality = ({ kid, kid_floor: floor }) => {
    if (!Number.isFinite(kid)) return "";
    const short = value => value.toLocaleString(lang, { maximumSignificantDigits: 3 });
    return Number.isFinite(floor) ? t("models.kid_floor", { kid: short(kid), floor: short(floor) }) : t("models.kid", { kid: short(kid) });
  };
  const facts = model => {
    const rows = [
      [t("models.kind"), kind(model)],
      [t("models.size"), `${model.resolution} px · ${weight(model.bytes)} · ${t("models.parameters", { count: count(model.parameters) })}`],
      [t("models.data"), studio.said(`data.${model.data}`, model.data)],
      [t("models.classes"), model.labels.length ? number(model.labels.length) : ""],
      [t("models.licence"), model.licence],
      [t("models.quality"), quality(model.quality)],
      [t("models.version"), model.commit.slice(0, 7)],
    ];
    const list = make("dl");
    for (const [name, value] of rows.filter(([, value]) => value)) {
      const row = make("div");
      row.append(make("dt", "", name), make("dd", "", value));
      list.append(row);
    }
    return list;
  };

  // ---- a card
  const card = model => {
    const box = make("article", "card");
    box.dataset.model = model.id;
    const open = make("button", "card-picture");
    open.type = "button";
    open.setAttribute("aria-label", `${t("models.open")}: ${studio.modelTitle(model)}`);
    open.addEventListener("click", () => studio.openModel(model.id));
    if (model.preview) open.append(Object.assign(make("img", model.pixel_art || model.resolution <= 32 ? "pixels" : ""), { src: model.preview, alt: "", loading: "lazy" }));
    const head = make("div", "card-head");
    head.append(make("h3", "", studio.modelTitle(model)), make("span", "badge", t(`model.${model.origin}`)));
    const buttons = make("div", "card-buttons");
    buttons.append(studio.action(t("models.open"), "button", () => studio.openModel(model.id)), more(model, box));
    box.append(open, head, facts(model), buttons);
    return box;
  };
  const more = (model, box) => {
    const row = make("span", "card-more");
    if (model.readme) row.append(small("book", "models.details", model, () => read(model)));
    row.append(small("save", "export.open", model, () => exportModel(model)));
    row.append(small("upload", "publish.open", model, () => dispatchEvent(new CustomEvent("studio:publish", { detail: model }))));
    if (model.mine) row.append(small("trash", "models.delete", model, button => remove(model, button, box)));
    return row;
  };
  const exportModel = (model, seed = 0) => studio.exportModel(model, { folder: () => archive(model), seed });
  const archive = async model => {
    const { path, name } = await api.archive({ model: model.id });
    studio.fetchFile(path, name);
  };
  const small = (icon, key, model, work) => {
    const button = studio.action("", "quiet round", work);
    button.innerHTML = studio.icon(icon);
    button.title = t(key);
    button.setAttribute("aria-label", `${t(key)}: ${studio.modelTitle(model)}`);
    return button;
  };
  const remove = (model, button, box) => {
    const buttons = box.querySelector(".card-buttons");
    studio.ask(buttons, {
      question: t(`models.delete.${model.origin}`), yes: t("models.delete"), no: t("models.keep"),
    }, async () => {
      await api.remove({ model: model.id, visitor: studio.visitor() });
      studio.refreshModels();
      await refresh();
    });
  };

  // ---- the model card, read as text
  const dialog = part("readme");
  const read = async model => {
    try {
      const { text } = await api.card({ model: model.id });
      dialog.querySelector("h2").textContent = studio.modelTitle(model);
      part("readme-text").replaceChildren(studio.markdown(text));
      dialog.showModal();
      part("readme-text").scrollTop = 0;
    } catch (fault) { studio.toast(fault.message, "bad"); }
  };
  dialog.querySelector("[data-do=close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });

  // ---- what is here, or what is on the Hub (models_hub.js)
  const view = name => {
    for (const button of part("view").children) button.setAttribute("aria-pressed", String(button.dataset.view === name));
    part("here").hidden = name !== "here";
    dispatchEvent(new CustomEvent("studio:models-view", { detail: name }));
    if (name === "here") refresh();
  };
  part("view").addEventListener("click", event => { if (event.target.dataset.view) view(event.target.dataset.view); });

  // A card is only made anew when something about it changed, so that pictures do not flicker.
  const made = new Map();
  let models = [];
  const refresh = studio.pump(async () => {
    ({ models } = await api.cards({ visitor: studio.visitor() }));
    const nodes = models.map(model => {
      const key = JSON.stringify(model), before = made.get(model.id);
      if (before?.key === key) return before.node;
      const node = card(model);
      made.set(model.id, { key, node });
      return node;
    });
    part("cards").replaceChildren(...nodes);
    part("none").hidden = models.length > 0;
  });
  // Explore's door: {export: a model's id, seed}
  const show = async detail => {
    await refresh();
    const model = models.find(({ id }) => id === detail?.export);
    if (model) exportModel(model, detail.seed);
  };
  return { show };
});
