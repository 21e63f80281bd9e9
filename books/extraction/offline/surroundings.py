"""What a subtopic builds on, leaves to others, and where its learners go wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from books.extraction.engine import Statement, SubtopicSource
from books.extraction.offline.material import Material
from books.extraction.offline.phrasing import short_title
from books.language import content_stems, listed

_WARNINGS = tuple(
    (re.compile(pattern, re.IGNORECASE), template)
    for pattern, template in (
        (
            (
                r"\b(?:common|frequent|usual) (?:mistake|error|misconception)|\berror común|\bmistaken(?:ly)?\b"
                r"|\bmany people (?:think|believe)"
            ),
            "A common error concerns {}.",
        ),
        (r"\bnot (?:to )?(?:be )?confused?\b|\bnot the same\b|\bno confund", "Easily confused: {}."),
        (r"\b(?:be careful|watch out|take care|caution|beware|make sure|cuidado)\b", "Learners need care with {}."),
        (
            (
                r"\b(?:is|are|was|were|does|do|did|can|could)(?: ?not|n['’]t) .{3,80}?\b(?:but|because|since|instead)\b"
                r"|\bno (?:es|son) .{3,80}? sino\b"
            ),
            "A wrong idea to correct concerns {}.",
        ),
        (
            r"^\W*(?:remember|notice|note)(?: that\b|,)|\bkeep in mind\b|\bremember that\b|\brecuerda que\b",
            "Easily forgotten: a point about {}.",
        ),
    )
)


def prerequisites(source: SubtopicSource, material: Material) -> Iterable[Statement]:
    titles = Counter(root for title in source.earlier_subtopics for root in set(content_stems(title)))
    own = set(content_stems(source.subtopic)) | {root for root, count in titles.items() if count > 2}
    for title in reversed(source.earlier_subtopics):
        roots = [root for root in dict.fromkeys(content_stems(title)) if root not in own and material.counts[root] >= 2]
        if roots:
            pages = tuple(sorted({page for root in roots for page in material.pages_of[root]}))
            again = listed([f"“{material.forms[root]}”" for root in roots])
            key = "word recurs" if len(roots) == 1 else "words recur"
            text = f"The earlier subtopic “{short_title(title, material)}”, whose key {key} here: {again}."
            yield Statement(text, pages)
    for found in material.recalls:
        if terms := material.terms_in(found.text, 3):
            yield Statement(f"Earlier work on {listed(terms)}, which the page recalls.", (found.page,))


def misconceptions(material: Material) -> Iterable[Statement]:
    for pattern, template in _WARNINGS:
        for found in material.sentences:
            terms = material.terms_in(found.text, 3)
            if pattern.search(found.text) and len(terms) >= 2:
                yield Statement(template.format(listed(terms)), (found.page,))


def boundary(source: SubtopicSource, material: Material, numbers: Sequence[int]) -> Iterable[Statement]:
    own = set(content_stems(source.subtopic))
    for title in source.later_subtopics[:2]:
        yield Statement(f"“{short_title(title, material)}” is left to a later subtopic.", (numbers[-1],))
    for title in source.later_subtopics[2:]:
        roots = [root for root in content_stems(title) if root not in own and material.counts[root]]
        if len(roots) >= 2:
            pages = tuple(sorted({page for root in roots for page in material.pages_of[root]}))
            yield Statement(f"“{short_title(title, material)}” is touched on here, but taught later.", pages)
