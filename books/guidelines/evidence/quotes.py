"""Finds a quote on the pages of a book: as it stands, or under a tolerance for print and misreadings. Pure.

What is found is told in the page's own words. A quote that was put together from words here and there is not found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rapidfuzz import fuzz

# A run of the page this like the quote (of 100) is the quote, misread or written otherwise; google/langextract and
# others take 75 to 85 for the same.
ALIKE = 85
# Letters of words; a quote with fewer (a formula, say) counts only where it stands sign by sign.
SHORT = 8
# How far a quote may reach over a page's end, in letters and digits.
OVER_THE_END = 240
# What stands before a word or number and belongs to it is no longer than this.
LONGEST_BEFORE = 40
# Furniture (running heads, page numbers) repeats on pages this near.
NEAR_PAGES = 4
DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
SAME_SIGN = DASHES | str.maketrans("×⋅•∙*≈≅→⇒÷’‘“”|lIOo", "·····====/''\"\"11100")
# An x between spaces, for times.
_TIMES = re.compile(r"(?<=[\w)]\s)x(?=\s[\w(])")
# What tells one formula from another besides its letters and numbers; a machine loses other signs, such as a root.
_TELLING_SIGNS = re.compile(r"\d+|[^\W\d]+|[-+=<>≤≥/·]")
# So many of these, and a formula is known without the others.
_TELLING = 5
_ELLIPSIS = re.compile(r"\s*(?:…|\.\s?\.\s?\.|\[…\])\s*")
_SIGN = re.compile(r"\d+|[^\W\d]+|[^\w\s]")
_BETWEEN_THOUSANDS = re.compile(r"(?<=\d),\s?(?=\d{3}(?!\d))")
_NEGATION = re.compile(r"\b(?:not|no|never|nor|neither|none|cannot|nicht|kein\w*|nie|nunca|jamás)\b|n['’]t\b", re.I)
# Led by what is rare on a page, which a search finds without a try at every letter.
_BROKEN = re.compile(r"[-\u00ad¬‐](?<=[^\W\d_].)\s*\n\s*(?=[^\W\d_])")
_SENTENCE_END = re.compile(r"[.!?;:•](?=\s)|\n\s*\n")


@dataclass(frozen=True, slots=True)
class Found:
    """Where a quote stands: ``words`` are the page's own, from ``start`` to ``end`` of its text."""

    page: int
    words: str
    start: int
    end: int


@lru_cache(maxsize=20_000)
def _folded(sign: str) -> str:
    plain = unicodedata.normalize("NFKD", "x" if sign == "×" else sign.casefold())
    return "".join(each for each in plain if each.isalnum())


def squeezed(text: str) -> str:
    """Small letters without accents, and digits; nothing else. So line ends, hyphens and spaces make no difference."""
    return "".join(map(_folded, text))


# What a machine takes for another, folded alike on both sides.
_SPOILT = re.compile(
    r"(?<![^\W_])(?![\dOoIl|]+(?![^\W_]))(?:[^\W\d_]+[015]{1,2}(?:[^\W\d_]+[015]{1,2})*[^\W\d_]{2,}"
    r"|[^\W\d_]{3,}[015](?:[^\W\d_]+|(?![^\W_]))|[^\W\d_]{5,}[015]{2}(?![^\W_])|(?:0|1(?=[nrst]))[^\W\d_]{3,})"
)
_MAY_BE_SPOILT = re.compile(r"[015](?:(?<=[^\W\d_].)|(?=[^\W\d_]))")
LETTERS = str.maketrans("015", "ols")
# Signs first: "nucIeus" has to become what "nucleus" does before "cl" is taken for "d".
_MISREAD = (
    ("0", "o"),
    ("1", "l"),
    ("5", "s"),
    ("8", "b"),
    ("i", "l"),
    ("j", "l"),
    ("rn", "m"),
    ("vv", "w"),
    ("cl", "d"),
)


def without_digits(text: str) -> str:
    """With letters for digits in the middle of words: mi11ion."""
    if not _MAY_BE_SPOILT.search(text):
        return text
    return _SPOILT.sub(lambda found: found[0].translate(LETTERS), text)


