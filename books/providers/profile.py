"""What a server accepts of a request: found out when it refuses, remembered, and shown. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from books.providers.request import JsonObject, ModelRequest
from books.sentences import gettext_noop

# What may be left out or said in another way: the words by which servers name it, and ours for what is sent then.
FEATURES: dict[str, tuple[str, str]] = {
    "prompt_cache_key": (r"prompt.?cache", gettext_noop("no prompt_cache_key")),
    "reasoning_effort": (r"reasoning|effort", gettext_noop("no reasoning_effort")),
    "strict": (r"\bstrict\b", gettext_noop("schema without strict mode")),
    "image_detail": (r"\bdetail\b(?!s)(?!.{0,3}\[)", gettext_noop("no detail of images")),
    "images": (r"\bimages?\b|image_url|vision|multi-?modal", gettext_noop("no images beside texts")),
    "temperature": (r"temperature", gettext_noop("no temperature")),
    "max_completion_tokens": (r"max_completion_tokens", gettext_noop("max_tokens instead of max_completion_tokens")),
    "json_schema": (
        r"response.?format|json.?schema|structured.?output|guided|grammar",
        gettext_noop("schema in words, json_object"),
    ),
    "max_tokens": (r"max_tokens", gettext_noop("no limit of tokens")),
    "json_object": (r"response.?format|json.?(object|mode)", gettext_noop("schema in words, no response_format")),
}
SENT_WITH = {name: said for name, (_, said) in FEATURES.items()}
# What only decorates a request: a server that refuses without a reason gets it without all of these.
DECORATION = ("prompt_cache_key", "reasoning_effort", "strict", "image_detail", "temperature")
FORM_IN_WORDS = "\n\nAnswer with one JSON object alone that fits this JSON schema:\n"


def body_of(request: ModelRequest[Any], left_out: Iterable[str] = ()) -> JsonObject:
    """What Chat Completions is sent, without what is ``left_out``."""
    out = frozenset(left_out)
    body: JsonObject = {"model": request.model, "messages": _messages(request, out)}
    if "max_completion_tokens" not in out:
        body["max_completion_tokens"] = request.max_tokens
    elif "max_tokens" not in out:
        body["max_tokens"] = request.max_tokens
    if "json_schema" not in out:
        form: JsonObject = {"name": request.schema.__name__, "schema": request.form}
        form |= {} if "strict" in out else {"strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    elif "json_object" not in out:
        body["response_format"] = {"type": "json_object"}
    optional = {
        "prompt_cache_key": f"{request.stage}-{request.prompt_version}",
        "reasoning_effort": request.effort,
        "temperature": request.temperature,
    }
    body |= {name: value for name, value in optional.items() if name not in out and value not in {None, ""}}
    return body | ({"service_tier": "flex"} if request.is_economy else {})


def _messages(request: ModelRequest[Any], out: frozenset[str]) -> list[JsonObject]:
    messages = request.messages()
    if "json_schema" in out:
        messages[0]["content"] += FORM_IN_WORDS + json.dumps(request.form, ensure_ascii=False)
    if "images" in out and _is_illustrated(messages):
        messages[1]["content"] = [part for part in messages[1]["content"] if part["type"] == "text"]
    if "image_detail" in out:
        for part in messages[1]["content"]:
            part.get("image_url", {}).pop("detail", None)
    return messages


def _is_illustrated(messages: list[JsonObject]) -> bool:
    """Whether there are images beside a material, and not in its place."""
    kinds = [part["type"] for part in messages[1]["content"]]
    return kinds.count("text") > 1 and "image_url" in kinds


def refused_in(words: str, body: Mapping[str, Any], left_out: Iterable[str], *, is_proven: bool) -> list[str]:
    """What to leave out after a refusal in these ``words``: what they name, or else, for a server that never took a
    request as it is, all that only decorates it. Nothing where it is not about that."""
    used = [name for name in FEATURES if name not in set(left_out) and _is_used(name, body)]
    named = [name for name in used if re.search(FEATURES[name][0], words, re.IGNORECASE)]
    if named:
        return named[:1]
    return [] if is_proven else [name for name in used if name in DECORATION]


def _is_used(name: str, body: Mapping[str, Any]) -> bool:
    form = body.get("response_format", {})
    match name:
        case "images":
            return _is_illustrated(body["messages"])
        case "strict":
            return bool(form.get("json_schema", {}).get("strict"))
        case "json_schema" | "json_object":
            return bool(form.get("type") == name)
        case "image_detail":
            return '"detail"' in json.dumps(body["messages"][1])
    return name in body
