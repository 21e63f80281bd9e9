"""The proper names in a sentence, and whether the pages have them: in another form or spelling too. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from books.guidelines.evidence.quotes import joined_words, squeezed
from books.language import is_content, stem
from books.stopwords import word_set

_WORD = re.compile(r"[^\W\d_]+(?:['’ʿʾ‘][^\W\d_]+)*")
_PEOPLE_OF = re.compile(r"(?:[A-Z]\w+(?:an|ish|ese|ic|i)|Greek|French|Dutch|Arab|Jewish|Turkic)\s+[a-z]+")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;]\s|[\"“„«(¿¡]\s*)$")
# What a machine takes for another, folded alike on both sides.
_MISREAD = (
    ("rn", "m"),
    ("vv", "w"),
    ("cl", "d"),
    ("0", "o"),
    ("1", "l"),
    ("i", "l"),
    ("j", "l"),
    ("5", "s"),
    ("8", "b"),
)
# Endings of places and of those who live there: Rome and Roman, Kush and Kushite, Egypt and Egyptians.
_PLACE = frozenset({"", *word_set("a e ia s es us is os um ium y ey o on land ca ce io en")})
_PEOPLE = word_set(
    "n an ian ean ese ish ic ite i ine ard man er nian tian iot ism ist ists ns ans cs ics th k ks ch itic tic otic"
)
_IRREGULAR = {
    frozenset(pair.split())
    for pair in (
        "spain spanish", "spain spaniards", "france french", "france frank", "england english", "britain british",
        "wales welsh", "netherlands dutch", "holland dutch", "venice venetian", "turkey turks", "troy trojan",
        "flanders flemish", "naples neapolitan", "moscow muscovite", "judaism jews", "judaism jewish", "judean jew",
        "judea jew", "judean jewish", "judea jewish", "hebrew jew", "islam muslim", "islam muslims", "islam islamic",
        "christ christian", "greece greek", "phoenicia phoenician", "denmark danish", "sweden swedish",
        "ireland irish", "scotland scottish", "norway norse", "philippines filipino", "roman rome", "quran koran",
    )
}  # fmt: skip
# Written with a capital as part of a name or a title, and no claim by themselves.
_GENERIC = word_set(
    "king queen emperor empress pope saint st sir lord lady prince princess duke count earl president general "
    "sultan caliph shah tsar czar khan pharaoh prophet bishop battle siege treaty peace war wars empire "
    "kingdom dynasty republic revolution church state city river mount mountain sea ocean lake gulf island "
    "islands north south east west northern southern eastern western central great old new middle ages age era "
    "god gods chapter section unit table figure map example part book volume page january february bce ce bc "
    "ad mr mrs ms dr i roman english latin"
)
_COMMON_ENDINGS = (
    "ing", "ed", "ly", "ion", "ions", "ment", "ments", "ness", "ity", "ities", "ers", "ors", "ists", "ants", "ents",
    "ies", "ure", "ures", "hood", "ship", "ships", "men", "women", "people", "ance", "als", "ives", "ths", "gs", "cts",
)  # fmt: skip
_LONG = 6


@dataclass(frozen=True, slots=True)
class Name:
    """``is_first`` where it begins a sentence, so that its capital tells nothing; ``run`` is the name it is part of;
    ``is_adjective`` where it says of what people somebody or something is (Greek authors)."""

    word: str
    is_first: bool
    run: tuple[str, ...]
    is_adjective: bool


def plain(word: str) -> str:
    """In small letters, without accents, apostrophes and a possessive ending."""
    word = re.sub(r"['’]s?$", "", word)
    folded = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in folded if sign.isalpha())


def names(text: str) -> list[Name]:
    """Words with a capital, each with the words with capitals beside it."""
    runs: list[list[re.Match[str]]] = []
    for token in _WORD.finditer(text):
        if not token.group()[0].isupper() or len(token.group()) < 2:
            continue
        joined = runs and text[runs[-1][-1].end() : token.start()] in (
            " ",
            "-",
            " of ",
            " the ",
            " de ",
            " von ",
            " al-",
        )
        runs[-1].append(token) if joined else runs.append([token])
    return [
        Name(
            token.group(),
            bool(_SENTENCE_START.search(text[: token.start()])),
            tuple(each.group() for each in run),
            bool(_PEOPLE_OF.match(text, token.start())),
        )
        for run in runs
        for token in run
    ]


class PrintedNames:
    """The words of the pages' texts, by what they may be read as."""

    def __init__(self, text: str) -> None:
        whole = joined_words(text)
        self._letters = squeezed(whole)
        self._words = {plain(word) for part in (whole, text) for word in _WORD.findall(part)} - {""}
        self._small = {plain(word) for word in _WORD.findall(whole) if word[0].islower()}
        self.stems = {stem(word) for word in self._small}
        self._misread = {_misread(word) for word in self._words}
        self._initials = "".join(word[0] for word in map(plain, _WORD.findall(whole)) if word)

    def has(self, name: str) -> bool:
        word = plain(name)
        if not word or word in self._words or _misread(word) in self._misread:
            return True
        if len(word) >= _LONG and word in self._letters:
            return True
        if name.isupper() and len(name) > 2 and word in self._initials:
            return True
        if any(frozenset((word, printed)) in _IRREGULAR for printed in self._words):
            return True
        return any(_same_name(word, printed) for printed in self._words if printed[0] == word[0])

    def has_small(self, name: str) -> bool:
        """Whether the word stands there in small letters, in some form: then it is no proper name."""
        word = plain(name)
        return word in self._small or stem(word) in self.stems

    def is_like_small(self, name: str) -> bool:
        """As ``has_small``, or another word in small letters begins alike."""
        word = plain(name)
        start = word[: max(4, min(5, len(word) - 1))]
        return any(each.startswith(start) for each in self._small)


