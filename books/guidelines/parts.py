"""The parts of a guideline, in the order in which they are shown. Pure."""

from __future__ import annotations

from typing import Final

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
