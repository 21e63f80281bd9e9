"""Cuts a book into topics and subtopics from the digests of its pages: by its contents, else by numbered headings, else
by how headings look, else by vocabulary. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median

from books.structure.base import Basis, BookFacts, Digest, Outline, SubtopicPlan, TocEntry, TopicPlan
from books.structure.chapters import match_lines
from books.structure.cohesion import boundaries
from books.structure.front_matter import back_matter, content_words, front_pages, is_front_matter
from books.structure.heading_candidates import (
    Mark,
    Numbers,
    RunningHeads,
    marks_of,
    plain,
    with_titles_whole,
)
from books.structure.headings import SMALL_TYPE, same_title
from books.structure.hierarchy import FURTHEST, PAGES_A_CHAPTER, SIZE_STEP, Hierarchy, hierarchy
from books.structure.numbering import PLAIN, Kind, number_order, parse_numbering

_NUMBERED = (Kind.PART, Kind.UNIT, Kind.CHAPTER, Kind.LESSON, Kind.DECIMAL)
_FIRST_WORDS = 8
# A number borne out so much less than the others is one in a line of text.
_LEAST_SHARE = 0.4
_TOPS = (Kind.CHAPTER, Kind.UNIT, Kind.ROMAN, Kind.BARE)


@dataclass(frozen=True, slots=True)
class Start:
    """A mark that begins a topic or a subtopic."""

    mark: Mark
    is_topic: bool


def cut(book: BookFacts, digests: Sequence[Digest], toc: Sequence[TocEntry] = ()) -> Outline:
    """Every page lands in a subtopic or in ``front_matter``; ``toc`` was confirmed by a person, or else is read from
    the pages themselves."""
    heads = RunningHeads(digests)
    marks = [heads.whole(mark) for mark in marks_of(digests, book)]
    numbers = Numbers(marks, heads)
    chain = _best_chain(marks, numbers, digests)
    back = back_matter(digests, {mark.page for mark in (*chain, *marks) if mark.kind in _NUMBERED})
    taught = [digest for digest in digests if digest.page not in back]
    marks = [mark for mark in marks if mark.page not in back]
    basis: Basis = "toc"
    starts = _by_contents(taught, toc or [entry for digest in digests for entry in digest.toc], marks)
    if not starts:
        basis = "headings"
        sections = [mark for mark in chain if mark.page not in back]
        is_numbered = _is_borne_out(sections, numbers)
        starts = _by_numbers(sections, marks, heads) if is_numbered else _by_look(taught, marks, numbers)
    if not starts:
        starts, basis = _by_vocabulary(taught, marks), "cohesion"
    front, starts = _with_opening(taught, starts)
    topics = _named(_topics(book, taught, starts, {*front, *back}), heads)
    plans = [each for topic in topics for each in topic.subtopics]
    covered = {page for each in plans for page in range(each.first_page, each.last_page + 1)}
    matter = tuple(digest.page for digest in digests if digest.page not in covered)
    return Outline(topics, matter, basis if topics else "")


def is_clean(outline: Outline) -> bool:
    """Whether contents or numbered headings decide the cut: in each topic the sections' numbers follow one another."""
    if outline.basis == "toc":
        return True
    orders = [[number_order(each.number) for each in topic.subtopics] for topic in outline.topics]
    return (
        outline.basis == "headings"
        and sum(map(len, orders)) > 1
        and all(len(order) == 2 for topic in orders for order in topic)
        and all(later == (one[0], one[1] + 1) for topic in orders for one, later in pairwise(topic))
    )


def _best_chain(marks: Sequence[Mark], numbers: Numbers, digests: Sequence[Digest]) -> tuple[Mark, ...]:
    """Chapters and their numbered sections; the kind of heading that numbers the chapters is the one that fits best."""
    lost = list(numbers.heads.marks(digests))
    sections = _of_one_form([mark for mark in marks if mark.kind is Kind.DECIMAL], numbers)
    by_kind = [[*lost, *sections, *(mark for mark in marks if mark.kind is kind)] for kind in _TOPS]
    best = max(by_kind, key=lambda each: numbers.chain(each).weight)
    weights = [numbers.weight(mark) for mark in numbers.chain(best).marks if len(mark.order) > 1]
    least = _LEAST_SHARE * median(weights) if weights else 0.0
    return numbers.chain(mark for mark in best if len(mark.order) == 1 or numbers.weight(mark) >= least).marks


