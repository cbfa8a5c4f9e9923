// The line of time: a small picture for each keyframe, and between them how long and in which manner the way there is.
//   studio.journeyTimeline(strip, { choose(i), move(from, to), remove(i), seconds(i, value, done), easing(i, name), paint(canvas, point) })
//   → { draw(state, selected), tell(segment, share) }
studio.journeyTimeline = (strip, on) => {
  const { t, make } = studio;
  const EASINGS = { linear: "M4 20 20 4", smooth: "M4 20C12 20 12 4 20 4", slow_start: "M4 20C14 20 20 14 20 4", slow_end: "M4 20C4 10 10 4 20 4", hold: "M4 20H20V4" };
  const curve = name => `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="${EASINGS[name]}"/></svg>`;
  const PER_SECOND = 60, LEAST = 0.1, MOST = 60; // pixels of a drag
  const round = value => Math.round(Math.min(MOST, Math.max(LEAST, value)) * 10) / 10;
  let state = null, dragging = false, stretching = false, dropped = false;

  const tellSeconds = (box, value) => { // with the unit where there is room for it
    box.querySelector("input").value = box.clientWidth > 66 ? t("journey.seconds", { n: value.toFixed(1) }) : value.toFixed(1);
  };
  const keyframe = ({ point }, i, selected) => {
    const button = make("button", "keyframe");
    button.setAttribute("role", "option");
    button.setAttribute("aria-selected", String(selected));
    button.tabIndex = selected ? 0 : -1;
    button.dataset.place = i;
    button.title = t("journey.number", { n: i + 1, total: state.keyframes.length });
    button.setAttribute("aria-label", `${button.title}, ${studio.points.title(point)}`);
    const canvas = make("canvas");
    canvas.width = canvas.height = 64;
    button.append(canvas, make("span", "number", String(i + 1)));
    button.addEventListener("click", () => { if (!dropped) on.choose(i); });
    button.addEventListener("pointerdown", event => drag(event, button, i));
    return button;
  };
  const way = ({ seconds, easing }, i) => {
    const box = make("div", "way");
    box.dataset.way = i;
    box.style.setProperty("--seconds", seconds);
    box.innerHTML = `<button class="ease">${curve(easing)}</button><div class="line"><i></i></div><input type="text" inputmode="decimal">`;
    const [ease, line, input] = [box.querySelector(".ease"), box.querySelector(".line"), box.querySelector("input")];
    box.addEventListener("click", event => { if (event.target === box) on.choose(i); });
    ease.title = `${t("journey.easing")}: ${t(`journey.${easing}`)}`;
    ease.setAttribute("aria-label", ease.title);
    ease.addEventListener("click", () => studio.menu(ease, Object.keys(EASINGS).map(name => ({ text: t(`journey.${name}`), act: () => on.easing(i, name) }))));
    line.title = t("journey.stretch");
    line.addEventListener("pointerdown", event => stretch(event, line, box, i));
    input.setAttribute("aria-label", `${t("journey.to_next")}, ${t("journey.number", { n: i + 1, total: state.keyframes.length })}`);
    input.addEventListener("focus", () => { input.value = seconds.toFixed(1); input.select(); });
    input.addEventListener("blur", () => tellSeconds(box, seconds));
    input.addEventListener("change", () => { const value = parseFloat(input.value.replace(",", ".")); if (value >= 0) on.seconds(i, round(value), true); });
    input.addEventListener("keydown", event => {
      const step = { ArrowUp: 0.1, ArrowDown: -0.1 }[event.key];
      if (step) { event.preventDefault(); on.seconds(i, round(seconds + step), true); }
      if (event.key === "Enter") input.blur();
    });
    return box;
  };

  // ---- dragging a keyframe to another place; a finger scrolls the line unless it takes the chosen one
  const drag = (event, button, from) => {
    if (event.button || (event.pointerType === "touch" && button.getAttribute("aria-selected") !== "true")) return;
    button.setPointerCapture(event.pointerId);
    const startX = event.clientX, scrolled = strip.scrollLeft;
    let to = from;
    const others = () => [...strip.querySelectorAll(".keyframe")].filter(other => other !== button);
    const move = event => {
      const x = event.clientX - startX + strip.scrollLeft - scrolled;
      if (!dragging && Math.abs(x) < 7) return;
      if (!dragging) { dragging = true; button.classList.add("dragged"); }
      button.style.transform = `translateX(${x}px)`;
      const box = strip.getBoundingClientRect();
      if (event.clientX > box.right - 30) strip.scrollLeft += 8;
      if (event.clientX < box.left + 30) strip.scrollLeft -= 8;
      to = others().filter(other => other.getBoundingClientRect().left + other.offsetWidth / 2 < event.clientX).length;
      others().forEach((other, place) => other.classList.toggle("goes-before", place === to && to !== from));
      others().at(-1)?.classList.toggle("goes-after", to === others().length && to !== from);
    };
    const end = event => {
      for (const [name, work] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) button.removeEventListener(name, work);
      button.classList.remove("dragged");
      button.style.transform = "";
      others().forEach(other => other.classList.remove("goes-before", "goes-after"));
      [dropped, dragging] = [dragging, false];
      if (dropped && to !== from && event.type === "pointerup") on.move(from, to);
      setTimeout(() => { dropped = false; }); // the click that follows is part of the drag
    };
    for (const [name, work] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) button.addEventListener(name, work);
  };
  // ---- dragging the line between two keyframes makes the way longer or shorter
  const stretch = (event, line, box, i) => {
    if (event.button) return;
    event.preventDefault();
    line.setPointerCapture(event.pointerId);
    stretching = true;
    const startX = event.clientX, before = state.keyframes[i].seconds;
    let value = before;
    const move = event => {
      value = round(before + (event.clientX - startX) / PER_SECOND);
      box.style.setProperty("--seconds", value);
      tellSeconds(box, value);
      on.seconds(i, value, false);
    };
    const end = () => {
      for (const [name, work] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) line.removeEventListener(name, work);
      stretching = false;
      on.seconds(i, value, true);
    };
    for (const [name, work] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) line.addEventListener(name, work);
  };
  studio.keys.tell("journey", "← / →", "keys.frames");
  studio.keys.tell("journey", "Shift+← / Shift+→", "keys.frames_move");
  studio.keys.tell("journey", "Delete", "keys.frames_remove");
  strip.addEventListener("keydown", event => {
    const button = event.target.closest(".keyframe"), step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!button || event.ctrlKey || event.metaKey) return;
    const place = Number(button.dataset.place), last = state.keyframes.length - 1;
    const to = event.key === "Home" ? 0 : event.key === "End" ? last : step ? Math.min(last, Math.max(0, place + step)) : null;
    if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); on.remove(place); }
    if (to === null) return;
    event.preventDefault();
    if (event.altKey || event.shiftKey) { if (to !== place) on.move(place, to); } else on.choose(to);
  });

  const draw = (next, selected) => {
    const held = document.activeElement, inside = strip.contains(held);
    const again = !inside ? null : held.matches(".keyframe") ? `.keyframe[data-place="${selected}"]` : `[data-way="${held.closest(".way")?.dataset.way}"] ${held.matches("input") ? "input" : ".ease"}`;
    state = next;
    const ways = state.keyframes.length - (state.closed && state.keyframes.length > 1 ? 0 : 1);
    strip.replaceChildren(...state.keyframes.flatMap((entry, i) => [keyframe(entry, i, i === selected), ...(i < ways ? [way(entry, i)] : [])]));
    if (ways && ways === state.keyframes.length) {
      const home = make("span", "home");
      home.innerHTML = studio.icon("loop");
      home.title = t("journey.closed");
      strip.append(home);
    }
    strip.hidden = !state.keyframes.length;
    for (const box of strip.querySelectorAll(".way")) tellSeconds(box, state.keyframes[box.dataset.way].seconds);
    if (again) strip.querySelector(again)?.focus({ preventScroll: true });
    repaint();
  };
  const repaint = () => strip.querySelectorAll(".keyframe canvas").forEach((canvas, i) => on.paint(canvas, state.keyframes[i].point));
  const reveal = selected => {
    const button = strip.querySelector(`.keyframe[data-place="${selected}"]`);
    if (!button) return;
    const left = button.offsetLeft - strip.offsetLeft, right = left + button.offsetWidth;
    if (left < strip.scrollLeft + 12) strip.scrollLeft = left - 48;
    else if (right > strip.scrollLeft + strip.clientWidth - 12) strip.scrollLeft = right - strip.clientWidth + 48;
  };
  // Where the picture that is shown lies: in which way, and how far along it.
  const tell = (segment, share) => {
    for (const box of strip.querySelectorAll(".way")) {
      const number = Number(box.dataset.way);
      box.querySelector(".line i").style.width = `${number < segment ? 100 : number > segment ? 0 : 100 * share}%`;
    }
  };
  return { draw, repaint, reveal, tell, curve, easings: Object.keys(EASINGS), get busy() { return dragging || stretching; } };
};
