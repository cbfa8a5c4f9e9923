// Runs before Gradio: the visitor's language and theme are settled here, so that nothing flashes and Gradio follows them.
(() => {
  const kept = name => { try { return localStorage.getItem(`studio.${name}`); } catch { return null; } };
  const root = document.documentElement;
  const address = new URL(location.href);

  const spoken = (navigator.languages?.[0] || navigator.language || "en").toLowerCase();
  const language = ["en", "zh-CN"].find(known => known === kept("language")) || (spoken.startsWith("zh") ? "zh-CN" : "en");
  for (const [name, value] of [["language", language], ["languages", [language]]]) {
    Object.defineProperty(navigator, name, { get: () => value, configurable: true });
  }
  root.lang = language;

  const theme = kept("theme") || "system";
  const dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "dark" : "light";
  if (theme !== "system") address.searchParams.set("__theme", theme); // Gradio's own switch; taken out again by studio.js
  history.replaceState(history.state, "", address);

  // Less motion: as the system has it, or because it was chosen here. Whoever asks the system gets both answers.
  root.dataset.motion = kept("motion") === "less" ? "less" : "system";
  const ask = window.matchMedia.bind(window);
  window.matchMedia = query => {
    const answer = ask(query);
    if (query.replace(/\s/g, "") !== "(prefers-reduced-motion:reduce)") return answer;
    return new Proxy(answer, { get: (real, name) => {
      if (name === "matches") return real.matches || root.dataset.motion === "less";
      return typeof real[name] === "function" ? real[name].bind(real) : real[name];
    } });
  };

  // Gradio's sign of loading goes on counting its seconds, sixty times a second, after it has gone: nobody sees it, so it gets no frames.
  const COUNTING = /performance\.now\(\)\s*-.{1,40}\/\s*1e3/, frame = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = work => (COUNTING.test(work) ? 0 : frame(work));

  root.dataset.tab = address.searchParams.get("tab") || "explore";
})();
