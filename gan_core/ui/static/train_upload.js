// Own pictures: drop, choose, or name a folder. Files go up in small batches; the app keeps them under one token.
studio.trainUpload = (zone, api, { choose, complain, forgive }) => {
  const { t } = studio;
  const part = name => zone.querySelector(`[data-part="${name}"]`);
  const BATCH = 24;

  const post = async files => {
    const body = new FormData();
    for (const file of files) body.append("files", file, file.name);
    const { root = "", api_prefix = "/gradio_api" } = window.gradio_config || {};
    let answer;
    try { answer = await fetch(`${root}${api_prefix}/upload`, { method: "POST", body }); } catch { throw new Error(t("train.upload.lost")); }
    if (answer.status === 413) throw new Error(t("train.upload.too_large"));
    if (!answer.ok) throw studio.refusal(await answer.text()) ?? new Error(t("train.upload.lost"));
    return answer.json();
  };

  const send = async files => {
    if (!files.length) return;
    forgive();
    const bar = part("sending");
    let token = null, done = 0;
    zone.classList.add("sending");
    bar.hidden = false;
    try {
      for (let first = 0; first < files.length; first += BATCH) {
        part("own-words").textContent = t("train.uploading", { done, total: files.length });
        const batch = files.slice(first, first + BATCH);
        ({ token } = await api.send({ files: await post(batch), token, names: batch.map(pathOf) }));
        done += batch.length;
        bar.firstElementChild.style.width = `${(done / files.length) * 100}%`;
      }
      part("own-words").textContent = files.length === 1 ? files[0].name : t("train.sent", { count: files.length });
      choose({ kind: "upload", name: token });
    } catch (fault) {
      part("own-words").textContent = t("train.own.text");
      complain(Object.assign(fault, { facts: { field: "source" } }));
    } finally {
      zone.classList.remove("sending");
      bar.hidden = true;
      bar.firstElementChild.style.width = 0;
    }
  };

  // A dropped or chosen folder keeps its sub-folders: they may be classes. What can be of no use is left out here already.
  const paths = new WeakMap(); // file -> where it lay in a dropped folder
  const pathOf = file => (paths.get(file) || file.webkitRelativePath || file.name).slice(-1000);
  const useful = file => !file.name.startsWith(".") && (!file.type || /^image\/|zip/.test(file.type) || /\.[ct]sv$/i.test(file.name));
  const walk = async entry => {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      paths.set(file, entry.fullPath);
      return [file];
    }
    const reader = entry.createReader(), found = [];
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) return found;
      for (const one of some) found.push(...await walk(one));
    }
  };
  const dropped = async transfer => {
    const entries = [...transfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.some(entry => entry.isDirectory)) return [...transfer.files];
    const files = (await Promise.all(entries.map(walk))).flat();
    return files.filter(useful);
  };

  zone.addEventListener("dragover", event => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", async event => {
    event.preventDefault();
    zone.classList.remove("over");
    send(await dropped(event.dataTransfer));
  });
  for (const name of ["files", "tree"]) part(name).addEventListener("change", event => {
    event.stopPropagation();
    const files = [...event.target.files];
    event.target.value = "";
    send(name === "tree" ? files.filter(useful) : files);
  });
  const useFolder = () => {
    const name = part("path").value.trim();
    part("own-words").textContent = name || t("train.own.text");
    choose({ kind: "folder", name });
  };
  part("path").addEventListener("keydown", event => { if (event.key === "Enter") { event.preventDefault(); useFolder(); } });
  zone.querySelector("[data-do=files]").addEventListener("click", () => part("files").click());
  zone.querySelector("[data-do=tree]").addEventListener("click", () => part("tree").click());
  zone.querySelector("[data-do=use-folder]").addEventListener("click", useFolder);
  zone.querySelector("[data-do=folder]").addEventListener("click", () => { part("folder").hidden = false; part("path").focus(); });
};
