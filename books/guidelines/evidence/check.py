"""The check of a statement: its quotes are found on the pages, its citation follows from them, and its numbers, dates,
units, names and wording are held against them. Pure.

Comparing words shows that a statement has left its pages; that it says the opposite of them only a reader can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from books.guidelines.evidence.claims import Checked, Claim, Finding, FindingKind, Quote
from books.guidelines.evidence.figure_rules import figure_findings
from books.guidelines.evidence.material import Material, Seen, named_pages
from books.guidelines.evidence.name_rules import is_row_of_words, later_findings, name_findings
from books.guidelines.evidence.quotes import Found

LATER_SUBTOPIC, ABSENT = "later subtopic", "absent"
Placed = Sequence[tuple[Quote, tuple[Found, ...]]]


class EvidenceCheck:
    """Of the statements of one subtopic; the arguments are those of ``Material``."""

    def __init__(
        self,
        pages: Mapping[int, str],
        own_pages: Sequence[int] = (),
        later_subtopics: Sequence[str] = (),
        title: str = "",
    ) -> None:
        self.material = Material(pages, own_pages, later_subtopics, title)

    def check(self, claim: Claim) -> Checked:
        placed = [(quote, self._place(quote, claim)) for quote in claim.evidence]
        found = [each for _, places in placed for each in places]
        findings = [*self._quote_findings(placed, claim), *self._findings(self.material.seen(claim, found))]
        return Checked(_pages_of(placed, claim), _printed_quotes(placed), tuple(findings))

    def _place(self, quote: Quote, claim: Claim) -> tuple[Found, ...]:
        """On its own page, else on the first page that has it: of those cited, of the subtopic, of the book."""
        for numbers in ([quote.page], claim.pages, self.material.own_pages, self.material.pages):
            found = self.material.book.find(quote.words, numbers)
            if found:
                return found
        return ()

    def _quote_findings(self, placed: Placed, claim: Claim) -> Iterator[Finding]:
        if not placed and not (claim.part == "boundary" and claim.basis in (LATER_SUBTOPIC, ABSENT)):
            yield Finding(FindingKind.NO_EVIDENCE, "No quote from the pages bears this out.")
        for quote, places in placed:
            pages = {each.page for each in places}
            if not places:
                sentence = f"The quote “{quote.words}” is not on {named_pages([quote.page])}, nor on another page."
                yield Finding(FindingKind.QUOTE_NOT_FOUND, sentence)
            elif quote.page not in pages or not pages.intersection(claim.pages):
                yield self._moved(quote, min(pages), claim)

    def _moved(self, quote: Quote, page: int, claim: Claim) -> Finding:
        if self.material.own_pages and page not in self.material.own_pages:
            sentence = f"The quote “{quote.words}” stands on page {page}, outside this subtopic."
            return Finding(FindingKind.OUTSIDE, sentence)
        cited = named_pages(claim.pages if quote.page == page else [quote.page])
        sentence = f"The quote “{quote.words}” stands on page {page}, not on {cited}: the citation was moved."
        return Finding(FindingKind.OTHER_PAGE, sentence)

    def _findings(self, seen: Seen) -> Iterator[Finding]:
        run = self.material.copied_run(seen.claim.text)
        if run:
            yield Finding(FindingKind.COPIED, f"“{run}” is the book's own wording.")
        if is_row_of_words(seen):
            yield Finding(FindingKind.NO_EVIDENCE, "These are words of the pages in a row, not a sentence.")
        if seen.claim.part == "boundary" and not seen.claim.evidence:
            if seen.claim.basis == LATER_SUBTOPIC:
                yield from later_findings(seen)
            return
        yield from figure_findings(seen)
        yield from name_findings(seen)


def _pages_of(placed: Placed, claim: Claim) -> tuple[int, ...]:
    """Those cited and those where quotes stand, without the pages where a quote was said to stand and does not."""
    found = {each.page for _, places in placed for each in places}
    wrong = {quote.page for quote, places in placed if places and all(each.page != quote.page for each in places)}
    return tuple(sorted(found | (set(claim.pages) - wrong)))


def _printed_quotes(placed: Placed) -> tuple[Quote, ...]:
    """In the pages' own words, where they were found."""
    printed = [[Quote(each.page, each.words) for each in places] or [quote] for quote, places in placed]
    return tuple(quote for quotes in printed for quote in quotes)
