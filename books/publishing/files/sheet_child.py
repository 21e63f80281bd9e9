"""Reads a CSV file or a workbook row by row, in a box (books.intake.box).

What a file claims of itself (its size, its rows, its columns) is counted while it is read and not believed.
"""

from __future__ import annotations

import codecs
import csv
import importlib
import io
import sys
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from books.intake.box.server import Answer, Message

sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl does without, in half the time and memory
openpyxl = importlib.import_module("openpyxl")
del sys.modules["numpy"]

Row = list[Any]


class TooMuch(Exception):
    """Its text is the name of the limit."""


def answer(request: Message, data: BinaryIO) -> Answer:
    """{"rows": [[number, [cell, ...]], ...]}, numbered from 1 and without empty ones, or {"error": why}."""
    read = csv_rows if request["form"] == "csv" else workbook_rows
    try:
        return {"rows": list(within(read(data, request), request))}, b""
    except TooMuch as limit:
        return {"error": str(limit)}, b""
    except MemoryError:
        raise
    except Exception:
        return {"error": "unreadable"}, b""


def within(rows: Iterator[tuple[int, Row]], request: Message) -> Iterator[tuple[int, Row]]:
    """Raises TooMuch as soon as it is."""
    characters = 0
    for number, cells in rows:
        row = [plain(cell) for cell in cells]
        while row and row[-1] == "":
            row.pop()
        characters += sum(len(str(cell)) for cell in row)
        if number > request["most_rows"] + 1:
            raise TooMuch("rows")
        if characters > request["most_characters"]:
            raise TooMuch("characters")
        yield number, row


def plain(cell: Any) -> Any:
    """As JSON has it."""
    if cell is None:
        return ""
    return cell if isinstance(cell, (str, int, float)) else str(cell)


# The first is what we write; spreadsheet programs of other countries write the others.
SEPARATORS = ",;\t|"


def csv_rows(data: BinaryIO, _: Message) -> Iterator[tuple[int, Row]]:
    """Whatever spreadsheet program saved it. Excel does not show the line that names the separator, nor count it."""
    text = text_of(data.read())
    first, ending, rest = text.partition("\n")
    named = first.strip().strip('"').lower()
    if is_named := named.startswith("sep=") and len(named) == 5:
        text = rest if ending else ""
    separator = named[4] if is_named else separator_of(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    yield from ((number, row) for number, row in enumerate(rows, start=1) if any(row))


def text_of(content: bytes) -> str:
    """Excel's "Unicode text" is UTF-16, and its plain CSV is the machine's own code, in Europe and America this one."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    start = content[:1000]
    if start.count(0) > len(start) // 4:
        return content.decode("utf-16-be" if start[0] == 0 else "utf-16-le")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def separator_of(text: str) -> str:
    """The one that makes most columns of the titles."""

    def columns(separator: str) -> int:
        return len(next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), []))

    return max(SEPARATORS, key=columns)


def workbook_rows(data: BinaryIO, request: Message) -> Iterator[tuple[int, Row]]:
    """Formulas as the values they had; columns without a title are not looked at."""
    with zipfile.ZipFile(data) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > request["most_unpacked_bytes"]:
            raise TooMuch("unpacked")
    book = openpyxl.load_workbook(data, read_only=True, data_only=True, keep_links=False)
    sheet = book.active
    sheet.reset_dimensions()
    titles = next(sheet.iter_rows(max_row=1, max_col=request["most_columns"], values_only=True), ())
    width = max((column for column, title in enumerate(titles, start=1) if title is not None), default=1)
    for number, row in enumerate(sheet.iter_rows(max_col=width, values_only=True), start=1):
        if row.count(None) < len(row):  # a million empty ones stand before a far one
            yield number, list(row)
