// A model card as elements. Text goes in as text, never as HTML, so a card from a stranger can do nothing but be read.
studio.markdown = (() => {
  const { make } = studio;
  const INLINE = /(`[^`]+`)|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s][^*]*)\*|!\[([^\]]*)\]\(([^)]*)\)|\[([^\]]+)\]\(([^)\s]+)[^)]*\)|(https?:\/\/[^\s<>)]+)/g;

  const link = (text, address) => {
    if (!/^https?:\/\//i.test(address)) return document.createTextNode(text);
    return Object.assign(make("a", "", text), { href: address, target: "_blank", rel: "noopener noreferrer nofollow" });
  };
  let pictures = {}; // by the name that a card gives them: only those that are here are shown
  const inline = (node, text) => {
    let at = 0;
    for (const match of text.matchAll(INLINE)) {
      node.append(text.slice(at, match.index));
      at = match.index + match[0].length;
      const [, code, bold, bold2, italic, image, file, words, address, bare] = match;
      if (code) node.append(make("code", "", code.slice(1, -1)));
      else if (bold || bold2) node.append(make("strong", "", bold || bold2));
      else if (italic) node.append(make("em", "", italic));
      else if (image !== undefined) node.append(Object.hasOwn(pictures, file) ? Object.assign(make("img"), { src: pictures[file], alt: image }) : image); // none of other hosts is fetched
      else node.append(link(words || bare, address || bare));
    }
    node.append(text.slice(at));
    return node;
  };

  const cells = line => line.trim().replace(/^\||\|$/g, "").split("|").map(cell => cell.trim());
  const table = lines => {
    const box = make("table");
    lines.filter((_, i) => i !== 1).forEach((line, i) => {
      const row = box.insertRow();
      for (const cell of cells(line)) row.append(inline(make(i ? "td" : "th"), cell));
    });
    return box;
  };
  const list = (lines, ordered) => {
    const box = make(ordered ? "ol" : "ul");
    for (const line of lines) box.append(inline(make("li"), line.replace(/^\s*([-*+]|\d+[.)])\s+/, "")));
    return box;
  };

  const KINDS = [
    [/^\s*([-*+])\s+/, lines => list(lines, false)],
    [/^\s*\d+[.)]\s+/, lines => list(lines, true)],
    [/^\s*\|/, lines => (lines.length > 1 && /^[\s|:-]+$/.test(lines[1]) ? table(lines) : inline(make("p"), lines.join(" ")))],
    [/^\s*>/, lines => inline(make("blockquote"), lines.map(line => line.replace(/^\s*>\s?/, "")).join(" "))],
  ];
  const kindOf = line => KINDS.find(([pattern]) => pattern.test(line));

  // Markdown text, and {name: data URL} of pictures → a <div> with headings, paragraphs, lists, tables and code; the YAML front matter is left out.
  return (text, known = {}) => {
    pictures = known;
    const lines = text.replace(/\r\n?/g, "\n").replace(/^\s*---\n[\s\S]*?\n---\s*\n/, "").split("\n");
    const box = make("div", "markdown");
    for (let i = 0; i < lines.length;) {
      const line = lines[i], heading = line.match(/^(#{1,6})\s+(.*)/), kind = kindOf(line);
      if (!line.trim() || /^\s*([-*_]\s*){3,}$/.test(line)) { i += 1; continue; }
      if (/^\s*```/.test(line)) {
        let end = i + 1;
        while (end < lines.length && !/^\s*```/.test(lines[end])) end += 1;
        const block = make("pre");
        block.append(make("code", "", lines.slice(i + 1, end).join("\n")));
        box.append(block);
        i = end + 1;
      } else if (heading) {
        box.append(inline(make(`h${Math.min(6, heading[1].length + 1)}`), heading[2]));
        i += 1;
      } else {
        const goesOn = kind ? next => kindOf(next) === kind : next => !kindOf(next) && !/^(#{1,6}\s|\s*```)/.test(next);
        let end = i + 1;
        while (end < lines.length && lines[end].trim() && goesOn(lines[end])) end += 1;
        const chunk = lines.slice(i, end);
        box.append(kind ? kind[1](chunk) : inline(make("p"), chunk.join(" ")));
        i = end;
      }
    }
    return box;
  };
})();
