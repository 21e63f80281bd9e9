"""What a statement's numbers, dates and units have against them, held against the pages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from books.guidelines.evidence.derived import Derivation
from books.guidelines.evidence.figures import Figure, figures_in
from books.guidelines.evidence.material import Seen, not_as_quoted, not_on
from books.guidelines.evidence.names import names
from books.guidelines.evidence.printed_figures import shared_nouns, with_shared_units
from books.guidelines.evidence.spans import period
from books.guidelines.evidence.tasks import given_figures
from books.guidelines.evidence.units import MONTHS
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
_SUPPOSES = re.compile(r"^it is\b|\b(?:if|suppose|imagine|wenn|angenommen|si)\b", re.IGNORECASE)
_ASKS_WHY = re.compile(r"(?:explain )?why|warum|¿?por qué", re.IGNORECASE)
_NUMBERED = word_set("example exercise it table figure section chapter unit problem task prepared")
_MINUS = r"[-‐‑‒–—−~]?\s?"
_IS = re.compile(rf"(?<![^\W\d_])([a-zA-Z])\s?=\s?{_MINUS}(\d+(?:[.,/]\d+)*)(?![\w(]|\s?[-+−–—*/·×÷])")
_FACTOR = re.compile(r"\(([a-z])\s?[-+‐‑‒–—−~]\s?(\d+)\)")
_POINT = re.compile(rf"\({_MINUS}(\d+(?:[./]\d+)?)\s?,\s?{_MINUS}(\d+(?:[./]\d+)?)\)")
_FULL_DATE = re.compile(r"\b(\d{1,2}|[^\W\d_]{3,}) (?:de )?(\d{1,2}|[^\W\d_]{3,}) ?,? (?:de )?(\d{3,4})\b")
_MONTH_YEAR = re.compile(rf"\b({'|'.join(MONTHS)}),? (?:de )?(\d{{3,4}})\b")
# A one that a machine took for a letter.
_ONE = re.compile(r"(?<![^\W_])[lI|](?![^\W_])")
_THOUGHT = re.compile(
    r"\b(?:wrong|mistaken|not true|myth|think|thinks|believe|believes|assume|assumes|say|says|confuse|confuses|suppose"
    r"|expect|glauben|denken|meinen|creen"
    r"|piensan|croit|croient|pense|pensent)\b",
    re.IGNORECASE,
)
_CORRECTION = re.compile(r"[.;:]\s|,\s(?:but|whereas|although|while|aber|doch|pero|mais|whose|when|not)\b|\s[–—]\s")
_LIST = re.compile(r"[^.;:(]*(?::|\(|\s[–—])\s?([^.;:()–—]+)")
_ROW = re.compile(r"[^,.;:()]+?(?:,\s[^,.;:()]+?)+?,?\s(?:and|und|y|et)\s")
_BETWEEN = re.compile(r",?\s(?:and|or|und|oder|y|o|et|ou)\s|,\s")
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
OF_WRITERS = _OF_TASKS | _STRUCTURE
# Up to here a number in words may be the writer's own count.
_SMALL = 12


def figure_findings(seen: Seen) -> Iterator[Finding]:
    """Numbers that are neither on the cited pages nor follow from what stands there, units and eras that are others."""
    text = seen.text
    said = list(_as_printed(figures_in(text, seen.language or seen.material.language), seen))
    if not said:
        return
    may_have_own = seen.part in (Part.CHECKS, Part.MISCONCEPTIONS)
    has_own = may_have_own and (seen.material.calculates or _supposes(seen.part, text))
    derived = Derivation(seen, said)
    of_error = _end_of_error(seen, text)
    given = {each.start for each in given_figures(seen, said, derived)}
    counted = {one.start: other for one, other in shared_nouns(said, seen.near.figures)}
    for figure in said:
        quoted = "" if figure.start in counted else seen.told
        if figure.start < of_error or figure.start in given or is_listed(figure, text, quoted):
            continue
        is_otherwise = figure.start in counted and not figure.unit
        if has_own and figure.kind == "number" and not figure.era:
            yield from [_not_printed(figure, seen)] if _is_altered(figure, seen) else []
        elif other := _others_place(figure, said, derived, is_otherwise=is_otherwise):
            yield other
        elif _is_count(figure, text, seen):
            is_other = figure.value != 1 and figure.start in counted and not seen.figures.counts(figure)
            if is_other and not derived.follows(figure, is_counted_otherwise=not figure.unit):
                yield _not_printed(figure, seen, counted[figure.start].written)
        elif derived.follows(figure, is_counted_otherwise=is_otherwise):
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
    yield from _other_date(seen)
    yield from _other_period(seen, said)
    if seen.part not in (Part.CHECKS, Part.MISCONCEPTIONS):
        yield from _other_solution(text, seen)


def _as_printed(said: Sequence[Figure], seen: Seen) -> Iterator[Figure]:
    """Of 2 to 3 million the first in full, where the pages have it so."""
    full = {each.start: each for each in with_shared_units(said, seen.text)}
    for each in said:
        is_full = full[each.start].value != each.value and seen.figures.bears_out(full[each.start])
        yield full[each.start] if is_full else each


def _others_place(figure: Figure, said: Sequence[Figure], derived: Derivation, *, is_otherwise: bool) -> Finding | None:
    """That the number, or its unit, stands where the quotes' sentence has another. A year of this sentence is its own,
    and so is the one number where one is told with its unit, whatever it follows from."""
    seen = derived.seen
    if other := seen.places.other_unit(figure):
        shown = f"{figure.shown} {figure.unit}", f"{other.shown} {other.unit or other.noun}"
        return Finding(FindingKind.NUMBER, not_as_quoted(*shown))
    is_alone = len(said) == 1 and sum(each.unit == figure.unit != "" for each in seen.told_figures.figures) == 1
    is_its_own = is_alone or seen.places.is_in_rows or (figure.is_year and figure.value in seen.told_figures.eras)
    is_any = not (figure.unit or figure.is_date or figure.is_day)
    if (is_any and seen.part == Part.DEPTH) or _is_count(figure, seen.text, seen):
        return None
    other = seen.places.other_figure(figure, said)
    if other is None or not (is_its_own or not derived.follows(figure, is_counted_otherwise=is_otherwise)):
        return None
    return Finding(FindingKind.NUMBER, not_as_quoted(figure.shown, other.shown))


def _supposes(part: Part, text: str) -> bool:
    """Whether its writer sets a case: in a check anywhere, elsewhere from the first word on."""
    return bool((_SUPPOSES.search if part == Part.CHECKS else _SUPPOSES.match)(text))


def _is_printed(figure: Figure, seen: Seen) -> bool:
    """A ruler's number is part of a name, which is given once for all."""
    if figure.written.isupper() and figure.is_ordinal and figure.kind == "number":
        named = re.compile(rf"\b{re.escape(figure.before)}\s+([IVXLC1|]+)(?!\w)", re.IGNORECASE)
        numerals = {_read_as(number) for text in seen.material.pages.values() for number in named.findall(text)}
        nth = any(each.is_ordinal and each.value == figure.value for each in seen.figures.figures)
        is_of_thing = seen.material.whole.has_small(figure.before)  # an act, no king
        return figure.written in numerals or (nth and (is_of_thing or not numerals))
    eras = {each.era for each in seen.told_figures.figures if (each.kind, each.value) == (figure.kind, figure.value)}
    if figure.era and eras and eras.isdisjoint(("", figure.era)):
        return False
    nths = {each.value for each in seen.told_figures.figures if _is_nth(each)} if _is_nth(figure) else ()
    if nths:
        return figure.value in nths
    is_misplaced = figure.is_year and bool(seen.told_figures.years) and not seen.says_year_told
    if (seen.cited.own_figures if is_misplaced else seen.figures).bears_out(figure):
        return True
    is_of_subtopic = seen.part in (Part.DEPTH, Part.PREREQUISITES)
    if (is_of_subtopic or figure.before in _NUMBERED) and figure.value in seen.figures.labels:
        return True
    return is_of_subtopic and seen.material.own_figures.bears_out(figure)


