"""Words in the text of guidelines and the titles of books, found through an index where the database has one."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connections
from django.db.models import QuerySet

from books.language import search_words
from books.models import Book, Subtopic

# More words than these narrow a search no further.
MOST_WORDS = 12


def wanted_words(query: str) -> list[str]:
    return search_words(query).split()[:MOST_WORDS]


def with_words(rows: QuerySet[Subtopic], query: str) -> QuerySet[Subtopic]:
    """Those that have every word of ``query``, or a word that begins with it, in title, summary or a statement.

    PostgreSQL looks into a full-text index over exactly this expression. Full text rather than trigrams: words are
    what people look for, and it needs no extension that a managed database might not allow. The "simple" configuration
    knows no language, as books are of any. SQLite, which serves one machine, reads through the column.
    """
    if connections[rows.db].vendor == "postgresql":
        return _indexed(rows, "search_text", query)
    for word in wanted_words(query):
        rows = rows.filter(search_text__contains=f" {word}")
    return rows


def titled(books: QuerySet[Book], query: str) -> QuerySet[Book]:
    """Books with every word of ``query``, or one that begins with it, in their title."""
    if connections[books.db].vendor == "postgresql":
        return _indexed(books, "title", query)
    for word in wanted_words(query):
        books = books.filter(title__iregex=rf"\b{re.escape(word)}")
    return books


def _indexed(rows: QuerySet[Any], field: str, query: str) -> QuerySet[Any]:
    wanted = wanted_words(query)
    if not wanted:
        return rows
    terms = SearchQuery(" & ".join(f"{word}:*" for word in wanted), config="simple", search_type="raw")
    return rows.annotate(words_of_it=SearchVector(field, config="simple")).filter(words_of_it=terms)
