"""Which lines are headings, and what kind: by keyword, numbering, size of type or capitals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rapidfuzz import fuzz

from books.language import letters, words
from books.structure.base import Heading
from books.structure.layout import PageLayout, PageLine
from books.structure.numbering import (
    BARE,
    BARE_KEYWORD,
    LEVELS,
    Kind,
    Parsed,
    is_capitals,
    is_title_case,
    parse_numbering,
)

_LABELS = (
    "learning (?:objectives|outcomes|goals)|objectives?|by the end|in this|what you|you will learn|before you",
    "key (?:terms|words|ideas|concepts|points|facts|equations)|vocabulary|glossary of|new words|words to know",
    "examples?|worked examples?|solutions?|answers?|try (?:it|this)|be prepared|how to|exercises?|practice|homework",
    "practi[cs]e (?:makes|questions|problems)|questions?|check your|self[- ]check|test yourself|quiz|warm[- ]?up",
    "review(?: questions?)?|summary|recap|(?:chapter|section|unit|lesson) (?:summary|review|outline|opener|test|check)",
    "think (?:about|and)|discuss|did you know|note|notice|warning|tip|hint|important|remember|definition|theorem|proof",
    "activit(?:y|ies)|project|everyday math|writing exercises|media|access for free|link to|further reading|let'?s",
    "introduction$|outline$|case study|critical thinking|section exercises",
    "ejercicios?|actividad(?:es)?|preguntas|resumen|objetivos|vocabulario|ejemplos?|soluci[oó]n(?:es)?|recuerda",
    "practica|palabras clave|para pensar",
    "(?:main|big) ideas?|essential question|why it matters|terms (?:&|and) names|setting the stage|taking notes",
    "(?:analy[sz]ing )?primary sources?|using your notes|reading check|section \\d+ assessment",
    "aufgaben?|übung(?:en)?|fragen|zusammenfassung|lernziele|beispiele?|wortschatz|exercices?|activités?|résumé",
    "à retenir|objectifs|exemples?|exercícios?|atividades?|esercizi|domande|вопросы|упражнения|प्रश्न|अभ्यास|उद्देश्य",
)
_BOILERPLATE = re.compile(rf"^(?:{'|'.join(_LABELS)})\b.{{0,22}}$", re.IGNORECASE)
# What closes a section or a chapter whose number it repeats.
_CLOSING = re.compile(
    r"^(?:(?:review|section|practice|chapter|end)\s+)*"
    r"(?:review|exercises?|summary|questions|problems|test|key terms|quiz|practice|homework|assessment|check)$",
    re.IGNORECASE,
)
BACK_MATTER = re.compile(
    r"^(?:index|subject index|answers|answer key|answers? to .{1,40}|solutions to .{1,40}|bibliography|"
    r"appendix(?: [a-z\d])?|appendices|photo credits|glossary|works cited|references|"
    r"índice (?:alfabético|analítico)|soluciones|bibliografía|glosario|apéndice(?: [a-z\d])?|"
    r"(?:sach|stichwort)?(?:register|verzeichnis)|glossa(?:r|ire)|anhang(?: [a-z\d])?|literatur(?:verzeichnis)?|"
    r"quellen(?:verzeichnis)?|lösungen|annexes?|corrigés|respostas|indice analitico|antwoorden|ответы|उत्तरमाल)"
    r"\b[\W]*(?:[A-Z][\w ]{0,40})?$",
    re.IGNORECASE,
)


def is_boilerplate(text: str) -> bool:
    """A label that recurs in every section, such as "Exercises" or "Key Terms"."""
    return bool(_BOILERPLATE.match(re.sub(r"^[^\w]+", "", text))) and len(text.split()) <= 6


def kind_of(heading: Heading) -> Parsed:
    """The kind of a digest's heading."""
    parsed = parse_numbering(heading.text)
    if parsed and heading.number:
        return parsed
    if heading.number:
        kind = Kind.DECIMAL if "." in heading.number else Kind.CHAPTER if heading.level == 1 else Kind.LESSON
        return Parsed(kind, heading.number, "" if heading.text == heading.number else heading.text)
    by_level = {1: Kind.LARGE, 2: Kind.MIDDLE}
    return Parsed(by_level.get(heading.level, Kind.SMALL), "", heading.text)


LARGE_TYPE, _SURE_TYPE, MIDDLE_TYPE, SMALL_TYPE = 1.75, 1.4, 1.24, 1.08
_SYMBOLS = re.compile(r"[=<>+×÷≤≥→{}\\@_°]|https?:|www\.")


