"""A name or a year in another's place: beside words that the quote says too, where it has another one. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from books.guidelines.evidence.names import GENERIC, PrintedNames, plain
from books.guidelines.evidence.numerals import roman
from books.guidelines.evidence.quotes import LETTERS, as_misread, joined_words, without_digits
from books.guidelines.evidence.units import MONTHS
from books.language import is_content, stem
from books.stopwords import word_set

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_CLAUSE_END = re.compile(r"[.;:?!]\s|,\s(?:and|but|while|whereas|y|pero|et|mais)\s|\n\s*\n")
_YEAR = re.compile(r"\d{3,4}")
# Between a name and what is said of it.
_BETWEEN = word_set("is was were are be been has had a an the es fue era un una el la los est était le les")
# Kilimanjaro lies in Tanzania, and Kilimanjaro in Tanzania.
_OF_PLACE = word_set("lies lie lay stands stood situated located")
_PLACE = word_set("in of at on near")
_UNITS_AFTER_PEOPLE = word_set("newton joule watt pascal hertz volta kelvin ohm ampere celsius")
# A run of the same words weighs this much, a single word of matter 1.
_TELLING = 2
_JOINING = word_set("and y et")
_POSSESSED_BY = word_set("of von van de del da di du")
# Inside a name.
_JOINTS = word_set("of von van de del da di al el ibn ben the")


_Pair = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    key: str
    is_name: bool
    follows_comma: bool


def swapped_names(text: str, told: str, book: PrintedNames) -> Iterator[tuple[str, str]]:
    """Each name of ``text`` that stands where a clause of ``told`` has another, with that other."""
    said = _tokens(text, book)
    mine = PrintedNames(text)
    for clause in _CLAUSE_END.split(joined_words(without_digits(told))):
        printed = _tokens(clause, book)
        weights: Counter[_Pair] = Counter()
        for pair, weight in _beside_the_same(said, printed):
            weights[pair] += weight
        if _tells_the_same(said, printed):
            weights += Counter({pair: 1 for pair in weights if not _is_possessor(pair[0], said)})
        for (one, other), weight in weights.items():
            # Between words that both say, a name that the clause has elsewhere is in another's place too.
            is_replaced = weight > _TELLING or (weight == _TELLING and not all(map(PrintedNames(clause).has, one)))
            is_named_too = all(map(mine.has, other)) or (other and other[-1] not in one and mine.has(other[-1]))
            if is_replaced and _are_two(one, other) and not is_named_too:
                yield " ".join(one), " ".join(other)


def swapped_years(text: str, told: str, book: PrintedNames) -> Iterator[tuple[str, str]]:
    """Each year of ``text`` behind two words behind which ``told`` has another and never this one, with that other."""
    said, printed = _tokens(text, book), _tokens(joined_words(told), book)
    for at in range(2, len(said)):
        before = [token.key for token in said[at - 2 : at]]
        if not (_YEAR.fullmatch(said[at].word) and is_content(said[at - 2].word.lower())):
            continue
        there = [
            printed[to].word
            for to in range(2, len(printed))
            if _YEAR.fullmatch(printed[to].word) and [token.key for token in printed[to - 2 : to]] == before
        ]
        if there and said[at].word not in there and there[0] not in text:
            yield said[at].word, there[0]


def _is_possessor(name: tuple[str, ...], said: Sequence[_Token]) -> bool:
    """The château of Fouquet, which has a name of its own."""
    return any(one.word.lower() in _POSSESSED_BY and name and other.word == name[0] for one, other in pairwise(said))


def _tells_the_same(said: Sequence[_Token], printed: Sequence[_Token]) -> bool:
    """Whether the clause has nearly all that the sentence says beside its names."""
    here = {token.key for token in printed}
    names, matter = (
        {token.key for token in said if token.is_name == is_name and is_content(token.word.lower())}
        for is_name in (True, False)
    )
    return len(here & (matter | names)) > 1 and len(matter - here) <= len(matter) // 5


def _are_two(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Not one given in full and in part."""
    known = PrintedNames(" ".join(one)), PrintedNames(" ".join(other))
    return bool(one and other) and not (all(map(known[0].has, other)) or all(map(known[1].has, one)))


