// The upload form of a book's page, and that in the form of a new book: drop zone, order, bars and words around upload.js.
// Without scripts the first is a plain form, and the other is not there.
"use strict";

(() => {
  const box = document.querySelector("[data-upload], [data-upload-to]");
  if (!box) return;
  const form = box.closest("form");
  const isNew = "uploadTo" in box.dataset;
  if (isNew) form.elements.title.focus();
  const part = (selector) => form.querySelector(selector);
  const [list, status, problems, submit, without] = [".upload-list", ".upload-status", ".upload-problems", "[type=submit]", "[data-without]"].map(part);
  const opener = part("[data-opens-book]");
  const inputs = [...form.querySelectorAll("input[type=file]")];
  const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const OVER = new Set(["stored", "here", "refused"]);
  // Where a file is in the book already, its sentence says so.
  const stateOf = ({ state, reason }) =>
    state === "here" ? reason : [state && worded(state), reason].filter(Boolean).join(": ");
  const uploadWord = submit.textContent;
  let entries = [];
  let upload = null;
  let isOrdered = false; // by a person
  let isSending = false;
  let isDone = false;
  let arranging = null;
  let milestone = 0;

  const say = (sentence) => {
    if (status.textContent !== sentence) status.textContent = sentence;
  };
  const files = (count) => worded(count === 1 ? "oneFile" : "manyFiles", { count });
  const inMegabytes = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const sizeOf = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${inMegabytes.format(bytes / 1e6)} MB`);

  // ---- choosing and ordering --------------------------------------------------------------------------------------

  const add = (chosen) => {
    if (isSending) return;
    if (isDone) entries = [];
    isDone = false;
    box.classList.remove("is-fixed");
    submit.textContent = uploadWord;
    without.hidden = true;
    const known = new Set(entries.map(({ path, file }) => `${path} ${file.size} ${file.lastModified}`));
    const fresh = chosen
      .filter(({ path, file }) => !known.has(`${path} ${file.size} ${file.lastModified}`))
      .map(({ path, file }) => ({ path, file, name: file.name, state: "", reason: "", share: 0 }));
    const byPath = (one, other) => natural.compare(one.path, other.path);
    entries = isOrdered ? [...entries, ...fresh.sort(byPath)] : [...entries, ...fresh].sort(byPath);
    drawAll();
    if (!isOrdered && box.dataset.upload) arranging = arrange();
  };

  // Covers, roman numbers, left and right: better than by the alphabet, unless a person ordered them meanwhile.
  const arrange = async () => {
    const asked = entries;
    const places = await orderOf(box.dataset.upload, form.elements.csrfmiddlewaretoken.value, asked.map(({ path }) => path));
    if (!places || isOrdered || asked !== entries || asked.length !== places.length) return;
    if (places.every((place, at) => place === at)) return;
    entries = places.map((place) => asked[place]);
    drawAll();
  };

  const move = (entry, step) => {
    const place = entries.indexOf(entry);
    const target = place + step;
    if (target < 0 || target >= entries.length) return;
    isOrdered = true;
    entries.splice(target, 0, ...entries.splice(place, 1));
    const held = document.activeElement;
    list.insertBefore(entry.row, entries[target + 1]?.row ?? null);
    held.focus();
    say(worded("moved", { name: entry.name, place: target + 1, count: entries.length }));
  };

  const leaveOut = (entry) => {
    const place = entries.indexOf(entry);
    entries.splice(place, 1);
    drawAll();
    (entries[Math.min(place, entries.length - 1)]?.row.querySelector("[data-leave]") ?? inputs[0]).focus();
  };

  // ---- drawing ----------------------------------------------------------------------------------------------------

  const rowOf = (entry) => {
    const row = part("template").content.firstElementChild.cloneNode(true);
    row.querySelector(".upload-name").textContent = entry.name;
    row.querySelector(".upload-size").textContent = sizeOf(entry.file.size);
    row.querySelector("progress").setAttribute("aria-label", entry.name);
    for (const button of row.querySelectorAll("button")) button.ariaLabel = `${button.ariaLabel}: ${entry.name}`;
    for (const button of row.querySelectorAll("[data-move]")) button.onclick = () => move(entry, Number(button.dataset.move));
    row.querySelector("[data-leave]").onclick = () => leaveOut(entry);
    row.addEventListener("keydown", (event) => {
      if (!event.altKey || isSending || isDone || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
      event.preventDefault();
      move(entry, event.key === "ArrowUp" ? -1 : 1);
    });
    return row;
  };

  const draw = (entry) => {
    entry.row.dataset.state = entry.state;
    entry.row.querySelector("progress").value = Math.round(entry.share * 100);
    entry.row.querySelector(".upload-state").textContent = stateOf(entry);
  };

  const drawAll = () => {
    for (const entry of entries) entry.row ??= rowOf(entry);
    list.replaceChildren(...entries.map((entry) => entry.row));
    entries.forEach(draw);
    part("[data-chosen]").hidden = !entries.length;
    drawTotal();
    drawProblems();
    const bytes = entries.reduce((sum, { file }) => sum + file.size, 0);
    const most = Number(box.dataset.most);
    submit.disabled = entries.length > most;
    if (isNew) submit.textContent = entries.length ? submit.dataset.withFiles : uploadWord;
    if (entries.length > most) say(worded("tooMany", { files: files(entries.length), most }));
    else say(entries.length ? `${files(entries.length)}, ${sizeOf(bytes)}.` : "");
  };

  const drawTotal = () => {
    const bytes = entries.reduce((sum, { file }) => sum + file.size, 0) || 1;
    const percent = Math.floor((100 * entries.reduce((sum, { file, share }) => sum + file.size * share, 0)) / bytes);
    part(".upload-all progress").value = percent;
    part("[data-percent]").textContent = `${percent} %`;
    return percent;
  };

  const drawProblems = () => {
    const bad = entries.filter(({ state, reason }) => state === "refused" || state === "failed" || (state === "stored" && reason));
    problems.hidden = !bad.length;
    problems.replaceChildren(...bad.map(({ name, reason }) => Object.assign(document.createElement("li"), { textContent: `${name}: ${reason}` })));
  };

  const onChange = (entry) => {
    draw(entry);
    const percent = drawTotal();
    if (percent < milestone + 25 || !entries.some(({ state }) => state === "sending")) return;
    milestone = percent - (percent % 25);
    const done = entries.filter(({ state }) => OVER.has(state)).length;
    say(worded("milestone", { percent: milestone, done, files: files(entries.length) }));
  };

  // ---- sending ----------------------------------------------------------------------------------------------------

  const count = (state) => entries.filter((entry) => entry.state === state).length;

  const setSending = (isNow) => {
    isSending = isNow;
    box.classList.toggle("is-fixed", isNow || isDone);
    for (const control of [...inputs, submit]) control.disabled = isNow;
    for (const button of list.querySelectorAll("button")) button.disabled = isNow || isDone;
  };

  const finish = async () => {
    await upload.finish();
    isDone = true;
    drawProblems();
    const counts = { doneStored: count("stored"), doneHere: count("here"), doneRefused: count("refused") + count("failed") };
    const told = Object.entries(counts).filter(([, number]) => number).map(([name, number]) => worded(name, { files: files(number) }));
    say(worded("done", { what: told.join(", ") }));
    submit.textContent = uploadWord;
    without.hidden = true;
    isOrdered = false;
    htmx.trigger(document.body, "job-over");
    if (isNew) opener.hidden = false;
    if (isNew && problems.hidden) {
      setSending(false);
      opener.click();
    }
  };

  const attempt = async (work) => {
    setSending(true);
    without.hidden = true;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof UploadStopped)) throw error;
      say(error.message);
    } finally {
      setSending(false);
      drawProblems();
      submit.disabled = isDone; // until something else is chosen
    }
  };

  // Saves the new book, to which the files go then.
  const save = async () => {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    const [, id] = /\/(\d+)\/$/.exec(answer.url) ?? [];
    if (!id) {
      const shown = new DOMParser().parseFromString(await answer.text(), "text/html");
      const errors = [...shown.querySelectorAll(".errorlist li")].map((each) => each.textContent);
      throw new UploadStopped(errors.join(" ") || worded("signedOut"));
    }
    box.dataset.upload = box.dataset.uploadTo.replace("0", id);
    opener.href = answer.url;
    if (!isOrdered) arranging = arrange();
  };

  const send = () =>
    attempt(async () => {
      if (!box.dataset.upload) await save();
      await arranging;
      milestone = 0;
      upload = new Upload(box.dataset.upload, form.elements.csrfmiddlewaretoken.value, entries, onChange);
      say(worded("sendingNow", { files: files(entries.length) }));
      if (await upload.send()) return finish();
      say(worded("notSent", { files: files(count("failed")) }));
      submit.textContent = worded("again");
      without.hidden = false;
      return undefined;
    });

  form.addEventListener("submit", (event) => {
    if (isNew && !box.dataset.upload && !entries.length) return undefined;
    event.preventDefault();
    if (!form.reportValidity()) return undefined;
    if (!entries.length) return say(worded("none"));
    return send();
  });
  without.addEventListener("click", () => attempt(finish));
  window.addEventListener("beforeunload", (event) => isSending && event.preventDefault());

  // ---- the ways in ------------------------------------------------------------------------------------------------

  const filesIn = async (entry) => {
    if (!entry) return [];
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      return [{ file, path: entry.fullPath.slice(1) }];
    }
    const reader = entry.createReader();
    const inside = [];
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // at most 100 at a time
      if (!some.length) return (await Promise.all(inside.map(filesIn))).flat();
      inside.push(...some);
    }
  };

  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      box.classList.add("is-over");
    });
  }
  form.addEventListener("dragleave", (event) => form.contains(event.relatedTarget) || box.classList.remove("is-over"));
  form.addEventListener("drop", async (event) => {
    event.preventDefault();
    box.classList.remove("is-over");
    const dropped = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()); // gone after the first await
    const plain = [...event.dataTransfer.files].map((file) => ({ file, path: file.name }));
    add(dropped.some(Boolean) ? (await Promise.all(dropped.map(filesIn))).flat() : plain);
  });
  const choose = (input) => {
    add([...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
    input.value = "";
  };
  for (const input of inputs) {
    input.required = false;
    input.addEventListener("change", () => choose(input));
    if (input.files.length) choose(input); // before this script ran
  }
  for (const hint of form.querySelectorAll("[data-scripted]")) hint.hidden = false;
})();