def _read_as(numeral: str) -> str:
    """A ruler's number, where a machine took I for l or 1."""
    return re.sub(r"[l1|]", "I", numeral).upper()


def _is_nth(figure: Figure) -> bool:
    """The second, the third: neither a half nor a day, nor the first, which is said of much."""
    is_part = figure.written.lower().startswith(("hal", "quarter"))
    return figure.is_ordinal and figure.kind == "number" and figure.value > 1 and not (figure.is_day or is_part)


def _end_of_error(seen: Seen, text: str) -> int:
    """Up to where a misconception tells what is wrong, which may name any number; what is right follows."""
    if seen.part != Part.MISCONCEPTIONS:
        return 0
    thought = _THOUGHT.search(text)
    right = _CORRECTION.search(text, thought.end() if thought else 0)
    return right.start() if right else len(text) if thought else 0


def is_listed(figure: Figure, text: str, told: str) -> bool:
    """Whether the number is that of the things that the sentence itself goes on to list, or that the sentence ``told``
    has."""
    if figure.is_ordinal or figure.is_date:
        return False
    listed = _LIST.match(text, figure.end)
    if listed and 1 < figure.value == len(_BETWEEN.split(listed[1])):
        return True
    rows = [len(_BETWEEN.split(row[0])) for row in _ROW.finditer(told)] if figure.is_word and figure.value > 2 else []
    # What stands before the first comma may be "In 1758".
    return any(figure.value in (count, count - 1) for count in rows)


