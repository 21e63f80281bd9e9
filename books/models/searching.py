"""Books by the words of their facts, found through an index where the database has one for it."""

from __future__ import annotations

import re

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connections
from django.db.models import Q, QuerySet

from books.language import search_words
from books.models.book import Book

FACTS = ("title", "author", "subject", "board")
# More words than these narrow a search no further.
MOST_WORDS = 12


def wanted_words(query: str) -> list[str]:
    return search_words(query).split()[:MOST_WORDS]


def full_text(wanted: list[str]) -> str:
    """What PostgreSQL's to_tsquery is asked for every one of those words, or one that begins with it."""
    return " & ".join(f"{word}:*" for word in wanted)


def books_with_words(query: str, books: QuerySet[Book] | None = None) -> QuerySet[Book]:
    """Books with every word of ``query``, or one that begins with it, in title, author, subject or board.

    PostgreSQL has a full-text index over exactly this expression (``books.guidelines.searching`` says why full text);
    SQLite, which serves one machine, reads through the columns.
    """
    books = Book.objects.all() if books is None else books
    wanted = wanted_words(query)
    if wanted and connections[books.db].vendor == "postgresql":
        terms = SearchQuery(full_text(wanted), config="simple", search_type="raw")
        return books.alias(words_of_it=SearchVector(*FACTS, config="simple")).filter(words_of_it=terms)
    for word in wanted:
        books = books.filter(_has(word))
    return books


def _has(word: str) -> Q:
    found = Q()
    for fact in FACTS:
        found |= Q(**{f"{fact}__iregex": rf"\b{re.escape(word)}"})
    return found
