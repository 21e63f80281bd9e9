"""Finds the answer in what a model sent: envelopes are opened before anybody pays for a repair.

Nothing is guessed: a value is moved, renamed or unwrapped where only one reading fits the form. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from json_repair import repair_json
from pydantic import ValidationError

from books.providers.request import Answer, JsonObject, json_schema

LONGEST_PROBLEM = 1_500
# An answer wrapped deeper than this, or behind more opening braces, is not looked for.
MOST_WRAPPERS, MOST_STARTS = 3, 200
THOUGHT = re.compile(r"<(think|thinking|thought|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
OPENING = re.compile(r"[{\[]")
# Control characters but tab and line feed, halves of surrogate pairs, signs that turn the direction of what follows.
UNWANTED = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\u202a-\\u202e\\u2066-\\u2069\\ufffe\\uffff]")
_decoder = json.JSONDecoder(strict=False)


def read_answer(form: type[Answer], text: str, about: Collection[int] = ()) -> tuple[Answer | None, str]:
    """The first complete value in ``text`` that fits ``form``, or else None and what is wrong with the first one.

    ``about`` as in ``ModelRequest``."""
    complaint, schema = "", json_schema(form)
    for value in _values(THOUGHT.sub("", text)):
        for inner in _unwrapped(value):
            try:
                return form.model_validate(cleaned(_shaped(inner, schema, schema)), context=about), ""
            except ValidationError as error:
                complaint = complaint or (_complaint(error) if isinstance(inner, dict) else "")
    return None, complaint or "This is not JSON, or not all of it."


def _values(text: str) -> Iterator[Any]:
    """Every JSON value of objects and lists in ``text``, in order; at last what is only nearly JSON, put right."""
    at = 0
    for _ in range(MOST_STARTS):
        start = OPENING.search(text, at)
        if start is None:
            break
        try:
            value, at = _decoder.raw_decode(text, start.start())
        except (json.JSONDecodeError, RecursionError):
            at = start.end()
        else:
            yield value
    yield from _nearly_json(text)


def _nearly_json(text: str) -> Iterator[Any]:
    """For single quotes, trailing commas and comments; not for a text that was cut off, whose end would be made up."""
    first, last = text.find("{"), text.rfind("}") + 1
    if 0 <= first < last and text.count("{", first, last) == text.count("}", first, last):
        yield repair_json(text[first:last], return_objects=True)
    elif text.strip().startswith('"'):
        yield text.strip()


def _unwrapped(value: Any, depth: int = 0) -> Iterator[Any]:
    """``value`` itself, then what it may only be the wrapping of: one layer of text, a list of one, each member."""
    if isinstance(value, str):
        if depth and not OPENING.search(value):
            return
        try:
            value = json.loads(value, strict=False)
        except (ValueError, RecursionError):
            return
    yield value
    if depth == MOST_WRAPPERS:
        return
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) and len(value) == 1 else ()
    for inner in inside:
        if isinstance(inner, dict | list | str):
            yield from _unwrapped(inner, depth + 1)


def _shaped(value: Any, node: JsonObject, root: JsonObject) -> Any:
    """``value`` with the names and kinds of ``node``, a part of the JSON schema ``root``."""
    node = _resolved(node, root)
    options = [_resolved(each, root) for each in node.get("anyOf", ())]
    if options:
        wanted = [each for each in options if each.get("type") != "null"]
        return _shaped(value, wanted[0], root) if value is not None and len(wanted) == 1 else value
    match node.get("type"):
        case "object":
            return _as_object(value, node, root)
        case "array":
            items = [] if value is None else value if isinstance(value, list) else [value]
            return [_shaped(each, node.get("items", {}), root) for each in items]
        case "string":
            return _as_text(value)
    return value


def _resolved(node: JsonObject, root: JsonObject) -> JsonObject:
    name = node.get("$ref", "").rpartition("/")[2]
    return root["$defs"][name] if name else node


def _as_object(value: Any, node: JsonObject, root: JsonObject) -> Any:
    if not isinstance(value, dict):
        return value
    properties = node.get("properties", {})
    named = {_bare(name): name for name in properties}
    found = {named.get(_bare(str(key)), str(key)): each for key, each in reversed(value.items())} | {
        name: value[name] for name in properties if name in value
    }
    absent = {name: None for name, each in properties.items() if name not in found and _may_be_null(each)}
    return {name: _shaped(each, properties.get(name, {}), root) for name, each in (found | absent).items()}


def _bare(name: str) -> str:
    """Equal for printed_number, printedNumber and Printed number."""
    return re.sub(r"[\W_]", "", name).casefold()


def _may_be_null(node: JsonObject) -> bool:
    return any(each.get("type") == "null" for each in node.get("anyOf", ()))


def _as_text(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, dict) and len(value) == 1 and isinstance(only := next(iter(value.values())), str):
        return only
    return value


def _complaint(error: ValidationError) -> str:
    problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return problems[:LONGEST_PROBLEM]


def cleaned(value: Any) -> Any:
    """``value``, read from JSON, without the characters that a database, a screen or a reader chokes on."""
    if isinstance(value, str):
        return UNWANTED.sub("", value)
    if isinstance(value, list):
        return [cleaned(each) for each in value]
    if isinstance(value, dict):
        return {cleaned(key): cleaned(each) for key, each in value.items()}
    return value
