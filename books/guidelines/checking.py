"""What is known of a subtopic from its pages' texts, computed anew when a person changed its words or its pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from books.guidelines.evidence import BookText, EvidenceCheck
from books.language import term_counts
from books.models import Page, ReviewStatus, Subtopic
from books.stored.guideline import (
    Evidence,
    Finding,
    FindingKind,
    Guideline,
    Part,
    Statement,
    each_statement,
    statements,
)
from books.stored.pages import PageId, PageNumbers

# What only a model says of a statement; it holds as long as the statement says the same.
OF_SECOND_READING = (FindingKind.DENIED, FindingKind.PARTLY)


class Texts:
    """The texts of a book's pages as they are read now, "" for one that was not read, and what is checked by them."""

    def __init__(self, book_id: int) -> None:
        self._book_id = book_id
        pages = list(Page.objects.filter(book=book_id).values_list("pk", "number", "reading__text"))
        self.numbers = PageNumbers({str(page): number for page, number, _ in pages})
        self._by_id = {str(page): text or "" for page, _, text in pages}
        self._by_number = {number: text or "" for _, number, text in pages}

    def get(self, page: PageId) -> str:
        return self._by_id.get(page, "")

    @cached_property
    def book(self) -> BookText:
        return BookText(self._by_number)

    @cached_property
    def _beginnings(self) -> list[tuple[int, str]]:
        rows = Subtopic.objects.filter(topic__book=self._book_id).values_list("pages", "title")
        return sorted((self.numbers.first(pages), title) for pages, title in rows)

    def check_of(self, title: str, pages: Iterable[PageId]) -> EvidenceCheck:
        own = self.numbers.numbers(pages)
        later = [each for first, each in self._beginnings if first >= max(own, default=0) and each != title]
        return EvidenceCheck(self.book, own, later, title)


def edited(subtopic: Subtopic, texts: Texts | None) -> None:
    """Marks in memory what a person changed: a decision on it is taken back, and every statement is checked again by
    ``texts``, None where no statement can be found otherwise than before."""
    if texts is not None:
        subtopic.guideline = checked(subtopic.guideline, texts.check_of(subtopic.title, subtopic.pages), texts.numbers)
    subtopic.is_edited = True
    if subtopic.status != ReviewStatus.DRAFT:
        subtopic.await_review()


def pages_changed(subtopic: Subtopic, texts: Texts) -> None:
    """As ``edited``, where the subtopic has other pages than before."""
    subtopic.terms = term_counts("\n".join(texts.get(page) for page in subtopic.pages))
    edited(subtopic, texts)


def checked(guideline: Guideline, check: EvidenceCheck, numbers: PageNumbers) -> Guideline:
    """The guideline with what a reviewer must look at in each statement."""
    return {part: tuple(_checked(part, each, check, numbers) for each in guideline[part]) for part in guideline}


def _checked(part: Part, statement: Statement[PageId], check: EvidenceCheck, numbers: PageNumbers) -> Statement[PageId]:
    """One that cites a removed page stays as it is. What a person wrote needs no quote."""
    quoted = [each for each in statement.evidence if numbers.has(each.page)]
    if not all(map(numbers.has, statement.pages)) or len(quoted) < len(statement.evidence):
        return statement
    evidence = tuple(Evidence(numbers.first([each.page]), each.quote) for each in quoted)
    cited = tuple(numbers.numbers(statement.pages))
    new = check.check(part, Statement(statement.text, cited, statement.kind, evidence, statement.basis))
    findings = [each for each in new.findings if each.kind != FindingKind.NO_EVIDENCE or evidence]
    known = [each for each in statement.findings if _stays(each, statement)]
    findings += [each for each in known if each not in findings]
    return replace(
        statement,
        pages=numbers.ids(new.pages),
        evidence=tuple(Evidence(numbers.ids([each.page])[0], each.quote) for each in new.evidence),
        findings=tuple(findings),
        checked=statement.checked if set(findings) <= set(statement.findings) else None,
    )


def marked_as_before(new: Guideline, before: Guideline) -> Guideline:
    """``new``, in which a statement that was there before keeps what a second reading found against it, and a person's
    word on it where nothing else is found."""
    said = {each.text: each for _, each in statements(before)}

    def marked(statement: Statement[PageId]) -> Statement[PageId]:
        known = said.get(statement.text)
        if known is None:
            return statement
        again = (each for each in known.findings if each.kind in OF_SECOND_READING)
        findings = (*statement.findings, *again)
        return replace(
            statement, findings=findings, checked=known.checked if {*findings} <= {*known.findings} else None
        )

    return each_statement(new, marked)


def _stays(finding: Finding, statement: Statement[PageId]) -> bool:
    is_unproven = finding.kind == FindingKind.NO_EVIDENCE and not statement.evidence
    return is_unproven or finding.kind in OF_SECOND_READING
