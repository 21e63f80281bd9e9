"""A rotation of 0 becomes that of a page which nobody turned, so that a person can turn one back to 0."""

from django.db import migrations, models


def forget_zero(apps, schema_editor):
    apps.get_model("books", "Page").objects.filter(rotation=0).update(rotation=None)


def back_to_zero(apps, schema_editor):
    apps.get_model("books", "Page").objects.filter(rotation=None).update(rotation=0)


class Migration(migrations.Migration):

    dependencies = [
        ('books', '0012_roles'),
    ]

    operations = [
        migrations.AlterField(
            model_name='page',
            name='rotation',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Degrees clockwise, as a person turned it; empty where nobody did.', null=True),
        ),
        migrations.RunPython(forget_zero, back_to_zero),
    ]
