"""What the writer of a subtopic is given: its parts of the cut, their pages, and whether any of it changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from books.extraction import stages
from books.extraction.engine import Outline, PageText, SubtopicSource
from books.extraction.factory import recipe_of
from books.extraction.records import book_facts, outline_prints, whole_outline
from books.extraction.stage import OncePerJob
from books.extraction.stages import PlacedSubtopic
from books.models import Page, Subtopic


@dataclass(frozen=True, slots=True)
class CutBook:
    """The book's outline as the writer needs it; ``placed`` has its parts by their keys, in book order."""

    outline: Outline
    placed: Mapping[str, PlacedSubtopic]

    @classmethod
    def of(cls, outline: Outline) -> CutBook:
        return cls(outline, {each.key: each for each in stages.placed_subtopics(outline)})

    def has(self, row: Subtopic) -> bool:
        """False for one that a person made, or kept where the cut is another."""
        return all(key in self.placed for key in row.keys)

    def topic_of(self, row: Subtopic) -> str:
        """As the outline names it: a name that was refined since makes no other guideline."""
        return self.outline.topics[self.placed[row.key].topic].title


cut_book = OncePerJob(lambda job: CutBook.of(whole_outline(job.book_id)), lambda job: outline_prints(job.book_id))


def made_from(cut: CutBook, row: Subtopic, texts: Mapping[int, str]) -> dict[str, str]:
    """By the key of each part in ``row``, a fingerprint of what the engine is asked about it; see ``Subtopic``."""
    recipe = recipe_of("write")
    return {
        part.key: stages.fingerprint(
            recipe, part.key, cut.outline.topics[part.topic].title, [texts.get(page) for page in pages]
        )
        for part, pages in parts_of(cut, row)
    }


def texts_of(book_id: int) -> dict[int, str]:
    """Of all pages that were read."""
    pages = Page.objects.filter(book=book_id, reading__isnull=False)
    return dict(pages.values_list("number", "reading__text"))


def source_of(cut: CutBook, row: Subtopic, pages: Mapping[int, PageText]) -> SubtopicSource:
    """``pages`` has those of the row."""
    keys = list(cut.placed)
    at = keys.index(row.key)
    titles = [each.plan.title for each in cut.placed.values()]
    return SubtopicSource(
        book=book_facts(row.topic.book),
        topic=cut.topic_of(row),
        subtopic=cut.placed[row.key].plan.title,
        pages=_pages(cut, row, pages),
        earlier_subtopics=tuple(titles[:at]),
        later_subtopics=tuple(titles[at + 1 :]),
    )


def parts_of(cut: CutBook, row: Subtopic) -> Iterator[tuple[PlacedSubtopic, list[int]]]:
    """Each part of the cut that is in ``row``, with its pages; those that a person left to another count as read."""
    for key in row.keys:
        part = cut.placed[key]
        yield part, [page for page in stages.pages_in(part.plan) if row.is_decided or page in row.pages]


def _pages(cut: CutBook, row: Subtopic, texts: Mapping[int, PageText]) -> tuple[PageText, ...]:
    """Of each part from its heading to its end; a page that two parts share is one again."""
    trimmed: list[PageText] = []
    for part, numbers in parts_of(cut, row):
        pages = [texts[number] for number in sorted(numbers) if number in row.pages and number in texts]
        trimmed += stages.trimmed(pages, part.plan.start_line, part.end_line)
    trimmed.sort(key=lambda page: page.number)
    return tuple(_joined(list(same)) for _, same in groupby(trimmed, key=lambda page: page.number))


def _joined(pages: Sequence[PageText]) -> PageText:
    if len(pages) == 1:
        return pages[0]
    lines = tuple(line for page in pages for line in page.lines)
    return PageText(pages[0].number, "\n".join(page.text for page in pages), lines)
