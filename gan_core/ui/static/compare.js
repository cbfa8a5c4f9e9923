// Compare: a second picture beside the first, of the same point in another model or at an earlier moment of the same training.
// It stays while other tools are used and follows each painted picture, one request in flight, after the first one's.
studio.tool("compare", element, server, (element, api) => {
  const { t, store, make } = studio;
  const find = selector => element.querySelector(selector);
  const second = find(".second"), canvas = second.querySelector("canvas"), first = make("p", "first-caption"), range = find("#compare-moment");
  const SMOOTH = ["vae", "autoencoder"];
  const number = value => value.toLocaleString(document.documentElement.lang);

  const kept = (() => { try { return JSON.parse(studio.kept("compare")) || {}; } catch { return {}; } })();
  const state = { on: false, by: kept.by === "moment" ? "moment" : "model", model: typeof kept.model === "string" ? kept.model : "" };
  let moments = [], moment = "", askedFor = null, seen = null, last = null, shown = null;
  const names = new Map(); // "a b" -> directions that mean the same in both
  const remember = () => studio.keep("compare", JSON.stringify({ by: state.by, model: state.model }));

  // ---- what stands beside: {id, model (facts)}
  const model = id => store.models.find(other => other.id === id) || null;
  const others = () => store.models.filter(other => other.id !== store.point?.model);
  // The other kind of model of the same pictures teaches most.
  const suggested = () => {
    const own = store.model, smooth = SMOOTH.includes(own?.family), alike = others().filter(other => own?.data && other.data === own.data);
    return alike.find(other => SMOOTH.includes(other.family) !== smooth) || alike[0] || others()[0] || null;
  };
  const target = () => {
    if (state.by === "moment") return moment && store.model ? { id: moment, model: store.model } : null;
    const chosen = (state.model !== store.point?.model && model(state.model)) || suggested();
    return chosen && { id: chosen.id, model: chosen };
  };

  // ---- the same point there: what the other model does not know is left out and named
  const translated = (point, from, to, known) => {
    const left = { moves: new Set(), styles: false, kind: "" }, sameRun = to.id.split("@")[0] === from.id;
    const layered = from.layers === to.model.layers;
    const kindOf = label => {
      const name = from.labels[label], there = to.model.labels.indexOf(name);
      if (there < 0) left.kind ||= name ?? "";
      return there < 0 ? {} : { label: there };
    };
    const walk = at => {
      const { seed, blend, mix, vector, styles = [], moves = [], truncation, label } = at, next = {};
      if (vector !== undefined && !sameRun) throw new Error("elsewhere");
      if (vector !== undefined) next.vector = vector;
      else if (blend) next.blend = { ...blend, a: walk(blend.a), b: walk(blend.b) };
      else if (mix) next.mix = { ...mix, points: mix.points.map(walk) };
      else next.seed = seed ?? 0;
      const kept = styles.filter(style => layered || !(left.styles = true || style)).map(style => ({ ...style, point: walk(style.point) }));
      const common = moves.filter(([name, , layer]) => (known.has(name) && (layer === undefined || layered)) || !left.moves.add(name));
      const drawn = from.labels.length && to.model.labels.length && seed !== undefined ? seed % from.labels.length : null;
      return { ...next, ...(kept.length ? { styles: kept } : {}), ...(common.length ? { moves: common } : {}), ...(truncation === undefined ? {} : { truncation }),
        ...((label ?? drawn) === null || (label ?? drawn) === undefined ? {} : kindOf(label ?? drawn)) };
    };
    return { point: { ...walk(point), model: to.id }, left };
  };
  const commonNames = async (a, b) => {
    const key = `${a} ${b}`;
    if (!names.has(key)) names.set(key, new Set(await api.common({ a, b })));
    return names.get(key);
  };

  // ---- drawing. While somebody drags, the second picture rests twice as long as it takes, so that the first one is not slowed.
  const REST = 2;
  let restUntil = 0;
  const draw = studio.pump(async () => {
    const rest = restUntil - performance.now();
    if (rest > 0 && store.moving) await new Promise(resolve => setTimeout(resolve, rest));
    const began = performance.now(), point = last?.point, to = target(), from = model(point?.model);
    if (!state.on || !point || !to || !from) return;
    let there;
    try { there = translated(point, from, to, await commonNames(from.id, to.id)); } catch (error) {
      if (error.message !== "elsewhere") throw error;
      say(t("compare.elsewhere"));
      return;
    }
    const image = await studio.decode(await api.picture({ point: there.point }));
    if (!state.on) return;
    shown = { image, pixelArt: Boolean(to.model.pixel_art), first: point, point: there.point };
    say("");
    paint();
    leftOut(there.left);
    canvas.dataset.point = JSON.stringify(there.point);
    const now = performance.now();
    restUntil = now + REST * (now - began);
  }, error => { say(error.message); });
  const paint = () => { if (shown && state.on) studio.paint(canvas, shown.image, shown.pixelArt); };
  const say = text => {
    second.querySelector(".nothing").textContent = text;
    second.querySelector(".nothing").hidden = !text;
    canvas.hidden = Boolean(text);
    if (text) leftOut({ moves: [] });
    find("[data-act=save]").disabled = Boolean(text);
  };
  const leftOut = ({ moves, styles, kind }) => {
    const count = moves.size || 0;
    const what = [count && (count === 1 ? t("compare.slider") : t("compare.sliders", { n: count })), styles && t("compare.styles"), kind && t("compare.kind", { name: studio.className(kind) })].filter(Boolean);
    const small = second.querySelector(".left-out"), text = what.length ? t("compare.left_out", { what: what.join(t("compare.and")) }) : "";
    if (small.textContent !== text) small.textContent = text;
  };
  new ResizeObserver(paint).observe(canvas);
  addEventListener("studio:painted", ({ detail }) => {
    last = detail;
    if (state.on) draw();
  });

  // ---- on and off. The figure lives beside the first picture, so it stays when another tool opens.
  const place = () => {
    const stage = document.querySelector("#panel-explore .stage");
    if (!stage) return;
    if (second.parentNode !== stage) stage.querySelector(".hero").after(second, first);
    stage.classList.toggle("comparing", state.on);
    second.hidden = first.hidden = !state.on;
  };
  const turn = on => {
    state.on = on && Boolean(target());
    place();
    show();
    if (state.on) draw();
  };
  const closeSecond = () => turn(false);
  second.querySelector("[data-act=close]").addEventListener("click", closeSecond);
  find("[data-act=off]").addEventListener("click", closeSecond);
  find("[data-act=on]").addEventListener("click", () => turn(true));
  find("[data-act=save]").addEventListener("click", event => studio.busy(event.currentTarget, async () => {
    if (shown) studio.download(await api.save({ a: shown.first, b: shown.point }));
  }));

  // ---- words
  const about = (own, to) => {
    const facts = { gan: "", vae: "" }, ownSmooth = SMOOTH.includes(own.family), smooth = SMOOTH.includes(to.model.family);
    if (state.by === "moment") return t("compare.earlier", { n: number(seen.images), all: number(seen.all) });
    [facts.gan, facts.vae] = (smooth ? [own, to.model] : [to.model, own]).map(studio.modelTitle);
    if (!own.data || own.data !== to.model.data) return t("compare.other_data");
    return t(ownSmooth !== smooth ? "compare.gan_vae" : "compare.same_data", facts);
  };
  const picker = find("[data-act=other]");
  const show = () => {
    const own = store.model, to = target();
    if (!own) return;
    for (const button of element.querySelectorAll("[data-by]")) button.setAttribute("aria-checked", String(button.dataset.by === state.by));
    picker.hidden = state.by !== "model";
    find(".moments").hidden = state.by !== "moment" || !moments.length;
    find(".no-moments").hidden = state.by !== "moment" || Boolean(moments.length);
    const index = Math.max(0, moments.findIndex(({ id }) => id === moment));
    seen = moments.length ? { images: moments[index].images, all: moments.all } : null;
    if (moments.length) {
      range.max = moments.length - 1;
      studio.setRange(range, index);
      find(".moments .value").textContent = t("compare.seen", { n: number(seen.images) });
    }
    find("[data-act=on]").hidden = state.on || !to;
    find("[data-act=off]").hidden = find("[data-act=save]").hidden = !state.on;
    find(".about").hidden = !state.on;
    if (!to) return;
    const kind = studio.modelFacts(to.model).split(" · ")[0], when = state.by === "moment" ? t("compare.seen", { n: number(seen.images) }) : kind;
    if (state.on) find(".about").textContent = about(own, to);
    second.querySelector("figcaption b").textContent = studio.modelTitle(to.model);
    second.querySelector("figcaption small").textContent = when;
    canvas.setAttribute("aria-label", t("compare.picture", { name: `${studio.modelTitle(to.model)}, ${when}` }));
    first.replaceChildren(make("b", "", studio.modelTitle(own)), " ", make("small", "", state.by === "moment" ? t("compare.now") : studio.modelFacts(own).split(" · ")[0]));
  };
  for (const button of element.querySelectorAll("[data-by]")) {
    button.addEventListener("click", () => { state.by = button.dataset.by; remember(); turn(state.on || Boolean(target())); });
  }
  studio.modelPicker(picker, chosen => { state.model = chosen.id; remember(); turn(true); }, { current: () => target()?.model || null, list: others, label: "compare.pick" });
  range.addEventListener("input", () => { moment = moments[Number(range.value)].id; turn(true); });

  // ---- another first model: its moments, and what suits it
  const arrive = async () => {
    const own = store.model;
    askedFor = own.id;
    let answer = { moments: [] };
    try { answer = await api.moments({ model: own.id }); } catch (error) { studio.toast(error.message, "bad"); }
    if (askedFor !== own.id) return;
    moments = answer.moments;
    moments.all = answer.images;
    moment = moments[Math.floor(moments.length / 2)]?.id || "";
    if (state.on) turn(true); else show();
  };
  const update = () => {
    if (!store.model) return;
    if (askedFor !== store.model.id) arrive(); else show();
  };
  store.subscribe(() => { if (state.on && store.model && askedFor !== store.model.id) update(); });
  return { update, show: () => { names.clear(); } };
});
