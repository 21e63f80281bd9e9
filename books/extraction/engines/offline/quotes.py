"""A guideline in the book's own words: what the pages print of what they teach, quoted with its page and nothing added.

What a page does not print (depth, misconceptions, what is left out) stays empty.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import pairwise

from books.arithmetic import equations
from books.extraction.base import Guideline, Statement, SubtopicSource
from books.extraction.engines.offline.blocks import AIM, ITEM, LABELLED, ORDER, TERM, Block, blocks
from books.extraction.engines.offline.digest import salient_sentences
from books.language import content_stems, sentences, words
from books.sentences import counted, listed
from books.structure.numbering import parse_numbering

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
_POINTS_BACK = re.compile(
    r"^(?:these|those|this|that|they|it|such|he|she|his|her|its|their|estos?|estas?|esto|ésta?s?|sus?|ell[ao]s?|él"
    r"|ils?|elles?|ses?|son|sa|cette|er|sie|es|diese[rs]?|seine?|ihre?)\b",
    re.IGNORECASE,
)
_SLIP = re.compile(r"[a-z]{2}[01][a-z]|[a-z][01]{2}\b|\b[lI]\d|(?<![A-Z])\dO\b|\bO[.,]\d")
# A task that its own sign contradicts: "·" is read as "-", "÷" as "+".
_CONTRADICTED = re.compile(r"(?i)^multiply\b.*(?<![(\d])\d+ ?[-–—−] ?\d|^divide\b.*(?<![(\d])\d+ ?\+ ?\d")
_FEW, _OF_A_VERB, _TELLING_RUN, _LONGEST = 3, 2, 3, 60  # the last: words of two sentences
_MOST = {"objective": 12, "concepts": 24, "prerequisites": 6, "checks": 12}


def write(source: SubtopicSource) -> Guideline:
    """See ``GuidelineEngine.write``."""
    found = blocks(source.pages)
    goals = [goal for block in found if block.kind == "goals" for goal in _items(block.lines[1:], AIM)]
    terms = [term for block in found if block.kind == "terms" for term in _items(block.lines[1:], TERM)]
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
    """Its first two sentences, or the first one where they are long."""
    said = sentences(text)[:2]
    return " ".join(" ".join(said[: 1 + (len(" ".join(said).split()) <= _LONGEST)]).split()[:_LONGEST])


def _quotes(found: Iterable[tuple[str, int]], part: str, misread: Sequence[Sequence[str]]) -> tuple[Statement, ...]:
    """Each once, of at most two sentences; none with words that may have been misread, nor with a digit in a word where
    others have none."""
    kept: dict[str, Statement] = {}
    for text, page in found:
        said = _shortened(text)
        if said and words(said) and not _is_misread(said, misread):
            kept.setdefault(said.casefold(), Statement(said, (page,), kind="quote"))
    clean = [each for each in kept.values() if not _SLIP.search(each.text)]
    return tuple(clean or kept.values())[: _MOST[part]]


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
            items.append((AIM.sub("", text), page))
        elif items:
            items[-1] = f"{items[-1][0]} {text}", items[-1][1]
    return items


def _headings(source: SubtopicSource, found: Sequence[Block]) -> list[tuple[str, int]]:
    """Those within the subtopic: without its own title and its topic's."""
    titles = [words(source.topic), words(source.subtopic)]
    said = [(" ".join(line for _, line in each.lines), each.lines[0][0]) for each in found if each.kind == "heading"]
    bare = [(words(getattr(parse_numbering(text), "title", text)), text, page) for text, page in said]
    return [(text, page) for title, text, page in bare if title and title not in titles]


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
        for sentence, (told, page) in _told(block):
            if _DEFINES.search(sentence) and _is_whole(sentence):
                yield told or sentence, page
            elif is_open and told and _is_telling(sentence) and not matter.isdisjoint(_matter(sentence)):
                yield told, page
                is_open = False


def _told(block: Block) -> Iterator[tuple[str, tuple[str, int]]]:
    """Each sentence of running text, and how it is told with its page: one that points back with the one before it,
    "" where that points back as well."""
    said = [("", 0), *block.sentences()] if block.kind == "text" else []
    for (before, page_before), (sentence, page) in pairwise(said):
        if not _POINTS_BACK.match(sentence):
            yield sentence, (sentence, page)
        elif before and not _POINTS_BACK.match(before) and _is_whole(before):
            yield sentence, (f"{before} {sentence}", page_before)
        else:
            yield sentence, ("", page)


def _matter(text: str) -> set[str]:
    """The beginnings of its words of matter, so that variable meets variables."""
    return {each[:5] for each in content_stems(text)}


def _salient(found: Sequence[Block]) -> list[tuple[str, int]]:
    """Of pages that print little else, the sentences richest in their own words."""
    said = [(one, told) for block in found for one, told in _told(block) if told[0] and _is_telling(one)]
    best = salient_sentences(" ".join(sentence for sentence, _ in said))
    chosen = [told for sentence, told in said if sentence in best]
    return [each for each, after in pairwise([*chosen, ("", 0)]) if not after[0].startswith(each[0])]


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
    is_begun = not sentence[0].islower() and (sentence[0].isalpha() or sentence[0] in '“"¿¡')
    is_closed = all(sentence.count(one) == sentence.count(other) for one, other in ("()", "“”"))
    is_closed = is_closed and not re.search(r"[.?!]\s+\d{1,2}\.$", sentence)
    is_over = is_closed and sentence.count('"') % 2 == 0 and sentence[-1] in '.!?:”")।'
    return is_begun and is_over and len(sentence.split()) > 3 and not _IDLE.search(sentence)


def _is_telling(sentence: str) -> bool:
    asks = sentence[-1] in "?:" or ORDER.match(sentence)
    return _is_whole(sentence) and not asks and not _RECALLS.search(sentence)


def _opening(found: Sequence[Block]) -> list[tuple[str, int]]:
    """Where no objective is printed: the first sentence, which says what it is about."""
    said = [told for block in found for one, told in _told(block) if told[0] and _is_telling(one)]
    return sorted(said, key=lambda each: bool(_SLIP.search(each[0])))[:1]


def _task(block: Block) -> tuple[str, int] | None:
    """With its label and number, as far as it is set; the way to its solution is left out."""
    task = LABELLED.sub("", ITEM.sub("", block.text))
    label = block.text.removesuffix(task)
    is_told = any(len(word) > 2 for word in words(task)) if label else len(block.lines) > 1
    said = sentences(task)[: 1 if label and ORDER.match(task) else 2]
    return (" ".join(f"{label}{' '.join(said)}".split()), block.lines[0][0]) if is_told else None


def _told_apart(tasks: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """The first two of each verb: what is left out is more of the same."""
    verbs = Counter[str]()
    chosen = []
    for task in tasks:
        verb = next((word for word in words(task[0]) if ORDER.match(word)), "")
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
    return f"{'; '.join(others).rstrip('.।')}. {printed}" if others else printed
