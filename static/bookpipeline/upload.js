// Sends announced files to the server, or straight to the bucket it names; knows nothing of the page it runs on.
"use strict";

const AT_ONCE = 3;
const RETRY_SECONDS = [1, 2, 4, 8];
// Sentences stand in the page, in its language.
const worded = (name, facts = {}) =>
  document.getElementById("upload-words").dataset[name].replace(/\{(\w+)\}/g, (_, fact) => facts[fact]);

// What trying again cannot help: `message` is a sentence for a person.
class UploadStopped extends Error {}

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

// fetch tells nothing of the progress of a body.
const post = (url, body, headers, onProgress) =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onProgress?.(event.total ? event.loaded / event.total : 0);
    request.onload = () => resolve(request);
    request.onerror = request.onabort = request.ontimeout = () => resolve(request);
    request.send(body);
  });

const sentenceOf = (request) => {
  if (request.status === 401 || request.status === 403) return worded("signedOut");
  try {
    return JSON.parse(request.responseText).message ?? worded("answered", request);
  } catch {
    return worded("answered", request);
  }
};

// One request, repeated while the connection or the server is away. Resolves with the request, whatever it answered.
const insistently = async (attempt) => {
  for (const seconds of RETRY_SECONDS) {
    const request = await attempt();
    if (request.status && request.status < 500 && request.status !== 429) return request;
    const asked = Number(request.getResponseHeader("Retry-After")) || 0;
    await pause(Math.max(asked, seconds * (0.75 + Math.random() / 2)));
  }
  return attempt();
};

const sha256 = async (file) => {
  if (!window.crypto?.subtle) return "";
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

// The paths in the order of a book's pages, which the server knows: as places in the list; null where it does not answer.
const orderOf = async (url, token, names) => {
  const request = await post(`${url}/order`, JSON.stringify({ names }), { "X-CSRFToken": token, "Content-Type": "application/json" });
  return request.status === 200 ? JSON.parse(request.responseText).places : null;
};

// An upload of `entries` ({file, name}) in their order; gives each a `state` (checking, waiting, sending, stored, here,
// refused, failed), a `reason` and a `share` (0 to 1) of what was sent, and calls `onChange(entry)` after each change.
class Upload {
  constructor(url, token, entries, onChange) {
    Object.assign(this, { url, entries, onChange, headers: { "X-CSRFToken": token } });
  }

  change(entry, facts) {
    Object.assign(entry, facts);
    this.onChange(entry);
  }

  // Announces and sends; true when nothing is left to be tried again. Throws UploadStopped.
  async send() {
    await this.announce();
    const waiting = this.entries.filter((entry) => entry.state === "waiting");
    const worker = async () => {
      for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
        await this.sendOne(entry).catch((error) => {
          waiting.length = 0; // what is in hand is still finished
          throw error;
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return !this.entries.some((entry) => entry.state === "failed");
  }

  async announce() {
    for (const entry of this.entries) {
      if (entry.sha256 !== undefined) continue;
      this.change(entry, { state: "checking", reason: "" });
      try {
        entry.sha256 = await sha256(entry.file);
      } catch {
        throw new UploadStopped(worded("unreadable", entry));
      }
    }
    const files = this.entries.map(({ name, file, sha256: digest }) => ({ name, size: file.size, sha256: digest }));
    const answer = await this.ask(this.url, { files });
    this.delivery = `${this.url}/${answer.id}`;
    answer.files.forEach(({ id, state, reason, post: form }, place) => {
      const entry = this.entries[place];
      this.change(entry, { id, form, reason, state: state === "send" ? "waiting" : state, share: state === "send" ? 0 : 1 });
    });
  }

  // The pages of what was stored get their numbers, and are read.
  finish() {
    return this.ask(`${this.delivery}/finish`, {});
  }

  async sendOne(entry) {
    this.change(entry, { state: "sending", share: 0 });
    const request = await (entry.form ? this.toBucket(entry) : this.toServer(entry));
    if (request.status === 409) throw new UploadStopped(sentenceOf(request));
    if (request.status !== 200) {
      return this.change(entry, { state: "failed", share: 0, reason: request.status ? sentenceOf(request) : worded("noConnection") });
    }
    const { state, reason } = JSON.parse(request.responseText);
    return this.change(entry, { state, reason, share: 1 });
  }

  toServer(entry) {
    return insistently(() => {
      const body = new FormData();
      body.append("file", entry.file, entry.name);
      return post(`${this.delivery}/files/${entry.id}`, body, this.headers, (share) => this.change(entry, { share }));
    });
  }

  async toBucket(entry) {
    const sent = await insistently(() => {
      const body = new FormData();
      for (const [name, value] of Object.entries(entry.form.fields)) body.append(name, value);
      body.append("file", entry.file);
      return post(entry.form.url, body, {}, (share) => this.change(entry, { share }));
    });
    if (sent.status < 200 || sent.status > 299) return { status: 502, responseText: JSON.stringify({ message: worded("notStored") }) };
    return insistently(() => post(`${this.delivery}/files/${entry.id}/arrived`, null, this.headers));
  }

  async ask(url, document) {
    const headers = { ...this.headers, "Content-Type": "application/json" };
    const request = await insistently(() => post(url, JSON.stringify(document), headers));
    if (!request.status) throw new UploadStopped(worded("nothingLost"));
    if (request.status > 299) throw new UploadStopped(sentenceOf(request));
    return JSON.parse(request.responseText);
  }
}
