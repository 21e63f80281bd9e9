"""Scans of chosen chapters of longer books, as text with type or without: chapters jump, titles run over two lines, a
chapter lists its sections before they begin and sums them up after, and exercises begin with numbers like sections'."""

from __future__ import annotations

import random
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

from books.structure.base import BookFacts, PageText
from tests.extraction.printing import TEXTS, printed_line

FACTS = BookFacts("A Book of Many Things")
LINES, WIDTH = 34, 72
PROSE = [
    row
    for name in ("biology", "history", "civics", "economics", "geography", "physics")
    for row in (TEXTS / f"{name}.txt").read_text().splitlines()
    if not row.startswith("#")
]
MATTER = (
    *("Rivers", "Kings", "Empires", "Trade", "Cells", "Energy", "Markets", "Laws"),
    *("Cities", "Motion", "Waves", "Light", "Roads", "Ships", "Courts", "Votes"),
)
TITLES = ("{} and {}", "{}, {}, and {}", "The {} of {} and the {} of {}", "How {} Changed {} and {} of {} in {}")


@dataclass
class Longer:
    """The truth beside the pages: by chapter its number, its title and the first pages and titles of its sections."""

    dice: random.Random
    pages: list[list[tuple[str, float]]] = field(default_factory=lambda: [[]])
    heads: list[str] = field(default_factory=list)
    chapters: list[tuple[str, str, list[tuple[int, str]]]] = field(default_factory=list)
    head: Callable[[int], str] = lambda number: ""

    def room(self, lines: int) -> None:
        if len(self.pages[-1]) + lines > LINES:
            self.turn()

    def turn(self) -> None:
        if self.pages[-1]:
            self.pages.append([])

    def line(self, text: str, size: float = 1.0) -> None:
        self.room(1)
        if not self.pages[-1]:
            self.heads[len(self.pages) - 1 :] = [self.head(len(self.pages) + 59)]
        self.pages[-1].append((text, size))

    def prose(self, lines: int) -> None:
        while lines > 0:
            rows = textwrap.wrap(self.dice.choice(PROSE), WIDTH)[:lines]
            for row in rows[:-1]:
                self.line(row)
            self.line(rows[-1][:60].rsplit(" ", 1)[0].rstrip(",;.") + ".")
            lines -= len(rows)

    def exercises(self, count: int) -> None:
        for number in range(1, count + 1):
            one, other = self.dice.sample(MATTER, 2)
            stray = " ".join(self.dice.choice(PROSE).split()[:6]).capitalize().strip(".")
            major, minor, left = (self.dice.randint(1, 9) for _ in range(3))
            self.line(
                self.dice.choice(
                    (
                        f"{number}. Explain how {one.lower()} and {other.lower()} differ.",
                        f"{number}. {left}x + {major}.{minor} = 17",
                        f"{major}.{minor} {stray}",
                    )
                )
            )

    def title(self, longest: int = 4) -> str:
        form = self.dice.choice(TITLES[:longest])
        return form.format(*self.dice.sample(MATTER, form.count("{}")))

    def begin(self, section: str) -> None:
        """Where a chapter's opening is, its first section begins."""
        _, _, sections = self.chapters[-1]
        sections.append((len(self.pages) if sections or not self.opened else self.opened, section))

    opened: int = 0

    def printed(self, *, has_type: bool) -> list[PageText]:
        return [self._page(number, rows, has_type=has_type) for number, rows in enumerate(self.pages, 1)]

    def _page(self, number: int, rows: list[tuple[str, float]], *, has_type: bool) -> PageText:
        head = [(self.heads[number - 1], 0.85, 0.05)] if self.heads[number - 1] else []
        placed = [*head, *((text, size, 0.12 + 0.022 * at) for at, (text, size) in enumerate(rows))]
        lines = tuple(printed_line(text, top, size) for text, size, top in placed)
        return PageText(number, "\n".join(text for text, _, _ in placed), lines if has_type else ())


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width)


def textbook(
    seed: int, numbers: tuple[int, ...], *, opener: str = "Chapter {}", word: str = "", is_whole: bool = True
) -> Longer:
    """Heads "60 3 • Rivers" and "3.1 • Kings 61"; without ``is_whole`` the chapters begin in their middle."""
    book = Longer(random.Random(seed))
    for number in numbers:
        title, sections = book.title(), [book.title() for _ in range(book.dice.randint(3, 5))]
        book.turn()
        book.chapters.append((str(number), title, []))
        book.opened = len(book.pages) if is_whole else 0
        book.head = lambda page: ""
        if is_whole:
            book.line(opener.format(number), 1.6)
            for row in _wrapped(title, 26):
                book.line(row, 2.4)
            book.line("Chapter Outline", 1.3)
            for at, section in enumerate(sections, 1):
                book.line(f"{number}.{at} {section}")
            book.prose(8)
        for at, section in enumerate(sections, 1 if is_whole else 2):
            name = f"{number}.{at}"
            book.head = _heads(f"{number} • {title}", f"{name} • {section}")
            book.room(6)
            book.begin(section)
            for row in _wrapped(f"{word}{name} {section}", 40):
                book.line(row, 1.6)
            book.line("Learning Objectives", 1.2)
            for _ in range(3):
                book.room(3)
                book.line(book.title(1), 1.25)
                book.prose(book.dice.randint(20, 45))
                book.line(f"EXAMPLE {number}.{book.dice.randint(1, 40)}", 1.1)
            book.line(f"Section {name} Exercises", 1.2)
            book.exercises(12)
        if is_whole:
            book.line("Key Concepts", 1.3)
            for at, section in enumerate(sections, 1):
                book.line(f"{number}.{at} {section}", 1.1)
                book.prose(3)
    return book


def _heads(left: str, right: str) -> Callable[[int], str]:
    return lambda page: f"{page} {left}" if page % 2 == 0 else f"{right} {page}"


def history(seed: int, numbers: tuple[int, ...]) -> Longer:
    """Sections without numbers that the heads of odd pages name, and smaller headings within them."""
    book = Longer(random.Random(seed))
    for number in numbers:
        title = book.title(3)
        book.turn()
        book.chapters.append((str(number), title, []))
        book.opened, book.head = len(book.pages), lambda page: ""
        book.line(f"Chapter {number}", 1.5)
        book.line(title, 2.2)
        book.prose(6)
        for _ in range(4):
            section = book.title(3)
            book.head = _heads(title, section)
            book.room(6)
            book.begin(section)
            book.line(section, 1.5)
            for _ in range(3):
                book.prose(book.dice.randint(25, 40))
                book.room(3)
                book.line(book.title(1), 1.15)
            book.prose(10)
    return book


BOOKS = {
    "chosen chapters": lambda seed: textbook(seed, (3, 8, 15, 21)),
    "large numbers": lambda seed: textbook(seed, (2, 3, 19), opener="{}"),
    "openings left out": lambda seed: textbook(seed, (8, 9, 14), is_whole=False),
    "capitals": lambda seed: textbook(seed, (4, 5, 11), opener="CHAPTER {}"),
    "lessons": lambda seed: textbook(seed, (3, 4, 7), opener="UNIT {}", word="Lesson "),
    "history": lambda seed: history(seed, (3, 8, 15)),
}
