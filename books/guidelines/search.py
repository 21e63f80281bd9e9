"""Words in the text of guidelines, found through an index where the database has one."""

from __future__ import annotations

from django.db import connections
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from books.models import Subtopic
from books.models.book import full_text, wanted_words

# So many matches are looked at: of what more have in common, nobody reads all, and sorting all would take seconds.
MOST_FOUND = 2_000
# Without the table's name: Django gives a table in a subquery another.
MATCHES = "\"search_words\" @@ to_tsquery('simple'::regconfig, %s)"


def with_words(rows: QuerySet[Subtopic], query: str) -> QuerySet[Subtopic]:
    """Those of ``rows``, filtered already, that have every word of ``query``, or a word that begins with it, in title,
    summary or a statement; MOST_FOUND at most.

    PostgreSQL has a column "search_words" for this, generated from search_text, with a full-text index. Full text
    rather than trigrams: words are what people look for, and it needs no extension that a managed database might not
    allow. The "simple" configuration knows no language, as books are of any. Their ids are read first, in no order:
    with an order beside the words, PostgreSQL would rather walk the whole table in that order than ask the index.
    SQLite, which serves one machine, reads through search_text.
    """
    wanted = wanted_words(query)
    if not wanted:
        return rows
    if connections[rows.db].vendor == "postgresql":
        rows = rows.filter(RawSQL(MATCHES, [full_text(wanted)], output_field=BooleanField()))  # noqa: S611 - a parameter
    else:
        for word in wanted:
            rows = rows.filter(search_text__contains=f" {word}")
    return Subtopic.objects.filter(pk__in=list(rows.order_by().values_list("pk", flat=True)[:MOST_FOUND]))
