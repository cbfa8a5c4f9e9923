// The ways into a journey and out of it: favourites, a keyframe that is changed in Explore, files.
//   studio.journeyDoors(element, api, { model(), point(i), edited(), insert(...points), take(journey), back(i, point | null), showControls() }) → { show() }
studio.journeyDoors = (element, api, on) => {
  const { t, store, make, points } = studio;
  const find = selector => element.querySelector(selector);
  const KEY = "latent-studio-journey", MOST = 100, LONGEST = 1_900_000, LARGEST = 500_000_000;

  // ---- a keyframe is changed in Explore, with all its tools; a small bar there leads back
  let editing = null;
  const bar = make("div", "studio-panel journey-return");
  bar.hidden = true;
  bar.setAttribute("role", "region");
  bar.innerHTML = `<span></span><button class="button main"></button><button class="quiet round">${studio.icon("close")}</button>`;
  const [text, update, close] = bar.children;
  text.textContent = t("journey.editing");
  bar.setAttribute("aria-label", t("journey.editing"));
  close.title = t("journey.leave");
  close.setAttribute("aria-label", close.title);
  document.body.append(bar);
  const showBar = () => {
    if (editing !== null && !on.point(editing)) editing = null;
    bar.hidden = editing === null || studio.current() !== "explore";
    if (!bar.hidden) update.textContent = t("journey.update", { n: editing + 1 });
  };
  const back = point => {
    const number = editing;
    on.back(number, point);
    if (studio.current() === "journey") editing = null;
  };
  update.addEventListener("click", () => back(store.point));
  close.addEventListener("click", () => back(null));
  find("[data-act=edit]").addEventListener("click", () => {
    editing = on.edited();
    studio.open("explore", { point: on.point(editing) });
  });
  addEventListener("studio:tab", showBar);

  // ---- favourites, as far as they belong to this journey's model
  const kept = () => (studio.favourites?.list() || []).filter(({ point }) => point.model === on.model()).slice(0, MOST);
  const door = find("[data-act=favourites]");
  const showFavourites = () => { door.hidden = !kept().length; };
  const entry = ({ point, name, thumb }) => {
    const button = make("button");
    button.innerHTML = `<img alt=""><small></small>`;
    if (thumb) button.querySelector("img").src = thumb;
    button.querySelector("img").classList.toggle("pixels", Boolean(store.models.find(({ id }) => id === point.model)?.pixel_art));
    button.querySelector("small").textContent = name || points.title(point);
    button.addEventListener("click", () => { on.insert(point); button.classList.add("taken"); });
    return button;
  };
  door.addEventListener("click", () => {
    const board = make("div", "favourite-board"), list = kept();
    board.append(...list.map(entry));
    if (list.length > 1) {
      const every = make("button", "slim", t("journey.add_all", { n: list.length }));
      every.addEventListener("click", () => { studio.closePopup(); on.insert(...list.map(({ point }) => point)); });
      board.append(every);
    }
    studio.popup(door, board);
  });
  studio.favourites?.subscribe(showFavourites);

  // ---- files: a saved journey begins with its key; a film has the same text somewhere inside
  const journeyIn = async file => {
    if (!/\.(json|mp4|webp|gif)$/i.test(file.name) || file.size > LARGEST) return null;
    const text = new TextDecoder("latin1").decode(await file.arrayBuffer()), at = text.indexOf(`"${KEY}"`);
    return at < 0 ? null : text.slice(text.lastIndexOf("{", at), at + LONGEST);
  };
  const open = async text => {
    const made = await api.read({ text }), model = made.keyframes[0].point.model || "";
    if (!store.models.some(({ id }) => id === model)) throw new Error(t("journey.no_model", { name: model.slice(0, 80) || "–" }));
    on.take(made);
    studio.open("journey");
    studio.toast(t("journey.opened", { n: made.keyframes.length }));
  };
  const say = work => work.catch(error => studio.toast(error.message, "bad"));
  const openAny = studio.openFile;
  studio.openFile = file => say(journeyIn(file).then(text => (text || !openAny ? open(text || "{}") : openAny(file))));
  const chooser = find("input[type=file]");
  find("[data-act=read]").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    const [chosen] = chooser.files;
    if (chosen) say(journeyIn(chosen).then(text => open(text || "{}")));
    chooser.value = "";
  });

  return { show() { showBar(); showFavourites(); } };
};
