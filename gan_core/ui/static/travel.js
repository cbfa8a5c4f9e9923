// Travelling: the picture itself is the control. Drag, arrow keys and a gamepad's stick move over a plane (of seeds, see
// plane.js, or of two sliders); wheel and pinch change how typical it is. One gesture is one step of undo.
studio.travel = (canvas, { settle }) => {
  const { store, plane } = studio;
  const CELLS = 2, STEP = 1 / 8, FINE = 1 / 4, REACH = 3, HIGHEST = 1.2, REST = 0.02; // CELLS: cells of the plane across the picture
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const stage = canvas.closest(".stage"), hint = stage.querySelector(".hint");
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const round = value => Number(value.toFixed(2));

  // ---- what is travelled on: begin() finds where the point is, go() moves, point() is the point there
  const choice = () => { try { return JSON.parse(studio.kept("travel")) || {}; } catch { return {}; } };
  const axes = () => {
    const names = (studio.directions?.now(store.model) || []).map(slider => slider.name), { across, up } = choice();
    const first = names.includes(across) || !names.length ? across || "d0" : names[0];
    return [first, names.includes(up) || !names.length ? up || "d1" : names.find(name => name !== first) || first];
  };
  const seeds = {
    async begin(point) {
      const place = { ...plane.find(point) };
      if (!plane.deep(place)) return place;
      const { label, ...found } = await settle({ ...place.anchor, label: point.label ?? undefined, model: point.model });
      const start = plane.startOf(found), chosen = label !== undefined && (point.label ?? undefined) === undefined;
      return { ...place, anchor: chosen ? { mix: { points: [{ ...start, label }], weights: [1] } } : start };
    },
    go: (place, right, down) => Object.assign(place, { x: place.x + right, y: place.y + down }),
    // Close to the anchor the picture is the anchor's to the eye already; so it may as well be exactly that.
    point: (place, point) => plane.at(Math.hypot(place.x, place.y) < REST ? { ...place, x: 0, y: 0 } : place, point),
    keep: (place, point) => plane.remember(point, place),
    drag: -1, // the hand holds the plane, so what lies to the right comes when it moves to the left
  };
  const sliders = {
    async begin(point) {
      await studio.directions?.(store.model);
      const names = axes(), value = name => (point.moves || []).find(move => move[0] === name && move.length === 2)?.[1] || 0;
      return { names, x: value(names[0]) / REACH, y: -value(names[1]) / REACH };
    },
    go: (place, right, down) => Object.assign(place, { x: clamp(place.x + right, -1, 1), y: clamp(place.y + down, -1, 1) }),
    point({ names, x, y }, point) {
      const others = (point.moves || []).filter(move => move.length > 2 || !names.includes(move[0]));
      const moved = [[names[0], round(x * REACH)], [names[1], round(-y * REACH)]].filter(([, amount]) => amount);
      return { ...point, moves: [...others, ...moved] };
    },
    drag: 1,
  };

  // ---- a gesture: from the first movement to the commit
  let gesture = null, mine = null;
  const show = point => { mine = point; store.set(point, { commit: false }); };
  const ground = () => (choice().by === "sliders" ? sliders : seeds);
  const begin = () => {
    if (gesture && mine === store.point) return gesture;
    mine = store.point;
    const now = gesture = { ground: ground(), place: null, waiting: [0, 0], moved: false, ended: false };
    now.ground.begin(store.point).then(place => {
      now.place = place;
      if (now.moved && gesture === now && mine === store.point) go(now, ...now.waiting);
    }).catch(error => { if (gesture === now) gesture = null; studio.toast(error.message, "bad"); });
    return now;
  };
  const go = (now, right, down) => {
    now.moved = true;
    if (!now.place) { now.waiting = [now.waiting[0] + right, now.waiting[1] + down]; return; }
    now.ground.go(now.place, right, down);
    show(now.ground.point(now.place, store.point));
    if (now.ended) commit();
  };
  const travel = (right, down) => { if (store.point) go(begin(), right, down); };
  const commit = () => {
    if (gesture?.moved && !gesture.place) { gesture.ended = true; return; } // commits once the place is known
    const { ground, place } = gesture || {}, changed = store.moving && mine === store.point;
    gesture = null;
    if (!changed) return;
    if (place) ground.keep?.(place, store.point);
    store.set(store.point);
    studio.keep("travelled", "1");
    hint.hidden = true;
  };
  const home = async () => {
    if (!store.point) return;
    stopGlide();
    commit();
    try {
      const on = ground(), place = await on.begin(store.point);
      store.set(on.point(Object.assign(place, { x: 0, y: 0 }), store.point));
    } catch (error) { studio.toast(error.message, "bad"); }
  };

  // ---- how typical: wheel and pinch
  const commitLater = studio.later(350, commit);
  const typical = value => {
    const truncation = round(clamp(value, 0, HIGHEST));
    if (store.point && truncation !== (store.point.truncation ?? 1)) show({ ...store.point, truncation });
  };
  let exact = 1, elsewhere = -Infinity; // a page that is being scrolled goes on scrolling when the picture comes under the pointer
  addEventListener("wheel", event => { if (!canvas.contains(event.target)) elsewhere = event.timeStamp; }, { passive: true });
  canvas.addEventListener("wheel", event => {
    if (event.timeStamp - elsewhere < 400) { elsewhere = event.timeStamp; return; }
    event.preventDefault();
    stopGlide();
    const pixels = clamp(event.deltaMode ? event.deltaY * 33 : event.deltaY, -100, 100), now = store.point?.truncation ?? 1;
    exact = clamp((round(exact) === now ? exact : now) - pixels * (event.ctrlKey ? 0.005 : 0.0005), 0, HIGHEST);
    typical(exact);
    commitLater();
  }, { passive: false });

  // ---- the hand: one pointer drags, two pinch, a throw glides on
  const pointers = new Map();
  let pinch = null, speed = [0, 0], last = 0, gliding = 0;
  const apart = () => { const [a, b] = [...pointers.values()]; return Math.hypot(a.x - b.x, a.y - b.y) || 1; };
  canvas.addEventListener("pointerdown", event => {
    if (event.button || !store.point) return;
    stopGlide();
    if (!pointers.size) commit();
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    canvas.setPointerCapture(event.pointerId);
    canvas.classList.add("held");
    if (pointers.size === 2) pinch = { apart: apart(), truncation: store.point.truncation ?? 1 };
    [speed, last] = [[0, 0], event.timeStamp];
  });
  canvas.addEventListener("pointermove", event => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const cells = CELLS / canvas.clientWidth * (event.shiftKey ? FINE : 1), away = [(event.clientX - before.x) * cells, (event.clientY - before.y) * cells];
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pinch) { if (pointers.size === 2) typical(pinch.truncation + Math.log2(apart() / pinch.apart) / 2); return; }
    if (!away[0] && !away[1]) return;
    const hand = begin(), time = Math.max(1, event.timeStamp - last), share = Math.min(1, time / 60);
    speed = speed.map((value, k) => value + share * (away[k] / time - value));
    last = event.timeStamp;
    go(hand, ...away.map(value => value * hand.ground.drag));
  });
  const release = event => {
    if (!pointers.delete(event.pointerId) || pointers.size) return;
    canvas.classList.remove("held");
    const thrown = !pinch && !still.matches && event.type === "pointerup" && event.timeStamp - last < 80 && Math.hypot(...speed) > 0.0005;
    pinch = null;
    if (thrown && gesture?.place) glide(); else commit();
  };
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, release);
  const glide = () => {
    let before = performance.now();
    const frame = now => {
      const time = Math.min(50, now - before), slow = Math.exp(-time / 180);
      before = now;
      speed = speed.map(value => value * slow);
      if (!gesture || mine !== store.point || Math.hypot(...speed) < 0.00008) { gliding = 0; return commit(); }
      go(gesture, ...speed.map(value => value * time * gesture.ground.drag));
      gliding = requestAnimationFrame(frame);
    };
    gliding = requestAnimationFrame(frame);
  };
  const stopGlide = () => { cancelAnimationFrame(gliding); gliding = 0; };

  // ---- the keyboard: a key that is held down is one gesture
  const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  studio.keys.tell("explore", "← / ↑ / → / ↓", "keys.travel");
  studio.keys.tell("explore", "Shift+←", "keys.travel_fine");
  studio.keys.tell("explore", "Home", "keys.home");
  canvas.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = ARROWS[event.key];
    if (!way && event.key !== "Home") return;
    event.preventDefault();
    stopGlide();
    if (way) travel(...way.map(value => value * STEP * (event.shiftKey ? FINE : 1))); else home();
  });
  canvas.addEventListener("keyup", event => { if (ARROWS[event.key]) commit(); });
  canvas.addEventListener("blur", () => { if (!pointers.size && !gliding) commit(); });

  studio.travelPad(travel, commit);
  hint.textContent = studio.t(matchMedia("(pointer: coarse)").matches ? "travel.hint_touch" : "travel.hint");
  hint.hidden = Boolean(studio.kept("travelled"));
  studio.travelMenu(stage.querySelector("[data-act=travel]"), { choice, axes, home });
};