def _misread(word: str) -> str:
    for seen, meant in _MISREAD:
        word = word.replace(seen, meant)
    return word


def _same_name(one: str, other: str) -> bool:
    """Plural, people and place, another transliteration, or one slip of a long name."""
    if (
        frozenset((one, other)) in _IRREGULAR
        or frozenset((one.removesuffix("s"), other.removesuffix("s"))) in _IRREGULAR
    ):
        return True
    shared = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    ends = one[shared:], other[shared:]
    if shared >= 3 and (_is_derived(*ends) or _is_derived(ends[1], ends[0])):
        return True
    if min(len(one), len(other)) < _LONG:
        others = {pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]}
        return len(one) == len(other) > 3 and len(others) == 1 and set(*others) <= set("aeiouy")
    slips = 2 if min(len(one), len(other)) >= 9 else 1
    return Levenshtein.distance(one, other, score_cutoff=slips) <= slips or _skeleton(one) == _skeleton(other) != ""


def _is_derived(place: str, people: str) -> bool:
    return place in _PLACE and ((people in {"", "s", "es"} and place == "") or people.removesuffix("s") in _PEOPLE)


def _skeleton(word: str) -> str:
    """Consonants, as transliterations keep them; "" where too few tell anything."""
    signs = word.replace("ph", "f").replace("q", "k").replace("c", "k").replace("ou", "u")
    bones = re.sub(r"(.)\1+", r"\1", re.sub(r"(?<=.)[aeiouyhw]", "", signs))
    return bones if len(bones) >= 4 else ""


def unknown_names(text: str, cited: PrintedNames, book: PrintedNames, *, nouns_are_capital: bool) -> Iterator[Name]:
    """Names in ``text`` that the ``cited`` pages do not have. Of a sentence's first word a capital tells nothing:
    whether it is a name is left to ask. Where nouns have capitals, as in German, only names of several words count."""
    for name in names(text):
        if plain(name.word) in _GENERIC or cited.has(name.word) or book.has_small(name.word):
            continue
        others = [each for each in name.run if each != name.word and plain(each) not in _GENERIC]
        if book.has(name.word) and any(cited.has(each) for each in others):
            continue
        if nouns_are_capital and not others:
            continue
        if name.is_adjective and book.has(name.word):
            continue
        yield name


def may_be_name(word: str) -> bool:
    """Whether a sentence's first word looks like a name: no grammar, no plural and none of a common noun's endings."""
    small = word.lower()
    return is_content(small) and not small.endswith(_COMMON_ENDINGS) and not re.search(r"[bcdfghklmnpqrtvw]s$", small)
