from __future__ import annotations

from dataclasses import replace

import pytest

from books.extraction.evaluate import boundary_scores
from books.structure.base import BookFacts, Outline, PageText, TocEntry
from tests.extraction.printing import (
    BARE,
    HELD_OUT,
    STYLES,
    outlined,
    printed_book,
    section_starts,
)


def f1(starts: list[int], outline: Outline, pages: int) -> float:
    return boundary_scores(starts, section_starts(outline), pages).f1


def covered(outline: Outline) -> list[int]:
    pages = {page for t in outline.topics for s in t.subtopics for page in range(s.first_page, s.last_page + 1)}
    assert not pages & set(outline.front_matter)
    return sorted(pages | set(outline.front_matter))


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("has_type", [True, False])
def test_headings_of_each_style(name, has_type):
    book = printed_book(name, has_type=has_type)
    outline = outlined(book.pages, book.facts)
    assert len(book.pages) >= 12
    assert outline.basis == "headings"
    assert f1(book.starts, outline, len(book.pages)) >= 0.95
    assert covered(outline) == [page.number for page in book.pages]


@pytest.mark.parametrize("name", ["history", "geography", "ciencias", "biology"])
def test_topics_and_titles(name):
    book = printed_book(name)
    outline = outlined(book.pages, book.facts)
    assert [topic.title for topic in outline.topics] == [entry.title for entry in book.toc if entry.level == 1]
    titles = [subtopic.title for topic in outline.topics for subtopic in topic.subtopics]
    assert titles == [entry.title for entry in book.toc if entry.level == 2]


def test_without_headings_vocabulary_decides():
    scores = []
    for name in STYLES:
        book = printed_book(name, BARE, has_head=False)
        outline = outlined(book.pages, book.facts)
        assert outline.basis == "cohesion"
        assert covered(outline) == [page.number for page in book.pages]
        assert all(s.title for topic in outline.topics for s in topic.subtopics)
        scores.append(f1(book.starts, outline, len(book.pages)))
    assert sum(scores) / len(scores) >= 0.6


@pytest.mark.parametrize("name", HELD_OUT)
@pytest.mark.parametrize("has_type", [True, False])
def test_headings_of_books_not_seen_before(name, has_type):
    book = printed_book(name, has_type=has_type)
    outline = outlined(book.pages, book.facts)
    assert f1(book.starts, outline, len(book.pages)) >= 0.95
    assert covered(outline) == [page.number for page in book.pages]


def test_books_not_seen_before_without_headings():
    books = [printed_book(name, BARE, has_head=False) for name in HELD_OUT]
    scores = [f1(book.starts, outlined(book.pages, book.facts), len(book.pages)) for book in books]
    assert sum(scores) / len(scores) >= 0.6


@pytest.mark.parametrize("name", HELD_OUT)
@pytest.mark.parametrize("style", [None, BARE], ids=["with headings", "bare"])
def test_contents_of_books_not_seen_before(name, style):
    book = printed_book(name, style, has_contents=True)
    outline = outlined(book.pages, book.facts)
    assert f1(book.starts, outline, len(book.pages)) >= 0.99
    assert covered(outline) == [page.number for page in book.pages]


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("style", [None, BARE], ids=["with headings", "bare"])
def test_contents_in_the_book_bind(name, style):
    book = printed_book(name, style, has_contents=True)
    outline = outlined(book.pages, book.facts)
    assert outline.basis == "toc"
    assert f1(book.starts, outline, len(book.pages)) >= 0.99
    assert outline.front_matter[:2] == (1, 2)
    assert covered(outline) == [page.number for page in book.pages]


@pytest.mark.parametrize("name", STYLES)
def test_index_is_back_matter(name):
    book = printed_book(name, has_contents=True)
    assert outlined(book.pages, book.facts).front_matter == (1, 2, len(book.pages))


@pytest.mark.parametrize("name", STYLES)
def test_contents_given_without_page_numbers(name):
    book = printed_book(name)
    toc = tuple(replace(entry, page=None) for entry in book.toc)
    outline = outlined(book.pages, book.facts, toc=toc)
    assert outline.basis == "toc"
    assert f1(book.starts, outline, len(book.pages)) >= 0.99


def test_sample_by_headings(sample_pages, sample_facts, sample_starts, truth):
    outline = outlined(sample_pages, sample_facts)
    assert outline.basis == "headings"
    assert f1(sample_starts, outline, 24) == 1
    found = [[(s.title, s.first_page, s.last_page) for s in topic.subtopics] for topic in outline.topics]
    wanted = [[(s["title"], s["first_page"], s["last_page"]) for s in topic["subtopics"]] for topic in truth["topics"]]
    assert found == wanted


def test_sample_by_contents(sample_pages, sample_facts, sample_starts, truth):
    toc = tuple(
        entry
        for topic in truth["topics"]
        for entry in (
            TocEntry(topic["title"], 1, str(topic["number"])),
            *(TocEntry(s["title"], 2, s["number"]) for s in topic["subtopics"]),
        )
    )
    outline = outlined(sample_pages, sample_facts, toc=toc)
    assert outline.basis == "toc"
    assert f1(sample_starts, outline, 24) >= 0.99


def test_a_running_head_and_an_exercise_begin_nothing():
    rows = "Water boils at a hundred degrees and turns to vapour.\nVapour is lighter than air, and so it rises.\n"
    pages = [
        PageText(1, f"Chapter 1\nWater\n{rows}1.1 Boiling\n{rows}"),
        PageText(2, f"Chapter 1 | Water\n{rows}3.7 Litres of it\n{rows}1. Name a gas.\n2. Name a liquid.\n{rows}"),
        PageText(3, f"1.1 Boiling\n{rows}1.2 Freezing\n{rows}"),
        PageText(4, f"Chapter 2\nFire\n2.1 Flames\n{rows}{rows}"),
    ]
    outline = outlined(pages, BookFacts("Nature"))
    assert [(s.title, s.first_page, s.last_page) for t in outline.topics for s in t.subtopics] == [
        ("Boiling", 1, 3),
        ("Freezing", 3, 3),
        ("Flames", 4, 4),
    ]


def test_a_heading_that_ocr_lost_is_read_from_the_running_heads(sample_pages, sample_facts, truth):
    lost = "1.4 Multiply Whole Numbers\n"
    pages = [replace(page, text=page.text.replace(lost, "")) for page in sample_pages]
    outline = outlined(pages, sample_facts)
    assert [s.title for t in outline.topics for s in t.subtopics] == [
        s["title"] for t in truth["topics"] for s in t["subtopics"]
    ]
    assert section_starts(outline) == [1, 4, 7, 13, 15, 18, 21]


def test_a_book_of_one_page():
    outline = outlined(
        [PageText(1, "Rivers carry sand and mud to the sea, where they settle. Mud makes a delta." * 4)], BookFacts("B")
    )
    assert covered(outline) == [1]
    assert len(outline.topics) == 1


@pytest.mark.parametrize("count", [1, 7])
def test_blank_pages_are_front_matter(count):
    outline = outlined([PageText(number, "") for number in range(1, count + 1)], BookFacts("Blank"))
    assert outline.topics == ()
    assert outline.front_matter == tuple(range(1, count + 1))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("style", [None, BARE], ids=["with headings", "bare"])
def test_five_hundred_pages_in_seconds(style):
    book = printed_book("biology", style)
    pages = [replace(book.pages[at % len(book.pages)], number=at + 1) for at in range(500)]
    outline = outlined(pages, book.facts)
    assert covered(outline) == list(range(1, 501))
