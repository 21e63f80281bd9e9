"""A model's sections beside the digests' headings: a page off is put right, and a chapter's opening has a place."""

from __future__ import annotations

from books.extraction.engines.forms import OutlineForm
from books.extraction.engines.sections import extended
from books.structure.base import Digest, Heading, Outline


def section(title: str, first: int, last: int, **fields) -> dict:
    given = {"chapter": "Forces", "chapter_number": "5", "number": "", "starts_at": "", "continues_previous": False}
    return {**given, "title": title, "first_page": first, "last_page": last, **fields}


def plans(sections: list[dict], *pages: Digest) -> list[tuple]:
    form = OutlineForm.model_validate({"sections": sections, "front_or_back_matter": []})
    topics = extended(Outline(), form, pages).topics
    return [(each.title, each.first_page, each.last_page, each.start_line, each.note) for each in topics[0].subtopics]


def test_a_section_a_page_off_its_heading_is_moved_to_it():
    pages = [
        Digest(1, headings=(Heading("5.1 Motion", 2, "5.1"),)),
        Digest(2, headings=(Heading("5.2 Friction", 2, "5.2", line=9),), continues_previous=True),
        Digest(3, continues_previous=True),
    ]  # fmt: skip
    for said in (1, 3):
        found = plans([section("Motion", 1, said), section("Friction", said, 3, number="5.2")], *pages)
        assert found == [
            ("Motion", 1, 2, "5.1 Motion", ""),
            ("Friction", 2, 3, "5.2 Friction",
             f"“Friction” begins on page 2, where its heading is, not on page {said}."),
        ]  # fmt: skip


def test_a_label_of_a_finer_level_or_further_away_moves_nothing():
    pages = [Digest(1), Digest(2, headings=(Heading("Friction", 3),)), Digest(3, headings=(Heading("Friction", 2),))]
    found = plans([section("Friction", 1, 3)], *pages)
    assert found == [("Friction", 1, 3, "", "")]


def test_what_a_chapter_opens_with_belongs_to_its_first_section():
    opening = (Heading("Chapter 5", 1, "5"), Heading("Forces", 1, line=1))
    pages = [
        Digest(1, headings=opening),
        Digest(2, headings=(Heading("5.1 Motion", 2, "5.1", line=9),), continues_previous=True),
    ]
    motion = section("Motion", 2, 2, number="5.1", starts_at="5.1 Motion")
    assert plans([motion], *pages) == [("Motion", 1, 2, "Chapter 5", "")]
