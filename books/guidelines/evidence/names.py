"""The proper names in a sentence, and whether the pages have them: in another form or spelling too. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rapidfuzz.distance import OSA

from books.guidelines.evidence.numerals import roman
from books.guidelines.evidence.quotes import as_misread, joined_words, search_before, squeezed, without_digits
from books.language import is_content, stem
from books.stopwords import STOPWORDS, word_set

_WORD = re.compile(r"[^\W\d_]+(?:['’ʿʾ‘][^\W\d_]+)*")
_PEOPLE = (
    r"(?:(?!Constant|Palest|Cather|Dav|Madr)[^\W\d_]{2,}(?:[aei]an|ish|ese|ite|ic|ki|ine|id)s?"
    r"|[^\W\d_]+[cs]h(?:wo)?m[ae]n|Hindus?|Muslims?|Sikhs?|Catholics?|Protestants?|French|Swiss|(?:Greek|Arab|Turk|Jew|Frank|Slav|Scot|German|Roman|Norman|Ottoman)s?)"
)
# Of what people somebody or something is: the Frankish ruler, Greek authors, the last Byzantine emperor, the Arabs.
_IS_PEOPLE = re.compile(rf"{_PEOPLE}\b")
_IS_OF_PEOPLE = re.compile(rf"{_PEOPLE}(?:(?:(?<=s)|(?<=man)|(?<=men))\b|(?:\s+(?:and|or)\s+{_PEOPLE})?\s+[a-z]{{3,}})")
_DETERMINED = re.compile(
    r"(?:^|[.?!]\s|\b(?:the|an?|his|her|their|its|other|many|some|most|all|both|by|of|with|in))\s?(?:[a-z-]+\s)?$",
    re.IGNORECASE,
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:;]\s|[\"“„«(¿¡]\s*)$")
# Endings of places, of those who live there and of what they believe: Rome and Roman, Kush and Kushite, Shiism, Shiite.
_ENDINGS = word_set(
    "a e ia ea s es us is os um ium y ey o on and land ca ce io en al il n an ian ean ese uese ish ic ite i ine ard ity"
    " man er nian tian vian iot ism ist th k ks ch itic tic otic gal"
)
_IRREGULAR = {
    frozenset(pair.split())
    for pair in (
        "spain spanish", "spain spaniard", "spanish spaniard", "genghis chinggis", "kiev kyiv",
        "uv ultraviolet", "france french", "france frank", "england english", "britain british",
        "wales welsh", "netherlands dutch", "holland dutch", "venice venetian", "turkey turks", "troy trojan",
        "flanders flemish", "naples neapolitan", "moscow muscovite", "judaism jews", "judaism jewish", "judean jew",
        "judea jew", "judean jewish", "judea jewish", "hebrew jew", "islam muslim", "islam muslims", "islam islamic",
        "christ christian", "greece greek", "phoenicia phoenician", "denmark danish", "sweden swedish",
        "ireland irish", "scotland scottish", "scot scottish", "norway norse", "philippines filipino", "roman rome",
        "switzerland swiss", "persian iranian", "persia iran", "ottoman turk", "ottoman turkish",
        "england britain", "english british", "england british", "english britain", "united american", "united america",
        "netherlands holland", "poland polish", "timur tamerlane", "quran koran",
    )
}  # fmt: skip
_PARTNERS: dict[str, set[str]] = {}
for _one, _other in map(tuple, _IRREGULAR):
    _PARTNERS.setdefault(_one, set()).add(_other)
    _PARTNERS.setdefault(_other, set()).add(_one)
# Written with a capital as part of a name or a title, and no claim by themselves.
GENERIC = word_set(
    "king queen emperor empress pope saint st sir lord lady prince princess duke count earl president general "
    "sultan caliph shah tsar czar khan pharaoh prophet bishop battle siege treaty peace war wars empire "
    "kingdom dynasty republic revolution church state city river mount mountain sea ocean lake gulf island "
    "islands world civil cold "
    "north south east west northern southern eastern western central great old new middle ages age era "
    "god gods chapter section unit table figure map example part book volume page january february bce ce bc "
    "ad mr mrs ms dr i celsius fahrenheit european europeans"
)
_COMMON_ENDINGS = (
    "ing", "ed", "ly", "ion", "ions", "ment", "ments", "ness", "ity", "ities", "ers", "ors", "ists", "ants", "ents",
    "ies", "ure", "ures", "age", "ages", "hood", "ship", "ships", "men", "women", "people", "ance", "als", "ives",
    "ths", "gs", "cts",
)  # fmt: skip
# The Restoration, the Enlightenment: what historians call a time, after what was done in it.
_EVENT = re.compile(r"(?:ion|ment|ance|ism)$")
_LANDS = word_set(
    "africa america antarctica arabia argentina asia australia austria belgium bolivia brazil britain bulgaria burma"
    " canada chile china colombia croatia cuba denmark ecuador egypt england ethiopia europe finland france germany"
    " ghana greece haiti holland hungary iceland india indies indonesia iran iraq ireland israel italy japan jordan"
    " kenya korea lebanon libya lithuania mexico mongolia morocco netherlands nigeria norway pakistan palestine"
    " paraguay persia peru poland portugal prussia raj romania russia scotland serbia siberia spain sudan sweden"
    " switzerland syria tunisia turkey ukraine uruguay venezuela vietnam wales"
)
_BEFORE_NOUNS = re.compile(
    r"d(?:ie|er|en|as|em|es)|(?:k?ein|all|viel|wenig|manch|jed)e?[nmrs]?|zwei|drei|vier|fünf|\d+"
)
_FULL = re.compile(r"\b[A-ZÀ-Þ][^\W\d_]+(?=\s(?:vo[nm]\s|zu\s)?([A-ZÀ-Þ][^\W\d_]+))")
_BEHIND_IN = re.compile(r"\b(?:in|at|near|into|nach|en)\s(?:the\s|el\s|la\s)?([A-ZÀ-Þ][^\W\d_]+)")
_BEHIND_THE = re.compile(r"\b[Tt]he\s([A-ZÀ-Þ][^\W\d_]+)")
_INSIDE_SENTENCE = re.compile(r"(?<=[a-zß-ÿ\d,])\s([A-ZÀ-Þ][^\W\d_]+)")
_BEHIND_ARTICLE = re.compile(
    r"\b(?:[Dd](?:er|ie|as|en|em|es)|k?eine?\w?|zu[mr]|[ia]m|vo[mr]|beim)\s(?:(?:[a-zß-ÿ]+|[^\W\d_]+er)\s)?([A-ZÀ-Þ][^\W\d_]+)"
)
_LONG = 6
_INSIDE = re.compile(r"-|\s(?:[IVX]+\s)?(?:(?:of|the|de|von)\s|al-)?")


@dataclass(frozen=True, slots=True)
class Name:
    """It stands in ``text`` from ``start`` on; ``run`` is the name it is part of."""

    word: str
    run: tuple[str, ...]
    text: str
    start: int

    @property
    def is_first(self) -> bool:
        """Whether it begins a sentence, so that its capital tells nothing."""
        return search_before(_SENTENCE_START, self.text, self.start) is not None

    @property
    def is_of_people(self) -> bool:
        """Whether it says of what people somebody or something is (Greek authors)."""
        is_people = _IS_OF_PEOPLE.match(self.text, self.start) is not None
        return is_people and search_before(_DETERMINED, self.text, self.start) is not None


@lru_cache(maxsize=50_000)
def plain(word: str) -> str:
    """In small letters, without accents, apostrophes and a possessive ending."""
    word = re.sub(r"['’]s?$", "", word)
    folded = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in folded if sign.isalpha())


def names(text: str) -> list[Name]:
    """Words with a capital, each with the words with capitals beside it."""
    runs: list[list[re.Match[str]]] = []
    for token in _WORD.finditer(text):
        word = token[0]
        if not word[0].isupper() or len(word) < 2 or roman(word) is not None:
            continue
        if runs and _goes_on(text, runs[-1][-1], token):
            runs[-1].append(token)
        else:
            runs.append([token])
    written = [(run, tuple(each[0] for each in run)) for run in runs]
    return [Name(token[0], words, text, token.start()) for run, words in written for token in run]


def _goes_on(text: str, word: re.Match[str], after: re.Match[str]) -> bool:
    is_inside = _INSIDE.fullmatch(text, word.end(), after.start()) is not None
    return is_inside and not word[0].endswith(("'s", "’s"))


class PrintedNames:
    """The words of the pages' texts, by what they may be read as; ``joined`` are those of names of several words."""

    def __init__(self, text: str) -> None:
        text = without_digits(text)
        self._whole = joined_words(text)
        self._written = _WORD.findall(self._whole)
        parted = _WORD.findall(text) if self._whole != text else ()
        self.words = {*map(plain, {*self._written, *parted})} - {""}

    @cached_property
    def small(self) -> set[str]:
        return {plain(word) for word in {*self._written} if word[0].islower()}

    def has_capital(self, name: str) -> bool:
        return self.has(name) and plain(name) not in GENERIC and not self.has_small(name)

    @cached_property
    def joined(self) -> set[str]:
        return {plain(each.word) for each in names(self._whole) if len(each.run) > 1}

    @cached_property
    def full(self) -> set[str]:
        """Where nouns have capitals: words that end a name of several words, and never stand behind an article."""
        return {*_FULL.findall(self._whole)} - {*_BEHIND_ARTICLE.findall(self._whole)}

    def sort_of(self, name: str) -> str:
        """Place: a land, or what somebody is in, at or near; group: what stands behind an article; else a person."""
        name = re.sub(r"['’]s$", "", name)
        if name in self._places or not _roots(plain(name)).isdisjoint(_LANDS):
            return "place"
        return "group" if name in self._groups else "person"

    @cached_property
    def _places(self) -> set[str]:
        return {*_BEHIND_IN.findall(self._whole)}

    @cached_property
    def _groups(self) -> set[str]:
        return {*_BEHIND_THE.findall(self._whole)}

    @cached_property
    def inside(self) -> set[str]:
        """Words whose capital is not always that of a sentence's first word."""
        return {*_INSIDE_SENTENCE.findall(self._whole)}

    @cached_property
    def _letters(self) -> str:
        return squeezed(self._whole)

    @cached_property
    def _initials(self) -> str:
        return "".join(as_misread(word[0]) for word in map(plain, self._written) if word)

    @cached_property
    def _stems_small(self) -> set[str]:
        return {stem(word) for word in self.small}

    @cached_property
    def _misread(self) -> set[str]:
        return {as_misread(word) for word in self._matter}

    @cached_property
    def _matter(self) -> set[str]:
        """Without words of grammar, which are no form of a name: Andes is not "and", nor Ali "all"."""
        return {word for word in self.words if word not in STOPWORDS}

    @cached_property
    def _capitals(self) -> str:
        return " ".join("".join(plain(word)[:1] for word in each.run) for each in names(self._whole))

    def has(self, name: str) -> bool:
        word = plain(name)
        if not word or word in self.words or as_misread(word) in self._misread:
            return True
        if len(word) >= _LONG and word in self._letters:
            return True
        if name.isupper() and (as_misread(word) in self._initials if len(name) > 2 else word in self._capitals):
            return True
        if not self.words.isdisjoint(_PARTNERS.get(word, ()) or _PARTNERS.get(word.removesuffix("s"), ())):
            return True
        return any(_same_name(word, printed) for printed in self._matter if printed[0] == word[0])

    def has_small(self, name: str) -> bool:
        """Whether the word stands there in small letters, in some form: then it is no proper name."""
        word = plain(name)
        return word in self.small or stem(word) in self._stems_small

    def is_like_small(self, name: str) -> bool:
        """As ``has_small``, or another word in small letters begins alike."""
        word = plain(name)
        start = word[: max(4, min(5, len(word) - 1))]
        return any(each.startswith(start) for each in self.small)