def _of_one_form(sections: Sequence[Mark], numbers: Numbers) -> Sequence[Mark]:
    """Where most numbers stand behind a word ("Lesson 3.2"), one that stands alone numbers a task."""
    named = [mark for mark in sections if mark.start_line[:2].isalpha() and " " in mark.start_line]
    return named if 2 * len(numbers.chain(named).marks) > len(numbers.chain(sections).marks) else sections


def _is_borne_out(chain: Sequence[Mark], numbers: Numbers) -> bool:
    """Whether the numbers of sections are more than lines of text that begin with some number."""
    sections = [mark for mark in chain if len(mark.order) > 1]
    sure = [mark for mark in sections if numbers.weight(mark) >= 0.7]
    follow = sum(later.order == (*one.order[:-1], one.order[-1] + 1) for one, later in pairwise(sections))
    chapters = {mark.order for mark in chain} | numbers.heads.numbered.keys()
    return len(sure) >= 2 or follow >= 2 or any(mark.order[:1] in chapters for mark in sure)


def _by_numbers(chain: Sequence[Mark], marks: Sequence[Mark], heads: RunningHeads) -> list[Start]:
    """The chain's marks, and before a chapter's first section the large title that stands for an unnumbered chapter."""
    starts = [Start(mark, is_topic=len(mark.order) == 1) for mark in with_titles_whole(chain, marks, heads)]
    if any(start.is_topic for start in starts):
        return starts
    large = [mark for mark in marks if mark.kind is Kind.LARGE]
    for before, following in pairwise([None, *chain]):
        since = _place(before) if before else (0, 0)
        above = [mark for mark in large if following and since < _place(mark) < _place(following)]
        if above and following and (before is None or before.order[:1] != following.order[:1]):
            starts.append(Start(above[-1], is_topic=True))
    return sorted(starts, key=lambda start: _place(start.mark))


def _place(mark: Mark) -> tuple[int, int]:
    return mark.page, mark.line


def _by_look(digests: Sequence[Digest], marks: Sequence[Mark], numbers: Numbers) -> list[Start]:
    """By the styles of the headings, or the headings that running heads repeat."""
    rising = {id(mark) for kind in _TOPS for mark in _rising(kind, marks, numbers)}
    numbered = {*_TOPS, Kind.DECIMAL}
    marks = [mark for mark in marks if mark.kind not in numbered or not mark.order or id(mark) in rising]
    order = hierarchy(marks, len(digests))
    headed = [mark for mark in marks if mark.kind in PLAIN and numbers.heads.bear_out(mark)]
    chapters: Sequence[Mark] = [mark for mark in marks if order.topic and order.topic.fits(mark)]
    size = 0.0
    if not chapters and (chapters := _chapters(marks, headed, numbers.heads, len(digests))):
        inner = hierarchy([mark for mark in marks if mark not in chapters], len(digests))
        order = Hierarchy(None, inner.topic or inner.subtopic)
    elif chapters and len(headed) > max(len(chapters), len(digests) / FURTHEST):
        order = Hierarchy(order.topic, None)
        size = median(mark.size for mark in headed if mark not in chapters)
    starts = [
        Start(mark, is_topic=mark in chapters)
        for mark in marks
        if mark in chapters
        or (order.subtopic and order.subtopic.fits(mark))
        or (size and (mark in headed or _looks_like(mark, size)))
    ]
    if chapters and len(starts) == len(chapters):
        # Sections look like what is within them: their vocabulary tells them apart.
        rest = [mark for mark in marks if mark.kind in PLAIN and mark not in chapters]
        starts += [start for start in _by_vocabulary(digests, rest) if start.mark in rest]
    return sorted(starts, key=lambda start: _place(start.mark))


