"""New rows by a plain statement, where one is made for every item: Django takes longer to put one together than the
database to write it."""

from __future__ import annotations

from typing import Any

from django.db import connection, models


def insert(row: models.Model, *, in_place_of: str = "") -> None:
    """Writes ``row``, which is new, and gives it its key; without signals. One that has the same value in the unique
    field ``in_place_of`` is overwritten."""
    meta: Any = row._meta
    quote = connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if field is not meta.pk]
    columns = [quote(field.column) for field in fields]
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    over = ""
    if in_place_of:
        changes = ", ".join(f"{column} = excluded.{column}" for column in columns)
        over = f"ON CONFLICT ({quote(meta.get_field(in_place_of).column)}) DO UPDATE SET {changes}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(meta.db_table)} ({', '.join(columns)}) "  # noqa: S608 - names of columns
            f"VALUES ({', '.join(['%s'] * len(columns))}) {over} RETURNING {quote(meta.pk.column)}",
            values,
        )
        ((row.pk,),) = cursor.fetchall()
    row._state.adding = False
