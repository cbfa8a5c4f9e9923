// Somebody else's model: files dropped or chosen, or a Hub repository; where the file leaves a choice open, pictures to choose from.
studio.panel("models_import", element, server, (element, api) => {
  const { t, make, weight } = studio;
  const part = name => element.querySelector(`[data-part="${name}"]`);
  const doing = name => element.querySelector(`[data-do="${name}"]`);
  const visitor = () => studio.visitor();
  const complain = words => { part("error").textContent = words; part("error").hidden = !words; };
  let bounds = { bytes: 2e9, space: false }, going = null;

  // ---- progress: of the upload, then of the job
  const tell = (share, words) => {
    const track = part("going").querySelector(".bar-track");
    track.firstElementChild.style.width = `${Math.max(3, share * 100)}%`;
    track.setAttribute("aria-valuenow", Math.round(share * 100));
    part("going").querySelector("small").textContent = words;
  };
  const post = (files, said) => new Promise((resolve, reject) => { // XMLHttpRequest, as fetch does not tell how much has gone up
    const body = new FormData();
    for (const file of files) body.append("files", file, file.name);
    const { root = "", api_prefix = "/gradio_api" } = window.gradio_config || {};
    const request = said.request = new XMLHttpRequest();
    request.open("POST", `${root}${api_prefix}/upload`);
    request.upload.addEventListener("progress", ({ loaded, total }) => tell(loaded / total, t("import.sending", { done: weight(loaded), total: weight(total) })));
    request.addEventListener("load", () => {
      if (request.status === 200) resolve(JSON.parse(request.responseText));
      else if (request.status === 413) reject(new Error(t("import.too_large")));
      else reject(studio.refusal(request.responseText) ?? new Error(t("import.lost")));
    });
    request.addEventListener("error", () => reject(new Error(t("import.lost"))));
    request.addEventListener("abort", () => reject(Object.assign(new Error(t("import.stopped")), { code: "job.stopped" })));
    request.send(body);
  });

  // Runs work(name, said) as a job with its bar and Stop; shows what comes of it.
  const run = async work => {
    if (going) return;
    const said = going = { name: studio.jobName("import") };
    complain("");
    part("choice").hidden = true;
    part("going").hidden = false;
    part("bring").classList.add("working");
    tell(0, t("import.stage.reading"));
    studio.follow(api, said.name, () => going === said, now => {
      if (now?.state === "waiting") tell(0, t("import.waiting"));
      if (now?.state === "working") tell(now.total ? now.done / now.total : 0, now.stage ? t(`import.stage.${now.stage}`) : t("import.sending", { done: weight(now.done), total: weight(now.total) }));
    });
    try { await finish(await work(said)); } catch (fault) {
      if (fault.code === "job.stopped") studio.toast(t("import.stopped")); else complain(fault.message);
    } finally {
      going = null;
      part("going").hidden = true;
      part("bring").classList.remove("working");
      showHere().catch(() => {});
    }
  };
  doing("stop").addEventListener("click", () => { going?.request?.abort(); if (going) api.stop({ name: going.name }).catch(() => {}); });

  const finish = async found => {
    if (found.model) { studio.toast(t("import.done")); await studio.openModel(found.model); } else offer(found);
  };

  // ---- the ways in which a file may be understood, as pictures to choose from
  const assumed = pairs => pairs.map(([code, value]) => t(`assumed.${code}`, { value: studio.has(`assumed.value.${value}`) ? t(`assumed.value.${value}`) : value }));
  const way = (candidate, number, found) => {
    const button = make("button", "bring-way"), words = make("span", "bring-words");
    button.type = "button";
    button.append(Object.assign(make("img", candidate.resolution <= 64 ? "pixels" : ""), { src: candidate.picture, alt: t("import.way", { number: number + 1 }) }), words);
    if (number === found.chosen || (found.chosen === null && number === 0)) words.append(make("span", "badge", t(found.chosen === null ? "import.likeliest" : "import.chosen")));
    for (const sentence of assumed(candidate.assumed)) words.append(make("span", "", sentence));
    words.append(make("span", "", `${candidate.resolution} px`));
    button.addEventListener("click", () => run(said => api.choose({ bundle: found.bundle, choice: number, visitor: visitor(), name: said.name })));
    return button;
  };
  const offer = found => {
    part("choice-words").textContent = t("import.which.words", { file: found.file });
    part("ways").replaceChildren(...found.candidates.map((candidate, number) => way(candidate, number, found)));
    part("choice").hidden = false;
    part("choice").querySelector("h3").focus();
    part("choice").scrollIntoView({ block: "nearest" });
  };

  // ---- bringing files
  const send = files => {
    const total = files.reduce((sum, file) => sum + file.size, 0);
    if (!files.length) return;
    if (total > bounds.bytes) { complain(t("import.too_large.here", { size: weight(total), most: weight(bounds.bytes) })); return; }
    run(async said => api.bring({ files: await post(files, said), names: files.map(file => (file.webkitRelativePath || file.name).slice(-300)), visitor: visitor(), name: said.name }));
  };
  const useful = files => files.filter(file => !file.name.startsWith(".") || file.name === ".config.json").filter(file => /\.(safetensors|pt|pth|ckpt|bin|pkl|pickle|json|onnx|t7|tar|zip|model)$/i.test(file.name)).slice(0, 24);
  const inside = entry => new Promise((resolve, reject) => (entry.isFile ? entry.file(file => resolve([file]), reject)
    : entry.createReader().readEntries(list => Promise.all(list.filter(one => one.isFile).map(inside)).then(found => resolve(useful(found.flat())), reject), reject)));
  const zone = part("zone");
  studio.takesFiles = () => studio.current() === "models" && !part("bring").hidden; // wherever on the page they are dropped
  addEventListener("dragover", event => { if (studio.takesFiles()) { event.preventDefault(); zone.classList.add("over"); } });
  addEventListener("dragleave", event => { if (!event.relatedTarget) zone.classList.remove("over"); });
  addEventListener("drop", async event => {
    zone.classList.remove("over");
    if (!studio.takesFiles() || !event.dataTransfer.files.length) return;
    event.preventDefault();
    const entries = [...event.dataTransfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean), files = [...event.dataTransfer.files];
    const found = entries.some(entry => entry.isDirectory) ? (await Promise.all(entries.map(inside))).flat() : files;
    if (found.length) send(found); else complain(t("import.empty_folder"));
  });
  for (const name of ["files", "tree"]) part(name).addEventListener("change", event => {
    event.stopPropagation();
    const files = [...event.target.files];
    event.target.value = "";
    if (name === "tree" && !useful(files).length) complain(t("import.empty_folder")); else send(name === "tree" ? useful(files) : files);
  });
  for (const name of ["files", "tree"]) doing(name).addEventListener("click", () => part(name).click());
  const form = element.querySelector(".bring-hub"), field = form.querySelector("input");
  const fetchFrom = source => run(said => api.bring_hub({ source, visitor: visitor(), name: said.name }));
  form.addEventListener("submit", event => { event.preventDefault(); if (field.value.trim()) fetchFrom(field.value.trim()); else field.focus(); });

  // ---- what was brought before: another choice, another name
  const showHere = async () => {
    const { models } = await api.here({ visitor: visitor() });
    part("here").hidden = !models.length;
    part("models").replaceChildren(...models.map(row));
  };
  const row = model => {
    const item = make("li", "row"), name = make("b", "", model.title);
    item.dataset.imported = model.id;
    const rename = studio.action(t("import.rename"), "quiet", () => renaming(model, item, name));
    item.append(name, studio.action(t("models.open"), "quiet", () => studio.openModel(model.id)), rename);
    if (model.again) item.append(studio.action(t("import.again"), "quiet", () => run(said => api.look_again({ model: model.id, visitor: visitor(), name: said.name }))));
    return item;
  };
  const renaming = (model, item, name) => {
    const form = make("form", "row"), field = Object.assign(make("input"), { type: "text", maxLength: 120, value: model.title, ariaLabel: t("import.rename") });
    const keep = Object.assign(make("button", "button", t("import.rename.keep")), { type: "submit" });
    const kept = [...item.children];
    const back = () => { item.replaceChildren(...kept); kept[2].focus(); };
    form.append(field, keep, studio.action(t("import.rename.back"), "quiet", back));
    form.addEventListener("keydown", event => { if (event.key === "Escape") back(); });
    form.addEventListener("submit", event => {
      event.preventDefault();
      studio.busy(keep, async () => {
        const { title } = await api.rename({ model: model.id, title: field.value.trim(), visitor: visitor() });
        name.textContent = model.title = title;
        back();
        studio.refreshModels();
      });
    });
    item.replaceChildren(form);
    field.select();
  };

  addEventListener("studio:models-view", async ({ detail }) => {
    part("bring").hidden = detail !== "file";
    if (detail !== "file") return;
    bounds = await api.limits().catch(() => bounds);
    part("private").hidden = !bounds.space;
    await showHere().catch(fault => complain(fault.message));
  });
  addEventListener("studio:import", event => { // from the Hub's search: a repository of somebody else's layout
    event.preventDefault();
    document.querySelector("#panel-models [data-view=file]")?.click();
    field.value = event.detail.hub;
    fetchFrom(event.detail.hub);
  });
  return {};
});
