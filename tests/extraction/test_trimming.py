from __future__ import annotations

import pytest

from books.extraction.outline_ops import trimmed
from books.structure.base import PageText

BODY = "Bodies that rub slow each other down.\nA rough floor stops a sledge."


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("5.3 Friction", "5.3 Friction"),
        ("5.3 Friction", "Friction"),
        ("Friction", "5.3 Friction"),
        ("5.3 Friction", "5.3\nFriction"),
        ("5.3 Friction and Its Uses in Brakes and Tyres", "5.3 Friction and Its Uses\nin Brakes\nand Tyres"),
        ("Friction and Its Uses in Brakes", "5.3\nFriction and Its\nUses in Brakes"),
        ("5.3 Friction and Its", "5.3 Friction and Its\nUses in Brakes"),
    ],
)
def test_a_section_is_trimmed_at_its_heading_however_that_is_printed(said, printed):
    page = PageText(7, f"5.2 • Motion 97\nA body at rest stays at rest.\n{printed}\n{BODY}")
    (begun,) = trimmed([page], said, "")
    assert begun.text == f"{printed}\n{BODY}"
    (ended,) = trimmed([page], "", said)
    assert ended.text == "5.2 • Motion 97\nA body at rest stays at rest."


def test_the_heading_and_not_the_running_head_is_where_it_begins():
    page = PageText(7, f"5.3 • Friction 97\nA body at rest stays at rest.\n5.3 Friction\n{BODY}")
    assert trimmed([page], "5.3 Friction", "")[0].text == f"5.3 Friction\n{BODY}"


def test_a_heading_that_is_not_there_trims_nothing():
    page = PageText(7, BODY)
    assert trimmed([page], "5.3 Friction", "5.4 Heat") == (page,)
