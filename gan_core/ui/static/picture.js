// Drawing the model's small pictures large: whole pixels for pixel art, smooth for the rest.
Object.assign(studio, (() => {
  const decode = async url => {
    const image = new Image();
    image.src = url;
    await image.decode();
    return image;
  };

  // Whether single pixels are to be seen when a picture is enlarged: as suits the model, unless Settings say otherwise.
  const QUALITY = { smooth: false, pixels: true };
  const inPixels = pixelArt => QUALITY[studio.kept("quality")] ?? Boolean(pixelArt);

  // Draws a cut of `image` over the whole canvas. The canvas has as many pixels as it covers on the screen, up to `limit`.
  const paint = (canvas, image, pixelArt, cut = null, limit = 1024) => {
    pixelArt = inPixels(pixelArt);
    const [x, y, width, height] = cut || [0, 0, image.naturalWidth || image.width, image.naturalHeight || image.height];
    const shown = Math.max(canvas.clientWidth, 32) * (window.devicePixelRatio || 1);
    const times = pixelArt ? Math.ceil(shown / width) : Math.min(shown, limit) / width;
    const size = [Math.round(width * times), Math.round(height * times)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    const context = canvas.getContext("2d", { alpha: true });
    context.imageSmoothingEnabled = !pixelArt;
    context.imageSmoothingQuality = "high";
    context.globalCompositeOperation = "copy"; // pictures with transparency replace, not cover, what was there
    context.drawImage(image, x, y, width, height, 0, 0, canvas.width, canvas.height);
  };

  // Cell number i of a sheet: {columns, width, height} describe one cell.
  const cell = (sheet, i) => [
    (i % sheet.columns) * sheet.width, Math.floor(i / sheet.columns) * sheet.height, sheet.width, sheet.height,
  ];

  // Blurring 28 pixels over a whole window helps nobody: such pictures are shown smaller (whole-pixel art need not be).
  const limitHero = (element, model) => {
    element.style.setProperty("--most", model && !inPixels(model.pixel_art) ? `${Math.max(420, model.resolution * 15)}px` : "640px");
  };

  return { decode, paint, cell, limitHero };
})());
