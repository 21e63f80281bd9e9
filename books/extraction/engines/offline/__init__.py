"""The guideline engine that needs no network and no model: headings, vocabulary and salient words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from books.extraction.base import Guideline, Likeness, NamedSubtopic, NamedTopic, SubtopicSource, TeachingOrder
from books.extraction.engines.offline.digest import digest
from books.extraction.engines.offline.write import write
from books.language import content_stems, listed, surface_forms
from books.stored.made_with import MadeWith
from books.structure.base import BookFacts, Digest, Outline, PageText, TocEntry
from books.structure.cut import cut
from books.structure.headings import is_boilerplate
from books.structure.numbering import is_capitals, parse_numbering

# So many titles are named; a longer storyline says how many lie between.
MOST_NAMED = 6
HONEST = "(In the book's order; put together from the titles.)"


def as_in_the_book(parts: Sequence[NamedSubtopic | NamedTopic]) -> TeachingOrder:
    """See ``GuidelineEngine.order_subtopics``."""
    return TeachingOrder(tuple(part.key for part in parts), f"{_way([part.title for part in parts])} {HONEST}")


def _way(titles: Sequence[str]) -> str:
    named = [f"“{title}”" for title in titles]
    if len(named) < 2:
        return f"Is all about {named[0]}." if named else "There is nothing in it."
    first, *between, last = named
    if len(named) > MOST_NAMED:
        kept = between[: MOST_NAMED - 2]
        between = [*kept, f"{len(between) - len(kept)} more"]
    goes_on = f", goes on to {listed(between)}" if between else ""
    return f"Begins with {first}{goes_on}, and ends with {last}."


_BARE = re.compile(
    r"^(?:introduction|overview|review|exercises?|summary|practice|conclusion|getting started|"
    r"chapter (?:review|summary)|"
    r"problems|questions|key (?:terms|ideas)|activities|test|introducci[oó]n|repaso|ejercicios|resumen|actividades)$",
    re.IGNORECASE,
)
_TRAILING = re.compile(r"[\s.·…_|•*~^=<>\\/«»:;,–—-]*(?:[.·…_]{2,}\s*\d{1,4})?[\s.·…_|•*~^=<>\\/«»:;,–—-]*$")
_LEADING = re.compile(r"^[\s.·…_|•*~^=<>\\/«»:;,–—-]+")
_SMALL_WORDS = re.compile(
    r"an?|and|as|at|but|by|for|from|in|into|nor|of|on|or|per|the|to|via|with|y|o|de|del|las?|el|los|en|una?|con|por|al|e"
)
_SAME_TERMS = 0.6


def _unshouted(title: str) -> str:
    """Capitals as in a sentence's title; short words and, unless first, articles stay small."""
    raised = []
    for at, word in enumerate(title.lower().split()):
        is_numeral = bool(re.fullmatch(r"[ivx]{2,}", word)) and at > 0
        raised.append(
            word.upper() if is_numeral else word if at and _SMALL_WORDS.fullmatch(word) else word[:1].upper() + word[1:]
        )
    return " ".join(raised)


def _bare_title(title: str) -> str:
    text = _LEADING.sub("", _TRAILING.sub("", " ".join(title.split())))
    parsed = parse_numbering(text)
    if parsed and parsed.title and (parsed.number[0].isdigit() or not text[0].isdigit()):
        text = _LEADING.sub("", parsed.title)
    return _unshouted(text) if is_capitals(text) else text


def refine_name(subtopic: NamedSubtopic, others: Sequence[NamedSubtopic]) -> str:
    """See ``GuidelineEngine.refine_name``. Where two still collide the first pages tell them apart."""
    title = _bare_title(subtopic.title) or subtopic.title.strip() or f"Page {min(subtopic.pages, default=1)}"
    topic = _bare_title(subtopic.topic)
    if topic and topic.lower() != title.lower() and (_BARE.match(title) or is_boilerplate(title)):
        title = f"{title}: {topic}"
    taken = {_bare_title(other.title).lower() for other in others if other.key != subtopic.key}
    taken |= {other.title.strip().lower() for other in others if other.key != subtopic.key}
    if title.lower() in taken and topic and topic.lower() not in title.lower():
        title = f"{title} ({topic})"
    if title.lower() in taken or _repeats(subtopic, others, title):
        title = f"{title}, from page {min(subtopic.pages, default=1)}"
    return title


def _repeats(subtopic: NamedSubtopic, others: Sequence[NamedSubtopic], title: str) -> bool:
    """Whether another subtopic of the same topic would get the same refined title."""
    twins = [other for other in others if other.key != subtopic.key and other.topic == subtopic.topic]
    bare = _bare_title(subtopic.title).lower()
    return any(_bare_title(other.title).lower() == bare for other in twins) and "from page" not in title


def _cosine(one: dict[str, int], other: dict[str, int]) -> float:
    shared = sum(count * other.get(term, 0) for term, count in one.items())
    size = math.sqrt(sum(c * c for c in one.values())) * math.sqrt(sum(c * c for c in other.values()))
    return shared / size if size else 0.0


def refine_topic_name(topic: NamedTopic, others: Sequence[str]) -> str:
    """See ``GuidelineEngine.refine_topic_name``. Where two would collide the title stays as printed."""
    title = _bare_title(topic.title)
    taken = {_bare_title(other).lower() for other in others}
    is_clear = title and title.lower() not in taken and not _BARE.match(title)
    return title if is_clear else topic.title.strip() or "Untitled"


