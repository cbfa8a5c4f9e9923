// Sliders: one for each direction of the model, those with a name and the strongest first, with pictures of where they lead.
studio.tool("sliders", element, server, (element, api) => {
  const { t, store, make } = studio;
  const find = selector => element.querySelector(selector);
  const act = (name, work) => find(`[data-act="${name}"]`).addEventListener("click", work);
  const FEW = 6, MOST = 24, REACH = 3, GLIDE = 350, STEP = 0.05;
  const lists = studio.sliderLists(api), textOf = slider => lists.textOf(slider, method);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  // What is shown: the model's list, the sliders of the chosen finder, the layers they act on, those moved since (they stay in sight).
  let model = null, listing = null, method = "d", found = [], range = null, open = false, pinned = new Set(), rows = [];

  // ---- values
  const change = (fields, options) => store.set({ ...store.point, ...fields }, options);
  const moves = () => store.point?.moves || [];
  const here = name => move => ends.same(move, name);
  const amount = name => moves().find(here(name))?.[1] || 0;
  const move = (name, value, options) => {
    const others = moves().filter(move => !here(name)(move));
    change({ moves: value ? [...others, [name, value, ...(range || [])]] : others }, options);
  };
  const glide = (name, to) => {
    const from = amount(name), began = performance.now();
    if (still.matches) return move(name, to);
    let mine = store.point;
    const frame = now => {
      if (store.point !== mine) return; // something else has moved on meanwhile
      const share = Math.min(1, Math.max(0, now - began) / GLIDE), eased = share * share * (3 - 2 * share);
      if (share === 1) return move(name, to);
      move(name, Number((from + (to - from) * eased).toFixed(2)), { commit: false });
      mine = store.point;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  };

  // ---- one row: picture, slider, picture
  const sight = new IntersectionObserver(entries => {
    for (const { target, isIntersecting } of entries) target.seen = isIntersecting;
    ends.refresh();
  });
  const end = (row, side) => {
    const button = make("button", "end"), canvas = button.appendChild(make("canvas"));
    button.addEventListener("click", () => glide(row.name, side * REACH));
    row.ends.push(canvas);
    row.buttons.push(button);
    return button;
  };
  const makeRow = ({ name }) => {
    const box = make("div", "slider-row"), top = make("div", "top"), label = make("label"), input = make("input"), back = make("button", "value");
    const row = { name, box, input, back, label, ends: [], buttons: [], shown: "", output: make("output") };
    const id = `explore-${name}`;
    box.dataset.name = name;
    Object.assign(input, { id, type: "range", min: -REACH, max: REACH, step: STEP, value: 0 }).dataset.rest = 0;
    label.htmlFor = id;
    row.output.setAttribute("for", id);
    back.innerHTML = studio.icon("reset");
    back.append(row.output);
    input.addEventListener("input", () => move(name, Number(input.value), { commit: false }));
    input.addEventListener("change", () => move(name, Number(input.value)));
    input.addEventListener("dblclick", () => move(name, 0));
    back.addEventListener("click", () => move(name, 0));
    top.append(label, back);
    box.append(end(row, -1), top, input, end(row, 1));
    sight.observe(box);
    return row;
  };
  const nameRow = (row, slider) => {
    const text = textOf(slider), group = listing?.groups.find(([, first, stop]) => String([first, stop]) === String(slider.layers));
    row.label.textContent = row.label.title = text;
    if (group) row.label.append(make("small", "", t(`sliders.${group[0]}`)));
    row.back.title = t("explore.reset");
    row.back.setAttribute("aria-label", `${t("explore.reset")}: ${text}`);
    row.buttons.forEach((button, i) => {
      button.title = t("sliders.end", { name: text, value: i ? `+${REACH}` : `−${REACH}` });
      button.setAttribute("aria-label", button.title);
    });
    row.value = null;
  };

  // ---- the list of rows
  const kept = () => {
    if (method === "d") return listing.sliders;
    const own = listing.sliders.filter(slider => slider.origin !== "found" || (slider.title && !slider.name.startsWith(method)));
    return [...own, ...found.filter(slider => !own.some(other => other.name === slider.name))];
  };
  const displayed = () => {
    const list = kept().filter(slider => !slider.hidden || pinned.has(slider.name)).slice(0, MOST);
    const strays = [...pinned].filter(name => !list.some(slider => slider.name === name));
    return [...list, ...strays.map(name => listing.sliders.find(slider => slider.name === name) || { name, title: "", origin: "found", layers: null })];
  };
  const ghosts = count => Array.from({ length: count }, () => make("div", "slider-row ghost"));
  const build = () => {
    const ready = Boolean(listing), list = ready ? displayed() : [];
    const before = new Map(rows.map(row => [row.name, row]));
    rows = list.map(slider => {
      const row = before.get(slider.name) || makeRow(slider);
      before.delete(slider.name);
      nameRow(row, slider);
      return row;
    });
    for (const row of before.values()) sight.unobserve(row.box);
    const boxes = ready ? rows.map(row => row.box) : ghosts(FEW), box = find(".sliders");
    if (boxes.length !== box.children.length || boxes.some((child, i) => child !== box.children[i])) box.replaceChildren(...boxes);
    box.setAttribute("aria-busy", String(!ready));
    find(".none").hidden = !ready || list.length > 0;
    find(".found").hidden = !ready || listing.methods.length < 2;
    find("[data-act=method] span").textContent = t(`sliders.by.${method}`);
    buildRange();
    showMore();
  };
  const buildRange = () => {
    const groups = listing?.groups || [], box = find(".range .segments");
    find(".range").hidden = !groups.length;
    if (groups.length) studio.sliderDesk.segments(box, groups, () => range, chosen => { range = chosen; show(); ends.refresh(); });
  };
  const showMore = () => {
    rows.forEach((row, i) => { row.box.hidden = i >= FEW && !open && !pinned.has(row.name); });
    const button = find(".more");
    button.hidden = rows.length <= FEW;
    button.setAttribute("aria-expanded", String(open));
    button.textContent = t(open ? "common.fewer" : "common.more");
  };
  const show = () => {
    for (const row of rows) {
      const value = amount(row.name), { input } = row;
      if (row.value === value && Number(input.value) === value) continue;
      row.value = value;
      studio.setRange(input, value);
      row.output.textContent = value ? `${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(1)}` : "0";
      row.back.disabled = !value;
    }
    const used = new Set(moves().filter(move => move[1]).map(move => String(move.slice(2))));
    [null, ...(listing?.groups || []).map(group => group.slice(1))].forEach((part, i) => {
      find(".range .segments").children[i]?.classList.toggle("used", used.has(String(part || "")));
    });
    find("[data-act=reset-all]").disabled = !moves().length && (store.point?.truncation ?? 1) === 1;
  };
  const ends = studio.sliderEnds(api, { rows: () => rows.filter(row => row.box.seen && !row.box.hidden), range: () => range, reach: REACH });

  // ---- following the point, loading and changing the list
  const update = point => {
    if (store.model && model !== store.model.id) load(store.model);
    const fresh = (point.moves || []).filter(([name]) => !pinned.has(name));
    for (const [name] of fresh) pinned.add(name);
    if (listing && fresh.some(([name]) => !rows.some(row => row.name === name && !row.box.hidden))) build();
    show();
    if (!store.moving) ends.refresh();
  };
  const adopt = list => {
    listing = list;
    lists.set(model, list);
    pinned = new Set(moves().map(([name]) => name));
    for (const row of rows) row.shown = "";
    build();
    show();
    ends.refresh();
  };
  const load = async ({ id, directions }) => {
    [model, listing, method, found, range, pinned] = [id, null, "d", [], null, new Set()];
    closeArrange();
    find("form").hidden = true;
    build();
    try {
      const list = await lists.of(id);
      if (model === id) adopt(list);
    } catch (error) {
      if (model !== id) return;
      studio.toast(error.message, "bad");
      const plain = Array.from({ length: Math.min(MOST, directions || 0) }, (_, i) => ({ name: `d${i}`, title: "", origin: "found", hidden: false, layers: null }));
      adopt({ layers: 1, groups: [], methods: [], editable: false, sliders: plain });
      lists.forget(id);
    }
  };
  addEventListener("studio:directions", async ({ detail }) => { // another tool has made one
    lists.forget(detail.model);
    if (detail.model === model) lists.of(model).then(list => detail.model === model && adopt(list), () => {});
  });

  // ---- how they are found
  act("method", event => {
    const button = event.currentTarget, box = make("div", "menu methods");
    box.setAttribute("role", "menu");
    for (const { id } of listing.methods) {
      const entry = box.appendChild(make("button"));
      entry.append(make("b", "", t(`sliders.by.${id}`)), make("small", "", t(`sliders.by.${id}_about`)));
      entry.setAttribute("role", "menuitemradio");
      entry.setAttribute("aria-checked", String(id === method));
      entry.addEventListener("click", () => { studio.closePopup(); button.focus(); choose(button, id); });
    }
    studio.popup(button, box);
  });
  const choose = (button, id) => studio.busy(button, async () => {
    const asked = model, sliders = id === "d" ? [] : (await api.method({ model, id })).sliders;
    if (model !== asked) return;
    [method, found] = [id, sliders];
    adopt(listing);
  });

  // ---- the menu: arrange, keep, share
  let finish = null;
  const closeArrange = () => { finish?.(); finish = null; };
  const arrange = () => {
    const asked = model;
    closeArrange();
    find(".rows").hidden = true;
    finish = studio.sliderDesk.arrange(find(".arrange"), kept(), {
      title: textOf, remove,
      done: async order => {
        finish = null;
        find(".rows").hidden = false;
        try { if (order) await keepOrder(asked, order); } catch (error) { studio.toast(error.message, "bad"); }
      },
    });
  };
  const keepOrder = async (id, order) => {
    const list = await lists.arrange(id, order);
    if (model === id) adopt(list);
  };
  const remove = async slider => {
    try {
      if (moves().some(move => move[0] === slider.name)) change({ moves: moves().filter(move => move[0] !== slider.name) });
      const text = textOf(slider);
      adopt(await api.remove({ model, name: slider.name }));
      studio.toast(t("sliders.removed", { name: text }));
    } catch (error) { studio.toast(error.message, "bad"); }
  };
  const keepChange = () => {
    const moved = new Set(moves().map(([name]) => name));
    if (!moved.size) return studio.toast(t("sliders.save_none"));
    const others = rows.filter(row => !moved.has(row.name) && !row.box.hidden).slice(0, 12).map(row => ({ name: row.name, text: row.label.title }));
    studio.sliderDesk.save(find("form"), {
      groups: listing.groups, range: null, others,
      save: async fields => {
        const answer = await api.keep({ model, point_moves: moves(), file: !listing.editable, ...fields });
        if (answer.attachment) return studio.download(answer.attachment);
        adopt(answer.list);
        studio.toast(t("sliders.saved", { name: answer.slider.title }));
      },
    });
  };
  const bring = find(".bring");
  bring.addEventListener("change", async () => {
    const [file] = bring.files;
    if (!file) return;
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      let letters = "";
      for (let i = 0; i < bytes.length; i += 8192) letters += String.fromCharCode(...bytes.subarray(i, i + 8192));
      adopt((await api.bring({ model, data: btoa(letters) })).list);
      studio.toast(t("sliders.brought"));
    } catch (error) { studio.toast(error.message, "bad"); } finally { bring.value = ""; }
  });
  act("options", event => {
    const button = event.currentTarget;
    if (listing) studio.menu(button, [
      { text: t("sliders.save"), picture: "star", act: keepChange },
      { text: t("sliders.arrange"), picture: "sliders", act: arrange },
      { text: t("sliders.export"), picture: "save", act: () => studio.busy(button, async () => studio.download(await api.export({ model }))) },
      { text: t("sliders.bring"), picture: "upload", act: () => bring.click() },
    ]);
  });
  act("reset-all", () => change({ moves: [], truncation: 1 }));
  act("more", () => { open = !open; showMore(); ends.refresh(); });

  return { update, hide: closeArrange };
});
