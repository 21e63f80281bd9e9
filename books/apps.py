import gc
from typing import Any

from django.apps import AppConfig, apps
from django.core.management import call_command
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy


class BooksConfig(AppConfig):
    name = "books"
    verbose_name = gettext_lazy("Books")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import books.audit
        import books.guidelines.changes
        import books.intake.clearing
        import books.intake.order
        import books.ledger.prices
        import books.models.files
        import books.ocr.start
        import books.publishing.webhooks
        import books.retention
        import books.team.notices  # noqa: F401 - they connect signals
        from books.audit import watch
        from books.extraction.job import EXTRACTION, FINALISATION, calls_by_name
        from books.ledger.choices import declare
        from books.ocr.job import OCR, OCR_ELSEWHERE
        from books.publishing.webhooks import TELLING
        from jobs.registry import register

        for handler in (OCR, OCR_ELSEWHERE, EXTRACTION, FINALISATION, TELLING):
            register(handler)
        for call in calls_by_name().values():
            declare(call.name, call.effort, call.limit)
        watch()
        post_migrate.connect(_complete_roles, dispatch_uid="roles")
        post_migrate.connect(_make_cache, dispatch_uid="cache")
        # What is loaded lives as long as the process; looking through it took a tenth of the time of a call to a model.
        gc.freeze()


def _make_cache(app_config: AppConfig, using: str, **_: Any) -> None:
    """The table of CACHES, which no model and so no migration makes."""
    if app_config.name == "books":
        call_command("createcachetable", database=using, verbosity=0)


def _complete_roles(app_config: AppConfig, using: str, **_: Any) -> None:
    """Gives the roles what later migrations brought, once the permissions of the last app were made."""
    from books.roles import make_roles

    if app_config is [each for each in apps.get_app_configs() if each.models_module][-1]:
        make_roles(apps, using)
