"""Turns a finished outline into topics and subtopics, around those that a person decided on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from books.extraction.identity import Place, earlier_selves
from books.extraction.outline_ops import PlacedSubtopic, placed_subtopics
from books.extraction.records import applied_cut
from books.extraction.teaching_order import Section, sections_of, write_sections
from books.guidelines.proposals import moving, propose, recutting
from books.models import AppliedCut, Book, Proposal, Subtopic, Topic
from books.models.change import current_change
from books.models.page import page_numbers
from books.stored.outline import CutBook, CutSubtopic, CutTopic, topic_key
from books.stored.pages import PageId
from books.stored.proposal import Piece, TopicFacts
from jobs.models import Job


def apply_outline(book: Book, outline: CutBook, *, job: Job | None = None, within: set[PageId] | None = None) -> None:
    """Makes the book's topics and subtopics those of ``outline``, in the current change; with ``within``, pages, those
    that lie in them, and the others stay as they are.

    What was a part of the cut before (``earlier_selves``) keeps its row and all that is in it. Where the outline has
    other pages, no place, or another topic for one that a person decided on, that stays as it is and the difference is
    proposed. Every page of the outline is in a subtopic afterwards.
    """
    cut = _Cut(book, outline, within)
    cut.place()
    cut.cover()
    lost = Subtopic.objects.filter(pk__in=[row.pk for row in cut.lost])
    lost.delete()
    write_sections(cut.sections)
    for suggestion in cut.suggestions:
        propose(book.pk, suggestion, job=job)
    if (before := applied_cut(book.pk)) != outline:
        values = {"data": outline, "before": before, "change": current_change.get()}
        AppliedCut.objects.update_or_create(book=book, defaults=values)


class _Cut:
    """``held`` has the row in which a part of the outline already is, by its key; ``kept`` are the rows that only a
    person's decision keeps, ``lost`` those that go."""

    def __init__(self, book: Book, outline: CutBook, within: set[PageId] | None) -> None:
        self.outline = outline
        self.numbers = page_numbers(book.pk)
        self.book = book
        self.placed = [
            each for each in placed_subtopics(outline) if within is None or within.issuperset(each.plan.pages)
        ]
        self.sections = sections_of(book)
        wanted = {each.key for each in self.placed}
        rows = [row for section in self.sections for row in section.rows]
        self._follow(rows, wanted)
        gone = [
            row for row in rows if (within is None or within.issuperset(row.pages)) and not wanted.issuperset(row.keys)
        ]
        self.kept = [row for row in gone if row.is_decided]
        self.lost = [row for row in gone if not row.is_decided]
        for section in self.sections:
            section.rows = [row for row in section.rows if row not in self.lost]
        self.held = {key: row for row in rows if row not in self.lost for key in row.keys}
        self.matched = self._matched()
        self.suggestions = [*self._recuttings()]

    def _follow(self, rows: Sequence[Subtopic], wanted: set[str]) -> None:
        """Rows whose parts are in the outline as others. Other words change no row that a person decided on."""
        before = placed_subtopics(applied_cut(self.book.pk))
        new = earlier_selves([_place(each.plan) for each in self.placed], [_place(each.plan) for each in before])
        held = {key for row in rows for key in row.keys}
        parts = {before[was].key: (before[was], self.placed[at]) for at, was in new.items()}
        for row in rows:
            for key in row.keys:
                was, now = parts.get(key, (None, None))
                if was is None or now is None or key in wanted or now.key in held:
                    continue
                left = [page for page in was.plan.pages if self.numbers.has(page)]
                if not row.is_decided:
                    others = [page for page in row.pages if page not in was.plan.pages]
                    row.pages = self.numbers.in_order((*others, *now.plan.pages))
                    row.number = now.plan.number[:20] if key == row.key else row.number
                    row.title = now.plan.title[:200] if row.title == was.plan.title[:200] else row.title
                elif {*left} != {*now.plan.pages}:
                    continue
                row.rekey(key, now.key)

    # ---- topics -----------------------------------------------------------------------------------------------------

    def _matched(self) -> dict[int, Section]:
        """The present topic of each of the outline's, by its place there: the one of the same key, else the one that
        holds most of its subtopics."""
        free = list(self.sections)
        found: dict[int, Section] = {}
        plans = list(enumerate(self.outline.topics))
        for at, plan in plans:
            same = next((section for section in free if section.topic.key == plan.key), None)
            if same is not None:
                found[at] = same
                free.remove(same)
        for at, _ in plans:
            held = [self.held[each.key] for each in self.placed if each.topic == at and each.key in self.held]
            shared = Counter(free.index(section) for row in held for section in free if row in section.rows)
            if at not in found and shared:
                found[at] = free.pop(shared.most_common(1)[0][0])
        for at, section in found.items():
            if any(each.topic == at for each in self.placed):
                self._update(section.topic, self.outline.topics[at])
        return found

    def _update(self, topic: Topic, plan: CutTopic) -> None:
        """A title that nobody refined follows the outline."""
        if not topic.is_edited and topic.key == topic_key(topic.number, topic.title):
            topic.title = plan.title[:200]
        topic.key, topic.number = plan.key, plan.number[:20]

    def _section(self, at: int) -> Section:
        """That of the outline's topic, opened behind the one before it, or by its pages, where there is none yet."""
        if at not in self.matched:
            plan = self.outline.topics[at]
            facts = _topic_facts(plan)
            section = Section(Topic(book=self.book, key=facts.key, number=facts.number, title=facts.title))
            before = next((self.matched[earlier] for earlier in range(at - 1, -1, -1) if earlier in self.matched), None)
            self.sections.insert(self._topic_place(plan, before), section)
            self.matched[at] = section
        return self.matched[at]

    def _topic_place(self, plan: CutTopic, before: Section | None) -> int:
        """Behind ``before``; without it, ahead of the first that begins later."""
        if before is not None:
            return self.sections.index(before) + 1
        begins = [self.numbers.first(page for row in section.rows for page in row.pages) for section in self.sections]
        first = self.numbers.first(plan.pages)
        return next((at for at, other in enumerate(begins) if other > first), len(begins))

    # ---- subtopics --------------------------------------------------------------------------------------------------

    def place(self) -> None:
        kept_pages = {page for row in self.kept for page in row.pages}
        last: dict[Section, Subtopic] = {}
        for each in self.placed:
            row = self.held.get(each.key)
            if row is None:
                pages = [page for page in each.plan.pages if page not in kept_pages]
                if not pages:
                    continue
                row = self.held[each.key] = _new(each, pages)
                self._insert(row, each, last)
            elif row.key == each.key and self._moves(row, each):
                self._insert(row, each, last)
            for section in self.sections:
                if row in section.rows:
                    last[section] = row

    def _moves(self, row: Subtopic, each: PlacedSubtopic) -> bool:
        """Whether the outline has ``row`` in another topic than before; one that a person decided on is left."""
        plan = self.outline.topics[each.topic]
        before, after = row.cut_topic, plan.key
        there = self.matched.get(each.topic)
        if before == after or (there is not None and row in there.rows):
            row.cut_topic = after
            return False
        if row.is_decided:
            self.suggestions.append(moving(row, _topic_facts(plan)))
        return not row.is_decided

    def _insert(self, row: Subtopic, each: PlacedSubtopic, last: Mapping[Section, Subtopic]) -> None:
        for section in self.sections:
            section.rows = [other for other in section.rows if other is not row]
        section = self._section(each.topic)
        row.cut_topic = self.outline.topics[each.topic].key
        section.rows.insert(self._row_place(section.rows, row, last.get(section)), row)

    def _row_place(self, rows: Sequence[Subtopic], row: Subtopic, before: Subtopic | None) -> int:
        if before is not None:
            return next(at for at, other in enumerate(rows) if other is before) + 1
        first = self.numbers.first(row.pages)
        return next((at for at, other in enumerate(rows) if self.numbers.first(other.pages) > first), len(rows))

    def cover(self) -> None:
        """Gives pages of the outline that no row has to the row that stands for their part of it."""
        rows = [row for section in self.sections for row in section.rows]
        covered = {page for row in rows for page in row.pages}
        for each in self.placed:
            missing = {*each.plan.pages} - covered
            row = self.held.get(each.key)
            if missing and row is not None and not row.is_decided:
                row.pages = self.numbers.in_order((*row.pages, *missing))

    def _recuttings(self) -> list[Proposal]:
        """For rows that only a person's decision keeps, each with the parts that no other of them becomes; not where a
        person made them of a part that is cut as ever."""
        found = []
        held = {key for key, row in self.held.items() if row.is_decided}
        free = [each for each in self.placed if each.key not in held]
        rows = [Place(row.number, {*row.pages}, row.title) for row in self.kept]
        becomes = earlier_selves([_place(each.plan) for each in free], rows)
        owners = {free[at].key: self.kept[was] for at, was in becomes.items()}
        for row in self.kept:
            near = [each for each in self.placed if {*each.plan.pages} & {*row.pages}]
            pieces = [each for each in near if owners.get(each.key, row) is row]
            if row.cut_topic or any(each.key not in self.held for each in pieces):
                found.append(recutting(row, [_piece(each, self.outline.topics[each.topic]) for each in pieces]))
        return found


def _place(plan: CutSubtopic) -> Place:
    return Place(plan.number, {*plan.pages}, plan.title)


def _topic_facts(plan: CutTopic) -> TopicFacts:
    return TopicFacts(plan.key, plan.number[:20], plan.title[:200])


def _piece(each: PlacedSubtopic, topic: CutTopic) -> Piece:
    plan = each.plan
    return Piece(each.key, plan.number[:20], plan.title[:200], plan.start_line[:200], plan.pages, _topic_facts(topic))


def _new(each: PlacedSubtopic, pages: Sequence[PageId]) -> Subtopic:
    plan = each.plan
    facts = {"number": plan.number[:20], "title": plan.title[:200], "start_line": plan.start_line[:200]}
    return Subtopic(key=each.key, pages=tuple(pages), **facts)
