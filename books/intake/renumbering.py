"""What becomes of page numbers in the facts of a row when pages move. Imports neither Django nor a vendor's SDK.

Numbers are scan numbers from 1. A mapping holds the new number of each page by its present one; a page that it leaves
out is gone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

# A subtopic's key begins with its page range: see books.extraction.outline_ops.
KEY: Final = re.compile(r"(\d+)-(\d+)-", re.ASCII)
KEY_LENGTH: Final = 80
NO_PAGES: Final = (0, 0)


def renumbered(facts: Any, mapping: Mapping[int, int]) -> Any:
    """``facts`` (JSON) with each list "pages" and "front_matter", each range "first_page" to "last_page", each "scan",
    each "key" and the list "merged_keys" following their pages.

    A range goes from the first to the last of its pages that are left, and is 0 to 0 without any.
    """
    if isinstance(facts, list):
        return [renumbered(each, mapping) for each in facts]
    if not isinstance(facts, dict):
        return facts
    changed = {name: _entry(name, value, mapping) for name, value in facts.items()}
    if "first_page" in facts and "last_page" in facts:
        changed["first_page"], changed["last_page"] = _span(facts["first_page"], facts["last_page"], mapping)
    return changed


def _entry(name: str, value: Any, mapping: Mapping[int, int]) -> Any:
    if name in ("pages", "front_matter") and isinstance(value, list):
        return sorted(mapping[number] for number in value if isinstance(number, int) and number in mapping)
    if name == "scan" and isinstance(value, int):
        return mapping.get(value)
    if name == "merged_keys" and isinstance(value, list):
        return [_key(key, mapping) for key in value]
    if name == "key" and isinstance(value, str):
        return _key(value, mapping)
    return renumbered(value, mapping)


def _span(first: int, last: int, mapping: Mapping[int, int]) -> tuple[int, int]:
    numbers = [mapping[number] for number in range(first, last + 1) if number in mapping]
    return (min(numbers), max(numbers)) if numbers else NO_PAGES


def _key(key: str, mapping: Mapping[int, int]) -> str:
    found = KEY.match(key)
    if found is None:
        return key
    first, last = _span(int(found[1]), int(found[2]), mapping)
    return f"{first}-{last}-{key[found.end() :]}"[:KEY_LENGTH]


def given_back(facts: Any, before: Any) -> Any:
    """``facts`` with the numbers that ``before`` has at the same place: statements of the same text, the same list."""
    if isinstance(facts, dict) and isinstance(before, dict):
        return {
            name: _union(value, before.get(name)) if name == "pages" else given_back(value, before.get(name))
            for name, value in facts.items()
        }
    if isinstance(facts, list) and isinstance(before, list):
        known = {each["text"]: each for each in before if isinstance(each, dict) and "text" in each}
        return [given_back(each, known.get(each.get("text"))) if isinstance(each, dict) else each for each in facts]
    return facts


def _union(numbers: Any, before: Any) -> Any:
    return sorted({*numbers, *before}) if isinstance(before, list) else numbers


def mapping_of(before: Sequence[Any], after: Sequence[Any]) -> dict[int, int]:
    """The mapping that leads from the order ``before`` (page ids) to the order ``after``."""
    places = {page: number for number, page in enumerate(after, start=1)}
    return {number: places[page] for number, page in enumerate(before, start=1) if page in places}


def fingerprint(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
