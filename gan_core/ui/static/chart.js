// Loss curves on a canvas: faint raw values, a smoothed line on top, the value under the pointer.
// studio.chart(canvas, {lines: [{name, label, colour}], describe, said}) -> {draw(points, marks)}; a point is {t: seconds, images, <name>: number}; said(t) names a time.
(() => {
  const pad = {left: 44, right: 10, top: 10, bottom: 22};

  const smooth = values => {
    // Exponential moving average with bias correction, as long as about a twentieth of the curve.
    const keep = Math.max(0, 1 - 20 / Math.max(20, values.length));
    let sum = 0, weight = 0;
    return values.map(v => {
      if (!Number.isFinite(v)) return NaN;
      sum = keep * sum + (1 - keep || 1) * v;
      weight = keep * weight + (1 - keep || 1);
      return sum / weight;
    });
  };

  const bounds = columns => {
    // Percentiles, so that one spike does not flatten the rest.
    const all = columns.flat().filter(Number.isFinite).sort((a, b) => a - b);
    if (!all.length) return [0, 1];
    const at = q => all[Math.round(q * (all.length - 1))];
    let [low, high] = [at(0.01), at(0.99)];
    if (low >= 0 && low < high * 0.5) low = 0;
    const room = (high - low || Math.abs(high) || 1) * 0.08;
    return [low === 0 ? 0 : low - room, high + room];
  };

  const ticks = (low, high, count) => {
    const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map(k => k * power).find(s => s >= raw);
    const first = Math.ceil(low / step) * step;
    return Array.from({length: Math.floor((high - first) / step + 1e-9) + 1}, (_, i) => first + i * step);
  };

  const short = v => (Math.abs(v) >= 1000 ? (v / 1000).toPrecision(2) + "k" : String(+v.toPrecision(3)));

  const line = (context, xs, ys, x, y) => {
    context.beginPath();
    let pen = false;
    ys.forEach((v, i) => {
      if (!Number.isFinite(v)) { pen = false; return; }
      context[pen ? "lineTo" : "moveTo"](x(xs[i]), y(v));
      pen = true;
    });
    context.stroke();
  };

  const clock = s => (s < 3600
    ? `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`
    : `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, "0")}:${String(Math.floor(s % 60)).padStart(2, "0")}`);

  const chart = (canvas, {lines, describe, said = clock}) => {
    const context = canvas.getContext("2d");
    let points = [], marks = [], hover = null; // marks: seconds at which something was changed

    const scales = () => {
      const width = canvas.clientWidth, height = canvas.clientHeight, ratio = window.devicePixelRatio || 1;
      if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
        canvas.width = Math.round(width * ratio);
        canvas.height = Math.round(height * ratio);
      }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      const xs = points.map(p => p.t), end = Math.max(xs.at(-1) || 0, 1), begin = Math.min(xs[0] || 0, end - 1);
      const columns = lines.map(l => points.map(p => p[l.name] ?? NaN));
      const [low, high] = bounds(columns);
      return {
        width, height, xs, columns, low, high, begin, end,
        x: t => pad.left + ((t - begin) / (end - begin)) * (width - pad.left - pad.right),
        y: v => height - pad.bottom - ((Math.min(high, Math.max(low, v)) - low) / (high - low)) * (height - pad.top - pad.bottom),
      };
    };

    const axes = (s, ink) => {
      context.font = "11px system-ui, sans-serif";
      context.fillStyle = ink;
      context.strokeStyle = ink;
      context.lineWidth = 1;
      context.textBaseline = "middle";
      context.textAlign = "right";
      for (const v of ticks(s.low, s.high, 3)) {
        context.globalAlpha = 0.12;
        context.beginPath();
        context.moveTo(pad.left, s.y(v));
        context.lineTo(s.width - pad.right, s.y(v));
        context.stroke();
        context.globalAlpha = 0.65;
        context.fillText(short(v), pad.left - 8, s.y(v));
      }
      context.textBaseline = "alphabetic";
      context.textAlign = "left";
      context.fillText(said(s.begin), pad.left, s.height - 5);
      context.textAlign = "right";
      context.fillText(said(s.end), s.width - pad.right, s.height - 5);
      context.globalAlpha = 1;
    };

    const strokes = (s, ink) => {
      context.strokeStyle = ink;
      context.globalAlpha = 0.45;
      context.setLineDash([3, 3]);
      for (const t of marks.filter(t => t >= s.begin && t <= s.end)) {
        context.beginPath();
        context.moveTo(s.x(t), pad.top);
        context.lineTo(s.x(t), s.height - pad.bottom);
        context.stroke();
      }
      context.setLineDash([]);
      context.globalAlpha = 1;
    };

    const marker = (s, colours, smoothed, ink) => {
      const index = s.xs.reduce((best, t, i) => (Math.abs(s.x(t) - hover) < Math.abs(s.x(s.xs[best]) - hover) ? i : best), 0);
      context.globalAlpha = 0.35;
      context.strokeStyle = ink;
      context.beginPath();
      context.moveTo(s.x(s.xs[index]), pad.top);
      context.lineTo(s.x(s.xs[index]), s.height - pad.bottom);
      context.stroke();
      context.globalAlpha = 1;
      smoothed.forEach((ys, k) => {
        if (!Number.isFinite(ys[index])) return;
        context.fillStyle = colours[k];
        context.beginPath();
        context.arc(s.x(s.xs[index]), s.y(ys[index]), 3.5, 0, 7);
        context.fill();
      });
      return index;
    };

    const paint = () => {
      const s = scales(), style = getComputedStyle(canvas), ink = style.color;
      const colours = lines.map(l => style.getPropertyValue(l.colour).trim() || ink);
      context.clearRect(0, 0, s.width, s.height);
      axes(s, ink);
      if (!points.length) return describe?.(null);
      strokes(s, ink);
      const smoothed = s.columns.map(smooth);
      context.lineJoin = "round";
      s.columns.forEach((ys, k) => {
        context.strokeStyle = colours[k];
        context.lineWidth = 1;
        context.globalAlpha = 0.25;
        line(context, s.xs, ys, s.x, s.y);
        context.lineWidth = 2;
        context.globalAlpha = 1;
        line(context, s.xs, smoothed[k], s.x, s.y);
      });
      const index = hover === null ? points.length - 1 : marker(s, colours, smoothed, ink);
      describe?.({point: points[index], values: smoothed.map(ys => ys[index]), hover: hover !== null});
    };

    canvas.addEventListener("pointermove", event => { hover = event.offsetX; paint(); });
    canvas.addEventListener("pointerleave", () => { hover = null; paint(); });
    new ResizeObserver(paint).observe(canvas);
    return {draw: (next, at = []) => { [points, marks] = [next, at]; paint(); }};
  };

  window.studio = Object.assign(window.studio || {}, {chart, clock});
})();
