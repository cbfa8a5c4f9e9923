// Waiting in line: a note while others are drawn first, and questions that a busy app has refused are asked again by themselves.
studio.line = (() => {
  const { t } = studio;
  const PATIENCE = 1500, PAUSE = 2000; // milliseconds until the note shows, and between two looks
  const TRIES = 6, LONGEST = 30; // of asking again, seconds
  const AGAIN = { "engine.busy": 2, "job.busy": 5, "guard.flood": 3, "budget.seconds": 5 }; // nothing was done yet; seconds where none are told
  let pending = 0, looking = null, note = null;

  const hide = () => { note?.remove(); note = null; };
  const show = words => {
    if (!note) {
      note = studio.make("div");
      note.id = "line-note";
      note.setAttribute("role", "status");
      document.body.append(note);
    }
    if (note.textContent !== words) note.textContent = words;
  };
  // How the caller's own pictures stand, asked for as long as an answer keeps it waiting. `ask` is set by the frame (shell.js).
  const look = async () => {
    const { others = 0, seconds = 0 } = await api.ask().catch(() => ({}));
    if (!pending) { looking = null; return hide(); }
    if (others && seconds > 1) show(t("line.pictures", { seconds })); else if (!note?.dataset.again && !note?.dataset.job) hide();
    looking = setTimeout(look, PAUSE);
  };
  const QUIET = /^(line|progress|stop|snapshot|trainings|\w+_(progress|stop))$/; // questions that are short or ask often anyway
  const during = async (name, answer) => {
    if (QUIET.test(name)) return answer();
    pending++;
    looking ||= setTimeout(look, PATIENCE);
    try { return await patiently(answer); } finally {
      pending--;
      if (!pending) { clearTimeout(looking); looking = null; hide(); }
    }
  };
  const patiently = async answer => {
    for (let tries = 1; ; tries++) {
      const said = await answer(), code = said?.error?.code, seconds = Math.ceil(Number(said?.error?.facts?.seconds) || AGAIN[code]);
      if (!(code in AGAIN) || tries === TRIES || seconds > LONGEST) return said;
      show(t("line.again", { seconds }));
      note.dataset.again = "yes";
      await new Promise(resolve => setTimeout(resolve, 1000 * seconds));
      delete note?.dataset.again;
    }
  };
  // What a job says while it waits (studio.follow).
  const words = ({ place, wait, ahead }) => (wait ? t("line.job", { place, seconds: wait }) : place ? t("line.job.soon", { place }) : t("film.waiting", { n: ahead }));

  const told = progress => { if (progress?.state === "waiting") { show(words(progress)); note.dataset.job = "yes"; } else if (note?.dataset.job) hide(); };

  const api = { during, told, words, ask: async () => ({}) };
  return api;
})();
