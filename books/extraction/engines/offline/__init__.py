"""The guideline engine that needs no network and no model: it cuts by structure, and quotes rather than invents."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from books.extraction.base import (
    NO_OUTLINE,
    Guideline,
    Likeness,
    NamedSubtopic,
    NamedTopic,
    SubtopicSource,
    TeachingOrder,
    TopicNames,
    Verdict,
)
from books.extraction.engines.offline.digest import digest
from books.extraction.engines.offline.quotes import write
from books.language import content_stems
from books.sentences import listed
from books.stored.guideline import Part
from books.stored.made_with import MadeWith
from books.structure.base import BookFacts, Digest, Outline, PageText, TocEntry
from books.structure.cut import cut
from books.structure.headings import is_boilerplate
from books.structure.numbering import is_capitals, parse_numbering

# So many titles are named; a longer list says how many it leaves out.
MOST_NAMED = 6
_SAME_TERMS = 0.6
_EDGES = re.compile(r"^[\W_]+(?<![¿¡(“\"])|(?:[.·…_]{2,}\s*\d{1,4})?[^\w)?!”\"]+$|[.·…_]{2,}\s*\d{1,4}$")
_SMALL_WORDS = re.compile(
    r"an?|and|as|at|but|by|for|from|in|into|nor|of|on|or|per|the|to|via|with|y|o|de|del|las?|el|los|en|una?|con|por|al|e"
)


def _unshouted(title: str) -> str:
    """Capitals as in a title; short words, unless first, stay small."""
    parts = []
    for at, word in enumerate(title.lower().split()):
        is_numeral = at > 0 and re.fullmatch(r"[ivx]{2,}", word)
        is_small = at > 0 and _SMALL_WORDS.fullmatch(word)
        parts.append(word.upper() if is_numeral else word if is_small else word[:1].upper() + word[1:])
    return " ".join(parts)


def _bare_title(title: str) -> str:
    """Without number, leaders and signs around it."""
    text = _EDGES.sub("", " ".join(title.split())).strip()
    parsed = parse_numbering(text)
    if parsed and parsed.title and (parsed.number[0].isdigit() or not text[0].isdigit()):
        text = _EDGES.sub("", parsed.title).strip()
    return _unshouted(text) if is_capitals(text) else text


def _says_nothing(title: str) -> bool:
    return is_boilerplate(title) or len(content_stems(title)) == 0


def _say_the_same(titles: Sequence[str]) -> bool:
    numbers = [re.findall(r"\d+|\b[IVX]+\b", title) for title in titles]
    if any(map(_says_nothing, titles)) or numbers[0] != numbers[1]:
        return False
    one, other = (set(content_stems(title)) for title in titles)
    return one == other


def _cosine(one: dict[str, int], other: dict[str, int]) -> float:
    shared = sum(count * other.get(term, 0) for term, count in one.items())
    size = math.sqrt(sum(c * c for c in one.values())) * math.sqrt(sum(c * c for c in other.values()))
    return shared / size if size else 0.0


def _named(titles: Sequence[str]) -> str:
    named = [f"“{title}”" for title in titles]
    if len(named) > MOST_NAMED:
        named = [*named[: MOST_NAMED - 2], f"{len(named) - MOST_NAMED + 1} more", named[-1]]
    return listed(named) or "nothing"


def _title(subtopic: NamedSubtopic, everyone: Sequence[NamedSubtopic]) -> str:
    """Where two still collide the first pages tell them apart."""
    title = _bare_title(subtopic.title) or subtopic.title.strip() or f"Page {min(subtopic.pages, default=1)}"
    topic = _bare_title(subtopic.topic)
    if topic and topic.lower() != title.lower() and _says_nothing(title):
        title = f"{title}: {topic}"
    rest = [other for other in everyone if other.key != subtopic.key]
    taken = {name.lower() for other in rest for name in (_bare_title(other.title), other.title.strip())}
    if title.lower() in taken and topic and topic.lower() not in title.lower():
        title = f"{title} ({topic})"
    bare = _bare_title(subtopic.title).lower()
    is_twin = any(other.topic == subtopic.topic and _bare_title(other.title).lower() == bare for other in rest)
    return f"{title}, from page {min(subtopic.pages, default=1)}" if is_twin or title.lower() in taken else title


def _topic_title(printed: str, others: Sequence[str]) -> str:
    """Where two would collide the title stays as printed."""
    title = _bare_title(printed)
    is_clear = title and title.lower() not in {_bare_title(other).lower() for other in others}
    return title if is_clear and not _says_nothing(title) else printed.strip() or "Untitled"


class OfflineEngine:
    """``GuidelineEngine`` by rules and counts; the same input gives the same output, always."""

    name = "offline"
    version = "2"
    # A digest is small, and nothing is asked of anybody: the whole of the largest book at once.
    window_pages = 500
    reads_layout = True

    def made_with(self, *asked: str) -> MadeWith:
        return MadeWith(self.name, self.version)

    def digest(self, book: BookFacts, page: PageText, before: str, after: str) -> Digest:
        return digest(page, before, after)

    def outline(
        self,
        book: BookFacts,
        window: Sequence[Digest],
        so_far: Outline,
        toc: Sequence[TocEntry],
        previous: Outline = NO_OUTLINE,
    ) -> Outline:
        """Of all the pages at once."""
        return cut(book, window, toc)

    def write(self, source: SubtopicSource) -> Guideline:
        return write(source)

    def verify(self, source: SubtopicSource, statements: Sequence[tuple[Part, str]]) -> Sequence[Verdict]:
        """Nobody asks it: it quotes, and has no second opinion."""
        return [Verdict("yes", None, "", "") for _ in statements]

    def reword(self, source: SubtopicSource, copied: Sequence[str]) -> Sequence[str]:
        """As they are: it has no words but the book's."""
        return copied

    def refine_names(self, book: BookFacts, topic: NamedTopic, others: Sequence[NamedTopic]) -> TopicNames:
        """The summary is the titles of its subtopics."""
        everyone = [each for one in (topic, *others) for each in one.subtopics]
        title = _topic_title(topic.title, [other.title for other in others])
        parts = list(dict.fromkeys(_bare_title(each.title) for each in topic.subtopics))
        summary = f"“{title}” has these parts in the book: {_named(parts)}."
        return TopicNames(title, {each.key: _title(each, everyone) for each in topic.subtopics}, summary)

    def are_same(self, book: BookFacts, pairs: Sequence[tuple[NamedSubtopic, NamedSubtopic]]) -> Sequence[Likeness]:
        return [self._likeness(one, other) for one, other in pairs]

    def _likeness(self, one: NamedSubtopic, other: NamedSubtopic) -> Likeness:
        """Same only where the titles say the same in other words and the pages use the same vocabulary: merging two
        that differ loses more than keeping two that agree. Titles such as "Review" never decide."""
        shared = _cosine(one.terms, other.terms)
        if not _say_the_same([_bare_title(subtopic.title) for subtopic in (one, other)]):
            return Likeness(is_same=False, reason="Their titles differ.", confidence=1.0)
        if shared < _SAME_TERMS:
            return Likeness(
                is_same=False, reason="Their titles agree, their vocabulary does not.", confidence=1 - shared
            )
        reason = f"Their titles say the same, and their pages use {shared:.0%} the same vocabulary."
        return Likeness(is_same=True, reason=reason, confidence=min(shared, 1.0))

    def order_subtopics(self, book: BookFacts, topic: str, subtopics: Sequence[NamedSubtopic]) -> TeachingOrder:
        titles = [each.title for each in subtopics]
        return TeachingOrder(tuple(each.key for each in subtopics), f"In the book's order: {_named(titles)}.")

    def order_topics(self, book: BookFacts, topics: Sequence[NamedTopic]) -> TeachingOrder:
        return TeachingOrder(tuple(topic.key for topic in topics))
