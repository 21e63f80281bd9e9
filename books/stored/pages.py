"""Pages are named by their id wherever something refers to them; numbers are for people, models and readers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from books.keys import fingerprint

# Of ``Page.pk``, as text.
PageId = str
MOST_PAGES = 500


class PageNumbers:
    """The scan numbers from 1 of pages by their ids. A page that was removed has none, and is left out of numbers."""

    def __init__(self, by_id: Mapping[PageId, int], printed: Mapping[PageId, int] | None = None) -> None:
        """``printed`` are the numbers that the pages bear in print, where one was seen."""
        self._by_id, self._printed = by_id, printed or {}

    @cached_property
    def _by_number(self) -> dict[int, PageId]:
        return {number: page for page, number in self._by_id.items()}

    @cached_property
    def mark(self) -> str:
        """Another once pages moved, came or went: numbers that a person saw mean others then."""
        return fingerprint(sorted(self._by_id.items()))[:16]

    def all(self) -> set[int]:
        return set(self._by_number)

    def has(self, page: PageId) -> bool:
        return page in self._by_id

    def numbers(self, pages: Iterable[PageId]) -> list[int]:
        """Each once, in order."""
        return sorted({self._by_id[page] for page in pages if page in self._by_id})

    def printed(self, pages: Iterable[PageId]) -> list[int | None]:
        """The printed numbers of the same pages as ``numbers``, in the same order."""
        present = sorted({page for page in pages if page in self._by_id}, key=self._by_id.__getitem__)
        return [self._printed.get(page) for page in present]

    def ids(self, numbers: Iterable[int]) -> tuple[PageId, ...]:
        """In the order of the book; numbers that it does not have are left out."""
        return tuple(self._by_number[number] for number in sorted(set(numbers)) if number in self._by_number)

    def in_order(self, pages: Iterable[PageId]) -> tuple[PageId, ...]:
        """Each once, as they stand in the book; removed ones, which may come back, behind the others."""
        last = len(self._by_id) + 1
        return tuple(sorted(dict.fromkeys(pages), key=lambda page: self._by_id.get(page, last)))

    def first(self, pages: Iterable[PageId]) -> int:
        """0 where none is left."""
        return min(self.numbers(pages), default=0)

    def last(self, pages: Iterable[PageId]) -> int:
        return max(self.numbers(pages), default=0)


def ranges(pages: Iterable[int]) -> str:
    """[3, 4, 5, 8] as "3-5, 8"."""
    runs: list[list[int]] = []
    for page in sorted(set(pages)):
        if runs and runs[-1][-1] == page - 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def span(pages: Iterable[int]) -> str:
    """From the first to the last, as "p. 3-8"; "no pages left" without any."""
    found = sorted(pages)
    if not found:
        return "no pages left"
    return f"p. {found[0]}" if found[0] == found[-1] else f"p. {found[0]}–{found[-1]}"


def numbers_in(text: str) -> list[int]:
    """ "3-5, 8" as [3, 4, 5, 8]. Raises ValueError for anything else, and beyond the pages a book may have."""
    pages: set[int] = set()
    for part in filter(None, (each.strip() for each in text.replace("–", "-").split(","))):
        first, _, last = (each.strip() for each in part.partition("-"))
        if not first.isdecimal() or not (last or first).isdecimal() or int(last or first) > MOST_PAGES:
            raise ValueError(f"“{part[:40]}” is no page number from 1 to {MOST_PAGES} and no range such as 3-5")
        pages.update(range(int(first), int(last or first) + 1))
    return sorted(pages)


@dataclass(frozen=True, slots=True)
class Turned:
    """What a page was before it was turned, and ``to`` which rotation it was."""

    rotation: int | None
    ocr_status: str
    reading_id: int | None
    review: str
    reviewed_by_id: int | None
    reviewed_at: datetime | None
    to: int
