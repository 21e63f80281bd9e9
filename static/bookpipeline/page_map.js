// The page map: one stop of the tab key, arrow keys in it, a count of what is chosen, and dragging.
"use strict";

const map = document.getElementById("map");
const links = map ? [...map.querySelectorAll("a")] : [];
const boxOf = (link) => link.closest("li").querySelector("input");
const boxes = links.map(boxOf);
const numberOf = (tile) => Number(/(\d+)\/$/.exec(tile.querySelector("a").pathname)[1]);

// What the page says once for all tiles: how a choice is called, and the sheets of small pictures, each of so many.
const A_SHEET = 24;
const complete = (tile) => {
  const number = numberOf(tile);
  tile.querySelector("input").ariaLabel = map.dataset.choose.replace("{n}", number);
  const thumb = tile.querySelector(".thumb");
  if (!thumb) return;
  thumb.dataset.sheet = map.dataset.sheets.split(" ")[Math.floor((number - 1) / A_SHEET)];
  thumb.dataset.place = (number - 1) % A_SHEET;
};

const stopAt = (link) => {
  for (const each of links) each.tabIndex = each === link ? 0 : -1;
};

// How many cells stand in the first row.
const rowLength = () => {
  const top = links[0].closest("li").offsetTop;
  const count = links.findIndex((link) => link.closest("li").offsetTop !== top);
  return count < 0 ? links.length : count;
};

const moves = {
  ArrowLeft: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  ArrowUp: (at) => at - rowLength(),
  ArrowDown: (at) => at + rowLength(),
  Home: () => 0,
  End: () => links.length - 1,
};

const count = document.querySelector(".chosen-count");
const noneChosen = count?.textContent;
const showCount = () => {
  if (!count) return;
  const chosen = boxes.filter((box) => box.checked).length;
  count.textContent = chosen ? count.dataset.chosen.replace("{n}", chosen) : noneChosen;
};

// With Shift what is between the place where choosing began and this one is chosen, and no more than that.
let began = 0;
let ended = 0;
const chooseBetween = (from, to, isChosen) => {
  for (const box of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) box.checked = isChosen;
};
const chooseTo = (at) => {
  chooseBetween(began, ended, false);
  chooseBetween(began, at, true);
  ended = at;
  showCount();
};
const beginAt = (at) => {
  began = ended = at;
  showCount();
};

const prepareKeys = () => {
  for (const box of boxes) box.tabIndex = -1;
  stopAt(links[0]);
  map.addEventListener("focusin", (event) => {
    if (links.includes(event.target)) stopAt(event.target);
  });
  map.addEventListener("keydown", (event) => {
    const at = links.indexOf(event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") {
      event.preventDefault();
      if (event.shiftKey) chooseTo(at);
      else boxes[at].click();
    } else if (moves[event.key]) {
      event.preventDefault();
      const to = moves[event.key](at);
      if (!links[to]) return;
      links[to].focus();
      if (event.shiftKey && !boxes[began].checked) beginAt(at);
      if (event.shiftKey) chooseTo(to);
    }
  });
  map.addEventListener("click", (event) => {
    const box = event.target.closest("li")?.querySelector("input");
    const isLink = event.target !== box;
    if (!box || (isLink && !event.shiftKey)) return;
    if (isLink) event.preventDefault();
    const at = boxes.indexOf(box);
    if (event.shiftKey) chooseTo(at);
    else beginAt(at);
  });
  document.addEventListener("keydown", (event) => {
    const isAll = event.key === "a" && (event.ctrlKey || event.metaKey);
    if (!(isAll || event.key === "Escape") || event.target.closest("details, input:not([type=checkbox])")) return;
    if (isAll) event.preventDefault();
    chooseBetween(0, boxes.length - 1, isAll);
    beginAt(0);
  });
  showCount();
};

const preparePictures = () => {
  const box = document.getElementById("pictures");
  const show = () => map.classList.toggle("is-plain", !box.checked);
  box.checked = localStorage.getItem("pictures") !== "no";
  box.addEventListener("change", () => {
    localStorage.setItem("pictures", box.checked ? "yes" : "no");
    show();
  });
  show();
};

// Dropping a page on another one moves it, or all chosen ones, to that place, by way of the form.
const prepareDragging = () => {
  let dragged = null;
  for (const link of links) link.draggable = true;
  map.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("li");
    event.dataTransfer.effectAllowed = "move";
  });
  map.addEventListener("dragover", (event) => {
    const tile = event.target.closest("li");
    if (!dragged || !tile) return;
    event.preventDefault();
    for (const each of map.querySelectorAll(".is-target")) each.classList.remove("is-target");
    tile.classList.add("is-target");
  });
  map.addEventListener("dragend", () => {
    dragged = null;
    for (const each of map.querySelectorAll(".is-target")) each.classList.remove("is-target");
  });
  map.addEventListener("drop", (event) => {
    const tile = event.target.closest("li");
    if (!dragged || !tile || tile === dragged) return;
    event.preventDefault();
    const box = dragged.querySelector("input");
    if (!box.checked) {
      for (const each of boxes) each.checked = each === box;
    }
    const ahead = boxes.filter((each) => each.checked && numberOf(each.closest("li")) < numberOf(tile));
    const isForward = ahead.includes(box);
    document.getElementById("move-to").value = numberOf(tile) - ahead.length + (isForward ? 1 : 0);
    document.getElementById("move").click();
  });
};

// While a job is at work the cells follow it in place, so that focus and choice stay.
const SECONDS = 4;
const follow = async () => {
  let isBusy = true;
  try {
    const form = map.closest("form");
    const answer = document.hidden ? null : await fetch(location.href, { headers: { "X-Mark": form.dataset.busy } });
    if (answer?.status === 200 && !answer.redirected) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      map.dataset.sheets = fresh.querySelector("[data-sheets]")?.dataset.sheets ?? "";
      const others = new Map([...fresh.querySelectorAll(".tile")].map((tile) => [numberOf(tile), tile]));
      for (const tile of map.children) {
        const now = others.get(numberOf(tile));
        if (!now || now.className === tile.className) continue;
        tile.querySelector("input").value = now.querySelector("input").value;
        tile.className = now.className;
        tile.querySelector("a").replaceChildren(...now.querySelector("a").childNodes);
        tile.querySelector("a").title = now.querySelector("a").title;
        complete(tile);
        watchThumbnails(tile);
      }
      const now = fresh.querySelector("[data-busy]");
      isBusy = now !== null;
      form.dataset.busy = now?.dataset.busy;
    }
  } catch {
    // The next one may come through.
  }
  if (isBusy) setTimeout(follow, SECONDS * 1000);
};

if (links.length) {
  [...map.children].forEach(complete);
  prepareKeys();
  preparePictures();
  if (document.getElementById("move")) prepareDragging();
  if (map.closest("[data-busy]")) setTimeout(follow, SECONDS * 1000);
}