def _tokens(text: str, book: PrintedNames) -> list[_Token]:
    found: list[_Token] = []
    end = 0
    for each in _TOKEN.finditer(text):
        word = each.group()
        is_capital = word[0].isupper() and len(word) > 1 and roman(word) is None
        small = plain(word.translate(LETTERS) if word[0].isalpha() else word)
        is_own = small in _UNITS_AFTER_PEOPLE or not book.has_small(word)
        is_name = is_capital and small not in GENERIC | MONTHS and is_content(small) and is_own
        is_name = is_name or bool(is_capital and found and found[-1].is_name)
        comma = "," in text[end : each.start()]
        if small not in _OF_PLACE:
            found.append(_Token(word, _key(small) or word, is_name, comma))
        end = each.end()
    return found


def _key(small: str) -> str:
    """What a word has in common with its forms and with what a machine may take it for."""
    read = as_misread(small)
    return read[:6] if len(read) > 6 else stem(read)


def _beside_the_same(said: Sequence[_Token], printed: Sequence[_Token]) -> Iterator[tuple[_Pair, int]]:
    places: dict[str, list[int]] = {}
    for at, each in enumerate(printed):
        places.setdefault(each.key, []).append(at)
    for i, each in enumerate(said):
        for j in places.get(each.key, ()):
            if i and j and said[i - 1].key == printed[j - 1].key:
                continue
            length = 0
            while (
                i + length < len(said) and j + length < len(printed) and said[i + length].key == printed[j + length].key
            ):
                length += 1
            same = said[i : i + length]
            matter = sum(is_content(token.word.lower()) for token in same)
            is_in = length == 2 and same[0].is_name and same[1].word in _PLACE
            if matter:
                is_same_voice = length == 2 and same[0].word.lower() in _BETWEEN
                weight = _TELLING if matter >= 2 or length >= 3 or is_in or is_same_voice else 1
                yield (_name_before(said, i), _name_before(printed, j) or _subject(printed, j)), weight
                yield (_name_after(said, i + length), _name_after(printed, j + length)), weight


def _name_before(tokens: Sequence[_Token], end: int) -> tuple[str, ...]:
    """Over an apposition: Herschel, a musician in Bath, found."""
    if end < len(tokens) and tokens[end].follows_comma and end > 1:
        opened = [at for at in range(1, end) if tokens[at].follows_comma]
        if opened:
            end = opened[-1]
    while end and tokens[end - 1].word.lower() in _BETWEEN:
        end -= 1
    run: list[str] = []
    while end and (tokens[end - 1].is_name or _is_inside(tokens[end - 1].word, run)):
        if tokens[end - 1].is_name:
            run.append(tokens[end - 1].word)
        end -= 1
    return tuple(reversed(run))


def _subject(tokens: Sequence[_Token], end: int) -> tuple[str, ...]:
    """Of a verb that follows others: Aurangzeb imprisoned his father and conquered."""
    if not end or not (tokens[end].follows_comma or tokens[end - 1].word in _JOINING):
        return ()
    first = next((at for at in range(end) if tokens[at].is_name), end)
    return _name_after(tokens[:end], first)


def _is_inside(word: str, run: Sequence[str]) -> bool:
    return word in _JOINTS if run else roman(word) is not None


def _name_after(tokens: Sequence[_Token], start: int) -> tuple[str, ...]:
    while start < len(tokens) and tokens[start].word.lower() in _BETWEEN:
        start += 1
    run = []
    while start < len(tokens) and tokens[start].is_name:
        run.append(tokens[start].word)
        start += 1
    return tuple(run)
