"""The numbers, units and scales that a statement has in the place of its quotes' own, in whatever part. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import combinations

from rapidfuzz.distance import Hamming

from books.guidelines.evidence.derived import Derivation
from books.guidelines.evidence.figure_rules import OF_WRITERS, is_listed
from books.guidelines.evidence.figures import Figure, figures_in
from books.guidelines.evidence.material import Seen, not_as_quoted
from books.guidelines.evidence.passages import key_of, keys_of
from books.guidelines.evidence.quotes import joined_words
from books.guidelines.evidence.tasks import ASKS, given_figures, is_scene, names_printed
from books.guidelines.evidence.units import CURRENCIES
from books.language import is_content, words
from books.stored.guideline import Finding, FindingKind, Part

# Of numbers that count the same one is not so many times as large; the word that is counted stands so near.
_MANY_TIMES, _NEAR = 20, 25
# So many of a quote's numbers that are kept tell that the one that is not was changed.
_FEWEST = 2
# So many letters of the counted word: councillors, a council.
_STEM = 6
_SCALE = re.compile(r"(\d[\d.,]*)\s?(?:°\s?|degrees? )([CFK])(?:elsius|ahrenheit|elvin)?\b")
_DEFINITE = re.compile(
    r"(?:\b(?:the|its|their|his|her|these|those|all|die|der|den|los|las|les)|['’]s)\s$", re.IGNORECASE
)
# What a task takes for true.
_ASSERTS = re.compile(
    r"\b(?:why|(?:show|confirm|verify|prove|check|explain|see|justify|work out|find out)\s(?:that|how|why)"
    r"|warum|weshalb|zeige?n?,? dass|por qué|(?:de)?muestr\w+ que|pourquoi|montrez? que)\b",
    re.IGNORECASE,
)
# A stick of 12 cm: one of the task's own.
_OF_ANY = re.compile(r"\b(?:an?|eine?[nmrs]?|una?|une)\s(?:[^\W\d_]+\s){0,3}$", re.IGNORECASE)


def exchanged_figures(seen: Seen) -> Iterator[Finding]:
    for one, other in [*_exchanged_figures(seen), *_other_scale(seen)]:
        yield Finding(FindingKind.NUMBER, not_as_quoted(one, other))


def _exchanged_figures(seen: Seen) -> Iterator[tuple[str, str]]:
    printed = seen.quoted_figures.figures
    said = figures_in(seen.text, seen.language or seen.material.language) if printed else []
    if not said or is_scene(seen):
        return
    rivals = [each for each in printed if not any(one.value == each.value for one in said)]
    derived = Derivation(seen, said)
    given = {each.start for each in given_figures(seen, said, derived)}
    for each in said:
        is_own = each.start in given or each.noun in OF_WRITERS or each.value == 1
        if is_own or is_listed(each, seen.text, seen.told):
            continue
        if other := _other_unit(each, printed, seen):
            yield f"{each.shown} {each.unit}", f"{other.shown} {other.unit}"
        elif other := _other_year(each, said, derived) or _only_changed(each, said, seen):
            yield each.shown, other.shown
        elif rivals and _is_asserted(each, said, derived):
            same = [rival for rival in rivals if rival.unit == each.unit]
            yield each.shown, (same or rivals)[-1].shown
        elif rivals and not seen.figures.bears_out(each) and _is_definite(each, seen) and not derived.follows(each):
            other = next((rival for rival in rivals if _count_the_same(each, rival, seen)), None)
            other = other or _of_its_row(each, rivals, seen)
            if other:
                yield each.shown, other.shown


def _other_unit(figure: Figure, printed: Collection[Figure], seen: Seen) -> Figure | None:
    """The same number of another unit that measures the same, where no cited page has it with this one."""
    same = [each for each in printed if each.value == figure.value and each.unit and figure.unit]
    if any(each.value == figure.value and each.unit in (figure.unit, "") for each in seen.figures.figures):
        return None
    return next((each for each in same if each.measured[0] == figure.measured[0] or _are_money(each, figure)), None)


def _other_year(figure: Figure, said: Collection[Figure], derived: Derivation) -> Figure | None:
    """The quotes' year, where the statement has their numbers but the years, and its own year follows from nothing and
    no sentence that has it tells more of the statement. What counts time counts it from another year, an error may
    name any, and two may be the bounds of what is told."""
    seen = derived.seen
    values = {each.value for each in said}
    left_out = [each for each in seen.quoted_figures.figures if each.value not in values]
    is_bound = seen.part == Part.DEPTH and sum(each.is_year for each in said) > 1
    counts_time = any(each.measured[0] == "time" for each in said)
    if not figure.is_year or is_bound or counts_time or seen.part == Part.MISCONCEPTIONS:
        return None
    years = [each for each in seen.quoted_figures.figures if each.is_year]
    if not years or years != left_out:
        return None
    quoted = keys_of(joined_words(seen.quoted))
    having = (each for each in seen.places.cited if figure.value in each.figures.years)
    is_told = any(seen.matter & each.keys - quoted for each in having)
    return None if is_told or derived.follows(figure) else years[-1]


def _are_money(*figures: Figure) -> bool:
    return CURRENCIES.issuperset(each.unit for each in figures)


def _only_changed(figure: Figure, said: Collection[Figure], seen: Seen) -> Figure | None:
    """The quotes' number that is measured alike or stands behind the same word (2 and 10, sum 12), where the statement
    has all their others."""
    values, printed = {each.value for each in said}, seen.quoted_figures.figures
    others = [each for each in printed if each.value not in values]
    if len(others) != 1 or len({each.value for each in printed}) <= _FEWEST or figure.kind != "number":
        return None
    alike = [each.value for each in printed if each.unit == figure.unit != ""]
    is_made = figure.value % 5 == 0 or any(figure.value in (a + b, abs(a - b)) for a, b in combinations(alike, 2))
    is_alike = [each.unit == figure.unit != "" and not is_made for each in others]
    is_behind = [each.before == figure.before and is_content(figure.before) for each in others]
    known = [each for each in seen.figures.figures if each.value == figure.value]
    if any(each.before == figure.before or each.unit == figure.unit != "" for each in known):
        return None
    return others[0] if any(is_alike + is_behind) else None


def _is_asserted(figure: Figure, said: Collection[Figure], derived: Derivation) -> bool:
    """Whether a task takes the number for true that is neither printed nor follows, of what the page tells: its other
    numbers are measured there, or the quotes' sentence measures or names another number so."""
    seen = derived.seen
    asserts = seen.part == Part.CHECKS and _ASSERTS.search(seen.text, 0, figure.start)
    if not asserts or figure.kind != "number" or seen.figures.bears_out(figure) or derived.follows(figure):
        return False
    if _OF_ANY.search(seen.text[: figure.start]) or not all(map(seen.figures.bears_out, set(said) - {figure})):
        return False
    others = [each for each in said if each is not figure and each.unit]
    if others and all(map(seen.near.bears_out, others)):
        return True
    told = [each for each in seen.told_figures.figures if not any(each.value == one.value for one in said)]
    return any(
        each.unit == figure.unit != "" or (is_content(each.before) and key_of(each.before) == key_of(figure.before))
        for each in told
    )


