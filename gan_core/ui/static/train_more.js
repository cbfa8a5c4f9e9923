// Beside the curves of a watched training: what they say, the best model and the last, more time, a branch, memory, the film.
//   studio.trainMore(section, api, { run(), changed(what, model) }) -> { take(news), reset() }
studio.inLine = (place, seconds) => [place && studio.t("line.place", { place }), studio.startsIn(seconds)].filter(Boolean).join(" ");
studio.startsIn = seconds => (seconds == null ? studio.t("watch.queue.unknown") : studio.t("watch.queue.when", { time: studio.clock(seconds) }));
studio.trainMore = (section, api, { run, changed }) => {
  const { t, make, number } = studio;
  const part = name => section.querySelector(`[data-part="${name}"]`);
  const ACTIVE = ["running", "paused"], MINUTES = 10;
  let news = null;

  // ---- a sentence with a mark, and what to do behind "?"
  const reading = make("p", "reading"), mark = make("i", "mark"), sentence = make("span"), help = make("button", "help");
  help.type = "button";
  help.setAttribute("aria-label", t("watch.reading.help"));
  mark.setAttribute("aria-hidden", "true");
  reading.setAttribute("aria-live", "polite");
  reading.append(mark, sentence, help);
  part("curves").before(reading);
  const MARKS = { good: "✓", wait: "…", warn: "!" };
  const read = () => {
    const found = news.reading, shown = section.dataset.state !== "starting" && news.offset > 0 && section.dataset.state !== "queued";
    reading.hidden = !shown;
    if (reading.dataset.code === found.code) return;
    reading.dataset.code = found.code;
    reading.dataset.mark = found.mark;
    mark.textContent = MARKS[found.mark];
    sentence.textContent = t(`watch.reading.${found.code}`);
    help.dataset.help = `watch.reading.${found.code}.help`;
  };

  // ---- the best model beside the last, with their figures
  const best = make("section", "watch-best");
  best.setAttribute("aria-label", t("watch.best"));
  part("curves").before(best);
  const short = value => (value == null ? "–" : Number(value).toLocaleString(document.documentElement.lang, { maximumSignificantDigits: 3 }));
  const line = (name, facts, model, main) => {
    const row = make("div", "row"), words = make("div");
    words.append(make("b", "", t(`watch.best.${name}`)), make("small", "", t("watch.best.figures", { kid: short(facts.kid), noise: short(facts.noise), diversity: short(facts.diversity) })));
    if (facts.images != null) words.append(make("small", "", t("watch.best.seen", { count: number(facts.images) })));
    row.append(words);
    if (model) {
      const open = studio.action(t("watch.best.open"), main ? "button" : "quiet", () => changed("open", model));
      open.setAttribute("aria-label", `${t("watch.best.open")}: ${t(`watch.best.${name}`)}`);
      row.append(open);
    }
    return row;
  };
  const compare = () => {
    const found = news.best, key = JSON.stringify([found, news.kid, section.dataset.state]);
    best.hidden = !found;
    if (!found || best.dataset.key === key) return;
    best.dataset.key = key;
    const over = !["running", "paused", "starting", "stopping"].includes(section.dataset.state), last = found.last || news.kid;
    const head = make("div", "curve-head"), why = make("button", "help");
    why.type = "button";
    why.dataset.help = "watch.best.help";
    head.append(make("span", "curve-title", t("watch.best")), why);
    const rows = [line("best", found, over && found.model, found.better)];
    if (last && last.images !== found.images) rows.push(line("last", last, over && news.last_model, !found.better));
    best.replaceChildren(head, ...rows);
    if (found.last) best.append(make("p", "hint", t(`watch.best.${found.better ? "better" : "same"}`)));
  };

  // ---- more time, and another training from here
  const more = studio.action(t("watch.more_time", { n: MINUTES }), "button", button => studio.busy(button, async () => {
    await api.more_time({ run: run(), minutes: MINUTES, visitor: studio.visitor() });
    studio.toast(t("watch.more_time.done", { n: MINUTES }));
    changed("extended");
  }));
  const branch = studio.action(t("watch.branch"), "quiet", () => changed("branch", news.model));
  more.dataset.do = "more-time";
  branch.dataset.do = "branch";
  branch.title = t("watch.branch.help");
  section.querySelector(".watch-buttons").append(more, branch);

  // ---- memory, among the other numbers
  const box = make("div"), used = make("dd");
  box.append(make("dt", "", t("watch.memory")), used);
  section.querySelector("dl.stats").append(box);
  const memory = () => {
    const [taken, all] = news.memory;
    box.hidden = !taken || !["running", "paused", "stopping"].includes(section.dataset.state);
    if (taken) used.textContent = t("watch.memory.of", { used: studio.weight(taken), all: studio.weight(all) });
  };

  // ---- the film
  const fold = make("details", "watch-film"), saver = make("div");
  fold.append(make("summary", "", t("watch.film")), saver);
  section.querySelector(".watch-sheet").append(fold);
  studio.filmSaver(saver, api, { id: "training-film", state: { kind: "mp4", size: 512 }, changed: () => {}, ask: () => ({ run: run() }) });

  const take = next => {
    news = next;
    const queued = news.status.state === "queued";
    if (queued) part("says").textContent = `${t("train.says.queued")} ${studio.inLine(news.place, news.starts_in)}`;
    if (queued) part("no-sheet").textContent = t("watch.queue.sheet");
    fold.hidden = part("sheet").hidden && !news.samples.length;
    read();
    compare();
    memory();
    more.hidden = !news.mine || !(ACTIVE.includes(news.status.state) || news.status.state === "done");
    branch.hidden = !news.model || ["starting", "stopping"].includes(news.status.state);
  };
  const reset = () => {
    delete best.dataset.key;
    delete reading.dataset.code;
    reading.hidden = best.hidden = more.hidden = branch.hidden = box.hidden = true;
    fold.open = false;
  };
  reset();
  return { take, reset };
};
