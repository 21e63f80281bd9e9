// Formulas: what stands between $ in an element of class "math" is shown by KaTeX, for screen readers as MathML. KaTeX is
// fetched where there is a formula. The text as it was is kept in data-source of the element.
"use strict";

{
  const katexAt = document.currentScript.dataset;
  // A dollar before a price is none: inside, a formula neither begins nor ends with a space, and no digit follows it.
  const FORMULA = /\$(?![\s$])((?:\\.|[^$\\\n])*?[^\s$\\]|\\.)\$(?!\d)/g;
  // Books and models are not trusted: no links, no HTML, no endless macros, nothing larger than the page.
  const LIMITS = { output: "htmlAndMathml", trust: false, strict: "ignore", maxExpand: 200, maxSize: 20 };
  let katexLoaded = null;

  const loadKatex = () => {
    katexLoaded ??= new Promise((resolve, reject) => {
      const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: katexAt.style });
      const script = Object.assign(document.createElement("script"), { src: katexAt.script, onload: resolve, onerror: reject });
      document.head.append(style, script);
    });
    return katexLoaded;
  };

  const textsIn = (element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) found.push(walker.currentNode);
    return found;
  };

  const show = (text) => {
    const parts = document.createDocumentFragment();
    let end = 0;
    for (const formula of text.data.matchAll(FORMULA)) {
      const shown = document.createElement("span");
      try {
        katex.render(formula[1], shown, LIMITS);
      } catch {
        continue; // What is no formula to KaTeX stays as it is written.
      }
      parts.append(text.data.slice(end, formula.index), shown);
      end = formula.index + formula[0].length;
    }
    if (end) text.replaceWith(parts, text.data.slice(end));
  };

  // A row of a table in Markdown, as a model that reads pages writes them; the line under its head is no row.
  const showRows = () => {
    for (const line of document.querySelectorAll(".line.math:not([data-source])")) {
      const row = line.textContent.trim();
      if (!/^\|.*\|$/.test(row)) continue;
      line.dataset.source = line.textContent;
      const cell = (text) => Object.assign(document.createElement("span"), { className: "math", textContent: text.trim() });
      line.classList.add("is-row");
      line.hidden = /^[|:\-\s]+$/.test(row);
      line.replaceChildren(...row.slice(1, -1).split("|").map(cell));
    }
  };

  const showFormulas = async () => {
    showRows();
    const waiting = [...document.querySelectorAll(".math:not([data-source])")];
    const found = waiting.filter((element) => element.textContent.search(FORMULA) >= 0);
    if (!found.length) return;
    await loadKatex();
    for (const element of found) {
      if ("source" in element.dataset) continue;
      element.dataset.source = element.textContent;
      textsIn(element).forEach(show);
    }
  };

  document.addEventListener("htmx:afterSettle", showFormulas);
  showFormulas();
}