_CONFUSED = re.compile(r"rn|vv|c[l1i]|.")
_AS = {"rn": "m", "vv": "w", "cl": "d", "c1": "d", "ci": "d"} | dict(zip("01ij58", "olllsb", strict=True))


def confused(letters: str) -> tuple[str, list[int]]:
    """``letters`` with one sign for all that a machine takes for one another, and where each stood."""
    found = [(_AS.get(each[0], each[0]), each.start()) for each in _CONFUSED.finditer(letters)]
    return "".join(sign for sign, _ in found), [*(at for _, at in found), len(letters)]


@lru_cache(maxsize=50_000)
def as_misread(word: str) -> str:
    for seen, meant in _MISREAD:
        word = word.replace(seen, meant)
    return word


class PrintedPage:
    """A page's text, taken apart once for all that is looked for on it."""

    def __init__(self, number: int, text: str) -> None:
        self.number, self.text = number, text

    @cached_property
    def letters(self) -> str:
        return squeezed(self.text)

    @cached_property
    def _places(self) -> list[int]:
        return [at for at, sign in enumerate(self.text) for _ in _folded(sign)]

    @cached_property
    def lines(self) -> list[str]:
        """In letters."""
        return [letters for letters in map(squeezed, self.text.splitlines()) if letters]

    @cached_property
    def _confused(self) -> tuple[str, list[int]]:
        return confused(self.letters)

    @cached_property
    def _ends(self) -> list[int]:
        """Of its sentences, and where the first begins."""
        return [0, *(each.end() for each in _SENTENCE_END.finditer(self.text)), len(self.text)]

    def between(self, first: int, last: int) -> Found:
        """From the letter ``first`` up to ``last``, in whole words."""
        start, end = self._places[first], self._places[last - 1] + 1
        while start and self.text[start - 1].isalnum() and self.text[start].isalnum():
            start -= 1
        while end < len(self.text) and self.text[end].isalnum() and self.text[end - 1].isalnum():
            end += 1
        return Found(self.number, " ".join(self.text[start:end].split()), start, end)

    def find(self, quote: str) -> Found | None:
        letters = squeezed(quote)
        if sum(map(str.isalpha, letters)) < SHORT:
            return self._find_signs(quote)
        at = self.letters.find(letters)
        if at >= 0:
            return self.between(at, at + len(letters))
        if len(letters) > len(self.letters):
            return None
        letters, (printed, places) = confused(letters)[0], self._confused
        if len(letters) > len(printed):
            return None
        like = fuzz.partial_ratio_alignment(letters, printed, score_cutoff=ALIKE)
        if like is None or like.dest_start == like.dest_end:
            return None
        found = self.between(places[like.dest_start], places[like.dest_end])
        before = self.text[: found.start].split()[-1:]
        return found if _negations(" ".join([*before, found.words])) == _negations(quote) else None

    def _find_signs(self, quote: str) -> Found | None:
        """A short quote sign by sign ("12 ÷ 4" is not "124"), but for what a machine takes for another: 1, l and I."""
        signs = _SIGN.findall(_formula(_BETWEEN_THOUSANDS.sub("", quote)).strip(" .,;:"))
        if not signs:
            return None
        pattern = r"(?<!\w)" + r"\s*".join(map(_printed, signs)) + r"(?!\w)"
        found = re.search(pattern, _formula(self.text), re.IGNORECASE)
        telling = [sign for sign in signs if _TELLING_SIGNS.fullmatch(sign)]
        if found is None and len(telling) >= _TELLING:
            pattern = r"(?<!\w)" + r"[^\w+=<>≤≥/·-]{0,3}".join(map(_printed, telling)) + r"(?!\w)"
            found = re.search(pattern, _formula(self.text), re.IGNORECASE)
        if found is None:
            return None
        words = " ".join(self.text[found.start() : found.end()].split())
        return Found(self.number, words, found.start(), found.end())

    def around(self, found: Found, *, before: int = 2, after: int = 1) -> str:
        """The sentence in which a quote stands, with so many before and after it."""
        first = [end for end in self._ends if end <= found.start][-1 - before :][0]
        return self.text[first : [end for end in self._ends if end >= found.end][: 1 + after][-1]]


