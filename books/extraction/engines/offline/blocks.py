"""Which printed lines of a subtopic belong together: headings, objectives, terms, tasks, captions and running text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from books.language import letters, sentences
from books.structure.base import PageText
from books.structure.headings import find_headings, is_boilerplate, joined_title
from books.structure.layout import read_layout

BlockKind = Literal["heading", "goals", "terms", "task", "text", "caption", "skipped"]
BULLET = re.compile(r"^(?:[^\w\s(“\"'¿¡]+|[e©o])\s+(?=[A-ZÁÉÍÓÚ])")
ITEM = re.compile(r"^\(?(?:\d{1,3}|[a-h])[.)]\s+(?=\S)|^\d{1,2}\s+(?=[A-Z¿])")
AIM = re.compile(rf"{BULLET.pattern}|{ITEM.pattern}")
TERM = re.compile(r"^[^\W\d_][\w’'()/ -]{1,50}(?::|\s[–—])\s+\S")
_LABELS: dict[BlockKind, re.Pattern[str]] = {
    "goals": re.compile(
        r"able to\b|^(?:learning )?(?:objectives|outcomes|goals)|you will learn|objetivos|aprenderás|al final de"
        r"|^lernziele|^objectifs|^उद्देश्य",
        re.IGNORECASE,
    ),
    "terms": re.compile(
        r"^(?:key (?:terms|words)|vocabulary|glossary|new words|words to know|vocabulario|palabras clave)",
        re.IGNORECASE,
    ),
    "task": re.compile(
        r"^(?:worked )?(?:examples?|try (?:it|this)|exercises?|practice|problems?|questions?|activit|quiz|homework"
        r"|review questions|check your|test yourself|ejemplos?|ejercicios?|actividad|preguntas|aufgabe|übung|fragen"
        r"|exercices?|esercizi|domande|вопросы|упражнения|प्रश्न|अभ्यास)",
        re.IGNORECASE,
    ),
    "text": re.compile(r"^(?:main|big) ideas?\b", re.IGNORECASE),
}
# Labels below which each number is a task of its own.
_LISTED = re.compile(r"^(?!(?:worked )?examples?\b|try|ejemplos?\b)\D", re.IGNORECASE)
_SOLVED = re.compile(r"^(?:solution|answer|soluci[oó]n|respuesta|lösung|antwort)\b", re.IGNORECASE)
# A label and what it is put before, in one line.
LABELLED = re.compile(
    rf"{_SOLVED.pattern}\s*(?:\d[\d.]*)?[.:]?\s+(?=[A-Z])"
    r"|^(?:worked )?(?:example|try it|exercise|problem|question|activity|ejemplo|ejercicio|actividad|aufgabe|beispiel)"
    r"\s+\d[\d.]*\s*[.:)]?\s+(?=\S+ \S)",
    re.IGNORECASE,
)
ORDER = re.compile(
    r"^(?:add|answer|arrange|calculate|check|choose|classify|compare|complete|construct|convert|copy|count|decide|define"
    r"|describe|determine|discuss|divide|draw|estimate|evaluate|explain|express|factor|find|give|graph|identify|justify"
    r"|label|list|locate|make|match|measure|model|multiply|name|outline|plot|predict|prove|read|rewrite|round|show"
    r"|simplify|sketch|solve|state|step \d+|subtract|summari[sz]e|translate|underline|use|what|which|who|why|how|when"
    r"|where|write"
    r"|calcula|clasifica|compara|completa|describe|dibuja|elige|encuentra|escribe|explica|halla|indica|lee|nombra"
    r"|observa|relaciona|representa|resuelve|responde|señala"
    r"|berechne|beschreibe|bestimme|erkläre|löse|nenne|vergleiche|zeichne"
    r"|calcule[rz]?|compare[rz]?|complète[rz]?|décri(?:re|s|vez)|expliquez?|nommez?|trouvez?)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Block:
    """Printed lines that belong together, each with its page; a task has its label as its first line."""

    kind: BlockKind
    lines: list[tuple[int, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)

    def sentences(self) -> Iterator[tuple[str, int]]:
        """Each with the page on which it begins."""
        begun = 0
        for sentence in sentences(self.text):
            read = 0
            for page, line in self.lines:
                read += len(line.split())
                if read > begun:
                    yield sentence, page
                    break
            begun += len(sentence.split())


def blocks(pages: Sequence[PageText]) -> list[Block]:
    found = [Block("skipped")]
    for page in pages:
        layout = read_layout(page, "", "")
        headings = find_headings(layout)
        titles: dict[int, str] = {}
        at = 0
        while at < len(headings):
            _, used = joined_title(headings, at)
            titles |= {
                each.line: "runs on" if place else "begins" for place, each in enumerate(headings[at : at + used])
            }
            at += used
        for line in layout.lines:
            if line.kind == "caption":
                _add_caption(found, page.number, line.text)
            elif line.kind == "body":
                _add(found, page.number, line.text, titles.get(line.index, ""))
    return found


def _add_caption(found: list[Block], page: int, text: str) -> None:
    """Before the text that goes on around it. One that is not over runs on."""
    above = found[-2] if len(found) > 1 else found[-1]
    is_begun = above.kind == "caption" and above.lines[0][0] == page and not _ends(above.text)
    if is_begun and not text.startswith("("):
        above.lines.append((page, text))
    else:
        found.insert(-1, Block("caption", [(page, text)]))


def _add(found: list[Block], page: int, text: str, title: str) -> None:
    """``title``: whether a heading "begins" here or "runs on"; "" for any other line."""
    present = found[-1]
    kind = next((kind for kind, pattern in _LABELS.items() if pattern.search(text)), None)
    is_label = is_boilerplate(text) or (kind == "goals" and text.rstrip().endswith(":"))
    if title and (title == "begins" or present.kind != "heading"):
        found.append(Block("heading", [(page, text)]))
    elif is_label and not title:
        found.append(Block(kind or "skipped", [] if kind == "text" else [(page, text)]))
    elif LABELLED.match(text) and not title:
        found.append(Block("skipped" if _SOLVED.match(text) else "task", [(page, text)]))
    elif ITEM.match(text) and _is_task(present, text):
        found.append(Block("task", [(page, text)]))
    elif not title and _is_over(present, text):
        found.append(Block("text", [(page, text)]))
    else:
        present.lines.append((page, text))


def _is_task(above: Block, item: str) -> bool:
    """Whether an item of a list tells to do something or asks, or stands below another that does."""
    is_one_more = above.kind == "task" and bool(ITEM.match(above.text) or _LISTED.match(above.text))
    return above.kind != "goals" and (is_one_more or "?" in item or bool(ORDER.match(ITEM.sub("", item))))


def _is_over(block: Block, text: str) -> bool:
    """Whether a line begins something else. A row of numbers is no part of the sentence before or after it."""
    if block.kind == "goals":
        begins = BULLET if any(BULLET.match(line) for _, line in block.lines[1:]) else AIM
        return not (begins.match(text) or text[:1].islower() or len(block.lines) == 1)
    if block.kind == "task" and _ends(block.lines[-1][1]) and text[:1].isupper():
        first = block.lines[0][1]
        return bool(ORDER.match(LABELLED.sub("", ITEM.sub("", first)))) and not is_boilerplate(first)
    apart = _ends(block.lines[-1][1]) and not (_is_worded(text) and _is_worded(block.text)) if block.lines else True
    return block.kind in ("heading", "caption") or not block.lines or (block.kind == "text" and apart)


def _ends(text: str) -> bool:
    return text[-1:] in ".!?…।"


def _is_worded(text: str) -> bool:
    return letters(text) > len(text) / 2
