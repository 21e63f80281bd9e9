"""The places where a topic or a subtopic may begin, gathered from digests and freed of repeats and stray numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from books.language import words
from books.structure.base import BookFacts, Digest, Outline
from books.structure.front_matter import is_matter_title
from books.structure.headings import Kind, joined_title, kind_of, parse_numbering, same_title

_COUNTED = (
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    ("uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"),
)
_NUMBER_WORDS = {word: value for counted in _COUNTED for value, word in enumerate(counted, 1)}
_SECTION_HEAD = re.compile(r"^(?:\d{1,4}\s+)?(\d{1,2}\.\d{1,2})\b[\s|•·+*«»-]*([^\W\d].{3,}?)(?:\s+\d{1,4})?$")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class Mark:
    """A heading where something may begin. ``start_line`` is its first printed line as it stands on the page.

    ``shares_page``: something else stands above it on its page.
    """

    page: int
    line: int
    kind: Kind
    title: str
    number: str = ""
    start_line: str = ""
    shares_page: bool = False
    size: float = 1.0

    @property
    def order(self) -> tuple[int, ...]:
        """The printed number as integers, () where there is none."""
        return number_order(self.number)


def number_order(number: str) -> tuple[int, ...]:
    """``"3.2"`` as (3, 2), ``"IV"`` as (4,), ``"two"`` as (2,); () for anything else."""
    text = number.lower().strip(" .")
    if text in _NUMBER_WORDS:
        return (_NUMBER_WORDS[text],)
    if re.fullmatch(r"\d+(?:\.\d+)*", text):
        return tuple(int(part) for part in text.split("."))
    if re.fullmatch(r"[ivxlc]+", text):
        values = [_ROMAN_VALUES[c] for c in text]
        return (sum(-v if v < max(values[i:]) else v for i, v in enumerate(values)),)
    return ()


def page_marks(digest: Digest) -> list[Mark]:
    """The headings of one page as marks, those of several lines joined."""
    marks: list[Mark] = []
    at, below = 0, -1
    is_leading = not digest.continues_previous
    while at < len(digest.headings):
        heading = digest.headings[at]
        is_leading = is_leading and (below < 0 or heading.line == below + 1)
        title, used = joined_title(digest.headings, at)
        parsed = kind_of(heading)
        marks.append(
            Mark(
                page=digest.page,
                line=heading.line,
                kind=parsed.kind,
                title=title,
                number=parsed.number,
                start_line=heading.text,
                shares_page=not is_leading,
                size=heading.size,
            )
        )
        below = digest.headings[at + used - 1].line
        at += used
    return marks


def _plain(text: str) -> str:
    return " ".join(words(text))


def _labels(marks: Sequence[Mark], book: BookFacts) -> set[str]:
    """Unnumbered headings that recur, so that they name a kind of box and not a subject, and the book's own title."""
    pages = Counter(title for title, _ in {(_plain(mark.title), mark.page) for mark in marks if not mark.number})
    return {title for title, count in pages.items() if count >= 3} | {_plain(book.title)}


def unique_marks(digests: Sequence[Digest], book: BookFacts, so_far: Outline) -> list[Mark]:
    """All marks of a window without running heads, recurring labels and numbers out of sequence."""
    marks = [mark for digest in digests for mark in page_marks(digest) if not is_matter_title(mark.title)]
    labels = _labels(marks, book)
    seen_titles = {_plain(t.title) for t in so_far.topics} | {
        _plain(s.title) for t in so_far.topics for s in t.subtopics
    }
    seen_numbers = {(kind, order) for kind, order in _numbers_in(so_far)}
    kept: list[Mark] = []
    for mark in marks:
        title = _plain(mark.title)
        if mark.kind in (Kind.LARGE, Kind.MIDDLE, Kind.SMALL):
            first_of_label = title in labels and title != _plain(book.title) and title not in seen_titles
            opens = first_of_label and mark.line <= 1 and mark.kind is not Kind.SMALL
            if (title in labels and not opens) or title in seen_titles or not title:
                continue
        elif mark.kind is not Kind.LESSON:
            if (mark.kind, mark.order) in seen_numbers:
                continue
            seen_numbers.add((mark.kind, mark.order))
        elif kept and any(m.order == mark.order and same_title(m.title, mark.title) for m in kept[-8:]):
            continue
        seen_titles.add(title)
        kept.append(mark)
    kept = _with_lost_sections(kept, digests, so_far)
    for kind in (Kind.DECIMAL, Kind.CHAPTER, Kind.UNIT, Kind.ROMAN, Kind.BARE):
        kept = _in_sequence(kept, kind, _last_order(so_far, kind))
    return kept


