"""Whether a statement stands on the pages it cites, and whether it copies them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from books.extraction.engine import Flag, Guideline, PageText, Statement
from books.extraction.offline.language import content_stems, words
from books.extraction.stages import PARTS

# A run of this many of the book's own words is a quotation, not a paraphrase.
COPIED_WORDS = 8
# A paraphrase keeps at least this share of the matter words of what it says.
SUPPORTED_SHARE = 1 / 3


def checked(guideline: Guideline, pages: Sequence[PageText]) -> Guideline:
    """The guideline with each statement flagged where a reviewer must look; ``pages`` are those of its subtopic."""
    parts = {
        part: tuple(replace(each, flags=flags_of(each, pages)) for each in getattr(guideline, part)) for part in PARTS
    }
    return Guideline(**parts, summary=guideline.summary)


def flags_of(statement: Statement, pages: Sequence[PageText]) -> tuple[Flag, ...]:
    """What a reviewer must see about ``statement``; ``pages`` are those of its subtopic."""
    cited = [page for page in pages if page.number in statement.pages]
    found: list[Flag] = []
    if not is_supported(statement.text, cited):
        found.append("unsupported")
    if copied_run(statement.text, pages):
        found.append("copied")
    return tuple(found)


def is_supported(text: str, cited: Sequence[PageText]) -> bool:
    """Whether the cited pages use the statement's own words for its matter. A necessary sign, not a proof."""
    wanted = set(content_stems(text))
    if not wanted:
        return bool(cited)
    present = {stem for page in cited for stem in content_stems(page.text)}
    return len(wanted & present) >= SUPPORTED_SHARE * len(wanted)


def copied_run(text: str, pages: Sequence[PageText]) -> str:
    """The first run of eight or more words that ``text`` shares with a page, "" where there is none."""
    said = words(text)
    runs = {tuple(said[at : at + COPIED_WORDS]): at for at in range(len(said) - COPIED_WORDS + 1)}
    for page in pages if runs else ():
        printed = words(page.text)
        for at in range(len(printed) - COPIED_WORDS + 1):
            if tuple(printed[at : at + COPIED_WORDS]) in runs:
                return " ".join(printed[at : at + COPIED_WORDS])
    return ""
