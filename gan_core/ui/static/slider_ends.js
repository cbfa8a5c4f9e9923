// The small pictures at both ends of each slider: where it leads from here. They follow what is committed, never a drag.
// rows() gives the rows that are on the screen: {name, ends: [canvas, canvas], shown}; range() the layers that sliders act on.
studio.sliderEnds = (api, { rows, range, reach }) => {
  const { store } = studio, TOGETHER = 4, CALM = 150; // rows a request, so that a drag that begins never waits long; milliseconds

  const same = (move, name) => move[0] === name && String(move.slice(2)) === String(range() || "");
  // What the pictures of a row depend on: everything but where this slider itself stands.
  const meaning = (row, point) => JSON.stringify([{ ...point, moves: (point.moves || []).filter(move => !same(move, row.name)) }, range()]);
  const calm = point => !store.moving && store.point === point && studio.current() === "explore";

  const fill = studio.pump(async point => {
    const tried = new Set();
    while (calm(point)) {
      const due = rows().filter(row => row.shown !== meaning(row, point) && !tried.has(row)).slice(0, TOGETHER);
      if (!due.length) return;
      for (const row of due) tried.add(row);
      const wanted = due.map(row => meaning(row, point));
      const sheet = await api.ends({ point, names: due.map(row => row.name), reach, layers: range() });
      const image = await studio.decode(sheet.url);
      if (!calm(point)) return;
      const pixelArt = Boolean(store.model?.pixel_art);
      due.forEach((row, i) => {
        row.ends.forEach((canvas, side) => studio.paint(canvas, image, pixelArt, studio.cell(sheet, 2 * i + side), 256));
        row.shown = wanted[i];
      });
    }
  }, () => {}); // a point that cannot be drawn has been reported by the large picture

  const refresh = studio.later(CALM, () => { if (store.point && calm(store.point)) fill(store.point); });
  return { refresh, same };
};
