"""Answers of the right form that make no sense, the same for the same seed and question."""

from __future__ import annotations

import random
from typing import Any

SCRIPT = "<script>alert('x')</script>"
STRINGS = (
    "",
    " \n\t ",
    SCRIPT,
    '<img src=x onerror="alert(1)">',
    "[a link](javascript:alert(1)) ![](http://example.org/spy.png)",
    '=HYPERLINK("http://example.org")',
    "ends here\x00 or not \x1b[31m\x08",
    "half of a pair: \ud83d",
    "\u202eright to left",
    "Ganz andere Sprache, über die niemand etwas gefragt hat.",
    "数学の教科書ではない",
    "{{ 7 * 7 }} {% debug %} ${jndi:ldap://x}",
    "Same title",
    "same   TITLE",
    "No such page",
    "long " * 30_000,
    "W" * 5_000,
)
NUMBERS = (-(10**20), -1, 0, 1, 2, 3, 10**4, 10**30)
PAGES = 12
MANY, MANY_OBJECTS = 10_000, 200


def nonsense(schema: dict[str, Any], seed: str) -> Any:
    """What fits ``schema`` by its names and types; now and then far more of it than anybody could want."""
    return _value(schema, schema, random.Random(seed))


def _value(node: dict[str, Any], root: dict[str, Any], chance: random.Random, *, is_outer: bool = True) -> Any:
    if "$ref" in node:
        node = root["$defs"][node["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in node:
        return _value(chance.choice(node["anyOf"]), root, chance, is_outer=is_outer)
    kind = node["type"]
    if kind == "object":
        return {name: _value(each, root, chance, is_outer=is_outer) for name, each in node["properties"].items()}
    if kind == "array":
        count = _count(node, chance, is_outer=is_outer)
        return [_value(node["items"], root, chance, is_outer=False) for _ in range(count)]
    if kind == "string":
        return chance.choice(STRINGS) if chance.random() < 0.5 else f"Words about {chance.randint(1, 5)} things"
    if kind == "integer":
        # Mostly what the schema allows: a provider that keeps to it is the harder case.
        wild = chance.random() < 0.01
        least, most = node.get("minimum", -PAGES), min(node.get("maximum", 2 * PAGES), 2 * PAGES)
        return chance.choice(NUMBERS) if wild else chance.randint(least, most)
    return {"number": chance.choice((-1.5, 0, 0.5, 1, 1e300)), "boolean": chance.random() < 0.5, "null": None}[kind]


def _count(node: dict[str, Any], chance: random.Random, *, is_outer: bool) -> int:
    """Far too many in an outer list alone: lists in each item of a long list would fill the memory of the test."""
    least, most = node.get("minItems", 0), node.get("maxItems", MANY)
    if is_outer and chance.random() < 0.02:
        return MANY if "$ref" not in node["items"] else MANY_OBJECTS
    return chance.randint(least, min(most, least + 4))
