// Cutting a square out of a picture: studio.cropper(canvas, changed) -> { load(source), cut(size, pixelArt), set({…}), get state, empty }.
// The canvas is the square. Drag or arrow keys move the picture, the wheel, two fingers or + and - change its size.
studio.cropper = (canvas, changed) => {
  const MOST_ZOOM = 8, STEP = 0.02, LARGEST = 1600; // LARGEST: pixels of the longer side that are kept of a photo
  let source = null, state = null;

  const fresh = () => ({ x: source.width / 2, y: source.height / 2, zoom: 1, turns: 0, tilt: 0, mirror: false });
  const shorter = () => Math.min(source.width, source.height);
  const least = () => shorter() / Math.max(source.width, source.height); // the whole picture is inside the square
  const angle = () => (state.turns * 90 + state.tilt) * Math.PI / 180;

  const draw = (target, size, hard = false) => {
    const context = target.getContext("2d"), scale = size / shorter() * state.zoom;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, size, size);
    context.imageSmoothingEnabled = !(hard && scale > 1);
    context.imageSmoothingQuality = "high";
    context.translate(size / 2, size / 2);
    context.scale(state.mirror ? -scale : scale, scale);
    context.rotate(angle());
    context.drawImage(source, -state.x, -state.y);
  };
  const show = () => {
    if (!source) return;
    const size = Math.max(64, Math.round(canvas.clientWidth * (window.devicePixelRatio || 1)));
    if (canvas.width !== size) canvas.width = canvas.height = size;
    draw(canvas, size, true);
  };
  const set = fields => {
    if (!source) return;
    state = { ...state, ...fields };
    state.zoom = Math.min(MOST_ZOOM, Math.max(least(), state.zoom));
    state.x = Math.min(source.width, Math.max(0, state.x));
    state.y = Math.min(source.height, Math.max(0, state.y));
    show();
    changed(state);
  };
  // A way across the square, as shares of its side, is a way across the picture the other way round.
  const move = (dx, dy) => {
    const across = (state.mirror ? dx : -dx) * shorter() / state.zoom, down = -dy * shorter() / state.zoom;
    const [cos, sin] = [Math.cos(angle()), Math.sin(angle())];
    set({ x: state.x + across * cos + down * sin, y: state.y - across * sin + down * cos });
  };

  // ---- pointers: one drags, two also pinch
  const fingers = new Map();
  const middle = () => [...fingers.values()].reduce((sum, [x, y]) => [sum[0] + x / fingers.size, sum[1] + y / fingers.size], [0, 0]);
  const apart = () => { const [a, b] = [...fingers.values()]; return b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0; };
  canvas.addEventListener("pointerdown", event => {
    if (!source) return;
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  canvas.addEventListener("pointermove", event => {
    if (!fingers.has(event.pointerId)) return;
    const [x, y] = middle(), before = apart();
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    const [newX, newY] = middle(), after = apart();
    if (before && after) set({ zoom: state.zoom * after / before });
    move((newX - x) / canvas.clientWidth, (newY - y) / canvas.clientWidth);
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, event => fingers.delete(event.pointerId));
  canvas.addEventListener("wheel", event => {
    if (!source) return;
    event.preventDefault();
    set({ zoom: state.zoom * Math.exp(-event.deltaY * (event.deltaMode ? 0.03 : 0.0015)) });
  }, { passive: false });
  canvas.addEventListener("keydown", event => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const bigger = { "+": 1.1, "=": 1.1, "-": 1 / 1.1 }[event.key];
    if (!source || (!way && !bigger)) return;
    event.preventDefault();
    event.stopPropagation();
    if (way) move(...way.map(share => share * STEP * (event.shiftKey ? 0.25 : 1))); else set({ zoom: state.zoom * bigger });
  });
  new ResizeObserver(show).observe(canvas);

  return {
    // Takes a File; throws where the browser cannot decode it. A photo of many megapixels is made smaller at once.
    async load(file) {
      const bitmap = await createImageBitmap(file), shrink = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
      const kept = document.createElement("canvas");
      kept.width = Math.max(1, Math.round(bitmap.width * shrink));
      kept.height = Math.max(1, Math.round(bitmap.height * shrink));
      const context = kept.getContext("2d");
      context.imageSmoothingQuality = "high";
      context.drawImage(bitmap, 0, 0, kept.width, kept.height);
      bitmap.close();
      source = kept;
      state = fresh();
      show();
      changed(state);
    },
    // The square as a canvas of `size` pixels.
    cut(size, pixelArt) {
      const target = document.createElement("canvas");
      target.width = target.height = size;
      draw(target, size, pixelArt);
      return target;
    },
    set, show, reset: () => set(fresh()),
    get least() { return source ? least() : 1; },
    get most() { return MOST_ZOOM; },
    get state() { return state; },
    get empty() { return !source; },
  };
};
