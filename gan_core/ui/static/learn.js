// Learn: a playground of two numbers. The app learns only while this page asks for more, a few steps at a time.
studio.panel("learn", element, server, (section, api) => {
  const { t, make } = studio;
  const part = name => section.querySelector(`[data-part="${name}"]`);
  const act = name => section.querySelector(`[data-do="${name}"]`);
  const CLOUDS = ["ring", "grid", "spiral", "moons", "drawn"], METHODS = ["gan", "unrolled", "wgan-gp", "vae", "autoencoder"];
  const LAYERS = ["data", "samples", "heat", "arrows", "lattice"], SPEEDS = { slow: 1, normal: 6, fast: 40 };
  const LOSSES = { gan: ["generator", "discriminator"], unrolled: ["generator", "discriminator"], "wgan-gp": ["generator", "discriminator"], vae: ["reconstruction", "kl"], autoencoder: ["reconstruction"] };
  const EARLY = 300, MOST_STEPS = 20000, REVIVE = 30000; // before EARLY steps, few modes are no collapse
  const LESSONS = {
    gan: { cloud: "moons", methods: ["gan"], layers: ["data", "samples"], speed: "normal", pace: "even" },
    sees: { cloud: "moons", methods: ["gan"], layers: ["data", "samples", "heat", "arrows"], speed: "slow", pace: "even" },
    latent: { cloud: "moons", methods: ["vae", "autoencoder"], layers: ["data", "lattice"], speed: "normal", pace: "even" },
    collapse: { cloud: "ring", methods: ["gan", "unrolled"], layers: ["data", "samples", "heat"], speed: "fast", pace: "hurried" },
  };
  const state = { cloud: "ring", methods: ["gan", "unrolled"], seed: 0, unroll: 5, pace: "hurried", points: [], speed: "normal", layers: new Set(["data", "samples", "heat"]) };
  studio.keys.tell("learn", "← / ↑ / → / ↓", "keys.field");
  studio.keys.tell("learn", "Space", "keys.field_put");
  let views = [], room = "", modes = null, playing = false, task = Promise.resolve(), step = 0;
  let turn = 0, wanted = 1, shown = 0; // which play is the last one; which settings are asked for, and which the room has
  const stale = () => shown !== wanted;

  // ---- asking the app: one question after the other
  const empty = () => state.cloud === "drawn" && !state.points.length;
  const inTurn = work => { task = task.then(work).catch(failed); return task; };
  let revived = -Infinity; // when a room that was put away, while the computer slept, was begun again unasked; not again and again
  const failed = error => {
    if (error.code === "learn.gone") {
      wanted++;
      if (performance.now() - revived > REVIVE) { revived = performance.now(); if (!playing) begin(); return; }
    }
    pause();
    studio.toast(error.message, "bad");
  };
  const begin = () => inTurn(async () => {
    if (!stale() || empty()) return;
    const now = wanted;
    if (room) api.leave({ room }).catch(() => {});
    room = studio.randomWord();
    const { cloud, methods, seed, unroll, pace, points } = state;
    const answer = await api.begin({ room, visitor: studio.visitor(), cloud, methods, seed, unroll, hurried: pace === "hurried", points: cloud === "drawn" ? points : [] });
    if (now !== wanted) return;
    shown = now;
    modes = answer.modes;
    for (const view of views) view.begin(view.canvas.numbers(answer.data));
    show(answer.frames, true);
  });
  const advance = steps => inTurn(async () => {
    if (stale() || empty()) return;
    const { frames } = await api.advance({ room, steps });
    if (!stale()) show(frames, false);
  });
  const show = (frames, restart) => {
    frames.forEach((frame, i) => views[i]?.show(frame, restart));
    step = frames[0].step;
    part("step").textContent = t("learn.steps", { count: step.toLocaleString(document.documentElement.lang) });
    if (step >= MOST_STEPS) pause();
  };
  const pause = () => { playing = false; tell(); };
  const run = async () => {
    const mine = ++turn;
    while (playing && mine === turn && !document.hidden && studio.current() === "learn") {
      const began = performance.now();
      if (stale()) await begin();
      await advance(SPEEDS[state.speed]);
      await new Promise(go => setTimeout(go, Math.max(0, 50 - (performance.now() - began))));
    }
    if (mine === turn) pause();
  };
  const play = () => {
    if (playing || empty()) return;
    playing = true;
    tell();
    run();
  };
  // Something else is to be learned: from the first step again.
  const change = () => { wanted++; update(); begin(); };

  // ---- a method's place: canvas, facts in words, losses
  const makeView = method => {
    const box = make("figure", "play-view"), canvas = make("canvas"), line = make("figcaption"), plot = make("canvas", "play-losses");
    const title = make("h3", "", t(`learn.method.${method}`)), reading = make("p", "play-reading"), legend = make("div", "legend");
    legend.append(make("span", "", t("learn.losses")));
    const help = make("button", "help");
    help.dataset.help = `learn.method.${method}.help`;
    help.setAttribute("aria-label", t("common.help"));
    canvas.setAttribute("aria-label", t(`learn.method.${method}`)); // what it shows is added with each frame
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", t("learn.losses"));
    line.append(title, help, reading);
    box.append(line, canvas, legend, plot);
    box.dataset.method = method;
    const drawn = studio.playView(canvas), losses = [];
    const lines = LOSSES[method].map((loss, i) => ({ name: loss, colour: `--curve-${i + 1}` }));
    const values = lines.map(({ name: loss }, i) => {
      const entry = make("span", `line-${i + 1}`), value = make("b", "", "–");
      entry.append(make("i"), make("span", "", t(`learn.loss.${loss}`)), value);
      legend.append(entry);
      return value;
    });
    const chart = studio.chart(plot, { lines, said: v => Math.round(v).toLocaleString(document.documentElement.lang), describe: at => {
      values.forEach((node, i) => { node.textContent = Number.isFinite(at?.values[i]) ? +at.values[i].toPrecision(3) : "–"; });
    } });
    studio.drawPoints(canvas, drawn, {
      most: props.most, points: () => state.points, active: () => state.cloud === "drawn", done: change,
      changed: () => { wanted++; for (const view of views) view.canvas.set({ data: state.points.flat(), frame: null }); update(); },
    });
    const say = frame => {
      const early = frame.step < EARLY, alike = modes && frame.reached <= modes / 2; // samples crowd next to few groups
      const kind = !modes ? "plain" : frame.modes === modes ? "all" : !early && alike ? "collapsed" : "some";
      const words = t(`learn.reading.${kind}`, { caught: frame.modes, modes });
      if (reading.textContent !== words) reading.textContent = words;
      box.dataset.reading = kind;
      canvas.setAttribute("aria-label", `${t(`learn.method.${method}`)}: ${words}`);
    };
    return {
      box, method, canvas: drawn,
      begin: data => { losses.length = 0; drawn.set({ data }); },
      show: (frame, restart) => {
        drawn.set({ frame, restart, layers: layersNow() });
        if (frame.step && losses.at(-1)?.t !== frame.step) losses.push({ t: frame.step, ...frame.losses });
        if (losses.length > 900) losses.splice(0, losses.length, ...losses.filter((_, i) => i % 2));
        chart.draw(losses);
        say(frame);
      },
      blank: () => { drawn.set({ data: state.points.flat(), frame: null, layers: layersNow() }); losses.length = 0; chart.draw([]); reading.textContent = ""; },
      tab: on => { canvas.tabIndex = on ? 0 : -1; canvas.setAttribute("role", on ? "application" : "img"); canvas.classList.toggle("drawable", on); },
    };
  };
  const layersNow = () => Object.fromEntries(LAYERS.map(layer => [layer, state.layers.has(layer)]));

  // ---- choices
  const chips = (box, values, label, isOn, choose, role = "radio") => {
    box.replaceChildren(...values.map(value => {
      const chip = make("button", "chip", label(value));
      chip.type = "button";
      chip.dataset.value = value;
      chip.setAttribute("role", role === "radio" ? "radio" : "button");
      chip.addEventListener("click", () => choose(value));
      return chip;
    }));
    return () => [...box.children].forEach(chip => chip.setAttribute(role === "radio" ? "aria-checked" : "aria-pressed", String(isOn(chip.dataset.value))));
  };
  const setMethods = (first, second) => { state.methods = second && second !== first ? [first, second] : [first]; change(); };
  const marks = [
    chips(part("clouds"), CLOUDS, value => t(`learn.cloud.${value}`), value => state.cloud === value, value => { state.cloud = value; change(); }),
    chips(part("first"), METHODS, value => t(`learn.method.${value}`), value => state.methods[0] === value, value => setMethods(value, state.methods[1])),
    chips(part("second"), ["", ...METHODS], value => t(value ? `learn.method.${value}` : "learn.alone"), value => (state.methods[1] || "") === value, value => setMethods(state.methods[0], value)),
    chips(part("layers"), LAYERS, value => t(`learn.layer.${value}`), value => state.layers.has(value), value => { state.layers[state.layers.has(value) ? "delete" : "add"](value); update(); }, "toggle"),
    chips(part("paces"), ["even", "hurried"], value => t(`learn.pace.${value}`), value => state.pace === value, value => { state.pace = value; change(); }),
    chips(part("speeds"), Object.keys(SPEEDS), value => t(`learn.speed.${value}`), value => state.speed === value, value => { state.speed = value; update(); }),
  ];
  for (const chip of [...part("speeds").children, ...part("paces").children]) chip.classList.remove("chip");

  const tell = () => {
    act("play").innerHTML = studio.icon(playing ? "pause" : "play");
    act("play").append(make("span", "", t(playing ? "learn.pause" : "learn.play")));
    act("play").dataset.playing = String(playing);
    act("play").disabled = empty();
    act("step").disabled = playing || empty();
  };
  const update = () => {
    for (const mark of marks) mark();
    if (views.map(view => view.method).join() !== state.methods.join()) {
      views = state.methods.map(makeView);
      part("views").replaceChildren(...views.map(view => view.box));
      part("views").dataset.count = views.length;
    }
    const drawn = state.cloud === "drawn";
    part("drawn").hidden = !drawn;
    part("drawn-words").textContent = t(empty() ? "learn.draw_here" : "learn.drawn_points", { count: state.points.length, most: props.most });
    act("clear").disabled = empty();
    part("pacing").hidden = !state.methods.some(method => LOSSES[method].includes("discriminator"));
    part("unrolling").hidden = !state.methods.includes("unrolled");
    studio.setRange(section.querySelector("#learn-unroll"), state.unroll);
    section.querySelector("[for=learn-unroll].value").textContent = state.unroll;
    for (const chip of part("second").children) chip.hidden = chip.dataset.value === state.methods[0];
    for (const view of views) {
      view.tab(drawn);
      view.canvas.set({ layers: layersNow() });
      if (empty()) view.blank();
    }
    tell();
  };

  // ---- lessons: each has a button that sets the playground up; [data-learn=<lesson>] does so from any other tab
  const teach = lesson => {
    const setup = LESSONS[lesson];
    Object.assign(state, { ...setup, methods: [...setup.methods], layers: new Set(setup.layers), seed: 0, unroll: 5 });
    change();
    play();
    section.querySelector(".learn-desk").scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  };
  for (const button of section.querySelectorAll("[data-lesson]")) button.addEventListener("click", () => teach(button.dataset.lesson));
  document.addEventListener("click", event => {
    const door = event.target.closest?.("[data-learn]");
    if (door) studio.open("learn", door.dataset.learn);
  });

  act("play").addEventListener("click", () => (playing ? pause() : play()));
  act("step").addEventListener("click", async () => { await begin(); await advance(1); });
  act("reset").addEventListener("click", change);
  act("seed").addEventListener("click", () => { state.seed = studio.randomSeed(); change(); });
  act("clear").addEventListener("click", () => { state.points = []; pause(); change(); });
  section.querySelector("#learn-unroll").addEventListener("input", event => { state.unroll = Number(event.target.value); update(); });
  section.querySelector("#learn-unroll").addEventListener("change", change);
  addEventListener("pagehide", () => { if (room) api.leave({ room }).catch(() => {}); });
  update();
  return { show: lesson => { if (lesson in LESSONS) teach(lesson); else { update(); begin(); } }, hide: pause };
});
