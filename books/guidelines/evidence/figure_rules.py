"""What a statement's numbers, dates and units have against them, held against the pages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from books.guidelines.evidence.figures import Figure, figures, figures_in, legible
from books.guidelines.evidence.material import Seen, not_on
from books.guidelines.evidence.names import names
from books.guidelines.evidence.printed_figures import PrintedFigures, shared_nouns
from books.language import stem
from books.sentences import joined, told
from books.stopwords import word_set
from books.stored.guideline import Finding, FindingKind, Part

_IS_SHAPE = re.compile(
    r"-(?:digit|step|place|figure|part|term|sided|dimensional|column|way|fold)"
    r"|\s(?:digits?|unknowns?|variables?|steps?)\b"
)
_IS_TIMES = re.compile(r"\stimes\s(?:as|more|the|larger|bigger|smaller|less|faster)\b|-?fold\b")
_BOUND = re.compile(r"(?:up to|below|within|under|less than|above|over|beyond|at most|to|until)\s(?:a\s)?$", re.I)
_ASKS_FOR = re.compile(r"\b(?:name|list|give|find|state|mention|describe|identify|write|compare)\s(?:\w+\s)?$", re.I)
_SUPPOSES = re.compile(r"(?:if|suppose|imagine|wenn|angenommen|si)\b", re.IGNORECASE)
_ASKS_WHY = re.compile(r"(?:explain )?why|warum|¿?por qué", re.IGNORECASE)
# How far a page's number may be from one that is said so, as shares of it; the last one is of a conversion.
_LOOSE = (
    (
        re.compile(
            r"\b(?:less than|fewer than|under|below|almost|nearly|menos de|casi|weniger als|fast|knapp)\s$", re.I
        ),
        0.8,
        1.0,
    ),
    (re.compile(r"\b(?:more than|over|above|más de|mehr als|über|gut|well over)\s$", re.I), 1.0, 1.34),
    (
        re.compile(
            r"\b(?:about|around|roughly|some|approximately|etwa|rund|ungefähr|unos|unas|cerca de|hacia|um)\s$", re.I
        ),
        0.95,
        1.05,
    ),
    (re.compile(""), 0.999, 1.001),
)
_ABOUT_YEAR = re.compile(
    r"\b(?:about|around|circa|c\.|roughly|um|hacia)\s(?:the\syear\s|el\saño\s|das\sJahr\s)?$", re.IGNORECASE
)
# What a writer counts: matter for tasks in any number, matter of structure in small ones.
_OF_TASKS = frozenset(
    map(
        stem,
        word_set(
            "tasks exercises problems questions examples figures maps pages sentences paragraphs words dates names"
            " facts battles rulers topics"
        ),
    )
)
_STRUCTURE = frozenset(
    map(
        stem,
        word_set(
            "way ways step steps form forms kind kinds type types sort sorts side sides part parts sentence reason"
            " reasons case cases sense senses task sentences example question group groups stage stages line lines"
            " number numbers digit digits unknown unknowns variable term terms quantities letters"
        ),
    )
)
# Two numbers make a third up to here, or what is said to be more or fewer.
_MOST_MADE, _MORE = (
    100,
    re.compile(r"\b(?:more|fewer|less|mehr|weniger|más|menos|in all|together|insgesamt)\b", re.IGNORECASE),
)
_YEARS = re.compile(r"\b(?:years?|Jahren?|años)\b")
# Up to here a number in words may be the writer's own count.
_SMALL = 12


def figure_findings(seen: Seen) -> Iterator[Finding]:
    """Numbers that are neither on the cited pages nor follow from what stands there, units and eras that are others."""
    text = legible(seen.claim.text)
    said = figures_in(text, seen.language or seen.material.language)
    if not said:
        return
    has_own = (seen.material.calculates or _SUPPOSES.match(text)) and seen.part in (Part.CHECKS, Part.MISCONCEPTIONS)
    counted = {one.start: other for one, other in shared_nouns(said, seen.near.figures)}
    for figure in said:
        if has_own and figure.kind == "number" and not figure.era:
            if _is_altered(figure, seen):
                yield _not_printed(figure, seen)
        elif _is_count(figure, text, seen):
            if figure.value != 1 and figure.start in counted and not seen.figures.counts(figure):
                yield _not_printed(figure, seen, counted[figure.start].written)
        elif _follows(figure, text, seen):
            continue
        elif not _is_printed(figure, seen):
            yield _not_printed(figure, seen)
        elif figure.start in counted and not (figure.unit or figure.is_year or seen.figures.counts(figure)):
            yield _not_printed(figure, seen, counted[figure.start].written)
        elif figure.unit and not seen.figures.has_unit(figure, seen.near):
            sentence = told(
                "“{figure}” with this unit ({unit}) is not on {where}.",
                figure=figure.written,
                unit=str(figure.unit),
                where=seen.where,
            )
            yield Finding(FindingKind.NUMBER, sentence)
    yield from _other_year(said, seen)


def _is_printed(figure: Figure, seen: Seen) -> bool:
    """A ruler's number is part of a name, which is given once for all."""
    if figure.written.isupper() and figure.is_ordinal and figure.kind == "number":
        name = re.compile(rf"\b{re.escape(figure.before)}\s+{re.escape(figure.written)}\b", re.IGNORECASE)
        nth = any(each.is_ordinal and each.value == figure.value for each in seen.figures.figures)
        return nth or any(name.search(text) for text in seen.material.pages.values())
    return seen.figures.bears_out(figure) or (seen.part == Part.DEPTH and figure.value in seen.figures.labels)


