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
  const number = event.target.closest("rect[data-line]")?.dataset.line;
  if (number) document.querySelector(`.line[data-line="${number}"], .one-line[data-line="${number}"] input`)?.focus();
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

// From a line to its field in the editor.
const toEdit = document.getElementById("to-edit");
const openAt = (line) => {
  if (line && toEdit) location.href = `${toEdit.href}#line-${line.dataset.line}`;
};
document.addEventListener("dblclick", (event) => openAt(event.target.closest(".line")));
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter") openAt(event.target.closest(".line"));
});

// ---- the editor, line by line ----------------------------------------------------------------------------------------

const editor = document.getElementById("edit");
const fields = () => [...editor.querySelectorAll("input[name=line]:not([type=hidden])")];
// The server counts characters, a field the units they are made of.
const units = (text, count) => [...text].slice(0, count).join("").length;
// Where its doubtful words are now; one that was written anew is in doubt no longer.
const doubtsOf = (field) =>
  (field.dataset.doubts ?? "").split(" ").filter(Boolean).flatMap((range) => {
    const [start, end] = range.split("-").map((count) => units(field.defaultValue, Number(count)));
    const word = field.defaultValue.slice(start, end);
    const at = field.value.indexOf(word, Math.max(0, start - word.length));
    return at < 0 ? [] : [{ field, start: at, end: at + word.length }];
  });
const toDoubt = (step) => {
  const places = fields().flatMap(doubtsOf);
  if (!places.length) return;
  const here = fields().indexOf(document.activeElement);
  const isPast = ({ field, start }) => {
    const way = Math.sign(fields().indexOf(field) - here || start - (document.activeElement.selectionStart ?? -1));
    return way === step;
  };
  const wanted = (step > 0 ? places : places.reverse()).find(isPast) ?? places[0];
  wanted.field.focus();
  wanted.field.setSelectionRange(wanted.start, wanted.end);
};
const addLineAfter = (field) => {
  const line = field.closest(".one-line");
  const more = line.cloneNode(true);
  for (const each of more.querySelectorAll("svg, .preview")) each.remove();
  const added = more.querySelector("input");
  added.removeAttribute("id");
  added.removeAttribute("data-doubts");
  added.value = added.defaultValue = "";
  line.after(more);
  added.focus();
};
const prepareEditor = () => {
  editor.addEventListener("focusin", (event) => {
    const line = event.target.closest(".one-line");
    if (line && scan) reveal(line.dataset.line);
  });
  editor.addEventListener("keydown", (event) => {
    const at = fields().indexOf(event.target);
    if (at < 0 || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (event.altKey) addLineAfter(event.target);
      else fields()[at + 1]?.focus();
    } else if (event.altKey && event.code === "KeyF") {
      event.preventDefault();
      toDoubt(event.shiftKey ? -1 : 1);
    }
  });
  // A formula is shown below its line as it is typed: screens.js looks after every settling.
  editor.addEventListener("input", (event) => {
    const preview = event.target.parentElement.querySelector(".preview");
    if (!preview) return;
    preview.textContent = event.target.value;
    delete preview.dataset.source;
    document.dispatchEvent(new Event("htmx:afterSettle"));
  });
  document.getElementById("next-doubt")?.addEventListener("click", () => toDoubt(1));
  if (location.hash === "#doubt") toDoubt(1);
  else (document.getElementById(location.hash.slice(1)) ?? fields()[0])?.focus();
};

// ---- a reading that goes on while the page is looked at ---------------------------------------------------------------

// Its end shows the page anew, unless a person has the editor open: then the notice leads there.
document.addEventListener("htmx:afterSwap", () => {
  const link = document.querySelector("#reading[data-over] a");
  if (link && !editor) location.replace(link.href);
});

if (scan) prepareScan();
if (editor) prepareEditor();
