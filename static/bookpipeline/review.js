// The review of guidelines: statements walked by keyboard with their scans, forms that are not lost, help on "?".
"use strict";

// ---- htmx -----------------------------------------------------------------------------------------------------------

// It comes at the first sign of a person: a first load has its room for formulas. What a screen focuses by itself is none;
// the links lead somewhere without it.
const htmxAt = document.currentScript.dataset.htmx;
const opened = new Promise((resolve) => addEventListener("load", resolve));
let htmxLoaded = null;
const loadHtmx = () => {
  const load = (resolve, reject) => {
    document.head.append(Object.assign(document.createElement("script"), { src: htmxAt, onload: resolve, onerror: reject }));
  };
  htmxLoaded ??= opened.then(() => new Promise(load));
  return htmxLoaded;
};
const begin = async () => {
  await loadHtmx();
  if (document.activeElement.matches("[hx-get]")) htmx.trigger(document.activeElement, "focus");
};
for (const sign of ["pointerover", "keydown"]) document.addEventListener(sign, begin, { once: true });
document.addEventListener("focusin", (event) => {
  if (!window.htmx && event.target.matches("[hx-get]")) begin();
});
document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest("[hx-get]");
    if (!link || window.htmx || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    loadHtmx().then(() => link.click(), () => location.assign(link.href));
  },
  { capture: true },
);

// ---- statements and their scans -------------------------------------------------------------------------------------

const narrow = matchMedia("(width <= 1100px)");
const phone = matchMedia("(width <= 760px)");
const scans = () => document.getElementById("cited");

// What is shown already is not fetched again: a click gives the focus first.
document.addEventListener("htmx:beforeRequest", (event) => {
  const wanted = event.detail.elt.dataset.shows;
  if (wanted !== undefined && wanted === scans()?.dataset.shows) event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("a[data-shows]") && phone.matches) scans()?.scrollIntoView({ block: "start" });
});
// Scrolls the picture to the first marked line, inside its frame.
document.addEventListener("htmx:afterSettle", () => {
  const sheet = scans()?.querySelector(".sheet");
  const mark = sheet?.querySelector("rect");
  if (!mark) return;
  const reveal = () => (sheet.scrollTop = mark.getBoundingClientRect().top - sheet.getBoundingClientRect().top - 80);
  const image = sheet.querySelector("img");
  if (image.complete) reveal();
  else image.addEventListener("load", reveal, { once: true });
});

// What is in doubt is judged by its page: where it has the focus, its scan is shown.
const showScanOf = (statement) => {
  const link = statement.matches(".is-flagged") && statement.querySelector("[data-shows]");
  if (link) loadHtmx().then(() => htmx.trigger(link, "focus"));
};
document.addEventListener("focusin", (event) => showScanOf(event.target));
addEventListener("load", () => showScanOf(document.activeElement));

const statements = [...document.querySelectorAll(".statements > li")];
const walk = (step) => {
  const at = statements.findIndex((each) => each.contains(document.activeElement));
  const next = statements[at < 0 ? (step > 0 ? 0 : statements.length - 1) : at + step];
  const target = next?.querySelector("a") ?? next;
  if (!target) return;
  if (target === next) next.tabIndex = -1;
  target.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  if (event.key === "j") walk(1);
  if (event.key === "k") walk(-1);
});

const fold = document.getElementById("outline-fold");
if (fold && narrow.matches) fold.open = false;
document.querySelector(".outline a[aria-current]")?.scrollIntoView({ block: "nearest" });
// Scrolling the outline moves the window too; and what an address names gets the focus.
if (location.hash) document.getElementById(location.hash.slice(1))?.focus();
else scrollTo(0, 0);

// ---- help -----------------------------------------------------------------------------------------------------------

for (const button of document.querySelectorAll("[data-opens]")) {
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
}

// ---- small forms that open ------------------------------------------------------------------------------------------

for (const box of document.querySelectorAll("details.reject")) {
  const field = box.querySelector("textarea");
  box.addEventListener("toggle", () => box.open && field.focus());
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    box.open = false;
    box.querySelector("summary").focus();
  });
}

// ---- the editor -----------------------------------------------------------------------------------------------------

