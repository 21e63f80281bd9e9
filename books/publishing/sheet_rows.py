"""The rows of a sheet that somebody sent, read in a child process within limits that are set before it begins."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from books.errors import ImportRefused
from books.intake.child import ChildDied, ChildLimits, ask_child
from books.intake.limits import MEBIBYTE

CHILD = Path(__file__).with_name("sheet_child.py")
# A book of 500 pages has a few hundred subtopics; the export has 13 columns.
MOST_ROWS, MOST_COLUMNS = 5_000, 100
# What a file may hold that was not packed, which is more than so many rows need.
MOST_CHARACTERS = 20_000_000
MOST_UNPACKED_BYTES = 50 * MEBIBYTE
MEMORY_BYTES, CPU_SECONDS, WALL_SECONDS = 384 * MEBIBYTE, 8, 60.0
SENTENCES = {
    "unreadable": "This file cannot be read as {form}.",
    "rows": f"The sheet has something in row {MOST_ROWS + 2:,} or below; it may have {MOST_ROWS:,} rows and a title.",
    "characters": f"The sheet has more than {MOST_CHARACTERS:,} characters.",
    "unpacked": f"The workbook unpacks to more than {MOST_UNPACKED_BYTES // MEBIBYTE} MB.",
}
TOO_DEMANDING = "This file takes too much time or memory to read; save the sheet as CSV and send that."


def rows_of_sheet(data: bytes, form: str) -> list[tuple[int, list[Any]]]:
    """Every row that has something in it, with its number from 1; ``form`` is csv or xlsx. Raises ImportRefused."""
    with tempfile.NamedTemporaryFile(suffix=f".{form}") as file:
        file.write(data)
        file.flush()
        try:
            header, _ = ask_child(
                CHILD,
                ChildLimits(MEMORY_BYTES, CPU_SECONDS, WALL_SECONDS),
                path=file.name,
                form=form,
                most_rows=MOST_ROWS,
                most_columns=MOST_COLUMNS,
                most_characters=MOST_CHARACTERS,
                most_unpacked_bytes=MOST_UNPACKED_BYTES,
            )
        except ChildDied:
            raise ImportRefused(TOO_DEMANDING) from None
    if "error" in header:
        raise ImportRefused(SENTENCES[header["error"]].format(form=form.upper()))
    return [(number, cells) for number, cells in header["rows"]]
