from __future__ import annotations

import pytest

from books.extraction.evaluate import boundary_scores
from books.structure.base import BookFacts, Digest, Heading, PageText, TocEntry
from books.structure.cut import cut, is_clean
from books.structure.match_contents import PrintedPages
from tests.extraction.longer_books import BOOKS, FACTS
from tests.extraction.printing import digests, section_starts


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("has_type", [True, False])
@pytest.mark.parametrize("name", BOOKS)
def test_chosen_chapters_are_cut_with_all_their_sections(name, has_type, seed):
    book = BOOKS[name](seed)
    pages = book.printed(has_type=has_type)
    outline = cut(FACTS, digests(pages, FACTS))
    assert [(topic.number, topic.title) for topic in outline.topics] == [(no, title) for no, title, _ in book.chapters]
    if name == "history" and not has_type:
        return  # Nothing but the heads tells a section from what is within it.
    starts = [page for _, _, sections in book.chapters for page, _ in sections]
    assert boundary_scores(starts, section_starts(outline), len(pages)).f1 >= 0.95
    titles = [title for _, _, sections in book.chapters for _, title in sections]
    found = [subtopic.title for topic in outline.topics for subtopic in topic.subtopics]
    assert len(set(titles) & set(found)) >= 0.9 * len(titles)
    assert is_clean(outline) == (name != "history")


def test_numbers_that_were_misread_are_still_sections():
    body = "Water runs down to the sea and carries sand with it.\n" * 9
    pages = [
        PageText(1, f"Chapter 3\nRivers\n3.l Springs and Wells\n{body}"),
        PageText(2, f"3 . 2 The Upper Course\n{body}"),
        PageText(3, f"3.3 The Lower Course and the\nPlains\n{body}"),
    ]
    outline = cut(BookFacts("Rivers"), digests(pages, FACTS))
    assert [(each.number, each.title) for each in outline.topics[0].subtopics] == [
        ("3.1", "Springs and Wells"), ("3.2", "The Upper Course"), ("3.3", "The Lower Course and the Plains"),
    ]  # fmt: skip


def test_pages_that_a_scan_leaves_out_are_on_no_scan():
    numbers = [10, 11, 12, 13, 60, 61, 62, 90, 91, 92]
    pages = [Digest(scan, printed_number=number) for scan, number in enumerate(numbers, 1)]
    printed = PrintedPages(pages)
    assert [printed.scan_of(number) for number in (9, 12, 30, 61, 70, 92)] == [None, 3, None, 6, None, 10]
    toc = [TocEntry("Rain", 1, "1", 10), TocEntry("Snow", 1, "2", 64), TocEntry("Hail", 1, "3", 90)]
    heading = {1: "1 Rain", 8: "3 Hail"}
    pages = [
        Digest(page.page, headings=(Heading(heading[page.page], 1, heading[page.page][0]),), terms={"water": 40},
               printed_number=page.printed_number)
        if page.page in heading
        else Digest(page.page, terms={"water": 40}, printed_number=page.printed_number)
        for page in pages
    ]  # fmt: skip
    assert [(topic.title, topic.first_page) for topic in cut(FACTS, pages, toc).topics] == [("Rain", 1), ("Hail", 8)]
