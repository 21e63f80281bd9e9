"""A guideline in the book's own words: what the pages print of what they teach, quoted with its page and nothing added.

What a page does not print (depth, misconceptions, what is left out) stays empty.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from books.arithmetic import equations
from books.extraction.base import Guideline, Statement, SubtopicSource
from books.extraction.engines.offline.digest import salient_sentences
from books.language import content_stems, sentences, words
from books.sentences import counted, listed
from books.structure.base import PageText
from books.structure.headings import find_headings, is_boilerplate, joined_title
from books.structure.layout import read_layout
from books.structure.numbering import parse_numbering

BlockKind = Literal["heading", "goals", "terms", "task", "text", "caption", "skipped"]
_BULLET = re.compile(r"^(?:[^\w\s(“\"'¿¡]+|[e©o])\s+(?=[A-ZÁÉÍÓÚ])")
_ITEM = re.compile(r"^\(?(?:\d{1,3}|[a-h])[.)]\s+(?=\S)")
_TERM = re.compile(r"^[^\W\d_][\w’'()/ -]{1,50}:\s+\S")
_LABELS: dict[BlockKind, re.Pattern[str]] = {
    "goals": re.compile(
        r"able to\b|^(?:learning )?(?:objectives|outcomes|goals)|you will learn|objetivos|aprenderás|al final de",
        re.IGNORECASE,
    ),
    "terms": re.compile(
        r"^(?:key (?:terms|words)|vocabulary|glossary|new words|words to know|vocabulario|palabras clave)",
        re.IGNORECASE,
    ),
    "task": re.compile(
        r"^(?:worked )?(?:examples?|try (?:it|this)|exercises?|practice|problems?|questions?|activit|quiz|homework"
        r"|review questions|check your|test yourself|ejemplos?|ejercicios?|actividad|preguntas)",
        re.IGNORECASE,
    ),
}
_ORDER = re.compile(
    r"^(?:add|calculate|choose|classify|compare|complete|define|describe|discuss|divide|draw|estimate|evaluate|explain|"
    r"find|give|graph|identify|label|list|locate|match|measure|model|multiply|name|outline|predict|show|simplify|sketch|"
    r"solve|state|subtract|summari[sz]e|translate|use|what|which|who|why|how|when|where|write|"
    r"calcula|compara|completa|describe|escribe|explica|nombra)\b",
    re.IGNORECASE,
)
_DEFINES = re.compile(
    r"\b(?:is|are|was|were) (?:also )?(?:called|known as|defined as|named)\b|\brefers? to\b|\bmeans (?:that|the|an?)\b"
    r"|\bse llaman?\b|\bsignifica\b",
    re.IGNORECASE,
)
_RECALLS = re.compile(
    r"\b(?:in the (?:last|previous) (?:section|chapter|lesson|unit)|recall (?:that|from|how)|you have already"
    r"|if you missed|as we (?:did|saw)|you (?:have )?learned|se vio|ya sabes|recuerda que)\b",
    re.IGNORECASE,
)
_IDLE = re.compile(
    r"^(?:before you|in this \w+\b|take this|look at|now\b|access\b|suppose\b|imagine\b|to answer|so\b|you may not"
    r"|even though\b|there are (?:many|several|some|different|various)\b)|\b(?:we|you) (?:can use|will)\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(r"^(?:these|those|this|that|they|it|such|estos?|estas?|esto)\b", re.IGNORECASE)
# A task that its own sign contradicts: "·" is read as "-", "÷" as "+".
_CONTRADICTED = re.compile(r"(?i)^multiply\b.*(?<![(\d])\d+ ?[-–—−] ?\d|^divide\b.*(?<![(\d])\d+ ?\+ ?\d")
_FEW, _OF_A_VERB, _TELLING_RUN, _LONGEST = 3, 2, 3, 60  # the last: words of two sentences
_MOST = {"objective": 12, "concepts": 24, "prerequisites": 6, "checks": 12}


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
        found.append(Block(kind or "skipped", [(page, text)]))
    elif _ITEM.match(text) and _ORDER.match(_ITEM.sub("", text)) and present.kind != "goals":
        found.append(Block("task", [(page, text)]))
    elif not title and _is_over(present, text):
        found.append(Block("text", [(page, text)]))
    else:
        present.lines.append((page, text))


def _is_over(block: Block, text: str) -> bool:
    """Whether a line begins something else. A row of numbers is no part of the sentence before or after it."""
    if block.kind == "goals":
        return not (_BULLET.match(text) or text[:1].islower() or len(block.lines) == 1)
    apart = _ends(block.lines[-1][1]) and not (_is_worded(text) and _is_worded(block.text)) if block.lines else True
    return block.kind in ("heading", "caption") or not block.lines or (block.kind == "text" and apart)


def _ends(text: str) -> bool:
    return text[-1:] in ".!?…"


def _is_worded(text: str) -> bool:
    return sum(map(str.isalpha, text)) > len(text) / 2


def write(source: SubtopicSource) -> Guideline:
    """See ``GuidelineEngine.write``."""
    found = blocks(source.pages)
    goals = [goal for block in found if block.kind == "goals" for goal in _items(block.lines[1:], _BULLET)]
    terms = [term for block in found if block.kind == "terms" for term in _items(block.lines[1:], _TERM)]
    tasks = [task for block in found if block.kind == "task" and (task := _task(block))]
    defined = {text.partition(": ")[2] for text, _ in terms}
    concepts = [*(each for each in _outline(source, found) if each[0] not in defined), *terms]
    if len(concepts) < _FEW:
        concepts = sorted([*concepts, *_salient(found)], key=lambda each: each[1])
    captions = [(each.text, each.lines[0][0]) for each in found if each.kind == "caption" and _names_figure(each.text)]
    aims = goals or _opening(found)
    misread = [line.split() for page in source.pages for line in page.misread]
    tasks_read = [each for each in tasks if not _is_misread(f"{source.subtopic}: {each[0]}", misread)]
    told = [each for each in (*concepts, *captions) if each not in aims]
    said = {"objective": aims, "concepts": told, "prerequisites": [*_recalls(found)], "checks": _told_apart(tasks_read)}
    parts = {name: _quotes(each, name, misread) for name, each in said.items()}
    shown = {each.text for part in parts.values() for each in part}
    counts = [_count(*each, shown) for each in (("objective", goals), ("key term", terms), ("task", tasks))]
    return Guideline(summary=_summary(source, found, [each for each in counts if each], misread), **parts)


def _count(noun: str, printed: Sequence[tuple[str, int]], shown: Set[str]) -> str:
    """How many are shown, of how many where some are left out; "" of none."""
    every = {_shortened(text) for text, _ in printed}
    count = len(every & shown)
    return (f"{count} of " if count < len(every) else "") + counted(len(every), noun) if count else ""


def _shortened(text: str) -> str:
    return " ".join(" ".join(sentences(text)[:2]).split()[:_LONGEST])


def _quotes(found: Iterable[tuple[str, int]], part: str, misread: Sequence[Sequence[str]]) -> tuple[Statement, ...]:
    """Each once, of at most two sentences; none with words that may have been misread."""
    kept: dict[str, Statement] = {}
    for text, page in found:
        said = _shortened(text)
        if said and words(said) and not _is_misread(said, misread):
            kept.setdefault(said.casefold(), Statement(said, (page,), kind="quote"))
    return tuple(kept.values())[: _MOST[part]]


def _is_misread(said: str, lines: Sequence[Sequence[str]]) -> bool:
    """Whether three words of a line stand there in a row, or all of a shorter one, or its sign contradicts its verb, or
    it holds an equation that is not true."""
    if _CONTRADICTED.search(said) or not all(is_true for _, _, is_true in equations(said)):
        return True
    runs = (line[at : at + _TELLING_RUN] for line in lines for at in range(max(1, len(line) - _TELLING_RUN + 1)))
    return any(run and f" {' '.join(run)} " in f" {said} " for run in runs)


def _items(lines: Sequence[tuple[int, str]], begins: re.Pattern[str]) -> list[tuple[str, int]]:
    """What a list says, item by item, each over the lines it runs on."""
    items: list[tuple[str, int]] = []
    for page, text in lines:
        if begins.match(text):
            items.append((_BULLET.sub("", text), page))
        elif items:
            items[-1] = f"{items[-1][0]} {text}", items[-1][1]
    return items


def _headings(source: SubtopicSource, found: Sequence[Block]) -> list[tuple[str, int]]:
    """Those within the subtopic: without its own title and its topic's."""
    titles = [words(source.topic), words(source.subtopic)]
    said = [(" ".join(line for _, line in each.lines), each.lines[0][0]) for each in found if each.kind == "heading"]
    return [(text, page) for text, page in said if words(getattr(parse_numbering(text), "title", text)) not in titles]


