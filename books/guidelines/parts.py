"""The parts of a guideline, in the order in which they are shown. Pure."""

from __future__ import annotations

from typing import Any, Final

PART_TITLES: Final = {
    "objective": "Objective",
    "concepts": "Concepts",
    "depth": "Depth",
    "prerequisites": "Prerequisites",
    "misconceptions": "Misconceptions",
    "checks": "Checks for understanding",
    "boundary": "Out of scope",
}
PARTS: Final = tuple(PART_TITLES)


def statements_of(guideline: Any, part: str) -> list[dict[str, Any]]:
    """The statements of a part as {"text", "pages"}; rows from elsewhere may hold anything, which is left out."""
    found = guideline.get(part) if isinstance(guideline, dict) else None
    return [
        {"text": str(each.get("text", "")), "pages": [page for page in each.get("pages") or () if type(page) is int]}
        for each in found or ()
        if isinstance(each, dict)
    ]
