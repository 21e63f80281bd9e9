"""The admin site under the product's name."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, cast

from django.contrib.admin import AdminSite, ModelAdmin
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

if TYPE_CHECKING:
    from books.admin.guards import StaffRequest


class _Ours:
    """Every list is called by what stands in it. Lists and forms have the script that marks rows; Django adds jQuery
    and what makes one field of another, 90 kB in seven files. Widgets and inlines that need jQuery bring it themselves;
    one of dates wants core.js of its admin."""

    media = Media(js=["admin/js/actions.js"])

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = {"title": capfirst(self.opts.verbose_name_plural)}  # type: ignore[attr-defined]  # ModelAdmin's
        return cast("HttpResponse", super().changelist_view(request, title | (extra_context or {})))  # type: ignore[misc]


class BookpipelineSite(AdminSite):
    site_header = "bookpipeline"
    site_title = "bookpipeline"
    # Django's words, which our catalogue says as the screens of ours do.
    said_otherwise = (gettext_noop("Add %s"), gettext_noop("Save and add another"))
    index_title = gettext_lazy("From scanned textbook to teaching guidelines")
    site_url = None
    # Three lists fit the header; the screens need the width.
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        given = admin_class or ModelAdmin
        super().register(model_or_iterable, type(given.__name__, (_Ours, given), {}), **options)

    def get_urls(self) -> list[Any]:
        from books.admin.guards import screens

        self._register_screens()
        return [*screens(), *super().get_urls()]

    def check(self, app_configs: Any) -> list[Any]:
        self._register_screens()
        return super().check(app_configs)

    def _register_screens(self) -> None:
        """By being imported: the models of ours and their screens. None of packages' own: whoever may add a schedule
        of the queue there could run any function."""
        for module in iter_modules([str(Path(__file__).parent)]):
            import_module(f"books.admin.{module.name}")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from books.admin.home import home_context

        home = home_context(cast("StaffRequest", request))
        return super().index(request, {"title": _("Home"), **home, **(extra_context or {})})
