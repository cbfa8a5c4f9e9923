// The Train tab: the form, the training one watches, and the list of earlier ones.
studio.panel("train", element, server, (element, api) => {
  const { t, make, number, clock } = studio;
  const part = name => element.querySelector(`[data-part="${name}"]`);
  const section = name => element.querySelector(`.train-${name}`);
  const RECENT = 12 * 3600; // seconds for which the last training is what one comes back to
  let active = null, busy = false, watching = null, known = []; // busy: a stranger's training goes on

  const watch = run => {
    watching = run;
    studio.keep("run", run);
    section("setup").hidden = true;
    section("watch").hidden = false;
    watcher.show(run);
    list();
    scrollTo({ top: 0 });
  };
  const prepare = async () => {
    watching = null;
    watcher.hide();
    section("watch").hidden = true;
    section("setup").hidden = false;
    list();
    try { await setup.show(); } catch (fault) { studio.toast(fault.message, "bad"); }
    busyNote();
  };
  const busyNote = () => {
    const run = known.find(one => one.run === active);
    part("busy").hidden = !run && !busy;
    element.querySelector("[data-do=watch-it]").hidden = !run;
    const button = element.querySelector("[data-do=start]");
    button.dataset.wait = run || busy ? "yes" : "no"; // beside another training it waits for its turn
    button.textContent = t(run || busy ? "watch.queue" : "train.start");
    if (run || busy) part("busy-words").textContent = run ? t("train.busy", { name: run.title }) : t("train.busy.others");
  };

  // What the watched training tells: it changed its state, is gone, or its model is to be opened.
  const changed = async (what, model) => {
    if (what === "gone") { studio.toast(t("train.gone"), "bad"); return prepare(); }
    if (what === "open") return studio.openModel(model);
    if (what === "branch") return branch(model);
    if (["done", "stopped"].includes(what)) studio.refreshModels();
    refresh();
  };

  const branch = async model => {
    const { title } = known.find(run => model.startsWith(`runs/${run.run}`)) || { title: model };
    await prepare();
    try { await setup.from(model); } catch (fault) { return studio.toast(fault.message, "bad"); }
    studio.toast(t("watch.branch.said", { name: title }));
    section("setup").querySelector("[data-field=source]").scrollIntoView({ block: "start" });
  };

  // ---- earlier trainings
  const refresh = async () => {
    const answer = await api.trainings({ visitor: studio.visitor() });
    [known, active, busy] = [answer.runs, answer.active, answer.busy];
    list();
    busyNote();
    return answer;
  };
  const list = () => {
    const shown = known.filter(run => run.run !== watching);
    section("runs").hidden = !shown.length;
    part("runs").replaceChildren(...shown.map(row));
  };
  const row = run => {
    const item = make("li", `run ${run.state}`);
    const image = Object.assign(make("img"), { alt: "" });
    if (run.thumbnail) image.src = run.thumbnail;
    const words = make("div", "run-words");
    const family = studio.has(`family.${run.family}`) ? t(`family.${run.family}`) : run.family;
    const facts = [family, clock(run.elapsed || 0), t("train.seen.short", { count: number(run.images || 0) }), studio.date(run.time)];
    const when = run.state === "queued" ? [family, studio.inLine(run.place, run.starts_in)] : facts;
    words.append(make("b", "", run.title), make("small", "", when.join(" · ")));
    const buttons = make("div", "run-buttons");
    buttons.append(studio.action(t("train.view"), "button", () => watch(run.run)));
    if (run.model && run.state !== "running") buttons.append(studio.action(t("train.open"), "quiet", () => studio.openModel(`runs/${run.run}`)));
    if (run.resumable && run.mine && !active && !busy) buttons.append(studio.action(t("train.resume"), "quiet", button => resume(button, run.run)));
    if (run.mine && run.run !== active) buttons.append(trash(run));
    item.append(image, words, make("span", "state", t(`train.state.${run.state}`)), buttons);
    return item;
  };
  const trash = run => {
    const button = studio.action("", "quiet round", () => studio.ask(button, {
      question: t("train.delete.sure"), yes: t("train.delete.yes"), no: t("train.delete.no"),
    }, async () => {
      await api.remove({ run: run.run, visitor: studio.visitor() });
      if (studio.kept("run") === run.run) studio.keep("run", "");
      studio.refreshModels();
      await refresh();
    }));
    button.innerHTML = studio.icon("trash");
    button.title = t("train.delete");
    button.setAttribute("aria-label", `${t("train.delete")}: ${run.title}`);
    return button;
  };
  const resume = (button, run) => studio.busy(button, async () => {
    await api.control({ run, action: "resume", visitor: studio.visitor() });
    await refresh();
    watch(run);
  });

  const setup = studio.trainSetup(section("setup"), api, async run => { await refresh(); watch(run); });
  const watcher = studio.trainWatch(section("watch"), api, changed);
  element.querySelector("[data-do=new]").addEventListener("click", prepare);
  element.querySelector("[data-do=watch-it]").addEventListener("click", () => watch(active));

  // A running training is found by itself; otherwise the last one watched while it is fresh news; otherwise the form.
  const show = async detail => {
    if (watching) { refresh(); return watcher.show(watching); }
    if (!section("setup").hidden) { refresh(); return; }
    try {
      const { runs, active } = await refresh();
      const last = runs.find(run => run.run === (detail?.run || studio.kept("run")));
      if (active) watch(active);
      else if (last && Date.now() / 1000 - last.time < RECENT) watch(last.run);
      else await prepare();
    } catch (fault) {
      studio.toast(fault.message, "bad");
      await prepare();
    }
  };
  return { show, hide: () => watcher.hide() };
});
