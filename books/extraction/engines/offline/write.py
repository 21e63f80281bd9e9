"""Writes a guideline from a subtopic's own words: extractive, supported by pages, never a copied sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from books.extraction.base import Guideline, Statement, SubtopicSource
from books.extraction.engines.offline.material import Found, Material, gather
from books.language import content_stems, listed, stem

_SHORT_TITLE = 6


def short_title(title: str, material: Material) -> str:
    """A title of at most six words, a longer one told by its main words."""
    plain = title.strip(" .:;")
    if len(plain.split()) <= _SHORT_TITLE:
        return plain
    return listed(material.terms_in(plain, 4)) or " ".join(plain.split()[:_SHORT_TITLE])


def lowered(text: str) -> str:
    """``text`` for the middle of a sentence; names and abbreviations keep their capitals."""
    head = text.split(maxsplit=1)[0] if text.split() else ""
    return text[0].lower() + text[1:] if head[1:].islower() or len(head) == 1 else text


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


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


def write(source: SubtopicSource) -> Guideline:
    """See ``GuidelineEngine.write``."""
    if not source.pages:
        return Guideline(summary=_summary(source, Material()))
    material = gather(source.pages)
    numbers = [page.number for page in source.pages]
    if not material.counts:
        nothing = Statement("No running text could be read here, so a person must say what is taught.", tuple(numbers))
        return Guideline(objective=(nothing,), summary=_summary(source, material))
    return Guideline(
        objective=_kept(material, _objective(source, material, numbers), 6),
        concepts=_kept(material, _concepts(source, material), 8),
        depth=_kept(material, _depth(material, numbers), 4),
        prerequisites=_kept(material, prerequisites(source, material), 4),
        misconceptions=_kept(material, misconceptions(material), 4),
        checks=_kept(material, _checks(material, numbers), 5),
        boundary=_kept(material, boundary(source, material, numbers), 4),
        summary=_summary(source, material),
    )


def _kept(material: Material, statements: Iterable[Statement], limit: int) -> tuple[Statement, ...]:
    """The first ``limit`` different statements that repeat no run of the pages' words and name a page."""
    kept: dict[str, Statement] = {}
    for statement in statements:
        if statement.pages and not material.copies(statement.text):
            kept.setdefault(statement.text, statement)
    return tuple(kept.values())[:limit]


def _objective(source: SubtopicSource, material: Material, numbers: Sequence[int]) -> Iterable[Statement]:
    for goal in material.goals:
        text = lowered(goal.text)
        if len(text.split()) > 7:
            text = f"{text.split()[0]} {listed(material.terms_in(' '.join(text.split()[1:])))}"
        yield Statement(f"The learner can {text}.", (goal.page,))
    if not material.goals:
        title = short_title(source.subtopic, material)
        terms = [term for term in material.terms(6) if stem(term) not in content_stems(title)][:3]
        about = f", in particular {listed(terms)}" if terms else ""
        yield Statement(f"The learner can explain the main ideas of “{title}”{about}.", _span(material, terms, numbers))


def _span(material: Material, terms: Sequence[str], numbers: Sequence[int]) -> tuple[int, ...]:
    pages = {page for term in terms for page in material.where(term)}
    return tuple(sorted(pages & set(numbers))) or tuple(numbers)


def _concepts(source: SubtopicSource, material: Material) -> Iterable[Statement]:
    own = set(content_stems(source.subtopic))
    for heading in material.headings:
        stems = set(content_stems(heading.text))
        if not stems or stems == own:
            continue
        around = [t for t in material.terms(12, (heading.page,)) if stem(t) not in stems][:3]
        if around:
            yield Statement(f"“{short_title(heading.text, material)}”, with {listed(around)}.", (heading.page,))
    for found in material.definitions:
        label = found.label.lower()
        terms = [t for t in material.terms_in(found.text) if stem(t) not in content_stems(found.label)]
        if terms:
            yield Statement(f"Meaning of the term “{label}”, explained through {listed(terms)}.", (found.page,))
    heaviest = sorted(material.sentences, key=lambda found: -_weight(found, material))
    excerpts = [(found, material.excerpt(found.text)) for found in heaviest]
    for found, excerpt in excerpts:
        if excerpt:
            terms = [t for t in material.terms_in(found.text) if stem(t) not in content_stems(excerpt)][:2]
            yield Statement(f"{f'On {listed(terms)}' if terms else 'A main point'}: “{excerpt}”.", (found.page,))
    for at, (found, excerpt) in enumerate(excerpts):
        terms = material.terms_in(found.text)
        if len(terms) >= 3 and not excerpt:
            opening = "The connection between" if at % 2 else "What the text says about"
            yield Statement(f"{opening} {listed(terms)}.", (found.page,))


def _weight(found: Found, material: Material) -> float:
    stems = set(content_stems(found.text))
    return sum(material.counts[root] for root in stems) / (len(stems) + 3)


def _depth(material: Material, numbers: Sequence[int]) -> Iterable[Statement]:
    if material.definitions:
        labels = list(dict.fromkeys(found.label.lower() for found in material.definitions))
        terms = listed([f"“{label}”" for label in labels[:4]])
        number = "one term" if len(labels) == 1 else f"{len(labels)} terms"
        pages = tuple(sorted({found.page for found in material.definitions}))
        among = "among them " if len(labels) > 4 else ""
        yield Statement(f"Vocabulary: {number} defined, {among}{terms}.", pages)
    if material.tasks:
        verbs = list(dict.fromkeys(found.label for found in material.tasks))[:4]
        pages = tuple(sorted({found.page for found in material.tasks}))
        yield Statement(f"Practice: {counted(len(material.tasks), 'task')}, asking learners to {listed(verbs)}.", pages)
    else:
        yield Statement("Explanation only: no practice tasks were found on these pages.", tuple(numbers))
    headings = [found for found in material.headings if len(content_stems(found.text)) > 0]
    if len(headings) > 1:
        first, last = short_title(headings[0].text, material), short_title(headings[-1].text, material)
        if first != last:
            yield Statement(
                f"Goes from “{first}” as far as “{last}”.", tuple(sorted({headings[0].page, headings[-1].page}))
            )


def _checks(material: Material, numbers: Sequence[int]) -> Iterable[Statement]:
    seen: set[str] = set()
    for task in material.tasks:
        terms = material.terms_in(task.text, 2)
        if terms and task.label not in seen:
            seen.add(task.label)
            yield Statement(
                f"Can the learner {task.label} a fresh example that involves {listed(terms)}?", (task.page,)
            )
    for found in material.definitions:
        yield Statement(f"Can the learner say in their own words what “{found.label.lower()}” means?", (found.page,))
    terms = material.terms(3)
    if len(terms) > 1:
        yield Statement(
            f"Can the learner explain how {listed(terms)} belong together?", _span(material, terms, numbers)
        )


def _summary(source: SubtopicSource, material: Material) -> str:
    """15 to 30 words that say how they came about. They name no page: pages move, subtopics are merged and split."""
    title = short_title(source.subtopic, material)
    for name in (f" on “{title}”", ""):
        for count in (5, 6, 7, 8, 4, 3, 2):
            terms = [t for t in material.terms(count + 4) if stem(t) not in content_stems(title)][:count]
            tasks = f", with {counted(len(material.tasks), 'practice task')}" if material.tasks else ""
            text = f"Automatic extract{name} from the book's own words, mainly about {listed(terms)}{tasks}."
            if terms and 15 <= len(text.split()) <= 30 and not material.copies(text):
                return text
    return (
        "Automatic extract from the book's own words: too little running text was found to say what is taught, "
        "so a person should check."
    )
