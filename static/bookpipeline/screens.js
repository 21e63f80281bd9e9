// What the screens gain with scripts; every one of them works without.
"use strict";

// Times are shown in the zone of whoever looks.
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
document.cookie = `zone=${timeZone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;

// Polling rests while the tab is hidden, and asks once when it is seen again. After an answer without news it lets one
// turn go by, after the next ones up to three; after news one fewer than before. By id, since news comes as a new element.
const rests = new Map();
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  if (!elt.hasAttribute("data-polls")) return;
  const rest = rests.get(elt.id);
  if (document.hidden || rest?.left > 0) event.preventDefault();
  if (rest) rest.left -= 1;
});
document.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
  const before = rests.get(elt.id)?.turns ?? 0;
  const turns = xhr.status === 204 ? Math.min(before + 1, 3) : Math.max(before - 1, 0);
  if (elt.hasAttribute("data-polls")) rests.set(elt.id, { turns, left: turns });
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  rests.clear();
  window.htmx?.trigger(document.body, "tab-visible");
});

// A session that ended answers a poll with the login page: go there instead of swapping it in.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  const asked = new URL(pathInfo.finalRequestPath, location.href).pathname;
  if (xhr.responseURL && new URL(xhr.responseURL).pathname !== asked) {
    event.preventDefault();
    location.reload();
  }
});

// htmx gives the focus back to the element of the same id; where that button is gone, the job's title takes it.
let wasInJob = false;
document.addEventListener("htmx:beforeSwap", () => {
  wasInJob = document.activeElement.closest("#job") !== null;
});
document.addEventListener("htmx:afterSettle", () => {
  if (wasInJob && document.activeElement === document.body) document.getElementById("job-link")?.focus();
});

// Milestones go to a live region that no swap replaces, and only when they change.
document.addEventListener("htmx:afterSettle", () => {
  const job = document.querySelector("[data-milestone]");
  const region = document.getElementById("milestones");
  if (job && region && region.textContent !== job.dataset.milestone) region.textContent = job.dataset.milestone;
});

const showConnection = (isLost) => {
  for (const line of document.querySelectorAll(".no-connection")) line.hidden = !isLost;
};
document.addEventListener("htmx:sendError", () => showConnection(true));
document.addEventListener("htmx:responseError", () => showConnection(true));
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.status < 400) showConnection(false);
});

// Keys press what names them in data-key, unless a person is typing.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select") || document.querySelector("dialog[open]")) return;
  const named = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!named) return;
  event.preventDefault();
  if (named.matches("input")) named.focus();
  else named.click();
});

// On a phone a row of a list is a card, whose values have no heading above them: each says what it is.
const headings = [...document.querySelectorAll("#result_list thead th")].map((each) => each.textContent.trim());
for (const row of document.querySelectorAll("#result_list tbody tr")) {
  [...row.children].forEach((cell, at) => {
    if (cell.matches("td:not(.action-checkbox)")) cell.dataset.label = headings[at];
    cell.classList.toggle("is-empty", ["-", "–"].includes(cell.textContent.trim()));
  });
}

// A question that opens takes the focus, so that Enter answers it; Escape closes it.
for (const question of document.querySelectorAll("details.ask")) {
  question.addEventListener("toggle", () => question.open && question.querySelector("[type=text], [type=submit]").focus());
  question.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    question.open = false;
    question.querySelector("summary").focus();
  });
}

// A field that asks why takes Ctrl Enter wherever it stands.
document.addEventListener("keydown", (event) => {
  const form = event.target.closest("[data-submits]")?.form;
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    form.requestSubmit(form.querySelector("[type=submit]"));
  }
});

// What is typed in a guarded form is not lost unasked: Ctrl Enter saves, Escape leaves, any other way out warns.
document.documentElement.classList.add("has-scripts");
const typedIn = (form) => new URLSearchParams(new FormData(form)).toString();
for (const form of document.querySelectorAll("form[data-guarded]")) {
  const leave = document.getElementById("leave");
  const known = typedIn(form);
  let isSaidSo = false;
  // What was refused is saved nowhere, though the form came with it.
  const isDirty = () => "refused" in form.dataset || typedIn(form) !== known;
  form.addEventListener("submit", () => (isSaidSo = true));
  leave.addEventListener("click", () => (isSaidSo = true));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave.click();
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit((event.shiftKey && form.querySelector("[data-shift]")) || form.querySelector("[type=submit]"));
  });
  addEventListener("beforeunload", (event) => {
    if (!isSaidSo && isDirty()) event.preventDefault();
  });
}

// What somebody typed and sent to a session that had ended, or to a page that was gone, is kept in this tab until the same
// person is signed in there again and sends it once more. The server then judges it as what they saw when they typed it.
{
  const logout = document.getElementById("logout-form");
  const person = logout?.dataset.person;
  const kept = JSON.parse(sessionStorage.getItem("kept"));
  const keep = (what) => sessionStorage.setItem("kept", JSON.stringify(what));
  const forget = () => sessionStorage.removeItem("kept");
  const isTyped = (field) => field.matches("textarea, [type=text]") && field.value !== field.defaultValue;

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form === logout) forget();
    if (event.defaultPrevented || form.getAttribute("method") !== "post" || !person || form.querySelector("[type=password], [type=file]")) return;
    if (!("refused" in form.dataset) && ![...form.elements].some(isTyped)) return;
    const sent = [...new FormData(form, event.submitter)].filter(([name]) => name !== "csrfmiddlewaretoken");
    const typed = [...form.elements].filter((field) => field.matches("textarea, [type=text]")).map((field) => field.value);
    const action = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.href;
    keep({ person, sent, typed, action, title: document.title });
  });

  const offer = () => {
    const form = document.getElementById("kept").content.firstElementChild.cloneNode(true);
    form.action = kept.action;
    form.querySelector("strong").textContent = kept.title;
    form.querySelector(".wording").textContent = kept.typed.filter(Boolean).join("\n");
    for (const [name, value] of [...kept.sent, ["csrfmiddlewaretoken", logout.elements.csrfmiddlewaretoken.value]]) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    form.addEventListener("submit", () => keep({ ...kept, isLost: false }));
    form.querySelector("[type=button]").addEventListener("click", () => {
      forget();
      form.remove();
    });
    document.getElementById("content").prepend(form);
  };
  const isLost = kept?.isLost || document.querySelector("[data-unsaved]") !== null;
  if (kept && isLost && (!person || kept.person === person)) {
    keep({ ...kept, isLost });
    if (person) offer();
  } else if (person) forget();
}

// What is shown this once was answered to a form: loading it again would make one more of it.
{
  const instead = document.querySelector("[data-instead]")?.dataset.instead;
  if (instead) history.replaceState(null, "", instead);
}

// A button after each thing that is wanted elsewhere: tokens, addresses, commands. Where the browser keeps its clipboard
// from pages without TLS, the text is selected and copied the old way.
const copyText = async (text) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
};
for (const source of document.querySelectorAll("[data-copy], #authenticator_secret, #recovery_codes")) {
  const button = document.getElementById("copy-button").content.firstElementChild.cloneNode(true);
  const word = button.textContent;
  const text = () => source.value ?? source.textContent.trim();
  button.setAttribute("aria-label", `${word}: ${source.labels?.[0]?.textContent.trim() ?? text()}`);
  button.addEventListener("click", async () => {
    await copyText(text());
    button.focus();
    button.textContent = document.getElementById("copied").textContent = button.dataset.copied;
    setTimeout(() => {
      button.textContent = word;
      document.getElementById("copied").textContent = "";
    }, 3000);
  });
  source.after(" ", button);
}

// Formulas: what stands between $ in an element of class "math" is shown by KaTeX, for screen readers as MathML. KaTeX is
// fetched where there is a formula. The text as it was is kept in data-source of the element.
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
