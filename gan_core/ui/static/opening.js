// The first picture, long before Gradio's page stands: the one at which the visitor left, or the first model's, which comes with it.
// It is drawn where Explore will draw it, which takes it over; the app's own drawing of the same point replaces it without a flash.
studio.opening = (() => {
  const root = document.documentElement;
  const parsed = text => { try { return JSON.parse(text); } catch { return null; } };
  const session = () => { try { return sessionStorage.getItem("studio.point"); } catch { return null; } };

  // Where Explore will begin (store.restore), as text; null where it takes the first model.
  const expected = () => {
    const reload = performance.getEntriesByType("navigation")[0]?.type === "reload";
    const linked = new URL(location.href).searchParams.get("point");
    return (reload && session()) || linked || session() || studio.kept("point");
  };
  const kept = parsed(studio.kept("opening"));
  const known = kept && typeof kept.url === "string" && /^data:image\/[a-z]+;base64,/.test(kept.url) && /^\d+px$/.test(kept.most || "0px");
  const point = expected();
  const source = point === null ? "./opening.webp" : known && kept.point === point ? kept.url : null;

  const frame = studio.make("div");
  frame.id = "opening";
  frame.inert = true;
  frame.innerHTML = '<div class="tab-page"><div class="split explore"><section class="stage"><div class="hero"><canvas></canvas></div></section></div></div>';
  const ours = source && source === kept?.url ? kept : { pixelArt: false, most: "" };
  frame.querySelector(".split").style.setProperty("--most", ours.most || "640px");

  let picture = null, over = false; // {image, pixelArt} once it can be shown; Explore has its canvas
  const leave = () => frame.remove();
  const shown = (async () => {
    if (!source || root.dataset.tab !== "explore") return;
    try {
      const image = await studio.decode(source);
      picture = { image, pixelArt: ours.pixelArt };
      if (!document.body) await new Promise(ready => new MutationObserver((_, watch) => { if (document.body) { watch.disconnect(); ready(); } }).observe(root, { childList: true }));
      if (over) return;
      document.body.append(frame);
      studio.paint(frame.querySelector("canvas"), image, picture.pixelArt);
      performance.mark("studio:opening");
      setTimeout(leave, 30_000); // whatever happens
    } catch { picture = null; } // no such picture: Explore shows that it wakes
  })();

  // Explore's canvas, once it has its place on the screen: shows the same picture there.
  const handOver = (canvas, hero) => {
    over = true;
    if (picture) {
      studio.paint(canvas, picture.image, picture.pixelArt);
      hero.classList.add("opened");
    }
    requestAnimationFrame(leave);
  };

  addEventListener("studio:painted", studio.later(600, ({ detail: { point, image, pixelArt } }) => {
    if (JSON.stringify(point) !== JSON.stringify(studio.store.point) || studio.store.moving || !image.src?.startsWith("data:") || image.src.length > 200_000) return;
    const most = document.querySelector("#panel-explore .split")?.style.getPropertyValue("--most");
    studio.keep("opening", JSON.stringify({ point: JSON.stringify(point), url: image.src, pixelArt, most }));
  }));

  return { handOver, shown };
})();