def _names_figure(caption: str) -> bool:
    """A labelled one; those of photographs say nothing that is to be learned."""
    return bool(re.match(r"\w+\.? \d\S* \S+ \S", caption)) and "credit" not in caption


def _outline(source: SubtopicSource, found: Sequence[Block]) -> Iterator[tuple[str, int]]:
    """Under each heading the first sentence that names its matter, for the very first may be an anecdote, and those
    that say what something is called."""
    matter, is_open = _matter(source.subtopic), True
    for block in found:
        if block.kind == "heading":
            matter, is_open = _matter(" ".join(line for _, line in block.lines)), True
        before = ""
        for sentence, page in block.sentences() if block.kind == "text" else ():
            if _DEFINES.search(sentence) and _is_whole(sentence):
                yield f"{before} {sentence}" if before and _POINTS_BACK.match(sentence) else sentence, page
            elif is_open and _is_telling(sentence) and not matter.isdisjoint(_matter(sentence)):
                yield sentence, page
                is_open = False
            before = sentence


def _matter(text: str) -> set[str]:
    """The beginnings of its words of matter, so that variable meets variables."""
    return {each[:5] for each in content_stems(text)}


def _salient(found: Sequence[Block]) -> list[tuple[str, int]]:
    """Of pages that print little else, the sentences richest in their own words."""
    said = [each for block in found if block.kind == "text" for each in block.sentences() if _is_telling(each[0])]
    best = salient_sentences(" ".join(sentence for sentence, _ in said))
    return [each for each in said if each[0] in best]


