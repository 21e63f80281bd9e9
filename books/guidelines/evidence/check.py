"""The check of a statement: its quotes are found on the pages, its citation follows from them, and its numbers, dates,
units, names and wording are held against them. Pure.

Comparing words shows that a statement has left its pages; that it says the opposite of them only a reader can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from books.guidelines.evidence.exchanged import exchanged_findings
from books.guidelines.evidence.figure_rules import figure_findings
from books.guidelines.evidence.material import BookText, Claim, Material, Seen, named_pages
from books.guidelines.evidence.name_rules import is_row_of_words, is_scattered, later_findings, name_findings
from books.guidelines.evidence.quotes import Found
from books.sentences import gettext_noop, told
from books.stored.guideline import Evidence, Finding, FindingKind, Part

LATER_SUBTOPIC, ABSENT = "later subtopic", "absent"
Placed = Sequence[tuple[Evidence[int], tuple[Found, ...]]]


class EvidenceCheck:
    """Of the statements of one subtopic; the arguments are those of ``Material``."""

    def __init__(
        self, book: BookText, own_pages: Sequence[int] = (), later_subtopics: Sequence[str] = (), title: str = ""
    ) -> None:
        self.material = Material(book, own_pages, later_subtopics, title)

    def check(self, part: Part, claim: Claim) -> Claim:
        """The statement with the pages' own words for its quotes, the citation that follows from them, and what is
        found against it. One that is a quote stands on itself: it is looked for, and has no quotes beside it."""
        if claim.kind == "quote":
            return self._quote_checked(part, claim)
        placed = [(quote, self._place(quote, claim)) for quote in claim.evidence]
        found = [each for _, places in placed for each in places]
        findings = [*self._quote_findings(part, placed, claim), *self._findings(self.material.seen(part, claim, found))]
        pages = _pages_of(placed, claim)
        return replace(claim, pages=pages, evidence=_printed_quotes(placed), findings=tuple(findings))

    def _quote_checked(self, part: Part, claim: Claim) -> Claim:
        """Its pages stay, where it begins or ends on one of them."""
        quotes = [Evidence(page, claim.text) for page in claim.pages[:1]]
        placed = [(quote, self._place(quote, claim)) for quote in quotes]
        is_there = any(each.page in claim.pages for _, places in placed for each in places)
        pages = claim.pages if is_there else _pages_of(placed, claim)
        findings = tuple(self._quote_findings(part, placed, claim))
        return replace(claim, pages=pages, evidence=(), findings=findings)

    def _place(self, quote: Evidence[int], claim: Claim) -> tuple[Found, ...]:
        """On its own page, else on the first page that has it: of those cited, of the subtopic, of the book."""
        for numbers in ([quote.page], claim.pages, self.material.own_pages, self.material.pages):
            found = self.material.book.printed.find(quote.quote, numbers)
            if found:
                return found
        return ()

    def _quote_findings(self, part: Part, placed: Placed, claim: Claim) -> Iterator[Finding]:
        if not placed and not (part == Part.BOUNDARY and claim.basis in (LATER_SUBTOPIC, ABSENT)):
            yield Finding(FindingKind.NO_EVIDENCE, gettext_noop("No quote from the pages bears this out."))
        for quote, places in placed:
            pages = {each.page for each in places}
            if not places:
                where = named_pages([quote.page])
                absent = gettext_noop("The quote “{quote}” is not on {where}, nor on another page.")
                yield Finding(FindingKind.QUOTE_NOT_FOUND, told(absent, quote=quote.quote, where=where))
            elif quote.page not in pages or not pages.intersection(claim.pages):
                yield self._moved(quote, min(pages), claim)

    def _moved(self, quote: Evidence[int], page: int, claim: Claim) -> Finding:
        if self.material.own_pages and page not in self.material.own_pages:
            outside = gettext_noop("The quote “{quote}” stands on page {page}, outside this subtopic.")
            return Finding(FindingKind.OUTSIDE, told(outside, quote=quote.quote, page=page))
        cited = named_pages(claim.pages if quote.page == page else [quote.page])
        moved = gettext_noop("The quote “{quote}” stands on page {page}, not on {where}: the citation was moved.")
        return Finding(FindingKind.OTHER_PAGE, told(moved, quote=quote.quote, page=page, where=cited))

    def _findings(self, seen: Seen) -> Iterator[Finding]:
        run = self.material.copied_run(seen.claim.text)
        if run:
            yield Finding(FindingKind.COPIED, told("“{words}” is the book's own wording.", words=run))
        if is_row_of_words(seen) or is_scattered(seen):
            yield Finding(
                FindingKind.NO_EVIDENCE, gettext_noop("These are words of the pages in a row, not a sentence.")
            )
        if seen.part == Part.BOUNDARY and not seen.claim.evidence:
            if seen.claim.basis == LATER_SUBTOPIC:
                yield from later_findings(seen)
            return
        yield from [*figure_findings(seen), *name_findings(seen)] or exchanged_findings(seen)


def _pages_of(placed: Placed, claim: Claim) -> tuple[int, ...]:
    """Those cited and those where quotes stand, without the pages where a quote was said to stand and does not."""
    found = {each.page for _, places in placed for each in places}
    wrong = {quote.page for quote, places in placed if places and all(each.page != quote.page for each in places)}
    return tuple(sorted(found | (set(claim.pages) - wrong)))


def _printed_quotes(placed: Placed) -> tuple[Evidence[int], ...]:
    """In the pages' own words, where they were found."""
    printed = [[Evidence(each.page, each.words) for each in places] or [quote] for quote, places in placed]
    return tuple(quote for quotes in printed for quote in quotes)