// The left stick of a gamepad, read in each frame while one is connected.
studio.travelPad = (travel, commit) => {
  const DEAD = 0.15, SPEED = 0.0012; // cells a millisecond at full tilt
  let running = false, before = 0, tilted = false;
  const pads = () => [...(navigator.getGamepads?.() || [])].filter(Boolean);
  const tilt = value => (Math.abs(value) < DEAD ? 0 : (Math.abs(value) - DEAD) / (1 - DEAD) * Math.sign(value));
  const frame = now => {
    const found = pads(), time = Math.min(50, now - before);
    before = now;
    if (!found.length) { running = false; if (tilted) commit(); tilted = false; return; }
    const way = found.map(({ axes }) => [tilt(axes[0] || 0), tilt(axes[1] || 0)]).find(([x, y]) => x || y);
    if (way && studio.current() === "explore") travel(...way.map(value => value * SPEED * time));
    else if (tilted) commit();
    tilted = Boolean(way);
    requestAnimationFrame(frame);
  };
  addEventListener("gamepadconnected", () => {
    if (running) return;
    [running, before] = [true, performance.now()];
    requestAnimationFrame(frame);
  });
};

// The button under the picture that says what dragging does.
studio.travelMenu = (button, { choice, axes, home }) => {
  const { t, make, store } = studio;
  const choose = fields => studio.keep("travel", JSON.stringify({ ...choice(), ...fields }));

  const select = (key, list, chosen, change) => {
    const box = make("label", "axis", t(key)), field = make("select");
    field.append(...list.map(slider => Object.assign(make("option", "", slider.text), { value: slider.name })));
    field.value = chosen;
    field.addEventListener("change", () => change(field.value));
    box.append(field);
    return box;
  };
  const fill = async box => {
    const list = (await studio.directions?.(store.model).catch(() => [])) || [], two = choice().by === "sliders" && list.length > 1;
    const ways = make("div", "segments");
    ways.setAttribute("role", "radiogroup");
    ways.setAttribute("aria-label", t("travel.by"));
    for (const by of ["seeds", "sliders"]) {
      const way = make("button", "", t(`travel.${by}`));
      way.setAttribute("role", "radio");
      way.setAttribute("aria-checked", String((by === "sliders") === two));
      way.disabled = by === "sliders" && list.length < 2;
      way.addEventListener("click", async () => {
        choose({ by });
        await fill(box);
        studio.closePopup();
        studio.popup(button, box); // anew, because it has another height now
        box.querySelector("[aria-checked=true]").focus();
      });
      ways.append(way);
    }
    const [across, up] = axes();
    const back = make("button", "back", t("travel.home"));
    back.append(make("kbd", "", "Home"));
    back.addEventListener("click", () => { studio.closePopup(); home(); });
    const swap = async fields => { choose(fields); await fill(box); };
    box.replaceChildren(make("h3", "", t("travel.by")), ways, ...(two ? [
      select("travel.across", list, across, name => swap({ across: name, up: name === up ? across : up })),
      select("travel.up", list, up, name => swap({ up: name, across: name === across ? up : across })),
    ] : []), back, make("p", "soft", t("travel.help")));
  };
  button.addEventListener("click", async () => {
    const box = make("div", "travel-menu");
    await fill(box);
    studio.popup(button, box);
  });
};