def _same_name(one: str, other: str) -> bool:
    """Plural, people and place, another transliteration, or one slip of a long name."""
    if (
        frozenset((one, other)) in _IRREGULAR
        or frozenset((one.removesuffix("s"), other.removesuffix("s"))) in _IRREGULAR
    ):
        return True
    if _roots(one) & _roots(other):
        return True
    if min(len(one), len(other)) < _LONG:
        if one.replace("y", "i") == other.replace("y", "i"):
            return True
        if len(one) == len(other) > 4 and sorted(one) == sorted(other):  # Nadiu
            return OSA.distance(one, other, score_cutoff=1) <= 1
        others = {pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]}
        return len(one) == len(other) > 3 and len(others) == 1 and set(*others) <= set("aeiouy")
    slips = 2 if min(len(one), len(other)) >= 9 else 1
    return OSA.distance(one, other, score_cutoff=slips) <= slips or _skeleton(one) == _skeleton(other) != ""


@lru_cache(maxsize=50_000)
def _roots(word: str) -> frozenset[str]:
    """The word and, from three letters on, what is left of it without an ending and an s; from four without -us, which
    parts the Indus from India."""
    forms = frozenset((word, word.removesuffix("s"), re.sub("ies$", "y", word)))
    return forms | {
        form[: -len(end)]
        for form in forms
        for end in _ENDINGS
        if form.endswith(end) and len(form) - len(end) >= (4 if end == "us" else 3)
    }


