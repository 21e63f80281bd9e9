"""Whom to tell of what is published, and the log of telling them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from books.admin.guards import AsksAgain, StaffRequest, action
from books.admin.tokens import shown_once
from books.audit import refuse
from books.models import Happening, WebhookDelivery, WebhookEndpoint
from books.publishing.post import new_secret
from books.publishing.webhooks import deliver_again, send_test
from books.wording import in_language
from jobs.errors import JobError

SECRET = _("Secret")
USE = _("The receiver checks our signatures with it, as Standard Webhooks describes.")
STANDINGS = {
    "delivered": ("approved", _("Delivered")),
    "failed": ("failed", _("Failed")),
    "stopped": ("failed", _("Stopped")),
    "waiting": ("paused", _("Waiting")),
}
TOLD: Final = ("state", "tried_at", "status_code", "error")


class EndpointForm(forms.ModelForm[WebhookEndpoint]):
    happenings = forms.MultipleChoiceField(
        label=_("Events"),
        choices=Happening.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=Happening.values,
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("url", "description", "happenings", "is_active")
        widgets = {"url": forms.URLInput(attrs={"class": "vTextField"})}


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(AsksAgain, admin.ModelAdmin[WebhookEndpoint]):
    when_empty = _("No endpoint yet. Add the address of a system that is to hear when guidelines are published.")
    form = EndpointForm
    list_display = ("url", "description", "is_active", "last_delivery", "created_at")
    search_fields = ("url", "description")
    show_full_result_count = False
    actions = ("renew",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        newest = WebhookDelivery.objects.filter(endpoint=OuterRef("pk")).order_by("-pk")
        last = {f"last_{name}": Subquery(newest.values(name)[:1]) for name in TOLD}
        return super().get_queryset(request).annotate(**last)

    def get_readonly_fields(self, _request: HttpRequest, obj: WebhookEndpoint | None = None) -> tuple[str, ...]:
        return ("last_delivery",) if obj else ()

    def get_fields(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> tuple[str, ...]:
        return (*EndpointForm.base_fields, *self.get_readonly_fields(request, obj))

    @admin.display(description=_("last delivery"))
    def last_delivery(self, endpoint: WebhookEndpoint) -> SafeString | str:
        state, tried, code, error = (getattr(endpoint, f"last_{name}", None) for name in TOLD)
        if not state:
            return gettext("none yet")
        return format_html("{} {} {}", _badge(state), _minute(tried), _answer(error, code))

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:  # noqa: FBT001
        if not change:
            obj.secret = new_secret()
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The one time that the secret is shown."""
        return shown_once(request, obj, USE, {SECRET: obj.secret})

    @admin.action(description=_("Make a new secret for the chosen one"), permissions=["change"])
    def renew(self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint]) -> HttpResponse | None:
        chosen = list(endpoints)
        if len(chosen) != 1:
            messages.error(request, gettext("Choose one: its new secret is shown once."))
            return None
        chosen[0].secret = new_secret()
        chosen[0].save(update_fields=["secret"])
        use = gettext("The old one signs nothing any more. %s") % USE
        return shown_once(request, chosen[0], use, {SECRET: chosen[0].secret})


@action("books.change_webhookendpoint", "/books/webhookendpoint/<int:endpoint_id>/test/", "books_webhookendpoint_test")
def send_a_test(request: StaffRequest, endpoint_id: int) -> HttpResponseBase:
    endpoint = get_object_or_404(WebhookEndpoint, pk=endpoint_id)
    here = redirect("admin:books_webhookendpoint_change", endpoint_id)
    try:
        messages.success(request, gettext("It answered {status} to the test.").format(status=send_test(endpoint)))
    except JobError as error:
        refuse(request, in_language(error.message))
        messages.error(request, gettext("The test did not arrive. {why}").format(why=in_language(error.message)))
    return here


def _badge(state: str) -> SafeString:
    return format_html('<span class="badge badge-{}">{}</span>', *STANDINGS[state])


def _answer(error: str | None, status: int | None) -> str:
    return error or (gettext("It answered {status}.").format(status=status) if status else "")


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(admin.ModelAdmin[WebhookDelivery]):
    """Read-only, but for sending again."""

    when_empty = _(
        "Nothing was sent yet. Each publish is told to the endpoints, and stands here with what they answered."
    )
    list_display = ("what", "book", "endpoint", "state_now", "tries", "answer", "tried", "next_try_at")
    list_display_links = None
    list_filter = ("state", "announcement__happening", "endpoint")
    list_select_related = ("announcement", "endpoint", "job")
    search_fields = ("announcement__book_title",)
    search_help_text = _("Book title")
    show_full_result_count = False
    actions = ("send_again",)

    @admin.display(description=_("what happened"), ordering="announcement__id")
    def what(self, delivery: WebhookDelivery) -> str:
        said = delivery.announcement
        return f"{said.get_happening_display()}, {said.made_at:%Y-%m-%d %H:%M}"

    @admin.display(description=_("book"))
    def book(self, delivery: WebhookDelivery) -> str:
        said = delivery.announcement
        return gettext("{book}, version {version}").format(book=said.book_title, version=said.version)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        return WebhookDelivery.objects.with_item()

    @admin.display(description=_("state"), ordering="state")
    def state_now(self, delivery: WebhookDelivery) -> SafeString:
        return _badge(delivery.standing.state)

    @admin.display(description=_("tries"))
    def tries(self, delivery: WebhookDelivery) -> int:
        return delivery.standing.attempts

    @admin.display(description=_("answer"))
    def answer(self, delivery: WebhookDelivery) -> str:
        return _answer(delivery.standing.error, delivery.status_code)

    @admin.display(description=_("last try"))
    def tried(self, delivery: WebhookDelivery) -> str:
        return _minute(delivery.standing.tried_at)

    @admin.display(description=_("next try"))
    def next_try_at(self, delivery: WebhookDelivery) -> str:
        return _minute(delivery.standing.next_try)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: WebhookDelivery | None = None) -> bool:
        return False

    def get_readonly_fields(self, _request: HttpRequest, _obj: Any = None) -> list[str]:
        return [field.name for field in WebhookDelivery._meta.fields]

    @admin.action(description=_("Send again"), permissions=["change"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]) -> None:
        chosen = list(deliveries.select_related("announcement"))
        count = deliver_again(chosen)
        if count < len(chosen):
            messages.warning(
                request, gettext("{count} of them are being sent already.").format(count=len(chosen) - count)
            )
        messages.success(request, gettext("{count} will be sent again.").format(count=count))
