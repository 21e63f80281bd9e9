"""Front and back matter: what stands in a book but is not taught."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from itertools import takewhile

from books.language import stem
from books.structure.base import Digest
from books.structure.headings import BACK_MATTER

CONTENTS_TITLE = re.compile(
    r"^(?:table of )?contents(?: (?:at a glance|in brief|\(?cont(?:inued|['’]?d)?\.?\)?))?$|^brief contents$"
    r"|^[íi]ndice(?: general)?$|^contenidos?$|^sum[aá]rio$|^inhoud(?:sopgave)?$|^spis treści$|^içindekiler$"
    r"|^(?:оглавление|содержание)$|^(?:विषय[- ]?सूची|अनुक्रमणिका)$"
    r"|^tabla de contenidos?$|^inhalt(?:sverzeichnis|sübersicht)?$|^table des mati[eè]res$|^sommaire$"
    r"|^(?:what['’]?s )?in(?:side)? this (?:book|volume)$|^what['’]?s inside$|^(?:full|course|detailed) contents$",
    re.IGNORECASE,
)
_FRONT = re.compile(
    r"^(?:preface|foreword|acknowledge?ments?|about (?:the|this) (?:authors?|book|series)|copyright|dedication|"
    r"to the (?:student|teacher|reader)s?|how to use this book|note to (?:teachers|students)|publisher'?s note|credits|"
    r"prólogo|prefacio|agradecimientos|presentación|vorwort|préface|avant-propos)\b.{0,30}$",
    re.IGNORECASE,
)
_LISTS = re.compile(
    r"^(?:subject )?index\b|^answers?\b|^soluci|^índice|^(?:sach|stichwort)?(?:register|verzeichnis)|^lösungen",
    re.IGNORECASE,
)
_FEW_WORDS = 25
_IMPRINT = {stem(word) for word in ("copyright", "isbn", "publisher", "reserved", "edition", "printed")}


def content_words(digest: Digest) -> int:
    return sum(digest.terms.values())


def _begins_back_matter(digest: Digest) -> bool:
    """Whether a page opens with "Index", "Answer Key" and the like, and does not go on with something taught."""
    first = [heading for heading in digest.headings[:2] if heading.line <= 2 and BACK_MATTER.match(heading.text)]
    if not first:
        return False
    return bool(_LISTS.match(first[0].text)) or not _teaches(digest)


def _teaches(digest: Digest) -> bool:
    return any(heading.level <= 2 and not BACK_MATTER.match(heading.text) for heading in digest.headings)


def back_matter(digests: Sequence[Digest], numbered: Set[int]) -> set[int]:
    """The pages of back matter. An index or answer key ends at a page of ``numbered``, whose headings bear numbers;
    references and the like already at any heading of a section."""
    pages: set[int] = set()
    taught = is_back = is_list = False
    for digest in digests:
        taught = taught or digest.page in numbered or _teaches(digest)
        ends = digest.page in numbered or (not is_list and _teaches(digest))
        begins = taught and _begins_back_matter(digest)
        is_list = begins and bool(_LISTS.match(digest.headings[0].text)) if begins or ends else is_list
        is_back = begins or (is_back and not ends)
        if is_back:
            pages.add(digest.page)
    return pages


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
