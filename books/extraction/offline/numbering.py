"""Headings' keywords, numbers and labels: what a line says it is, apart from how it looks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from books.extraction.engine import Heading


class Kind(IntEnum):
    """Kinds of heading from coarse to fine."""

    PART = 0
    UNIT = 1
    CHAPTER = 2
    ROMAN = 3
    BARE = 4
    LARGE = 5
    LESSON = 6
    DECIMAL = 7
    MIDDLE = 8
    SMALL = 9
    DEEP = 10


STRONG = frozenset({Kind.PART, Kind.UNIT, Kind.CHAPTER, Kind.ROMAN, Kind.BARE, Kind.LESSON, Kind.DECIMAL})

_KEYWORDS = {
    Kind.PART: "part|parte|teil|partie",
    Kind.UNIT: "unit|unidad|unité|einheit|unidade|theme",
    Kind.CHAPTER: "chapter|module|capítulo|capitulo|módulo|chapitre|kapitel|block|bloque|tema",
    Kind.LESSON: "lesson|section|topic|lección|leccion|sección|leçon|lektion|lição|apartado",
}
_NUMERAL = (
    r"\d{1,3}(?:\.\d{1,2})?|[IVXLCivxlc]{1,7}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez"
)
_KEYWORD = {
    kind: re.compile(rf"^(?:the )?(?:{names})\s+({_NUMERAL})\b\s*([.:)|•·–—-]*)\s*(.*)$", re.IGNORECASE)
    for kind, names in _KEYWORDS.items()
}
_DECIMAL = re.compile(r"^(\d{1,2})\s?[.·-]\s?(\d{1,2})((?:\.\d{1,2})*)[.:)]?\s+(\D.*)$")
_ROMAN = re.compile(r"^([IVX]{1,6})[.:)–—-]+\s+(\S.*)$")
BARE = re.compile(r"^(\d{1,2})[.:)]?\s+(\D.*)$")
_LABELS = (
    "learning (?:objectives|outcomes|goals)|objectives?|by the end|in this|what you|you will learn|before you",
    "key (?:terms|words|ideas|concepts|points|facts|equations)|vocabulary|glossary of|new words|words to know",
    "examples?|worked examples?|solutions?|answers?|try (?:it|this)|be prepared|how to|exercises?|practice|homework",
    "practi[cs]e (?:makes|questions|problems)|questions?|check your|self[- ]check|test yourself|quiz|warm[- ]?up",
    "review(?: questions?)?|summary|recap|(?:chapter|section|unit|lesson) (?:summary|review|outline|opener|test|check)",
    "think (?:about|and)|discuss|did you know|note|notice|warning|tip|hint|important|remember|definition|theorem|proof",
    "activit(?:y|ies)|project|everyday math|writing exercises|media|access for free|link to|further reading|let'?s",
    "case study|critical thinking|section exercises",
    "ejercicios?|actividad(?:es)?|preguntas|resumen|objetivos|vocabulario|ejemplos?|soluci[oó]n(?:es)?|recuerda",
    "practica|palabras clave|para pensar",
)
_BOILERPLATE = re.compile(rf"^(?:{'|'.join(_LABELS)})\b.{{0,22}}$", re.IGNORECASE)
BACK_MATTER = re.compile(
    r"^(?:index|subject index|answer key|answers? to .{1,40}|solutions to .{1,40}|bibliography|appendix(?: [a-z\d])?|"
    r"appendices|photo credits|glossary|works cited|references|índice (?:alfabético|analítico)|soluciones|bibliografía|"
    r"glosario|apéndice|sachregister|register|glossaire)\b[\W]*(?:[A-Z][\w ]{0,40})?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A heading's line taken apart: ``number`` as printed ("3", "3.2", "IV"), ``title`` without it."""

    kind: Kind
    number: str = ""
    title: str = ""


def is_boilerplate(text: str) -> bool:
    """A label that recurs in every section, such as "Exercises" or "Key Terms"."""
    return bool(_BOILERPLATE.match(re.sub(r"^[^\w]+", "", text))) and len(text.split()) <= 6


def is_capitals(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return len(letters) >= 4 and text == text.upper() and text != text.lower()


def parse_numbering(text: str) -> Parsed | None:
    """The keyword or number that begins ``text``, None where it has neither; not whether it is a heading."""
    for kind, pattern in _KEYWORD.items():
        if found := pattern.match(text):
            return Parsed(kind, found[1], found[3].strip())
    if found := _DECIMAL.match(text):
        deep = found[3]
        return Parsed(Kind.DEEP if deep else Kind.DECIMAL, f"{found[1]}.{found[2]}{deep}", found[4].strip())
    if found := _ROMAN.match(text):
        return Parsed(Kind.ROMAN, found[1], found[2].strip())
    if found := BARE.match(text):
        return Parsed(Kind.BARE, found[1], found[2].strip())
    return None


def kind_of(heading: Heading) -> Parsed:
    """The kind of a digest's heading."""
    parsed = parse_numbering(heading.text)
    if parsed and heading.number:
        return parsed
    by_level = {1: Kind.LARGE, 2: Kind.MIDDLE}
    return Parsed(by_level.get(heading.level, Kind.SMALL), "", heading.text)
