"""A book's guidelines as files: the document that readers and programs get as JSON, and that as Markdown or Word."""

from __future__ import annotations

import re
from io import BytesIO

from docx import Document
from docx.document import Document as DocumentType
from docx.shared import Pt

from books.extraction.records import whole_outline
from books.models import Book, Provenance, Subtopic, Topic
from books.models.book import BOOK_FIELDS
from books.models.page import page_numbers
from books.publishing.files.document import CONTROL
from books.publishing.published import Figures, document_of, figures_of, figures_on, notes_on
from books.stored import notation
from books.stored.guideline import PART_TITLES, with_pages
from books.stored.notation import FORMULA
from books.stored.pages import PageNumbers, ranges
from books.stored.reader import BookDocument, GuidelineDocument, SubtopicDocument, TopicDocument

# Where a backslash makes a word of what would begin a heading, list, quotation, rule or table.
BEGINS_A_BLOCK = re.compile(r"^(\d{1,9}(?=[.)])|(?=[-#>+*=~|_]))")


def book_json(book: Book) -> BookDocument:
    topics = list(Topic.objects.filter(book=book).prefetch_related("subtopics"))
    numbers = page_numbers(book.pk)
    figures = figures_on(book.pages.all())
    engines = sorted({subtopic.engine for topic in topics for subtopic in topic.subtopics.all() if subtopic.engine})
    return {
        "book": {"id": book.pk} | {name: getattr(book, name) for name in BOOK_FIELDS},
        "engine": ", ".join(engines),
        "topics": [_topic(topic, numbers, figures) for topic in topics],
        "front_matter": numbers.numbers(whole_outline(book.pk).front_matter),
    }


def _topic(topic: Topic, numbers: PageNumbers, figures: Figures) -> TopicDocument:
    pages = [page for subtopic in topic.subtopics.all() for page in subtopic.pages]
    return {
        "key": topic.key,
        "number": topic.number,
        "title": topic.title,
        "summary": topic.summary,
        "storyline": topic.storyline,
        "sequence": topic.sequence,
        "first_page": numbers.first(pages),
        "last_page": numbers.last(pages),
        "subtopics": [_subtopic(subtopic, numbers, figures) for subtopic in topic.subtopics.all()],
    }


def _subtopic(subtopic: Subtopic, numbers: PageNumbers, figures: Figures) -> SubtopicDocument:
    return {
        "key": subtopic.key,
        "number": subtopic.number,
        "title": subtopic.title,
        "summary": subtopic.summary,
        "sequence": subtopic.sequence,
        "status": subtopic.status,
        "pages": numbers.numbers(subtopic.pages),
        "first_page": numbers.first(subtopic.pages),
        "last_page": numbers.last(subtopic.pages),
        "figures": figures_of(subtopic, numbers, figures),
        "guideline": document_of(subtopic.guideline, numbers),
    }


def notes_of(book: Book) -> list[str]:
    return Provenance.notes(Subtopic.objects.filter(topic__book=book).values_list("provenance", flat=True))


def book_markdown(book: Book) -> str:
    """The same for people: a heading a topic and subtopic, a list a part, the supporting pages in brackets."""
    document = book_json(book)
    lines = [f"# {plain(book.title)}", ""]
    for note in notes_of(book):
        lines += [f"> {note}", ""]
    for topic in document["topics"]:
        lines += [f"## {topic['sequence']}. {plain(topic['title'])}", "", _pages(topic), ""]
        lines += [plain(topic["summary"]), ""]
        for subtopic in topic["subtopics"]:
            lines += [f"### {plain(subtopic['title'])}", "", _pages(subtopic), "", plain(subtopic["summary"]), ""]
            lines += _parts(subtopic["guideline"])
    return "\n".join(lines).rstrip() + "\n"


def plain(text: str) -> str:
    """The book's words as words, on one line: nothing of theirs is markup to whoever renders the file."""
    return BEGINS_A_BLOCK.sub(r"\1\\", inert(text))


def inert(text: str) -> str:
    """The same in the middle of a line. A formula stays one, and is neither a link nor an element."""
    parts = FORMULA.split(" ".join(text.split()))
    for at, part in enumerate(parts):
        if at % 2:
            parts[at] = "$" + part.replace("<", r"\lt ").replace("](", "] (").replace("`", "'") + "$"
        else:
            parts[at] = part.replace("&", "&amp;").replace("<", "&lt;").replace("`", "'").replace("[", "\\[")
    return "".join(parts)


def _pages(node: TopicDocument | SubtopicDocument) -> str:
    if not node["first_page"]:
        return "*All its pages were removed from the book*"
    return f"*Pages {node['first_page']} to {node['last_page']}*"


def _parts(guideline: GuidelineDocument) -> list[str]:
    lines: list[str] = []
    for part, title in PART_TITLES.items():
        statements = guideline[part]
        if statements:
            lines += [f"**{title}**", ""]
            for each in statements:
                lines.append(f"- {with_pages(plain(each['text']), each['pages'], each.get('kind', ''))}")
                lines += [f"  - {plain(note)}" for note in notes_on(each)]
            lines.append("")
    return lines


def book_docx(book: Book) -> bytes:
    """A heading a topic and subtopic, a list a part, the supporting pages in brackets."""
    facts = book_json(book)
    document = Document()
    document.styles["Normal"].font.size = Pt(11)
    document.core_properties.title = _printable(book.title)[:250]
    document.core_properties.author = "bookpipeline"
    document.add_heading(_printable(book.title), 0)
    document.add_paragraph(", ".join(filter(None, (book.author, book.edition, book.grade, book.subject, book.board))))
    for note in notes_of(book):
        document.add_paragraph(note, style="Intense Quote")
    for topic in facts["topics"]:
        _add_topic(document, topic)
    data = BytesIO()
    document.save(data)
    return data.getvalue()


def _add_topic(document: DocumentType, topic: TopicDocument) -> None:
    document.add_heading(_printable(f"{topic['sequence']}. {topic['title']}"), 1)
    for text in filter(None, (topic["summary"], topic["storyline"])):
        document.add_paragraph(_printable(text))
    for subtopic in topic["subtopics"]:
        document.add_heading(_printable(subtopic["title"]), 2)
        if subtopic["pages"]:
            document.add_paragraph(f"Pages {ranges(subtopic['pages'])}", style="Caption")
        if subtopic["summary"]:
            document.add_paragraph(_printable(subtopic["summary"]))
        _add_parts(document, subtopic["guideline"])


def _add_parts(document: DocumentType, guideline: GuidelineDocument) -> None:
    for part, title in PART_TITLES.items():
        if guideline[part]:
            document.add_heading(title, 3)
        for statement in guideline[part]:
            said = with_pages(_printable(statement["text"]), statement["pages"], statement.get("kind", ""))
            document.add_paragraph(said, style="List Bullet")
            for note in notes_on(statement):
                document.add_paragraph(_printable(note), style="List Bullet 2")


def _printable(text: str) -> str:
    """Without the control characters that no XML file may hold; formulas in a line of signs."""
    return notation.plain(text).translate(CONTROL)