def _plausible_title(title: str, limit: int = 14) -> bool:
    count = len(title.split())
    written = letters(title)
    return (
        1 <= count <= limit
        and written >= 3
        and written > 0.55 * len(title.replace(" ", ""))
        and not _SYMBOLS.search(title)
    )


def _follows_open_sentence(lines: Sequence[PageLine], at: int) -> bool:
    """Whether the line above runs on into this one, so that a number here is only a number in a sentence."""
    if at == 0:
        return False
    above = lines[at - 1]
    return above.fill > 0.8 and above.size < MIDDLE_TYPE and not re.search(r"[.!?:;)”\"]$", above.text)


def _numbered(lines: Sequence[PageLine], at: int, parsed: Parsed, *, has_type: bool) -> bool:
    """Whether a line that begins with a keyword or number is a heading."""
    line = lines[at]
    if not parsed.title:
        return parsed.kind is not Kind.DECIMAL or _has_title_below(lines, at)
    title = parsed.title
    is_sentence = bool(re.search(r"[.;]$", title)) and line.size < MIDDLE_TYPE
    if not _plausible_title(title) or is_sentence or title[0].islower():
        return False
    is_sure = parsed.kind is Kind.DECIMAL and is_title_case(title)
    if not is_sure and line.size < MIDDLE_TYPE and _follows_open_sentence(lines, at) and line.gap < 1.4:
        return False
    if parsed.kind is Kind.BARE:
        alone = line.size >= 1.15 if has_type and not title.endswith("?") else _stands_alone(lines, at)
        is_raised = is_title_case(title) or is_capitals(title)
        is_begun = is_raised or (line.text[len(parsed.number)] in ".)" and _heads_text(lines, at))
        stands_out = line.size >= 1.3 or (is_begun and not title.endswith("?"))
        return alone and stands_out
    if parsed.kind in (Kind.DECIMAL, Kind.DEEP, Kind.ROMAN):
        return has_type or line.fill < 0.95
    separated = bool(re.search(rf"{re.escape(parsed.number)}\s*[.:)|•·–—-]", line.text))
    return separated or is_title_case(title) or is_capitals(title) or line.size >= MIDDLE_TYPE


def _has_title_below(lines: Sequence[PageLine], at: int) -> bool:
    below = lines[at + 1] if at + 1 < len(lines) else None
    if below is None or parse_numbering(below.text) or not _plausible_title(below.text):
        return False
    return below.size >= MIDDLE_TYPE or (below.fill < 0.85 and (is_title_case(below.text) or is_capitals(below.text)))


def _stands_alone(lines: Sequence[PageLine], at: int) -> bool:
    """Not one of a list: no line near it has the number that the list would have there."""
    own, *near = ((i, BARE.match(lines[i].text)) for i in (at, at - 2, at - 1, at + 1, at + 2) if 0 <= i < len(lines))
    steps = [(i - at, int(found[1]) - int(own[1][1])) for i, found in near if found and own[1]]
    return not any(1 <= (by if step > 0 else -by) <= abs(step) for step, by in steps)


def _unnumbered(lines: Sequence[PageLine], at: int, *, has_type: bool) -> Kind | None:
    """The kind of a heading without keyword or number: by its type, its capitals or its shape."""
    line = lines[at]
    text = line.text
    begins = text[0].isupper() or not text[0].isascii() or text[0] in "¿¡"
    runs_on = line.size < _SURE_TYPE and _follows_open_sentence(lines, at)
    is_sentence = runs_on or bool(re.search(r"[.;]$|[a-z]{3}\. ", text))
    if not begins or is_sentence or not _plausible_title(text, 12):
        return None
    if has_type and line.size >= MIDDLE_TYPE:
        return Kind.LARGE if line.size >= LARGE_TYPE else Kind.MIDDLE
    is_raised = is_capitals(text) or (is_title_case(text) and text.count(" ") > 1)
    if line.fill >= 0.85 or text[-1] in ",:" or (text.endswith("?") and not is_raised):
        return None
    if is_capitals(text):
        return Kind.MIDDLE
    return Kind.SMALL if _is_small_heading(lines, at, has_type=has_type) else None


