"""What each printed line of a page is: running head, page number, caption or body, and how large its type is."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from rapidfuzz import fuzz

from books.language import words
from books.structure.base import PageText, TextLine
from books.structure.numbering import is_title_case, number_of, parse_numbering, parted_from_page

Kind = Literal["body", "running_head", "page_number", "caption"]
_FOLIO = re.compile(r"^[\W_]*(?:page|página|p\.)?\s*(\d{1,4}|[ivxl]{1,6})[\W_]*$", re.IGNORECASE)
_SEPARATED = re.compile(
    r"^(?:\d{1,4}\s+)?(?:(?:chapter|unit|lesson|section|module|part|capítulo|unidad|lección|tema)\s+)?"
    r"[\dIVXLivxl.]{1,6}\s*[|•·¢©°*+»«~]+\s+\S",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"^(?:fig(?:ure|ura)?|table|tab(?:elle)?|abb(?:ildung)?|bild|schéma|gráfico|рис(?:унок)?|चित्र|tabla|photo|foto|map|mapa|diagram|illustration|image|picture|source|fuente)\b\.?\s*"
    r"(?:\d[\d.\-]*|:)\s*\S|^\(?(?:photo |image )?credits?\s*[:)]|^©",
    re.IGNORECASE,
)
# Tasks and sentences, which stand at the edges of many pages alike.
_SAID = re.compile(r"^\d{1,3}[.)]\s.*(?:[.?!]$|=)|^(?:\S+\s+){4,}\S+[.!]$|।$")
_LEADER = re.compile(r"(?:[.·…_]\s?){3}$")
_DESCENDERS = frozenset("gjpqyQ,;()|[]{}/ç")
_SMALL_TYPE = 0.9
# A page of fewer letters has titles alone, whose type is larger than this share of its height.
_TITLE_PAGE, _LARGEST_BODY = 100, 0.02
_TOP, _BOTTOM = 0.1, 0.92


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line in reading order; ``size`` is its type relative to the body's (1.0 where unknown).

    ``fill`` is its length relative to the page's full lines; ``gap`` the white above it in body line pitches.
    """

    index: int
    text: str
    size: float = 1.0
    fill: float = 1.0
    gap: float = 0.0
    left: float = 0.0
    top: float = 0.0
    kind: Kind = "body"


@dataclass(frozen=True, slots=True)
class PageLayout:
    """The judged lines of a page; ``has_type`` says whether sizes were known."""

    lines: tuple[PageLine, ...]
    running_head: str = ""
    printed_number: int | None = None
    has_type: bool = False

    @property
    def body(self) -> tuple[PageLine, ...]:
        return tuple(line for line in self.lines if line.kind == "body")


def _type_sizes(lines: tuple[TextLine, ...]) -> list[float]:
    """Type size of each line relative to the body's, from boxes that depend on the letters and grow with skew."""
    shapes = []
    for line in lines:
        tall = any(c.isupper() or c.isdigit() or c in "bdfhklt" or not c.isascii() for c in line.text)
        deep = any(c in _DESCENDERS for c in line.text)
        shapes.append((0.5 + 0.22 * tall) + 0.21 * deep)
    shape, height, width = np.array(shapes), np.array([x.height for x in lines]), np.array([x.width for x in lines])
    weight = np.array([max(len(line.text), 1) for line in lines])

    # A tilted line's box is taller by its width: take off the tilt that leaves the sizes most alike.
    slopes = np.array([[0.0], *np.linspace([0.002], [0.03], 15)])
    ems = np.maximum(height - slopes * width, 1e-4) / shape
    middles = np.median(ems, axis=1, keepdims=True)
    spreads = (weight * np.abs(ems - middles)).sum(axis=1) / middles[:, 0]
    best = int(spreads.argmin())
    em = ems[best if spreads[best] < 0.8 * spreads[0] else 0]
    order = np.argsort(em)
    body = em[order][np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)]
    if weight.sum() < _TITLE_PAGE:
        body = min(body, _LARGEST_BODY)
    return [float(size) for size in em / body]


def _with_type(lines: tuple[TextLine, ...]) -> list[PageLine]:
    full = float(np.quantile([line.width or len(line.text) for line in lines], 0.9)) or 1.0
    tops = np.diff([line.top for line in lines])
    pitch = float(np.median(tops[tops > 0])) if (tops > 0).any() else 1.0
    return [
        PageLine(
            index=i,
            text=line.text.strip(),
            size=size,
            fill=(line.width or len(line.text)) / full,
            gap=0.0 if i == 0 else (line.top - lines[i - 1].top) / pitch,
            left=line.left,
            top=line.top,
        )
        for i, (line, size) in enumerate(zip(lines, _type_sizes(lines), strict=True))
    ]


