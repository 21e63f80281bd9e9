"""Names of uploaded files: how they are shown, in which order a person would put them, and which stand for no page."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import filterfalse
from pathlib import Path
from typing import Final

from books.errors import NoPage, UploadRejected
from books.intake.limits import SHOWN_NAME_CHARACTERS
from books.sentences import gettext_noop

UNNAMED = "unnamed file"
SORTED_CHARACTERS = 255  # file systems allow no more, and Python refuses to read numbers of 4,300 digits
SYSTEM_FILES = frozenset({".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon", ".directory"})


def shown_name(name: str) -> str:
    """The last part of an uploaded name, on one line and at most 120 characters, start and ending kept.

    Invisible characters are gone, among them the bidirectional overrides that make ``gnp.exe`` read as ``exe.png``.
    The result still holds quotes and angle brackets: templates escape it.
    """
    leaf = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    visible = "".join(_visible(character) for character in leaf)
    return _shortened(unicodedata.normalize("NFC", " ".join(visible.split()))) or UNNAMED


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


def check_hidden(name: str) -> None:
    """Raises NoPage for what systems put beside the files that a person sees; ``name`` is as it is shown."""
    if name.startswith("._") or name.lower() in SYSTEM_FILES:
        raise NoPage(gettext_noop("It is a file that the system keeps about others."))
    if name.startswith(".") and "." in name[1:]:
        raise NoPage(gettext_noop("It is a hidden file; rename it if it really is a page."))


# ---- the order of pages --------------------------------------------------------------------------------------------


def _places(words: str) -> dict[str, int]:
    return {word: place for place, word in enumerate(words.split())}


# What stands before numbers in a book, and what behind all of them.
FRONT: Final = _places(
    "cover front frontmatter fm flyleaf frontispiece halftitle half title titlepage imprint copyright dedication "
    "foreword preface acknowledgements acknowledgments toc contents prologue introduction intro "
    "titel titelseite titelblatt impressum vorwort inhalt inhaltsverzeichnis sommaire portadilla prologo indice "
    "предисловие содержание введение"
)
BACK: Final = _places(
    "epilogue appendix annex answers solutions glossary bibliography references index backmatter bm endpaper back "
    "rear spine losungen anhang register annexe respuestas glosario ответы приложение"
)
# Behind a number: the first side, the second.
FIRST_SIDE: Final = _places("left l front top upper gauche izquierda links odd")
SECOND_SIDE: Final = _places("right r recto back bottom lower droite derecha rechts even")
COVERS: Final = _places("cover couverture portada contraportada tapa contratapa copertina umschlag deckblatt обложка")
BEHIND, INSIDE = (
    _places("contraportada contratapa back rear last hinten arriere quatrieme trasera retro"),
    _places("inside inner"),
)
ROMAN: Final = re.compile(r"(?=[ivxlc])c{0,2}(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})")
ROMAN_VALUES: Final = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
PARTS: Final = re.compile(r"\d+|[^\W\d_]+")
ENDING: Final = re.compile(r"\.[^\W\d_][^\W_]{1,4}$")
COPY_OF: Final = re.compile(r"^(copy of|kopie von|copie de|copia de) (.*)$")
EDITED: Final = re.compile(r"^(img_)e(\d+)")  # a phone's name of what was edited on it
CLOCK: Final = re.compile(r"\b(\d{1,2})([.:]\d\d(?:[.:]\d\d)?) ?([ap])m\b")
# Scanners of two cameras put the side before the number.
SIDE_FIRST: Final = re.compile(r"(?<![^\W_])(left|right|[lr]|gauche|droite|izquierda|derecha|links|rechts)[\W_]*(\d+)")
NUMBER_WORDS: Final = _places("zero one two three four five six seven eight nine ten eleven twelve")
Key = tuple[tuple[int, int, str], ...]


def natural_order(names: Iterable[str]) -> list[str]:
    """Names as a person would order a book's pages: the cover, front matter (words, then i, ii, iii), pages as they are
    counted (p2, "p2 copy", p10; 3 left, 3 right), what stands at the end, the back cover."""
    asked = list(names)
    return [asked[place] for place in natural_places(asked)]


def natural_places(names: Sequence[str]) -> list[int]:
    """The place from 0 of each name in that order; equal ones keep theirs."""
    parts = [_parts(name) for name in names]
    numbered = _roman_places(parts)
    keys = [_key(each, numbered) for each in parts]
    return sorted(range(len(names)), key=keys.__getitem__)


def _parts(name: str) -> list[str]:
    plain = "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFKD", name[:SORTED_CHARACTERS])))
    stem = SIDE_FIRST.sub(r"\2 \1", ENDING.sub("", plain.casefold()))
    if copied := COPY_OF.match(stem):
        stem = f"{copied[2]} copy"
    stem = EDITED.sub(r"\1\2 e", stem)
    stem = CLOCK.sub(lambda time: f"{int(time[1]) % 12 + 12 * (time[3] == 'p')}{time[2]}", stem)
    return [str(NUMBER_WORDS.get(part, part)) for part in PARTS.findall(stem)]


def _roman_places(names: Iterable[list[str]]) -> set[tuple[str, ...]]:
    """The beginnings of names behind which a number in letters stands: wherever each word there is one, beside numbers
    or from i on. "a, b, c, d" are letters, "i, ii, iii" and "page v, page 5" are not."""
    following: dict[tuple[str, ...], list[str]] = {}
    for parts in names:
        for place, part in enumerate(parts):
            following.setdefault(tuple(parts[:place]), []).append(part)
    return {start for start, parts in following.items() if _are_roman(parts)}


def _are_roman(parts: Sequence[str]) -> bool:
    letters = {part for part in parts if not part.isdecimal() and (len(part) == 1 or _roman(part))}
    values = [_roman(part) for part in letters]
    if not letters or not all(values):
        return False
    is_counted = max(values) <= 2 * len(values) + 2 or any(part.isdecimal() for part in parts)
    return is_counted and (len(letters) > 1 or any(part.isdecimal() for part in parts))


def _roman(part: str) -> int:
    """0 for what is no number in letters below 300."""
    if not ROMAN.fullmatch(part):
        return 0
    values = [ROMAN_VALUES[letter] for letter in part]
    return sum(-value if value < max(values[place:]) else value for place, value in enumerate(values))


def _key(parts: list[str], numbered: set[tuple[str, ...]]) -> tuple[int, int, Key]:
    words, ranks = set(parts), tuple(_rank(parts, at, numbered) for at in range(len(parts)))
    if not words & COVERS.keys():
        return 0, 0, ranks
    is_behind, is_inside = bool(words & (BEHIND.keys() | {"3", "4"})), bool(words & INSIDE.keys())
    return 1 if is_behind else -1, int(is_inside != is_behind), ranks


def _rank(parts: list[str], at: int, numbered: set[tuple[str, ...]]) -> tuple[int, int, str]:
    """Words of the front, numbers in letters, numbers, any other word, words of the end."""
    part = parts[at]
    if part.isdecimal():
        return 2, int(part), ""
    if tuple(parts[:at]) in numbered and (value := _roman(part)):
        return 1, value, ""
    if at and parts[at - 1].isdecimal() and (part in FIRST_SIDE or part in SECOND_SIDE):
        return 3, int(part in SECOND_SIDE), ""
    if at and part == "copy":
        return 1, 0, ""
    for words, rank in ((FRONT, 0), (BACK, 4)):
        if part in words:
            return rank, words[part], ""
    return 3, 2, part


# ---- what a command was pointed at ---------------------------------------------------------------------------------


def files_in(paths: Sequence[Path]) -> tuple[list[Path], list[NoPage]]:
    """The files at ``paths`` (folders, images or PDFs) in the order of pages, folder by folder as they were given, and
    a refusal for each that is no page by its name. Folders are not searched deeper.

    Raises UploadRejected for a path that is not there, and for a file that cannot be read: it may be a page.
    """
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        folders.setdefault(path if path.is_dir() else path.parent, []).extend(_entries(path))
    found, refused = [], []
    for entries in folders.values():
        by_name = {entry.name: entry for entry in entries}
        for name in natural_order(sorted(by_name)):
            try:
                _check(by_name[name])
                found.append(by_name[name])
            except NoPage as refusal:
                refused.append(refusal)
    return found, refused


def _entries(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise UploadRejected(f"There is no folder or file {path}.")
    try:
        yield from path.iterdir() if path.is_dir() else [path]
    except PermissionError:
        raise UploadRejected("may not be read; check its permissions.", name=shown_name(path.name)) from None


def _check(file: Path) -> None:
    name = shown_name(file.name)
    try:
        check_hidden(name)
    except NoPage as refusal:
        raise NoPage(refusal.reason, name=name) from None
    if file.is_dir():
        raise NoPage("is a folder; give it to the command by itself.", name=name)
    if not file.is_file() or not os.access(file, os.R_OK):
        raise UploadRejected("cannot be read; check its permissions or link.", name=name)
