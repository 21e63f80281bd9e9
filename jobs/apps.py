from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import pre_migrate


class JobsConfig(AppConfig):
    name = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from jobs import clock
        from jobs.database import refuse_older_before_migrating

        pre_migrate.connect(refuse_older_before_migrating, sender=self, dispatch_uid="older databases")
        connection_created.connect(clock.compare_at_first, dispatch_uid="clock of the database")
