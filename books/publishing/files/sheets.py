"""Guidelines as CSV and XLSX: a row a subtopic, a column a part, a line a statement with its pages in brackets."""

from __future__ import annotations

import io
import re
import unicodedata
from types import SimpleNamespace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX
from import_export.resources import Resource
from import_export.widgets import Widget
from pydantic import ValidationError

from books.errors import ImportRefused
from books.intake.box.ask import BoxDied, BoxLimits, ask
from books.intake.limits import MEBIBYTE
from books.models import Book, Subtopic
from books.models.page import page_numbers
from books.publishing.files.document import SubtopicIn, complaint
from books.publishing.published import document_of, notes_on
from books.stored.guideline import PARTS, bare, with_pages
from books.stored.pages import PageNumbers, numbers_in, ranges

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


FORMATS = {"csv": CSV, "xlsx": XLSX}
# A cell is a formula where the first character that a spreadsheet sees is one of these, in any of its widths (OWASP,
# CSV injection); the quote marks what we defused.
FORMULA_SIGNS = frozenset("=+-@")
FIRST = ("\t", "\r", "\n", "'")
# Excel's limit is 255; texts wrap.
COLUMN_WIDTH = 60
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


class Words(Widget):
    def render(self, value: Any, obj: Any = None, **_: Any) -> str:
        return defused(str(value))

    def clean(self, value: Any, row: Any = None, **_: Any) -> str:
        return armed(value).strip()


class Pages(Widget):
    """Page numbers as "3-5, 8"."""

    def render(self, value: Any, obj: Any = None, **_: Any) -> str:
        return ranges(value)

    def clean(self, value: Any, row: Any = None, **_: Any) -> list[int]:
        return numbers_in(armed(value))


class Statements(Widget):
    def render(self, value: Any, obj: Any = None, **_: Any) -> str:
        lines = ((" ".join(each["text"].split()), each["pages"], each.get("kind", "")) for each in value or ())
        return defused("\n".join(with_pages(*line) for line in lines))

    def clean(self, value: Any, row: Any = None, **_: Any) -> list[dict[str, Any]]:
        return [_statement(line) for line in armed(value).splitlines() if line.strip()]


def _statement(line: str) -> dict[str, Any]:
    found = CITED.match(line.strip())
    if found is None:
        raise ValueError(f"“{line[:60]}” does not end with its pages in brackets, such as [3, 5-7]")
    return {"text": bare(found["text"])[0], "pages": numbers_in(found["pages"])}


class Notes(Widget):
    """Of all statements of a guideline: their quotes, printed pages and what was found against them."""

    def render(self, value: Any, obj: Any = None, **_: Any) -> str:
        notes = [
            f"{part} {at}: {note}"
            for part in PARTS
            for at, each in enumerate(getattr(value, part), start=1)
            for note in notes_on(each)
        ]
        return defused("\n".join(" ".join(note.split()) for note in notes))


# ``topic``, ``notes`` and ``status`` are for the reader: an import does not change them.
COLUMNS = {
    "id": Field("id"),
    **{name: Field(name, widget=Words()) for name in ("topic", "title", "summary")},
    "pages": Field("pages", widget=Pages()),
    **{part: Field(part, widget=Statements()) for part in PARTS},
    "notes": Field("notes", widget=Notes()),
    "status": Field("status"),
}
Sheet: Any = type("Sheet", (Resource,), COLUMNS)
WANTED = ("id", "title", "summary", "pages", *PARTS)


def guideline_sheet(book: Book, form: str) -> bytes:
    """``form`` is csv or xlsx."""
    rows = Subtopic.objects.filter(topic__book=book).select_related("topic").order_by("topic__sequence", "sequence")
    options = {"column_width": COLUMN_WIDTH} if form == "xlsx" else {}
    numbers = page_numbers(book.pk)
    data = FORMATS[form]().export_data(Sheet().export([_row(row, numbers) for row in rows]), **options)
    return data.encode("utf-8-sig") if isinstance(data, str) else bytes(data)


def _row(row: Subtopic, numbers: PageNumbers) -> SimpleNamespace:
    facts = {name: getattr(row, name) for name in ("title", "summary", "status")}
    pages, parts = numbers.numbers(row.pages), document_of(row.guideline, numbers)
    notes = SimpleNamespace(**parts)
    return SimpleNamespace(id=row.pk, topic=row.topic.title, pages=pages, notes=notes, **facts, **parts)


def subtopics_of_sheet(data: bytes, form: str) -> list[SubtopicIn]:
    """The rows of a sheet that was exported and edited. Raises ImportRefused, naming the row."""
    head, *rows = rows_of_sheet(data, form) or [(1, [])]
    titles = [str(title).strip().lower() for title in head[1]]
    missing = [name for name in WANTED if name not in titles]
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
        cells_by_name = {name: Sheet.fields[name].clean(row) for name in WANTED}
        parts = {part: cells_by_name.pop(part) for part in PARTS}
        return SubtopicIn(**cells_by_name, guideline={part: lines for part, lines in parts.items() if lines})
    except ValidationError as error:
        raise ImportRefused(_("Row {number}: {complaint}").format(number=number, complaint=complaint(error))) from error
    except ValueError as error:
        raise ImportRefused(
            _("Row {number}: {error}. Nothing was imported.").format(number=number, error=error)
        ) from error
