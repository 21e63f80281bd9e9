"""The pages that statements are held against, taken apart once for all the statements about them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from books.guidelines.evidence.figures import figures_in
from books.guidelines.evidence.kinds import Thing, things
from books.guidelines.evidence.names import PrintedNames, names
from books.guidelines.evidence.numerals import legible
from books.guidelines.evidence.passages import Sentence, key_of, keys_of, sentences_of
from books.guidelines.evidence.places import Places
from books.guidelines.evidence.printed_figures import PAGE, PrintedFigures
from books.guidelines.evidence.quotes import Found, PrintedBook, as_misread, joined_words
from books.language import content_stems, language_of, stem, words
from books.sentences import Told, told
from books.stored.guideline import Part, Statement

Claim = Statement[int]
# A run of this many of the book's own words is a quotation, not a paraphrase.
COPIED_WORDS = 8
_TERM = re.compile(
    r"^([a-z][a-zß-ÿ]{3,}): [a-z]|(?:^|[.!?]\s)(?:The|An?)\s([a-z]{4,})\s(?:is|are)\s(?:the|an?)\s", re.MULTILINE
)
# A statement tells what its quote tells where it shares this much of its matter.
TELLS = 0.3
# Where a quote stands near the top of a page, this much of the page before counts too, in characters.
TAIL = 400
_CALCULATION = re.compile(r"(?:\d|\b[a-z])\s*[=+×÷·*<>≤≥]\s*[-−\d(a-z]|\d\s*/\s*\d|\d\(\d")


class BookText:
    """The texts at hand of a book's pages by number, the same for all its subtopics."""

    def __init__(self, pages: Mapping[int, str]) -> None:
        self.pages = pages
        self.printed = PrintedBook(pages)
        self._sentences: dict[int, tuple[Sentence, ...]] = {}

    def sentences(self, number: int) -> tuple[Sentence, ...]:
        if number not in self._sentences:
            self._sentences[number] = sentences_of(number, self.pages[number], self.language)
        return self._sentences[number]

    @cached_property
    def whole(self) -> PrintedNames:
        return PrintedNames("\n".join(self.pages.values()))

    @cached_property
    def terms(self) -> dict[str, str]:
        """What the book explains, by key: in a list of terms, or as the first word of what it is."""
        text = joined_words("\n".join(self.pages.values()))
        return {key_of(each.lower()): each for one in _TERM.findall(text) for each in one if each}

    @cached_property
    def language(self) -> str:
        return language_of("\n".join(self.pages.values())[:100_000]) or "en"


@dataclass
class CitedText:
    """Of the pages that a statement cites, behind the end of the page ``before``, taken apart once something is looked
    for in it."""

    before: str
    pages: str
    language: str
    title: str

    @property
    def text(self) -> str:
        return f"{self.before}\n{self.pages}"

    @cached_property
    def figures(self) -> PrintedFigures:
        return PrintedFigures(self.text, self.language)

    @cached_property
    def own_figures(self) -> PrintedFigures:
        """Without the page before."""
        return PrintedFigures(self.pages, self.language) if self.before else self.figures

    @cached_property
    def names(self) -> PrintedNames:
        return PrintedNames(f"{self.text}\n{self.title}")

    @cached_property
    def things(self) -> dict[Thing, str]:
        return things(self.text)


@dataclass
class Material:
    """``own_pages`` are those of the subtopic (all where none is named), ``later_subtopics`` the titles that follow."""

    book: BookText
    own_pages: Sequence[int] = ()
    later_subtopics: Sequence[str] = ()
    title: str = ""
    _cited: dict[tuple[tuple[int, ...], str], CitedText] = field(default_factory=dict)

    @property
    def pages(self) -> Mapping[int, str]:
        return self.book.pages

    @property
    def whole(self) -> PrintedNames:
        return self.book.whole

    @property
    def language(self) -> str:
        return self.book.language

    @cached_property
    def calculates(self) -> bool:
        """Whether the pages set tasks with numbers, so that a check's own numbers are its writer's."""
        shown = self.own_pages or self.pages
        signs = sum(len(_CALCULATION.findall(self.pages.get(number, ""))) for number in shown)
        return signs >= len(shown) / 2

    @cached_property
    def own_figures(self) -> PrintedFigures:
        return PrintedFigures(self._printed(self.own_pages), self.language)

    def _printed(self, numbers: Iterable[int]) -> str:
        return "".join(f"{PAGE}{self.pages.get(number, '')}\n" for number in numbers)

    @cached_property
    def _runs(self) -> set[tuple[str, ...]]:
        shown = self.own_pages or self.pages
        texts = (_said(joined_words(self.pages.get(number, ""))) for number in shown)
        return {run for said in texts for run in _runs(list(map(as_misread, said)))}

    @cached_property
    def _titles(self) -> list[str]:
        return [" ".join(_said(title)) for title in (self.title, *self.later_subtopics) if title.count(" ") > 1]

    def copied_run(self, text: str) -> str:
        """The first run of eight or more words that ``text`` shares with a page, "" where there is none. A title is
        named, not copied."""
        said = f" {' '.join(_said(text))} "
        for title in self._titles:
            said = said.replace(f" {title} ", " | ")
        runs = (run for piece in said.split("|") for run in _runs(piece.split()))
        return next((" ".join(run) for run in runs if tuple(map(as_misread, run)) in self._runs), "")

    @cached_property
    def pages_from_last(self) -> Mapping[int, str]:
        """The pages from the subtopic's last one on."""
        last = max(self.own_pages, default=0)
        return {each: text for each, text in self.pages.items() if each >= last}

    @cached_property
    def following(self) -> frozenset[str]:
        """The stems of the pages from the subtopic's last one on."""
        pages = map(joined_words, self.pages_from_last.values())
        return frozenset(map(stem, words("\n".join(pages))))

    def language_of(self, text: str) -> str:
        """Of a sentence; "" where it is in none that we know: most of its words are none of the book's."""
        if found := language_of(text, book=self.language, printed=self.whole.words):
            return found
        said = words(text)
        if len(said) < 5:
            return self.language
        known = sum(self.whole.is_like_small(word) or self.whole.has(word) for word in said)
        return "" if 2 * known < len(said) else self.language

    def seen(self, part: Part, claim: Claim, found: Sequence[Found]) -> Seen:
        numbers = tuple(sorted({*claim.pages, *(each.page for each in found)} & set(self.pages)))
        before = "\n".join(self._end_before(each.page) for each in found if each.start < TAIL)
        if (numbers, before) not in self._cited:
            self._cited[numbers, before] = CitedText(before, self._printed(numbers), self.language, self.title)
        return Seen(
            part,
            claim,
            self,
            numbers,
            found,
            quoted=" … ".join(each.words for each in found),
            told="\n".join(self.book.printed.pages[each.page].around(each, before=0, after=0) for each in found),
            around="\n".join(self.book.printed.pages[each.page].around(each) for each in found),
            cited=self._cited[numbers, before],
            language=self.language_of(claim.text),
            where=named_pages(numbers),
        )

    def _end_before(self, number: int) -> str:
        """The last lines of the page before, where it is the subtopic's: a name or date is often not said again."""
        return self.pages.get(number - 1, "")[-TAIL:] if number - 1 in self.own_pages else ""


