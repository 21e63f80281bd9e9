"""Whether a statement stands on the pages it cites, and whether it copies them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from books.language import content_stems, words

Flag = Literal["unsupported", "copied"]
# A run of this many of the book's own words is a quotation, not a paraphrase.
COPIED_WORDS = 8
# A paraphrase keeps at least this share of the matter words of what it says.
SUPPORTED_SHARE = 1 / 3


def flags_of(text: str, cited: Collection[int], pages: Mapping[int, str]) -> tuple[Flag, ...]:
    """What a reviewer must see about a statement; ``pages`` maps the numbers of its subtopic's pages to their text."""
    found: list[Flag] = []
    if not is_supported(text, [pages[number] for number in cited if number in pages]):
        found.append("unsupported")
    if copied_run(text, pages.values()):
        found.append("copied")
    return tuple(found)


def is_supported(text: str, cited: Collection[str]) -> bool:
    """Whether the cited pages use the statement's own words for its matter. A necessary sign, not a proof."""
    wanted = set(content_stems(text))
    if not wanted:
        return bool(cited)
    present = {stem for page in cited for stem in content_stems(page)}
    return len(wanted & present) >= SUPPORTED_SHARE * len(wanted)


def copied_run(text: str, pages: Iterable[str]) -> str:
    """The first run of eight or more words that ``text`` shares with a page, "" where there is none."""
    said = words(text)
    runs = {tuple(said[at : at + COPIED_WORDS]) for at in range(len(said) - COPIED_WORDS + 1)}
    for page in pages if runs else ():
        printed = words(page)
        for at in range(len(printed) - COPIED_WORDS + 1):
            if tuple(printed[at : at + COPIED_WORDS]) in runs:
                return " ".join(printed[at : at + COPIED_WORDS])
    return ""