def _recalls(found: Sequence[Block]) -> Iterator[tuple[str, int]]:
    """What the pages say was learned before; a task that is to show it, without the advice that follows it."""
    for block in found:
        said = [("", 0), *block.sentences()] if block.kind == "text" else []
        for before, (sentence, page) in pairwise(said):
            if sentence.startswith("If you missed"):
                yield from (before for _ in range(before[0][:1].isupper()))
            elif _RECALLS.search(sentence):
                yield sentence, page


def _is_whole(sentence: str) -> bool:
    is_begun = sentence[0].isupper() or sentence[0] in '“"¿¡'
    return is_begun and len(sentence.split()) > 3 and sentence[-1] in '.!?:”")' and not _IDLE.search(sentence)


def _is_telling(sentence: str) -> bool:
    asks = sentence[-1] in "?:" or _ORDER.match(sentence)
    return _is_whole(sentence) and not asks and not _RECALLS.search(sentence)


def _opening(found: Sequence[Block]) -> list[tuple[str, int]]:
    """Where no objective is printed: the first sentence, which says what it is about."""
    said = (each for block in found if block.kind == "text" for each in block.sentences())
    return [each for each in said if _is_telling(each[0])][:1]


def _task(block: Block) -> tuple[str, int] | None:
    """With its label and number, as far as it is set; the way to its solution is left out."""
    text = " ".join(sentences(block.text)[:2])
    return (text, block.lines[0][0]) if len(block.lines) > 1 or _ITEM.match(text) else None


def _told_apart(tasks: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """The first two of each verb: what is left out is more of the same."""
    verbs = Counter[str]()
    chosen = []
    for task in tasks:
        verb = next((word for word in words(task[0]) if _ORDER.match(word)), "")
        verbs[verb] += 1
        chosen += [task] * (verbs[verb] <= _OF_A_VERB)
    return chosen


def _summary(
    source: SubtopicSource, found: Sequence[Block], counts: list[str], misread: Sequence[Sequence[str]]
) -> str:
    """What can be read where; it names no page, since pages move and subtopics are merged and split."""
    others = list(dict.fromkeys(text for text, _ in _headings(source, found) if not _is_misread(text, misread)))
    printed = f"Quoted here word for word: {listed(counts)}." if counts else "Quoted word for word."
    others = others or [sentence for sentence, _ in _opening(found)]
    while len(others) > 1 and len(" ".join(others).split()) > _LONGEST // 3:
        others.pop()
    return f"{'; '.join(others).rstrip('.')}. {printed}" if others else printed
