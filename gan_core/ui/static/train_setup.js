// The form of the Train tab: pictures, kind of model, how long. studio.trainSetup(section, api, started) -> {show(active)}.
studio.trainSetup = (section, api, started) => {
  const { t, make } = studio;
  const form = section.querySelector("form");
  const part = name => section.querySelector(`[data-part="${name}"]`);
  const number = value => value.toLocaleString(document.documentElement.lang);
  let options = null, source = null;

  const filled = () => {
    const values = Object.fromEntries(new FormData(form));
    const minutes = values.minutes === "own" ? values.own_minutes : values.minutes;
    return { ...values, source, minutes, flip: values.flip === "on", exclude: album.excluded() };
  };

  // ---- errors stand next to the field they are about
  const complain = fault => {
    const field = fault.facts?.field;
    const place = (field && form.querySelector(`[data-field="${field}"] .field-error`)) || part("error");
    place.textContent = fault.message;
    place.hidden = false;
    place.closest("details")?.setAttribute("open", "");
  };
  const forgive = () => {
    for (const place of form.querySelectorAll(".field-error")) place.hidden = true;
  };

  // ---- cards: a label around a radio button, so that the keyboard and a screen reader know them
  const choice = (name, value, className) => {
    const label = make("label", `choice ${className}`);
    const input = Object.assign(make("input"), { type: "radio", name, value });
    label.append(input);
    return label;
  };
  const pictureCard = set => {
    const card = choice("bundled", set.name, "picture-card");
    const image = Object.assign(make("img", set.pixel_art ? "pixels" : ""), { src: set.preview, alt: "", loading: "lazy" });
    const facts = [`${set.size} px`];
    if (set.classes) facts.push(t("train.classes", { count: set.classes }));
    const title = document.documentElement.lang.startsWith("zh") ? set.title_zh || set.title : set.title;
    card.append(image, make("b", "", title), make("small", "", t("train.count", { count: number(set.count) })), make("small", "", facts.join(" · ")));
    card.title = set.licence;
    return card;
  };
  const familyCard = name => {
    const card = choice("family", name, "family-card");
    const key = `train.family.${name}`;
    card.append(make("b", "", studio.has(key) ? t(key) : name));
    if (studio.has(`${key}.text`)) card.append(make("small", "", t(`${key}.text`)));
    return card;
  };
  const timeCard = minutes => {
    const card = choice("minutes", String(minutes), "time-card");
    const key = `train.time.${minutes === 0.5 ? "half" : minutes}`;
    card.append(make("b", "", studio.has(key) ? t(key) : `${minutes} ${t("train.time.minutes")}`));
    if (studio.has(key)) card.append(make("small", "", t(`${key}.text`)));
    return card;
  };
  const ownTime = most => {
    const card = choice("minutes", "own", "time-card own-time");
    const input = Object.assign(make("input"), { type: "number", name: "own_minutes", min: 0.1, max: most || 10000, step: "any" });
    input.value = Math.min(5, most || 5);
    input.setAttribute("aria-label", t("train.time.minutes"));
    input.addEventListener("focus", () => { card.querySelector("[type=radio]").checked = true; });
    const line = make("span", "own-minutes");
    line.append(input, make("small", "", t("train.time.minutes")));
    card.append(make("b", "", t("train.time.own")), line);
    return card;
  };

  const field = (name, input) => {
    const label = make("label", "field");
    label.dataset.field = name;
    input.name = name;
    label.append(make("span", "", t(`train.${name}`)), input);
    const help = make("small", "", t(`train.${name}.help`));
    const error = Object.assign(make("em", "field-error"), { hidden: true });
    error.setAttribute("role", "alert");
    label.append(error, help);
    return label;
  };
  const text = (value = "") => Object.assign(make("input"), { type: "text", inputMode: "decimal", autocomplete: "off", value });
  // A list whose first entry leaves the choice to the app; what that would be stands beside it (see offer).
  const select = name => {
    const box = make("select");
    box.append(new Option(t("train.automatic"), ""), ...options.choices[name].map(value => new Option(t(`train.${name}.${value}`), value)));
    return box;
  };
  const CLASSES = ["yes", "no"];
  const conditional = () => {
    const box = make("select");
    box.append(new Option(t("train.conditional.auto"), ""), ...CLASSES.map(value => new Option(t(`train.conditional.${value}`), value)));
    return box;
  };
  const group = (name, nodes) => {
    const box = make("div", "field-group");
    const fields = make("div", "fields");
    box.dataset.group = name;
    fields.append(...nodes);
    box.append(make("h4", "", t(`train.group.${name}`)), fields);
    return box;
  };
  const texts = names => names.map(name => field(name, text()));
  const advanced = () => {
    const budget = options.most ? ["batch", "lr"] : ["batch", "lr", "steps"];
    part("advanced").replaceChildren(
      group("pictures", [...texts(["resolution"]), field("conditional", conditional())]),
      group("network", texts(["width", "d_width", "z_dim"])),
      group("learning", [...texts(budget), field("seed", text("0"))]),
      group("contest", [field("loss", select("loss")), field("penalty", select("penalty")), ...texts(["gamma"]), field("augmentation", select("augmentation")), ...texts(["augment", "unroll"])]),
    );
  };

  // ---- what the app would choose for every field that is left empty, and its sentence
  const offer = (choice, fields) => {
    part("choice-words").textContent = studio.choiceSaid(choice);
    part("choice").hidden = false;
    expected.ask();
    for (const [name, value] of Object.entries(fields)) {
      const input = form.elements[name];
      if (input instanceof HTMLInputElement && input.type === "text") input.placeholder = typeof value === "number" ? +value.toPrecision(4) : "";
      else if (input instanceof HTMLSelectElement) {
        const own = t(`train.${name}.${value}`);
        input.options[0].text = t("train.automatic.value", { value: own });
      }
    }
    const adversarial = fields.penalty !== "none" || fields.augmentation !== "none" || fields.family.endsWith("gan");
    part("advanced").querySelector("[data-group=contest]").hidden = !adversarial;
  };

  // ---- a model to start from: those of the chosen kind
  const starts = () => {
    const family = form.elements.family.value, box = form.elements.start_from, before = box.value;
    const fitting = studio.store.models.filter(model => family === "auto" || model.family === family);
    const groups = ["bundled", "run", "hub"].map(origin => {
      const list = fitting.filter(model => model.origin === origin);
      const node = Object.assign(make("optgroup"), { label: t(`model.${origin}`) });
      node.append(...list.map(model => new Option(studio.modelTitle(model), model.id)));
      return list.length ? node : null;
    });
    box.replaceChildren(new Option(t("train.start_from.none"), ""), ...groups.filter(Boolean));
    box.value = fitting.some(model => model.id === before) ? before : "";
    part("start").hidden = !fitting.length;
    startPicture();
  };
  const startPicture = () => {
    const model = studio.store.models.find(one => one.id === form.elements.start_from.value);
    const image = part("start").querySelector("img");
    image.hidden = !model?.thumb;
    if (model) studio.thumb(image, model);
  };

  const fill = () => {
    part("sources").replaceChildren(...options.sources.map(pictureCard));
    part("families").replaceChildren(...options.families.map(familyCard));
    part("times").replaceChildren(...options.times.map(timeCard), ownTime(options.most));
    const segments = (field, words, names) => names.map(([name, value]) => {
      const label = choice(field, value, "segment");
      label.append(make("span", "", t(`${words}.${name}`)));
      return label;
    });
    part("fits").replaceChildren(...segments("fit", "train.fit", ["crop", "smart", "pad", "stretch"].map(name => [name, name])));
    part("flips").replaceChildren(...segments("flip", "pictures.flip", [["no", "off"], ["yes", "on"]]));
    album.home(options.folders);
    for (const [name, value] of Object.entries(options.first)) {
      const radio = form.querySelector(`[name="${name}"][value="${value}"]`);
      if (radio) radio.checked = true;
    }
    advanced();
    studio.store.onModels(starts);
    choose({ kind: "bundled", name: options.first.bundled });
    part("folder").parentElement.querySelector("[data-do=folder]").hidden = !options.folders;
    part("device").textContent = t(`train.device.${options.device.kind}`, options.device);
    part("limited").textContent = t("train.limited", { limit: options.most });
    part("limited").hidden = !options.most;
    part("closed").textContent = t("train.closed");
    part("closed").hidden = options.most !== 0;
    form.inert = options.most === 0;
  };

  // ---- what the network will see
  const found = info => {
    const left = info.out || 0; // left out by click
    const lines = [t("train.found", { count: number(info.count - left), size: info.size, colour: t(`train.colour.${info.channels}`) })];
    const more = info.classes_count > info.classes.length ? "…" : "";
    if (info.classes.length) lines.push(t("train.found.classes", { names: info.classes.map(studio.className).join(t("train.comma")) + more }));
    if (info.page) lines.push(t("pictures.hub.from", { page: info.page.replace(/^https?:\/\//, ""), licence: info.licence || t("pictures.hub.no_licence") }));
    if (left) lines.push(left === 1 ? t("pictures.left_out.one") : t("pictures.left_out", { count: number(left) }));
    const nodes = lines.map(line => make("p", "", line));
    nodes.push(...info.notes.map(note => make("p", note.code.startsWith("hub_") ? "" : "careful", studio.said(`note.${note.code}`, note.message, note.facts))));
    if (info.skipped.length) nodes.push(skipped(info));
    part("found").replaceChildren(...nodes);
  };
  const skipped = info => {
    const box = make("details", "skipped");
    const count = info.skipped_count;
    box.append(make("summary", "", count === 1 ? t("train.skipped.one") : t("train.skipped", { count: number(count) })));
    const list = make("ul");
    for (const file of info.skipped) {
      const item = make("li", "", t("train.colon") + studio.said(`skipped.${file.code}`, file.reason));
      item.prepend(make("code", "", file.name));
      list.append(item);
    }
    if (count > info.skipped.length) list.append(make("li", "", t("train.skipped.more", { count: number(count - info.skipped.length) })));
    box.append(list);
    box.open = count <= 3;
    return box;
  };
  const look = studio.pump(async () => {
    if (!source) return;
    section.classList.add("looking");
    if (!part("sees").querySelector("img")) part("sees").replaceChildren(make("p", "", t("train.sees.reading")));
    try {
      const info = await api.look({ form: filled() });
      const image = Object.assign(make("img", info.pixels ? "pixels" : ""), { src: info.sheet, alt: t("train.sees") });
      part("sees").replaceChildren(image);
      part("fit").hidden = info.square;
      found(info);
      album.look(filled(), info);
    } finally { section.classList.remove("looking"); }
  }, fault => { part("sees").replaceChildren(make("p", "", "—")); part("found").replaceChildren(); complain(fault); });
  const expected = studio.trainExpect(part("expected"), api, filled);
  const plan = studio.later(250, async () => {
    if (!source) return;
    try {
      const { command, name, choice, fields } = await api.plan({ form: filled() });
      part("command").textContent = command;
      form.elements.name.placeholder = name;
      offer(choice, fields);
    } catch (fault) {
      if (fault.code === "offline") return;
      part("choice").hidden = true;
      complain(fault);
    }
  });

  const album = studio.trainPictures(section, api, { found, changed: plan });

  const choose = next => {
    source = next;
    album.forget();
    section.querySelector(".own-pictures").classList.toggle("chosen", source.kind !== "bundled");
    if (source.kind !== "bundled") for (const radio of form.querySelectorAll("[name=bundled]")) radio.checked = false;
    forgive();
    look();
    plan();
  };
  const mustLook = ["fit", "resolution", "start_from"];
  form.addEventListener("change", event => {
    const { name, value } = event.target;
    forgive();
    if (name === "bundled") choose({ kind: "bundled", name: value });
    if (name === "family") starts();
    if (name === "start_from") startPicture();
    if (mustLook.includes(name) || (name === "family" && source?.kind !== "bundled")) look();
    if (name) plan();
  });
  form.addEventListener("input", event => { if (event.target.name) plan(); });

  studio.trainUpload(section.querySelector(".own-pictures"), api, { choose, complain, forgive });
  studio.trainHub(section.querySelector(".own-pictures"), api, { choose, complain, forgive });

  form.addEventListener("submit", event => {
    event.preventDefault();
    forgive();
    const button = section.querySelector("[data-do=start]");
    studio.busy(button, async () => {
      try { started((await api.start({ form: filled(), visitor: studio.visitor(), wait: button.dataset.wait === "yes" })).run); } catch (fault) { complain(fault); }
    });
  });
  section.querySelector("[data-do=copy]").addEventListener("click", () => studio.copyText(part("command").textContent));

  const show = async () => {
    if (options) return plan();
    options = await api.options();
    fill();
  };
  // A training that starts from a model: the form is filled in so far, the pictures are to be chosen.
  const from = async model => {
    await studio.refreshModels();
    await show();
    form.querySelector("[name=family][value=auto]").checked = true;
    starts();
    form.elements.start_from.value = model;
    form.elements.start_from.dispatchEvent(new Event("change", { bubbles: true }));
  };
  return { show, from };
};
