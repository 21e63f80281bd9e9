"""The tokens of reading programs in the admin: given out once, seen never again, taken back for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString

from books.admin.guards import StaffRequest
from books.models import ReaderToken
from books.publishing.tokens import give_out, revoke

# Generic in the stubs alone.
if TYPE_CHECKING:
    TokenAdmin = admin.ModelAdmin[ReaderToken]
else:
    TokenAdmin = admin.ModelAdmin


@admin.register(ReaderToken)
class ReaderTokenAdmin(TokenAdmin):
    list_display = ("name", "beginning", "state", "scope", "created_by", "created_at", "last_used_at", "expires_at")
    list_select_related = ("created_by",)
    fields = ("name", "scope", "expires_at")
    search_fields = ("name",)
    search_help_text = "Name"
    show_full_result_count = False
    actions = ("take_back",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Reader tokens", **(extra_context or {})})

    @admin.display
    def state(self, token: ReaderToken) -> SafeString:
        word = "valid" if token.is_valid else "revoked" if token.revoked_at else "expired"
        return format_html('<span class="badge badge-{}">{}</span>', "approved" if word == "valid" else "failed", word)

    def has_delete_permission(self, _request: HttpRequest, _obj: ReaderToken | None = None) -> bool:
        """A token that is no longer wanted is revoked, and remembered."""
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: ReaderToken,
        form: ModelForm[ReaderToken],
        change: bool,  # noqa: FBT001 - Django's
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            # For response_add, in the same request; Django hands over nothing else.
            request.secret = give_out(obj, user=cast("StaffRequest", request).user)  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ReaderToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The one time that the token is shown."""
        return shown_once(request, obj, getattr(request, "secret", ""), "Send it as Authorization: Bearer, over HTTPS.")

    @admin.action(description="Revoke the chosen tokens", permissions=["change"])
    def take_back(self, request: HttpRequest, tokens: QuerySet[ReaderToken]) -> None:
        count = revoke(tokens)
        messages.success(request, f"{count} token{'' if count == 1 else 's'} revoked: they open nothing from now on.")


def shown_once(request: HttpRequest, thing: Any, secret: str, use: str) -> HttpResponse:
    """A page with a secret that no other page shows; nobody keeps a copy of it on the way."""
    context = {
        **admin.site.each_context(request),
        "title": str(thing),
        "opts": thing._meta,
        "secret": secret,
        "use": use,
    }
    response = render(request, "bookpipeline/secret.html", context)
    add_never_cache_headers(response)
    return response
