// The review of guidelines: statements walked by keyboard with their scans, forms that are not lost, help on "?".
"use strict";

// ---- statements and their scans -------------------------------------------------------------------------------------

const narrow = matchMedia("(width <= 1100px)");
const scans = () => document.getElementById("cited");

// What is shown already is not fetched again: a click gives the focus first.
document.addEventListener("htmx:beforeRequest", (event) => {
  const wanted = event.detail.elt.dataset.shows;
  if (wanted !== undefined && wanted === scans()?.dataset.shows) event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("a[data-shows]") && narrow.matches) scans()?.scrollIntoView({ block: "start" });
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
document.addEventListener("keydown", (event) => {
  const form = event.target.closest("[data-submits]")?.form;
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    form.requestSubmit(form.querySelector("[type=submit]"));
  }
});

// ---- the editor -----------------------------------------------------------------------------------------------------

const editor = document.getElementById("edit-form");

// The empty line at the end of a part makes room for one more as soon as something is typed in it.
const growFrom = (line) => {
  const isLast = line.nextElementSibling === null || !line.nextElementSibling.classList.contains("line");
  if (!isLast || !line.querySelector("textarea").value.trim()) return;
  const more = line.cloneNode(true);
  for (const field of fieldsOf(more)) field.value = field.defaultValue = "";
  more.classList.remove("has-problem");
  for (const note of more.querySelectorAll("p")) note.remove();
  line.after(more);
};
const showPagesOf = (line) => {
  const pages = line.querySelector("[data-shows-page]");
  const first = /\d+/.exec(pages.value)?.[0];
  if (!first || scans()?.dataset.shows.startsWith(`${first} `)) return;
  htmx.ajax("GET", `${pages.dataset.showsPage}?page=${first}`, { target: "#cited", swap: "outerHTML" });
};
const prepareEditor = () => {
  editor.addEventListener("input", (event) => {
    const line = event.target.closest(".line");
    if (line) growFrom(line);
  });
  editor.addEventListener("focusin", (event) => {
    const line = event.target.closest(".line");
    if (line) showPagesOf(line);
  });
  document.querySelector(".has-problem textarea")?.focus();
};
if (editor) prepareEditor();
