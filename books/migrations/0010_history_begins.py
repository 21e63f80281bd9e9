from django.db import migrations


def begin_history(apps, schema_editor):
    """Guidelines from before history get one version each, so that the next change of them can be undone."""
    Change = apps.get_model("books", "Change")
    for name in ("Topic", "Subtopic"):
        model, versions = apps.get_model("books", name), apps.get_model("books", f"Historical{name}")
        fields = [field.attname for field in model._meta.fields]
        for row in model.objects.iterator(chunk_size=500):
            book_id = row.book_id if name == "Topic" else row.topic.book_id
            change, _ = Change.objects.get_or_create(book_id=book_id, sentence="As it was when history began")
            versions.objects.create(
                history_type="+",
                history_date=change.made_at,
                change=change,
                **{field: getattr(row, field) for field in fields},
            )


class Migration(migrations.Migration):

    dependencies = [("books", "0009_changes_of_guidelines")]

    operations = [migrations.RunPython(begin_history, migrations.RunPython.noop)]
