"""From scans to published guidelines over HTTP, with an API token: this one file and httpx2 are all that it needs.

What `manage.py process_book` does on the machine itself. Run again it goes on where it stopped: the book is found by
its title, files that are there are told by their digest, and the server knows which pages and guidelines are done.
"""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import file_digest
from pathlib import Path
from typing import Any

import httpx2

FACTS = ("title", "author", "edition", "edition_year", "country", "board", "grade", "subject", "language")
AN_UPLOAD = 200  # files; the server takes no more in one
AT_ONCE = 3  # files on their way
LOOK_EVERY = 2.0  # seconds, while a job works
PAUSES = (1, 2, 4, 8)  # seconds, before what may pass is tried again
PASSING = {429, 502, 503, 504}
GOING_ON = {"pending", "running", "stale"}


class Refused(Exception):
    """The server said no: ``code`` is stable, the message for a person, ``job`` what is in the way, if one is."""

    def __init__(self, message: str, code: str = "", job: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.job = job


class Api:
    """Requests of one token; what may pass is tried five times."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx2.Client(base_url=f"{url.rstrip('/')}/api", headers=headers, timeout=130)
        self._bucket = httpx2.Client(timeout=130)

    def close(self) -> None:
        self._client.close()
        self._bucket.close()

    def ask(self, method: str, path: str, **what: Any) -> Any:
        """The JSON of the answer; None for none. Raises Refused."""
        answer = self._insistently(self._client, method, path, **what)
        if answer.is_success:
            return answer.json() if answer.content else None
        try:
            said = answer.json()
            raise Refused(said["message"], said["code"], said.get("job"))
        except (ValueError, KeyError, TypeError):
            raise Refused(f"The server answered {answer.status_code} to {method} {path}.") from None

    def to_bucket(self, form: dict[str, Any], file: Path) -> None:
        answer = self._insistently(
            self._bucket, "POST", form["url"], data=form["fields"], files={"file": file.read_bytes()}
        )
        if not answer.is_success:
            raise Refused(f"The storage answered {answer.status_code} to {file.name}.")

    def _insistently(self, client: httpx2.Client, method: str, path: str, **what: Any) -> httpx2.Response:
        """Whatever was asked for is done once however often it is asked, but for a new book."""
        for pause in (*PAUSES, None):
            try:
                answer = client.request(method, path, **what)
                if answer.status_code not in PASSING or pause is None:
                    return answer
                asked = answer.headers.get("Retry-After", "")
            except httpx2.TransportError as error:
                if pause is None or (method, path) == ("POST", "/books"):
                    raise Refused(f"{client.base_url} does not answer: {error}") from error
                asked = ""
            time.sleep(max(pause, int(asked) if asked.isdecimal() else 0))
        raise AssertionError  # the last turn returns or raises


def files_in(paths: Sequence[Path]) -> Iterator[Path]:
    """Of folders what lies in them, at any depth, but for hidden files."""
    for path in paths:
        if path.is_dir():
            for each in sorted(path.rglob("*")):
                if each.is_file() and not any(part.startswith(".") for part in each.relative_to(path).parts):
                    yield each
        elif path.is_file():
            yield path
        else:
            raise Refused(f"There is no file {path}.")


class Run:
    """The main job on one book."""

    def __init__(self, api: Api, options: Namespace) -> None:
        self.api, self.options = api, options
        self.book = options.book or self._book()

    def ask(self, method: str, path: str, **what: Any) -> Any:
        return self.api.ask(method, f"/books/{self.book}{path}", **what)

    def _book(self) -> int:
        """The newest of the title that the token may open, or a new one."""
        facts = {name: value for name in FACTS if (value := getattr(self.options, name))}
        facts.setdefault("title", self.options.path[0].resolve().stem.replace("_", " ")[:200])
        found = self.api.ask("GET", "/books", params={"title": facts["title"]})["items"]
        book = found[-1] if found else self.api.ask("POST", "/books", json=facts)
        print(f"Book {book['id']}, {book['title']}.")
        return int(book["id"])

    def send(self, paths: Sequence[Path]) -> None:
        files = list(files_in(paths))
        if not files:
            raise Refused("There are no files to send.")
        places = self.ask("POST", "/uploads/order", json={"names": [str(file) for file in files]})["places"]
        ordered = [files[place] for place in places]
        for start in range(0, len(ordered), AN_UPLOAD):
            self._send(ordered[start : start + AN_UPLOAD])

    def _send(self, files: Sequence[Path]) -> None:
        announced = [{"name": file.name, "size": file.stat().st_size, "sha256": _digest(file)} for file in files]
        delivery = self.ask("POST", "/uploads", json={"files": announced})
        path = f"/uploads/{delivery['id']}"
        answers = list(zip(files, delivery["files"], strict=True))
        wanted = [(file, answer) for file, answer in answers if answer["state"] == "send"]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            arrivals = list(pool.map(lambda each: self._send_one(path, *each), wanted))
        told = [(file, answer["reason"]) for file, answer in answers if answer["state"] == "refused"]
        told += [(file, arrival["reason"]) for (file, _), arrival in zip(wanted, arrivals, strict=True)]
        for file, reason in told:
            if reason:
                print(f"   {file.name}: {reason}")
        done = self.ask("POST", f"{path}/finish")
        stored = sum(arrival["state"] == "stored" for arrival in arrivals)
        here = sum(answer["state"] == "here" for _, answer in answers)
        print(f"{stored} of {len(files)} files sent, {here} there before; {done['pages']} pages in all.")

    def _send_one(self, path: str, file: Path, answer: dict[str, Any]) -> Any:
        path = f"{path}/files/{answer['id']}"
        if answer["post"]:
            self.api.to_bucket(answer["post"], file)
            return self.ask("POST", f"{path}/arrived")
        return self.ask("POST", path, files={"file": (file.name, file.read_bytes())})

    def work(self, path: str, **what: Any) -> None:
        """Starts a job, or goes on with the one that is there, and waits until it is over."""
        try:
            started = self.ask("POST", path, **what)
            job = started["job_id"]
        except Refused as refusal:
            if refusal.code == "nothing_to_do":
                return
            if refusal.job is None:
                raise
            job = refusal.job["id"]
        self._wait(job)

    def _wait(self, job: str) -> None:
        shown = ""
        while True:
            now = self.ask("GET", f"/jobs/{job}")
            if now["headline"] != shown:
                shown = now["headline"]
                print(f"   {shown}", flush=True)
            if now["status"] not in GOING_ON and now["wake_at"] is None:
                break
            time.sleep(LOOK_EVERY)
        if now["status"] != "completed":
            raise Refused(now["error_message"] or f"{now['headline']} Go on with it in the admin, then run this again.")
        if now["failed_items"]:
            raise Refused(f"{now['failed_items']} of {now['total_items']} failed; see the job in the admin.")

    def publish(self) -> None:
        """What is in doubt stays unapproved or unpublished, and is told."""
        waiting = [row for row in self.ask("GET", "/subtopics") if row["status"] == "pending_review"]
        self.ask("POST", "/subtopics/approve", json={"seen": {row["id"]: row["revision"] for row in waiting}})
        try:
            made = self.ask("POST", "/guidelines/publish")
        except Refused as refusal:
            print(f"Not published: {refusal}")
            return
        print(f"Published as version {made['version']}: {made['sentence']}.")
        for each in made["left_out"]:
            print(f"   Not published: {each['title']}. {each['reason']}")

    def write(self, out: Path) -> None:
        guidelines = self.ask("GET", "/guidelines.json")
        out.write_text(json.dumps(guidelines, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"Wrote {out}.")


def _digest(file: Path) -> str:
    with file.open("rb") as data:
        return file_digest(data, "sha256").hexdigest()


def run(options: Namespace) -> None:
    with closing(Api(options.url, options.token)) as api:
        follow(Run(api, options), options)


def follow(whole: Run, options: Namespace) -> None:
    if options.path:
        whole.send(options.path)
    whole.work("/ocr")
    if not options.approve:
        print(f"Book {whole.book} is read. Review its pages, or run this again with --approve.")
        return
    whole.ask("POST", "/pages/approve")
    whole.work("/guidelines/generate", json={})
    whole.work("/guidelines/finalize")
    if options.publish:
        whole.publish()
    if options.out:
        whole.write(options.out)


def parsed(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser("bookpipeline", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("path", nargs="*", type=Path, help="A folder, one or more images, or a PDF.")
    url, token = os.environ.get("BOOKPIPELINE_URL"), os.environ.get("BOOKPIPELINE_TOKEN")
    parser.add_argument("--url", default=url, required=not url, help="https://… ; by default BOOKPIPELINE_URL.")
    parser.add_argument("--token", default=token, required=not token, help="By default BOOKPIPELINE_TOKEN.")
    parser.add_argument("--book", type=int, help="Go on with the book of this number.")
    for name in FACTS:
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, type=int if name == "edition_year" else str)
    parser.add_argument("--approve", action="store_true", help="Approve every page unseen and write guidelines.")
    parser.add_argument("--publish", action="store_true", help="Approve every guideline unseen, and publish.")
    parser.add_argument("--out", type=Path, help="Write the guidelines here as JSON.")
    options = parser.parse_args(arguments)
    if not options.path and not options.book:
        parser.error("name files to send, or a --book to go on with.")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        run(parsed(arguments))
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
