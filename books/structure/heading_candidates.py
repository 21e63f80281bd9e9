"""Where a topic or a subtopic may begin, and of those with a number the ones that follow one another. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from books.language import words
from books.structure.base import BookFacts, Digest
from books.structure.front_matter import is_matter_title
from books.structure.headings import joined_title, kind_of, same_title
from books.structure.numbering import (
    PLAIN,
    Kind,
    is_title_case,
    number_order,
    parse_numbering,
    parted_from_page,
)

Order = tuple[int, ...]
# What closer headings of two sections are: a list of the sections, or their summaries.
_LINES_OF_A_SECTION = 10
# The head over a section's first whole page bears out its heading.
_HEADED_WITHIN = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """A heading where something may begin. ``start_line`` is its first printed line as it stands on the page, ``end``
    the index of its last one. ``shares_page``: something else stands above it on its page."""

    page: int
    line: int
    kind: Kind
    title: str
    number: str = ""
    start_line: str = ""
    shares_page: bool = False
    size: float = 1.0
    end: int = 0

    @property
    def order(self) -> Order:
        """The printed number as integers, () where there is none."""
        return number_order(self.number)


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
        below = digest.headings[at + used - 1].line
        marks.append(
            Mark(
                digest.page, heading.line, parsed.kind, title, parsed.number, heading.text, not is_leading,
                heading.size, below,
            )
        )  # fmt: skip
        at += used
    return marks


def _next(order: Order) -> Order:
    return (*order[:-1], order[-1] + 1)


def plain(text: str) -> str:
    return " ".join(words(text))


def _say_the_same(title: str, other: str) -> bool:
    """Whether ``other`` is ``title``, which may be cut at its line's end."""
    own = words(title)
    return bool(own) and (same_title(title, other) or (len(own) > 2 and words(other)[: len(own)] == own))


class RunningHeads:
    """What the heads of the pages say: numbers with titles, and titles alone."""

    def __init__(self, digests: Sequence[Digest]) -> None:
        self.numbered: dict[Order, list[tuple[int, str]]] = defaultdict(list)
        self.bare: dict[int, str] = {}
        for digest in digests:
            said, _ = parted_from_page(digest.running_head)
            parsed = parse_numbering(said)
            if parsed and parsed.order and len(parsed.order) < 3:
                self.numbered[parsed.order].append((digest.page, parsed.title.strip(" |•·+*«»-")))
            elif said:
                self.bare[digest.page] = said

    def bear_out(self, mark: Mark) -> bool:
        """Whether a head on the mark's page or soon after says its title."""
        near = range(mark.page, mark.page + _HEADED_WITHIN)
        said = [title for page, title in self.numbered.get(mark.order, ()) if page in near]
        said += [self.bare[page] for page in near if page in self.bare]
        return any(_say_the_same(mark.title, title) for title in said)

    def whole(self, mark: Mark) -> Mark:
        """With the title that heads near it go on with, where it is cut at its line's end."""
        own = plain(mark.title)
        said = [self.bare[page] for page in range(mark.page, mark.page + _HEADED_WITHIN) if page in self.bare]
        longer = [title for title in said if own.count(" ") and plain(title).startswith(f"{own} ")]
        return replace(mark, title=longer[0]) if longer else mark

    def around_others(self, headed: Sequence[Mark]) -> list[Mark]:
        """Those that heads still say after another of ``headed`` began within: a chapter around its sections."""
        said = [[page for page, title in self.bare.items() if _say_the_same(mark.title, title)] for mark in headed]
        return [
            mark
            for at, mark in enumerate(headed)
            if any(other.page < max(said[at], default=0) for other in headed[at + 1 :])
        ]

    def marks(self, digests: Sequence[Digest]) -> Iterator[Mark]:
        """For each number the first page whose head names it: the place of a section whose heading was lost."""
        pages = {digest.page: digest for digest in digests}
        for order, [(page, title), *_] in self.numbered.items():
            if len(order) > 1:
                number = ".".join(map(str, order))
                yield Mark(page, -1, Kind.DECIMAL, title, number, "", shares_page=pages[page].continues_previous)


def marks_of(digests: Sequence[Digest], book: BookFacts) -> list[Mark]:
    """All headings but titles of front and back matter, unnumbered ones that recur (so that they name a kind of box and
    not a subject), and the book's own title."""
    marks = [mark for digest in digests for mark in page_marks(digest) if not is_matter_title(mark.title)]
    listed = _in_lists([mark for mark in marks if mark.kind is Kind.LESSON])
    marks = [mark for mark in marks if id(mark) not in listed]
    pages = Counter(title for title, _ in {(plain(mark.title), mark.page) for mark in marks if not mark.number})
    labels = {title for title, count in pages.items() if count >= 3}
    kept: list[Mark] = []
    seen = {plain(book.title), ""}
    for mark in marks:
        title = plain(mark.title)
        opens = mark.line <= 1 and mark.kind is not Kind.SMALL
        if mark.kind in PLAIN and (title in seen or (title in labels and not opens)):
            continue
        if mark.kind is Kind.LESSON and any(_is_again(mark, other) for other in kept[-8:]):
            continue
        seen.add(title)
        kept.append(mark)
    return kept