def _is_count(figure: Figure, text: str, seen: Seen) -> bool:
    """Whether the number counts what the writer sees rather than repeats what the page says."""
    after = text[figure.end :]
    is_again = figure.is_ordinal and figure.before == "a" and figure.noun == "time"
    if is_again or _IS_TIMES.match(after) or (figure.noun in _OF_TASKS and not figure.is_date):
        return True
    is_bound = figure.is_round and _BOUND.search(text[: figure.start]) and not seen.told_figures.bears_out(figure)
    if seen.material.calculates and (_IS_SHAPE.match(after) or is_bound):
        return True
    if seen.part == Part.DEPTH and figure.value < 1 and not seen.material.calculates:
        return True
    if not figure.is_word or figure.kind != "number" or (_is_nth(figure) and figure.noun not in _STRUCTURE):
        return False
    if seen.part == Part.DEPTH or figure.value == 1:
        return True
    return figure.value <= _SMALL and (figure.value == 2 or figure.noun in _STRUCTURE)


def _is_altered(figure: Figure, seen: Seen) -> bool:
    """Whether a number in a task, which may be the writer's own, is one of the page's changed: in a question why that
    names a person of the page, or another number with a unit that the quote's sentence has."""
    if seen.figures.bears_out(figure) or not _ASKS_WHY.match(seen.claim.text):
        return False
    told = {(each.value, each.unit) for each in seen.told_figures.figures if each.unit}
    if figure.unit and any((each.value, each.unit) in told for each in figures_in(seen.text, seen.language)):
        return True
    return any(not each.is_first and seen.names.has(each.word) for each in names(seen.claim.text))


def _other_date(seen: Seen) -> Iterator[Finding]:
    """The quote's sentence has another year for this day of a month."""
    said = list(_full_dates(seen.text))
    printed = dict(_full_dates(seen.told_figures.text)) if said else {}
    moved = [(day, year) for day, year in said if printed.get(day, year) != year]
    anywhere = {*_full_dates(seen.figures.text)} if moved else set()
    for year, other in {each[1]: printed[each[0]] for each in moved if each not in anywhere}.items():
        yield Finding(FindingKind.NUMBER, not_as_quoted(year, other))


def _other_period(seen: Seen, said: Sequence[Figure]) -> Iterator[Finding]:
    """So much a week, where the quotes' sentence has it a month."""
    told = seen.told_figures
    for figure in said:
        printed = [period(each, told.text) for each in told.figures if each.value == figure.value]
        mine = period(figure, seen.text)
        if mine and any(printed) and mine not in printed:
            yield Finding(
                FindingKind.NUMBER, not_as_quoted(f"{figure.shown} / {mine}", f"{figure.shown} / {max(printed)}")
            )


def _full_dates(text: str) -> Iterator[tuple[frozenset[str], str]]:
    """March 3, 1861 and 3 March 1861: the day with its month, and the year; the month alone with its year too."""
    for one, other, year in _FULL_DATE.findall(text.lower()):
        if not MONTHS.isdisjoint((one, other)):
            yield frozenset((one, other)), year
            yield MONTHS & {one, other}, year
    for month, year in _MONTH_YEAR.findall(text.lower()):
        yield frozenset((month,)), year


def _other_solution(text: str, seen: Seen) -> Iterator[Finding]:
    """What a letter is, a point or a factor, where the quote's sentence gives another and no cited page this one."""
    quoted = _solutions(seen.told_figures.text)
    letters = {letter for letter, _ in quoted}
    printed = _solutions(seen.figures.text) | _solutions(_ONE.sub("1", seen.figures.text)) if quoted else set()
    for letter, value in _solutions(text) - printed if quoted else ():
        if letter in letters:
            yield Finding(
                FindingKind.NUMBER, not_on(f"{letter} = {value}" if letter.isalpha() else f"({value})", seen.where)
            )


def _solutions(text: str) -> set[tuple[str, str]]:
    """Without signs, which a machine loses."""
    found = {(letter, number) for letter, number in _IS.findall(text)}
    found |= {(f"({letter}", f"{letter} ± {number}") for letter, number in _FACTOR.findall(text)}
    return found | {("", f"{one}, {other}") for one, other in _POINT.findall(text)}


def _not_printed(figure: Figure, seen: Seen, other: str = "") -> Finding:
    said = [not_on(figure.shown, seen.where)]
    eras = seen.figures.eras.get(figure.value, set()) - {""}
    if other:
        said.append(told("The quote says “{words}”.", words=other))
    elif figure.era and eras:
        said.append(told("There it is {figure} {eras}.", figure=figure.written, eras=" / ".join(sorted(eras))))
    return Finding(FindingKind.NUMBER, joined(said, " ") if len(said) > 1 else said[0])
