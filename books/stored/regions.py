"""What stands on a page beside running text: formulas, tables and figures, by their places. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from books.sentences import gettext_noop
from books.stored.notation import FORMULA, TABLE_ROW


class RegionKind(StrEnum):
    """``heading`` names one to a person."""

    heading: str

    def __new__(cls, value: str, heading: str = "") -> RegionKind:
        kind = str.__new__(cls, value)
        kind._value_, kind.heading = value, heading
        return kind

    FORMULA = "formula", gettext_noop("Formula")
    TABLE = "table", gettext_noop("Table")
    FIGURE = "figure", gettext_noop("Figure")


@dataclass(frozen=True, slots=True)
class Region:
    """``box`` is (left, top, right, bottom) in pixels of the page image; ``caption`` is as printed, "" without one."""

    kind: RegionKind
    box: tuple[int, int, int, int]
    caption: str = ""

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Left, top, width and height."""
        left, top, right, bottom = self.box
        return left, top, right - left, bottom - top

    def document(self, size: tuple[int, int]) -> dict[str, Any]:
        """As it is exported: the box in shares (0 to 1) of the page's ``size``, width and height."""
        shares = [round(edge / size[at % 2], 4) for at, edge in enumerate(self.box)]
        return {"kind": str(self.kind), "caption": self.caption, "box": shares}


def beyond_text(text: str, regions: Iterable[Region], *, is_doubtful: bool) -> tuple[str, ...]:
    """Why the text of a page does not tell all that is on it, in words; () where it does. The one place that says
    which pages a model has to see."""
    kinds = {each.kind for each in regions}
    applies = {
        "formulas": RegionKind.FORMULA in kinds or FORMULA.search(text),
        "tables": RegionKind.TABLE in kinds or TABLE_ROW.search(text),
        "figures": RegionKind.FIGURE in kinds,
        "doubtful reading": is_doubtful,
    }
    return tuple(reason for reason, found in applies.items() if found)
