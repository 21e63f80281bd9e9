from django.conf import settings
from django.db import migrations, models


def name_reviewers(apps, _editor):
    """Readers were told accounts; they are told the names of those people, or nothing."""
    published = apps.get_model("books", "PublishedGuideline")
    people = apps.get_model(*settings.AUTH_USER_MODEL.split(".")).objects
    names = {each.username: f"{each.first_name} {each.last_name}".strip()[:150] for each in people.all()}
    accounts = published.objects.exclude(reviewer="").order_by().values_list("reviewer", flat=True).distinct()
    for account in list(accounts):
        published.objects.filter(reviewer=account).update(reviewer=names.get(account, ""))


class Migration(migrations.Migration):
    dependencies = [("books", "0026_feed"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.RunPython(name_reviewers, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="publishedguideline",
            name="reviewer",
            field=models.CharField(
                blank=True, help_text="The name, never the account, of who approved it.", max_length=150
            ),
        ),
    ]
