// Small controls that several tabs use: icons, the model picker, class names, sliders, help bubbles, pop-up menus.
Object.assign(studio, (() => {
  const { t, has, make } = studio;

  const DRAWINGS = {
    undo: "M4 9h10a5 5 0 0 1 0 10h-3M4 9l4-4M4 9l4 4", redo: "M20 9H10a5 5 0 0 0 0 10h3M20 9l-4-4M20 9l-4 4",
    dice: "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM8.5 8.5v.01M15.5 8.5v.01M12 12v.01M8.5 15.5v.01M15.5 15.5v.01",
    save: "M12 4v11m0 0 4-4m-4 4-4-4M5 19h14", link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
    previous: "M15 5l-7 7 7 7", next: "M9 5l7 7-7 7", down: "M6 9l6 6 6-6", reset: "M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4", close: "M6 6l12 12M18 6L6 18",
    play: "M8 5.5v13l11-6.5z", pause: "M8 5v14M16 5v14", check: "M5 12.5l4.5 4.5L19 7.5", swap: "M7 4v16m0 0-3-3m3 3 3-3M17 20V4m0 0-3 3m3-3 3 3",
    sun: "M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM12 2v2M12 20v2M2 12h2M20 12h2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
    moon: "M20 14.5A8.5 8.5 0 1 1 9.5 4 7 7 0 0 0 20 14.5z", system: "M4 5h16v11H4zM9 20h6M12 16v4",
    explore: "M4 7h9M19 7h1M4 17h1M11 17h9M16 4.5v5M8 14.5v5", morph: "M9 5a7 7 0 1 0 0 14A7 7 0 0 0 9 5zM15 5a7 7 0 1 1 0 14",
    grid: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z", train: "M4 19c3 0 4-3 6-7s4-7 10-7M4 4v16h16",
    models: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12L4 7.5M12 12v9", more: "M5 12v.01M12 12v.01M19 12v.01", trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
    sliders: "M4 7h9M19 7h1M4 17h1M11 17h9M16 4.5v5M8 14.5v5", children: "M12 3v6M12 9c0 4-6 3-6 8M12 9c0 4 6 3 6 8M12 9v8M6 20v.01M12 20v.01M18 20v.01",
    map: "M9 4 3 6.5v13L9 17l6 3 6-2.5v-13L15 7zM9 4v13M15 7v13", mix: "M4 4h7v7H4zM13 13h7v7h-7zM13 4h7v7M4 13v7h7", photo: "M4 7h4l1.5-2h5L16 7h4v12H4zM12 9.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
    compare: "M4 5h7v14H4zM13 5h7v14h-7z", journey: "M5 18c6 0 2-12 8-12h6M5 18v.01M19 6l-3-3M19 6l-3 3",
    learn: "M12 4 2.5 9 12 14l9.5-5zM6.5 11.5V16c3 2.7 8 2.7 11 0v-4.5M21.5 9v6",
    keyboard: "M3 6h18v12H3zM7 10v.01M11 10v.01M15 10v.01M17 14v.01M7 14v.01M10 14h4", info: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 11v5M12 8v.01",
    grip: "M9 6v.01M15 6v.01M9 12v.01M15 12v.01M9 18v.01M15 18v.01", eye: "M2.5 12c2-4 5.5-6.5 9.5-6.5s7.5 2.5 9.5 6.5c-2 4-5.5 6.5-9.5 6.5S4.5 16 2.5 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
    hidden: "M4 4l16 16M9.5 5.8A9.5 9.5 0 0 1 12 5.5c4 0 7.5 2.5 9.5 6.5a13 13 0 0 1-2.5 3.4M6.3 7.3A13 13 0 0 0 2.5 12c2 4 5.5 6.5 9.5 6.5a9.5 9.5 0 0 0 4.3-1",
    travel: "M12 3v18M3 12h18M12 3 9 6m3-3 3 3M12 21l-3-3m3 3 3-3M3 12l3-3m-3 3 3 3M21 12l-3-3m3 3-3 3",
    clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 7.5V12l3 2", edit: "M4 20h4L19 9l-4-4L4 16z",
    zoom_in: "M12 5v14M5 12h14", zoom_out: "M5 12h14", fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", enlarge: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
    here: "M12 6.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM12 3v3.5M12 17.5V21M3 12h3.5M17.5 12H21M12 12v.01",
    loop: "M17 3l3.5 3.5L17 10M20 6.5H7A3.5 3.5 0 0 0 3.5 10v1M7 21l-3.5-3.5L7 14M4 17.5h13a3.5 3.5 0 0 0 3.5-3.5v-1", copy: "M9 9h11v11H9zM5 15H4V4h11v1",
    stop: "M6 6h12v12H6z", star: "M12 4l2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.8-5 2.8 1.1-5.5L4 9.7 9.6 9z", book: "M5 4h10a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h10M9 8h5", upload: "M12 16V5m0 0L8 9m4-4 4 4M5 19h14",
  };
  const icon = name => `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="${DRAWINGS[name] || ""}"/></svg>`;

  const modelTitle = model => (has(`model.${model.name}`) ? t(`model.${model.name}`) : model.title || model.name || model.id);
  const modelFacts = model => [
    has(`family.${model.family}`) ? t(`family.${model.family}`) : model.family, `${model.resolution} px`,
    ...(model.origin === "bundled" ? [] : [t(`model.${model.origin}`)]),
  ].join(" · ");
  const className = label => (has(`label.${label}`) ? t(`label.${label}`) : label);

  // ---- pop-ups: one open at a time, closed by Escape, by a click elsewhere or by choosing
  let opened = null;
  const closePopup = () => { opened?.box.remove(); opened?.anchor.setAttribute("aria-expanded", "false"); opened = null; };
  const popup = (anchor, box, { at = null } = {}) => {
    const again = opened?.anchor === anchor && !at;
    closePopup();
    if (again) return;
    box.classList.add("popup");
    document.body.append(box);
    const place = at ? { left: at.x, bottom: at.y, top: at.y } : anchor.getBoundingClientRect();
    const left = Math.max(8, Math.min(place.left, innerWidth - box.offsetWidth - 8));
    const below = place.bottom + 6 + box.offsetHeight <= innerHeight - 8;
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${(below ? place.bottom + 6 : Math.max(8, place.top - 6 - box.offsetHeight)) + scrollY}px`;
    anchor.setAttribute("aria-expanded", "true");
    opened = { anchor, box };
    box.querySelector("[aria-selected=true], button")?.focus({ preventScroll: true });
  };
  addEventListener("pointerdown", event => { if (opened && !opened.box.contains(event.target) && !opened.anchor.contains(event.target)) closePopup(); });
  addEventListener("keydown", event => {
    if (!opened || event.key !== "Escape") return;
    const { anchor } = opened;
    closePopup();
    anchor.focus();
  });
  addEventListener("studio:tab", closePopup);

  const menu = (anchor, entries, options) => {
    const box = make("div", "menu");
    box.setAttribute("role", "menu");
    for (const { text, picture, act } of entries) {
      const entry = make("button", "", text);
      if (picture) entry.insertAdjacentHTML("afterbegin", icon(picture));
      entry.setAttribute("role", "menuitem");
      entry.addEventListener("click", () => { closePopup(); act(); });
      box.append(entry);
    }
    popup(anchor, box, options);
  };

  // button.help opens a bubble with the words whose key is its data-help.
  document.addEventListener("click", event => {
    const button = event.target.closest?.("button.help");
    if (button) popup(button, make("div", "bubble", t(button.dataset.help)));
  });

  // ---- the model picker: a button with the current model's picture, opening a board of cards
  const card = (model, selected) => {
    const button = make("button", "model-card");
    button.setAttribute("role", "option");
    button.setAttribute("aria-selected", String(selected));
    button.innerHTML = `<img alt="" loading="lazy"><b></b><small></small>`;
    thumb(button.querySelector("img"), model);
    button.querySelector("b").textContent = modelTitle(model);
    button.querySelector("small").textContent = modelFacts(model);
    return button;
  };
  const thumb = (image, model) => {
    if (model?.thumb) image.src = model.thumb; else image.removeAttribute("src");
    image.classList.toggle("pixels", Boolean(model?.pixel_art));
  };
  // Of another model than the one in use: `current` gives it, `list` what there is to choose from, `label` is the key of its words.
  const modelPicker = (button, choose, { current = () => studio.store.model, list = () => studio.store.models, label = "model.current" } = {}) => {
    button.classList.add("model-button");
    button.innerHTML = `<img alt=""><span><b></b><small></small></span>${icon("down")}`;
    button.setAttribute("aria-haspopup", "listbox");
    let shown;
    const show = () => {
      const model = current();
      if (model === shown) return;
      shown = model;
      thumb(button.querySelector("img"), model);
      button.querySelector("b").textContent = model ? modelTitle(model) : t("model.none");
      button.querySelector("small").textContent = model ? modelFacts(model) : "";
      button.setAttribute("aria-label", t(label, { name: model ? modelTitle(model) : "–" }));
    };
    button.addEventListener("click", () => {
      const board = make("div", "model-board");
      board.setAttribute("role", "listbox");
      board.setAttribute("aria-label", t("model.pick"));
      board.style.setProperty("--columns", Math.min(4, Math.max(2, list().length)));
      for (const model of list()) {
        const entry = card(model, model.id === current()?.id);
        entry.addEventListener("click", () => { closePopup(); choose(model); show(); });
        board.append(entry);
      }
      popup(button, board);
    });
    studio.store.onModels(show);
    studio.store.subscribe(show);
    show();
  };

  // ---- class chips for conditional models: Any + one per name; choose(null | index)
  const classChips = (box, model, selected, choose, extra = []) => {
    const entries = [[null, t("common.any")], ...extra, ...(model?.labels || []).map((label, i) => [i, className(label)])];
    const wanted = JSON.stringify([model?.id, entries]);
    if (box.dataset.entries !== wanted) { // built once per model, so that the keyboard's place is not lost
      box.dataset.entries = wanted;
      box.replaceChildren(...entries.map(([value, text]) => {
        const chip = make("button", "chip", text);
        chip.setAttribute("role", "radio");
        chip.addEventListener("click", () => choose(value));
        return chip;
      }));
    }
    [...box.children].forEach((chip, i) => chip.setAttribute("aria-checked", String(entries[i][0] === selected)));
  };

  // ---- range inputs: --from and --to paint the track between the resting value and the knob
  const fillTrack = input => {
    const share = value => (value - input.min) / (input.max - input.min) * 100;
    const rest = share(Number(input.dataset.rest ?? input.min)), now = share(Number(input.value));
    input.style.setProperty("--from", `${Math.min(rest, now)}%`);
    input.style.setProperty("--to", `${Math.max(rest, now)}%`);
  };
  const setRange = (input, value) => { input.value = value; fillTrack(input); };
  const randomSeed = () => Math.floor(Math.random() * 1_000_000);

  return { icon, modelTitle, modelFacts, className, popup, closePopup, menu, modelPicker, classChips, fillTrack, setRange, randomSeed, thumb };
})());
