"""Whether a statement stands on the pages it cites, and whether it copies them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Generic

from books.language import content_stems, words
from books.stored.guideline import Finding, FindingKind, Guideline, P, statements

# A run of this many of the book's own words is a quotation, not a paraphrase.
COPIED_WORDS = 8
# A paraphrase keeps at least this share of the matter words of what it says.
SUPPORTED_SHARE = 1 / 3


class PrintedWords(Generic[P]):
    """The words of a subtopic's pages (texts by number or id), taken apart once for all the statements about them."""

    def __init__(self, pages: Mapping[P, str]) -> None:
        self._stems = {number: frozenset(content_stems(text)) for number, text in pages.items()}
        self._runs = {run for text in pages.values() for run in _runs(words(text))}

    def findings_of(self, text: str, cited: Collection[P]) -> tuple[Finding, ...]:
        """What a reviewer must see about a statement and the pages that it cites."""
        found = []
        if not self.supports(text, cited):
            found.append(Finding(FindingKind.UNSUPPORTED))
        if self.copied_run(text):
            found.append(Finding(FindingKind.COPIED))
        return tuple(found)

    def supports(self, text: str, cited: Collection[P]) -> bool:
        """Whether the cited pages use the statement's own words for its matter. A necessary sign, not a proof."""
        present = [self._stems[number] for number in cited if number in self._stems]
        wanted = set(content_stems(text))
        if not wanted:
            return bool(present)
        return len(wanted & frozenset().union(*present)) >= SUPPORTED_SHARE * len(wanted)

    def copied_run(self, text: str) -> str:
        """The first run of eight or more words that ``text`` shares with a page, "" where there is none."""
        return next((" ".join(run) for run in _runs(words(text)) if run in self._runs), "")


def _runs(said: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(said[at : at + COPIED_WORDS]) for at in range(len(said) - COPIED_WORDS + 1))


def blocking(guideline: Guideline) -> list[str]:
    """The statements that something is found against which must not go out: with any of them it is not published."""
    return [each.text for _, each in statements(guideline) if any(found.kind.blocks for found in each.findings)]
