"""What a statement says in the place of what its quotes say, in whatever part: a name, thing or number that no cited
page has, where the quote has another of the same kind that the statement lacks. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rapidfuzz.distance import Hamming

from books.guidelines.evidence.derived import Derivation
from books.guidelines.evidence.figure_rules import OF_WRITERS, is_listed
from books.guidelines.evidence.figures import Figure, figures_in
from books.guidelines.evidence.kinds import things
from books.guidelines.evidence.material import Seen, not_as_quoted
from books.guidelines.evidence.name_rules import IMPERATIVE
from books.guidelines.evidence.names import GENERIC, PrintedNames, may_be_name, names, peoples, plain
from books.guidelines.evidence.passages import key_of, keys_of
from books.guidelines.evidence.quotes import joined_words, search_before
from books.guidelines.evidence.tasks import ASKS, given_figures, is_scene, names_printed
from books.guidelines.evidence.units import MONTHS
from books.language import is_content, stem, words
from books.stored.guideline import Finding, FindingKind, Part

_CAPITAL = re.compile(r"[A-ZÀ-Þ][^\W\d_]+(?:['’](?!s\b)[^\W\d_]+)*")
_RUN = re.compile(rf"{_CAPITAL.pattern}(?:(?:-|\s(?:[A-Z]\.\s|von\s|van\s|de\s|ibn\s|al-)?){_CAPITAL.pattern})*")
_NEXT = re.compile(r"(?:['’]s)?[\s-]+([^\W\d_]{3,})")
_LAST = re.compile(r"([^\W\d_]{3,})[\s-]+(?:(?:of|the|von|der|de|la|el)\s)*$")
_IN = re.compile(r"\b(?:in|at|near|into|nach|en)\s(?:the\s)?$")
# A statement tells what its quote tells where it shares this much of its matter.
_TELLS = 0.3
# Of numbers that count the same one is not so many times as large; the word that is counted stands so near.
_MANY_TIMES, _NEAR = 20, 25
# So many letters of the counted word: councillors, a council.
_STEM = 6
_SCALE = re.compile(r"(\d[\d.,]*)\s?(?:°\s?|degrees? )([CFK])(?:elsius|ahrenheit|elvin)?\b")
_LATER = re.compile(r"\b(?:months?|weeks?|days?) (?:later|earlier|before|after)\b", re.IGNORECASE)
_DEFINITE = re.compile(
    r"(?:\b(?:the|its|their|his|her|these|those|all|die|der|den|los|las|les)|['’]s)\s$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Named:
    """A name in a text with the stems of the words of matter before and after it; ``is_in`` where it is what
    something is in or at."""

    words: tuple[str, ...]
    before: str
    after: str
    is_in: bool

    @property
    def written(self) -> str:
        return " ".join(self.words)

    def is_beside_the_same(self, other: _Named) -> bool:
        return bool((self.before and self.before == other.before) or (self.after and self.after == other.after))


def exchanged_findings(seen: Seen) -> Iterator[Finding]:
    """Whatever tolerance there is for names and numbers of other pages or of the writer's own."""
    for said, quoted in _exchanged_names(seen):
        yield Finding(FindingKind.NAME, not_as_quoted(said, quoted))
    for said, quoted in _exchanged_things(seen):
        yield Finding(FindingKind.NAME, not_as_quoted(said, quoted))
    for one, other in [*_exchanged_figures(seen), *_other_scale(seen)]:
        yield Finding(FindingKind.NUMBER, not_as_quoted(one, other))


def _exchanged_things(seen: Seen) -> Iterator[tuple[str, str]]:
    said = things(seen.claim.text)
    if not said or is_scene(seen) or _LATER.search(seen.around):
        return
    quoted = things(seen.quoted)
    for thing, word in said.items():
        others = [other for each, other in quoted.items() if each[0] == thing[0] and each not in said]
        if thing in quoted or not others:
            continue
        if thing not in seen.cited.things or any(_is_of_the_same(word, other, seen) for other in others):
            yield word, others[0]


def _is_of_the_same(word: str, other: str, seen: Seen) -> bool:
    """Whether the one stands before the same word as the other: the western shore, of which only an eastern is told."""
    after, quoted_after = (
        {key_of(each.lower()) for each in re.findall(rf"\b{one}\s([^\W\d_]{{4,}})", text)}
        for one, text in ((word, seen.claim.text), (other, joined_words(seen.quoted)))
    )
    printed = {key_of(each.lower()) for each in re.findall(rf"(?i)\b{word}\s([^\W\d_]{{4,}})", seen.cited.text)}
    return bool((after & quoted_after) - printed)