@lru_cache(maxsize=50_000)
def _skeleton(word: str) -> str:
    """Consonants, as transliterations keep them; "" where too few tell anything."""
    signs = word.replace("ph", "f").replace("v", "f").replace("q", "k").replace("c", "k").replace("ou", "u")
    bones = re.sub(r"(.)\1+", r"\1", re.sub(r"(?<=.)[aeiouyhw]", "", signs))
    return bones if len(bones) >= 4 else ""


def unknown_names(text: str, cited: PrintedNames, book: PrintedNames, *, nouns_are_capital: bool) -> Iterator[Name]:
    """Names in ``text`` that the ``cited`` pages do not have. Of a sentence's first word a capital tells nothing:
    whether it is a name is left to ask. A name may be given in full, as Leif Eriksson, where the pages have a part.
    Where nouns have capitals, as in German, only names of several words count."""
    for name in names(text):
        if plain(name.word) in GENERIC or cited.has(name.word) or book.has_small(name.word):
            continue
        others = [each for each in name.run if each != name.word and plain(each) not in GENERIC | STOPWORDS]
        known = [each for each in others if cited.has(each)]
        if known and (book.has(name.word) or not any(plain(each) in cited.joined for each in known)):
            continue
        if len(name.run) == 1 and _EVENT.search(name.word) and re.search(rf"\b[Tt]he {name.word}\b", text):
            continue
        if nouns_are_capital and not any(_are_one(name.word, each, text, len(name.run)) for each in others):
            continue
        yield name