@dataclass(frozen=True)
class Seen:
    """What one statement is held against: ``numbers`` are its pages, ``found`` the places of its quotes, ``quoted``
    these as printed, ``told`` the sentences in which they stand, ``around`` these with others beside them, ``cited``
    all of the cited pages, which ``where`` names."""

    part: Part
    claim: Claim
    material: Material
    numbers: Sequence[int]
    found: Sequence[Found]
    quoted: str
    told: str
    around: str
    cited: CitedText
    language: str
    where: Told

    @cached_property
    def text(self) -> str:
        """The statement's, legible: 1524-25 in full, and a comma with a space parts two numbers."""
        text = re.sub(r"\b(\d\d)(\d\d)([-–/])(\d\d)(?!\d)", r"\1\2\3\1\4", self.claim.text)
        text = re.sub(r"(?<=[A-Z])\d\b", "", text)  # CO2
        return re.sub(r"(?<=\d), (?=\d)", " , ", legible(text))

    @property
    def figures(self) -> PrintedFigures:
        return self.cited.figures

    @property
    def names(self) -> PrintedNames:
        return self.cited.names

    @cached_property
    def near(self) -> PrintedFigures:
        return PrintedFigures(self.around, self.material.language)

    @cached_property
    def quoted_figures(self) -> PrintedFigures:
        return PrintedFigures(self.quoted, self.material.language)

    @cached_property
    def told_figures(self) -> PrintedFigures:
        return PrintedFigures(self.told, self.material.language)

    @cached_property
    def says_year_told(self) -> bool:
        """Whether the statement has a year of the quotes' sentences: another may come from the page before."""
        said = figures_in(self.text, self.language or self.material.language)
        return not self.told_figures.years.isdisjoint(each.value for each in said)

    @cached_property
    def places(self) -> Places:
        cited = [each for number in self.numbers for each in self.material.book.sentences(number)]
        return Places(self.claim.text, cited, self.found, self.material.whole)

    @property
    def is_foreign(self) -> bool:
        return self.language != self.material.language

    def tells(self, least: float = TELLS) -> bool:
        """Whether the statement tells what its quotes' sentences tell, its names apart: a word, and so much of its
        matter at ``least``."""
        return len(self.matter & keys_of(joined_words(self.told))) >= max(1, least * len(self.matter))

    @cached_property
    def matter(self) -> frozenset[str]:
        """The keys of the statement's words of matter, without its names."""
        named = {key for each in names(self.claim.text) for key in keys_of(each.word)}
        return keys_of(self.claim.text) - named

    def share_in(self, text: str) -> float:
        """How much of the statement's matter ``text`` has, 0 to 1."""
        said = set(content_stems(self.claim.text))
        return len(said.intersection(content_stems(text))) / len(said) if said else 0.0


def named_pages(numbers: Iterable[int]) -> Told:
    """page 3, or pages 3, 4."""
    listed = sorted(numbers)
    if not listed:
        return told("the page cited")
    if len(listed) == 1:
        return told("page {page}", page=listed[0])
    return told("pages {numbers}", numbers=", ".join(map(str, listed)))


def not_on(words: str, where: Told) -> Told:
    return told("“{words}” is not on {where}.", words=words, where=where)


def not_as_quoted(said: str, quoted: str) -> Told:
    return told("The quote says {quoted}, the sentence {said}.", quoted=quoted, said=said)


def _said(text: str) -> list[str]:
    """Words and numbers, without the letters of formulas."""
    return [each for each in words(text) if len(each) > 1 or each.isdigit()]


def _runs(said: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(said[at : at + COPIED_WORDS]) for at in range(len(said) - COPIED_WORDS + 1))
