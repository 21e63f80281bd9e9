"""What a task of a check's writer gives: numbers of their own, which no page has. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from books.guidelines.evidence.derived import Derivation
from books.guidelines.evidence.figures import Figure, figures_in
from books.guidelines.evidence.material import Seen
from books.guidelines.evidence.names import GENERIC, may_be_name, names, plain
from books.language import words
from books.stored.guideline import Part

# A case of somebody or something that is any: Someone, a bacterium, for a party.
_ANY = re.compile(
    r"^(?:it is|you are|you have|es ist)\b"
    r"|(?:^|[.?!:]\s+)(?:(?:for|from|in|of|at|on|für|von|bei|auf|para|de|en|con|pour|dans)\s)?"
    r"(?!one \w+ of (?-i:[A-Z]))(?:an?|one|two|ein|eine[mnrs]?|zwei|wer|una?|dos|quien|une)\s"
    r"|\b(?:some(?:one|body)|suppose|imagine|picture|if|would|jemand\w*|angenommen|wenn|würd\w+"
    r"|alguien|supón\w*|si|quelqu['’]un)\b",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"\b(?:how (?:much|many|far|long)|wh(?:at|ich) (?:part|share|fraction|percentage|proportion))\b"
    r"|\b(?:compute|calculate|find)\b|\bwie (?:viele?|weit)\b|\bcuánt",
    re.IGNORECASE,
)
_SCENE = re.compile(r"(?:it is|you are|you have|imagine|suppose|picture|es ist|stell|imagina)\b", re.IGNORECASE)
# What somebody has: Of 200 equal shares Anna owns 5.
_OWNER = re.compile(r"\b([A-ZÀ-Þ][a-zß-ÿ]+) (?:owns?|has|had|gets?|holds?|buys?|sells?|pays?|hat|besitzt|tiene)\b")
_SENTENCE = re.compile(r"[^.?!:]+")
_ANSWER = re.compile(r"\?|\b(?:answer|antwort|lösung|respuesta|solución|réponse)\b|\((?=[^()]*\)\W*$)", re.IGNORECASE)


def given_figures(seen: Seen, said: Sequence[Figure], derived: Derivation) -> list[Figure]:
    """Of a check's question those numbers that its writer gives: where the case is anybody's, or where the answer
    follows from them."""
    answer = _ANSWER.search(seen.text) if seen.part == Part.CHECKS else None
    if answer is None:
        return []
    own = [each for each in said if each.start < answer.start() and each.counts and not seen.figures.bears_out(each)]
    answered = [each for each in said if each.start > answer.start() and each.counts]
    question = seen.text[: answer.start()]
    dated = [each for each in said if each.is_date and each.start < answer.start()]
    if len(dated) > 1 and ASKS.search(seen.text) and not any(map(seen.figures.bears_out, dated)):
        own += dated  # how many years lie between
    is_case = bool(own) and (_ANY.search(question) is not None or any(invented_people(question, seen)))
    told = [each for each in said if each.unit and each not in own and seen.told_figures.bears_out(each)]
    kept = {each.value for each in told}
    if any(each.value not in kept and each.unit in {one.unit for one in told} for each in seen.told_figures.figures):
        told = []
    asks = ASKS.search(seen.text) is not None and not names_printed(question, seen)
    is_case = is_case or (asks and bool(own) and len([*own, *told]) > 1)
    return own if is_case or any(derived.is_made_with(each, own) for each in answered) else []


def is_scene(seen: Seen) -> bool:
    """Whether a check sets a scene of its writer's: It is January 1500."""
    return seen.part == Part.CHECKS and _SCENE.match(seen.text) is not None


def names_printed(text: str, seen: Seen) -> bool:
    """Whether a name of the cited pages stands in ``text``, which then tells of what they tell."""
    return any(seen.names.has_capital(each.word) for each in names(text) if not each.is_first)


def invented_people(text: str, seen: Seen) -> Iterator[str]:
    """Anna has 5000 marks: names, in small letters, that begin a sentence or own something and are nowhere in the
    book."""
    for word in [
        *(word for each in _SENTENCE.findall(text) for word in words(each)[:1]),
        *map(str.lower, _OWNER.findall(text)),
    ]:
        is_printed = seen.material.whole.is_like_small(word) or seen.material.whole.has(word)
        if may_be_name(word) and plain(word) not in GENERIC and not is_printed:
            yield word


def people_of_a_task(seen: Seen) -> frozenset[str]:
    """Those that a check's writer invents, with numbers of their own."""
    said = figures_in(seen.text, seen.language or seen.material.language) if seen.part == Part.CHECKS else []
    if not any(each.counts and not seen.figures.bears_out(each) for each in said):
        return frozenset()
    return frozenset(invented_people(seen.text, seen))
