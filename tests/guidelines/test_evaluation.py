"""The check of evidence measured: on labelled files by the command, and by faults planted into honest statements."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from books.guidelines.changes import change
from books.guidelines.evaluation import labelled_book
from books.guidelines.evidence import BookText, EvidenceCheck
from books.guidelines.measure import planted
from books.publishing.files.export import book_json
from books.stored.guideline import Evidence, Finding, FindingKind, Part
from books.stored.guideline import Statement as Stored
from tests.factories import BookFactory, ReadPageFactory, SubtopicFactory, TopicFactory

HERE = Path(__file__).parent
SAMPLE = HERE.parent.parent / "samples/evidence/prealgebra.json"


def test_the_command_prints_alarms_by_part_catches_by_kind_and_judgement_apart():
    said = io.StringIO()
    call_command("evaluate", guidelines=SAMPLE, stdout=said)
    lines = [" ".join(line.split()) for line in said.getvalue().splitlines()]
    assert "boundary 0 of 8 0.0%" in lines
    assert "in another language 0 of 4 0.0%" in lines
    assert any(line.startswith("wrong_page 5 of 5 100.0% other_page") for line in lines)
    apart = lines.index("Caught where only judgement can tell (never added to the above)")
    assert any(line.startswith("negated") for line in lines[apart:])
    assert not any(line.startswith("negated") for line in lines[:apart])


def test_the_command_says_what_is_wrong_with_a_file(tmp_path):
    (tmp_path / "odd.json").write_text("{}")
    with pytest.raises(CommandError, match="no labelled statements"):
        call_command("evaluate", guidelines=tmp_path / "odd.json")
    with pytest.raises(CommandError, match="Name a truth file"):
        call_command("evaluate")


@pytest.mark.parametrize("name", ["persia", "revolutions", "dynasties", "systems"])
def test_faults_planted_into_honest_statements_are_caught(name):
    book = labelled_book(json.loads((HERE / f"evidence/{name}.json").read_text(encoding="utf-8")))
    text = BookText(book.pages)
    tried, missed = 0, []
    for subtopic in book.subtopics:
        check = EvidenceCheck(text, subtopic.pages, subtopic.later_subtopics, subtopic.title)
        honest = [each for each in subtopic.statements if (each.verdict, each.kind) == ("honest", "honest")]
        for kind, fault in (
            (kind, (each.part, claim)) for each in honest for kind, claim in planted(each.part, each.claim, check)
        ):
            tried += 1
            missed += [] if check.check(*fault).findings else [(kind, fault[1].text)]
    assert tried > 100
    assert len(missed) <= 0.03 * tried, missed


@pytest.mark.django_db
def test_a_books_own_guidelines_are_measured_compared_and_put_in_an_order_for_review(tmp_path):
    book = BookFactory(title="Nile")
    texts = (
        "In 671 BCE the Assyrians took Memphis from the Kushites.",
        "Thebes fell eight years later to Ashurbanipal.",
    )
    pages = [ReadPageFactory(book=book, number=at, reading__text=text) for at, text in enumerate(texts, start=1)]
    topic = TopicFactory(book=book)
    ids = tuple(str(page.pk) for page in pages)
    quote = Stored("Memphis fell in 671 BCE.", ids[:1], evidence=(Evidence(ids[0], "the Assyrians took Memphis"),))
    doubted = Stored("It rained.", ids[:1], findings=(Finding(FindingKind.DENIED),))
    for at, (title, said, status) in enumerate((("Fine", quote, "approved"), ("Odd", doubted, "pending_review")), 1):
        row = SubtopicFactory(topic=topic, sequence=at, title=title, pages=[1, 2], status=status)
        with change(book.pk, "Written"):
            row.guideline = {part: (said,) if part == Part.CONCEPTS else () for part in Part}
            row.save()
    (tmp_path / "before.json").write_text(json.dumps(book_json(book)))
    with change(book.pk, "Written"):
        row.guideline = {**row.guideline, Part.CONCEPTS: (quote, Stored("Thebes fell.", ids[1:]))}
        row.save()
    said = io.StringIO()
    call_command("evaluate", book=book.pk, statements=True, against=tmp_path / "before.json", stdout=said)
    lines = [" ".join(line.split()) for line in said.getvalue().splitlines()]
    assert "Alarms on approved statements: 0 of 1" in lines
    assert "era changed 2 of 2" in lines
    assert "date shifted 2 of 2" in lines
    assert lines.index("0 50% 6 Odd") < lines.index("0 0% 6 Fine")
    assert "Statements kept 1, gone 1, new 1; evidence in both 100%" in lines
