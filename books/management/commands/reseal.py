"""manage.py reseal: seals with the present SECRET_KEY what a key before it sealed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model, TextField
from django.db.models.functions import Cast

from books.sealing import SealedField, seal, unseal

# Of allauth's factors, the parts that are sealed.
PARTS = ("secret", "seed")


class Command(BaseCommand):
    help = (
        "Seals second factors, secrets of webhooks and Slack addresses with SECRET_KEY, so that the keys of "
        "SECRET_KEY_FALLBACKS are not needed for them any more. Names those that no key opens, and ends with 1."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        done = [name for model in apps.get_models() for name in _fields(model)] + [*_factors()]
        unreadable = [name for name in done if name]
        self.stdout.write(f"{len(done) - len(unreadable)} sealed anew.")
        if unreadable:
            raise CommandError(f"No key opens {', '.join(unreadable)}: make them anew.")


def _fields(model: type[Model]) -> Iterator[str]:
    """For each row "", or its name where no key opens it."""
    for field in (each.name for each in model._meta.fields if isinstance(each, SealedField)):
        rows = model._default_manager.annotate(sealed=Cast(field, TextField())).exclude(sealed="")
        for pk, sealed in rows.values_list("pk", "sealed"):
            try:
                model._default_manager.filter(pk=pk).update(**{field: unseal(sealed)})
                yield ""
            except ValueError:
                yield f"{model._meta.verbose_name} {pk}"


def _factors() -> Iterator[str]:
    for factor in Authenticator.objects.select_related("user"):
        sealed = {name: factor.data[name] for name in PARTS if name in factor.data}
        try:
            opened = {name: seal(unseal(text)) for name, text in sealed.items()}
        except ValueError:
            yield f"a second factor of {factor.user}"
            continue
        if opened:
            Authenticator.objects.filter(pk=factor.pk).update(data=factor.data | opened)
            yield ""
