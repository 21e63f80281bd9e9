"""Prints short schoolbooks, written for these tests, in the styles of real ones: pages with lines, sizes and truth."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from books.extraction.engines.offline import OfflineEngine
from books.structure.base import BookFacts, Digest, Outline, PageText, TextLine, TocEntry
from books.structure.cut import cut

TEXTS = Path(__file__).parent / "texts"
LINES_A_PAGE, LINE_WIDTH = 9, 48
ENGINE = OfflineEngine()
ROMAN = ("", "I", "II", "III", "IV", "V")


@dataclass(frozen=True)
class Style:
    """How headings look. ``topic`` and ``section`` give the printed lines from numbers and title, () for none."""

    topic: Callable[[int, str], tuple[str, ...]]
    section: Callable[[int, int, int, str], tuple[str, ...]]
    topic_size: float = 2.0
    section_size: float = 1.4
    sections_on_new_pages: bool = False


BARE = Style(lambda t, title: (), lambda t, s, n, title: ())
STYLES = {
    "history": Style(lambda t, title: (f"Unit {t}", title), lambda t, s, n, title: (f"Lesson {s}: {title}",)),
    "biology": Style(lambda t, title: (title,), lambda t, s, n, title: (title,)),
    "geography": Style(lambda t, title: (f"{ROMAN[t]}. {title}",), lambda t, s, n, title: (title,)),
    "economics": Style(lambda t, title: (), lambda t, s, n, title: (title.upper(),), section_size=1.0),
    "ciencias": Style(lambda t, title: (f"Capítulo {t}", title), lambda t, s, n, title: (f"{t}.{s} {title}",)),
}

WORDS = ("", "ONE", "TWO", "THREE")
# Written after the engine was finished, in heading styles it was not made with: nothing may be tuned on these.
HELD_OUT = {
    "physics": Style(lambda t, title: (f"CHAPTER {WORDS[t]}", title.upper()), lambda t, s, n, title: (title,)),
    "civics": Style(lambda t, title: (f"Part {t}: {title}",), lambda t, s, n, title: (f"{n}. {title}",)),
    "cooking": Style(
        lambda t, title: (title,), lambda t, s, n, title: (f"Unit {n} – {title}",), sections_on_new_pages=True
    ),
    "musik": Style(lambda t, title: (f"Kapitel {t}", title), lambda t, s, n, title: (f"{t}.{s} {title}",)),
}


@dataclass
class Printed:
    """A printed book and its truth: first pages of its sections, and its contents with printed page numbers."""

    facts: BookFacts
    pages: list[PageText] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    toc: list[TocEntry] = field(default_factory=list)


def chapters(name: str) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """Topics with their sections with their paragraphs."""
    found: list[tuple[str, list[tuple[str, list[str]]]]] = []
    for row in (TEXTS / f"{name}.txt").read_text().splitlines():
        if row.startswith("# "):
            found.append((row[2:], []))
        elif row.startswith("## "):
            found[-1][1].append((row[3:], []))
        else:
            found[-1][1][-1][1].append(row)
    return found


class Press:
    """Fills pages line by line."""

    def __init__(self, head: str, *, has_type: bool, front: list[list[str]]) -> None:
        self.head, self.has_type = head, has_type
        self.pages: list[list[tuple[str, float]]] = [[(row, 1.0) for row in page] for page in front]
        self.front = len(front)

    def new_page(self) -> None:
        self.pages.append([])

    def room(self, lines: int) -> None:
        if len(self.pages) == self.front or len(self.pages[-1]) + lines > LINES_A_PAGE:
            self.new_page()

    def line(self, text: str, size: float = 1.0) -> None:
        self.room(1)
        self.pages[-1].append((text, size))

    def printed(self) -> list[PageText]:
        return [self._page(number, rows) for number, rows in enumerate(self.pages, 1)]

    def _page(self, number: int, rows: list[tuple[str, float]]) -> PageText:
        lines = [printed_line(text, 0.12 + 0.06 * at, size) for at, (text, size) in enumerate(rows)]
        if number > self.front:
            if self.head:
                lines.insert(0, printed_line(self.head, 0.05, 0.8))
            lines.append(printed_line(str(number - self.front), 0.96, 0.9))
        text = "\n".join(line.text for line in lines)
        return PageText(number, text, tuple(lines) if self.has_type else ())


def printed_line(text: str, top: float, size: float) -> TextLine:
    tall = any(c.isupper() or c.isdigit() or c in "bdfhklt" for c in text)
    height = 0.02 * size * (0.5 + 0.22 * tall + 0.21 * any(c in "gjpqy,;()" for c in text))
    return TextLine(text, top, 0.1, height, min(0.85, 0.0125 * size * len(text)))


def printed_book(
    name: str, style: Style | None = None, *, has_type: bool = True, has_head: bool = True, has_contents: bool = False
) -> Printed:
    """The book ``name`` in its own style or in ``style``; ``has_contents`` adds title page, contents and index."""
    style = style or {**STYLES, **HELD_OUT}[name]
    book = Printed(BookFacts(f"A First Book of {name.title()}"))
    head = book.facts.title if has_head else ""
    press = _set(book, name, style, Press(head, has_type=has_type, front=[]))
    if has_contents:
        contents = ["Contents"] + [
            f"{' '.join(filter(None, (entry.number, entry.title)))} {'.' * 12} {entry.page}" for entry in book.toc
        ]
        front = [[book.facts.title, "An Author"], contents]
        book.starts, book.toc = [], []
        press = _set(book, name, style, Press(head, has_type=has_type, front=front))
        press.new_page()
        for row in ("Index", "canal, 1, 3", "clay, 4", "grain, 2, 5", "law, 6", "road, 9, 10"):
            press.line(row, 1.5 if row == "Index" else 1.0)
    book.pages = press.printed()
    return book


def _set(book: Printed, name: str, style: Style, press: Press) -> Press:
    count = 0
    for topic_number, (topic, sections) in enumerate(chapters(name), 1):
        for number, (title, paragraphs) in enumerate(sections, 1):
            count += 1
            topic_lines = style.topic(topic_number, topic) if number == 1 else ()
            section_lines = style.section(topic_number, number, count, title)
            if topic_lines or (style.sections_on_new_pages and press.pages[press.front :]):
                press.new_page()
            press.room(3)
            printed_page = len(press.pages) - press.front
            if number == 1:
                book.toc.append(TocEntry(topic, 1, str(topic_number), printed_page))
            book.toc.append(TocEntry(title, 2, f"{topic_number}.{number}", printed_page))
            book.starts.append(len(press.pages))
            for text in topic_lines:
                press.line(text, style.topic_size)
            for text in section_lines:
                press.line(text, style.section_size)
            for row in (row for paragraph in paragraphs for row in textwrap.wrap(paragraph, LINE_WIDTH)):
                press.line(row)
    return press


def digests(pages: list[PageText], facts: BookFacts) -> list[Digest]:
    """As the digest stage makes them, with three lines of each neighbour."""
    rows = [page.text.splitlines() for page in pages]
    return [
        ENGINE.digest(
            facts,
            page,
            "\n".join(rows[at - 1][-3:]) if at else "",
            "\n".join(rows[at + 1][:3]) if at + 1 < len(rows) else "",
        )
        for at, page in enumerate(pages)
    ]


def outlined(pages: list[PageText], facts: BookFacts, *, toc: tuple[TocEntry, ...] = ()) -> Outline:
    return cut(facts, digests(pages, facts), toc)


def section_starts(outline: Outline) -> list[int]:
    return [subtopic.first_page for topic in outline.topics for subtopic in topic.subtopics]


def without_type(pages: list[PageText]) -> list[PageText]:
    return [replace(page, lines=()) for page in pages]
