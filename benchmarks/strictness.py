"""What a provider refuses of a schema in strict mode, and what does not fit it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

KNOWN = {
    *(
        "type",
        "description",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "anyOf",
        "enum",
        "const",
        "$ref",
        "$defs",
    ),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"),
}
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}


def problems_of_schema(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (f"{key!r} is not supported" for key in node if key not in KNOWN)
        properties = node.get("properties", {})
        if node.get("type") == "object" and "additionalProperties" not in node:
            yield "an object allows other properties"
        if sorted(properties) != sorted(node.get("required", [])):
            yield "a property is not required"
        below = [*properties.values(), *node.get("$defs", {}).values(), *node.get("anyOf", []), node.get("items")]
        for each in below:
            yield from problems_of_schema(each)


def misfits(answer: Any, schema: dict[str, Any], root: dict[str, Any]) -> Iterator[str]:
    """What strict mode could not have let through: names and types alone, since those are what it holds to."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema:
        if all(any(misfits(answer, each, root)) for each in schema["anyOf"]):
            yield f"{answer!r} is none of what it may be"
    elif schema["type"] == "null":
        if answer is not None:
            yield f"{answer!r} is not null"
    elif not isinstance(answer, TYPES[schema["type"]]):
        yield f"{answer!r} is no {schema['type']}"
    elif isinstance(answer, dict):
        if set(answer) != set(schema.get("properties", {})):
            yield f"{sorted(answer)} are not {sorted(schema.get('properties', {}))}"
        for name in set(answer) & set(schema.get("properties", {})):
            yield from misfits(answer[name], schema["properties"][name], root)
    elif isinstance(answer, list):
        for each in answer:
            yield from misfits(each, schema["items"], root)
