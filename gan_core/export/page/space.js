// Places in the model's space: blends of codes as latent/interpolate.py makes them, and a plane of seeds to travel on (as the app's plane.js).
const space = (() => {
  const length = a => Math.sqrt(a.reduce((sum, x) => sum + x * x, 0));

  // The weighted sum of codes; where they are Gaussian, as long as their lengths' weighted sum.
  const weighted = (codes, weights, gaussian) => {
    if (codes.length === 1) return codes[0];
    const total = new Float64Array(codes[0].length);
    codes.forEach((code, k) => { for (let i = 0; i < total.length; i++) total[i] += weights[k] * code[i]; });
    if (!gaussian) return Float32Array.from(total);
    const scale = codes.reduce((sum, code, k) => sum + weights[k] * length(code), 0) / Math.max(length(total), 1e-8);
    return Float32Array.from(total, x => x * scale);
  };

  // A share t of the way from a to b: along an arc where codes are Gaussian (Shoemake 1985), their lengths interpolated linearly.
  const between = (a, b, t, gaussian) => {
    const straight = () => a.map((x, i) => x + t * (b[i] - x));
    if (!gaussian) return straight();
    const [la, lb] = [length(a), length(b)];
    if (la < 1e-8 || lb < 1e-8) return straight();
    const cosine = Math.min(1, Math.max(-1, a.reduce((sum, x, i) => sum + (x / la) * (b[i] / lb), 0))), angle = Math.acos(cosine);
    if (Math.sin(angle) < 1e-4) return straight();
    const scale = (la + t * (lb - la)) / Math.sin(angle), ka = Math.sin((1 - t) * angle) / la, kb = Math.sin(t * angle) / lb;
    return a.map((x, i) => scale * (ka * x + kb * b[i]));
  };

  // 32-bit FNV-1a with MurmurHash3's final mix.
  const hash = text => {
    let h = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
  const smooth = t => t * t * (3 - 2 * t);

  // The seeds around the place (x, y) of the plane whose origin is `seed`, with their weights; the origin itself is that seed alone.
  const corners = (seed, x, y) => {
    const i = Math.floor(x), j = Math.floor(y), u = smooth(x - i), v = smooth(y - j);
    const at = (a, b) => (a || b ? hash(`${seed} ${a} ${b}`) : seed);
    return [[i, j, (1 - u) * (1 - v)], [i + 1, j, u * (1 - v)], [i, j + 1, (1 - u) * v], [i + 1, j + 1, u * v]]
      .map(([a, b, weight]) => ({ seed: at(a, b), weight: Number(weight.toFixed(5)) })).filter(corner => corner.weight > 0);
  };
  return { weighted, between, corners, hash };
})();
