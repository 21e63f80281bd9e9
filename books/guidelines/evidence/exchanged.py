"""What a statement says in the place of what its quotes say, in whatever part: a name, thing or number that no cited
page has, where the quote has another of the same kind that the statement lacks. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from books.guidelines.evidence.exchanged_figures import exchanged_figures
from books.guidelines.evidence.kinds import things
from books.guidelines.evidence.material import TELLS, Seen, not_as_quoted
from books.guidelines.evidence.name_rules import IMPERATIVE
from books.guidelines.evidence.names import GENERIC, PrintedNames, may_be_name, names, peoples, plain
from books.guidelines.evidence.passages import key_of, keys_of
from books.guidelines.evidence.quotes import joined_words, search_before
from books.guidelines.evidence.tasks import is_scene
from books.guidelines.evidence.units import MONTHS
from books.language import is_content, stem
from books.stopwords import word_set
from books.stored.guideline import Finding, FindingKind, Part

_CAPITAL = re.compile(r"[A-ZÀ-Þ][^\W\d_]+(?:['’](?!s\b)[^\W\d_]+)*")
_RUN = re.compile(rf"{_CAPITAL.pattern}(?:(?:-|\s(?:[A-Z]\.\s|von\s|van\s|de\s|ibn\s|al-)?){_CAPITAL.pattern})*")
_FORMULA = re.compile(r"(?=.*[a-z])(?:[A-Z][a-z]?){2,4}")
_NEXT = re.compile(r"(?:['’]s)?[\s-]+([^\W\d_]{3,})")
_LAST = re.compile(r"([^\W\d_]{3,})[\s-]+(?:(?:of|the|von|der|de|la|el)\s)*$")
_IN = re.compile(r"\b(?:in|at|near|into|nach|en)\s(?:the\s)?$")
_THE = re.compile(r"\b[Tt]he\s$")
_LATER = re.compile(r"\b(?:months?|weeks?|days?) (?:later|earlier|before|after)\b", re.IGNORECASE)
# Peoples of many peoples.
_WIDE = word_set("african american asian christian western indigenous")
# The quotes' sentence has so many of the statement's other words, and such a share of them.
_ENOUGH, _NEARLY_ALL = 2, 0.6


@dataclass(frozen=True, slots=True)
class _Named:
    """A name in a text with the stems of the words of matter before and after it; ``is_in`` where it is what
    something is in or at, ``is_first`` where it begins the text, ``is_group`` where it stands behind an article."""

    words: tuple[str, ...]
    before: str
    after: str
    is_in: bool
    is_first: bool
    is_group: bool

    @property
    def written(self) -> str:
        return " ".join(self.words)

    def is_beside_the_same(self, other: _Named) -> bool:
        return bool((self.before and self.before == other.before) or (self.after and self.after == other.after))


def exchanged_findings(seen: Seen) -> Iterator[Finding]:
    """Whatever tolerance there is for names and numbers of other pages or of the writer's own."""
    for said, quoted in _exchanged_names(seen):
        yield Finding(FindingKind.NAME, not_as_quoted(said, quoted))
    for said, quoted in [*_exchanged_things(seen), *_exchanged_peoples(seen), *_exchanged_terms(seen)]:
        yield Finding(FindingKind.NAME, not_as_quoted(said, quoted))
    yield from exchanged_figures(seen)


def _exchanged_things(seen: Seen) -> Iterator[tuple[str, str]]:
    said = things(seen.claim.text)
    if not said or is_scene(seen) or _LATER.search(seen.around):
        return
    quoted = things(seen.quoted)
    if seen.part == Part.CHECKS and len({kind for kind, _ in said}) < len(said):  # which of two: its writer's own
        return
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


def _exchanged_peoples(seen: Seen) -> Iterator[tuple[str, str]]:
    """Assyrian raiders for Hittite raiders; not where both are compared, nor of what is known before."""
    if seen.part == Part.PREREQUISITES:
        return
    printed = PrintedNames(seen.claim.text)
    said, quoted = (dict(_of_peoples(text)) for text in (seen.claim.text, joined_words(seen.told)))
    for noun in said.keys() & quoted.keys():
        is_wider = said[noun].lower() in _WIDE | GENERIC  # Christian, of Catholics
        if not (is_wider or printed.has(quoted[noun]) or seen.names.has(said[noun])):
            yield said[noun], quoted[noun]


