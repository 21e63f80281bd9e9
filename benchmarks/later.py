"""The part of the stand-in that answers later: files, batches and responses in the background."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any


class Later:
    """What was sent to be answered later. ``complete(body)`` gives a status and the document it is answered with."""

    def __init__(self, provider: Any) -> None:
        self.provider = provider
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.responses: dict[str, dict[str, Any]] = {}

    def post(self, path: str, raw: bytes, complete: Any) -> dict[str, Any] | None:
        """The document that answers, None for a path that is none of these."""
        if path == "/v1/files":
            return self._keep(raw.partition(b"application/jsonl\r\n\r\n")[2].rpartition(b"\r\n--")[0])
        if path == "/v1/batches":
            return self._begin(json.loads(raw), complete)
        if path == "/v1/responses":
            return self._respond(json.loads(raw), complete)
        return None

    def get(self, path: str) -> bytes | dict[str, Any] | None:
        parts = path.partition("?")[0].strip("/").split("/")[1:]
        if parts[:1] == ["files"] and parts[2:] == ["content"]:
            return self.files.get(parts[1])
        if parts == ["batches"]:
            newest = [self._shown(each) for each in reversed(self.batches.values())]
            return {"object": "list", "data": newest, "has_more": False}
        if parts[:1] == ["batches"] and parts[1] in self.batches:
            return self._shown(self.batches[parts[1]])
        if parts[:1] == ["responses"] and parts[1] in self.responses:
            return self._shown(self.responses[parts[1]])
        return None

    def _keep(self, content: bytes) -> dict[str, Any]:
        name = f"file-{uuid.uuid4().hex}"
        self.files[name] = content
        about = {"bytes": len(content), "created_at": 1, "filename": "calls.jsonl", "purpose": "batch"}
        return {"id": name, "object": "file", "status": "processed", **about}

    def _begin(self, asked: dict[str, Any], complete: Any) -> dict[str, Any]:
        """Answers at once and shows it later; of a batch that expires only the first calls are answered."""
        lines = [json.loads(line) for line in self.files[asked["input_file_id"]].splitlines()]
        most = self.provider.behaviour.batch_answers
        outputs: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for line in lines[:most] if most >= 0 else lines:
            status, document = complete(line["body"])
            kept = outputs if status == 200 else errors
            answer = {"status_code": status, "body": document}
            kept.append({"id": "x", "custom_id": line["custom_id"], "response": answer, "error": None})
        batch = {
            "id": f"batch_{uuid.uuid4().hex}", "object": "batch", "created_at": 1, "ready_at": self._ready_at(),
            "status": "expired" if 0 <= most < len(lines) else "completed",
            "output_file_id": self._file_of(outputs), "error_file_id": self._file_of(errors),
            **{name: asked.get(name) for name in ("endpoint", "completion_window", "input_file_id", "metadata")},
        }  # fmt: skip
        self.batches[batch["id"]] = batch
        return self._shown(batch)

    def _file_of(self, rows: list[dict[str, Any]]) -> str | None:
        return str(self._keep("\n".join(map(json.dumps, rows)).encode())["id"]) if rows else None

    def _respond(self, asked: dict[str, Any], complete: Any) -> dict[str, Any]:
        content = [each if isinstance(each["content"], str) else {**each, "content": _as_chat(each["content"])}
                   for each in asked["input"]]  # fmt: skip
        form = {name: value for name, value in asked["text"]["format"].items() if name != "type"}
        _, completion = complete({
            "model": asked["model"],
            "messages": [{"role": "system", "content": asked["instructions"]}, *content],
            "response_format": {"json_schema": form},
        })  # fmt: skip
        message, usage = completion["choices"][0]["message"], completion["usage"]
        is_cut = completion["choices"][0]["finish_reason"] == "length"
        part = (
            {"type": "refusal", "refusal": message["refusal"]}
            if message["refusal"]
            else {"type": "output_text", "text": message["content"], "annotations": []}
        )
        tokens = {"input_tokens": usage["prompt_tokens"], "output_tokens": usage["completion_tokens"],
                  "total_tokens": usage["total_tokens"], "input_tokens_details": {"cached_tokens": 0},
                  "output_tokens_details": {"reasoning_tokens": 0}}  # fmt: skip
        response = {
            "id": f"resp_{uuid.uuid4().hex}", "object": "response", "created_at": 1, "ready_at": self._ready_at(),
            "status": "incomplete" if is_cut else "completed", "model": asked["model"], "usage": tokens, "error": None,
            "output": [{"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": [part]}],
            "background_options": asked.get("background_options"), "parallel_tool_calls": True, "tools": [],
            "tool_choice": "auto",
        }  # fmt: skip
        self.responses[response["id"]] = response
        return self._shown(response)

    def _ready_at(self) -> float:
        return time.monotonic() + self.provider.behaviour.later_seconds

    def _shown(self, one: dict[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in one.items() if name != "ready_at"}
        if time.monotonic() >= one["ready_at"]:
            return shown
        hidden = {"output_file_id": None, "error_file_id": None} if one["object"] == "batch" else {"output": []}
        return shown | hidden | {"status": "in_progress"}


def _as_chat(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": part["text"]} for part in parts if part["type"] == "input_text"]
