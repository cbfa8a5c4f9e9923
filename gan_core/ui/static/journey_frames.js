// The pictures of a journey, fetched as sheets and kept for as long as they fit: what a change leaves as it was is not asked for again.
//   studio.journeyFrames(api, { arrived(), failed(error) }) → { set(journey), load(from), frame(i), has(i), count, loaded }
studio.journeyFrames = (api, { arrived, failed }) => {
  const SLICE = 60, MOST = 6000;
  const kept = new Map(); // what a segment depends on -> its pictures {image, cut}
  let plan = [], journey = null, turn = 0;

  const lengths = ({ keyframes, closed, fps }) => {
    const count = keyframes.length - (!closed || keyframes.length === 1 ? 1 : 0);
    return keyframes.slice(0, count).map(({ seconds }) => Math.max(1, Math.floor(seconds * fps + 0.5)));
  };
  // A curve's segment depends on four keyframes and the three times between them, a straight one on its two ends.
  const keyOf = ({ keyframes, closed, path }, times, i) => {
    const at = step => (closed ? (i + step + keyframes.length) % keyframes.length : i + step);
    const near = path === "spline" ? [-1, 0, 1, 2] : [0, 1];
    return JSON.stringify([path, keyframes[i].easing, near.map(step => keyframes[at(step)]?.point ?? null), near.slice(0, -1).map(step => times[at(step)] ?? null)]);
  };
  const set = next => {
    journey = next;
    plan = [];
    if (!journey) { turn++; return; }
    const times = lengths(journey), used = new Map();
    journey.keyframes.forEach((keyframe, i) => {
      const moving = i < times.length, key = moving ? keyOf(journey, times, i) : JSON.stringify(keyframe.point);
      const cells = kept.get(key) || [];
      used.set(key, cells);
      for (let local = 0; local < (moving ? times[i] : 1); local++) plan.push({ cells, local });
    });
    for (const [key, cells] of used) { kept.delete(key); kept.set(key, cells); } // the ones used last stand last
    let room = [...kept.values()].reduce((sum, cells) => sum + cells.length, 0) - MOST;
    for (const [key, cells] of kept) {
      if (room <= 0 || used.has(key)) break;
      kept.delete(key);
      room -= cells.length;
    }
  };
  const at = i => plan[i]?.cells[plan[i].local];
  const missing = from => {
    for (let i = 0; i < plan.length; i++) if (!at((from + i) % plan.length)) return (from + i) % plan.length;
    return -1;
  };
  const load = async from => {
    const mine = ++turn;
    for (let start = missing(from); start >= 0 && mine === turn; start = missing(from)) {
      let count = 1;
      while (count < SLICE && start + count < plan.length && !at(start + count)) count++;
      const asked = plan.slice(start, start + count);
      try {
        const sheet = await api.frames({ journey, start, count }), image = await studio.decode(sheet.url);
        asked.forEach(({ cells, local }, i) => { cells[local] = { image, cut: studio.cell(sheet, i) }; });
      } catch (error) { if (mine === turn) failed(error); return; }
      if (mine === turn) arrived();
    }
  };
  // The picture at i, or the nearest before it, or the nearest at all, that has come.
  const frame = i => {
    for (let k = Math.min(i, plan.length - 1); k >= 0; k--) if (at(k)) return at(k);
    return plan.map((_, k) => at(k)).find(Boolean) || null;
  };
  return {
    set, load, frame, lengths,
    has: i => Boolean(at(i)),
    get count() { return plan.length; },
    get loaded() { return plan.reduce((sum, { cells, local }) => sum + Boolean(cells[local]), 0); },
  };
};
// Playing them: a picture that has not come yet is waited for.
//   studio.journeyPlayer(frames, { at(), fps(), repeat(), playing(), go(at), tell(playing) }) → { play(), stop() }
studio.journeyPlayer = (frames, on) => {
  let clock = 0, running = false;
  const stop = () => { if (running) { running = false; on.tell(false); } };
  const tick = now => {
    if (!running || !on.playing()) return stop();
    const step = 1000 / on.fps();
    if (now - clock >= step) {
      clock = now - clock > 4 * step ? now : clock + step;
      const next = on.at() + 1 < frames.count ? on.at() + 1 : 0;
      if (!next && !on.repeat()) return stop();
      if (frames.has(next)) on.go(next);
    }
    requestAnimationFrame(tick);
  };
  const play = () => {
    if (running || frames.count < 2) return;
    if (on.at() >= frames.count - 1) on.go(0);
    running = true;
    on.tell(true);
    clock = performance.now();
    requestAnimationFrame(tick);
  };
  return { play, stop };
};

// Small pictures of the keyframes, each asked for once:
//   studio.journeyPictures(api, arrived) → { load(points), of(point), paint(canvas, point, pixelArt) }
studio.journeyPictures = (api, arrived) => {
  const { points } = studio, pictures = new Map();
  const load = studio.pump(async list => {
    const fresh = [...new Map(list.map(point => [points.key(point), point])).entries()].filter(([key]) => !pictures.has(key));
    if (!fresh.length) return;
    const sheet = await api.pictures({ points: fresh.map(([, point]) => point) }), image = await studio.decode(sheet.url);
    fresh.forEach(([key], i) => pictures.set(key, { image, cut: studio.cell(sheet, i) }));
    arrived();
  });
  const of = point => pictures.get(points.key(point));
  const paint = (canvas, point, pixelArt) => {
    const picture = of(point);
    if (picture) studio.paint(canvas, picture.image, pixelArt, picture.cut);
  };
  return { load, of, paint };
};
