"""Guidelines as CSV and XLSX: a row a subtopic, a column a part, a line a statement with its pages in brackets."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, Final

import openpyxl
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.styles import Alignment
from pydantic import ValidationError

from books.errors import ImportRefused
from books.intake.box.ask import BoxDied, BoxLimits, ask
from books.intake.limits import MEBIBYTE
from books.models import Book, Subtopic
from books.models.page import page_numbers
from books.publishing.files.document import CONTROL, SubtopicIn, complaint
from books.publishing.published import document_of, notes_on
from books.stored.guideline import PARTS, bare, with_pages
from books.stored.pages import PageNumbers, numbers_in, ranges
from books.stored.reader import GuidelineDocument, StatementDocument

PARSER = "books.publishing.files.sheet_child"
# A book of 500 pages has a few hundred subtopics; the export has 13 columns.
MOST_ROWS, MOST_COLUMNS = 5_000, 100
# What a file may hold that was not packed, which is more than so many rows need.
MOST_CHARACTERS = 20_000_000
MOST_UNPACKED_BYTES = 50 * MEBIBYTE
MEMORY_BYTES, CPU_SECONDS, WALL_SECONDS = 384 * MEBIBYTE, 8, 60.0
SENTENCES = {
    "unreadable": gettext_lazy("This file cannot be read as {form}."),
    "rows": gettext_lazy("The sheet has something in row {beyond} or below; it may have {rows} rows and a title."),
    "characters": gettext_lazy("The sheet has more than {characters} characters."),
    "unpacked": gettext_lazy("The workbook unpacks to more than {unpacked} MB."),
}
FACTS = {
    "beyond": f"{MOST_ROWS + 2:,}",
    "rows": f"{MOST_ROWS:,}",
    "characters": f"{MOST_CHARACTERS:,}",
    "unpacked": MOST_UNPACKED_BYTES // MEBIBYTE,
}
TOO_DEMANDING = gettext_lazy("This file takes too much time or memory to read; save the sheet as CSV and send that.")


def rows_of_sheet(data: bytes, form: str) -> list[tuple[int, list[Any]]]:
    """Every row that has something in it, with its number from 1; ``form`` is csv or xlsx. Raises ImportRefused."""
    try:
        header = ask(
            PARSER,
            io.BytesIO(data),
            BoxLimits(MEMORY_BYTES, CPU_SECONDS, WALL_SECONDS),
            form=form,
            most_rows=MOST_ROWS,
            most_columns=MOST_COLUMNS,
            most_characters=MOST_CHARACTERS,
            most_unpacked_bytes=MOST_UNPACKED_BYTES,
        )[0]
    except BoxDied:
        raise ImportRefused(str(TOO_DEMANDING)) from None
    if "error" in header:
        raise ImportRefused(SENTENCES[header["error"]].format(form=form.upper(), **FACTS))
    return [(number, cells) for number, cells in header["rows"]]


# A cell is a formula where the first character that a spreadsheet sees is one of these, in any of its widths (OWASP,
# CSV injection); the quote marks what we defused.
FORMULA_SIGNS = frozenset("=+-@")
FIRST = ("\t", "\r", "\n", "'")
# Excel's limit is 255; texts wrap.
COLUMN_WIDTH = 60
WRAPPED = Alignment(wrap_text=True, vertical="top")
CITED = re.compile(r"^(?P<text>.*?)\s*\[(?P<pages>[\d,\s–-]*)\]$", re.DOTALL)


def defused(text: str) -> str:
    """A cell that no spreadsheet runs as a formula; ``armed`` gives the text back."""
    return f"'{text}" if _is_active(text) else text


def armed(cell: Any) -> str:
    text = "" if cell is None else str(cell)
    return text[1:] if text.startswith("'") and _is_active(text[1:]) else text


def _is_active(text: str) -> bool:
    seen = (each for each in text if not each.isspace() and unicodedata.category(each) not in {"Cc", "Cf"})
    return text.startswith(FIRST) or unicodedata.normalize("NFKC", next(seen, ""))[:1] in FORMULA_SIGNS


def statements_cell(statements: list[StatementDocument]) -> str:
    lines = ((" ".join(each["text"].split()), each["pages"], each.get("kind", "")) for each in statements)
    return defused("\n".join(with_pages(*line) for line in lines))


def statements_in(cell: Any) -> list[StatementDocument]:
    return [_statement(line) for line in armed(cell).splitlines() if line.strip()]


def _statement(line: str) -> StatementDocument:
    found = CITED.match(line.strip())
    if found is None:
        raise ValueError(f"“{line[:60]}” does not end with its pages in brackets, such as [3, 5-7]")
    return {"text": bare(found["text"])[0], "pages": numbers_in(found["pages"])}


def _notes_cell(parts: GuidelineDocument) -> str:
    """Of all statements of a guideline: their quotes, printed pages and what was found against them."""
    notes = [
        f"{part} {at}: {note}"
        for part in PARTS
        for at, each in enumerate(parts[part], start=1)
        for note in notes_on(each)
    ]
    return defused("\n".join(" ".join(note.split()) for note in notes))


# How each is read back; ``topic``, ``notes`` and ``status`` are for the reader: an import does not change them.
READ: Final[dict[str, Callable[[Any], Any]]] = {
    "id": lambda cell: cell,
    **dict.fromkeys(("title", "summary"), lambda cell: armed(cell).strip()),
    "pages": lambda cell: numbers_in(armed(cell)),
    **dict.fromkeys(PARTS, statements_in),
}
COLUMNS = ("id", "topic", "title", "summary", "pages", *PARTS, "notes", "status")


def guideline_sheet(book: Book, form: str) -> bytes:
    """``form`` is csv or xlsx."""
    rows = Subtopic.objects.filter(topic__book=book).select_related("topic").order_by("topic__sequence", "sequence")
    numbers = page_numbers(book.pk)
    cells = [COLUMNS, *(_row(row, numbers) for row in rows)]
    if form == "xlsx":
        return _workbook(cells)
    text = io.StringIO(newline="")
    csv.writer(text).writerows(cells)
    return text.getvalue().encode("utf-8-sig")


def _row(row: Subtopic, numbers: PageNumbers) -> list[Any]:
    words = map(defused, (row.topic.title, row.title, row.summary))
    parts = document_of(row.guideline, numbers)
    statements = (statements_cell(parts[part]) for part in PARTS)
    return [row.pk, *words, ranges(numbers.numbers(row.pages)), *statements, _notes_cell(parts), row.status]


def _workbook(rows: Iterable[Iterable[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([cell.translate(CONTROL) if isinstance(cell, str) else cell for cell in row])
    for column in book.active.columns:
        book.active.column_dimensions[column[0].column_letter].width = COLUMN_WIDTH
        for cell in column:
            cell.alignment = WRAPPED
    book.active.freeze_panes = "A2"
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def subtopics_of_sheet(data: bytes, form: str) -> list[SubtopicIn]:
    """The rows of a sheet that was exported and edited. Raises ImportRefused, naming the row."""
    head, *rows = rows_of_sheet(data, form) or [(1, [])]
    titles = [str(title).strip().lower() for title in head[1]]
    missing = [name for name in READ if name not in titles]
    if missing:
        raise ImportRefused(
            _("The sheet has no column “{name}”. Export one, edit it and send it back.").format(name=missing[0])
        )
    return [_subtopic(number, titles, cells) for number, cells in rows]


def _subtopic(number: int, titles: list[Any], cells: list[Any]) -> SubtopicIn:
    if len(cells) > len(titles):
        raise ImportRefused(
            _("Row {number} has more cells than the sheet has columns. Nothing was imported.").format(number=number)
        )
    row = dict.fromkeys(titles, "") | dict(zip(titles, cells, strict=False))
    try:
        cells_by_name = {name: read(row[name]) for name, read in READ.items()}
        parts = {part: cells_by_name.pop(part) for part in PARTS}
        return SubtopicIn(**cells_by_name, guideline={part: lines for part, lines in parts.items() if lines})
    except ValidationError as error:
        raise ImportRefused(_("Row {number}: {complaint}").format(number=number, complaint=complaint(error))) from error
    except ValueError as error:
        raise ImportRefused(
            _("Row {number}: {error}. Nothing was imported.").format(number=number, error=error)
        ) from error
