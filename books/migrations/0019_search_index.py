from django.db import migrations

from books.models.guideline import search_text_of

# The expressions that books.guidelines.searching asks for.
CREATE = "CREATE INDEX {name} ON {table} USING gin (to_tsvector('simple'::regconfig, COALESCE({field}, '')))"
INDEXES = (("subtopic_words", "books_subtopic", "search_text"), ("book_title_words", "books_book", "title"))


def fill(apps, schema_editor):
    rows = apps.get_model("books", "Subtopic").objects
    batch = []
    for row in rows.only("title", "summary", "guideline").iterator(chunk_size=500):
        row.search_text = search_text_of(row)
        batch.append(row)
        if len(batch) == 500:
            rows.bulk_update(batch, ["search_text"])
            batch = []
    rows.bulk_update(batch, ["search_text"])


def index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, table, field in INDEXES:
            schema_editor.execute(CREATE.format(name=name, table=table, field=field))


def no_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, _, _ in INDEXES:
            schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):

    dependencies = [("books", "0018_search_text")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(index, no_index),
    ]
