"""The seven progress columns, and their values for jobs that are older than the columns."""

from django.db import migrations, models
from django.db.models import Count, Max, Min, Q


def backfill(apps, schema_editor):
    """Counters from the items; a heartbeat for jobs that still run, so that the sweep judges them by it."""
    Job = apps.get_model("jobs", "Job")
    for job in Job.objects.iterator():
        counts = job.items.aggregate(
            total=Count("id"),
            done=Count("id", filter=Q(state="done")),
            failed=Count("id", filter=Q(state="failed")),
            first_undone=Min("ordinal", filter=~Q(state="done")),
            finished=Max("finished_at"),
        )
        undone = counts["first_undone"]
        Job.objects.filter(pk=job.pk).update(
            total_items=counts["total"],
            completed_items=counts["done"],
            failed_items=counts["failed"],
            last_completed_item=counts["total"] if undone is None else undone - 1,
            heartbeat_at=counts["finished"] or job.started_at,
        )


class Migration(migrations.Migration):

    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.AddField('job', 'total_items', models.PositiveIntegerField(default=0, null=True)),
        migrations.AddField('job', 'completed_items', models.PositiveIntegerField(default=0, null=True)),
        migrations.AddField('job', 'failed_items', models.PositiveIntegerField(default=0, null=True)),
        migrations.AddField('job', 'current_item', models.PositiveIntegerField(blank=True, null=True)),
        migrations.AddField('job', 'last_completed_item', models.PositiveIntegerField(default=0, null=True)),
        migrations.AddField('job', 'progress_detail', models.JSONField(blank=True, default=dict, null=True)),
        migrations.AddField('job', 'heartbeat_at', models.DateTimeField(blank=True, null=True)),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['status', 'heartbeat_at'], name='job_status_heartbeat'),
        ),
        migrations.RunPython(backfill, migrations.RunPython.noop, elidable=False),
    ]