def _with_lost_sections(marks: list[Mark], digests: Sequence[Digest], so_far: Outline) -> list[Mark]:
    """``marks`` and, for a numbered section whose heading OCR lost, the first page whose running head names it."""
    known = {mark.order for mark in marks} | {order for _, order in _numbers_in(so_far)}
    titles = [mark.title for mark in marks if mark.number] + [s.title for t in so_far.topics for s in t.subtopics]
    lost: list[Mark] = []
    for digest in digests:
        named = _SECTION_HEAD.match(digest.running_head)
        if not named or number_order(named[1]) in known or any(same_title(named[2], title) for title in titles):
            continue
        known.add(number_order(named[1]))
        lost.append(Mark(digest.page, -1, Kind.DECIMAL, named[2], named[1], "", shares_page=digest.continues_previous))
    return sorted([*marks, *lost], key=lambda mark: (mark.page, mark.line))


def _numbers_in(outline: Outline) -> list[tuple[Kind, tuple[int, ...]]]:
    lines = [s.start_line for t in outline.topics for s in t.subtopics]
    lines += [f"{s.number} {s.title}" for t in outline.topics for s in t.subtopics if s.number]
    parsed = [parse_numbering(line) for line in lines if line]
    found = [(p.kind, number_order(p.number)) for p in parsed if p]
    topics = [number_order(topic.number) for topic in outline.topics if topic.number]
    return found + [(kind, order) for order in topics for kind in topic_kinds(outline)]


def topic_kinds(outline: Outline) -> set[Kind]:
    """The kinds of heading that began topics so far, read from the first line of their first subtopic."""
    firsts = [parse_numbering(topic.subtopics[0].start_line) for topic in outline.topics if topic.subtopics]
    coarse = {parsed.kind for parsed in firsts if parsed and parsed.kind < Kind.LESSON}
    return coarse or ({Kind.CHAPTER} if any(topic.number for topic in outline.topics) else set())


def subtopic_kinds(outline: Outline) -> set[Kind]:
    """The kinds of heading that began subtopics so far. A topic's first may begin with the topic's own heading."""
    subtopics = [(at, subtopic) for topic in outline.topics for at, subtopic in enumerate(topic.subtopics)]
    later = [parse_numbering(subtopic.start_line) for at, subtopic in subtopics if at and subtopic.number]
    decimal = {Kind.DECIMAL for _, subtopic in subtopics if "." in subtopic.number}
    return decimal | {parsed.kind for parsed in later if parsed}


def _last_order(outline: Outline, kind: Kind) -> tuple[int, ...]:
    orders = [order for found, order in _numbers_in(outline) if found is kind and order]
    return max(orders, default=())


def _may_follow(earlier: tuple[int, ...], later: tuple[int, ...]) -> bool:
    if not earlier or not later:
        return True
    if len(later) == 1 or len(earlier) == 1:
        return 0 < later[0] - earlier[0] <= 4
    if later[0] == earlier[0]:
        return 0 < later[1] - earlier[1] <= 4
    return 0 < later[0] - earlier[0] <= 3 and later[1] <= 2


def _in_sequence(marks: list[Mark], kind: Kind, last: tuple[int, ...]) -> list[Mark]:
    """``marks`` without those of ``kind`` that the longest run of rising numbers leaves out."""
    numbered = [mark for mark in marks if mark.kind is kind and mark.order]
    chain = _longest_chain(numbered, last)
    free = _longest_chain(numbered, ())
    kept = {id(mark) for mark in (free if len(free) >= len(chain) + 3 else chain)}
    return [mark for mark in marks if mark.kind is not kind or not mark.order or id(mark) in kept]


def _longest_chain(marks: Sequence[Mark], last: tuple[int, ...]) -> list[Mark]:
    best: list[tuple[int, int]] = []  # length of the best chain that ends here, and the index before it
    for at, mark in enumerate(marks):
        starts = 1 if _may_follow(last, mark.order) else -len(marks)
        options = [(best[i][0] + 1, i) for i in range(max(0, at - 40), at) if _may_follow(marks[i].order, mark.order)]
        best.append(max([(starts, -1), *options], key=lambda option: (option[0], option[1])))
    chain: list[Mark] = []
    at = max(range(len(best)), key=lambda i: best[i][0], default=-1)
    while at >= 0 and best[at][0] > 0:
        chain.append(marks[at])
        at = best[at][1]
    return chain[::-1]
