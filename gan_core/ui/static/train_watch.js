// A training as it goes on. It only asks for what the run folder says: studio.trainWatch(section, api, changed) -> {show(run), hide()}.
studio.trainWatch = (section, api, changed) => {
  const { t, make, number, clock } = studio;
  const part = name => section.querySelector(`[data-part="${name}"]`);
  const doing = name => section.querySelector(`[data-do="${name}"]`);
  const ALIKE = 0.35, VARIED = 0.6; // variety that fell from above the one to below the other: the model may be collapsing
  const BLOBS = 3000, SHAPES = 30000; // pictures seen until which hardly anything, or only rough shapes, can be expected
  const ACTIVE = ["starting", "running", "paused", "stopping"];
  let run = null, offset = 0, points = [], samples = [], start = null, warning = null, end = null, fetching = null, state = "", model = "", changes = [];
  let timer = null, failures = 0, replaying = null;
  const sheets = new Map();

  const sharing = studio.trainShare(part("share"), api);

  const more = studio.trainMore(section, api, { run: () => run, changed: (what, model) => (what === "extended" ? tick() : changed(what, model)) });

  const retune = studio.trainRetune(section, api, { run: () => run });

  const reset = name => {
    stopReplay();
    more.reset();
    sharing.close();
    [run, offset, points, samples, start, warning, end, fetching, state, model, changes] = [name, 0, [], [], null, null, null, null, "", "", []];
    retune.reset();
    sheets.clear();
    part("sheet").hidden = true;
    part("no-sheet").hidden = false;
    part("curves").replaceChildren();
    curves = null;
    for (const name of ["says", "facts", "when", "why"]) part(name).textContent = "";
    delete part("why").dataset.said;
  };

  // ---- asking
  const tick = async () => {
    clearTimeout(timer);
    const asked = run;
    if (!asked || document.hidden || studio.current() !== "train" || section.hidden) return;
    try {
      const news = await api.snapshot({ run: asked, since: offset, visitor: studio.visitor() });
      if (asked !== run) return;
      failures = 0;
      take(news);
    } catch (fault) {
      if (asked !== run) return;
      if (fault.code === "run.gone") { run = null; return changed("gone"); }
      failures += 1;
      part("says").textContent = t("train.says.offline");
    }
    // The longer it goes on, the rarer its news (training/loop.py): whoever watches it for long takes less of its time.
    const calm = ACTIVE.includes(state) ? Math.min(3000, Math.max(1000, 10 * (points.at(-1)?.t || 0))) : 5000;
    timer = setTimeout(tick, Math.min(30000, failures ? 1000 * 2 ** failures : calm));
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });

  const take = news => {
    // A resumed training goes on from its checkpoint: what came after that is no longer true, so all is read again.
    const again = news.from > 0 && (news.start || news.points[0]?.t < points.at(-1)?.t);
    if (again || (news.from === 0 && offset !== 0)) reset(run);
    if (again) return tick();
    offset = news.offset;
    points.push(...news.points);
    if (points.length > 1500) points = points.filter((_, i) => i % 2 === 0 || i === points.length - 1);
    start = news.start || start;
    warning = news.warning || warning;
    end = news.end || end;
    fetching = news.fetching || fetching;
    changes.push(...news.changes);
    model = news.model;
    const following = Number(part("scrub").value) >= samples.length - 1;
    samples.push(...news.samples);
    describe(news);
    if (news.samples.length) {
      part("scrub").max = Math.max(0, samples.length - 1);
      if (following && !replaying) { part("scrub").value = samples.length - 1; turn(samples.length - 1); }
      studio.fillTrack(part("scrub"));
    }
    if (news.points.length) draw();
    if (state !== news.status.state) {
      const before = state;
      state = news.status.state;
      if (before) changed(state);
    }
  };

  // ---- words and numbers
  const progress = status => (status.state === "done" ? 1 : points.at(-1)?.progress || 0);
  const says = (status, share) => {
    if (status.state === "failed") return studio.said(`error.${status.code}`, status.message, end?.facts);
    if (status.state === "starting" && fetching) return t("train.says.fetching", { done: number(fetching.done), total: number(fetching.total) });
    if (status.state !== "running") return t(`train.says.${status.state}`);
    if (points.at(-1)?.diversity < ALIKE && points.some(point => point.diversity > VARIED)) return t("train.says.alike");
    if (warning?.code !== "train.alike" && warning?.step > status.step - 200) return studio.said(`error.${warning.code}`, warning.message, warning.facts);
    if (status.images < BLOBS) return t("train.says.begun");
    if (status.images < SHAPES || share < 0.1) return t("train.says.shapes");
    return t(share < 0.75 ? "train.says.details" : "train.says.polishing");
  };
  const describe = news => {
    const { status } = news, share = progress(status);
    section.dataset.state = status.state;
    part("title").textContent = news.title;
    part("state").textContent = t(`train.state.${status.state}`);
    part("says").textContent = says(status, share);
    part("progress").style.width = `${share * 100}%`;
    part("progress").parentElement.setAttribute("aria-valuenow", Math.round(share * 100));
    part("left").textContent = ACTIVE.includes(status.state) && status.remaining !== null ? clock(status.remaining) : "–";
    part("elapsed").textContent = clock(status.elapsed || 0);
    part("rate").textContent = status.images_per_second ? number(Math.round(status.images_per_second)) : "–";
    part("seen").textContent = number(status.images || 0);
    part("watch-command").textContent = news.command;
    more.take(news);
    retune.take(news);
    if (start) { facts(); why(); }
    part("no-sheet").textContent = t(ACTIVE.includes(status.state) ? "train.no_sheet" : "train.no_sheet.ever");
    section.querySelector("figcaption").hidden = !samples.length;
    doing("pause").hidden = !news.mine || !news.pausable || status.state !== "running";
    doing("resume").hidden = !news.mine || !(status.state === "paused" || news.resumable);
    doing("stop").hidden = !news.mine || !["running", "paused", "starting"].includes(status.state) || Boolean(section.querySelector(".ask"));
    doing("open").hidden = ACTIVE.includes(status.state) || !news.model;
    doing("share").hidden = doing("open").hidden || !news.mine;
    if (doing("share").hidden) sharing.close();
  };
  // Why this was trained (said once, at the start), what came over from another model, and what to know of the pictures.
  const why = () => {
    const lines = [
      ...(start.choice ? [studio.choiceSaid(start.choice, "now")] : []),
      ...(start.transfer ? [studio.transferSaid(start.transfer)] : []),
      ...(start.notes || []).map(note => studio.said(`note.${note.code}`, note.message, note.facts)),
    ];
    const box = part("why");
    if (box.dataset.said === lines.join("\n")) return;
    box.dataset.said = lines.join("\n");
    box.replaceChildren(...lines.map(line => make("p", "", line)));
  };
  const facts = () => {
    const family = studio.has(`family.${start.family}`) ? t(`family.${start.family}`) : start.family;
    const line = t("train.facts", { family, count: number(start.pictures), size: start.resolution, parameters: number(Object.values(start.parameters).reduce((a, b) => a + b, 0)) });
    const kind = start.device.split(":")[0], name = start.reason.split(",")[0];
    part("facts").textContent = `${line} · ${studio.said(`train.reason.${kind}`, start.reason, { name, dtype: start.dtype })}`;
  };

  // ---- the sheet of samples: always the same points, at any moment so far
  const sheetOf = async step => {
    if (!sheets.has(step)) sheets.set(step, (await api.sheet({ run, step })).sheet);
    return sheets.get(step);
  };
  const turn = studio.pump(async index => {
    const sample = samples[index];
    if (!sample) return;
    const url = await sheetOf(sample.step);
    const image = part("sheet");
    image.src = url;
    image.hidden = false;
    image.classList.toggle("pixels", (start?.resolution || 64) <= 32);
    image.alt = t("train.same_points", { count: sample.columns * sample.rows });
    part("no-sheet").hidden = true;
    part("when").textContent = t("train.sheet_at", { time: clock(sample.elapsed || 0) });
  }, () => {});
  const scrub = part("scrub");
  scrub.addEventListener("input", () => { stopReplay(); studio.fillTrack(scrub); turn(Number(scrub.value)); });

  const stopReplay = () => {
    clearTimeout(replaying);
    replaying = null;
    doing("replay").innerHTML = studio.icon("play");
  };
  const replay = () => {
    if (replaying) return stopReplay();
    const frames = Math.min(80, samples.length), last = samples.length - 1;
    let frame = 0;
    doing("replay").innerHTML = studio.icon("pause");
    const next = async () => {
      const index = frames < 2 ? last : Math.round((frame / (frames - 1)) * last);
      try { await sheetOf(samples[index].step); } catch { return stopReplay(); }
      if (!replaying) return;
      studio.setRange(scrub, index);
      turn(index);
      frame += 1;
      if (frame >= frames) return stopReplay();
      replaying = setTimeout(next, 140);
    };
    replaying = setTimeout(next, 0);
  };

  // ---- curves: the two networks of a GAN share one, every other number has its own
  let curves = null;
  const CONTEST = ["generator", "discriminator"], HIDDEN = ["t", "images", "step", "progress", "penalty", "diversity"];
  const groups = () => {
    const names = [...new Set(points.flatMap(Object.keys))].filter(name => !HIDDEN.includes(name) && points.some(p => p[name] != null));
    if (points.some(p => p.diversity != null)) names.push("diversity"); // the same for every family, so last
    const contest = CONTEST.filter(name => names.includes(name));
    const rest = names.filter(name => !contest.includes(name)).map(name => [name]);
    return contest.length ? [contest, ...rest] : rest;
  };
  const curve = names => {
    const box = make("div", "curve"), head = make("div", "curve-head"), canvas = make("canvas");
    const key = names.length > 1 ? "train.curve.contest" : `train.curve.${names[0]}`;
    const title = make("span", "curve-title", studio.has(key) ? t(key) : names[0]);
    head.append(title);
    if (studio.has(`${key}.help`)) {
      const help = make("button", "help");
      help.type = "button";
      help.dataset.help = `${key}.help`;
      head.append(help);
    }
    const legend = make("span", "legend");
    const values = names.map((name, i) => {
      const item = make("span", `line-${i + 1}`);
      if (names.length > 1) item.append(make("i"), make("small", "", t(`train.curve.${name}`)));
      const value = item.appendChild(make("b"));
      legend.append(item);
      return value;
    });
    const when = legend.appendChild(make("small", "when"));
    head.append(legend);
    box.append(head, canvas);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", title.textContent);
    const lines = names.map((name, i) => ({ name, colour: `--curve-${i + 1}` }));
    const draw = studio.chart(canvas, { lines, describe: at => {
      values.forEach((node, i) => { node.textContent = Number.isFinite(at?.values[i]) ? +at.values[i].toPrecision(3) : "–"; });
      when.textContent = at?.hover ? clock(at.point.t) : "";
    } }).draw;
    return { box, draw };
  };
  const draw = () => {
    const wanted = groups(), key = JSON.stringify(wanted);
    if (curves?.key !== key) {
      curves = { key, all: wanted.map(curve) };
      part("curves").replaceChildren(...curves.all.map(one => one.box));
    }
    for (const one of curves.all) one.draw(points, changes.map(change => change.elapsed));
  };
  addEventListener("studio:theme", () => { if (curves) draw(); });

  // ---- the transport
  const control = (button, action) => studio.busy(button, async () => {
    await api.control({ run, action, visitor: studio.visitor() });
    await tick();
  });
  doing("pause").addEventListener("click", event => control(event.currentTarget, "pause"));
  doing("resume").addEventListener("click", event => control(event.currentTarget, "resume"));
  doing("stop").addEventListener("click", event => studio.ask(event.currentTarget, {
    question: t("train.stop.sure"), yes: t("train.stop.yes"), no: t("train.stop.no"),
  }, async () => { await api.control({ run, action: "stop", visitor: studio.visitor() }); await tick(); }));
  doing("open").addEventListener("click", () => changed("open", model));
  doing("share").addEventListener("click", () => studio.busy(doing("share"), () => sharing.open(run)));
  doing("replay").addEventListener("click", replay);
  doing("copy-watched").addEventListener("click", () => studio.copyText(part("watch-command").textContent));

  const show = name => {
    if (name !== run) reset(name);
    tick();
  };
  const hide = () => { clearTimeout(timer); stopReplay(); };
  return { show, hide };
};
