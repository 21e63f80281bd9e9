"""The parts of a guideline in the order in which they are shown, and what a part is made of. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final, TypedDict

# Each part's statements: {"text", "pages"}, and "flags" where a reviewer must look.
Parts = dict[str, list[dict[str, Any]]]


class Said(TypedDict):
    """A statement as a person writes it; ``pages`` are scan numbers from 1."""

    text: str
    pages: list[int]


class Part(StrEnum):
    """The one declaration: whatever is written, stored, shown, sent or read by part has these, in this order."""

    heading: str

    def __new__(cls, value: str, heading: str = "") -> Part:
        part = str.__new__(cls, value)
        part._value_, part.heading = value, heading
        return part

    OBJECTIVE = "objective", "Objective"
    CONCEPTS = "concepts", "Concepts"
    DEPTH = "depth", "Depth"
    PREREQUISITES = "prerequisites", "Prerequisites"
    MISCONCEPTIONS = "misconceptions", "Misconceptions"
    CHECKS = "checks", "Checks for understanding"
    BOUNDARY = "boundary", "Out of scope"


PARTS: Final = tuple(part.value for part in Part)
PART_TITLES: Final = {part.value: part.heading for part in Part}


def statements_of(guideline: Any, part: str) -> list[dict[str, Any]]:
    """The statements of a part as {"text", "pages"}; rows from elsewhere may hold anything, which is left out."""
    found = guideline.get(part) if isinstance(guideline, dict) else None
    return [
        {"text": str(each.get("text", "")), "pages": [page for page in each.get("pages") or () if type(page) is int]}
        for each in found or ()
        if isinstance(each, dict)
    ]


def says_something(guideline: Any) -> bool:
    return any(statements_of(guideline, part) for part in PARTS)


def ranges(pages: Iterable[int]) -> str:
    """[3, 4, 5, 8] as "3-5, 8"."""
    runs: list[list[int]] = []
    for page in sorted(set(pages)):
        if runs and runs[-1][-1] == page - 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def numbers(text: str) -> list[int]:
    """ "3-5, 8" as [3, 4, 5, 8]. Raises ValueError for anything else, and beyond the pages a book may have."""
    pages: set[int] = set()
    for part in filter(None, (each.strip() for each in text.replace("–", "-").split(","))):
        first, _, last = (each.strip() for each in part.partition("-"))
        if not first.isdecimal() or not (last or first).isdecimal() or int(last or first) > MOST_PAGES:
            raise ValueError(f"“{part[:40]}” is no page number from 1 to {MOST_PAGES} and no range such as 3-5")
        pages.update(range(int(first), int(last or first) + 1))
    return sorted(pages)


MOST_PAGES = 500
