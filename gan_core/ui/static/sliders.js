// Sliders: one for each direction of the model, the strongest first.
studio.tool("sliders", element, server, element => {
  const { t, store, make } = studio;
  const find = selector => element.querySelector(selector);
  const act = (name, work) => find(`[data-act="${name}"]`).addEventListener("click", work);
  const SHOWN = 6, MOST = 24, REACH = 3;
  const sliders = find(".sliders");

  const change = (fields, options) => store.set({ ...store.point, ...fields }, options);
  const amount = name => (store.point?.moves || []).find(move => move[0] === name)?.[1] || 0;
  const move = (name, value, options) => {
    const others = (store.point.moves || []).filter(move => move[0] !== name);
    change({ moves: value ? [...others, [name, value]] : others }, options);
  };

  // ---- sliders, built once per model
  const row = i => {
    const box = make("div", "slider-row");
    box.innerHTML = `<label for="explore-d${i}"></label><input id="explore-d${i}" type="range" min="${-REACH}" max="${REACH}" step="0.05" value="0" data-rest="0">
      <button class="value">${studio.icon("reset")}<output for="explore-d${i}"></output></button>`;
    box.querySelector("label").textContent = t("explore.direction", { n: i + 1 });
    const back = box.querySelector("button"), input = box.querySelector("input");
    back.title = t("explore.reset");
    back.setAttribute("aria-label", `${t("explore.reset")}: ${t("explore.direction", { n: i + 1 })}`);
    input.addEventListener("input", () => move(`d${i}`, Number(input.value), { commit: false }));
    input.addEventListener("change", () => move(`d${i}`, Number(input.value)));
    input.addEventListener("dblclick", () => move(`d${i}`, 0));
    back.addEventListener("click", () => move(`d${i}`, 0));
    box.hidden = i >= SHOWN;
    return box;
  };
  let builtFor = null;
  const buildFor = model => {
    if (!model || builtFor === model.id) return;
    builtFor = model.id;
    const count = Math.min(MOST, model.directions || 0);
    sliders.replaceChildren(...Array.from({ length: count }, (_, i) => row(i)));
    find(".directions").hidden = !count;
    find(".more").hidden = count <= SHOWN;
    showMore(false);
  };
  const showMore = open => {
    [...sliders.children].forEach((box, i) => { box.hidden = i >= SHOWN && !open; });
    const button = find(".more");
    button.setAttribute("aria-expanded", String(open));
    button.textContent = t(open ? "common.fewer" : "common.more");
  };

  const update = point => {
    buildFor(store.model);
    [...sliders.children].forEach((box, i) => {
      const value = amount(`d${i}`), input = box.querySelector("input");
      if (box.shown === value && Number(input.value) === value) return;
      box.shown = value;
      studio.setRange(input, value);
      box.querySelector("output").textContent = value ? `${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(1)}` : "0";
      box.querySelector("button").disabled = !value;
    });
    find("[data-act=reset-all]").disabled = !point.moves?.length && (point.truncation ?? 1) === 1;
  };
  act("reset-all", () => change({ moves: [], truncation: 1 }));
  act("more", () => showMore(find(".more").getAttribute("aria-expanded") !== "true"));

  return { update };
});
