// Settings of a watched training, changed while it goes on: fields with what holds now, what was chosen at first, and the changes so far.
//   studio.trainRetune(section, api, { run() }) -> { take(news), reset() }
studio.trainRetune = (section, api, { run }) => {
  const { t, make, number } = studio;
  const STATES = ["running", "paused", "stopped", "interrupted"];
  const fold = make("details", "watch-settings"), body = make("div");
  fold.append(make("summary", "", t("retune.title")), body);
  section.querySelector(".watch-side").append(fold);
  let known = null;

  const short = value => (value == null ? t("retune.same") : String(+Number(value).toPrecision(4)));
  const label = name => t(`train.${name}`);
  const field = facts => {
    const box = make("label", "field"), input = Object.assign(make("input"), { type: "text", inputMode: "decimal", autocomplete: "off", name: facts.name });
    const error = Object.assign(make("em", "field-error"), { hidden: true });
    input.value = facts.value == null ? "" : short(facts.value);
    input.placeholder = short(facts.first);
    error.setAttribute("role", "alert");
    const own = String(facts.value) !== String(facts.first);
    box.classList.toggle("own", own);
    box.append(make("span", "", label(facts.name)), input, error, make("small", "", t(`train.${facts.name}.help`)));
    if (own) box.append(make("small", "first", t("retune.first", { value: short(facts.first) })));
    return box;
  };
  const line = change => {
    const said = Object.entries(change.values).map(([name, value]) => `${label(name)} ${value == null ? t("retune.back.short") : short(value)}`).join(t("train.comma"));
    return make("li", "", change.step == null ? t("retune.waits", { what: said }) : t("retune.since", { step: number(change.step), what: said }));
  };

  const show = () => {
    const form = make("form"), fields = make("div", "fields"), row = make("div", "row"), general = Object.assign(make("p", "field-error"), { hidden: true });
    form.noValidate = true;
    general.setAttribute("role", "alert");
    fields.append(...known.fields.map(field));
    const apply = Object.assign(make("button", "button", t("retune.apply")), { type: "submit" });
    const back = studio.action(t("retune.back"), "quiet", () => send(Object.fromEntries(own().map(facts => [facts.name, null])), back));
    back.hidden = !own().length;
    row.append(apply, back);
    form.append(make("p", "hint", t("retune.text")), fields, general, row);
    form.addEventListener("submit", event => { event.preventDefault(); send(typed(form), apply); });
    const list = make("ul", "changes");
    list.append(...known.changes.slice(-20).reverse().map(line));
    body.replaceChildren(form, ...(known.changes.length ? [make("h4", "", t("retune.so_far")), list] : []));
  };
  const own = () => known.fields.filter(facts => String(facts.value) !== String(facts.first));
  const typed = form => Object.fromEntries(known.fields
    .map(facts => [facts, form.elements[facts.name].value.trim().replace(",", ".")])
    .filter(([facts, text]) => text !== (facts.value == null ? "" : short(facts.value)))
    .map(([facts, text]) => [facts.name, text === "" ? null : text]));
  const send = (values, button) => studio.busy(button, async () => {
    for (const place of body.querySelectorAll(".field-error")) place.hidden = true;
    if (!Object.keys(values).length) return;
    try {
      known = await api.retune({ run: run(), values, visitor: studio.visitor() });
      show();
      studio.toast(t("retune.done"));
    } catch (fault) {
      const input = fault.facts?.field && body.querySelector(`input[name="${CSS.escape(fault.facts.field)}"]`);
      const place = input ? input.parentElement.querySelector(".field-error") : body.querySelector("p.field-error");
      place.textContent = fault.message;
      place.hidden = false;
      input?.focus();
    }
  });
  const load = async () => {
    try { known = await api.settings({ run: run() }); } catch (fault) { body.replaceChildren(make("p", "field-error", fault.message)); return; }
    show();
  };
  fold.addEventListener("toggle", () => { if (fold.open) load(); });

  const take = news => {
    fold.hidden = !news.mine || !STATES.includes(news.status.state) || !news.begun;
    const typing = body.contains(document.activeElement) && document.activeElement.tagName === "INPUT";
    if (news.changes.length && fold.open && !typing) load(); // from a terminal, or taken up by the trainer
  };
  const reset = () => { fold.hidden = true; fold.open = false; known = null; body.replaceChildren(); };
  reset();
  return { take, reset };
};