def _exchanged_names(seen: Seen) -> Iterator[tuple[str, str]]:
    if seen.part == Part.CHECKS and seen.material.calculates:  # people in a task with numbers are its writer's
        return
    said = PrintedNames(seen.claim.text)
    quoted = PrintedNames(" … ".join([seen.told, *(each.quote for each in seen.claim.evidence)]))
    rivals = [each for each in _named(seen.quoted, seen) if not _has(said, each)]
    for each in _named(seen.claim.text, seen) if rivals else ():
        if _has(seen.names, each) or _has(quoted, each):
            continue
        other = next((rival for rival in rivals if _are_exchanged(each, rival, seen)), None)
        if other:
            yield each.written, other.written


def _has(printed: PrintedNames, name: _Named) -> bool:
    """In full or in part; what is only like a part of a full name is not enough."""
    if any(plain(word) in printed.words for word in name.words):
        known = [word for word in name.words if printed.has(word)]
        return len(known) == len(name.words) or not all(plain(word) in printed.joined for word in known)
    return 2 * sum(map(printed.has, name.words)) > len(name.words)


def _are_exchanged(one: _Named, other: _Named, seen: Seen) -> bool:
    if plain(one.words[-1]) == plain(other.words[-1]):
        return False
    if one.is_beside_the_same(other):
        return True
    sorts = {"place" if each.is_in else seen.material.whole.sort_of(each.words[-1]) for each in (one, other)}
    are_full = min(len(one.words), len(other.words)) > 1
    least = 0 if one.is_in and other.is_in else _TELLS
    return len(sorts) == 1 and ((are_full and seen.part != Part.PREREQUISITES) or _tells(seen, least))


def _tells(seen: Seen, least: float = _TELLS) -> bool:
    """Whether the statement tells what its quotes' sentences tell, its names apart: a word, and so much of its matter
    at ``least``."""
    named = {key for each in names(seen.claim.text) for key in keys_of(each.word)}
    matter = keys_of(seen.claim.text) - named
    return len(matter & keys_of(joined_words(seen.told))) >= max(1, least * len(matter))


def _named(text: str, seen: Seen) -> Iterator[_Named]:
    """Names that surely are some."""
    text = joined_words(text)
    firsts = {each.word for each in names(text) if each.is_first}
    for run in _RUN.finditer(text):
        own = tuple(each for each in _CAPITAL.findall(run[0]) if _is_own(each, seen, firsts))
        if own:
            is_in = search_before(_IN, text, run.start()) is not None
            before, after = map(_matter_of, (search_before(_LAST, text, run.start()), _NEXT.match(text, run.end())))
            yield _Named(own, before, after, is_in)


def _matter_of(found: re.Match[str] | None) -> str:
    word = found[1].lower() if found else ""
    return stem(word) if is_content(word) else ""


def _is_own(word: str, seen: Seen, firsts: Collection[str]) -> bool:
    """No title, no word of a people or order, and none that has a capital because a sentence begins with it."""
    whole, small = seen.material.whole, plain(word)
    if not is_content(small) or small in GENERIC | MONTHS or whole.has_small(word) or any(peoples(word)):
        return False
    if seen.language == "de" or seen.is_foreign:
        return word in whole.full
    if word.endswith(("uit", "uits", "ism")):
        return False
    is_surely = word not in firsts or word in whole.inside
    return is_surely or (may_be_name(word) and seen.part not in IMPERATIVE)


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
        elif rivals and not seen.figures.bears_out(each) and _is_definite(each, seen) and not derived.follows(each):
            other = next((rival for rival in rivals if _count_the_same(each, rival, seen)), None)
            if other:
                yield each.shown, other.shown


def _other_unit(figure: Figure, printed: Collection[Figure], seen: Seen) -> Figure | None:
    """The same number of another unit that measures the same, where no cited page has it with this one."""
    same = [each for each in printed if each.value == figure.value and each.unit and figure.unit]
    if any(each.value == figure.value and each.unit in (figure.unit, "") for each in seen.figures.figures):
        return None
    return next((each for each in same if each.measured[0] == figure.measured[0]), None)


def _other_scale(seen: Seen) -> Iterator[tuple[str, str]]:
    """72 °F where the quotes' sentence has 72 °C, and no cited page the other."""
    printed = dict(_SCALE.findall(seen.told_figures.text))
    anywhere = {*_SCALE.findall(seen.figures.text)}
    for value, scale in _SCALE.findall(seen.text):
        if printed.get(value, scale) != scale and (value, scale) not in anywhere:
            yield f"{value} °{scale}", f"{value} °{printed[value]}"


def _count_the_same(one: Figure, other: Figure, seen: Seen) -> bool:
    """By unit, by the word that they count or one near it, or as numbers that differ in one digit."""
    if (one.kind, one.is_day, one.is_ordinal) != (other.kind, other.is_day, other.is_ordinal):
        return False
    if one.is_year or other.is_year:
        return one.is_year and other.is_year and _tells(seen)
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
    return names_printed(seen.claim.text, seen) or (not ASKS.search(seen.text) and _tells(seen))
