"""Words, stems and sentences for text of any subject, without a model or a download."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from itertools import chain

from books.stopwords import BOOKISH, STOPWORDS, word_set

# Letters may carry combining signs (Devanagari, Tamil, Arabic, Thai) that Python does not count as word characters.
_WORD = re.compile(
    r"[^\W\d_]+(?:(?:[\u0300-\u036f\u0610-\u065f\u0900-\u0dff\u0e30-\u0e4e\u200c\u200d]|['’](?=\w))[^\W\d_]*)*"
)
_UNSPACED = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff"
_SEARCHED = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_MONTH = r"(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Jahrhundert)"
# Not behind "Mr.", the number of an item or within "am 24. Mai".
_SENTENCE_END = re.compile(
    r"(?<!^\d)(?<!^\d\d)(?<!\bMr)(?<!\bMrs)(?<!\bDr)(?<!\bSt)(?<!\bProf)(?<!\bFig)([.!?。।؟][\"”’»)]*)\s+(?=[^\s\da-z])"
    rf"(?!Chr\b|(?:(?<=\s\d\.\s)|(?<=\s\d\d\.\s)){_MONTH})"
)
_VOWEL = re.compile(r"[aeiouyáéíóú]")
_SUFFIXES = (
    "ization", "isation", "ational", "fulness", "iveness", "ation", "ition", "ments", "ment", "ness", "ings", "ions",
    "ing", "ion", "ism", "ist", "ity", "ies", "ied", "ive", "ous", "ful", "ble", "ers", "est", "al", "ed", "er", "es",
    "ly", "ic", "or", "s", "y", "e",
)  # fmt: skip


def search_words(text: str) -> str:
    """What a search compares: small letters and digits, each word behind a space, so that words are found by their
    beginning. Letters of scripts without spaces are words of their own."""
    return "".join(f" {word}" for word in _SEARCHED.findall(text.casefold()))


def words(text: str) -> list[str]:
    """Lower-case words in order; digits and symbols left out."""
    # A line a word, so that each has its own small letters (a Greek s is another at a word's end).
    return "\n".join([*_WORD.findall(text), ""]).lower().replace("’", "'").replace("'s\n", "\n").split()


def letters(text: str) -> int:
    """How many letters, with the signs that some scripts join to them."""
    return sum(unicodedata.category(character)[0] in "LM" for character in text)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A rough stem: forms of a word meet, a stem is not always a word."""
    for suffix in _SUFFIXES:
        root = word[: -len(suffix)]
        if word.endswith(suffix) and len(root) >= 4 and _VOWEL.search(root):
            return root[:-1] if root[-1] == root[-2] and root[-1] not in "ls" else root.removesuffix("i")
    return word


def is_content(word: str) -> bool:
    return word not in STOPWORDS and word not in BOOKISH and (len(word) > 2 or not word.isascii())


def content_stems(text: str) -> list[str]:
    return [stem(word) for word in words(text) if is_content(word)]


def term_counts(text: str) -> dict[str, int]:
    """Stemmed content words and their counts, most frequent first."""
    return dict(Counter(content_stems(text)).most_common())


def sentences(text: str) -> list[str]:
    """Sentences of running text; a line end is a space."""
    flat = re.sub(r"(?<=[^\W\d_])-\n(?=[a-z])", "", text)
    return [part for part in _SENTENCE_END.sub(r"\1\n", " ".join(flat.split())).split("\n") if part]


# Words that join others in a sentence; a row of words without any is none.
GRAMMAR = word_set(
    "a an the of and to in is are was were that with for by from as it its be been not or this these those which who on"
    " at has have had when can do does did will would may must than then into their they them between under over only"
    " how what why where there here also each every other such using containing involving including called before after"
    " about no nor but if so because while until during without within against through whose he she his her we our you"
    " your another some any all both either more most less many much very"
)
_OF_LANGUAGE = {
    "en": GRAMMAR,
    "de": word_set(
        "der die das und ist sind ein eine einen einem einer den dem des von zu mit nicht auf für wird werden wurde"
        " wurden im in sich als auch bei aus nach um am an war hat er sie es wie oder zur zum über unter vor durch bis"
        " ab seit sein seine kein keine nur noch wer was wo dass daß wenn beim vom sollen können könnten"
    ),
    "es": word_set(
        "el la los las de del que y en un una es son se con por para no su sus al como más fue lo entre sobre a o sin"
        " desde hasta hacia cuando qué quién cuál cuántos cuántas era eran según donde ya sino pero"
    ),
    "fr": word_set(
        "le la les des et est sont un une du de dans en que pour pas sur avec au aux qui par il elle ce cette ne se son"
        " sa ses ou où à était fut plus comme leur"
    ),
}  # fmt: skip


_OF_ONE = frozenset(word for word, n in Counter(chain.from_iterable(_OF_LANGUAGE.values())).items() if n == 1)


def grammar_of(language: str) -> frozenset[str]:
    """Words that join others in a sentence of ``language``."""
    return _OF_LANGUAGE.get(language, GRAMMAR)


def language_of(text: str, *, book: str = "", printed: Collection[str] = ()) -> str:
    """en, de, es or fr by the words of grammar in ``text``, first by those that no other of them has; "" where too few
    tell. Of a sentence about a book in the language ``book`` one word of another language tells enough, but not one
    that the book has ``printed``."""
    said = Counter(words(text))
    counts = {}
    for name, known in _OF_LANGUAGE.items():
        found = {word: n for word, n in said.items() if word in known and (name == book or word not in printed)}
        counts[name] = sum(n for word, n in found.items() if word in _OF_ONE), sum(found.values())
    (best, most), (_, second) = sorted(counts.items(), key=lambda each: each[1], reverse=True)[:2]
    return best if most[1] >= (1 if book else 2) and most > second else ""


# As Tesseract calls them. Books in vertical lines are read from the right too.
FROM_RIGHT = {"ara", "div", "fas", "heb", "pus", "snd", "syr", "uig", "urd", "yid"}


def reads_from_right(language: str) -> bool:
    """Whether the right one of two facing pages is the first in a book in ``language``."""
    first = language.partition("+")[0]
    return first in FROM_RIGHT or first.endswith("_vert")
