"""Which numbers a row can have: the one judge of ids, revisions and pages that somebody sends."""

from __future__ import annotations

from typing import Final

# The largest that a database keeps in an id, and in a page's number.
LARGEST: Final = 2**63 - 1
LARGEST_PLACE: Final = 2**31 - 1


def number_of(text: object, most: int = LARGEST) -> int | None:
    """0 to ``most``, written in plain digits; None for whatever else it is."""
    digits = str(text)
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 20):
        return None
    return int(digits) if int(digits) <= most else None
