// Small pictures of pages lie in sheets, columns of 24; a sheet is fetched once something of it comes into view.
"use strict";

const thumbnails = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      thumbnails.unobserve(target);
      target.style.backgroundImage = `url("${target.dataset.sheet}")`;
      target.style.backgroundPositionY = `${(target.dataset.place / 23) * 100}%`;
    }
  },
  { rootMargin: "100px" },
);
const watchThumbnails = (within) => {
  for (const each of within.querySelectorAll("[data-sheet]")) thumbnails.observe(each);
};
watchThumbnails(document);
document.addEventListener("htmx:load", (event) => watchThumbnails(event.detail.elt));