const editor = document.getElementById("edit-form");
const linesIn = (part) => [...part.querySelectorAll(".line")];
const fieldOf = (line) => line.querySelector("textarea");
// A new line like this one, without what is known of that.
const emptied = (line) => {
  const more = line.cloneNode(true);
  for (const field of more.querySelectorAll("textarea, input")) field.value = field.defaultValue = "";
  for (const each of more.querySelectorAll("p, .flags")) each.remove();
  more.className = "line";
  more.dataset.said = "";
  return more;
};
// The empty line at the end of a part makes room for one more as soon as something is typed in it.
const growFrom = (line) => {
  if (line.nextElementSibling || !fieldOf(line).value.trim()) return;
  line.after(emptied(line));
  fieldOf(line).placeholder = "";
};
// The page that a statement cites first, with its quote marked.
const showPagesOf = (line) => {
  const pages = line.querySelector("[data-shows-page]");
  const first = /\d+/.exec(pages.value)?.[0];
  const wanted = `${first} ${line.dataset.said}`;
  if (!first || scans()?.dataset.shows === wanted) return;
  const query = new URLSearchParams({ page: first, said: line.dataset.said });
  const address = `${pages.dataset.showsPage}?${query}`;
  loadHtmx().then(() => htmx.ajax("GET", address, { target: "#cited", swap: "outerHTML" }));
};
// Names go by the part that a line is in now.
const settleIn = (line) => {
  const part = line.closest(".part");
  for (const field of line.querySelectorAll("[name*='.']")) field.name = field.name.replace(/^[^.]*/, part.dataset.part);
  linesIn(part).forEach((each, at) => {
    fieldOf(each).ariaLabel = part.dataset.label.replace("{n}", at + 1);
  });
  fieldOf(line).focus();
  line.scrollIntoView({ block: "nearest" });
};
const removed = [];
// What can be done to the line that a person is in; beyond the end of a part comes the next one.
const deeds = {
  up(line) {
    const order = linesIn(editor);
    const before = order[order.indexOf(line) - 1];
    if (!before || !line.nextElementSibling) return;
    before.before(line);
    settleIn(line);
  },
  down(line) {
    const order = linesIn(editor);
    const [next, beyond] = order.slice(order.indexOf(line) + 1);
    if (!line.nextElementSibling) return;
    if (next.nextElementSibling) next.after(line);
    else beyond?.before(line);
    settleIn(line);
  },
  add(line) {
    const more = emptied(line);
    if (line.nextElementSibling) line.after(more);
    else line.before(more);
    settleIn(more);
  },
  remove(line) {
    if (!line.nextElementSibling) return;
    const next = line.nextElementSibling;
    removed.push([line, next]);
    line.remove();
    document.getElementById("restore").hidden = false;
    settleIn(next);
  },
  restore() {
    const [line, next] = removed.pop() ?? [];
    if (!line) return;
    (next.isConnected ? next : linesIn(editor)[0]).before(line);
    document.getElementById("restore").hidden = removed.length === 0;
    settleIn(line);
  },
  doubt(line) {
    const order = linesIn(editor);
    const isFlagged = (each) => each.classList.contains("is-flagged");
    const found = order.slice(order.indexOf(line) + 1).find(isFlagged) ?? order.find(isFlagged);
    if (found) settleIn(found);
  },
  check(line) {
    line.querySelector("[name=checked]")?.click();
  },
  correct(line) {
    const offer = line.querySelector("[data-offer]")?.dataset.offer;
    if (!offer) return;
    fieldOf(line).value = offer;
    settleIn(line);
  },
};
// With Alt the letters that do the same where nothing is typed.
const DEEDS_BY_KEY = {
  ArrowUp: "up", ArrowDown: "down", Enter: "add", KeyX: "remove", KeyU: "restore", KeyF: "doubt", KeyC: "check", KeyT: "correct",
};
const prepareEditor = () => {
  let present = null;
  editor.addEventListener("input", (event) => {
    const line = event.target.closest(".line");
    if (line) growFrom(line);
  });
  editor.addEventListener("focusin", (event) => {
    const line = event.target.closest(".line");
    if (!line) return;
    present = line;
    showPagesOf(line);
  });
  editor.addEventListener("change", (event) => {
    if (event.target.matches("[data-shows-page]")) showPagesOf(event.target.closest(".line"));
  });
  editor.addEventListener("click", (event) => {
    const deed = event.target.closest("[data-does]")?.dataset.does;
    const line = event.target.closest(".line") ?? present;
    if (deed && (line || ["restore", "doubt"].includes(deed))) deeds[deed](line);
  });
  editor.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    const line = event.target.closest(".line");
    const deed = event.altKey ? DEEDS_BY_KEY[event.code] : undefined;
    if (deed && (line || ["restore", "doubt"].includes(deed))) {
      event.preventDefault();
      deeds[deed](line);
    } else if (event.key === "Enter" && line && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      const order = linesIn(editor);
      const next = order[order.indexOf(line) + 1];
      if (next) fieldOf(next).focus();
    }
  });
  document.querySelector(".has-problem textarea")?.focus();
};
if (editor?.querySelector(".part")) prepareEditor();
