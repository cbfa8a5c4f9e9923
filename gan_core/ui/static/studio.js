// What every panel shares: words, tabs, calls to the app, toasts, downloads.
window.studio = (() => {
  const root = document.documentElement;
  const words = STUDIO_WORDS[root.lang] || STUDIO_WORDS.en;

  const fill = (sentence, facts) => sentence.replace(/\{(\w+)\}/g, (all, fact) => (fact in facts ? facts[fact] : all));
  const has = key => key in words;
  const t = (key, facts = {}) => fill(words[key] ?? STUDIO_WORDS.en[key] ?? key, facts);

  const keep = (name, value) => { // whether the browser has kept it: private windows and full stores do not
    try { localStorage.setItem(`studio.${name}`, value); return true; } catch { return false; }
  };
  const kept = name => { try { return localStorage.getItem(`studio.${name}`); } catch { return null; } };

  // data-t fills an element's text, data-t-label / -title / -placeholder its attributes, data-icon its drawing.
  const translate = scope => {
    for (const node of scope.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
    for (const node of scope.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
    for (const node of scope.querySelectorAll("[data-t-title]")) {
      node.title = t(node.dataset.tTitle);
      if (!node.hasAttribute("aria-label")) node.setAttribute("aria-label", node.title);
    }
    for (const node of scope.querySelectorAll("[data-t-placeholder]")) node.placeholder = t(node.dataset.tPlaceholder);
    for (const node of scope.querySelectorAll("[data-icon]")) node.innerHTML = studio.icon(node.dataset.icon);
    return scope;
  };

  // ---- calls to the app: api.name({…}) resolves to the result or throws a Fault whose message is in the visitor's language
  class Fault extends Error {
    constructor({ code, message, facts = {} }) {
      super(has(`error.${code}`) ? t(`error.${code}`, facts) : message);
      Object.assign(this, { code, facts });
    }
  }
  // What is refused before it reaches a panel (ui/guard.py) has a status, of which Gradio's client would only say that it could not connect.
  const fetchAny = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const answer = await fetchAny(input, init);
    return answer.ok || !String(input.url ?? input).includes("/component_server") ? answer : new Response(answer.body);
  };
  const refusal = text => { try { return new Fault(JSON.parse(text).error); } catch { return null; } }; // of an answer's body
  const connect = server => new Proxy({}, {
    get: (_, name) => async (values = {}) => {
      let answer;
      const ask = () => server[name]({ visitor: studio.visitor(), ...values });
      try { answer = await studio.line.during(name, ask); } catch { answer = null; }
      if (!answer || !("ok" in answer || "error" in answer)) {
        throw new Fault({ code: "offline" });
      }
      if (answer.error) throw new Fault(answer.error);
      return answer.ok;
    },
  });

  // One call in flight; while it runs only the latest request is remembered, so the last one always wins.
  const pump = (work, failed = error => toast(error.message, "bad")) => {
    let next = null, busy = false;
    return async value => {
      next = { value };
      if (busy) return;
      busy = true;
      while (next) {
        const { value } = next;
        next = null;
        try { await work(value); } catch (error) { failed(error); }
      }
      busy = false;
    };
  };
  const later = (milliseconds, work) => {
    let timer;
    return (...values) => { clearTimeout(timer); timer = setTimeout(() => work(...values), milliseconds); };
  };

  // Long work of the app (ui/jobs.py): a name for it that nobody guesses, and how far it is, told for as long as it is wanted.
  const randomWord = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), n => n.toString(36)).join("");
  const jobName = kind => `${kind}-${randomWord()}`;
  // tell(progress), null where the app did not answer; its place in line stands in a note, unless `tell` says it (`own`).
  const follow = async (api, name, wanted, tell, { pause = 250, own = false } = {}) => {
    while (wanted()) {
      const progress = await api.progress({ name }).catch(() => null);
      if (!wanted()) break;
      tell(progress);
      if (!own) studio.line.told(progress);
      await new Promise(resolve => setTimeout(resolve, pause));
    }
    if (!own) studio.line.told(null);
  };

  // A note for a few seconds; `action` {text, act} puts a button on it.
  const toast = (text, kind = "good", action = null) => {
    let shelf = document.getElementById("toasts");
    if (!shelf) {
      shelf = Object.assign(document.createElement("div"), { id: "toasts" });
      shelf.setAttribute("role", "status");
      shelf.setAttribute("aria-live", "polite");
      document.body.append(shelf);
    }
    const same = [...shelf.children].find(note => note.firstChild.textContent === text);
    if (same && !action) return;
    same?.remove();
    const note = make("div", `toast ${kind}`);
    note.append(make("span", "", text));
    if (action) {
      const button = note.appendChild(make("button", "", action.text));
      button.addEventListener("click", action.act);
    }
    note.addEventListener("click", () => note.remove());
    shelf.append(note);
    setTimeout(() => note.remove(), kind === "bad" ? (action ? 30000 : 9000) : action ? 7000 : 3000);
  };

  const download = ({ name, type, data }) => {
    const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
    downloadBlob(name, new Blob([bytes], { type }));
  };
  const downloadBlob = (name, blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    toast(t("common.saved", { name }));
  };
  // Runs work while the button is disabled and shows that it is busy; a Fault becomes a toast.
  const busy = async (button, work) => {
    button.disabled = true;
    button.classList.add("busy");
    try { return await work(); } catch (error) { toast(error.message, "bad"); } finally {
      button.disabled = false;
      button.classList.remove("busy");
    }
  };

  // ---- tabs: a panel is set up once; show(detail) runs whenever its tab opens
  const panels = {}, waiting = {};
  const current = () => root.dataset.tab;
  const open = (tab, detail = null) => {
    const before = current();
    root.dataset.tab = tab;
    if (before !== tab) {
      panels[before]?.hide?.();
      const address = new URL(location.href);
      address.searchParams.set("tab", tab);
      history.replaceState(history.state, "", address);
      scrollTo(0, 0);
    }
    dispatchEvent(new CustomEvent("studio:tab", { detail: tab }));
    if (panels[tab]) panels[tab].show?.(detail); else waiting[tab] = detail;
  };
  const panel = (name, element, server, setup) => {
    translate(element);
    panels[name] = setup(element, connect(server || {})) || {};
    if (name === current()) panels[name].show?.(waiting[name] ?? null);
  };

  const setTheme = choice => {
    keep("theme", choice);
    const dark = choice === "dark" || (choice === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "dark" : "light";
    document.body.classList.toggle("dark", dark);
    dispatchEvent(new CustomEvent("studio:theme", { detail: root.dataset.theme }));
  };
  const setLanguage = language => { keep("language", language); location.reload(); };

  const make = (tag, className = "", text = "") => Object.assign(document.createElement(tag), { className, textContent: text });
  const typing = event => event.target.matches?.("textarea, select, input:not([type=range]):not([type=checkbox]):not([type=radio])");

  return { t, has, translate, connect, refusal, pump, later, randomWord, jobName, follow, toast, download, downloadBlob, busy, open, panel, current, keep, kept, setTheme, setLanguage, make, typing };
})();
