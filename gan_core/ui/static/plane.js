// A plane of seeds around a point, to travel on: a lattice whose whole-numbered places are seeds, blended smoothly in between.
// The place (0, 0) is the point where the journey began (the anchor), so that one can always come back to the same picture.
studio.plane = (() => {
  const STARTS = ["seed", "blend", "mix", "vector"], KEPT = 500;
  const places = new Map(); // text of a start -> {anchor, name, x, y}: so undo, redo and the next drag find their plane again

  const without = (object, keys) => Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
  const startOf = point => {
    const key = STARTS.find(key => point[key] !== undefined && point[key] !== null);
    return key ? { [key]: point[key] } : { seed: 0 };
  };
  // 32-bit FNV-1a with a final mix (MurmurHash3's), so that neighbours are not alike.
  const hash = text => {
    let h = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
  const nameOf = point => JSON.stringify([point.model, startOf(point)]);
  const extent = point => {
    const inside = [...(point.blend ? [point.blend.a, point.blend.b] : []), ...(point.mix?.points || []), ...(point.styles || []).map(style => style.point)];
    return inside.map(extent).reduce((all, { depth, nodes }) => ({ depth: Math.max(all.depth, depth + 1), nodes: all.nodes + nodes }), { depth: 0, nodes: 1 });
  };

  // Where a point is: on a plane that was travelled before, or at the anchor of a new one.
  const find = point => places.get(nameOf(point)) || { anchor: startOf(point), name: nameOf(point), x: 0, y: 0 };
  const remember = (point, place) => {
    const name = nameOf(point);
    places.delete(name);
    places.set(name, { ...place });
    if (places.size > KEPT) places.delete(places.keys().next().value);
  };
  // A start made of points inside points would soon be too deep to travel on; it has to be settled first.
  const deep = ({ anchor }) => { const { depth, nodes } = extent(anchor); return depth > 3 || nodes > 48; };

  const smooth = t => t * t * (3 - 2 * t);
  const node = ({ anchor, name }, i, j, label) => ({
    ...(i || j ? { seed: hash(`${name} ${i} ${j}`) } : anchor), ...(label === undefined ? {} : { label }),
  });
  // The point at a place; all but its start is `point`'s own.
  const at = (place, point) => {
    const i = Math.floor(place.x), j = Math.floor(place.y), u = smooth(place.x - i), v = smooth(place.y - j);
    const corners = [[i, j, (1 - u) * (1 - v)], [i + 1, j, u * (1 - v)], [i, j + 1, (1 - u) * v], [i + 1, j + 1, u * v]]
      .map(([a, b, weight]) => ({ a, b, weight: Number(weight.toFixed(5)) })).filter(corner => corner.weight > 0);
    const rest = without(point, STARTS);
    if (corners.length === 1) return { ...without(node(place, corners[0].a, corners[0].b), ["label"]), ...rest };
    const points = corners.map(({ a, b }) => node(place, a, b, point.label ?? undefined));
    return { mix: { points, weights: corners.map(corner => corner.weight) }, ...rest };
  };

  return { startOf, find, remember, deep, at, hash };
})();
