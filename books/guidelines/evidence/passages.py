"""The sentences of a page, and what words of one text have in common with another's. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise

from books.guidelines.evidence.names import PrintedNames, plain
from books.guidelines.evidence.numerals import cardinal
from books.guidelines.evidence.printed_figures import PrintedFigures
from books.guidelines.evidence.quotes import Found, as_misread, joined_words, without_digits
from books.guidelines.evidence.units import MONTHS
from books.language import is_content, stem, words

_END = re.compile(
    rf"(?:[!?•]|(?<!\b\w)(?<!\bca)(?<!\bSt)\.)(?=\s)(?!(?<=\d\.)\s(?:{'|'.join(MONTHS)})\b)|\n\s*\n", re.IGNORECASE
)
_ROW = re.compile(r"[\dA-ZÀ-Þ•]")
# Kanpur — Nana Saheb
_ENTRY = re.compile(r"[A-ZÀ-Þ]\w+(?: \w+){0,3}\s?(?:[—–:]|\s-)\s")
# A line this much shorter than the longest is a row of a table, where the next line begins another.
_SHORT_LINE = 0.7


@dataclass(eq=False)
class Sentence:
    """Of a page, from ``start`` to ``end`` of its text; a row of a table is one too (``is_row``)."""

    page: int
    start: int
    end: int
    text: str
    language: str
    is_row: bool = False

    def is_of(self, found: Found) -> bool:
        """Whether a quote stands in it."""
        return self.page == found.page and self.start < found.end and found.start < self.end

    def parted(self, found: Iterable[Found]) -> Iterator[Sentence]:
        """What of it is in the quotes, and what is before, between and behind them."""
        ends = {end for each in found if self.is_of(each) for end in (each.start, each.end)}
        bounds = sorted({self.start, self.end, *(end for end in ends if self.start < end < self.end)})
        for start, end in pairwise(bounds):
            yield replace(self, start=start, end=end, text=self.text[start - self.start : end - self.start])

    @cached_property
    def keys(self) -> frozenset[str]:
        return keys_of(joined_words(self.text))

    @cached_property
    def head(self) -> frozenset[str]:
        """The first word's key, which says of what a row tells."""
        return keys_of(" ".join(words(self.text)[:1]))

    @cached_property
    def figures(self) -> PrintedFigures:
        return PrintedFigures(joined_words(self.text), self.language)

    @cached_property
    def names(self) -> PrintedNames:
        return PrintedNames(self.text)


def sentences_of(page: int, text: str, language: str) -> tuple[Sentence, ...]:
    longest = max(map(len, text.split("\n")))
    ends = {each.end() for each in _END.finditer(text)}
    end, rows = 0, set[tuple[int, int]]()
    for line in text.split("\n"):
        start, end = end, end + len(line) + 1
        is_short = len(line) < _SHORT_LINE * longest or _ENTRY.match(line)
        if is_short and _ROW.match(text, end) and not line.rstrip().endswith(","):
            ends.add(end)
            rows |= {(start, end)} if not line.rstrip().endswith((".", "?", "!", ":")) else set()
    bounds = sorted({0, *ends, len(text)})
    return tuple(
        Sentence(page, start, end, text[start:end], language, is_row=(start, end) in rows)
        for start, end in pairwise(bounds)
        if text[start:end].strip()
    )


def keys_of(text: str) -> frozenset[str]:
    return frozenset(keys_in_order(text))


def keys_in_order(text: str) -> list[str]:
    """What its words of matter have in common with their forms and misreadings, without numbers; each once."""
    found = map(_matter_key, words(without_digits(text)))
    return list(dict.fromkeys(each for each in found if each is not None))


@lru_cache(maxsize=50_000)
def _matter_key(word: str) -> str | None:
    """None of what is no word of matter."""
    is_matter = is_content(word) and word not in MONTHS
    return key_of(word) if is_matter and all(cardinal(word, name) is None for name in ("en", "de", "es")) else None


def key_of(word: str) -> str:
    return as_misread(stem(plain(word)))[:6]
