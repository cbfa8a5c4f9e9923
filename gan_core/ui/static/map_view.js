// The canvas of the map: draws thumbnails from one sheet, moves and zooms, and says what lies under the pointer.
//   studio.mapView(canvas, { hover(place | null), choose(place), toggle(index), lasso(indices) }) -> view
// A place is { x, y, near: [[index, weight]…] }: one entry on a picture, up to four between pictures, weights adding up to 1.
studio.mapView = (canvas, on) => {
  const MOST_ZOOM = 8, EDGE = 14, LARGEST = 144, STEP = 14;
  const context = canvas.getContext("2d"), still = matchMedia("(prefers-reduced-motion: reduce)");
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  let data = null, levels = [], colours = {}, camera = { x: 0.5, y: 0.5, zoom: 1 }, goal = null, frame = 0;
  const view = { shown: () => true, regions: [new Set(), new Set()], mark: null, region: null };
  let cursor = null, lasso = null, under = null;

  // ---- places: map coordinates 0–1 <-> pixels of the page
  const room = () => [Math.max(canvas.clientWidth - 2 * EDGE, 1), Math.max(canvas.clientHeight - 2 * EDGE, 1)];
  const inset = () => side(1) / 2; // so that the outermost pictures are whole
  const span = () => room().map(length => Math.max(length - 2 * inset(), 1));
  const side = (zoom = camera.zoom) => {
    const [width, height] = room();
    return clamp(0.98 * Math.sqrt(width * height / Math.max(data?.positions.length || 1, 16)) * zoom ** 0.8, 5, LARGEST);
  };
  const toPage = ([x, y]) => {
    const [width, height] = span();
    return [(x - camera.x) * width * camera.zoom + canvas.clientWidth / 2, (y - camera.y) * height * camera.zoom + canvas.clientHeight / 2];
  };
  const toMap = ([left, top]) => {
    const [width, height] = span();
    return [(left - canvas.clientWidth / 2) / (width * camera.zoom) + camera.x, (top - canvas.clientHeight / 2) / (height * camera.zoom) + camera.y];
  };
  const keepInside = () => { // the outermost pictures stay whole when they are large
    span().forEach((length, i) => {
      const reach = 0.5 - 0.5 / camera.zoom + (side() / 2 - inset()) / (length * camera.zoom), axis = "xy"[i];
      camera[axis] = clamp(camera[axis], 0.5 - reach, 0.5 + reach);
    });
  };

  // What lies at a spot of the page. Between pictures, weights fall to 0 at the fifth nearest (Franke & Nielson 1980), so nothing jumps.
  const placeAt = spot => {
    const near = data.positions.map((position, i) => {
      const [left, top] = toPage(position);
      return [i, Math.hypot(left - spot[0], top - spot[1])];
    }).filter(([i]) => view.shown(i)).sort((a, b) => a[1] - b[1]).slice(0, 5);
    if (!near.length) return null;
    const [x, y] = toMap(spot);
    if (near[0][1] < 0.34 * side() || near.length < 3) return { x: data.positions[near[0][0]][0], y: data.positions[near[0][0]][1], near: [[near[0][0], 1]] };
    const reach = near.at(-1)[1] * 1.001, shares = near.slice(0, 4).map(([i, distance]) => [i, ((reach - distance) / (reach * distance)) ** 2]);
    const total = shares.reduce((sum, share) => sum + share[1], 0);
    const rounded = shares.map(([i, share]) => [i, Number((share / total).toFixed(4))]).filter(share => share[1] > 0);
    rounded[0][1] = Number((1 - rounded.slice(1).reduce((sum, share) => sum + share[1], 0)).toFixed(4));
    return { x, y, near: rounded };
  };

  // ---- drawing
  const readColours = () => {
    const style = getComputedStyle(canvas);
    for (const name of ["accent", "warm", "ink", "card", "sunken"]) colours[name] = style.getPropertyValue(`--${name}`).trim();
  };
  // The sheet at full, half and quarter size: small thumbnails are drawn from what is nearest in size.
  const shrink = image => {
    levels = [{ image, scale: 1 }];
    while (data.sheet.width * levels.at(-1).scale > 16) {
      const scale = levels.at(-1).scale / 2, small = document.createElement("canvas"), from = levels.at(-1).image;
      small.width = Math.round(image.naturalWidth * scale);
      small.height = Math.round(image.naturalHeight * scale);
      const pen = small.getContext("2d");
      pen.imageSmoothingQuality = "high";
      pen.drawImage(from, 0, 0, small.width, small.height);
      levels.push({ image: small, scale });
    }
  };
  const draw = () => {
    frame = 0;
    if (goal) glide();
    const dots = devicePixelRatio || 1, width = Math.round(canvas.clientWidth * dots), height = Math.round(canvas.clientHeight * dots);
    if (!width || !height) return;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    if (data) drawPictures(dots);
    context.setTransform(dots, 0, 0, dots, 0, 0);
    if (data) drawSigns();
    canvas.dataset.camera = JSON.stringify([camera.x, camera.y, camera.zoom].map(value => Number(value.toFixed(4))));
    if (goal) redraw();
  };
  const redraw = () => { frame ||= requestAnimationFrame(draw); };
  const thumbSide = dots => { // in the screen's own pixels; pixel art only at whole multiples of its own size
    const wanted = side() * dots, own = data.sheet.width;
    return data.pixelArt && wanted >= own ? Math.floor(wanted / own) * own : Math.round(wanted);
  };
  const drawPictures = dots => {
    const size = thumbSide(dots), level = levels.findLast(({ scale }) => data.sheet.width * scale >= size) || levels[0];
    context.imageSmoothingEnabled = !(data.pixelArt && size >= data.sheet.width);
    context.imageSmoothingQuality = "high";
    const frameWidth = data.labels.length ? Math.max(1, Math.round(size / 20)) : 0;
    data.positions.forEach((position, i) => {
      const [x, y] = toPage(position), left = Math.round(x * dots - size / 2), top = Math.round(y * dots - size / 2);
      if (left > canvas.width || top > canvas.height || left < -size || top < -size) return;
      context.globalAlpha = view.shown(i) ? 1 : 0.08;
      if (frameWidth) {
        context.fillStyle = data.colours[data.labels[i]];
        context.fillRect(left - frameWidth, top - frameWidth, size + 2 * frameWidth, size + 2 * frameWidth);
      }
      const cut = studio.cell(data.sheet, i).map(value => value * level.scale);
      context.drawImage(level.image, ...cut, left, top, size, size);
    });
    context.globalAlpha = 1;
  };
  const ring = (i, colour, width, veil = 0) => {
    const [x, y] = toPage(data.positions[i]), half = thumbSide(devicePixelRatio || 1) / (devicePixelRatio || 1) / 2;
    context.globalAlpha = veil;
    context.fillStyle = colour;
    context.fillRect(x - half, y - half, 2 * half, 2 * half);
    context.globalAlpha = 1;
    for (const [ink, line] of half > 16 || !veil ? [[colours.card, width + 2], [colour, width]] : []) { // small ones lie too close for frames
      context.strokeStyle = ink;
      context.lineWidth = line;
      context.strokeRect(x - half - 1, y - half - 1, 2 * half + 2, 2 * half + 2);
    }
  };
  const drawSigns = () => {
    view.regions.forEach((region, r) => { for (const i of region) ring(i, r ? colours.warm : colours.accent, 3, 0.3); });
    if (under && view.region !== null && !lasso) ring(nearest(under), view.region ? colours.warm : colours.accent, 2);
    else if (under?.near.length === 1) ring(under.near[0][0], colours.ink, 2);
    if (view.mark) dot(toPage(view.mark), colours.accent, 6);
    if (cursor) cross(toPage(cursor)); else if (under?.near.length > 1 && view.region === null) cross(toPage([under.x, under.y]));
    if (lasso?.length > 1) {
      const ink = view.region ? colours.warm : colours.accent;
      context.beginPath();
      lasso.forEach(([x, y]) => context.lineTo(x, y));
      context.closePath();
      context.fillStyle = ink;
      context.globalAlpha = 0.16;
      context.fill();
      context.globalAlpha = 1;
      context.strokeStyle = ink;
      context.lineWidth = 2;
      context.stroke();
    }
  };
  const dot = ([x, y], colour, radius) => {
    for (const [ink, size] of [[colours.card, radius + 3], [colour, radius]]) {
      context.fillStyle = ink;
      context.beginPath();
      context.arc(x, y, size, 0, 2 * Math.PI);
      context.fill();
    }
  };
  const cross = ([x, y]) => {
    for (const [ink, width] of [[colours.card, 4], [colours.ink, 1.5]]) {
      context.strokeStyle = ink;
      context.lineWidth = width;
      context.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) { context.moveTo(x + 4 * dx, y + 4 * dy); context.lineTo(x + 11 * dx, y + 11 * dy); }
      context.stroke();
    }
  };

  // ---- moving: at once under the hand, gliding for wheel and buttons
  const zoomAround = (spot, factor) => {
    const before = goal || { zoom: camera.zoom };
    goal = { spot, held: toMap(spot), zoom: clamp(before.zoom * factor, 1, MOST_ZOOM) };
    if (still.matches) camera.zoom = goal.zoom;
    redraw();
  };
  const anchor = (spot, held) => { // puts a place of the map under a spot of the page
    const now = toMap(spot);
    camera.x += held[0] - now[0];
    camera.y += held[1] - now[1];
    keepInside();
  };
  const glide = () => {
    const ratio = goal.zoom / camera.zoom, near = Math.abs(ratio - 1) < 0.004;
    camera.zoom = near ? goal.zoom : camera.zoom * ratio ** 0.28;
    if (goal.centre) { camera.x += (goal.centre[0] - camera.x) * (near ? 1 : 0.28); camera.y += (goal.centre[1] - camera.y) * (near ? 1 : 0.28); keepInside(); } else anchor(goal.spot, goal.held);
    if (near) goal = null;
  };
  const goTo = (centre, zoom) => {
    goal = { centre, zoom };
    if (still.matches) camera.zoom = zoom;
    redraw();
  };

  // ---- pointers: a mouse looks, drags and turns its wheel; one finger looks, two move
  const pointers = new Map();
  let press = null, pinch = null;
  const spotOf = event => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const look = spot => {
    under = spot && data ? placeAt(spot) : null;
    if (view.region === null) on.hover(under);
    redraw();
  };
  const middle = () => {
    const [a, b] = [...pointers.values()];
    return { spot: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], apart: Math.max(10, Math.hypot(a[0] - b[0], a[1] - b[1])) };
  };
  canvas.addEventListener("pointerdown", event => {
    if (!data || event.button > 1) return;
    canvas.setPointerCapture(event.pointerId);
    const spot = spotOf(event);
    pointers.set(event.pointerId, spot);
    [cursor, goal] = [null, null];
    if (pointers.size === 2) {
      [press, lasso] = [null, null];
      look(null);
      pinch = { ...middle(), held: toMap(middle().spot), zoom: camera.zoom };
    } else if (pointers.size === 1) {
      const pan = event.pointerType !== "touch" && (view.region === null || event.button === 1 || event.shiftKey);
      press = { spot, held: toMap(spot), pan, moved: false, touch: event.pointerType === "touch" };
      if (press.touch && view.region === null) look(spot);
    }
  });
  canvas.addEventListener("pointermove", event => {
    if (!data) return;
    const spot = spotOf(event);
    if (pointers.has(event.pointerId)) pointers.set(event.pointerId, spot);
    if (pointers.size === 2 && pinch) {
      const now = middle();
      camera.zoom = clamp(pinch.zoom * now.apart / pinch.apart, 1, MOST_ZOOM);
      anchor(now.spot, pinch.held);
      return redraw();
    }
    if (!press) { if (event.pointerType !== "touch") { cursor = null; look(spot); } return; }
    if (Math.hypot(spot[0] - press.spot[0], spot[1] - press.spot[1]) > (press.touch ? 9 : 4)) press.moved = true;
    if (press.pan) {
      if (!press.moved) return;
      canvas.classList.add("dragged");
      if (under) look(null);
      anchor(spot, press.held);
      redraw();
    } else if (view.region !== null) {
      lasso = lasso || [press.spot];
      lasso.push(spot);
      redraw();
    } else look(spot);
  });
  const inside = ([x, y], ring) => ring.reduce((is, [bx, by], i) => {
    const [ax, ay] = ring.at(i - 1);
    return (ay > y) !== (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax ? !is : is;
  }, false);
  const release = (event, cancelled) => {
    if (!pointers.delete(event.pointerId)) return;
    canvas.classList.remove("dragged");
    const ended = press, drawn = lasso;
    if (pointers.size) return;
    [press, pinch, lasso] = [null, null, null];
    if (!ended || cancelled) { look(null); return; }
    const place = placeAt(spotOf(event));
    if (view.region !== null && ended.moved && drawn) {
      on.lasso(data.positions.flatMap((position, i) => (view.shown(i) && inside(toPage(position), drawn) ? [i] : [])));
    } else if (!ended.moved && place) pick(place);
    if (ended.touch) look(null); else look(spotOf(event));
  };
  const nearest = place => place.near.reduce((best, share) => (share[1] > best[1] ? share : best))[0];
  const pick = place => { if (view.region === null) on.choose(place); else on.toggle(nearest(place)); redraw(); };
  canvas.addEventListener("pointerup", event => release(event, false));
  canvas.addEventListener("pointercancel", event => release(event, true));
  canvas.addEventListener("pointerleave", () => { if (!pointers.size && !cursor) look(null); });
  canvas.addEventListener("wheel", event => {
    if (!data) return;
    event.preventDefault();
    const lines = event.deltaMode ? 33 : 1;
    zoomAround(spotOf(event), Math.exp(-clamp(event.deltaY * lines, -240, 240) * (event.ctrlKey ? 0.01 : 0.0022)));
  }, { passive: false });

  // ---- keys: a crosshair that the arrows move
  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", event => {
    if (!data || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = KEYS[event.key], centre = [canvas.clientWidth / 2, canvas.clientHeight / 2];
    if (step) {
      const from = cursor ? toPage(cursor) : view.mark ? toPage(view.mark) : centre, far = event.shiftKey ? STEP * 4 : STEP;
      const spot = [clamp(from[0] + step[0] * far, 0, canvas.clientWidth), clamp(from[1] + step[1] * far, 0, canvas.clientHeight)];
      cursor = toMap(spot);
      const [x, y] = spot.map((value, i) => clamp(value, EDGE * 2, [canvas.clientWidth, canvas.clientHeight][i] - EDGE * 2));
      if (x !== spot[0] || y !== spot[1]) anchor([x, y], cursor);
      look(toPage(cursor));
    } else if ((event.key === "Enter" || event.key === " ") && cursor) pick(placeAt(toPage(cursor)));
    else if (event.key === "+" || event.key === "=") zoomAround(cursor ? toPage(cursor) : centre, 1.5);
    else if (event.key === "-") zoomAround(cursor ? toPage(cursor) : centre, 1 / 1.5);
    else if (event.key === "0" || event.key === "Home") goTo([0.5, 0.5], 1);
    else if (event.key === "Escape" && cursor) { cursor = null; look(null); event.stopPropagation(); } else return;
    event.preventDefault();
  });
  canvas.addEventListener("blur", () => { if (cursor) { cursor = null; look(null); } });
  new ResizeObserver(redraw).observe(canvas);
  addEventListener("studio:theme", () => { readColours(); redraw(); });

  return Object.assign(view, {
    redraw,
    // data: { positions, sheet, labels, colours (by label), pixelArt }, image: the sheet's decoded picture; null empties the map
    set(next, image) {
      [data, camera, goal, cursor, under, lasso] = [next, { x: 0.5, y: 0.5, zoom: 1 }, null, null, null, null];
      if (data) { readColours(); shrink(image); }
      redraw();
    },
    zoom: factor => zoomAround([canvas.clientWidth / 2, canvas.clientHeight / 2], factor),
    fit: () => goTo([0.5, 0.5], 1),
    visit: place => goTo(place, Math.max(camera.zoom, 4)),
    spot: i => toPage(data.positions[i]),
  });
};