def search_before(pattern: re.Pattern[str], text: str, end: int) -> re.Match[str] | None:
    """The match of ``pattern``, which ends in $, right before ``end``. Looked for in the last few words alone: from the
    beginning of a book its search would take as long as all of the book, for each of its words."""
    return pattern.search(text, max(0, end - LONGEST_BEFORE), end)


def joined_words(text: str) -> str:
    """Without the hyphens that break a word at a line's end."""
    return _BROKEN.sub("", text)


def _formula(text: str) -> str:
    """With one sign for all that are written for the same, each in its place."""
    return _TIMES.sub("·", text.translate(SAME_SIGN))


def _printed(sign: str) -> str:
    """A number's thousands may be parted, and an m be read as rn; everything else is as it is."""
    if not sign.isdigit() or len(sign) < 4:
        return re.escape(sign).replace("m", "(?:m|rn)")
    groups = [sign[max(0, end - 3) : end] for end in range(len(sign), 0, -3)]
    return r"[,.\s]{0,2}".join(reversed(groups))


def _negations(text: str) -> int:
    return len(_NEGATION.findall(text))


class PrintedBook:
    """The pages at hand by number."""

    def __init__(self, pages: Mapping[int, str]) -> None:
        self.pages = {number: PrintedPage(number, text) for number, text in sorted(pages.items())}

    def find(self, quote: str, numbers: Iterable[int]) -> tuple[Found, ...]:
        """On the first of the pages ``numbers`` that has it: a place, two where it runs over the page's end, or one
        for each piece around an ellipsis; () where none has it."""
        order = [number for number in dict.fromkeys(numbers) if number in self.pages]
        for number in order:
            found = self.pages[number].find(quote)
            if found is not None:
                return (found,)
        pieces = [piece for piece in _ELLIPSIS.split(quote) if squeezed(piece)]
        if len(pieces) > 1:
            for number in order:
                found_pieces = [self.pages[number].find(piece) for piece in pieces]
                if all(found_pieces):
                    return tuple(each for each in found_pieces if each is not None)
        for number in order:
            for first in (number, number - 1):
                over = self._over_the_end(quote, first)
                if over:
                    return over
        return ()

    def _over_the_end(self, quote: str, first: int) -> tuple[Found, ...]:
        one, other = self.pages.get(first), self.pages.get(first + 1)
        letters = squeezed(quote)
        if one is None or other is None or len(letters) < 2 * SHORT:
            return ()
        foot, head = self._body(one)[1], self._body(other)[0]
        before = one.letters[max(0, foot - OVER_THE_END) : foot]
        both = before + other.letters[head : head + OVER_THE_END]
        if len(letters) > len(both):
            return ()
        like = fuzz.partial_ratio_alignment(letters, both, score_cutoff=ALIKE)
        if like is None or not like.dest_start < len(before) < like.dest_end:
            return ()
        return (
            one.between(foot - len(before) + like.dest_start, foot),
            other.between(head, head + like.dest_end - len(before)),
        )

    def _body(self, page: PrintedPage) -> tuple[int, int]:
        """From where to where, in letters, a page's text goes without running head and page number."""
        lines = page.lines
        head, foot = 0, len(page.letters)
        for line in lines[:2]:
            if not self._is_furniture(line, page.number, 0):
                break
            head += len(line)
        for line in reversed(lines[2:][-2:]):
            if not self._is_furniture(line, page.number, -1):
                break
            foot -= len(line)
        return head, foot

    def _is_furniture(self, line: str, number: int, end: int) -> bool:
        words = line.strip("0123456789")
        if not words:
            return True
        near = [self.pages.get(number + away) for away in range(-NEAR_PAGES, NEAR_PAGES + 1) if away]
        for page in filter(None, near):
            others = page.lines[:2] if end == 0 else page.lines[-2:]
            if any(fuzz.ratio(words, each.strip("0123456789")) >= ALIKE for each in others):
                return True
        return False
