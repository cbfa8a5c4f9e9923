// My own picture: cut a square out of a photo, and find the point whose picture is nearest to it. studio.takePhoto(file) begins with a file.
studio.tool("photo", element, server, (element, api) => {
  const { t, store } = studio;
  const find = selector => element.querySelector(selector);
  const each = (selector, work) => { for (const node of element.querySelectorAll(selector)) work(node); };
  const act = (name, work) => each(`[data-act="${name}"]`, button => button.addEventListener("click", work));
  const SENT = 512, LOOK = 400; // pixels of the square that is sent; milliseconds between two looks at the search
  const LARGEST = 200 << 20, LARGEST_SENT = 20 << 20; // bytes of a file that is opened at all, or by the app
  const cropCanvas = find(".crop"), zoom = find("#photo-zoom"), tilt = find("#photo-tilt"), classes = find("select.class");
  const model = () => store.model;
  let stage = "bring", job = null, result = null, first = null, builtFor = null;

  const go = next => {
    stage = next;
    find(".bring").hidden = next !== "bring";
    find(".cutting").hidden = next !== "cutting";
    find(".finding").hidden = next !== "finding" && next !== "found";
    find(".going").hidden = next !== "finding";
    each(".verdict, .ends", node => { node.hidden = next !== "found"; });
    element.dataset.stage = next;
    if (next === "cutting") cropper.show();
  };

  // ---- a picture comes in
  const take = async file => {
    if (!file) return;
    leave();
    const wrong = /svg/.test(file.type) || /\.svgz?$/i.test(file.name) ? "photo.svg" : file.size > LARGEST ? "photo.large" : null;
    if (wrong) return studio.toast(t(wrong), "bad");
    try { await cropper.load(file).catch(() => shownByApp(file)); } catch (error) { return studio.toast(error.code ? error.message : t("photo.cannot"), "bad"); }
    build(model());
    go("cutting");
    see();
  };
  const shownByApp = async file => { // what this browser does not open: HEIC, TIFF
    if (file.size > LARGEST_SENT) throw new Error();
    const url = await new Promise((resolve, reject) => {
      const reader = new FileReader();
      [reader.onload, reader.onerror] = [() => resolve(reader.result), reject];
      reader.readAsDataURL(file);
    });
    const shown = await api.show({ file: url.slice(url.indexOf(",") + 1) });
    await cropper.load(await (await fetch(shown)).blob());
  };
  const picker = find(".pick"), camera = find(".snap");
  for (const input of [picker, camera]) {
    input.addEventListener("change", () => { take(input.files[0]); input.value = ""; });
  }
  act("choose", () => picker.click());
  act("camera", () => camera.click());
  act("other", () => { leave(); go("bring"); });
  act("again", () => { leave(); go("cutting"); });
  find(".camera").hidden = !matchMedia("(pointer: coarse)").matches;
  element.addEventListener("dragover", event => event.preventDefault());
  element.addEventListener("drop", event => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
  addEventListener("paste", event => {
    const file = [...(event.clipboardData?.files || [])].find(file => /^image\//.test(file.type));
    if (!file || studio.current() !== "explore" || studio.tools.open !== "photo" || studio.typing(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    take(file);
  }, true);
  studio.takePhoto = file => { studio.tools.choose("photo"); return take(file); };

  // ---- the square, and what the model will see of it
  const cropper = studio.cropper(cropCanvas, state => {
    const [low, high] = [Math.log(cropper.least), Math.log(cropper.most)];
    studio.setRange(zoom, (Math.log(state.zoom) - low) / (high - low));
    studio.setRange(tilt, state.tilt);
    see();
  });
  zoom.addEventListener("input", () => {
    const [low, high] = [Math.log(cropper.least), Math.log(cropper.most)];
    cropper.set({ zoom: Math.exp(low + Number(zoom.value) * (high - low)) });
  });
  tilt.addEventListener("input", () => cropper.set({ tilt: Number(tilt.value) }));
  tilt.addEventListener("dblclick", () => cropper.set({ tilt: 0 }));
  act("turn", () => cropper.set({ turns: (cropper.state.turns + 1) % 4 }));
  act("mirror", () => cropper.set({ mirror: !cropper.state.mirror }));
  const cut = most => {
    const size = Math.min(most, Math.max(64, model().resolution * (most === SENT ? 8 : 2)));
    return cropper.cut(size, model().pixel_art).toDataURL("image/png").split(",")[1];
  };
  const see = studio.later(60, () => { if (model() && !cropper.empty && stage === "cutting") look(); });
  const look = studio.pump(async () => {
    const image = await studio.decode(await api.preview({ model: model().id, image: cut(256) }));
    studio.paint(find(".small"), image, true);
  });
  const build = model => {
    if (!model || builtFor === model.id) return;
    builtFor = model.id;
    classes.hidden = !model.labels.length;
    classes.replaceChildren(new Option(t("photo.any_class"), ""), ...model.labels.map((label, i) => new Option(studio.className(label), i)));
    if (first && first.model !== model.id) forget();
    if (stage === "found" || stage === "finding") { leave(); go(cropper.empty ? "bring" : "cutting"); }
    see();
  };

  // ---- searching
  const leave = () => { if (job) api.stop({ name: job.name }).catch(() => {}); job = null; };
  const paintBoth = async (yours, found) => {
    const pixelArt = Boolean(model()?.pixel_art);
    if (yours) studio.paint(find(".yours"), await studio.decode(yours), pixelArt);
    if (found) studio.paint(find(".found"), await studio.decode(found), pixelArt);
    find(".found").classList.toggle("waiting", !found);
  };
  const tell = ({ state, stage: at, done, total, left }) => {
    find(".going i").style.width = `${total ? 100 * done / total : 0}%`;
    const words = state === "waiting" ? t("photo.waiting") : t(at === "learning" ? "photo.learning" : "photo.searching");
    find(".going small").textContent = left > 2 && at !== "learning" ? `${words} ${t("photo.left", { n: Math.round(left) })}` : words;
  };
  const watch = mine => setTimeout(async () => {
    if (job !== mine) return;
    try {
      const progress = await api.progress({ name: mine.name });
      if (job !== mine) return;
      if (progress.state !== "none") tell(progress);
      if (progress.view) await paintBoth(null, progress.view);
    } catch { /* the search itself will say what is wrong */ }
    watch(mine);
  }, LOOK);
  act("find", async () => {
    if (!model() || cropper.empty) return;
    leave();
    const mine = job = { name: studio.jobName("photo"), model: model().id };
    const image = cut(SENT), label = classes.hidden || classes.value === "" ? null : Number(classes.value);
    go("finding");
    find("[data-act=stop]").disabled = false;
    tell({});
    try {
      const yours = await api.preview({ model: mine.model, image });
      if (job !== mine) return;
      await paintBoth(yours, null);
      watch(mine);
      const answer = await api.find({ model: mine.model, image, name: mine.name, label });
      if (job !== mine) return;
      job = null;
      await arrived(answer);
    } catch (error) {
      if (job !== mine) return;
      job = null;
      studio.toast(error.code === "job.stopped" ? t("photo.stopped") : error.message, error.code === "job.stopped" ? "good" : "bad");
      go("cutting");
    }
  });
  act("stop", event => { event.currentTarget.disabled = true; if (job) api.stop({ name: job.name }).catch(() => {}); });

  // ---- what was found
  const arrived = async answer => {
    result = answer;
    await paintBoth(null, answer.url);
    const { verdict, strange } = answer;
    find(".verdict").dataset.verdict = verdict;
    find(".verdict b").textContent = t(`photo.${verdict}`);
    find(".verdict p").textContent = [t(`photo.${verdict}_help`), strange ? t("photo.strange") : "", answer.whole ? "" : t("photo.early")].filter(Boolean).join(" ");
    find("[data-act=morph] span").textContent = t(first ? "photo.morph" : "photo.second");
    go("found");
    find(strange ? "[data-act=again]" : "[data-act=use]").focus({ preventScroll: true });
  };
  const use = () => store.set(result.point);
  act("use", () => { use(); studio.toast(t("photo.used")); });
  const forget = () => { first = null; find(".first").hidden = true; };
  act("forget", forget);
  act("morph", async () => {
    if (first) {
      const a = first.point;
      forget();
      use();
      return studio.open("morph", { a, b: result.point });
    }
    first = { point: result.point, model: result.point.model };
    studio.paint(find(".first canvas"), await studio.decode(result.url), Boolean(model()?.pixel_art));
    find(".first").hidden = false;
    use();
    go("bring");
  });

  find(".promise").textContent = t(props.space ? "photo.promise_space" : "photo.promise");
  go("bring");
  return { update: () => build(model()), show: () => cropper.show(), hide: () => {} };
});
