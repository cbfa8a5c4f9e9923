// LatentPoint in the browser: whether something from outside is one, and when two of them are the same place.
studio.points = (() => {
  const { entries, keys } = Object;
  const MAX = { seed: 2 ** 32 - 1, moves: 64, vector: 16384, depth: 8, nodes: 256, mixed: 16, styles: 32, layers: 64, model: 300 };
  const FIELDS = ["seed", "blend", "mix", "vector", "styles", "moves", "truncation", "label", "model"];

  const number = (value, low, high) => typeof value === "number" && value >= low && value <= high;
  const whole = (value, low, high) => Number.isInteger(value) && value >= low && value <= high;
  const object = (value, known) => value !== null && typeof value === "object" && !Array.isArray(value) && keys(value).every(key => known.includes(key));
  const list = (value, most, good) => Array.isArray(value) && value.length <= most && value.every(good);
  const absent = value => value === undefined || value === null;
  const layers = (first, stop) => whole(first, 0, MAX.layers) && whole(stop, first + 1, MAX.layers);

  const isMove = move => Array.isArray(move) && (move.length === 2 || (move.length === 4 && layers(move[2], move[3])))
    && typeof move[0] === "string" && move[0].length >= 1 && move[0].length <= 80 && number(move[1], -10, 10);
  const isVector = value => (typeof value === "string"
    ? value.length > 0 && value.length <= MAX.vector * 6 && /^[A-Za-z0-9+/]+={0,2}$/.test(value)
    : list(value, MAX.vector, part => number(part, -1e4, 1e4)) && value.length > 0);

  // The same rules as gan_core/latent/point.py; the app checks again. `count` bounds the points inside, all levels together.
  const isPoint = (point, depth = MAX.depth, count = { left: MAX.nodes }) => {
    if (depth < 0 || count.left-- <= 0 || !object(point, FIELDS)) return false;
    const inside = part => isPoint(part, depth - 1, count);
    const { seed, blend, mix, vector, styles = [], moves = [], truncation = 1, label, model = "" } = point;
    return [seed, blend, mix, vector].filter(start => !absent(start)).length <= 1
      && (absent(seed) || whole(seed, 0, MAX.seed))
      && (absent(blend) || (object(blend, ["a", "b", "t", "mode"]) && number(blend.t, 0, 1) && ["slerp", "lerp", undefined].includes(blend.mode) && inside(blend.a) && inside(blend.b)))
      && (absent(mix) || (object(mix, ["points", "weights"]) && list(mix.points, MAX.mixed, inside) && list(mix.weights, MAX.mixed, weight => number(weight, -4, 4))
        && mix.points.length === mix.weights.length && Math.abs(mix.weights.reduce((sum, weight) => sum + weight, 0) - 1) <= 1e-3))
      && (absent(vector) || isVector(vector))
      && list(styles, MAX.styles, style => object(style, ["point", "first", "stop", "amount"]) && layers(style.first, style.stop) && number(style.amount ?? 1, 0, 1) && inside(style.point))
      && list(moves, MAX.moves, isMove)
      && number(truncation, 0, 2) && (absent(label) || whole(label, 0, 99_999)) && typeof model === "string" && model.length <= MAX.model;
  };

  // Reads a point from text that came from outside: null for anything that is none, however large or deep.
  const parse = text => {
    try {
      const point = text && text.length <= 2_000_000 ? JSON.parse(text) : null;
      return isPoint(point) ? point : null;
    } catch { return null; }
  };

  // One text for each place: fields in order, what says nothing left out.
  const silent = (key, value) => absent(value) || (Array.isArray(value) && !value.length && (key === "moves" || key === "styles")) || (key === "truncation" && value === 1);
  const key = point => JSON.stringify(point, (_, value) => (object(value, keys(value ?? {}))
    ? Object.fromEntries(entries(value).filter(([name, part]) => !silent(name, part)).sort(([a], [b]) => (a < b ? -1 : 1))) : value));

  // What to call a point: its seed, or words for a place that has none.
  const title = point => (absent(point.seed) ? studio.t(absent(point.vector) ? "history.between" : "history.place") : studio.t("history.seed", { seed: point.seed }));

  return { isPoint, parse, key, title };
})();
