"""What the pages of a subtopic offer to a writer: goals, definitions, tasks and key terms, with their pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from books.extraction.engines.offline.digest import running_text
from books.language import is_content, sentences, stem, words
from books.structure.base import PageText
from books.structure.headings import find_headings, joined_title
from books.structure.layout import PageLine, read_layout

# Eight words in a row as on the page are a copy.
COPIED_RUN = 8
_BULLET = re.compile(r"^(?:[^\w\s(“\"'¿¡]+|[e©o])\s+(?=[A-ZÁÉÍÓÚ])")
_GOALS = re.compile(
    r"able to\b|learning (?:objectives|outcomes|goals)|^objectives\b|you will learn|objetivos|aprenderás|al final de",
    re.IGNORECASE,
)
_GLOSSED = re.compile(r"^([^\W\d_][\w’' -]{2,32}):\s+((?:[A-ZÁÉÍÓÚÑ]|an? |the )\w*\s.{10,})$")
_CALLED = re.compile(
    r"^(.{8,}?)\b(?:is|are) (?:also )?(?:called|known as|named|se llaman?)\s+(?:the |an? )?"
    r"([^\W\d][\w-]+(?: [a-z-]{4,}){0,1})"
)
_IS_A = re.compile(
    r"^(?:an?|the|un|una|el|la|los|las)\s+([^\W\d][\w-]+(?: [\w-]{4,}){0,2}?)\s+"
    r"(?:is|are|means?|refers? to|es|son|significa)\s+(?:an?|the|any|when|un|una|el|la|los|las)\s+(.{10,})$",
    re.IGNORECASE,
)
# Where a main clause may end, and words with which only another clause or a fragment begins.
_CLAUSE_ENDS = re.compile(
    r"[;:—]|,? \b(?:because|whereas|while|but|although|so that|porque|pero|aunque|pues|mientras)\b"
)
_SUBORDINATE = re.compile(
    r"^(?:when|where|if|to|as|unlike|which|that|who|in|on|at|by|for|from|with|without|after|before|since|because|and|or|but|"
    r"then|let|remember|notice|en|al|a|si|cuando|para|con|sin|por|de|desde|como|lo|y|o)\b|[=+*<>{}]",
    re.IGNORECASE,
)
_TASK = re.compile(
    r"^(?:\(?\w{1,3}[.)]\s+)?((?-i:(?=[A-Z]))"
    r"(?:translate|model|find|solve|explain|describe|name|list|calculate|compare|draw|complete|write|"
    r"give|define|identify|discuss|evaluate|simplify|add|subtract|multiply|divide|label|outline|predict|estimate|"
    r"measure|classify|graph|sketch|summari[sz]e|locate|choose|match|show|"
    r"explica|calcula|compara|escribe|nombra|completa))\b(.{3,})$",
    re.IGNORECASE,
)
_RECALL = re.compile(
    r"\b(?:so far|in the (?:last|previous) (?:section|chapter|lesson|unit)|previous sections?|recall|earlier"
    r"|you (?:have )?already|as we (?:did|saw)|you (?:have )?learned|se vio|ya sabes|recuerda que)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A sentence or line and its page; ``label`` is the term defined or the verb of the task."""

    text: str
    page: int
    label: str = ""


