"""Which part of a new cut is which of the cut before: a small correction makes no other book of it. Pure.

A subtopic is itself by its number and pages first, by its title last.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from books.extraction.engines.forms import OutlineForm, SectionForm
from books.structure.base import Digest, Outline, SubtopicPlan, TopicPlan

# Of the pages that either has, those that both have, where neither number nor title is the same.
LEAST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Of a part of the book; ``pages`` are named in any way that both cuts share."""

    number: str
    pages: Set[Hashable]
    title: str


def earlier_selves(new: Sequence[Place], old: Sequence[Place]) -> dict[int, int]:
    """By the place of each in ``new`` that was there before the place in ``old`` of what it was; each is one once."""
    likely = []
    for at, one in enumerate(new):
        for was, other in enumerate(old):
            shared = len(one.pages & other.pages)
            share = shared / len(one.pages | other.pages) if shared else 0.0
            has_number = bool(_bare(one.number)) and _bare(one.number) == _bare(other.number)
            has_title = _bare(one.title) == _bare(other.title)
            if shared and (has_number or has_title or share > LEAST_SHARE):
                likely.append(((has_number, share, has_title), at, was))
    found: dict[int, int] = {}
    for _, at, was in sorted(likely, key=lambda each: each[0], reverse=True):
        if at not in found and was not in found.values():
            found[at] = was
    return found


def in_known_words(answer: OutlineForm, previous: Outline, window: Sequence[Digest]) -> OutlineForm:
    """``answer`` with the titles and numbers that its sections and their chapters had before, but where the pages print
    another title now."""
    old = [(topic, plan) for topic in previous.topics for plan in topic.subtopics]
    pages = [digest.page for digest in window]
    found = earlier_selves(
        [_place_in(section, pages) for section in answer.sections],
        [Place(plan.number, {*range(plan.first_page, plan.last_page + 1)}, plan.title) for _, plan in old],
    )
    known = {at: old[was] for at, was in found.items()}
    printed = [head for digest in window for head in _heads(digest)]
    chapters = _chapters(answer.sections, known)
    sections = []
    for at, section in enumerate(answer.sections):
        words: dict[str, str] = {}
        if at in known:
            plan = known[at][1]
            words = {"title": _title(plan, section.title, printed), "number": section.number or plan.number}
        if topic := chapters.get(_bare(section.chapter)):
            words |= {"chapter": _title(topic, section.chapter, printed)}
            words |= {"chapter_number": section.chapter_number or topic.number}
        sections.append(section.model_copy(update=words))
    return answer.model_copy(update={"sections": sections})


def _bare(text: str) -> str:
    """Its words and numbers."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _place_in(section: SectionForm, pages: Iterable[int]) -> Place:
    own = {page for page in pages if section.first_page <= page <= section.last_page}
    return Place(section.number, own, section.title)


def _heads(digest: Digest) -> list[str]:
    """Without their numbers."""
    found = [_bare(heading.text).removeprefix(_bare(heading.number)).strip() for heading in digest.headings]
    return [*found, _bare(digest.running_head)]


def _title(known: SubtopicPlan | TopicPlan, given: str, printed: Sequence[str]) -> str:
    """The given one where it is a heading, or in one, and the known one is less."""
    as_heading, as_known = (
        max((_bare(title) in head) + (_bare(title) == head) for head in printed) for title in (given, known.title)
    )
    return given if as_heading > as_known else known.title


def _chapters(
    sections: Sequence[SectionForm], known: Mapping[int, tuple[TopicPlan, SubtopicPlan]]
) -> dict[str, TopicPlan]:
    """By the title of each chapter the topic that it was, which is that of most of its sections."""
    votes: Counter[tuple[str, TopicPlan]] = Counter()
    for at, (topic, _) in known.items():
        numbers = {_bare(topic.number), _bare(sections[at].chapter_number), ""}
        votes[_bare(sections[at].chapter), topic] += len(numbers) < 3
    found: dict[str, TopicPlan] = {}
    for (chapter, topic), count in votes.most_common():
        if count and chapter not in found and topic not in found.values():
            found[chapter] = topic
    return found
