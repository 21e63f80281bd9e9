import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

PERSON = {
    "blank": True,
    "null": True,
    "on_delete": django.db.models.deletion.PROTECT,
    "related_name": "+",
    "to": settings.AUTH_USER_MODEL,
}
VERBS = {1: "Added", 2: "Changed", 3: "Deleted"}


def name_makers(apps, _editor):
    changes = apps.get_model("books", "Change").objects
    people = apps.get_model(*settings.AUTH_USER_MODEL.split(".")).objects
    changes.exclude(job=None).update(name="job")
    for pk in list(changes.exclude(made_by=None).order_by().values_list("made_by", flat=True).distinct()):
        changes.filter(made_by=pk).update(name=people.get(pk=pk).username)
    changes.filter(name="").update(name="command line")


def take_over_the_admins_log(apps, _editor):
    """The audit shows entries of ours alone; what Django noted until now becomes one."""
    entries = apps.get_model("books", "AuditEntry").objects
    for old in apps.get_model("admin", "LogEntry").objects.select_related("user", "content_type").iterator():
        kind = old.content_type.model if old.content_type else "row"
        is_book = kind == "book" and str(old.object_id).isdecimal()
        made = entries.create(
            person_id=old.user_id,
            name=old.user.username,
            action=f"{VERBS[old.action_flag]} {kind}",
            about=f"“{old.object_repr[:198]}”",
            outcome="done",
            book_number=int(old.object_id) if is_book else None,
        )
        entries.filter(pk=made.pk).update(at=old.action_time)


class Migration(migrations.Migration):
    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("books", "0027_reviewers_by_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="change",
            name="name",
            field=models.CharField(
                default="", help_text="Of whoever made it, a person or a job, at that time.", max_length=150
            ),
            preserve_default=False,
        ),
        migrations.RunPython(name_makers, migrations.RunPython.noop),
        migrations.RunPython(take_over_the_admins_log, migrations.RunPython.noop),
        migrations.AlterField("auditentry", "person", models.ForeignKey(**PERSON)),
        migrations.AlterField("change", "made_by", models.ForeignKey(**PERSON)),
        migrations.AlterField("publishedset", "made_by", models.ForeignKey(**PERSON)),
        migrations.AlterField(
            "auditentry",
            "detail",
            models.CharField(blank=True, help_text="Why it was refused, or what was changed.", max_length=300),
        ),
    ]
