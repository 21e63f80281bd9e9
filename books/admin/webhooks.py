"""Whom to tell of what is published, and the log of telling them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from books.admin.readers import shown_once
from books.models import Happening, WebhookDelivery, WebhookEndpoint
from books.publishing.announcing import deliver_again
from books.publishing.signing import new_secret

# Generic in the stubs alone.
if TYPE_CHECKING:
    EndpointAdmin = admin.ModelAdmin[WebhookEndpoint]
    DeliveryAdmin = admin.ModelAdmin[WebhookDelivery]
    EndpointModelForm = forms.ModelForm[WebhookEndpoint]
else:
    EndpointAdmin = DeliveryAdmin = admin.ModelAdmin
    EndpointModelForm = forms.ModelForm
USE = "The receiver checks our signatures with it, as Standard Webhooks describes."
BADGES = {"delivered": "approved", "failed": "failed", "waiting": "paused"}


class EndpointForm(EndpointModelForm):
    happenings = forms.MultipleChoiceField(
        label="Is told of", choices=Happening.choices, widget=forms.CheckboxSelectMultiple, initial=Happening.values
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("url", "description", "happenings", "is_active")
        labels = {"url": "Address"}
        widgets = {"url": forms.URLInput(attrs={"class": "vTextField"})}


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(EndpointAdmin):
    form = EndpointForm
    list_display = ("url", "description", "is_active", "created_at")
    search_fields = ("url", "description")
    show_full_result_count = False
    actions = ("renew",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Webhook endpoints", **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:  # noqa: FBT001
        if not change:
            obj.secret = new_secret()
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The one time that the secret is shown."""
        return shown_once(request, obj, obj.secret, USE)

    @admin.action(description="Make a new secret for the chosen one", permissions=["change"])
    def renew(self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint]) -> HttpResponse | None:
        chosen = list(endpoints)
        if len(chosen) != 1:
            messages.error(request, "Choose one: its new secret is shown once.")
            return None
        chosen[0].secret = new_secret()
        chosen[0].save(update_fields=["secret"])
        return shown_once(request, chosen[0], chosen[0].secret, f"The old one signs nothing any more. {USE}")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(DeliveryAdmin):
    """Read-only, but for sending again."""

    list_display = ("what", "book", "endpoint", "shown_state", "attempts", "status_code", "error", "tried_at")
    list_display_links = None
    list_filter = ("state", "announcement__happening", "endpoint")
    list_select_related = ("announcement", "endpoint")
    search_fields = ("announcement__book_title",)
    search_help_text = "Book title"
    show_full_result_count = False
    actions = ("send_again",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Webhook deliveries", **(extra_context or {})})

    @admin.display(description="what happened", ordering="announcement__id")
    def what(self, delivery: WebhookDelivery) -> str:
        said = delivery.announcement
        return f"{said.get_happening_display()}, {said.made_at:%Y-%m-%d %H:%M}"

    @admin.display
    def book(self, delivery: WebhookDelivery) -> str:
        return f"{delivery.announcement.book_title}, version {delivery.announcement.version}"

    @admin.display(description="state", ordering="state")
    def shown_state(self, delivery: WebhookDelivery) -> SafeString:
        badge = BADGES[delivery.state]
        return format_html('<span class="badge badge-{}">{}</span>', badge, delivery.get_state_display())

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: WebhookDelivery | None = None) -> bool:
        return False

    def get_readonly_fields(self, _request: HttpRequest, _obj: Any = None) -> list[str]:
        return [field.name for field in WebhookDelivery._meta.fields]

    @admin.action(description="Send again", permissions=["change"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]) -> None:
        chosen = list(deliveries.select_related("announcement"))
        count = deliver_again(chosen)
        if count < len(chosen):
            messages.warning(request, f"{len(chosen) - count} of them are being sent already.")
        messages.success(request, f"{count} will be sent again.")
