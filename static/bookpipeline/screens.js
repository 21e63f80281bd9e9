// What the screens gain with scripts; every one of them works without.
"use strict";

// Polling rests while the tab is hidden, and asks once when it is seen again.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.hasAttribute("data-polls")) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) htmx.trigger(document.body, "tab-visible");
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
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const named = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!named) return;
  event.preventDefault();
  named.click();
});

// Files dropped anywhere on the upload form are put into its file field; the form then goes its plain way.
const form = (node) => (node instanceof Element ? node.closest("[data-drop]") : null);
const showChosen = (upload) => {
  const files = [...upload.querySelector("input[type=file]").files];
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  const size = bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
  const line = files.length === 1 ? files[0].name : `${files.length} files`;
  upload.querySelector(".chosen").textContent = files.length ? `${line}, ${size}` : "";
};
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    const upload = form(event.target);
    if (!upload) return;
    event.preventDefault();
    upload.classList.add("is-over");
  });
}
document.addEventListener("dragleave", (event) => {
  const upload = form(event.target);
  if (upload && !upload.contains(event.relatedTarget)) upload.classList.remove("is-over");
});
document.addEventListener("drop", (event) => {
  const upload = form(event.target);
  if (!upload) return;
  event.preventDefault();
  upload.classList.remove("is-over");
  upload.querySelector("input[type=file]").files = event.dataTransfer.files;
  showChosen(upload);
});
document.addEventListener("change", (event) => {
  const upload = form(event.target);
  if (upload) showChosen(upload);
});
const prepareUploads = () => {
  for (const upload of document.querySelectorAll("[data-drop]")) {
    upload.querySelector(".drop-hint").hidden = false;
    showChosen(upload); // Files may have been chosen before this script ran.
  }
};
document.addEventListener("DOMContentLoaded", prepareUploads);
