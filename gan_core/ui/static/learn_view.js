// A playground drawn: the cloud, samples, heat map, arrows and the bent lattice. studio.playView(canvas) -> {set({data, frame, layers}), draw()}.
studio.playView = canvas => {
  const EDGE = 1.25, HEAT = 40, LINES = 17;
  const context = canvas.getContext("2d");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const heat = Object.assign(document.createElement("canvas"), { width: HEAT, height: HEAT });
  let data = [], layers = {}, now = null, before = null, arrived = 0, pace = 80, waiting = 0, cursor = null;

  const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const numbers = text => Float32Array.from(new Int16Array(bytes(text).buffer), n => n / 10000);
  const read = frame => ({
    step: frame.step, heat: bytes(frame.heat), samples: numbers(frame.samples), arrows: numbers(frame.arrows),
    lattice: frame.lattice ? numbers(frame.lattice) : null,
  });

  // ---- colours: of the page's theme, cool for "no" and warm for "yes"
  const colours = () => {
    const style = getComputedStyle(canvas);
    return Object.fromEntries(["paper", "ink", "data", "sample", "cool", "warm", "mesh"].map(name => [name, style.getPropertyValue(`--play-${name}`).trim()]));
  };
  const rgb = hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16));
  const paintHeat = ({ paper, cool, warm }) => {
    const image = heat.getContext("2d").createImageData(HEAT, HEAT);
    const [low, middle, high] = [cool, paper, warm].map(rgb);
    now.heat.forEach((value, i) => {
      const share = value / 127.5 - 1, end = share < 0 ? low : high;
      const row = HEAT - 1 - Math.floor(i / HEAT), at = 4 * (row * HEAT + (i % HEAT)); // the first row is the lowest
      for (let k = 0; k < 3; k++) image.data[at + k] = middle[k] + Math.abs(share) * 0.85 * (end[k] - middle[k]);
      image.data[at + 3] = 255;
    });
    heat.getContext("2d").putImageData(image, 0, 0);
  };

  const paint = () => {
    waiting = 0;
    const side = canvas.clientWidth, ratio = devicePixelRatio || 1, colour = colours();
    if (!side) return;
    if (canvas.width !== Math.round(side * ratio)) canvas.width = canvas.height = Math.round(side * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const x = v => (v + EDGE) / (2 * EDGE) * side, y = v => (EDGE - v) / (2 * EDGE) * side;
    const share = still.matches || !before ? 1 : Math.min(1, (performance.now() - arrived) / pace);
    const between = name => now[name].map((v, i) => before && share < 1 ? before[name][i] + share * (v - before[name][i]) : v);
    const dots = (points, radius) => {
      context.beginPath();
      for (let i = 0; i < points.length; i += 2) {
        const px = x(points[i]), py = y(points[i + 1]);
        context.moveTo(px + radius, py);
        context.arc(px, py, radius, 0, 7);
      }
      context.fill();
    };
    context.fillStyle = colour.paper;
    context.fillRect(0, 0, side, side);
    if (now && layers.heat) {
      paintHeat(colour);
      context.imageSmoothingEnabled = true;
      context.imageSmoothingQuality = "high";
      context.drawImage(heat, 0, 0, side, side);
    }
    const size = Math.max(1.4, side / 300);
    if (layers.data) {
      context.fillStyle = colour.data;
      dots(data, size);
    }
    if (now?.lattice && layers.lattice) mesh(between("lattice"), x, y, colour);
    if (now && layers.arrows) arrows(now.arrows, x, y, colour);
    if (now && layers.samples) {
      context.fillStyle = colour.sample;
      dots(between("samples"), size * 1.25);
    }
    if (cursor) cross(x(cursor[0]), y(cursor[1]), colour);
    if (share < 1) ask();
  };
  const mesh = (points, x, y, colour) => {
    context.strokeStyle = colour.mesh;
    context.lineWidth = 1;
    context.globalAlpha = 0.75;
    context.beginPath();
    for (let a = 0; a < LINES; a++) {
      for (const at of [b => 2 * (a * LINES + b), b => 2 * (b * LINES + a)]) {
        for (let b = 0; b < LINES; b++) context[b ? "lineTo" : "moveTo"](x(points[at(b)]), y(points[at(b) + 1]));
      }
    }
    context.stroke();
    context.globalAlpha = 1;
  };
  const arrows = (ends, x, y, colour) => {
    context.strokeStyle = colour.ink;
    context.lineWidth = 1.3;
    context.beginPath();
    for (let i = 0; i < ends.length; i += 4) {
      const [ax, ay, bx, by] = [x(ends[i]), y(ends[i + 1]), x(ends[i + 2]), y(ends[i + 3])];
      const angle = Math.atan2(by - ay, bx - ax), long = Math.hypot(bx - ax, by - ay);
      if (long < 2) continue;
      context.moveTo(ax, ay);
      context.lineTo(bx, by);
      for (const turn of [2.6, -2.6]) {
        context.moveTo(bx, by);
        context.lineTo(bx + Math.min(5, long / 2) * Math.cos(angle + turn), by + Math.min(5, long / 2) * Math.sin(angle + turn));
      }
    }
    context.stroke();
  };
  const cross = (px, py, colour) => {
    context.strokeStyle = colour.ink;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const [dx, dy] of [[9, 0], [0, 9]]) { context.moveTo(px - dx, py - dy); context.lineTo(px + dx, py + dy); }
    context.stroke();
  };
  const ask = () => { waiting ||= requestAnimationFrame(paint); };

  new ResizeObserver(ask).observe(canvas);
  addEventListener("studio:theme", ask);
  const place = event => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * 2 * EDGE - EDGE, EDGE - (event.clientY - box.top) / box.height * 2 * EDGE];
  };
  return {
    place, numbers, samples: () => now?.samples,
    set: next => {
      if (next.frame) {
        before = next.restart ? null : now;
        pace = Math.max(16, Math.min(160, performance.now() - arrived));
        arrived = performance.now();
        now = read(next.frame);
      } else if (next.frame === null) before = now = null;
      if ("data" in next) data = next.data;
      if ("cursor" in next) cursor = next.cursor;
      layers = next.layers || layers;
      ask();
    },
  };
};
