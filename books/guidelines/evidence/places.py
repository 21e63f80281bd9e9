"""Whether a number or name of a statement is what the page says where its quotes stand, or what it says of something
else: the quotes' sentence tells what the statement tells and has another of the same kind, and where the statement's
own stands the page tells nothing more of the statement's matter. Where that is not clear nothing is said. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import fsum, log

from books.guidelines.evidence.figures import Figure
from books.guidelines.evidence.names import GENERIC, PrintedNames, may_be_name, names, peoples, plain
from books.guidelines.evidence.passages import Sentence, key_of, keys_of
from books.guidelines.evidence.quotes import Found, joined_words, search_before
from books.guidelines.evidence.units import MONTHS
from books.language import is_content, stem, words
from books.stopwords import word_set

# Of the statement's matter that the cited pages have, the quotes' sentence has this much, and so many words.
_CLEAR, _FEWEST = 0.5, 2
# A short statement has no more words of matter.
_SHORT = 2
# So far, as a share, is a number from a round one that is said for it.
_ROUNDED = Decimal("0.12")
# One number is no other's rival where it is so many times as large.
_MANY_TIMES = 20
# What "he" and "its" may mean stands no further back.
_REFERS_BACK = 3
# Of a book or song, in quotation marks.
_TITLE = re.compile(r"[\"“][^\"”]*[\"”]")
_PRONOUN = re.compile(r"\b(?:he|she|they|him|them|it|er|sie|ihn|ihm|él|ella|ellos)\b", re.I)
_REFERS = re.compile(
    rf"{_PRONOUN.pattern}|\b(?:his|her|their|its?|ihre?\w?|sein\w*|dies\w*|sus?|this|these|estos?|estas?)\b", re.I
)
_BEFORE = re.compile(r"([^\W\d_]+(?:['’]s)?)[\s-]+$")
_DETERMINERS = word_set("the a an his her their its der die das den dem des ein eine el la los las un una le les")
_IN = word_set("in at near into nach en")
_PREPOSITIONS = word_set(
    "of on to from with against for after before under over between towards through"
    " aus mit gegen bei zu de del a con contra desde hasta hacia para du à dans pour avec"
)


@dataclass(frozen=True, slots=True)
class _Run:
    """A name: ``words`` are those of ``given`` that are its own."""

    given: tuple[str, ...]
    words: tuple[str, ...]
    role: str

    def is_same(self, other: _Run) -> bool:
        """One in full and in part too."""
        mine, others = [*map(key_of, self.words)], [*map(key_of, other.words)]
        is_in_part = len(mine) == 1 or len(others) == 1 or mine[-1] == others[-1]
        return is_in_part and not set(mine).isdisjoint(others)


class Places:
    """Of a statement with the words ``text``, its quotes ``found`` in some of the ``cited`` pages' sentences."""

    def __init__(self, text: str, cited: Sequence[Sentence], found: Sequence[Found], whole: PrintedNames) -> None:
        self.text, self.cited, self.found, self.whole = text, cited, found, whole
        self.told = [each for each in cited if any(map(each.is_of, found))]
        self._meant: dict[Sentence, frozenset[str]] = {}

    def _narrowed(self, having: Sequence[Sentence]) -> Places | None:
        """With the quotes' own words for the sentences ``having`` the value; None where these are no more."""
        found = [each for each in self.found if any(one.is_of(each) for one in having)]
        parts = [part for each in self.cited for part in (each.parted(found) if each in having else (each,))]
        return Places(self.text, parts, found, self.whole) if len(parts) > len(self.cited) else None

    @property
    def is_in_rows(self) -> bool:
        return bool(self.told) and all(each.is_row for each in self.told)

    @cached_property
    def _matter(self) -> frozenset[str]:
        return keys_of(self.text)

    @cached_property
    def _weights(self) -> dict[str, float]:
        """Of the words of the cited pages: the rarer the more."""
        counts = Counter(key for each in self.cited for key in each.keys)
        return {key: log((len(self.cited) + 1) / count) for key, count in counts.items()}

    def _is_of_another(self, own: Collection[str], having: Sequence[Sentence]) -> bool:
        """Whether the quotes' sentence tells the statement's matter, and those ``having`` the value nothing more. Of a
        name (``own`` are its keys) a pronoun's sentence may tell too; a row of a table tells of its first word."""
        matter = self._matter.difference(own)
        if self.is_in_rows and all(each.is_row for each in having):
            return any(matter & each.head for each in self.told) and not any(matter & each.head for each in having)
        told = frozenset().union(*(self._keys_meant(each) if own else each.keys for each in self.told))
        shared = matter & told
        weight = fsum(self._weights[key] for key in shared)
        known = fsum(self._weights.get(key, 0.0) for key in matter)
        is_apart = own and len(matter) <= _SHORT and not any(matter & self._keys_meant(each) for each in having)
        if not shared or (len(shared) < _FEWEST and shared != matter and not is_apart) or weight < _CLEAR * known:
            return False
        return not any(matter & self._keys_meant(each) - told for each in having)

    def _keys_meant(self, sentence: Sentence) -> frozenset[str]:
        """Those of the sentence before too, where a pronoun refers to it; not of a heading or a row."""
        if sentence not in self._meant:
            at = self._at[sentence]
            before = self.cited[at - 1] if at and _REFERS.search(sentence.text) else sentence
            self._meant[sentence] = sentence.keys if before.is_row else sentence.keys | before.keys
        return self._meant[sentence]

    @cached_property
    def _at(self) -> dict[Sentence, int]:
        return {each: place for place, each in enumerate(self.cited)}

    def telling(self) -> list[Sentence]:
        """The sentences that have something of the statement's matter."""
        return [each for each in self.cited if self._matter & self._keys_meant(each)]

    def other_figure(self, figure: Figure, said: Sequence[Figure]) -> Figure | None:
        """What the quotes' sentence has in place of ``figure`` and none of those ``said`` is."""
        kind = _kind(figure)
        if not kind:
            return None
        own = [each for each in self.told if figure.value in each.figures.eras]
        if own:
            narrowed = self._narrowed(own)
            return narrowed.other_figure(figure, said) if narrowed else None
        told = [each for sentence in self.told for each in sentence.figures.figures]
        told = [each for each in told if each.unit == figure.unit] or told
        rivals = [each for each in told if _are_rivals(figure, each) and not any(_is_said(one, each) for one in said)]
        is_clear = bool(rivals) and self._is_of_another((), ())
        having = [each for each in self.cited if figure.value in each.figures.eras] if is_clear else []
        return rivals[0] if having and self._is_of_another((), having) else None

    def other_unit(self, figure: Figure) -> Figure | None:
        """The same number where the quotes are, if it counts something else there and nothing is told in this unit."""
        told = [each for sentence in self.told for each in sentence.figures.figures]
        same = [each for each in told if each.value == figure.value and not each.is_year]
        if not figure.unit or not _kind(figure) or any(each.unit == figure.unit for each in told):
            return None
        if figure.unit == "percent" and any(each.value == 100 for each in told):
            return None  # 44 of 100 tonnes
        said = {stem(word) for word in words(self.text)}
        is_other = all(each.unit or (is_content(each.noun) and each.noun not in said) for each in same)
        return same[0] if same and is_other else None

    def other_names(self) -> Iterator[tuple[str, str]]:
        """Each name of the statement that is another's, with what the quotes' sentence has in its place."""
        for run in self._runs(self.text):
            other = None if len(run.words) == 1 and any(peoples(run.words[0])) else self._other_name(run)
            if other:
                yield " ".join(run.words), " ".join(other.words)

    def _other_name(self, run: _Run) -> _Run | None:
        if any(each.names.has(run.words[-1]) for each in self.told) or any(map(run.is_same, self._told_names)):
            return None
        said = self._matter.difference(map(key_of, run.given))  # Babylonian says Babylon
        rivals = (each for each in self._told_names if said.isdisjoint(map(key_of, each.words)))
        other = next((each for each in rivals if self._are_alike(run, each)), None)
        having = [each for each in self.cited if any(map(each.names.has, run.words))] if other else []
        is_known = having or (len(run.words) > 1 and all(map(self.whole.has, run.words)))
        is_meant = not is_known or self._may_be_meant(having)
        return None if is_meant or not self._is_of_another([*map(key_of, run.given)], having) else other

    @cached_property
    def _told_names(self) -> list[_Run]:
        told = (_TITLE.sub("", joined_words(each.text)) for each in self.told)
        found = [run for each in told for run in self._runs(each)]
        return [run for run in found if self._is_surely_name(run)]

    def _is_surely_name(self, run: _Run) -> bool:
        """Not a word with a capital because a sentence begins with it."""
        first = re.sub(r"['’]s$", "", run.words[0])
        may_be = may_be_name(first) and not self.whole.is_like_small(first)
        return len(run.words) > 1 or may_be or first in self.whole.inside

    def _may_be_meant(self, having: Iterable[Sentence]) -> bool:
        """By a pronoun of the quotes' sentence."""
        meant = set(having)
        at = self._at
        return any(
            _PRONOUN.search(each.text) and not meant.isdisjoint(self.cited[max(0, at[each] - _REFERS_BACK) : at[each]])
            for each in self.told
        )

    def _are_alike(self, one: _Run, other: _Run) -> bool:
        sort = self.whole.sort_of(one.words[0])
        is_place = sort == "place" and "alone" not in (one.role, other.role)
        return (self.is_in_rows or is_place or one.role == other.role) and self.whole.sort_of(other.words[0]) == sort

    def _runs(self, text: str) -> Iterator[_Run]:
        """Names that stand for a person or place: no people, no abbreviation, nothing behind an article."""
        for run in map(_without_people, dict.fromkeys(each.run for each in names(text))):
            kept = tuple(each for each in run if self._is_name(each, len(run)))
            role = _role(text, run, kept) if kept else ""
            if kept and role:
                yield _Run(run, kept, role)

    def _is_name(self, word: str, count: int) -> bool:
        small = plain(word)
        if small in GENERIC | MONTHS or word.isupper():
            return False
        if any(each.language == "de" for each in self.told):  # where all nouns have capitals
            return word in self.whole.full
        is_people = any(peoples(word)) and self.whole.sort_of(word) != "person"
        return count > 1 or (is_content(small) and not is_people and not self.whole.has_small(word))


