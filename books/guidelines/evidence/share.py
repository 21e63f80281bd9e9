"""Whether a statement stands on the pages it cites, and whether it copies them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

from books.guidelines.parts import PARTS
from books.language import content_stems, words

Flag = Literal["unsupported", "copied"]
# A run of this many of the book's own words is a quotation, not a paraphrase.
COPIED_WORDS = 8
# A paraphrase keeps at least this share of the matter words of what it says.
SUPPORTED_SHARE = 1 / 3


class PrintedWords:
    """The words of a subtopic's pages (texts by number), taken apart once for all the statements about them."""

    def __init__(self, pages: Mapping[int, str]) -> None:
        self._stems = {number: frozenset(content_stems(text)) for number, text in pages.items()}
        self._runs = {run for text in pages.values() for run in _runs(words(text))}

    def flags_of(self, text: str, cited: Collection[int]) -> tuple[Flag, ...]:
        """What a reviewer must see about a statement and the numbers of the pages that it cites."""
        found: list[Flag] = []
        if not self.supports(text, cited):
            found.append("unsupported")
        if self.copied_run(text):
            found.append("copied")
        return tuple(found)

    def supports(self, text: str, cited: Collection[int]) -> bool:
        """Whether the cited pages use the statement's own words for its matter. A necessary sign, not a proof."""
        present = [self._stems[number] for number in cited if number in self._stems]
        wanted = set(content_stems(text))
        if not wanted:
            return bool(present)
        return len(wanted & frozenset().union(*present)) >= SUPPORTED_SHARE * len(wanted)

    def copied_run(self, text: str) -> str:
        """The first run of eight or more words that ``text`` shares with a page, "" where there is none."""
        return next((" ".join(run) for run in _runs(words(text)) if run in self._runs), "")


def flags_of(text: str, cited: Collection[int], pages: Mapping[int, str]) -> tuple[Flag, ...]:
    """``PrintedWords.flags_of`` for one statement alone."""
    return PrintedWords(pages).flags_of(text, cited)


def _runs(said: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(said[at : at + COPIED_WORDS]) for at in range(len(said) - COPIED_WORDS + 1))


def unsupported(guideline: Mapping[str, Any]) -> list[str]:
    """The statements of a stored guideline that its pages do not bear out: with any of them it may not be published."""
    parts = [guideline.get(part) for part in PARTS] if isinstance(guideline, dict) else []
    statements = [each for part in parts if isinstance(part, list) for each in part if isinstance(each, dict)]
    return [str(each.get("text", "")) for each in statements if "unsupported" in (each.get("flags") or ())]