def _rising(kind: Kind, marks: Sequence[Mark], numbers: Numbers) -> Sequence[Mark]:
    """The marks of a kind whose numbers rise, through the book or anew in each chapter."""
    through = numbers.chain(mark for mark in marks if mark.kind is kind).marks
    chapters = [list(each) for is_coarser, each in groupby(marks, lambda mark: mark.kind < kind) if not is_coarser]
    anew = [mark for each in chapters for mark in numbers.chain(one for one in each if one.kind is kind).marks]
    return anew if len(anew) >= 1.5 * len(through) else through


def _chapters(marks: Sequence[Mark], headed: Sequence[Mark], heads: RunningHeads, pages: int) -> Sequence[Mark]:
    """Where no style tells chapters from sections: those that heads name around others or far apart, or that open a
    page with another heading right below."""
    far_apart = headed if len(headed) > 1 and pages >= 0.8 * PAGES_A_CHAPTER * len(headed) else []
    opening = [
        one
        for one, other in pairwise(marks)
        if {one.kind, other.kind} <= PLAIN and not one.shares_page and _place(other) == (one.page, one.end + 1)
    ]
    return heads.around_others(headed) or far_apart or (opening if len(opening) > 1 else [])


def _looks_like(mark: Mark, size: float) -> bool:
    """Whether its larger type is of that size."""
    return mark.kind in PLAIN and size >= SMALL_TYPE and abs(mark.size - size) < SIZE_STEP


def _by_contents(digests: Sequence[Digest], toc: Sequence[TocEntry], marks: Sequence[Mark]) -> list[Start]:
    """Starts where the contents' entries lie; where they name no subtopics at all, topics are cut by headings."""
    matched = match_lines(toc, digests) if toc and digests else []
    starts = [
        Start(replace(each.mark, title=each.entry.title, number=each.entry.number), is_topic=each.role == "topic")
        for each in matched
        if each.mark and each.role in ("topic", "subtopic")
    ]
    if not starts or any(each.role == "subtopic" for each in matched):
        return starts
    topic_pages = {start.mark.page for start in starts}
    inner = [mark for mark in marks if mark.page not in topic_pages and mark.page > min(topic_pages)]
    order = hierarchy(inner, len(digests))
    finer = order.subtopic or order.topic
    starts += [Start(mark, is_topic=False) for mark in inner if finer and finer.fits(mark)]
    return sorted(starts, key=lambda start: _place(start.mark))


def _by_vocabulary(digests: Sequence[Digest], marks: Sequence[Mark]) -> list[Start]:
    """Starts where the vocabulary changes, at a heading of their page, or called by the words that they begin with."""
    front = next((i for i, digest in enumerate(digests) if not is_front_matter(digest)), len(digests))
    taught = [digest for digest in digests[front:] if not digest.toc]
    if not any(content_words(digest) for digest in taught):
        return []
    return [_heading_or_words(taught[at], marks) for at in (0, *boundaries(taught))]


def _heading_or_words(digest: Digest, marks: Sequence[Mark]) -> Start:
    headings = [mark for mark in marks if mark.page == digest.page and mark.kind in PLAIN]
    return Start(headings[0], is_topic=False) if headings else _first_words(digest)


def _first_words(digest: Digest) -> Start:
    said = " ".join(digest.summary[:1]).split()
    title = " ".join(said[:_FIRST_WORDS]) + ("…" if len(said) > _FIRST_WORDS else "")
    return Start(Mark(digest.page, -1, Kind.SMALL, title or f"From page {digest.page}"), is_topic=False)


def _with_opening(digests: Sequence[Digest], starts: list[Start]) -> tuple[list[int], list[Start]]:
    """The front matter among the pages before the first start, and a start more for what is left of them."""
    first = starts[0].mark if starts else None
    before = [digest for digest in digests if first is None or digest.page < first.page]
    is_first_chapter = first is not None and first.order[:1] == (1,) and first.kind is not Kind.SMALL
    front = front_pages(before, before_chapter_one=is_first_chapter)
    left = [digest for digest in before if digest.page not in front]
    if not any(content_words(digest) for digest in left):
        return [digest.page for digest in before], starts
    return front, [_first_words(left[0]), *starts]