def _follows(figure: Figure, text: str, seen: Seen) -> bool:
    """Whether the number follows from those of the quotes and the sentences around them: rounded, in another unit, as a
    sum, or as the years between a date of the quotes and one of the pages."""
    quoted, told = (PrintedFigures(each, seen.material.language) for each in (seen.quoted, seen.told))
    is_span = figure.unit == "year" or (seen.part == Part.CHECKS and bool(_YEARS.search(text)) and not figure.is_year)
    if seen.near.follows(figure):
        return True
    may_be_made = not (seen.material.calculates or figure.is_date) and (
        figure.value <= _MOST_MADE or _MORE.search(text)
    )
    if may_be_made and quoted.gives(figure):
        return True
    if is_span and any(abs(one - other) == figure.value for one in told.years for other in seen.figures.years):
        return True
    before = text[: figure.start]
    if figure.is_year:
        return figure.value % 10 == 0 and bool(_ABOUT_YEAR.search(before)) and seen.near.is_near_year(figure)
    if figure.kind != "number" or figure.is_date:
        return False
    return any(said.search(before) and seen.near.about(figure, low, high) for said, low, high in _LOOSE)


def _is_count(figure: Figure, text: str, seen: Seen) -> bool:
    """Whether the number counts what the writer sees rather than repeats what the page says."""
    after = text[figure.end :]
    if _IS_TIMES.match(after) or (figure.noun in _OF_TASKS and not figure.is_date):
        return True
    is_bound = figure.is_round and _BOUND.search(text[: figure.start])
    if seen.material.calculates and (_IS_SHAPE.match(after) or is_bound):
        return True
    if seen.part == Part.DEPTH and figure.value < 1 and not seen.material.calculates:
        return True
    if not figure.is_word or figure.kind != "number":
        return False
    if seen.part == Part.DEPTH or figure.value == 1 or _ASKS_FOR.search(text[: figure.start]):
        return True
    return figure.value <= _SMALL and (figure.value == 2 or figure.noun in _STRUCTURE)


def _is_altered(figure: Figure, seen: Seen) -> bool:
    """Whether a number in a task, which may be the writer's own, is one of the page's changed: in a question why that
    names a person of the page."""
    if seen.figures.bears_out(figure) or not _ASKS_WHY.match(seen.claim.text):
        return False
    return any(not each.is_first and seen.names.has(each.word) for each in names(seen.claim.text))


def _other_year(said: Sequence[Figure], seen: Seen) -> Iterator[Finding]:
    """The sentence tells what its quote tells, and each names one year, but not the same."""
    dates = [each for each in said if each.is_date and each.kind == "number"]
    quoted = [each for each in figures(seen.quoted, seen.material.language) if each.is_date and each.kind == "number"]
    if seen.part != Part.CONCEPTS or len(dates) != 1 or len(quoted) != 1 or dates[0].value == quoted[0].value:
        return
    if seen.figures.bears_out(dates[0]) and dates[0].value not in seen.near.eras and seen.share_in(seen.quoted) >= 0.5:
        years = {"quoted": quoted[0].shown, "said": dates[0].shown}
        yield Finding(FindingKind.NUMBER, told("The quote says {quoted}, the sentence {said}.", **years))


def _not_printed(figure: Figure, seen: Seen, other: str = "") -> Finding:
    said = [not_on(figure.shown, seen.where)]
    eras = seen.figures.eras.get(figure.value, set()) - {""}
    if other:
        said.append(told("The quote says “{words}”.", words=other))
    elif figure.era and eras:
        said.append(told("There it is {figure} {eras}.", figure=figure.written, eras=" / ".join(sorted(eras))))
    return Finding(FindingKind.NUMBER, joined(said, " ") if len(said) > 1 else said[0])
