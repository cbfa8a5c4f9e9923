// A picture as a PNG that says what it is: marked as made by a model, with its point inside, so that Latent Studio finds it again.
const savePng = (() => {
  const table = Uint32Array.from({ length: 256 }, (_, n) => { let c = n; for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1; return c; });
  const crc = bytes => { let c = ~0; for (const byte of bytes) c = table[(c ^ byte) & 255] ^ (c >>> 8); return ~c >>> 0; };
  // An iTXt chunk (PNG specification, 11.3.3.4), uncompressed.
  const chunk = (keyword, text) => {
    const body = new TextEncoder().encode(`iTXt${keyword}\0\0\0\0\0${text}`), bytes = new Uint8Array(body.length + 8), view = new DataView(bytes.buffer);
    view.setUint32(0, body.length - 4);
    bytes.set(body, 4);
    view.setUint32(body.length + 4, crc(body));
    return bytes;
  };
  const HEAD = 33; // signature and IHDR
  return async (canvas, name, texts) => {
    const plain = new Uint8Array(await (await new Promise(done => canvas.toBlob(done, "image/png"))).arrayBuffer());
    const blob = new Blob([plain.subarray(0, HEAD), ...Object.entries(texts).map(entry => chunk(...entry)), plain.subarray(HEAD)], { type: "image/png" });
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
})();
