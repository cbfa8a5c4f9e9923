// The model itself: unpacked from the page, run by ONNX Runtime Web on one thread, and asked for pictures.
const openModel = async (facts, tell) => {
  const KEPT = 64; // codes of seeds that are remembered
  const bytesOf = id => {
    const node = document.getElementById(id), text = node.textContent.trim();
    node.remove();
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const letters = atob(text), bytes = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
    return bytes;
  };
  const unpacked = async bytes => new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());

  if (typeof DecompressionStream === "undefined" || typeof WebAssembly === "undefined") throw Object.assign(new Error("old"), { old: true });
  tell("unpacking");
  Object.assign(ort.env.wasm, { numThreads: 1, proxy: false, wasmBinary: await unpacked(bytesOf("runtime")) });
  ort.env.logLevel = "error";
  tell("starting");
  const open = async id => ort.InferenceSession.create(bytesOf(id), { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
  const synthesis = await open("synthesis"), mapping = document.getElementById("mapping") ? await open("mapping") : null;
  const rows = new Float32Array(bytesOf("directions").buffer);

  const run = async (session, inputs) => {
    const feeds = {};
    for (const name of session.inputNames) feeds[name] = new ort.Tensor("float32", inputs[name], name === "truncation" ? [1] : [1, inputs[name].length]);
    return (await session.run(feeds))[session.outputNames[0]].data;
  };
  const classOf = (seed, label) => label ?? seed % facts.classes;
  const codes = new Map();
  const codeOf = async (seed, label) => {
    const key = facts.classes ? `${seed} ${classOf(seed, label)}` : `${seed}`;
    if (!codes.has(key)) {
      const z = random.randn(seed, facts.z_dim);
      codes.set(key, mapping ? Float32Array.from(await run(mapping, { z, labels: oneHot(classOf(seed, label)) })) : z);
      if (codes.size > KEPT) codes.delete(codes.keys().next().value);
    }
    return codes.get(key);
  };
  const oneHot = label => Float32Array.from({ length: facts.classes }, (_, k) => Number(k === label));
  const mixed = (all, weights) => Float32Array.from(all[0], (_, k) => all.reduce((sum, row, i) => sum + weights[i] * row[k], 0));

  // Where {seed, x, y, label} lies: its code before truncation, and the weights of the classes.
  const locate = async ({ seed, x = 0, y = 0, label = null }) => {
    const around = space.corners(seed, x, y), weights = around.map(corner => corner.weight), found = [];
    for (const corner of around) found.push(await codeOf(corner.seed, label));
    return {
      code: space.weighted(found, weights, facts.gaussian),
      labels: mixed(around.map(corner => oneHot(facts.classes ? classOf(corner.seed, label) : 0)), weights),
    };
  };
  // The numbers that the network draws from, for {seed, x, y, label, typical, moves: {name: σ}, morph: {seed, t} or null}.
  const inputs = async place => {
    let { code, labels } = await locate(place);
    if (place.morph?.t > 0) {
      const end = await locate({ seed: place.morph.seed, label: place.label }), { t } = place.morph;
      code = t >= 1 ? end.code : space.between(code, end.code, t, facts.gaussian);
      labels = mixed([labels, end.labels], [1 - t, t]);
    }
    const moves = new Float32Array(facts.code_dim);
    for (const [name, amount] of Object.entries(place.moves || {})) {
      const row = facts.directions.findIndex(direction => direction.name === name) * facts.code_dim;
      if (row >= 0 && amount) for (let i = 0; i < moves.length; i++) moves[i] += amount * rows[row + i];
    }
    return { code, labels, moves, truncation: Float32Array.of(place.typical ?? 1) };
  };
  // The picture at a place: RGBA bytes, row by row.
  const pixels = async place => {
    const planes = await run(synthesis, await inputs(place)), size = facts.resolution ** 2, rgba = new Uint8ClampedArray(4 * size);
    const byte = value => Math.round((value + 1) * 127.5); // clamped by the array; NaN becomes 0
    const [g, b] = facts.channels >= 3 ? [size, 2 * size] : [0, 0];
    for (let i = 0; i < size; i++) {
      rgba[4 * i] = byte(planes[i]);
      rgba[4 * i + 1] = byte(planes[i + g]);
      rgba[4 * i + 2] = byte(planes[i + b]);
      rgba[4 * i + 3] = facts.channels === 4 ? byte(planes[i + 3 * size]) : 255;
    }
    return rgba;
  };
  return { pixels, inputs };
};