def _is_small_heading(lines: Sequence[PageLine], at: int, *, has_type: bool) -> bool:
    """Slightly larger type, or a short line with raised words that stands apart or before a fresh sentence."""
    line = lines[at]
    if has_type:
        return line.size >= SMALL_TYPE or (is_title_case(line.text) and line.gap >= 1.3)
    if at + 1 == len(lines) or line.fill >= 0.7:
        return False
    follows = lines[at + 1].text[0]
    fresh = follows.isupper() or follows in '•*¿¡"“' or not follows.isascii()
    return fresh and (is_title_case(line.text) or (_heads_text(lines, at) and line.text.count(" ") > 0))


def _heads_text(lines: Sequence[PageLine], at: int) -> bool:
    """Whether a short line that ends in no stop stands between the end of a text and a full line."""
    above, line, below = lines[at - 1] if at else None, lines[at], lines[at + 1] if at + 1 < len(lines) else None
    is_begun = above is None or above.fill < 0.5 or above.text[-1] in '.!?।”"'
    return is_begun and line.fill < 0.7 and line.text[-1] not in ".,;:" and below is not None and below.fill > 0.75


def _continues(line: PageLine, above: Heading) -> bool:
    """Whether the line is the second one of a heading in larger type, or the title below a "Chapter 3"."""
    if line.index != above.line + 1:
        return False
    is_nameless = above.number != "" and not kind_of(above).title
    is_begun = not line.text[0].islower() and line.text[-1] not in ".,;:" and line.fill < 0.85
    is_alike = line.size >= MIDDLE_TYPE and abs(line.size - above.size) < 0.12
    return is_alike or (is_nameless and is_begun and _plausible_title(line.text))


def _number_alone(lines: Sequence[PageLine], at: int) -> Parsed | None:
    """The number of a chapter, large or under that word, or of a section, whose title stands beneath it."""
    text = lines[at].text
    if re.fullmatch(r"\d{1,2}\.\d{1,2}", text):
        return Parsed(Kind.DECIMAL, text)
    is_chapter = lines[at].size >= LARGE_TYPE or (at > 0 and BARE_KEYWORD.match(lines[at - 1].text))
    return Parsed(Kind.CHAPTER, text) if is_chapter and re.fullmatch(r"\d{1,2}", text) else None


def find_headings(layout: PageLayout) -> tuple[Heading, ...]:
    """The headings among the body lines, one for each printed line; labels such as "Exercises" are none."""
    lines = layout.body
    found: list[Heading] = []
    for at, line in enumerate(lines):
        text = line.text
        parsed = parse_numbering(text) or _number_alone(lines, at)
        label = is_boilerplate(text) and not (at == 0 and BACK_MATTER.match(text))
        if len(text) > 120 or label or text[0] in "•*+·-–" or (parsed and _CLOSING.match(parsed.title)):
            continue
        if parsed and _numbered(lines, at, parsed, has_type=layout.has_type):
            kind, number = parsed.kind, parsed.number
        else:
            plain = None if parsed else _unnumbered(lines, at, has_type=layout.has_type)
            if plain is None and found and _continues(line, found[-1]):
                plain = Kind.LARGE if line.size >= LARGE_TYPE else Kind.MIDDLE
            if plain is None:
                continue
            kind, number = plain, ""
        found.append(Heading(text, LEVELS.get(kind, 3), number, round(line.size, 2), line.index))
    return tuple(found)


def joined_title(headings: Sequence[Heading], at: int) -> tuple[str, int]:
    """The whole title that begins at ``headings[at]``, over the printed lines it runs on, and how many those are."""
    title, used = kind_of(headings[at]).title, 1
    for above, following in pairwise(headings[at : at + 5]):
        runs_on = following.line == above.line + 1 and not following.number
        if not runs_on or not ((not title and used == 1) or _wraps(above, following)):
            break
        title = f"{title} {following.text}".strip()
        used += 1
    return title, used


def _wraps(above: Heading, following: Heading) -> bool:
    """Whether two neighbouring lines are one heading set on two lines."""
    if abs(following.size - above.size) >= 0.2 or is_capitals(following.text) != is_capitals(above.text):
        return False
    if OPEN_END.search(above.text):
        return True
    if above.size == following.size == 1.0:
        return len(above.text) > 30 and len(following.text) < 20
    return above.level <= 2


OPEN_END = re.compile(
    r"(?:,|[-–—]|\b(?:and|or|of|the|in|an?|to|for|with|from|by|on|at|its|und|der|die|das|y|de|la|el))$", re.IGNORECASE
)


def same_title(one: str, other: str) -> bool:
    return fuzz.ratio(" ".join(words(one)), " ".join(words(other))) >= 88
