// Opening a file, however it comes (dropped on the page, pasted, chosen): a saved PNG leads back to its point, a file of favourites is
// added. Only the text chunk with the point is read, here in the browser; it may come from anybody, so it counts only if it is a point.
(() => {
  const { t, store, points } = studio;
  const KEY = "latent-studio", MAX_NOTE = 2_000_000, MAX_CHUNKS = 20_000, BLOCK = 65_536;
  const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  class Damaged extends Error {}

  // ---- the text in a PNG (PNG specification, 5.3 and 11.3.3.4), as gan_core/export/png.py reads it
  const reader = file => {
    let start = 0, block = new Uint8Array();
    return async (at, length) => {
      if (at < start || at + length > start + block.length) {
        [start, block] = [at, new Uint8Array(await file.slice(at, at + Math.max(length, BLOCK)).arrayBuffer())];
      }
      return block.subarray(at - start, at - start + length);
    };
  };
  const isPng = bytes => SIGNATURE.every((byte, i) => bytes[i] === byte);
  const ascii = bytes => String.fromCharCode(...bytes);
  const noteOf = async file => {
    const read = reader(file);
    if (!isPng(await read(0, 8))) return null;
    for (let at = 8, chunk = 0; chunk < MAX_CHUNKS; chunk++) {
      const header = await read(at, 8 + KEY.length + 1);
      if (header.length < 8) return null;
      const length = new DataView(header.buffer, header.byteOffset).getUint32(0), kind = ascii(header.subarray(4, 8));
      if (kind === "iTXt" && ascii(header.subarray(8)) === `${KEY}\0`) {
        const body = length - KEY.length - 1;
        if (body > MAX_NOTE) throw new Damaged();
        return unpack(await read(at + 8 + KEY.length + 1, body));
      }
      if (kind === "IEND") return null;
      at += 12 + length;
    }
    return null;
  };
  const unpack = async body => {
    const language = body.indexOf(0, 2), keyword = language < 0 ? -1 : body.indexOf(0, language + 1);
    if (keyword < 0) throw new Damaged();
    const text = body.slice(keyword + 1);
    return new TextDecoder().decode(body[0] ? await inflate(text) : text);
  };
  const inflate = async packed => { // other programs may rewrite the chunk so
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate")).getReader(), parts = [];
    for (let size = 0; ;) {
      const { done, value } = await stream.read();
      if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
      if ((size += value.length) > MAX_NOTE) { stream.cancel(); throw new Damaged(); }
      parts.push(value);
    }
  };
  // The point in a PNG, null where there is none. Throws Damaged where there should be one.
  const pointOf = async file => {
    try {
      const text = await noteOf(file);
      if (text === null) return null;
      const note = JSON.parse(text);
      if (!points.isPoint(note?.point)) throw new Damaged();
      return { model: typeof note.model === "string" ? note.model.slice(0, 300) : "", ...note.point };
    } catch { throw new Damaged(); }
  };

  // ---- going there
  const goBack = point => {
    if (!store.models.some(model => model.id === point.model)) {
      const hub = /^hub\/([\w.-]+\/[\w.-]+)$/.exec(point.model);
      const model = (hub ? hub[1] : point.model.replace(/^runs\//, "")).slice(0, 80) || "–";
      return studio.toast(t(hub ? "open.model_hub" : "open.model", { model }), "bad", hub ? { text: t("open.models"), act: () => studio.open("models") } : null);
    }
    studio.open("explore", { point });
    studio.toast(t("open.back"), "good", { text: t("history.undo"), act: store.undo });
  };
  const addFavourites = async file => {
    const { added, known, bad } = await studio.favourites.importFile(file);
    studio.toast(t(bad ? "history.imported_bad" : known ? "history.imported_known" : "history.imported", { added, known, bad }));
  };
  const takePhoto = file => {
    const act = () => { studio.open("explore"); studio.tools.choose("photo"); studio.takePhoto(file); };
    studio.toast(t("open.no_point"), "bad", studio.takePhoto ? { text: t("open.find"), act } : null);
  };
  studio.openFile = async file => {
    try {
      if (/json/.test(file.type) || /\.json$/i.test(file.name)) return await addFavourites(file);
      const point = await pointOf(file);
      if (point) goBack(point);
      else if (/^image\//.test(file.type)) takePhoto(file);
      else studio.toast(t("open.unknown"), "bad");
    } catch (error) {
      studio.toast(error instanceof Damaged ? t("open.damaged") : error.message, "bad");
    }
  };

  // ---- dropping and pasting. The Train tab takes pictures to learn from, the Models tab (takesFiles) other people's weights; a part of the page that handles a drop itself goes first.
  const wanted = event => studio.current() !== "train" && !studio.takesFiles?.() && [...(event.dataTransfer?.types || [])].includes("Files");
  const cover = studio.make("div", "drop-cover");
  const uncover = () => cover.remove();
  let depth = 0;
  addEventListener("dragenter", event => {
    if (!wanted(event)) return;
    depth++;
    if (!cover.isConnected) { cover.textContent = t("open.drop"); document.body.append(cover); }
  });
  addEventListener("dragleave", event => { if (wanted(event) && --depth <= 0) { depth = 0; uncover(); } });
  addEventListener("dragover", event => { if (wanted(event)) event.preventDefault(); });
  addEventListener("drop", () => { depth = 0; uncover(); }, true);
  addEventListener("drop", event => {
    if (!wanted(event) || event.defaultPrevented) return;
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) studio.openFile(file);
  });
  addEventListener("paste", event => {
    const file = [...(event.clipboardData?.files || [])].find(file => file.type === "image/png");
    if (file && !studio.typing(event) && studio.current() !== "train") { event.preventDefault(); studio.openFile(file); }
  });
})();