def are_same(one: NamedSubtopic, other: NamedSubtopic) -> Likeness:
    """See ``GuidelineEngine.are_same``.

    Same only where the titles say the same in other words and the pages use the same vocabulary: merging two that
    differ loses more than keeping two that agree. Bare titles such as "Review" never decide.
    """
    titles = [_bare_title(subtopic.title) for subtopic in (one, other)]
    shared = _cosine(one.terms, other.terms)
    if not _say_the_same(titles):
        return Likeness(is_same=False, reason="Their titles differ.", confidence=1.0)
    if shared < _SAME_TERMS:
        return Likeness(is_same=False, reason="Their titles agree, their vocabulary does not.", confidence=1 - shared)
    reason = f"Their titles say the same, and their pages use {shared:.0%} the same vocabulary."
    return Likeness(is_same=True, reason=reason, confidence=min(shared, 1.0))


def _say_the_same(titles: Sequence[str]) -> bool:
    numbers = [re.findall(r"\d+|\b[IVX]+\b", title) for title in titles]
    if any(_BARE.match(title) or is_boilerplate(title) for title in titles) or numbers[0] != numbers[1]:
        return False
    stems = [set(content_stems(title)) for title in titles]
    alike = stems[0] == stems[1] or (not stems[0] ^ stems[1] and fuzz.ratio(*titles) >= 95)
    return bool(alike and stems[0])


def summarise(topic: str, subtopics: Sequence[NamedSubtopic]) -> str:
    """See ``GuidelineEngine.summarise``: 20 to 40 words from the subtopics' titles and their commonest terms.

    They name no page: pages move.
    """
    titles = list(dict.fromkeys(_shortened(_bare_title(subtopic.title)) for subtopic in subtopics))
    terms = _common_terms(subtopics, " ".join([topic, *titles]))
    name = _shortened(_bare_title(topic) or "This topic")
    for shown in range(len(titles), -1, -1):
        for count in range(min(6, len(terms)), -1, -1):
            text = _topic_sentence(name, titles, shown, terms[:count])
            if 20 <= len(text.split()) <= 40:
                return text
    size = f"{len(subtopics)} subtopic{'' if len(subtopics) == 1 else 's'}"
    return (
        f"“{name}” has {size}; this sentence was put together automatically from headings and frequent words, "
        "not written by a person."
    )


def _shortened(title: str) -> str:
    return " ".join(title.split()[:9])


def _topic_sentence(name: str, titles: list[str], shown: int, terms: list[str]) -> str:
    rest = len(titles) - shown
    listed_titles = [*titles[:shown], *([f"{rest} more"] if rest and shown else [])]
    covers = f" covers {listed(listed_titles)}" if shown else f" has {len(titles)} subtopics"
    about = f", with recurring terms such as {listed(terms)}" if terms else ""
    return f"“{name}”{covers}{about} (collected automatically from headings and frequent words)."


def _common_terms(subtopics: Sequence[NamedSubtopic], known: str) -> list[str]:
    """Frequent words of the subtopics that their titles do not name, in the form in which the summaries write them."""
    forms = surface_forms(subtopic.summary for subtopic in subtopics)
    counts: dict[str, int] = {}
    for subtopic in subtopics:
        for term, count in subtopic.terms.items():
            counts[term] = counts.get(term, 0) + count
    skipped = set(content_stems(known)) | set(
        content_stems("automatic extract mainly practice task tasks pages readable")
    )
    ranked = sorted(forms.keys() & counts.keys() - skipped, key=lambda term: (-counts[term], term))
    return [forms[term] for term in ranked]


class OfflineEngine:
    """``GuidelineEngine`` by rules and counts; the same input gives the same output, always."""

    name = "offline"
    version = "1"
    # A digest is small, and nothing is asked of anybody: the whole of the largest book at once.
    window_pages = 500
    reads_layout = True

    def made_with(self, stage: str) -> MadeWith:
        return MadeWith(self.name, self.version)

    def digest(self, book: BookFacts, page: PageText, before: str, after: str) -> Digest:
        return digest(page, before, after)

    def outline(self, book: BookFacts, window: Sequence[Digest], so_far: Outline, toc: Sequence[TocEntry]) -> Outline:
        """Of all the pages at once."""
        return cut(book, window, toc)

    def write(self, source: SubtopicSource) -> Guideline:
        return write(source)

    def reword(self, source: SubtopicSource, copied: Sequence[str]) -> Sequence[str]:
        """As they are: it has no other words, and what it writes copies nothing."""
        return copied

    def summarise(self, book: BookFacts, topic: str, subtopics: Sequence[NamedSubtopic]) -> str:
        return summarise(topic, subtopics)

    def refine_name(self, book: BookFacts, subtopic: NamedSubtopic, others: Sequence[NamedSubtopic]) -> str:
        return refine_name(subtopic, others)

    def refine_topic_name(self, book: BookFacts, topic: NamedTopic, others: Sequence[str]) -> str:
        return refine_topic_name(topic, others)

    def are_same(self, book: BookFacts, one: NamedSubtopic, other: NamedSubtopic) -> Likeness:
        return are_same(one, other)

    def order_subtopics(self, book: BookFacts, topic: str, subtopics: Sequence[NamedSubtopic]) -> TeachingOrder:
        return as_in_the_book(subtopics)

    def order_topics(self, book: BookFacts, topics: Sequence[NamedTopic]) -> TeachingOrder:
        return as_in_the_book(topics)
