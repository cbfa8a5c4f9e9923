// Drawing points by hand, with a mouse, a finger or the keys. studio.drawPoints(canvas, view, {most, points, active, changed, done}).
studio.drawPoints = (canvas, view, { most, points, active, changed, done }) => {
  const APART = 0.03, KEYS = { ArrowLeft: [-0.05, 0], ArrowRight: [0.05, 0], ArrowUp: [0, 0.05], ArrowDown: [0, -0.05] };
  let down = false, last = null, at = [0, 0];

  const inside = place => place.map(v => Math.max(-1, Math.min(1, Math.round(v * 1000) / 1000)));
  const add = place => {
    if (points().length >= most) return;
    if (last && Math.hypot(place[0] - last[0], place[1] - last[1]) < APART) return;
    last = inside(place);
    points().push(last);
    changed();
  };
  canvas.addEventListener("pointerdown", event => {
    if (!active() || event.button) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    down = true;
    last = null;
    add(view.place(event));
  });
  canvas.addEventListener("pointermove", event => { if (down) add(view.place(event)); });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { if (down) { down = false; done(); } });
  canvas.addEventListener("keydown", event => {
    if (!active()) return;
    if (KEYS[event.key]) {
      at = inside([at[0] + KEYS[event.key][0], at[1] + KEYS[event.key][1]]);
      view.set({ cursor: at });
    } else if (event.key === " " || event.key === "Enter") {
      last = null;
      add(at);
      done();
    } else return;
    event.preventDefault();
  });
  canvas.addEventListener("focus", () => { if (active() && canvas.matches(":focus-visible")) view.set({ cursor: at }); });
  canvas.addEventListener("blur", () => view.set({ cursor: null }));
};