def _of_its_row(figure: Figure, rivals: Collection[Figure], seen: Seen) -> Figure | None:
    """What the quote's row has for the one thing of it that the statement names: bus 11, bicycle 6, car 3."""
    row = [each for each in seen.quoted_figures.figures if is_content(each.before) and not each.unit]
    if len(row) <= _FEWEST or figure.unit or figure.is_year or figure.kind != "number":
        return None
    matter = keys_of(seen.claim.text)
    named = [each for each in row if key_of(each.before) in matter]
    return named[0] if len(named) == 1 and named[0] in rivals else None


def _other_scale(seen: Seen) -> Iterator[tuple[str, str]]:
    """72 °F where the quotes' sentence has 72 °C, and no cited page the other."""
    for value, scale in _SCALE.findall(seen.text):
        printed = dict(_SCALE.findall(seen.told_figures.text)).get(value, scale)
        if printed != scale and (value, scale) not in _SCALE.findall(seen.figures.text):
            yield f"{value} °{scale}", f"{value} °{printed}"


def _count_the_same(one: Figure, other: Figure, seen: Seen) -> bool:
    """By unit, by the word that they count or one near it, or as numbers that differ in one digit."""
    if (one.kind, one.is_day, one.is_ordinal) != (other.kind, other.is_day, other.is_ordinal):
        return False
    if one.is_year or other.is_year:
        return one.is_year and other.is_year and seen.tells()
    less, more = sorted((one.value, other.value))
    if one.unit or other.unit or more > _MANY_TIMES * less:
        return one.unit == other.unit and more <= _MANY_TIMES * less
    near = words(seen.quoted_figures.text[max(0, other.start - _NEAR) : other.end + _NEAR])
    is_near = len(one.noun) > 3 and key_of(one.noun)[:_STEM] in {key_of(word)[:_STEM] for word in near}
    return is_near or (len(one.noun) > 1 and one.noun == other.noun) or _is_one_digit_off(one, other)


def _is_one_digit_off(one: Figure, other: Figure) -> bool:
    mine, theirs = (re.sub(r"\D", "", each.written) for each in (one, other))
    return len(mine) == len(theirs) > 2 and Hamming.distance(mine, theirs) == 1


def _is_definite(figure: Figure, seen: Seen) -> bool:
    """Whether the statement takes the number for known. An error that learners make asserts its own, and so does a
    task, unless it is of something that the pages name."""
    before = seen.text[: figure.start]
    if seen.part == Part.MISCONCEPTIONS:
        return _DEFINITE.search(before) is not None
    if seen.part != Part.CHECKS:
        return True
    if _OF_ANY.search(before):
        return False
    return names_printed(seen.claim.text, seen) or (not ASKS.search(seen.text) and seen.tells())
