"""GuidelineEngine over a language model: builds each stage's request and turns the answer into the stages' data."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Protocol, TypeVar

from books.extraction.base import (
    NO_OUTLINE,
    PROMPTS,
    Guideline,
    Likeness,
    NamedSubtopic,
    NamedTopic,
    Statement,
    SubtopicSource,
    TeachingOrder,
    TopicNames,
    Verdict,
)
from books.extraction.engines import forms
from books.extraction.engines.sections import extended
from books.extraction.identity import in_known_words
from books.language import term_counts
from books.providers.prompts import Prompt, prompt_in
from books.providers.request import Answer, Choice, ModelRequest
from books.stored.guideline import Evidence, Part
from books.stored.made_with import MadeWith
from books.structure.base import BookFacts, Digest, Heading, Outline, PageText, TocEntry


def prompt(stage: str) -> Prompt:
    """As ``prompt_in``."""
    return prompt_in(PROMPTS, stage)


FormOfStage = TypeVar("FormOfStage", bound=forms.Form)
# Of the outline so far a window sees its end: enough to go on, and the prompt stays the same size for any book.
CARRIED_SUBTOPICS = 5
NEIGHBOUR_TITLES = 8


# A statement that the model passed over was looked at by nobody.
UNJUDGED = Verdict("partly", None, "", "")
UNLIKE = Likeness(is_same=False, reason="", confidence=0.0)


class Ask(Protocol):
    def __call__(self, request: ModelRequest[Answer]) -> Answer: ...


class OpenAIEngine:
    """``choice`` gives what a stage asks; ``ask`` forms a request, or raises a
    ``books.errors.ProviderError``."""

    name = "openai"
    window_pages = 40
    reads_layout = False

    def __init__(self, ask: Ask, choice: Callable[[str], Choice]) -> None:
        self._ask_model = ask
        self._choice = choice

    def made_with(self, *asked: str) -> MadeWith:
        choice = self._choice(asked[0])
        return MadeWith(
            engine=self.name,
            model=choice.model,
            prompt=".".join(prompt(each).version for each in asked),
            schema=".".join(forms.FORMS[each].version for each in asked),
            temperature=choice.temperature,
        )

    def digest(self, book: BookFacts, page: PageText, before: str, after: str) -> Digest:
        if not page.text.strip():
            return Digest(page.number, is_blank=True)
        material = {"before": before, "page": page.text, "after": after}
        form = self._ask("digest", book, material, forms.DigestForm, pages=[page])
        return Digest(
            page=page.number,
            summary=tuple(form.summary),
            headings=tuple(Heading(each.text, each.level, each.number) for each in form.headings),
            terms=term_counts(page.text),
            exercises=form.exercises,
            continues_previous=form.continues_previous,
            running_head=form.running_head,
            printed_number=form.printed_number,
            toc=tuple(TocEntry(each.title, each.level, each.number, each.page) for each in form.contents),
            captions=page.captions,
        )

    def outline(
        self,
        book: BookFacts,
        window: Sequence[Digest],
        so_far: Outline,
        toc: Sequence[TocEntry],
        previous: Outline = NO_OUTLINE,
    ) -> Outline:
        material = ({"chapter": toc[0].title} if toc else {}) | _cut_of(so_far, window)
        form = self._ask("outline", book, material, forms.OutlineForm, previous=_sections_in(previous, window))
        form = in_known_words(form, previous, window)
        if toc:
            bound = {"chapter": toc[0].title, "chapter_number": toc[0].number}
            form = form.model_copy(update={"sections": [each.model_copy(update=bound) for each in form.sections]})
        outline = extended(so_far, form, window)
        return replace(outline, basis="toc") if toc else outline

    def write(self, source: SubtopicSource) -> Guideline:
        material = {
            "topic": source.topic,
            "subtopic": source.subtopic,
            "earlier_subtopics": source.earlier_subtopics[-NEIGHBOUR_TITLES:],
            "later_subtopics": source.later_subtopics[:NEIGHBOUR_TITLES],
            "pages": [_page(page) for page in source.pages],
        }
        pages = frozenset(page.number for page in source.pages)
        form = self._ask(
            "write",
            source.book,
            material,
            forms.GuidelineForm,
            pages=source.pages,
            about=pages,
            previous=_said_in(source.previous),
        )
        parts = {part: tuple(_statement(each, pages) for each in getattr(form, part)) for part in Part}
        return Guideline.of(parts, form.summary)

    def verify(self, source: SubtopicSource, statements: Sequence[tuple[Part, str]]) -> Sequence[Verdict]:
        """The pages and the statements alone: nothing of what the writer was told, or said of itself."""
        material = {
            "later_subtopics": source.later_subtopics[:NEIGHBOUR_TITLES],
            "pages": [_page(page) for page in source.pages],
            "statements": [
                {"number": at, "part": part, "text": text} for at, (part, text) in enumerate(statements, start=1)
            ],
        }
        given = self._ask("verify", source.book, material, forms.VerifyForm, pages=source.pages).verdicts
        by_number = {each.number: Verdict(each.verdict, each.page, each.quote, each.correction) for each in given}
        return [by_number.get(at, UNJUDGED) for at in range(1, len(statements) + 1)]

    def reword(self, source: SubtopicSource, copied: Sequence[str]) -> Sequence[str]:
        material = {"subtopic": source.subtopic, "sentences": list(copied)}
        return self._ask("reword", source.book, material, forms.RewordForm).sentences

    def refine_names(self, book: BookFacts, topic: NamedTopic, others: Sequence[NamedTopic]) -> TopicNames:
        """A subtopic that the answer leaves out keeps its title."""
        parts = [{"number": at} | _titled(each) for at, each in enumerate(topic.subtopics, start=1)]
        material = {"topic": topic.title, "subtopics": parts, "other_topics": [other.title for other in others]}
        form = self._ask("names", book, material, forms.NamesForm)
        given = {each.number: each.title for each in form.subtopics}
        titles = {each.key: given.get(at, each.title) for at, each in enumerate(topic.subtopics, start=1)}
        return TopicNames(form.title, titles, form.summary)

    def are_same(self, book: BookFacts, pairs: Sequence[tuple[NamedSubtopic, NamedSubtopic]]) -> Sequence[Likeness]:
        """A pair that the answer leaves out is not the same."""
        material = [
            {"number": at, "one": _named(one), "other": _named(other)} for at, (one, other) in enumerate(pairs, start=1)
        ]
        given = self._ask("same", book, {"pairs": material}, forms.SameForm).pairs
        by_number = {each.number: Likeness(each.same, each.reason.strip(), each.confidence) for each in given}
        return [by_number.get(at, UNLIKE) for at in range(1, len(pairs) + 1)]

    def order_subtopics(self, book: BookFacts, topic: str, subtopics: Sequence[NamedSubtopic]) -> TeachingOrder:
        return self._ordered(book, {"topic": topic}, [_titled(each) for each in subtopics], subtopics)

    def order_topics(self, book: BookFacts, topics: Sequence[NamedTopic]) -> TeachingOrder:
        inside = [{"subtopics": [each.title for each in topic.subtopics]} for topic in topics]
        parts = [_titled(topic) | titles for topic, titles in zip(topics, inside, strict=True)]
        return self._ordered(book, {"book": book.title}, parts, topics)

    def _ordered(
        self, book: BookFacts, whole: dict[str, str], parts: Sequence[Any], rows: Sequence[NamedSubtopic | NamedTopic]
    ) -> TeachingOrder:
        numbered = [{"number": at} | part for at, part in enumerate(parts, start=1)]
        form = self._ask("order", book, whole | {"parts": numbered}, forms.OrderForm)
        return TeachingOrder(
            in_full(form.order, [row.key for row in rows]), form.storyline.strip(), form.reason.strip()
        )

    def _ask(
        self,
        stage: str,
        book: BookFacts,
        material: Mapping[str, object],
        form: type[FormOfStage],
        *,
        pages: Sequence[PageText] = (),
        about: frozenset[int] = frozenset(),
        previous: Any = None,
    ) -> FormOfStage:
        """The images of ``pages`` go along, where they have any; ``about`` and ``previous`` as in ``ModelRequest``."""
        seen = [page for page in pages if page.image]
        shown = {"images": [page.number for page in seen]} if seen else {}
        choice = self._choice(stage)
        instructions = prompt(stage)
        return self._ask_model(
            ModelRequest(
                stage=stage,
                prompt_version=instructions.version,
                **asdict(choice),
                instructions=instructions.text,
                facts=json.dumps({"book": asdict(book)}, ensure_ascii=False),
                previous=json.dumps({"previous": previous}, ensure_ascii=False) if previous else "",
                material=json.dumps({**material, **shown}, ensure_ascii=False),
                schema=form,
                schema_version=form.version,
                images=tuple(page.image for page in seen),
                about=about,
            )
        )


def _page(page: PageText) -> dict[str, object]:
    captions = {"captions": page.captions} if page.captions else {}
    return {"page": page.number, "text": page.text} | captions


def _statement(form: forms.EvidencedForm, own_pages: Collection[int]) -> Statement:
    """The citation follows from the quotes; what rests on no quote is said of all the pages."""
    evidence = tuple(Evidence(each.page, each.quote) for each in form.quotes)
    basis = form.rests_on if isinstance(form, forms.BoundaryForm) and form.rests_on != "quote" else ""
    return Statement(form.said, tuple(sorted(form.pages or own_pages)), evidence=evidence, basis=basis)


def in_full(order: Sequence[int], keys: Sequence[str]) -> tuple[str, ...]:
    """All ``keys`` in ``order`` (numbers from 1): what that names twice counts once, what it leaves out comes last."""
    named = [keys[number - 1] for number in order if 1 <= number <= len(keys)]
    return tuple(dict.fromkeys([*named, *keys]))


def _titled(row: NamedSubtopic | NamedTopic) -> dict[str, object]:
    return {"title": row.title, "summary": row.summary}


def _named(subtopic: NamedSubtopic) -> dict[str, object]:
    """Without its pages: where it stands does not matter, and what moved must not be asked again."""
    return {"topic": subtopic.topic} | _titled(subtopic)


def _cut_of(so_far: Outline, window: Sequence[Digest]) -> dict[str, object]:
    return {"so_far": _end_of(so_far), "digests": [_seen(digest) for digest in window]}


def _seen(digest: Digest) -> dict[str, object]:
    return {
        "page": digest.page,
        "summary": digest.summary,
        "headings": [{"text": each.text, "level": each.level, "number": each.number} for each in digest.headings],
        "exercises": digest.exercises,
        "continues_previous": digest.continues_previous,
        "running_head": digest.running_head,
    }


def _end_of(outline: Outline) -> list[dict[str, object]]:
    placed = [
        {"chapter": topic.title, "title": subtopic.title, "last_page": subtopic.last_page}
        for topic in outline.topics
        for subtopic in topic.subtopics
    ]
    return placed[-CARRIED_SUBTOPICS:]


def _sections_in(outline: Outline, window: Sequence[Digest]) -> list[dict[str, object]]:
    first, last = window[0].page, window[-1].page
    return [
        {
            "chapter": topic.title,
            "chapter_number": topic.number,
            "title": plan.title,
            "number": plan.number,
            "first_page": plan.first_page,
            "last_page": plan.last_page,
        }
        for topic in outline.topics
        for plan in topic.subtopics
        if plan.first_page <= last and plan.last_page >= first
    ]


def _said_in(guideline: Guideline | None) -> dict[str, object]:
    if guideline is None:
        return {}
    said: dict[str, object] = {
        str(part): [{"text": each.text, "evidence": [asdict(quote) for quote in each.evidence]} for each in statements]
        for part, statements in guideline.parts.items()
    }
    return said | {"summary": guideline.summary}
