// What is done with sliders apart from moving them: putting them in order, and keeping a change as a new one.
studio.sliderDesk = (() => {
  const { t, make, icon } = studio;

  // A list to rename, sort and hide. done(order) gets [{name, title, hidden}] once the visitor is through, null when nothing changed.
  const arrange = (box, sliders, { title, done, remove }) => {
    const list = make("ol"), head = make("div", "label", t("sliders.arrange_title")), live = make("p", "unseen");
    live.setAttribute("aria-live", "polite");
    const order = () => [...list.children].map(item => item.entry());
    const before = JSON.stringify(sliders.map(({ name, title, hidden }) => ({ name, title, hidden })));
    const finish = () => {
      const after = order();
      box.hidden = true;
      box.replaceChildren();
      return done(JSON.stringify(after) === before ? null : after);
    };
    const moved = item => {
      live.textContent = t("sliders.moved", { name: item.named(), place: [...list.children].indexOf(item) + 1, count: list.children.length });
    };
    list.append(...sliders.map(slider => entry(slider, { list, title, moved, remove: async () => { await finish(); remove(slider); } })));
    const button = make("button", "button main", t("sliders.arrange_done"));
    button.addEventListener("click", finish);
    box.replaceChildren(head, make("p", "soft", t("sliders.arrange_help")), list, live, button);
    box.hidden = false;
    list.querySelector(".handle")?.focus();
    return finish;
  };

  const entry = (slider, { list, title, moved, remove }) => {
    const item = make("li"), name = make("input"), handle = make("button", "handle"), eye = make("button", "eye");
    const general = title({ ...slider, title: "" });
    let hidden = slider.hidden;
    Object.assign(name, { type: "text", value: title(slider) === general ? "" : title(slider), placeholder: general, maxLength: 60 });
    item.named = () => name.value.trim() || general;
    item.entry = () => ({ name: slider.name, title: title(slider) === item.named() ? slider.title : name.value.trim(), hidden });
    const label = () => {
      name.setAttribute("aria-label", t("sliders.name", { name: general }));
      handle.setAttribute("aria-label", t("sliders.handle", { name: item.named() }));
      eye.innerHTML = icon(hidden ? "hidden" : "eye");
      eye.title = t(hidden ? "sliders.show" : "sliders.hide", { name: item.named() });
      eye.setAttribute("aria-label", eye.title);
      item.classList.toggle("away", hidden);
    };
    handle.innerHTML = icon("grip");
    name.addEventListener("input", label);
    eye.addEventListener("click", () => { hidden = !hidden; label(); });
    sortable(item, handle, list, moved);
    label();
    item.append(handle, name, eye);
    if (slider.origin === "own") {
      const bin = item.appendChild(make("button", "bin"));
      bin.innerHTML = icon("trash");
      bin.title = t("sliders.remove", { name: item.named() });
      bin.setAttribute("aria-label", bin.title);
      bin.addEventListener("click", remove);
    }
    return item;
  };

  const sortable = (item, handle, list, moved) => {
    const place = (other, after) => {
      if (other === item || (after ? other.nextSibling : other) === item) return;
      other[after ? "after" : "before"](item);
      moved(item);
    };
    handle.addEventListener("keydown", event => {
      const other = { ArrowUp: item.previousElementSibling, ArrowDown: item.nextElementSibling, Home: list.firstElementChild, End: list.lastElementChild }[event.key];
      if (!(event.key in { ArrowUp: 1, ArrowDown: 1, Home: 1, End: 1 })) return;
      event.preventDefault();
      if (other) place(other, event.key === "ArrowDown" || event.key === "End");
      handle.focus();
    });
    handle.addEventListener("pointerdown", event => {
      if (event.button) return;
      const stop = new AbortController(), options = { signal: stop.signal };
      item.classList.add("held");
      addEventListener("pointermove", ({ clientY }) => {
        const other = [...list.children].find(other => { const { top, bottom } = other.getBoundingClientRect(); return clientY >= top && clientY < bottom; });
        if (!other || other === item) return;
        place(other, Boolean(item.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING));
      }, options);
      for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => { item.classList.remove("held"); stop.abort(); }, options);
    });
  };

  // The form in which a change becomes a slider. save({title, layers, against}) may throw; the form then stays open.
  const save = (form, { groups, range, others, save }) => {
    const name = make("input"), field = make("label", "field", t("sliders.save_name"));
    Object.assign(name, { type: "text", required: true, maxLength: 60, placeholder: t("sliders.save_example") });
    field.append(name);
    let layers = range;
    const against = new Set(), parts = [make("h3", "", t("sliders.save_title")), field];
    if (groups.length) {
      const ranges = make("div", "segments");
      ranges.setAttribute("role", "radiogroup");
      ranges.setAttribute("aria-label", t("sliders.save_layers"));
      segments(ranges, groups, () => layers, chosen => { layers = chosen; });
      parts.push(part("sliders.save_layers", null, ranges));
    }
    if (others.length) {
      const chips = make("div", "chips");
      chips.append(...others.map(({ name, text }) => {
        const chip = make("button", "chip", text);
        Object.assign(chip, { type: "button" }).setAttribute("aria-pressed", "false");
        chip.addEventListener("click", () => {
          const chosen = !against.delete(name);
          if (chosen) against.add(name);
          chip.setAttribute("aria-pressed", String(chosen));
        });
        return chip;
      }));
      parts.push(part("sliders.save_against", "sliders.save_against_help", chips));
    }
    const buttons = make("div", "row"), go = make("button", "button main", t("sliders.save_do")), cancel = make("button", "button", t("sliders.cancel"));
    cancel.type = "button";
    const close = () => { form.hidden = true; form.replaceChildren(); };
    cancel.addEventListener("click", close);
    form.onsubmit = event => {
      event.preventDefault();
      if (!name.value.trim()) return;
      studio.busy(go, async () => { await save({ title: name.value.trim(), layers, against: [...against] }); close(); });
    };
    buttons.append(go, cancel);
    form.replaceChildren(...parts, buttons);
    form.hidden = false;
    name.focus();
  };
  const part = (key, help, content) => {
    const box = make("div", "field"), label = box.appendChild(make("div", "label", t(key)));
    if (help) {
      const button = label.appendChild(make("button", "help"));
      Object.assign(button, { type: "button" }).setAttribute("aria-label", t("common.help"));
      button.dataset.help = help;
    }
    box.append(content);
    return box;
  };

  // A choice between all layers and groups of them [[word, first, stop]…]; a range is [first, stop], null for all.
  const segments = (box, groups, chosen, choose) => {
    const entries = [[null, "sliders.all"], ...groups.map(([word, first, stop]) => [[first, stop], `sliders.${word}`])];
    const mark = () => entries.forEach(([range], i) => {
      const here = String(range) === String(chosen());
      box.children[i].setAttribute("aria-checked", String(here));
      box.children[i].tabIndex = here ? 0 : -1;
    });
    box.replaceChildren(...entries.map(([range, key]) => {
      const button = make("button", "", t(key));
      button.type = "button";
      button.setAttribute("role", "radio");
      button.addEventListener("click", () => { choose(range); mark(); });
      return button;
    }));
    box.onkeydown = event => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key], at = [...box.children].indexOf(event.target);
      if (!step || at < 0) return;
      event.preventDefault();
      const next = box.children[(at + step + entries.length) % entries.length];
      next.click();
      next.focus();
    };
    mark();
    return entries;
  };

  return { arrange, save, segments };
})();
