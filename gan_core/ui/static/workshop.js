// What the Train and Models tabs share: numbers in words, copying, a question asked in place, who this browser is, opening a model.
Object.assign(studio, (() => {
  const { t, make } = studio;
  const number = value => Number(value).toLocaleString(document.documentElement.lang);

  // Bytes in words, by thousands or by 1,024s as Settings have it.
  const UNITS = studio.kept("units") === "binary" ? [1024, "KiB", "MiB", "GiB"] : [1000, "kB", "MB", "GB"];
  const weight = bytes => {
    const [step, ...names] = UNITS, place = Math.min(2, Math.max(0, Math.floor(Math.log(Math.max(1, bytes)) / Math.log(step)) - 1));
    const value = bytes / step ** (place + 1);
    return `${(place ? value : Math.ceil(value)).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} ${names[place]}`;
  };

  // A sentence that the app wrote in English (it may know details), or its translation by key.
  const said = (key, english, facts = {}) => (document.documentElement.lang !== "en" && studio.has(key) ? t(key, facts) : english);

  // What Auto chose and why: a sentence whose words for kind, time, machine and augmentation are sentences' parts themselves.
  const PARTS = ["verb", "family", "length", "device", "augmentation"];
  const told = (kind, code, facts) => {
    const shown = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, typeof value === "number" ? number(value) : value]));
    if ("model" in facts) shown.model = studio.modelTitle({ name: facts.name, title: facts.model });
    const words = PARTS.filter(part => part in facts).map(part => {
      const key = `choice.${part}.${facts[part]}`;
      return [part, studio.has(key) ? t(key, shown) : part === "family" ? facts[part] : ""];
    });
    return t(`${kind}.${code}`, { ...shown, ...Object.fromEntries(words) });
  };
  const choiceSaid = ({ code, facts }, verb = "will") => told("choice", code, { ...facts, verb });
  const transferSaid = ({ code, facts }) => told("transfer", code, facts);

  const copyText = async text => {
    try { await navigator.clipboard.writeText(text); studio.toast(t("train.copied")); } catch { studio.toast(t("train.copy_failed"), "bad"); }
  };

  // A random word of this browser, sent with every question: on a shared machine it sees and changes only what is its own.
  let word = "";
  const visitor = () => {
    word ||= studio.kept("visitor");
    if (!word) {
      word = studio.randomWord();
      studio.keep("visitor", word);
    }
    return word;
  };

  // Puts a question and two buttons where `button` stands; the work runs only after "yes".
  const ask = (button, { question, yes, no }, work) => {
    const box = make("span", "ask");
    const sure = make("button", "button danger", yes), back = make("button", "quiet", no);
    const close = () => { box.remove(); button.hidden = false; button.focus(); };
    sure.type = back.type = "button";
    sure.addEventListener("click", () => studio.busy(sure, async () => { await work(); box.remove(); button.hidden = false; }));
    back.addEventListener("click", close);
    box.addEventListener("keydown", event => { if (event.key === "Escape") close(); });
    box.append(make("span", "", question), sure, back);
    button.hidden = true;
    button.after(box);
    back.focus();
  };

  const action = (text, className, work) => {
    const button = make("button", className, text);
    button.type = "button";
    button.addEventListener("click", () => work(button));
    return button;
  };

  const openModel = async model => {
    await studio.refreshModels();
    studio.open("explore", { point: { seed: 0, model, truncation: 1 } });
  };

  // Fetches a file that the app has laid out for this page.
  const fetchFile = (path, name) => {
    const { root = "", api_prefix = "/gradio_api" } = window.gradio_config || {};
    const link = Object.assign(make("a"), { href: `${root}${api_prefix}/file=${path}`, download: name });
    link.click();
    studio.toast(t("common.saved", { name }));
  };

  // Fetches a file that lies on the app's shelf (ui/shelf.py), piece by piece; null when it is not wanted any more.
  const fetchPieces = async (api, file, wanted, tell) => {
    const parts = [];
    try {
      for (let number = 0; number < file.pieces && wanted(); number++) {
        tell(number / file.pieces);
        const data = atob(await api.piece({ token: file.token, number }));
        parts.push(Uint8Array.from(data, letter => letter.charCodeAt(0)));
      }
    } finally { api.forget({ token: file.token }).catch(() => {}); }
    return wanted() ? new Blob(parts) : null;
  };

  const date = seconds => new Date(seconds * 1000).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

  return { number, weight, said, choiceSaid, transferSaid, copyText, visitor, ask, action, date, openModel, fetchFile, fetchPieces };
})());
