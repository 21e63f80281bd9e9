// The review workbench: zooming and moving the scan, the line that is looked at shown on it, and the keys of the editor.
"use strict";

const scan = document.querySelector(".scan");
const sheet = document.querySelector(".sheet");
const LEAST = 1;
const MOST = 6;
const STEP = 1.25;
let zoom = LEAST;

// Keeps what is in the middle of the view there.
const zoomTo = (wanted) => {
  const before = zoom;
  zoom = Math.min(MOST, Math.max(LEAST, wanted));
  const middle = [scan.scrollLeft + scan.clientWidth / 2, scan.scrollTop + scan.clientHeight / 2];
  sheet.style.setProperty("--zoom", zoom);
  scan.classList.toggle("is-zoomed", zoom > LEAST);
  scan.scrollLeft = (middle[0] * zoom) / before - scan.clientWidth / 2;
  scan.scrollTop = (middle[1] * zoom) / before - scan.clientHeight / 2;
  document.querySelector(".zoom-now").textContent = `${Math.round(zoom * 100)} %`;
};

const prepareScan = () => {
  const bar = document.querySelector(".zoom-bar");
  bar.hidden = false;
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (button) zoomTo(button.dataset.zoom === "0" ? LEAST : zoom * STEP ** Number(button.dataset.zoom));
  });
  // "+" without Shift on most keyboards.
  document.addEventListener("keydown", (event) => {
    if (event.key === "=" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, textarea, select")) {
      zoomTo(zoom * STEP);
    }
  });
  // The browser scrolls a focused scan by the arrow keys; they must not turn the page then.
  scan.addEventListener("keydown", (event) => {
    if (zoom > LEAST && event.key.startsWith("Arrow")) event.stopPropagation();
  });
  let held = null;
  scan.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch" || zoom === LEAST) return;
    held = { x: event.clientX, y: event.clientY, left: scan.scrollLeft, top: scan.scrollTop };
    scan.setPointerCapture(event.pointerId);
  });
  scan.addEventListener("pointermove", (event) => {
    if (!held) return;
    scan.scrollLeft = held.left - (event.clientX - held.x);
    scan.scrollTop = held.top - (event.clientY - held.y);
  });
  for (const name of ["pointerup", "pointercancel"]) scan.addEventListener(name, () => (held = null));
};

// ---- the line that is looked at -------------------------------------------------------------------------------------

const show = (number, isShown) => {
  for (const node of document.querySelectorAll(`[data-line="${CSS.escape(number)}"]`)) {
    node.classList.toggle("is-shown", isShown);
  }
};
const lineOf = (event) => (event.target instanceof Element ? event.target.closest("[data-line]") : null);
for (const [name, isShown] of [
  ["mouseover", true],
  ["mouseout", false],
  ["focusin", true],
  ["focusout", false],
]) {
  document.addEventListener(name, (event) => {
    const line = lineOf(event);
    if (line) show(line.dataset.line, isShown);
  });
}
document.addEventListener("click", (event) => {
  const line = event.target.closest("rect[data-line]");
  if (line) document.querySelector(`.line[data-line="${CSS.escape(line.dataset.line)}"]`)?.focus();
});

const lines = [...document.querySelectorAll(".line")];
// Scrolls the scan, not the window, to where the line stands.
const reveal = (number) => {
  const box = document.querySelector(`rect[data-line="${CSS.escape(number)}"]`);
  if (!box) return;
  const [view, place] = [scan.getBoundingClientRect(), box.getBoundingClientRect()];
  const isInView = place.top >= view.top && place.bottom <= Math.min(view.bottom, innerHeight);
  if (!isInView) scan.scrollTop += place.top + place.height / 2 - view.top - view.height / 2;
  if (zoom > LEAST) scan.scrollLeft += place.left - view.left - 16;
};
document.addEventListener("keydown", (event) => {
  const at = lines.indexOf(document.activeElement);
  if (at < 0 || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  const next = lines[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  lines[at].tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
  reveal(next.dataset.line);
});

// ---- the editor ------------------------------------------------------------------------------------------------------

const editor = document.getElementById("edit");
const text = document.getElementById("text");
const prepareEditor = () => {
  const link = document.getElementById("to-edit");
  link.addEventListener("click", (event) => {
    event.preventDefault();
    editor.open = true;
    text.focus();
  });
  // A text that was refused is shown as typed; what is kept is the page's own.
  if ("refused" in text.dataset) {
    const typed = text.value;
    text.defaultValue = lines.map((line) => line.dataset.source ?? line.textContent).join("\n");
    text.value = typed;
  }
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      text.value = text.defaultValue;
      editor.open = false;
      link.focus();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      text.form.requestSubmit();
    }
  });
  let isSaving = false;
  text.form.addEventListener("submit", () => (isSaving = true));
  window.addEventListener("beforeunload", (event) => {
    if (!isSaving && text.value !== text.defaultValue) event.preventDefault();
  });
};

// ---- a reading that goes on while the page is looked at ---------------------------------------------------------------

// Its end shows the page anew, unless a person has the editor open: then the notice leads there.
document.addEventListener("htmx:afterSwap", () => {
  const link = document.querySelector("#reading[data-over] a");
  if (link && !editor?.open) location.replace(link.href);
});

if (scan) prepareScan();
if (editor) prepareEditor();
