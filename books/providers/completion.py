"""What a server answered with status 200, read whatever shape it has. Imports neither Django nor a vendor's SDK."""

from __future__ import annotations

import json
import math
from typing import Any, Literal

from books.providers.request import CHARACTERS_PER_TOKEN, JsonObject, ModelRequest, RawAnswer

STOPPED_AT_LIMIT = {"length", "max_tokens", "MAX_TOKENS", "model_length"}
FILTERED = {"content_filter", "SAFETY", "safety", "refusal", "RECITATION"}
# Where servers put the text, by the way to it: Chat Completions, its predecessors, and what other APIs answer with.
PLACES: tuple[tuple[str | int, ...], ...] = (
    ("choices", 0, "message", "parsed"),
    ("choices", 0, "message", "content"),
    ("choices", 0, "message", "tool_calls", 0, "function", "arguments"),
    ("choices", 0, "message", "function_call", "arguments"),
    ("choices", 0, "text"),
    ("choices", 0, "message", "reasoning_content"),
    ("choices", 0, "message", "reasoning"),
    ("message", "content"),
    ("output_text",),
    ("output", -1, "content"),
    ("content",),
    ("candidates", 0, "content", "parts"),
    ("response",),
)
TOKENS_IN, TOKENS_OUT = ("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens")


def document_of(body: str) -> JsonObject | None:
    """The JSON object that ``body`` is, a stream of events put together; None for anything else."""
    try:
        found = json.loads(body, strict=False)
    except ValueError:
        return _joined_events(body)
    return found if isinstance(found, dict) else None


def _joined_events(body: str) -> JsonObject | None:
    """For a server that streams although nobody asked it to."""
    lines = [line.removeprefix("data:").strip() for line in body.splitlines() if line.startswith("data:")]
    try:
        events = [json.loads(line) for line in lines if line not in {"", "[DONE]"}]
    except ValueError:
        return None
    if not events:
        return None
    text = "".join(str(_at(event, ("choices", 0, "delta", "content")) or "") for event in events)
    reasons = [_at(event, ("choices", 0, "finish_reason")) for event in events]
    whole: JsonObject = {key: value for event in events for key, value in event.items() if value is not None}
    finish = next((reason for reason in reversed(reasons) if reason), "stop")
    return whole | {"choices": [{"message": {"content": text}, "finish_reason": finish}]}


def raw_answer(document: JsonObject, request: ModelRequest[Any]) -> RawAnswer:
    """``document`` is a completion: whoever sent it was paid, so it always has tokens, if need be estimated ones."""
    refusal = _at(document, ("choices", 0, "message", "refusal"))
    reason = str(_at(document, ("choices", 0, "finish_reason")) or document.get("stop_reason") or "")
    refusal = refusal if isinstance(refusal, str) else ""
    text = _text(document)
    if reason in FILTERED and not refusal and not text:
        refusal = "content filter"
    stopped: Literal["end", "length", "refusal"] = (
        "refusal" if refusal else "length" if reason in STOPPED_AT_LIMIT else "end"
    )
    tokens_in, tokens_cached, tokens_out, is_estimate = _usage(document, request, text)
    model = document.get("model")
    tier = document.get("service_tier")
    return RawAnswer(
        text=refusal or text,
        stopped=stopped,
        tokens_in=tokens_in,
        tokens_cached=tokens_cached,
        tokens_out=tokens_out,
        model=model if isinstance(model, str) else "",
        tier=tier if isinstance(tier, str) else "",
        is_estimate=is_estimate,
    )


def _text(document: JsonObject) -> str:
    return next((text for place in PLACES if (text := _plain(_at(document, place))).strip()), "")


def _plain(found: Any) -> str:
    """Text, the text of parts, or an object that is the answer itself."""
    if isinstance(found, list):
        parts = [each.get("text") if isinstance(each, dict) else each for each in found]
        return "".join(each for each in parts if isinstance(each, str))
    if isinstance(found, dict):
        return json.dumps(found)
    return found if isinstance(found, str) else ""


def _usage(document: JsonObject, request: ModelRequest[Any], text: str) -> tuple[int, int, int, bool]:
    usage = document.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    told_in, told_out = (_first_count(usage, names) for names in (TOKENS_IN, TOKENS_OUT))
    cached = _count(_at(usage, ("prompt_tokens_details", "cached_tokens"))) or 0
    is_estimate = not told_in or (not told_out and bool(text))
    tokens_in = told_in or request.estimated_tokens_in
    return tokens_in, min(cached, tokens_in), told_out or -(-len(text) // CHARACTERS_PER_TOKEN), is_estimate


def _first_count(usage: JsonObject, names: tuple[str, ...]) -> int | None:
    return next((count for name in names if (count := _count(usage.get(name))) is not None), None)


def _count(value: Any) -> int | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if math.isfinite(number) and 0 <= number < 1e9 else None


def _at(value: Any, place: tuple[str | int, ...]) -> Any:
    """What stands at ``place``, None where there is nothing."""
    for step in place:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
