"""A book's guidelines as a Word document."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as DocumentType
from docx.shared import Pt

from books.models import Book
from books.publishing.files.document import CONTROL
from books.publishing.files.export import book_json, notes_of
from books.publishing.published import notes_on
from books.stored import notation
from books.stored.guideline import PART_TITLES, with_pages
from books.stored.pages import ranges


def book_docx(book: Book) -> bytes:
    """A heading a topic and subtopic, a list a part, the supporting pages in brackets."""
    facts = book_json(book)
    document = Document()
    document.styles["Normal"].font.size = Pt(11)
    document.core_properties.title = _plain(book.title)[:250]
    document.core_properties.author = "bookpipeline"
    document.add_heading(_plain(book.title), 0)
    document.add_paragraph(", ".join(filter(None, (book.author, book.edition, book.grade, book.subject, book.board))))
    for note in notes_of(book):
        document.add_paragraph(note, style="Intense Quote")
    for topic in facts["topics"]:
        _topic(document, topic)
    data = BytesIO()
    document.save(data)
    return data.getvalue()


def _topic(document: DocumentType, topic: dict[str, Any]) -> None:
    document.add_heading(_plain(f"{topic['sequence']}. {topic['title']}"), 1)
    for text in filter(None, (topic["summary"], topic["storyline"])):
        document.add_paragraph(_plain(text))
    for subtopic in topic["subtopics"]:
        document.add_heading(_plain(subtopic["title"]), 2)
        if subtopic["pages"]:
            document.add_paragraph(f"Pages {ranges(subtopic['pages'])}", style="Caption")
        if subtopic["summary"]:
            document.add_paragraph(_plain(subtopic["summary"]))
        _parts(document, subtopic["guideline"])


def _parts(document: DocumentType, guideline: dict[str, list[dict[str, Any]]]) -> None:
    for part, title in PART_TITLES.items():
        if guideline[part]:
            document.add_heading(title, 3)
        for statement in guideline[part]:
            said = with_pages(_plain(statement["text"]), statement["pages"], statement.get("kind", ""))
            document.add_paragraph(said, style="List Bullet")
            for note in notes_on(statement):
                document.add_paragraph(_plain(note), style="List Bullet 2")


def _plain(text: str) -> str:
    """Without the control characters that no XML file may hold; formulas in a line of signs."""
    return notation.plain(text).translate(CONTROL)
