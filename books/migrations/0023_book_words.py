from django.db import migrations

# The expression that books.models.searching asks for.
CREATE = """CREATE INDEX book_words ON books_book USING gin (to_tsvector('simple'::regconfig,
COALESCE(title, '') || ' ' || COALESCE(author, '') || ' ' || COALESCE(subject, '') || ' ' || COALESCE(board, '')))"""


def index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CREATE)


def no_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX book_words")


class Migration(migrations.Migration):

    dependencies = [("books", "0022_lists_in_order")]

    operations = [migrations.RunPython(index, no_index)]