@dataclass(slots=True)
class Material:
    """Everything the writer may use. ``counts`` are stemmed, ``forms`` how the pages write them."""

    sentences: list[Found] = field(default_factory=list)
    goals: list[Found] = field(default_factory=list)
    headings: list[Found] = field(default_factory=list)
    definitions: list[Found] = field(default_factory=list)
    tasks: list[Found] = field(default_factory=list)
    recalls: list[Found] = field(default_factory=list)
    pages_of: dict[str, list[int]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    forms: dict[str, str] = field(default_factory=dict)
    runs: set[tuple[str, ...]] = field(default_factory=set)

    def copies(self, text: str) -> bool:
        """Whether ``text`` repeats a run of the pages' words."""
        return not self.runs.isdisjoint(_runs(text))

    def terms(self, limit: int, pages: Sequence[int] = ()) -> list[str]:
        """The most frequent content words, on ``pages`` if given."""
        wanted = [root for root, _ in self.counts.most_common() if not pages or set(pages) & set(self.pages_of[root])]
        return [self.forms[root] for root in wanted[:limit]]

    def terms_in(self, text: str, limit: int = 4) -> list[str]:
        """The content words of ``text`` that matter most in these pages, in its own order."""
        roots = dict.fromkeys(stem(word) for word in words(text) if is_content(word) and len(word) > 3)
        best = set(sorted(roots, key=lambda root: (-self.counts[root], root))[:limit])
        return [self.forms.get(root, root) for root in roots if root in best and root in self.forms]

    def excerpt(self, text: str) -> str:
        """The first short main clause of ``text``, too short to be a copy; "" where there is none."""
        for part in _CLAUSE_ENDS.split(text):
            clause = part.strip(" .“”\"'")
            content = [word for word in words(clause) if is_content(word)]
            whole = "," not in clause and not _SUBORDINATE.search(clause) and not _TASK.match(clause)
            if whole and 4 <= len(re.findall(r"\w+", clause)) < COPIED_RUN - 1 and len(content) >= 2:
                return clause
        return ""

    def where(self, term: str) -> tuple[int, ...]:
        return tuple(self.pages_of.get(stem(term.lower()), ()))


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    flat = re.findall(r"\w+", text.lower())
    return (tuple(flat[i : i + COPIED_RUN]) for i in range(len(flat) - COPIED_RUN + 1))


def gather(pages: Sequence[PageText]) -> Material:
    """Read the pages; running heads, page numbers, captions and labels stay out."""
    material = Material()
    material.runs.update(_runs(" ".join(page.text for page in pages)))
    forms: dict[str, Counter[str]] = {}
    in_goals = False
    for page in pages:
        layout = read_layout(page, "", "")
        headings = find_headings(layout)
        titles: list[str] = []
        at = 0
        while at < len(headings):
            title, used = joined_title(headings, at)
            titles, at = [*titles, title], at + used
        material.headings += [Found(title, page.number) for title in titles if title]
        text = running_text(layout, headings)
        in_goals = _gather_goals(material, layout.body, page.number, in_goals=in_goals)
        _gather_lines(material, text.splitlines(), page.number)
        _gather_sentences(material, text, page.number)
        _count_words(material, forms, text, page.number)
    material.forms = {root: seen.most_common(1)[0][0] for root, seen in forms.items()}
    return material


def _count_words(material: Material, forms: dict[str, Counter[str]], text: str, page: int) -> None:
    """Counts by stem; the form that is kept has a capital where the word has one in the middle of sentences."""
    names = Counter(re.findall(r"(?<=[a-zà-ÿ,]\s)[A-ZÀ-Þ][a-zà-ÿ]+", text))
    for word in words(text):
        if not is_content(word) or len(word) <= 3:
            continue
        root = stem(word)
        material.counts[root] += 1
        raised = word.capitalize()
        forms.setdefault(root, Counter())[
            raised if 2 * names[raised] >= text.count(word) + names[raised] > 0 else word
        ] += 1
        where = material.pages_of.setdefault(root, [])
        if not where or where[-1] != page:
            where.append(page)


def _gather_goals(material: Material, lines: Sequence[PageLine], page: int, *, in_goals: bool) -> bool:
    """Collect the bulleted goals; returns whether the list may run on to the next page."""
    for line in lines:
        bullet = _BULLET.match(line.text)
        if _GOALS.search(line.text) and not bullet:
            in_goals = True
        elif in_goals and bullet and len(line.text.split()) > 2:
            material.goals.append(Found(line.text[bullet.end() :].strip(" .;"), page))
        elif in_goals and material.goals and line.text[0].islower():
            last = material.goals.pop()
            material.goals.append(Found(f"{last.text} {line.text.strip(' .;')}", last.page))
        else:
            in_goals = False
    return in_goals


def _gather_lines(material: Material, lines: Sequence[str], page: int) -> None:
    for line in lines:
        if (glossed := _GLOSSED.match(line)) and len(glossed[1].split()) <= 4 and not _TASK.match(line):
            if is_content(words(glossed[1])[-1]):
                material.definitions.append(Found(glossed[2], page, glossed[1].strip()))
        elif task := _TASK.match(line):
            material.tasks.append(Found(task[2], page, task[1].lower()))


def _gather_sentences(material: Material, text: str, page: int) -> None:
    known = {found.label.lower() for found in material.definitions}
    for sentence in sentences(text):
        if _RECALL.search(sentence):
            material.recalls.append(Found(sentence, page))
        if 5 <= len(sentence.split()) <= 45 and not sentence.endswith("?"):
            material.sentences.append(Found(sentence, page))
        named = _IS_A.match(sentence)
        called = _CALLED.match(sentence)
        label, text_of = (named[1], named[2]) if named else (called[2], called[1]) if called else ("", "")
        if label and label.lower() not in known and is_content(words(label)[-1] if words(label) else "the"):
            known.add(label.lower())
            material.definitions.append(Found(text_of, page, label))
