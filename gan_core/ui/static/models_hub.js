// The Hub's part of the Models tab: an account, a search with pictures, and pulls with progress and Stop. All that the Hub says is text.
studio.panel("models_hub", element, server, (element, api) => {
  const { t, make, weight } = studio;
  const lang = document.documentElement.lang;
  const part = name => element.querySelector(`[data-part="${name}"]`);
  const doing = name => element.querySelector(`[data-do="${name}"]`);
  const say = (box, words) => { box.textContent = words; box.hidden = !words; };

  // ---- the account
  const tokenForm = part("token"), tokenField = tokenForm.querySelector("input");
  const page = () => encodeURIComponent(location.pathname + location.search);
  const showAccount = ({ account, through, may_login: mayLogin, sign_in: signIn, space }) => {
    const who = account ? t(`hub.account.${through}`, { name: account.name }) : t("hub.account.none");
    const also = account?.role === "read" ? t("hub.account.read") : space && !account ? t(signIn ? "hub.account.sign_in" : "hub.account.space") : "";
    part("who").textContent = [who, also].filter(Boolean).join(" ");
    doing("login").hidden = Boolean(account) || !mayLogin;
    doing("logout").hidden = through !== "login";
    part("sign-in").hidden = !signIn;
    part("sign-in").textContent = t(account ? "hub.sign_out" : "hub.sign_in");
    part("sign-in").href = `${account ? "logout" : "login/huggingface"}?_target_url=${page()}`;
    if (account) tokenForm.hidden = true;
    dispatchEvent(new CustomEvent("studio:hub-account", { detail: account }));
  };
  const askAccount = async () => { showAccount(await api.hub_account()); };
  doing("login").addEventListener("click", () => { tokenForm.hidden = !tokenForm.hidden; if (!tokenForm.hidden) tokenField.focus(); });
  tokenForm.addEventListener("submit", event => {
    event.preventDefault();
    const token = tokenField.value;
    tokenField.value = "";
    say(part("token-error"), "");
    studio.busy(tokenForm.querySelector("[type=submit]"), async () => {
      try { showAccount(await api.hub_login({ token })); search(); } catch (fault) { say(part("token-error"), fault.message); }
    });
  });
  doing("logout").addEventListener("click", () => studio.ask(doing("logout"), {
    question: t("hub.logout.sure"), yes: t("hub.logout"), no: t("hub.logout.keep"),
  }, async () => { showAccount(await api.hub_logout()); search(); }));

  // ---- a pull: progress and Stop in `box`; resolves to {model, commit}, or null when it was stopped
  const pull = async (source, box) => {
    const name = studio.jobName("pull"), bar = make("div", "hub-progress"), row = make("div", "row"), words = make("small", "", t("hub.asking"));
    const track = make("div", "bar-track"), stop = studio.action(t("hub.stop"), "quiet", () => api.hub_stop({ name }).catch(() => {}));
    words.setAttribute("role", "status");
    track.append(make("i"));
    row.append(words, stop);
    bar.append(track, row);
    box.replaceChildren(bar);
    let going = true;
    studio.follow({ progress: api.hub_progress }, name, () => going, now => {
      track.firstChild.style.width = `${now?.total ? (now.done / now.total) * 100 : 3}%`;
      if (now?.total) words.textContent = t("hub.progress", { done: weight(now.done), total: weight(now.total) });
    });
    try {
      const found = await api.hub_pull({ source, name });
      await studio.refreshModels();
      showHere();
      return found;
    } catch (fault) {
      if (fault.code !== "job.stopped") throw fault;
      studio.toast(t("hub.stopped"));
      return null;
    } finally { going = false; box.replaceChildren(); }
  };
  const nameForm = element.querySelector(".hub-name"), nameField = nameForm.querySelector("input");
  const pullNamed = then => {
    say(part("hub-error"), "");
    studio.busy(doing("pull"), async () => {
      try {
        const found = await pull(nameField.value.trim(), part("pulling"));
        if (!found) return;
        nameField.value = "";
        await then(found.model);
      } catch (fault) { say(part("hub-error"), fault.message); }
    });
  };
  nameForm.addEventListener("submit", event => { event.preventDefault(); pullNamed(studio.openModel); });
  addEventListener("studio:hub-load", ({ detail: point }) => { // a link to a point of a model that is not here yet
    studio.open("models");
    document.querySelector("#panel-models [data-view=hub]").click();
    nameField.value = point.model.slice("hub/".length);
    nameForm.scrollIntoView({ block: "center" });
    pullNamed(model => studio.open("explore", { point: { ...point, model } }));
  });
  nameField.addEventListener("input", () => say(part("hub-error"), ""));

  // ---- what is here already, and what became newer
  let here = new Set();
  const showHere = async () => {
    const { models } = await api.hub_here();
    here = new Set(models.map(model => `${model.id} ${model.commit}`));
    part("here").hidden = !models.length;
    part("pulled").replaceChildren(...models.map(pulledRow));
    return models;
  };
  const pulledRow = model => {
    const row = make("li", "row"), words = make("span"), box = make("div");
    row.dataset.pulled = model.id;
    words.append(make("b", "", model.title || model.repo), make("small", "", [model.title && model.repo, model.revision, model.commit.slice(0, 7)].filter(Boolean).join(" · ")));
    row.append(words, studio.action(t("models.open"), "quiet", () => studio.openModel(model.id)), box);
    return row;
  };
  const askNews = async () => {
    for (const id of Object.keys(await api.hub_news())) {
      const row = [...part("pulled").children].find(one => one.dataset.pulled === id);
      if (!row || row.querySelector(".hub-newer")) continue;
      const source = id.replace(/^hub\//, ""), note = make("span", "hub-newer", t("hub.newer"));
      note.append(studio.action(t("hub.update"), "quiet", () => pull(source, row.lastChild).catch(fault => studio.toast(fault.message, "bad"))));
      row.insertBefore(note, row.lastChild);
    }
  };

  // ---- a model on the Hub
  const fact = (name, value) => {
    const row = make("div"), words = make("dd", "", value);
    row.append(make("dt", "", name), words);
    return [row, words];
  };
  const badge = (key, className = "") => make("span", `badge ${className}`, t(key));
  const card = model => {
    const box = make("article", "card"), frame = make("div", "card-picture"), head = make("div", "card-head"), badges = make("div", "badges"), list = make("dl");
    box.dataset.repo = model.repo_id;
    head.append(make("h3", "", model.repo_id));
    badges.append(badge(`hub.kind.${model.kind}`, model.kind));
    if (model.private) badges.append(badge("hub.private"));
    if (model.gated) badges.append(badge("hub.gated"));
    const [size, sizeWords] = fact(t("hub.size"), "…");
    const used = [model.downloads !== null && t("hub.downloads", { count: studio.number(model.downloads) }), model.likes !== null && t("hub.likes", { count: studio.number(model.likes) })];
    const [version, versionWords] = fact(t("hub.version"), model.commit.slice(0, 7) || "…");
    list.append(fact(t("hub.licence"), model.licence || t("hub.no_licence"))[0], size, fact(t("hub.used"), used.filter(Boolean).join(" · ") || t("hub.unknown"))[0]);
    list.append(fact(t("hub.updated"), model.updated || t("hub.unknown"))[0], version);
    const buttons = make("div", "card-buttons"), going = make("div");
    if (here.has(`hub/${model.repo_id} ${model.commit}`)) buttons.append(studio.action(t("models.open"), "button", () => studio.openModel(`hub/${model.repo_id}`)));
    else if (model.kind === "ours") buttons.append(studio.action(t("hub.load"), "button", button => load(model, box, button, going)));
    if (model.kind === "foreign") buttons.append(studio.action(t("hub.import"), "button", () => bring(model)));
    box.append(frame, head, badges, list, going, buttons);
    box.look = async () => {
      try {
        const details = await api.hub_look({ repo: model.repo_id });
        sizeWords.textContent = details.size === null ? t("hub.unknown") : weight(details.size);
        versionWords.textContent = details.commit.slice(0, 7);
        if (!details.preview) return;
        const picture = Object.assign(make("img"), { alt: t("hub.preview", { name: model.repo_id }) });
        picture.addEventListener("load", () => picture.classList.toggle("pixels", picture.naturalWidth <= 160));
        picture.src = details.preview;
        frame.append(picture);
      } catch { sizeWords.textContent = t("hub.unknown"); }
    };
    return box;
  };
  const load = (model, box, button, going) => studio.busy(button, async () => {
    const found = await pull(model.repo_id, going);
    if (found) button.replaceWith(studio.action(t("models.open"), "button main", () => studio.openModel(found.model)));
  });
  const bring = model => { // somebody else's layout: the importers' part of the page takes over, where there is one
    const handed = !dispatchEvent(new CustomEvent("studio:import", { detail: { hub: model.repo_id }, cancelable: true }));
    if (!handed) { nameField.value = model.repo_id; nameForm.requestSubmit(); nameField.scrollIntoView({ block: "center" }); }
  };

  // ---- the search
  const form = element.querySelector(".hub-search");
  const SCOPES = ["ours", "task", "all"];
  let scope = "ours", cursor = "", round = 0, shown = false;
  for (const name of SCOPES) {
    const button = studio.action(t(`hub.scope.${name}`), "", () => { scope = name; mark(); search(); });
    button.setAttribute("role", "radio");
    part("scope").append(button);
  }
  const mark = () => [...part("scope").children].forEach((button, i) => button.setAttribute("aria-checked", String(SCOPES[i] === scope)));
  for (const name of ["downloads", "likes", "lastModified"]) form.elements.sort.append(new Option(t(`hub.sort.${name}`), name));
  mark();

  const ask = async more => {
    const mine = ++round, { words, author, sort } = form.elements;
    const found = await api.hub_search({ scope, words: words.value, author: author.value, sort: sort.value, cursor: more ? cursor : "" });
    if (mine !== round) return;
    cursor = found.cursor;
    doing("more").hidden = !cursor;
    part("found").hidden = false;
    const cards = found.models.map(card);
    if (more) part("results").append(...cards); else part("results").replaceChildren(...cards);
    part("nothing").hidden = part("results").children.length > 0;
    const waiting = [...cards]; // looked at three at a time
    const worker = async () => { while (waiting.length && mine === round) await waiting.shift().look(); };
    for (let i = 0; i < 3; i += 1) worker();
  };
  const trouble = fault => {
    part("trouble").querySelector("span").textContent = fault?.message || "";
    part("trouble").hidden = !fault;
    if (fault) part("found").hidden = true;
  };
  const search = () => studio.busy(doing("search"), async () => {
    trouble(null);
    try { await ask(false); } catch (fault) { trouble(fault); }
  });
  form.addEventListener("submit", event => { event.preventDefault(); search(); });
  form.elements.sort.addEventListener("change", search);
  doing("more").addEventListener("click", () => studio.busy(doing("more"), () => ask(true)));
  doing("again").addEventListener("click", () => open());

  const open = async () => {
    search();
    askAccount().catch(() => {});
    await showHere().catch(fault => studio.toast(fault.message, "bad"));
    askNews().catch(() => {});
  };
  addEventListener("studio:models-view", ({ detail }) => {
    part("hub").hidden = detail !== "hub";
    if (detail !== "hub") return;
    if (shown) showHere().catch(() => {}); else open();
    shown = true;
  });
  return {};
});
