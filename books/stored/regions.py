"""What stands on a page by its place: lines of text, and beside them formulas, tables and figures. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NotRequired, TypedDict

from books.sentences import gettext_noop
from books.stored.notation import FORMULA, TABLE_ROW
from books.stored.reader import FigureDocument


class StoredLine(TypedDict):
    """A line that was read: ``confidence`` in percent, ``box`` as of a Region, ``block`` its paragraph. Words by places
    of letters in ``text``: ``unsure`` are [start, end, confidence], ``words`` [start, end, left, right]."""

    text: str
    confidence: float
    box: list[int]
    block: int
    unsure: NotRequired[list[list[int]]]
    words: NotRequired[list[list[int]]]


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

    def document(self, page: int, size: tuple[int, int]) -> FigureDocument:
        """As it is exported from the scan ``page``, whose ``size`` is width and height."""
        shares = [round(edge / size[at % 2], 4) for at, edge in enumerate(self.box)]
        return {"page": page, "kind": str(self.kind), "caption": self.caption, "box": shares}


def beyond_text(text: str, regions: Iterable[Region], *, is_doubtful: bool) -> tuple[str, ...]:
    """Why the text of a page does not tell all that is on it, in words; () where it does. The one place that says
    which pages a model has to see."""
    kinds = {each.kind for each in regions}
    applies = {
        gettext_noop("formulas"): RegionKind.FORMULA in kinds or FORMULA.search(text),
        gettext_noop("tables"): RegionKind.TABLE in kinds or TABLE_ROW.search(text),
        gettext_noop("figures"): RegionKind.FIGURE in kinds,
        gettext_noop("doubtful reading"): is_doubtful,
    }
    return tuple(reason for reason, found in applies.items() if found)