def _topics(book: BookFacts, digests: Sequence[Digest], starts: Sequence[Start], matter: Set[int]) -> list[TopicPlan]:
    """Topics of the starts, each subtopic to the next start; what a chapter opens with is its first subtopic's. A
    section with the number of another chapter begins that one, whose own heading was lost."""
    titles: list[tuple[str, str]] = []
    opened: list[list[tuple[Mark, SubtopicPlan]]] = []
    opening: Mark | None = None
    for start in [*starts, None]:
        mark = start.mark if start else None
        if opening and (start is None or start.is_topic):
            opened[-1].append((opening, _plan(replace(opening, number="", title=titles[-1][0]), opening)))
        if mark is None:
            break
        if start and start.is_topic:
            titles.append((mark.title or mark.start_line, mark.number))
            opened.append([])
            opening = mark
            continue
        major = str(mark.order[0]) if len(mark.order) > 1 else ""
        last = opened[-1][-1][1].number.partition(".")[0] if opened and opened[-1] else ""
        if not opened or (opening is None and major and "." in opened[-1][-1][1].number and major != last):
            titles.append((f"Chapter {major}" if major else book.title, major))
            opened.append([])
        if not opened[-1] and major and not titles[-1][1]:
            titles[-1] = titles[-1][0], major
        opened[-1].append((opening or mark, _plan(mark, opening or mark)))
        opening = None
    return _spanned(titles, opened, digests, matter)


def _plan(mark: Mark, begins: Mark) -> SubtopicPlan:
    return SubtopicPlan(mark.title or mark.start_line, begins.page, begins.page, mark.number, begins.start_line)


def _spanned(
    titles: Sequence[tuple[str, str]],
    opened: Sequence[Sequence[tuple[Mark, SubtopicPlan]]],
    digests: Sequence[Digest],
    matter: Set[int],
) -> list[TopicPlan]:
    """Each subtopic with its last page: where the next one begins, or the one before that; matter is in none."""
    end = Mark(digests[-1].page + 1 if digests else 1, 0, Kind.SMALL, "")
    lasts = []
    for mark, following in pairwise([*(mark for each in opened for mark, _ in each), end]):
        last = following.page - (not following.shares_page or following.page - 1 in matter)
        while last in matter and last > mark.page:
            last -= 1
        lasts.append(max(last, mark.page))
    last_of = iter(lasts)
    topics = []
    for (title, number), each in zip(titles, opened, strict=True):
        plans = tuple(replace(plan, last_page=next(last_of)) for _, plan in each)
        topics.append(TopicPlan(title, plans[0].first_page, plans[-1].last_page, plans, number))
    return topics


def _named(topics: Sequence[TopicPlan], heads: RunningHeads) -> tuple[TopicPlan, ...]:
    """A running head that prints a chapter's title names it better than its number alone, or half of a title."""
    within = [{heads.bare.get(page) for page in range(each.first_page + 1, each.last_page)} for each in topics]
    shared = {title for title, count in Counter(title for each in within for title in each).items() if count > 1}
    return tuple(replace(topic, title=_title(topic, heads, shared)) for topic in topics)


def _title(topic: TopicPlan, heads: RunningHeads, shared: Set[str | None]) -> str:
    """``shared``: what heads say within several topics, such as the book's title."""
    sections = [each.title for each in topic.subtopics if each.title != topic.title]
    numbered = [title for _, title in heads.numbered.get(number_order(topic.number), ()) if title]
    bare = [heads.bare[page] for page in range(topic.first_page, topic.last_page + 1) if page in heads.bare]
    is_nameless = bool(parse_numbering(topic.title)) or not topic.title
    said = [
        title
        for title in numbered or bare
        if title not in shared
        and not any(same_title(title, section) for section in sections)
        and (is_nameless or plain(title).startswith(f"{plain(topic.title)} "))
    ]
    return Counter(said).most_common(1)[0][0] if said else topic.title
