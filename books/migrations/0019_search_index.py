from django.db import migrations

from books.models.guideline import search_text_of

# The expression that books.guidelines.searching asks for.
CREATE = """CREATE INDEX subtopic_words ON books_subtopic
USING gin (to_tsvector('simple'::regconfig, COALESCE(search_text, '')))"""


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
        schema_editor.execute(CREATE)


def no_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX subtopic_words")


class Migration(migrations.Migration):

    dependencies = [("books", "0018_search_text")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(index, no_index),
    ]
