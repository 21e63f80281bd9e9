"""A server that speaks OpenAI's Chat Completions with strict JSON schemas, and fails as it is told to.

`python -m benchmarks.standin --port 8001` serves it; `StandIn` runs it inside a test. POST /control changes what goes
wrong, GET /control tells what was asked, POST /pages teaches it what is printed on a picture.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import fields
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

from benchmarks.behaviour import SAME_PICTURE, Behaviour, Counts, picture_hash
from benchmarks.nonsense import nonsense
from benchmarks.planted import plant, told_apart
from benchmarks.standin_answers import BY_SCHEMA, material_of, page_form
from benchmarks.strictness import misfits, problems_of_schema

IMAGE_TOKENS = 1_400
CHARACTERS_PER_TOKEN = 4
CACHED_FROM, CACHED_STEP = 1_024, 128
# Shares of the thought at a model's own effort.
EFFORT = {"minimal": 0.0, "low": 0.25, "medium": 1.0, "high": 2.0}
UNKNOWN_PAGE = "A page that nobody told the stand-in about."


class UnfitSchema(Exception):
    """As in strict mode, where the provider refuses the call."""


class StandIn:
    """``with StandIn() as provider:`` serves at ``provider.url`` until the block ends."""

    def __init__(self, port: int = 0, **behaviour: Any) -> None:
        self.behaviour = Behaviour(**behaviour)
        self.counts = Counts()
        self.asked: deque[dict[str, Any]] = deque(maxlen=100)
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.texts: dict[int, str] = {}
        self.planted: dict[str, str] = {}
        self.beginnings: set[str] = set()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), type("BoundHandler", (Handler,), {"provider": self}))
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> StandIn:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def know(self, image: Image.Image, text: str) -> None:
        """From now on a picture like ``image`` has this text, with one printed line a line."""
        self.texts[picture_hash(image)] = text

    def text_on(self, image: Image.Image) -> str:
        wanted = picture_hash(image)
        nearest = min(self.texts, key=lambda known: (known ^ wanted).bit_count(), default=None)
        is_known = nearest is not None and (nearest ^ wanted).bit_count() <= SAME_PICTURE
        return self.texts[nearest] if is_known and nearest is not None else UNKNOWN_PAGE

    def behave(self, **changes: Any) -> None:
        for name, value in changes.items():
            if name not in {each.name for each in fields(Behaviour)}:
                raise ValueError(f"{name} is nothing the stand-in does")
            setattr(self.behaviour, name, value)

    def begin(self, kind: str) -> str:
        """Counts a call in and says what is to become of it."""
        with self.lock:
            self.counts.calls += 1
            self.counts.in_flight += 1
            self.counts.most_in_flight = max(self.counts.most_in_flight, self.counts.in_flight)
            self.counts.kinds[kind] += 1
            fate = "away" if self.behaviour.away else self._fate(self.counts.calls)
            self.counts.outcomes[fate] += 1
            return fate

    def _fate(self, call: int) -> str:
        named = [each.name for each in fields(Behaviour) if each.name.endswith("_every")]
        due = (name for name in named if getattr(self.behaviour, name) and call % getattr(self.behaviour, name) == 0)
        return next(due, "answer").removesuffix("_every")

    def end(self, usage: dict[str, Any]) -> None:
        with self.lock:
            self.counts.in_flight -= 1
            self.counts.tokens_in += usage.get("prompt_tokens", 0)
            self.counts.tokens_out += usage.get("completion_tokens", 0)
            self.counts.tokens_cached += usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)

    def usage(self, request: dict[str, Any], content: str, thought: int) -> dict[str, Any]:
        """As OpenAI bills: the form counts and stands first, and a beginning that was sent before comes from the cache,
        from CACHED_FROM tokens on in steps of CACHED_STEP."""
        texts = [part for message in request["messages"] for part in _texts(message)]
        beginning = json.dumps(request["response_format"]["json_schema"]["schema"]) + texts[0]
        tokens_in = len("".join([beginning, *texts[1:]])) // CHARACTERS_PER_TOKEN + IMAGE_TOKENS * len(
            _pictures(request)
        )
        cached = len(beginning) // CHARACTERS_PER_TOKEN // CACHED_STEP * CACHED_STEP
        with self.lock:
            is_known = beginning in self.beginnings and cached >= CACHED_FROM
            self.beginnings.add(beginning)
        tokens_out = len(content) // CHARACTERS_PER_TOKEN + thought
        return {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
            "prompt_tokens_details": {"cached_tokens": cached if is_known else 0},
            "completion_tokens_details": {"reasoning_tokens": thought},
        }

    def thought(self, request: dict[str, Any]) -> int:
        return int(self.behaviour.thought * EFFORT.get(request.get("reasoning_effort", ""), 1))

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Raises UnfitSchema for a schema that a provider would refuse or that the answer does not fit."""
        self.asked.append(request)
        form = request["response_format"]["json_schema"]
        if problem := next(problems_of_schema(form["schema"]), ""):
            raise UnfitSchema(problem)
        if self.behaviour.nonsense_seed and form["name"] in (self.behaviour.nonsense_forms or form["name"]):
            return dict(nonsense(form["schema"], f"{self.behaviour.nonsense_seed} {request['messages']}"))
        answer = self._sensible(form["name"], request)
        if problem := next(misfits(answer, form["schema"], form["schema"]), ""):
            raise UnfitSchema(problem)
        return answer

    def _sensible(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        if kind in BY_SCHEMA:
            material = material_of(request["messages"])
            answer = BY_SCHEMA[kind](material)
            if kind == "GuidelineForm" and self.behaviour.plant_every:
                self.planted |= plant(answer, self.behaviour.plant_every)
            return told_apart(answer, material, self.planted) if kind == "VerifyForm" else answer
        pictures = _pictures(request)
        return page_form(self.text_on(decoded(pictures[0]))) if pictures else page_form(UNKNOWN_PAGE)


def _pictures(request: dict[str, Any]) -> list[dict[str, Any]]:
    contents = [message["content"] for message in request["messages"] if not isinstance(message["content"], str)]
    return [part for content in contents for part in content if part["type"] == "image_url"]


def decoded(part: dict[str, Any]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(part["image_url"]["url"].partition(",")[2])))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body in one packet
    provider: StandIn

    def do_GET(self) -> None:
        with self.provider.lock:
            counts = vars(self.provider.counts) | {"behaviour": vars(self.provider.behaviour)}
            self._send(200, counts)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(raw)
        if self.path == "/control":
            self.provider.behave(**body)
            self._send(200, {})
        elif self.path == "/pages":
            self.provider.texts |= {int(key, 16): text for key, text in body.items()}
            self._send(200, {})
        elif self.path.endswith("/chat/completions"):
            self._complete(body)
        else:
            self._send(404, {})

    def _complete(self, request: dict[str, Any]) -> None:
        fate = self.provider.begin(request["response_format"]["json_schema"]["name"])
        usage: dict[str, Any] = {}
        try:
            if fate == "hang":
                self.provider.closing.wait(self.provider.behaviour.hang_seconds)
            elif fate != "away":
                self.provider.closing.wait(self.provider.behaviour.latency)
            if fate in {"hang", "away"}:
                self.close_connection = True
            elif fate in {"rate_limit", "error", "bad_request"}:
                self._refuse(fate)
            else:
                completion = self._completion(request, fate)
                usage = completion["usage"]
                send = self._drip if fate == "drip" else partial(self._send, 200)
                send(completion)
        except UnfitSchema as error:
            self._send(400, {"error": {"message": f"Invalid schema for response_format: {error}.", "type": "schema"}})
        finally:
            self.provider.end(usage)

    def _drip(self, document: dict[str, Any]) -> None:
        """A byte at a time, headers too, until the other side has enough of it."""
        body = json.dumps(document).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        with suppress(OSError):
            for byte in head.encode() + body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                self.provider.closing.wait(self.provider.behaviour.drip_pause)
        self.close_connection = True

    def _refuse(self, fate: str) -> None:
        status = {"rate_limit": 429, "error": 500, "bad_request": 400}[fate]
        headers = {"retry-after": f"{self.provider.behaviour.retry_after:g}"} if status == 429 else {}
        self._send(status, {"error": {"message": f"The stand-in was told to: {fate}.", "type": fate}}, **headers)

    def _completion(self, request: dict[str, Any], fate: str) -> dict[str, Any]:
        content = json.dumps({"nothing": "asked"}) if fate == "malformed" else json.dumps(self.provider.answer(request))
        if fate == "truncate":
            content = content[: len(content) // 2]
        if fate == "loop":
            content = json.dumps(page_form("the same line again\n" * 50))
        thought = self.provider.thought(request)
        room = CHARACTERS_PER_TOKEN * (
            request.get("max_completion_tokens", request.get("max_tokens", 1 << 20)) - thought
        )
        if thought and len(content) > room:
            fate, content = "truncate", content[: max(0, room)]
        message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None}
        if fate == "refuse":
            message |= {"content": None, "refusal": "I cannot help with that."}
        return {
            "id": "chatcmpl-standin",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": request["model"],
            "service_tier": request.get("service_tier", "default"),
            "choices": [
                {"index": 0, "message": message, "finish_reason": "length" if fate == "truncate" else "stop"},
            ],
            "usage": self.provider.usage(request, content, thought),
        }

    def _send(self, status: int, document: dict[str, Any] | bytes, **headers: str) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the counts tell."""


def _texts(message: dict[str, Any]) -> list[str]:
    content = message["content"]
    if isinstance(content, str):
        return [content]
    return [part["text"] for part in content if part["type"] == "text"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--latency", type=float, default=0.0)
    options = parser.parse_args()
    with StandIn(options.port, latency=options.latency) as provider:
        print(provider.url)
        provider.thread.join()


if __name__ == "__main__":
    main()
