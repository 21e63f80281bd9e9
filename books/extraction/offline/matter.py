"""Front and back matter: what stands in a book but is not taught."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from books.extraction.engine import Digest
from books.extraction.offline.contents import CONTENTS_TITLE
from books.extraction.offline.headings import BACK_MATTER
from books.extraction.offline.language import stem

_FRONT = re.compile(
    r"^(?:preface|foreword|acknowledge?ments?|about (?:the|this) (?:authors?|book|series)|copyright|dedication|"
    r"to the (?:student|teacher|reader)s?|how to use this book|note to (?:teachers|students)|publisher'?s note|credits|"
    r"prólogo|prefacio|agradecimientos|presentación|vorwort|préface|avant-propos)\b.{0,30}$",
    re.IGNORECASE,
)
_FEW_WORDS = 25
_IMPRINT = {stem(word) for word in ("copyright", "isbn", "publisher", "reserved", "edition", "printed")}


def content_words(digest: Digest) -> int:
    return sum(digest.terms.values())


def begins_back_matter(digest: Digest) -> bool:
    """Whether a page opens with "Index", "Answer Key" and the like."""
    return any(heading.line <= 2 and BACK_MATTER.match(heading.text) for heading in digest.headings[:2])


def is_matter_title(title: str) -> bool:
    """Whether a heading or an entry of the contents names front or back matter."""
    bare = title.strip(" .:")
    return any(pattern.match(bare) for pattern in (BACK_MATTER, _FRONT, CONTENTS_TITLE))


def is_front_matter(digest: Digest) -> bool:
    """Whether a page before the first topic is a title page, an imprint, contents, a preface or empty."""
    titles = [heading.text for heading in digest.headings[:2]]
    imprint = sum(root in digest.terms for root in _IMPRINT)
    return (
        bool(digest.toc)
        or content_words(digest) < _FEW_WORDS
        or imprint >= 2
        or any(_FRONT.match(title) or CONTENTS_TITLE.match(title.strip()) for title in titles)
    )


def front_pages(opening: Sequence[Digest], *, before_chapter_one: bool) -> list[int]:
    """Of the pages before the first topic those that are front matter.

    A preface runs on for pages without saying so: before a first chapter all that precedes it is front matter.
    """
    front = list(takewhile(is_front_matter, opening))
    if before_chapter_one and front:
        front = list(opening)
    return [digest.page for digest in front]
