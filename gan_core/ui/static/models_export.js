// Exporting a model: what it shall become, how large that will be, then progress, Stop and the download. studio.exportModel(model, {folder, seed})
studio.panel("models_export", element, server, (element, api) => {
  const { t, make, weight } = studio;
  const KINDS = ["page", "folder", "onnx", "torch"];
  const dialog = element.querySelector("dialog"), part = name => element.querySelector(`[data-part="${name}"]`);
  const halfRow = part("half"), half = halfRow.querySelector("input"), start = dialog.querySelector("[data-do=export]"), progress = part("progress");
  let asked = null, sizes = {}, chosen = "page", job = null; // asked: {model, folder, seed}

  const kindOf = kind => (kind === "onnx" && half.checked ? "onnx16" : kind);
  const able = kind => kind === "folder" || kind in sizes;
  const small = () => "page" in sizes; // enough for where this app runs
  const why = kind => (able(kind) ? t(`export.${kind}_about`) : t(small() ? "export.torch_not" : "export.large"));
  const sizeOf = kind => (kind === "folder" ? asked.model.bytes : sizes[kindOf(kind)]);

  const option = kind => {
    const label = make("label", "export-kind"), radio = Object.assign(make("input"), { type: "radio", name: "export-kind", value: kind }), words = make("span");
    radio.checked = kind === chosen;
    radio.disabled = !able(kind) || Boolean(job);
    radio.addEventListener("change", () => { chosen = kind; show(); });
    words.append(make("b", "", t(`export.${kind}`)), make("small", "", why(kind)));
    label.append(radio, words, make("small", "size", able(kind) && sizeOf(kind) ? t("export.about_size", { size: weight(sizeOf(kind)) }) : ""));
    label.classList.toggle("unable", !able(kind));
    return label;
  };
  const show = () => {
    const focused = dialog.querySelector("input[type=radio]:focus")?.value;
    halfRow.hidden = chosen !== "onnx";
    part("kinds").replaceChildren(...KINDS.flatMap(kind => (kind === "onnx" ? [option(kind), halfRow] : [option(kind)])));
    if (focused) part("kinds").querySelector(`[value=${focused}]`)?.focus();
    half.disabled = Boolean(job);
    progress.hidden = !job;
    start.disabled = Boolean(job);
  };

  const tell = (words, share) => {
    progress.querySelector("small").textContent = words;
    progress.querySelector("i").style.width = `${Math.round(100 * share)}%`;
  };
  const fail = error => { part("error").textContent = error.message; part("error").hidden = false; };
  const make_it = async mine => {
    studio.follow(api, mine, () => job === mine, now => {
      if (now?.state === "waiting") tell(studio.line.words(now), 0);
      else if (now?.total) tell(t("export.making", { done: Math.min(now.done + 1, now.total), total: now.total }), 0.9 * now.done / now.total);
    }, { own: true });
    const file = await api.make({ model: asked.model.id, kind: kindOf(chosen), name: mine, seed: asked.seed || 0 });
    const blob = await studio.fetchPieces(api, file, () => job === mine, share => tell(t("export.fetching", { size: weight(file.bytes) }), 0.9 + 0.1 * share));
    if (blob) studio.downloadBlob(file.name, blob);
    return Boolean(blob);
  };
  const run = async () => {
    part("error").hidden = true;
    if (chosen === "folder") { await asked.folder(); return dialog.close(); }
    const mine = job = studio.jobName("export");
    show();
    tell(t("common.working"), 0);
    try {
      if (await make_it(mine)) dialog.close();
    } catch (error) {
      if (error.code === "job.stopped") studio.toast(t("export.stopped")); else fail(error);
    } finally {
      if (job === mine) job = null;
      show();
    }
  };
  const stop = () => {
    const mine = job;
    if (mine) api.stop({ name: mine }).then(there => { if (!there && job === mine) { job = null; show(); } }).catch(() => {});
  };

  start.addEventListener("click", () => run().catch(fail));
  half.addEventListener("change", show);
  dialog.querySelector("[data-do=stop]").addEventListener("click", stop);
  dialog.querySelector("[data-do=close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", event => { if (event.target === dialog && !job) dialog.close(); });
  dialog.addEventListener("close", stop);

  studio.exportModel = async (model, { folder, seed = 0 }) => {
    try { sizes = await api.kinds({ model: model.id }); } catch (error) { return studio.toast(error.message, "bad"); }
    asked = { model, folder, seed };
    chosen = small() ? "page" : "folder";
    dialog.querySelector("h2").textContent = t("export.title", { model: studio.modelTitle(model) });
    part("licence").textContent = model.licence ? t("export.licence", { licence: model.licence }) : "";
    part("error").hidden = true;
    show();
    dialog.showModal();
  };
});
