"""What is known of a subtopic from its pages' texts, computed anew when a person changed its words or its pages."""

from __future__ import annotations

from books.guidelines.evidence import PrintedWords
from books.guidelines.parts import PARTS, Parts, statements_of
from books.language import term_counts
from books.models import Page, ReviewStatus, Subtopic

Texts = dict[int, str]


def texts_of(book_id: int) -> Texts:
    """The text of each page of the book as it is read now, "" for one that was not read."""
    pages = Page.objects.filter(book=book_id).select_related("reading").defer("reading__lines")
    return {page.number: page.reading.text if page.reading else "" for page in pages}


def edited(subtopic: Subtopic, texts: Texts) -> None:
    """Marks in memory what a person changed: every statement is checked again, a decision on it is taken back."""
    subtopic.guideline = checked(subtopic.guideline, subtopic.pages, texts)
    subtopic.is_edited = True
    if subtopic.status != ReviewStatus.DRAFT:
        subtopic.await_review()


def pages_changed(subtopic: Subtopic, texts: Texts) -> None:
    """As ``edited``, where the subtopic has other pages than before."""
    subtopic.terms = term_counts("\n".join(texts.get(number, "") for number in subtopic.pages))
    edited(subtopic, texts)


def checked(guideline: Parts, pages: list[int], texts: Texts) -> Parts:
    """The guideline with each statement flagged where a reviewer must look; what is malformed is left out."""
    parts = {part: statements_of(guideline, part) for part in PARTS if part in guideline}
    cited = {page for statements in parts.values() for each in statements for page in each["pages"]}
    printed = PrintedWords({number: texts[number] for number in {*pages, *cited} if number in texts})
    return {
        part: [{**each, "flags": list(printed.flags_of(each["text"], each["pages"]))} for each in statements]
        for part, statements in parts.items()
    }
