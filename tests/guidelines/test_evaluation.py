"""The check of evidence measured: on labelled files by the command, and by faults planted into honest statements."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from books.guidelines.evaluation import labelled_book
from books.guidelines.evidence import BookText, EvidenceCheck
from books.guidelines.planting import planted

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
