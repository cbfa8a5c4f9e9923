// Explore: the picture follows every control; all of them only ever change the one point in studio.store.
studio.panel("explore", element, server, (element, api) => {
  const { t, store, make } = studio;
  const find = selector => element.querySelector(selector);
  const act = (name, work) => find(`[data-act="${name}"]`).addEventListener("click", work);
  const MAX_SEED = 4294967295, FIRST_SEED = 20;

  const canvas = find("canvas"), seed = find("#explore-seed"), typical = find("#explore-typical");
  let last = null, asked = null;

  // ---- the picture
  const draw = studio.pump(async point => {
    const image = await studio.decode(await api.picture({ point }));
    last = { image, pixelArt: Boolean(store.models.find(model => model.id === point.model)?.pixel_art) };
    studio.paint(canvas, last.image, last.pixelArt);
    canvas.dataset.point = JSON.stringify(point);
    find(".hero").classList.add("awake");
    studio.painted = (studio.painted || 0) + 1;
    dispatchEvent(new CustomEvent("studio:painted", { detail: { point, ...last } }));
  }, error => {
    studio.toast(error.message, "bad");
    if (store.refuse(error, asked)) return;
    if (!last && error.code !== "offline") goOn(); // a link or model that does not work must not leave an empty page
  });
  const follow = point => {
    const text = JSON.stringify(point);
    if (!point || text === asked || studio.current() !== "explore") return;
    asked = text;
    draw(point);
  };
  new ResizeObserver(() => {
    if (last) studio.paint(canvas, last.image, last.pixelArt);
    else if (canvas.clientWidth) studio.opening.handOver(canvas, find(".hero"));
  }).observe(canvas);

  // ---- changing the point
  const change = (fields, options) => store.set({ ...store.point, ...fields }, options);
  const fresh = (model, seed) => ({ seed, model: model.id, truncation: store.point?.truncation ?? 1 });
  const tried = new Set();
  const goOn = () => {
    const model = store.models.find(model => !tried.has(model.id));
    if (!model) return;
    tried.add(model.id);
    asked = null;
    store.set(fresh(model, FIRST_SEED));
  };
  const setSeed = (value, options) => {
    const { model, truncation, label, moves } = store.point;
    store.set({ seed: value, moves, truncation, label: label ?? undefined, model }, options);
  };
  const surprise = () => store.model && setSeed(studio.randomSeed());

  let builtFor = null;
  const buildFor = model => {
    if (!model || builtFor === model.id) return;
    builtFor = model.id;
    studio.limitHero(element, model);
    find(".classes").hidden = !model.labels.length;
  };
  const show = point => {
    const model = store.model;
    buildFor(model);
    if (document.activeElement !== seed || Number(seed.value) !== point?.seed) seed.value = point?.seed ?? "";
    seed.placeholder = point && point.seed === undefined ? t("explore.between") : "";
    seed.removeAttribute("aria-invalid");
    studio.setRange(typical, point?.truncation ?? 1);
    find(".field .value").textContent = Number(typical.value).toFixed(2);
    find("[data-act=undo]").disabled = !store.canUndo;
    find("[data-act=redo]").disabled = !store.canRedo;
    if (model?.labels.length) {
      studio.classChips(find(".chips"), model, point.label ?? null, label => change({ label: label ?? undefined }));
    }
    follow(point);
  };
  store.subscribe(show);

  // ---- controls
  seed.addEventListener("input", () => {
    const value = Number(seed.value);
    const fine = seed.value !== "" && Number.isInteger(value) && value >= 0 && value <= MAX_SEED;
    if (fine) return setSeed(value, { commit: false });
    seed.setAttribute("aria-invalid", "true");
  });
  seed.addEventListener("change", () => {
    if (seed.getAttribute("aria-invalid")) {
      studio.toast(t("explore.bad_seed", { high: MAX_SEED }), "bad");
      show(store.point);
    } else if (store.point) setSeed(Number(seed.value));
  });
  typical.addEventListener("input", () => change({ truncation: Number(typical.value) }, { commit: false }));
  typical.addEventListener("change", () => change({ truncation: Number(typical.value) }));
  typical.addEventListener("dblclick", () => change({ truncation: 1 }));
  const stepSeed = by => setSeed(Math.min(MAX_SEED, Math.max(0, (store.point?.seed ?? -1) + by)));
  act("previous", () => stepSeed(-1));
  act("next", () => stepSeed(1));
  act("surprise", surprise);
  act("undo", store.undo);
  act("redo", store.redo);
  act("link", async () => {
    const link = store.link();
    if (!link) return studio.toast(t("history.link_long"), "bad", { text: t("explore.save"), act: () => find("[data-act=save]").click() });
    try { await navigator.clipboard.writeText(link.href); studio.toast(t("common.copied")); } catch { studio.toast(t("common.copy_failed"), "bad"); }
  });
  act("save", event => {
    const button = event.currentTarget, { resolution } = store.model;
    const save = size => () => studio.busy(button, async () => studio.download(await api.save({ point: store.point, size })));
    const entries = [512, 1024].map(size => ({ text: t("explore.save_large", { size }), act: save(size) }));
    const whole = { text: t("export.model"), act: () => studio.open("models", { export: store.point.model, seed: store.point.seed }) };
    studio.menu(button, [...entries, { text: t("explore.save_own", { size: resolution }), act: save(null) }, whole]);
  });
  studio.modelPicker(find("[data-act=model]"), model => store.set(fresh(model, store.point?.seed ?? 0)));
  studio.keys.on("explore", "R", "keys.surprise", surprise);

  studio.travel(canvas, { settle: point => api.settle({ point }) });
  studio.tools.settle(element, props.tools);

  // ---- the first picture: where the address or the last visit says, else the first model
  store.onModels(models => {
    if (!models.length) { studio.toast(t("model.none_help")); return; }
    if (store.point) return show(store.point);
    const point = store.restore();
    if (point && models.some(model => model.id === point.model)) store.set(point); else goOn();
  });

  return { show: detail => { if (detail?.point) store.set(detail.point); else if (store.point) show(store.point); } };
});
