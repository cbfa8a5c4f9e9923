// A visitor's own pictures on the Train tab: the contact sheet with what is wrong, what is left out, and the question about mirroring.
//   studio.trainPictures(section, api, { found, changed }) -> { look(form, info), forget(), excluded(), home(yes) }
studio.trainPictures = (section, api, { found, changed }) => {
  const { t, make, number } = studio;
  const part = name => section.querySelector(`[data-part="${name}"]`);
  const out = new Set();
  let job = null, byHand = null, sheet = null, known = null; // byHand: the job that the visitor stopped; known: the last survey

  // ---- tiles: windows on one sheet
  const windowOn = (node, columns, rows, i) => {
    const across = columns > 1 ? (i % columns) / (columns - 1) : 0, down = rows > 1 ? Math.floor(i / columns) / (rows - 1) : 0;
    node.style.backgroundSize = `${columns * 100}% ${rows * 100}%`;
    node.style.backgroundPosition = `${across * 100}% ${down * 100}%`;
    return node;
  };
  const tile = (i, pixels) => windowOn(make("i", pixels ? "tile pixels" : "tile"), known.columns, Math.ceil(known.tiles.length / known.columns), i);
  const said = reason => studio.said(`check.${reason.code}`, reason.message, reason.facts);

  const toggles = new Map(); // name -> what shows whether it is out
  const show = () => {
    for (const [name, update] of toggles) update(out.has(name));
    const all = part("contact").querySelector(".out-all");
    if (all) all.textContent = t(known.marked.every(name => out.has(name)) ? "pictures.in_all" : "pictures.out_all");
    found({ ...known, out: out.size });
  };
  const flip = name => { if (!out.delete(name)) out.add(name); show(); changed(); };

  const row = (entry, i) => {
    const line = make("li"), words = make("div"), button = studio.action("", "quiet", () => flip(entry.name));
    words.append(make("b", "", entry.name), ...entry.reasons.map(reason => make("small", "", said(reason))));
    line.append(tile(i, known.pixels), words, button);
    toggles.set(entry.name, gone => {
      line.classList.toggle("out", gone);
      button.textContent = t(gone ? "pictures.in" : "pictures.out");
      button.setAttribute("aria-label", `${button.textContent}: ${entry.name}`);
    });
    return line;
  };
  const square = (entry, i) => {
    const button = studio.action("", "square", () => flip(entry.name));
    button.append(tile(i, known.pixels));
    button.title = entry.name;
    toggles.set(entry.name, gone => {
      button.setAttribute("aria-pressed", String(gone));
      button.setAttribute("aria-label", gone ? `${entry.name}, ${t("pictures.is_out")}` : entry.name);
    });
    return button;
  };
  const draw = () => {
    toggles.clear();
    const marked = known.tiles.filter(entry => entry.reasons.length), rest = known.tiles.slice(marked.length), nodes = [];
    if (marked.length) {
      const count = known.marked.length, head = make("div", "marked-head");
      const every = studio.action("", "button out-all", () => {
        const all = known.marked.every(name => out.has(name));
        for (const name of known.marked) if (all) out.delete(name); else out.add(name);
        show();
        changed();
      });
      head.append(make("b", "", count === 1 ? t("pictures.marked.one") : t("pictures.marked", { count: number(count) })), every);
      const list = make("ul", "marked");
      list.tabIndex = 0;
      list.append(...marked.map(row));
      if (count > marked.length) list.append(make("li", "more", t("pictures.more", { count: number(count - marked.length) })));
      nodes.push(head, list);
    } else nodes.push(make("p", "clean", t("pictures.clean")));
    if (known.checked < known.count) nodes.push(make("small", "", t("pictures.checked_some", { checked: number(known.checked), count: number(known.count) })));
    const every = known.tiles.length - marked.length + known.marked.length === known.checked && known.checked >= known.count;
    const grid = make("div", "squares");
    grid.append(...rest.map((entry, i) => square(entry, i + marked.length)));
    if (rest.length) nodes.push(make("small", "", every ? t("pictures.others") : t("pictures.sample", { count: number(rest.length) })), grid);
    part("contact").replaceChildren(...nodes);
    part("contact").hidden = false;
    part("sees").hidden = true;
    show();
  };

  // ---- the check: one at a time, the latest wins; it can be stopped
  const telling = (words, share = null) => {
    const box = part("checking");
    box.hidden = false;
    box.querySelector("span").textContent = words;
    box.querySelector(".bar-track").hidden = share === null;
    box.querySelector("i").style.width = `${100 * share}%`;
  };
  const watch = mine => studio.follow(api, mine, () => job === mine, now => {
    if (now?.state === "working" && now.stage === "reading") telling(t("pictures.reading", { done: number(now.done), total: number(now.total) }), now.done / Math.max(1, now.total));
    else if (now?.stage === "fetching") telling(t("pictures.fetching", { done: number(now.done), total: number(now.total) }), now.done / Math.max(1, now.total));
    else telling(t("pictures.checking"), now?.stage === "checking" ? now.done / Math.max(1, now.total) : null);
  }, { pause: 300 });
  const stop = () => { if (job) api.stop({ name: job }).catch(() => {}); job = null; };
  const fresh = url => {
    if (sheet) URL.revokeObjectURL(sheet);
    const bytes = Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), letter => letter.charCodeAt(0));
    sheet = URL.createObjectURL(new Blob([bytes], { type: "image/webp" }));
    part("contact").style.setProperty("--sheet", `url("${sheet}")`);
  };
  const survey = async form => {
    const mine = job = studio.jobName("check");
    const button = part("checking").querySelector("button");
    button.textContent = t("pictures.stop");
    button.onclick = () => { byHand = mine; stop(); };
    const waiting = setTimeout(() => watch(mine), 300);
    try {
      const answer = await api.survey({ form, name: mine });
      if (job !== mine) return;
      job = null;
      part("checking").hidden = true;
      if (!answer.tiles) return;
      known = answer;
      fresh(answer.sheet);
      draw();
    } catch (fault) {
      if (job !== mine && byHand !== mine) return; // nobody waits for it: other pictures were chosen
      job = null;
      if (fault.code !== "job.stopped") studio.toast(fault.message, "bad");
      telling(t("pictures.stopped"));
      button.textContent = t("pictures.again");
      button.onclick = () => survey(form);
    } finally { clearTimeout(waiting); }
  };

  // ---- does a mirrored picture look right? Asked with the picture that mirroring changes most.
  const lopsided = (image, size) => {
    const columns = Math.round(image.naturalWidth / size), rows = Math.round(image.naturalHeight / size), side = 24;
    const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side }), pen = canvas.getContext("2d", { willReadFrequently: true });
    let best = 0, most = -1;
    for (let i = 0; i < Math.min(24, columns * rows); i++) {
      pen.clearRect(0, 0, side, side);
      pen.drawImage(image, (i % columns) * size, Math.floor(i / columns) * size, size, size, 0, 0, side, side);
      const { data } = pen.getImageData(0, 0, side, side);
      let sum = 0;
      for (let y = 0; y < side; y++) for (let x = 0; x < side / 2; x++) for (let c = 0; c < 3; c++) sum += Math.abs(data[4 * (y * side + x) + c] - data[4 * (y * side + side - 1 - x) + c]);
      if (sum > most) [best, most] = [i, sum];
    }
    return [columns, rows, best];
  };
  const mirror = (image, info) => {
    const [columns, rows, i] = lopsided(image, info.size);
    part("pair").replaceChildren(...["original", "mirrored"].map(name => {
      const one = windowOn(make("i", `tile ${name}${info.pixels ? " pixels" : ""}`), columns, rows, i);
      one.style.backgroundImage = `url("${image.src}")`;
      one.setAttribute("role", "img");
      one.setAttribute("aria-label", t(`pictures.flip.${name}`));
      return one;
    }));
    part("mirror").hidden = false;
  };

  const look = (form, info) => {
    const image = part("sees").querySelector("img");
    if (image) image.decode().then(() => mirror(image, info)).catch(() => {});
    stop();
    if (info.named) survey(form); else forget();
  };
  const forget = () => {
    stop();
    out.clear();
    known = null;
    part("contact").hidden = part("checking").hidden = true;
    part("sees").hidden = false;
  };
  const home = yes => { part("private").textContent = t(yes ? "pictures.private" : "pictures.private.shared"); };
  return { look, forget, excluded: () => [...out], home };
};
