"""The facts of one page, from that page and a few lines of its neighbours."""

from __future__ import annotations

import re
from collections import Counter

from books.language import content_stems, sentences, term_counts
from books.structure.base import Digest, Heading, PageText
from books.structure.contents_pages import read_contents
from books.structure.headings import find_headings, is_boilerplate
from books.structure.layout import PageLayout, read_layout

SALIENT_SENTENCES = 6
_DEFINING = re.compile(
    r"\b(?:is|are) (?:called|known as|defined as|named)\b|\bmeans?\b|\brefers? to\b|\b(?:is|are) (?:a|an|the)\b"
    r"|\b(?:se llama|es un|es una|son los|son las|significa)\b",
    re.IGNORECASE,
)


def running_text(layout: PageLayout, headings: tuple[Heading, ...]) -> str:
    """The body without headings and labels, each on its own line."""
    skipped = {heading.line for heading in headings}
    return "\n".join(x.text for x in layout.body if x.index not in skipped and not is_boilerplate(x.text))


def salient_sentences(text: str, limit: int = SALIENT_SENTENCES) -> tuple[str, ...]:
    """The sentences richest in the text's own frequent words, in the order of the page."""
    counts = Counter(content_stems(text))
    scored = []
    for at, sentence in enumerate(sentences(text)):
        stems = content_stems(sentence)
        if not 4 <= len(sentence.split()) <= 45 or len(stems) < 2 or sentence.endswith("?"):
            continue
        weight = sum(counts[stem] for stem in set(stems)) / (len(set(stems)) + 3)
        scored.append((weight * (1.4 if _DEFINING.search(sentence) else 1.0) + 0.5 / (1 + at), at, sentence))
    best = sorted(scored, reverse=True)[:limit]
    return tuple(sentence for _, _, sentence in sorted(best, key=lambda item: item[1]))


def _starts_with_heading(layout: PageLayout, headings: tuple[Heading, ...]) -> bool:
    return bool(headings) and headings[0].line == layout.body[0].index


def digest(page: PageText, before: str, after: str) -> Digest:
    """See ``GuidelineEngine.digest``. ``continues_previous``: body text stands above the page's first heading."""
    layout = read_layout(page, before, after)
    if not layout.body:
        return Digest(
            page.number,
            is_blank=not any(line.kind == "caption" for line in layout.lines),
            running_head=layout.running_head,
            printed_number=layout.printed_number,
            captions=page.captions,
        )
    toc = read_contents(layout, before)
    headings = () if toc else find_headings(layout)
    text = running_text(layout, headings)
    first = layout.body[0].text
    open_before = bool(before.strip()) and not re.search(r"[.!?:)”\"»\d]\s*$", before.strip())
    return Digest(
        page=page.number,
        summary=() if toc else salient_sentences(text),
        headings=headings,
        terms=term_counts(text),
        continues_previous=not toc and not _starts_with_heading(layout, headings),
        running_head=layout.running_head,
        printed_number=layout.printed_number,
        toc=toc,
        captions=page.captions,
        starts_mid_sentence=first[0].islower() or (open_before and not _starts_with_heading(layout, headings)),
    )
