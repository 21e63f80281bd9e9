from django.db import migrations

from books.models.guideline import search_text_of

# What books.guidelines.searching asks for. The column is PostgreSQL's own affair: no model names it.
FORWARD = (
    """ALTER TABLE books_subtopic ADD COLUMN search_words tsvector
    GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, search_text)) STORED""",
    "CREATE INDEX subtopic_words ON books_subtopic USING gin (search_words)",
)
BACK = ("ALTER TABLE books_subtopic DROP COLUMN search_words",)


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
    _execute(schema_editor, FORWARD)


def no_index(apps, schema_editor):
    _execute(schema_editor, BACK)


def _execute(schema_editor, statements):
    for statement in statements if schema_editor.connection.vendor == "postgresql" else ():
        schema_editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [("books", "0018_search_text")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(index, no_index),
    ]
