"""Permissions to spend and to publish, and the four roles as groups."""

from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations

from books.roles import make_roles


def make_permissions_and_roles(apps, schema_editor):
    """Django makes permissions only when all migrations are done."""
    using = schema_editor.connection.alias
    for label in ("auth", "books", "jobs"):
        app = apps.get_app_config(label)
        app.models_module = True
        create_permissions(app, verbosity=0, using=using, apps=apps)
        app.models_module = None
    make_roles(apps, using)


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0011_recipes"),
        ("jobs", "0003_throttle_and_tallies"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="book",
            options={
                "ordering": ("title", "id"),
                "permissions": (("ask_model", "Can start jobs that ask a language model, which may cost money"),),
            },
        ),
        migrations.AlterModelOptions(
            name="subtopic",
            options={
                "ordering": ("topic", "sequence"),
                "permissions": (("publish_guideline", "Can publish guidelines and take them back"),),
            },
        ),
        migrations.RunPython(make_permissions_and_roles, migrations.RunPython.noop),
    ]