def _are_one(name: str, other: str, text: str, length: int) -> bool:
    """Side by side, neither being a sentence's first word nor, as in "die Lernenden Mandate", two nouns in a row."""
    one, two = re.escape(name), re.escape(other)
    beside = re.search(rf"(\w+),? (?:{one} {two}|{two} {one})\b", text)
    return beside is not None and not (length == 2 and _BEFORE_NOUNS.fullmatch(beside[1]))


def peoples(text: str) -> Iterator[str]:
    """The words for peoples, and for what is theirs, in ``text``."""
    return (each.word for each in names(text) if _IS_PEOPLE.fullmatch(each.word))


def is_commonly_known(word: str) -> bool:
    """A land or people, an order or school, an event: what a writer knows without the book, and no person or town."""
    is_people = any(peoples(word)) or re.fullmatch(r"[^\W\d_]+(?:[^saiu]s|ards?|uits?)", word)
    return bool(is_people or _EVENT.search(word)) or not _roots(plain(word)).isdisjoint(_LANDS)


def may_be_name(word: str) -> bool:
    """Whether a sentence's first word looks like a name: no grammar, no plural and none of a common noun's endings."""
    small = word.lower()
    return is_content(small) and not small.endswith(_COMMON_ENDINGS) and not re.search(r"[bcdfghklmnpqrtvw]s$", small)