def _without_people(run: tuple[str, ...]) -> tuple[str, ...]:
    """Robert Brown, of the Scot Robert Brown."""
    at = run[0].lower() in _DETERMINERS
    return run[at + 1 :] if len(run) > at + 2 and any(peoples(run[at])) else run


def _are_rivals(one: Figure, other: Figure) -> bool:
    """Of one kind, and not of quite another size; a table names the unit elsewhere. A share's rest is no rival."""
    kind, other_kind = _kind(one), _kind(other)
    sizes = (one.measured[1], other.measured[1]) if kind == other_kind else (one.value, other.value)
    is_rest = kind == other_kind == "share" and sum(sizes) == 1
    is_like = (kind == other_kind and not is_rest) or bool(one.unit and other_kind == "number")
    return is_like and max(sizes) <= _MANY_TIMES * min(sizes)


def _is_said(said: Figure, printed: Figure) -> bool:
    """As it is, or fewer than thirty for 27."""
    is_rounded = said.value % 10 == 0 and not (said.is_year or said.is_day)
    return abs(said.value - printed.value) <= printed.value * (_ROUNDED if is_rounded else 0)


def _kind(figure: Figure) -> str:
    """What it may be exchanged for; "" for what is not told of one thing alone."""
    if figure.kind != "number":
        return figure.kind
    if figure.is_day:
        return "day"
    if figure.is_year:
        return "year"
    if figure.is_ordinal or (figure.is_word and figure.value <= 2):
        return ""
    return figure.measured[0] or "number"


def _role(text: str, run: Sequence[str], name: Sequence[str]) -> str:
    """How the name stands in its ``run``: behind a preposition, as owner, or alone; "" where that says nothing. An
    article is that of a title before it."""
    start = text.find(run[0])
    while start > 0 and re.match(r"\w", text[start - 1]):
        start = text.find(run[0], start + 1)
    before = search_before(_BEFORE, text, start) if start >= 0 else None
    last = before[1].lower() if before else ""
    is_determined = last in _DETERMINERS or run[0].lower() in _DETERMINERS
    if (is_determined and (run[0] == name[0] or run[0].lower() in _DETERMINERS)) or last.endswith(("'s", "’s")):
        return ""
    if run[-1].endswith(("'s", "’s")):
        return "owner"
    return "in" if last in _IN else "behind" if last in _PREPOSITIONS else "alone"
