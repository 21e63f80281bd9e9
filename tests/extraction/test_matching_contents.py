"""Contents matched to pages, the chapters as runs of pages, and drafts from the pages themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from books.extraction.contents import drafted
from books.structure.base import BookFacts, Digest, Heading, TocEntry
from books.structure.chapters import chapters, match_lines, open_at
from books.structure.contents import parse_toc
from books.structure.match_contents import PrintedPages
from tests.extraction.printing import digests, printed_book

CONTENTS = parse_toc("1 Rivers 1\n1.1 Springs 2\n1.2 Deltas 4\n2 Clouds 5\nIndex 7")


def scans(*headings: str, offset: int = 0) -> list[Digest]:
    """A scan for each of ``headings`` (" /" stands above it: the page before goes on), whose page number is printed."""
    return [
        Digest(
            page=number,
            headings=(Heading(text.strip(" /"), 1 if text[:1].isalpha() else 2, line=3),) if text else (),
            continues_previous=text.startswith("/"),
            printed_number=number - offset if number > offset else None,
            terms={"water": 50},
        )
        for number, text in enumerate(headings, start=1)
    ]


def test_lines_are_laid_by_heading_and_by_printed_page():
    pages = scans("", "", "Rivers", "", "", "Deltas", "/Clouds", "", "Index", offset=2)
    matched = match_lines(CONTENTS, pages)
    assert [(each.role, each.entry.scan) for each in matched] == [
        ("topic", 3), ("subtopic", 4), ("subtopic", 6), ("topic", 7), ("matter", 9),
    ]  # fmt: skip
    assert not any(each.problem for each in matched)
    rivers, clouds = chapters(matched, range(1, 10))
    assert ([entry.title for entry in rivers.entries], rivers.pages) == (
        ["Rivers", "Springs", "Deltas"],
        (3, 4, 5, 6, 7),
    )
    assert clouds.pages == (7, 8)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("9 Seas 90", "Printed page 90 would be scan 92; the scans end at 7"),
        ("9 Seas", "names no page"),
        ("9 Seas (scan 12)", "There is no scan 12; the book has 7"),
        ("9 Seas (scan 1)", "before the line above"),
    ],
)
def test_what_cannot_be_laid_says_why(line, reason):
    pages = scans("", "", "Rivers", "", "", "", "", offset=2)
    matched = match_lines(parse_toc(f"1 Rivers 1\n{line}"), pages)
    assert sorted(reason in each.problem for each in matched) == [False, True]
    assert "No page has been read" in match_lines(CONTENTS, [])[0].problem
    bare = [replace(page, printed_number=None) for page in pages]
    assert "too few page numbers" in match_lines(parse_toc("1 Rivers 1\n2 Seas 4"), bare)[1].problem


def test_a_chapter_whose_opening_is_lost_begins_with_its_first_section():
    matched = match_lines(parse_toc("1 Rivers\n1.1 Springs\n2 Clouds"), scans("", "Springs", "", "Clouds"))
    assert [each.entry.scan for each in matched] == [2, 2, 4]


def test_a_settled_scan_wins_over_heading_and_number():
    pages = scans("Rivers", "", "Clouds", "")
    matched = match_lines([TocEntry("Rivers", 1, page=1), TocEntry("Clouds", 1, page=3, scan=4, is_fixed=True)], pages)
    assert [each.entry.scan for each in matched] == [1, 4]


def test_a_range_begins_with_what_is_open_there():
    entries = [replace(entry, scan=scan) for entry, scan in zip(CONTENTS, (3, 4, 6, 7, 9), strict=True)]
    assert [(entry.title, entry.scan) for entry in open_at(entries, 5)] == [
        ("Rivers", 5), ("Springs", 5), ("Deltas", 6), ("Clouds", 7), ("Index", 9),
    ]  # fmt: skip
    assert [entry.title for entry in open_at(entries, 7)] == ["Clouds", "Index"]
    assert open_at(entries, 3) == tuple(entries)


@pytest.mark.parametrize("has_contents", [True, False])
def test_a_draft_comes_from_the_contents_pages_or_the_headings(has_contents):
    book = printed_book("ciencias", has_contents=has_contents)
    entries, origin = drafted(book.facts, digests(book.pages, book.facts))
    assert origin == ("contents" if has_contents else "headings")
    if has_contents:
        assert [(e.title, e.level, e.page) for e in entries] == [(e.title, e.level, e.page) for e in book.toc]
    matched = match_lines(entries, digests(book.pages, book.facts))
    assert [each.entry.scan for each in matched if each.role == "subtopic"] == book.starts


def test_nothing_to_go_by_gives_no_draft():
    assert drafted(BookFacts("A book"), scans("", "", "")) == ((), "")


def marked(text: str, pages: list[Digest]) -> dict[str, str]:
    return {each.entry.title: each.problem for each in match_lines(parse_toc(text), pages) if each.problem}


def test_the_line_that_contradicts_its_neighbours_is_the_one_marked():
    """The one after it was."""
    pages = scans("1 Rivers", "1.1 Springs", "", "1.2 Deltas", "2 Clouds", "", "2.1 Rain", "", "", "")
    wrong = "1 Rivers 1\n1.1 Springs {}\n1.2 Deltas 4\n2 Clouds 5\n2.1 Rain 7"
    assert marked(wrong.format(2), pages) == {}
    for page in (5, 6, 9):
        assert marked(wrong.format(page), pages) == {
            "Springs": f"It begins on scan 2, but printed page {page} is scan {page}."
        }
    assert marked("1 Rivers 9\n1.1 Springs 3", []) == {
        "Rivers": "Page 9 contradicts the lines around it.",
        "Springs": "Page 3 contradicts the lines around it.",
    }


def test_a_page_number_that_agrees_with_no_other_scan_is_none():
    pages = scans(*["Rivers"] * 9, offset=2)
    for at, misread in ((3, 12), (5, 12), (6, 40)):
        pages[at] = replace(pages[at], printed_number=misread)
    printed = PrintedPages(pages)
    assert [printed.number_on(page.page) for page in pages] == [None, None, 1, None, 3, None, None, 6, 7]
    assert [printed.scan_of(number) for number in (2, 4, 12)] == [4, 6, 14]
