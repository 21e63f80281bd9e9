"""Small turns of phrase that several parts of a guideline share."""

from __future__ import annotations

from books.extraction.offline.material import Material
from books.language import listed

_SHORT_TITLE = 6


def short_title(title: str, material: Material) -> str:
    """A title of at most six words, a longer one told by its main words."""
    plain = title.strip(" .:;")
    if len(plain.split()) <= _SHORT_TITLE:
        return plain
    return listed(material.terms_in(plain, 4)) or " ".join(plain.split()[:_SHORT_TITLE])


def lowered(text: str) -> str:
    """``text`` for the middle of a sentence; names and abbreviations keep their capitals."""
    head = text.split(maxsplit=1)[0] if text.split() else ""
    return text[0].lower() + text[1:] if head[1:].islower() or len(head) == 1 else text


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