def _exchanged_terms(seen: Seen) -> Iterator[tuple[str, str]]:
    """One of the book's terms where the quotes' sentence, which has nearly all else of the statement, has another. An
    error may be just that."""
    if seen.part in (Part.PREREQUISITES, Part.MISCONCEPTIONS):
        return
    terms = seen.material.book.terms
    said = seen.matter & terms.keys() - keys_of(joined_words(seen.around))
    if len(said) != 1:
        return
    told, rest = keys_of(joined_words(seen.told)), seen.matter - said
    others = [each for each in terms if each in told - seen.matter]
    if others and len(rest & told) >= max(_ENOUGH, _NEARLY_ALL * len(rest)):
        yield terms[min(said)], terms[others[0]]


def _of_peoples(text: str) -> Iterator[tuple[str, str]]:
    """The nouns behind words for peoples, with these."""
    for word in dict.fromkeys(peoples(text)):
        for noun in re.findall(rf"\b{word}[\s-]+([a-zß-ÿ]{{4,}})", text):
            yield key_of(noun), word


def _exchanged_names(seen: Seen) -> Iterator[tuple[str, str]]:
    if seen.part == Part.CHECKS and seen.material.calculates:  # people in a task with numbers are its writer's
        return
    said = PrintedNames(seen.claim.text)
    quoted = PrintedNames(" … ".join([seen.told, *(each.quote for each in seen.claim.evidence)]))
    rivals = [each for each in _named(seen.quoted, seen) if not _has(said, each)]
    for each in _named(seen.claim.text, seen) if rivals else ():
        if _has(seen.names, each) or _has(quoted, each):
            continue
        other = next((rival for rival in rivals if _are_exchanged(each, rival, said, seen)), None)
        if other:
            yield each.written, other.written


def _has(printed: PrintedNames, name: _Named) -> bool:
    """In full or in part; what is only like a part of a full name is not enough."""
    if any(plain(word) in printed.words for word in name.words):
        known = [word for word in name.words if printed.has(word)]
        return len(known) == len(name.words) or not all(plain(word) in printed.joined for word in known)
    return 2 * sum(map(printed.has, name.words)) > len(name.words)


def _are_exchanged(one: _Named, other: _Named, said: PrintedNames, seen: Seen) -> bool:
    if plain(one.words[-1]) == plain(other.words[-1]):
        return False
    if one.is_beside_the_same(other):
        return True
    if one.is_group and other.is_group and any(_has(said, each) for each in _named(seen.quoted, seen)):
        return True  # the Seljuks for the Mamluks, at Marj Dabiq
    sorts = {"place" if each.is_in else seen.material.whole.sort_of(each.words[-1]) for each in (one, other)}
    are_full = min(len(one.words), len(other.words)) > 1
    does = one.is_first and one.after and seen.part == Part.CONCEPTS
    if does and len(sorts) == 1 and seen.matter & keys_of(joined_words(seen.around)):
        return True
    least = 0 if one.is_in and other.is_in else TELLS
    return len(sorts) == 1 and ((are_full and seen.part != Part.PREREQUISITES) or seen.tells(least))


def _named(text: str, seen: Seen) -> Iterator[_Named]:
    """Names that surely are some."""
    text = joined_words(text)
    firsts = {each.word for each in names(text) if each.is_first}
    for run in _RUN.finditer(text):
        own = tuple(each for each in _CAPITAL.findall(run[0]) if _is_own(each, seen, firsts))
        if own:
            is_in = search_before(_IN, text, run.start()) is not None
            start = run.start() + run[0].index(own[0])  # behind a title: King James
            before, after = map(_matter_of, (search_before(_LAST, text, start), _NEXT.match(text, run.end())))
            is_group = search_before(_THE, text, run.start()) is not None
            yield _Named(own, before, after, is_in, not re.search(r"\w", text[: run.start()]), is_group)


def _matter_of(found: re.Match[str] | None) -> str:
    word = found[1].lower() if found else ""
    return stem(word) if is_content(word) else ""


def _is_own(word: str, seen: Seen, firsts: Collection[str]) -> bool:
    """No title, no word of a people or order, and none that has a capital because a sentence begins with it."""
    whole, small = seen.material.whole, plain(word)
    if (
        not is_content(small)
        or small in GENERIC | MONTHS
        or _FORMULA.fullmatch(word)
        or whole.has_small(word)
        or any(peoples(word))
    ):
        return False
    if seen.language == "de" or seen.is_foreign:
        return word in whole.full
    if word.endswith(("uit", "uits", "ism")):
        return False
    is_surely = word not in firsts or word in whole.inside
    return is_surely or (may_be_name(word) and seen.part not in IMPERATIVE)
