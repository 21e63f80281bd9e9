"""Words in the text of guidelines, found through an index where the database has one for it."""

from __future__ import annotations

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connections
from django.db.models import QuerySet

from books.language import search_words
from books.models import Subtopic

# More words than these narrow a search no further.
MOST_WORDS = 12


def with_words(rows: QuerySet[Subtopic], query: str) -> QuerySet[Subtopic]:
    """Those that have every word of ``query``, or a word that begins with it, in title, summary or a statement.

    PostgreSQL looks into a full-text index over exactly this expression. Full text rather than trigrams: words are
    what people look for, and it needs no extension that a managed database might not allow. The "simple" configuration
    knows no language, as books are of any. SQLite, which serves one machine, reads through the column.
    """
    wanted = search_words(query).split()[:MOST_WORDS]
    if not wanted:
        return rows
    if connections[rows.db].vendor == "postgresql":
        terms = SearchQuery(" & ".join(f"{word}:*" for word in wanted), config="simple", search_type="raw")
        return rows.annotate(words=SearchVector("search_text", config="simple")).filter(words=terms)
    for word in wanted:
        rows = rows.filter(search_text__contains=f" {word}")
    return rows
