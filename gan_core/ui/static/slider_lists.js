// What sliders each model has, asked for once, and what they are called. Other tools ask studio.directions(model).
studio.sliderLists = api => {
  const { t, has, store } = studio;
  const lists = new Map(); // model -> {promise, list}

  const set = (model, list) => { lists.set(model, { list, promise: Promise.resolve(list) }); return list; };
  const forget = model => lists.delete(model);
  const of = model => {
    if (!lists.has(model)) {
      const entry = { list: null };
      entry.promise = api.list({ model }).then(list => (entry.list = inOwnOrder(model, list)));
      entry.promise.catch(() => forget(model));
      lists.set(model, entry);
    }
    return lists.get(model).promise;
  };
  store.onModels(() => lists.clear()); // a training that goes on replaces its model

  // Where strangers share the model, its sliders are put in order in this browser only.
  const inOwnOrder = (model, list) => {
    if (list.editable) return list;
    try {
      const order = JSON.parse(studio.kept(`sliders.${model}`)) || [], place = slider => order.findIndex(entry => entry.name === slider.name);
      const known = list.sliders.filter(slider => place(slider) >= 0).sort((a, b) => place(a) - place(b));
      const arranged = known.map(slider => ({ ...slider, title: String(order[place(slider)].title), hidden: Boolean(order[place(slider)].hidden) }));
      return { ...list, sliders: [...arranged, ...list.sliders.filter(slider => place(slider) < 0)] };
    } catch { return list; }
  };
  // Renames, hides and sorts: order is [{name, title, hidden}]. Returns the new list.
  const arrange = async (model, order) => {
    if ((await of(model)).editable) return set(model, await api.arrange({ model, order }));
    studio.keep(`sliders.${model}`, JSON.stringify(order));
    forget(model);
    return of(model);
  };

  // A person's own words, else the known name, else a number; of another finder than the one in use, with that one's name.
  const textOf = ({ name, title }, finder = "d") => {
    const key = `direction.${name}`, [, by, number] = /^(d|pca|sefa|axis)(\d+)$/.exec(name) || [];
    if (title && title !== STUDIO_WORDS.en[key]) return title;
    if (has(key)) return t(key);
    if (!by) return title || t("sliders.new");
    const plain = t("explore.direction", { n: Number(number) + 1 });
    return by === finder || (by === "d" && finder !== "d") ? plain : `${plain} · ${t(`sliders.short.${by}`)}`;
  };
  const named = list => (list?.sliders || []).filter(slider => !slider.hidden).map(slider => ({ name: slider.name, text: textOf(slider) }));
  studio.directions = async model => (model ? named(await of(model.id)) : []); // [{name, text}]
  studio.directions.now = model => named(lists.get(model?.id)?.list); // the same, as far as it is known yet

  return { of, set, forget, arrange, textOf };
};
