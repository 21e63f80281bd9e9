"""Names of uploaded files are for people to read and to sort by; nothing else in the product may depend on them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from natsort import natsorted, ns

from books.intake.limits import SHOWN_NAME_CHARACTERS

UNNAMED = "unnamed file"
SORTED_CHARACTERS = 255  # file systems allow no more, and Python refuses to read numbers of 4,300 digits


def shown_name(name: str) -> str:
    """The last part of an uploaded name, on one line and at most 120 characters, start and ending kept.

    Invisible characters are gone, among them the bidirectional overrides that make ``gnp.exe`` read as ``exe.png``.
    The result still holds quotes and angle brackets: templates escape it.
    """
    leaf = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    visible = "".join(_visible(character) for character in leaf)
    return _shortened(unicodedata.normalize("NFC", " ".join(visible.split()))) or UNNAMED


def natural_order(names: Iterable[str]) -> list[str]:
    """Names as a person counts them: p1, p2, p10, p11; capitals do not matter, equal names keep their order."""
    return natsorted(names, key=lambda name: name[:SORTED_CHARACTERS], alg=ns.IGNORECASE | ns.PATH)


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cc" or category.startswith("Z"):
        return " "
    return "" if category.startswith("C") else character


def _shortened(name: str) -> str:
    if len(name) <= SHOWN_NAME_CHARACTERS:
        return name
    ending = 20
    return f"{name[: SHOWN_NAME_CHARACTERS - ending - 1]}…{name[-ending:]}"