def _in_lists(marks: Sequence[Mark]) -> set[int]:
    """Those that stand line under line, as in a list of what follows."""
    return {
        id(each)
        for one, other in pairwise(marks)
        if one.page == other.page and other.line == one.end + 1 and other.order == _next(one.order)
        for each in (one, other)
    }


def _is_again(mark: Mark, other: Mark) -> bool:
    return mark.order == other.order and same_title(mark.title, other.title)


@dataclass(frozen=True, slots=True)
class Chain:
    """Marks whose numbers rise, and how well they are borne out together."""

    marks: tuple[Mark, ...] = ()
    weight: float = 0.0


class Numbers:
    """Chooses among marks with numbers: the same number may stand over its section, in a list at the chapter's head and
    over a summary, and a line of text may begin with any number. The rising choice that is borne out best wins; numbers
    may jump, at a price."""

    def __init__(self, marks: Sequence[Mark], heads: RunningHeads) -> None:
        self.heads = heads
        self._titles: dict[Order, list[str]] = defaultdict(list)
        for mark in marks:
            self._titles[mark.order].append(mark.title)
        self._listed = _in_lists([mark for mark in marks if mark.kind is Kind.DECIMAL])

    def weight(self, mark: Mark) -> float:
        is_raised = is_title_case(mark.title) or mark.title == mark.title.upper()
        looks = mark.size >= 1.15 or is_raised or mark.kind < Kind.ROMAN
        said = self._titles[mark.order]
        twin = sum(_say_the_same(mark.title, title) for title in said) > 1
        weight = 0.4 + 0.4 * looks + 0.2 * (mark.size >= 1.3) + 0.6 * self.heads.bear_out(mark) + 0.4 * twin
        return weight - 0.5 * (mark.line < 0) - 1.2 * (id(mark) in self._listed)

    def chain(self, marks: Iterable[Mark]) -> Chain:
        numbered = sorted((mark for mark in marks if mark.order), key=lambda mark: (mark.page, mark.line))
        best: list[tuple[float, int]] = []
        for at, mark in enumerate(numbered):
            weight = self.weight(mark) - 1e-5 * at
            options = [
                (best[i][0] + weight - cost, i)
                for i in range(max(0, at - 300), at)
                if (cost := _step(numbered[i], mark)) is not None
            ]
            best.append(max([(weight - 0.1 * (len(mark.order) > 1) * min(mark.order[-1] - 1, 4), -1), *options]))
        at = max(range(len(best)), key=lambda i: best[i][0], default=-1)
        weight, chosen = best[at][0] if best else 0.0, []
        while at >= 0:
            chosen.append(numbered[at])
            at = best[at][1]
        return Chain(tuple(chosen[::-1]), weight)


def _step(one: Mark, other: Mark) -> float | None:
    """The price of one number after another, None where they do not rise."""
    earlier, later = one.order, other.order
    if later <= earlier:
        return None
    is_close = one.page == other.page and other.line - one.end < _LINES_OF_A_SECTION
    crowded = 0.5 * (one.kind is other.kind and is_close)
    if len(later) == 1:
        dear = 0.2 if other.kind in (Kind.BARE, Kind.ROMAN) else 0.02
        return crowded + min(dear * (later[0] - earlier[0] - 1), 0.8)
    if later[0] == earlier[0]:
        return crowded + min(0.2 * (later[1] - (earlier[1] if len(earlier) > 1 else 0) - 1), 0.9)
    return crowded + 0.2 + min(0.2 * (later[1] - 1), 0.7)


def told_by_others(mark: Mark, titles: Iterable[str]) -> str:
    """The title of ``mark`` as most say it who say the same: one may be cut at its line's end."""
    own = plain(mark.title)
    is_joined = mark.end > mark.line
    alike = [
        title
        for title in titles
        if title
        and (
            same_title(title, mark.title)
            or plain(title).startswith(own)
            or (is_joined and own.startswith(plain(title)))
        )
    ]
    counts = Counter(alike)
    return max(counts, key=lambda title: (counts[title], len(title)), default=mark.title)


def with_titles_whole(marks: Sequence[Mark], every: Sequence[Mark], heads: RunningHeads) -> list[Mark]:
    titles: dict[Order, list[str]] = defaultdict(list)
    for mark in every:
        titles[mark.order].append(mark.title)
    for order, said in heads.numbered.items():
        titles[order] += [title for _, title in said]
    return [replace(mark, title=told_by_others(mark, titles[mark.order])) if mark.order else mark for mark in marks]
