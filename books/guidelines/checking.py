"""What is known of a subtopic from its pages' texts, computed anew when a person changed its words or its pages."""

from __future__ import annotations

from dataclasses import replace

from books.guidelines.evidence import PrintedWords
from books.language import term_counts
from books.models import Page, ReviewStatus, Subtopic
from books.stored.guideline import Guideline, each_statement, statements
from books.stored.pages import PageId

Texts = dict[PageId, str]


def texts_of(book_id: int) -> Texts:
    """The text of each page of the book as it is read now, "" for one that was not read."""
    pages = Page.objects.filter(book=book_id).values_list("pk", "reading__text")
    return {str(page): text or "" for page, text in pages}


def edited(subtopic: Subtopic, texts: Texts) -> None:
    """Marks in memory what a person changed: every statement is checked again, a decision on it is taken back."""
    subtopic.guideline = checked(subtopic.guideline, subtopic.pages, texts)
    subtopic.is_edited = True
    if subtopic.status != ReviewStatus.DRAFT:
        subtopic.await_review()


def pages_changed(subtopic: Subtopic, texts: Texts) -> None:
    """As ``edited``, where the subtopic has other pages than before."""
    subtopic.terms = term_counts("\n".join(texts.get(page, "") for page in subtopic.pages))
    edited(subtopic, texts)


def checked(guideline: Guideline, pages: tuple[PageId, ...], texts: Texts) -> Guideline:
    """The guideline with what a reviewer must look at in each statement."""
    cited = {page for _, each in statements(guideline) for page in each.pages}
    printed = PrintedWords({page: texts[page] for page in {*pages, *cited} if page in texts})
    return each_statement(guideline, lambda each: replace(each, findings=printed.findings_of(each.text, each.pages)))
