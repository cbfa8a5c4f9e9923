// Publishing a model: a few choices, then exactly what would go up, and only then a button that sends it.
studio.panel("models_publish", element, server, (element, api) => {
  const { t, make, number, weight } = studio;
  const lang = document.documentElement.lang;
  const GRAVE = ["copies", "unasked", "unsure"];
  const part = name => element.querySelector(`[data-part="${name}"]`);
  const doing = name => element.querySelector(`[data-do="${name}"]`);
  const dialog = part("dialog"), form = element.querySelector("form"), fields = form.elements;
  let model = null, hidden = true, seen = null, job = null;

  const say = (box, words) => { box.textContent = words; box.hidden = !words; };
  const asked = () => ({
    model: model.id, visitor_word: studio.visitor(), repo: `${fields.owner.value}/${fields.repo.value.trim()}`, licence: fields.licence.value,
    licence_words: fields.licence_words.value, private: hidden, language: fields.language.value,
  });
  const forget = () => { // what was shown is no longer what was chosen
    seen = null;
    part("draft").hidden = true;
    say(part("error"), "");
    part("own").hidden = fields.licence.value !== "other";
  };
  const visibility = ["private", "public"].map((name, i) => {
    const button = studio.action(t(`publish.${name}`), "", () => { hidden = i === 0; mark(); forget(); });
    button.setAttribute("role", "radio");
    part("private").append(button);
    return button;
  });
  const mark = () => visibility.forEach((button, i) => button.setAttribute("aria-checked", String(hidden === (i === 0))));

  // ---- what is known, and the choices
  const open = async asking => {
    model = asking;
    hidden = true;
    mark();
    part("done").hidden = true;
    form.hidden = true;
    say(part("account"), t("common.working"));
    part("title").textContent = t("publish.title", { name: studio.modelTitle(model) });
    forget();
    dialog.showModal();
    try {
      const facts = await api.publish_facts({ model: model.id, visitor_word: studio.visitor() });
      if (model !== asking) return;
      say(part("account"), !facts.account ? t("publish.no_account") : facts.account.role === "read" ? t("publish.read_only") : "");
      if (!facts.account) return;
      fields.owner.replaceChildren(...facts.account.names.map(name => new Option(name, name)));
      fields.repo.value = facts.name;
      fields.licence.replaceChildren(new Option(t("publish.licence.none"), ""), ...facts.licences.map(id => new Option(t(`publish.licence.${id}`), id)));
      fields.licence.value = facts.licences.includes(facts.licence) ? facts.licence : "";
      fields.licence.disabled = facts.licences.length === 1;
      fields.language.value = lang.startsWith("zh") ? "zh" : "en";
      form.hidden = false;
      forget();
    } catch (fault) { say(part("account"), fault.message); }
  };
  form.addEventListener("input", forget);

  // ---- exactly what would go up
  const fileRow = file => {
    const row = make("li", file.state);
    row.append(make("span", "", file.name), make("small", "", weight(file.size)), make("span", `badge ${file.state}`, t(`publish.state.${file.state}`)));
    return row;
  };
  const tell = draft => {
    seen = draft;
    const sent = draft.files.filter(file => file.state !== "same"), { repo } = asked();
    const total = t("publish.total", { count: number(sent.length), size: weight(sent.reduce((sum, file) => sum + file.size, 0)) });
    const head = draft.new ? t(hidden ? "publish.new.private" : "publish.new.public") : t("publish.update", { repo });
    part("what").textContent = sent.length ? `${head} ${total}` : t("publish.same");
    part("files").replaceChildren(...draft.files.map(fileRow));
    say(part("kept"), [draft.kept.length ? t("publish.kept", { names: draft.kept.join(", ") }) : "", draft.new ? "" : t("publish.stays")].filter(Boolean).join(" "));
    part("complaints").hidden = !draft.complaints.length;
    part("complaints").replaceChildren(make("b", "", t("publish.complaints")), ...draft.complaints.map(words => make("p", "", words)));
    part("front").textContent = draft.card.split(/^---$/m)[1]?.trim() || "";
    part("card").replaceChildren(studio.markdown(draft.card, draft.preview ? { "preview.webp": draft.preview } : {}));
    part("worry").hidden = !draft.concerns.length;
    part("check").hidden = !draft.concerns.includes("unchecked") || model.origin !== "run";
    part("concerns").replaceChildren(...draft.concerns.map(code => make("li", GRAVE.includes(code) ? "grave" : "", t(`share.concern.${code}`))));
    part("aware").checked = false;
    doing("send").textContent = t(draft.new ? "publish.send" : "publish.send_update");
    ready();
    part("draft").hidden = false;
    part("draft").focus({ preventScroll: true });
    part("what").scrollIntoView({ block: "start" });
  };
  const ready = () => { doing("send").disabled = !seen.files.some(file => file.state !== "same") || (seen.concerns.length > 0 && !part("aware").checked); };
  part("aware").addEventListener("change", ready);
  form.addEventListener("submit", event => {
    event.preventDefault();
    forget();
    studio.busy(doing("look"), async () => {
      try { tell(await api.publish_preview(asked())); } catch (fault) { say(part("error"), fault.message); }
    });
  });

  // ---- sending it
  const send = async () => {
    const mine = job = studio.jobName("publish"), bar = part("sending");
    bar.hidden = false;
    form.inert = true;
    studio.follow({ progress: api.publish_progress }, mine, () => job === mine, now => {
      bar.querySelector("i").style.width = `${now?.total ? (now.done / now.total) * 100 : 0}%`;
      bar.querySelector("small").textContent = now?.total ? t("publish.sending", { done: weight(now.done), total: weight(now.total) }) : t("common.working");
    });
    try {
      const { commit, address } = await api.publish_send({ ...asked(), digest: seen.digest, name: mine, aware: part("aware").checked });
      forget();
      form.hidden = true;
      part("done").querySelector("span").textContent = t("publish.done", { commit: commit.slice(0, 7) });
      Object.assign(part("done").querySelector("a"), { href: address, textContent: address });
      part("done").hidden = false;
    } catch (fault) {
      say(part("error"), fault.code === "job.stopped" ? t("publish.stopped") : fault.message);
      part("error").scrollIntoView({ block: "center" });
    } finally {
      job = null;
      bar.hidden = true;
      form.inert = false;
    }
  };
  doing("send").addEventListener("click", () => studio.busy(doing("send"), send).then(() => { if (seen) ready(); }));
  doing("stop").addEventListener("click", () => { if (job) api.publish_stop({ name: job }).catch(() => {}); });

  const close = () => { if (job) api.publish_stop({ name: job }).catch(() => {}); dialog.close(); };
  doing("close").addEventListener("click", close);
  dialog.addEventListener("cancel", event => { event.preventDefault(); close(); });
  addEventListener("studio:publish", ({ detail }) => open(detail));
  return {};
});