def _without_type(text: str) -> list[PageLine]:
    rows = text.splitlines()
    full = float(np.quantile([len(row) for row in rows if row.strip()] or [1], 0.9)) or 1.0
    lines: list[PageLine] = []
    blanks = 0
    for row in rows:
        if not row.strip():
            blanks += 1
            continue
        indent = (len(row) - len(row.lstrip())) / 100
        lines.append(PageLine(len(lines), row.strip(), fill=len(row.strip()) / full, gap=1.0 + blanks, left=indent))
        blanks = 0
    return lines


def _folio(text: str) -> int | None:
    found = _FOLIO.match(text)
    return int(found[1]) if found and found[1].isdigit() else None


def _is_chapter_number(number: int, neighbours: list[str]) -> bool:
    """Whether the pages beside begin with much larger numbers: "4 In the Kitchen" before "24 In the Kitchen"."""
    shown = [found for row in neighbours if (found := parted_from_page(row)[1]) and row.startswith(str(found))]
    return bool(shown) and min(shown) > number + 2


def _is_running_head(line: PageLine, tops: TextLine | None, neighbours: list[str]) -> bool:
    """Whether the first or last line of a page is a running head or foot."""
    if line.size > 1.2 or len(line.text) > 90 or _SAID.search(line.text):
        return False
    said, number = parted_from_page(line.text)
    if number is not None and _is_chapter_number(number, neighbours):
        return False
    plain = " ".join(words(said))
    # A title above whose chapter a head will repeat it has no page number beside it.
    for other, other_number in map(parted_from_page, neighbours):
        is_same = fuzz.ratio(plain, " ".join(words(other))) >= 88 and number_of(said) == number_of(other)
        if plain and is_same and (number is not None or other_number is None):
            return True
    is_title = is_title_case(said) or parse_numbering(said) is not None
    beside = number is not None and line.fill < 0.85 and is_title and not _LEADER.search(said)
    if beside or _SEPARATED.match(line.text):
        return True
    at_edge = tops is not None and (tops.top < _TOP or tops.top > _BOTTOM)
    return at_edge and line.size < _SMALL_TYPE and line.fill < 0.8


def _edge_kinds(
    lines: list[PageLine], page: PageText, neighbours: list[str]
) -> tuple[dict[int, Kind], str, int | None]:
    """What the lines at the edges are, the running head and the page number: one that stands alone before one that
    stands beside a head."""
    kinds: dict[int, Kind] = {}
    head: str = ""
    alone: int | None = None
    beside: int | None = None
    edges = [0, 1, len(lines) - 1, len(lines) - 2] if len(lines) > 3 else [0, len(lines) - 1]
    for i in edges:
        line, box = lines[i], page.lines[i] if page.lines else None
        inner = i in (1, len(lines) - 2) and len(lines) > 3
        if inner and not kinds.get(0 if i == 1 else len(lines) - 1):
            continue
        if _FOLIO.match(line.text) and (box is None or box.top < _TOP or box.top > 0.88):
            kinds[i] = "page_number"
            alone = alone if alone is not None else _folio(line.text)
            continue
        shared = [] if inner and kinds.get(0 if i == 1 else len(lines) - 1) == "running_head" else neighbours
        if _is_running_head(line, box, shared) and len(lines) > 2:
            kinds[i] = "running_head"
            head = head or line.text
            beside = beside if beside is not None else parted_from_page(line.text)[1]
    return kinds, head, beside if alone is None else alone


def read_layout(page: PageText, before: str, after: str) -> PageLayout:
    """Judge every line; ``before`` and ``after`` are neighbour lines that a running head would share."""
    typed = tuple(line for line in page.lines if line.text.strip())
    page = PageText(page.number, page.text, typed)
    lines = _with_type(typed) if typed else _without_type(page.text)
    if not lines:
        return PageLayout(())
    neighbours = [row for row in (before + "\n" + after).splitlines() if 3 < len(row) < 90]
    kinds, head, number = _edge_kinds(lines, page, neighbours)
    judged: list[PageLine] = []
    for line in lines:
        kind = kinds.get(line.index, "body")
        small = typed and line.size < _SMALL_TYPE - 0.04 and len(line.text) > 3
        if kind == "body" and (_CAPTION.match(line.text) or (small and line.text[0] not in "•*+-")):
            kind = "caption"
            if line.text.lower().startswith("(credit") and judged and judged[-1].fill > 0.9 and not typed:
                judged[-1] = replace(judged[-1], kind="caption")
        judged.append(replace(line, kind=kind))
    return PageLayout(tuple(judged), head, number, bool(typed))
