"""API tokens: made by whoever wants a program to do part of their work, shown once, revoked by them or by whoever may
see people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from books.admin.guards import AsksAgain, StaffRequest, show
from books.models import ApiToken, TokenScope
from books.tokens import give_out, revoke

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

STANDINGS = {
    "valid": _("valid"),
    "revoked": _("revoked"),
    "expired": _("expired"),
    "owner deactivated": _("owner deactivated"),
}
USE = _("Send the token as Authorization: Bearer, over HTTPS.")


@admin.register(ApiToken)
class ApiTokenAdmin(AsksAgain, admin.ModelAdmin[ApiToken]):
    when_empty = _(
        "No token yet. Add one for a program that does part of your work, such as a tutor that reads guidelines."
    )
    list_display = ("name", "beginning", "state", "may", "owner", "created_at", "last_used_at", "expires_at")
    list_select_related = ("owner",)
    search_fields = ("name", "beginning", "owner__username")
    search_help_text = _("Name, beginning or owner")
    show_full_result_count = False
    actions = ("take_back",)

    class Media:
        js = ("admin/js/core.js",)  # for the date's own script

    @admin.display(description=_("state"))
    def state(self, token: ApiToken) -> SafeString:
        badge = "approved" if token.standing == "valid" else "failed"
        return format_html('<span class="badge badge-{}">{}</span>', badge, STANDINGS[token.standing])

    @admin.display(description=_("scopes"))
    def may(self, token: ApiToken) -> str:
        return ", ".join(scope.label.partition(":")[0] for scope in TokenScope if scope in token.scopes)

    @admin.display(description=_("scopes"))
    def may_in_words(self, token: ApiToken) -> SafeString:
        words = [(scope.label,) for scope in TokenScope if scope in token.scopes]
        return format_html_join("", "<div>{}</div>", words)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """One's own; everybody's for who may see people."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = super().get_queryset(request)
        return rows if request.user.has_perm("auth.view_user") else rows.filter(owner=request.user.pk)

    def get_readonly_fields(self, _request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        """What a program was given stays what it is: for more, or for less, it gets another token."""
        return ("may_in_words", "state", "owner", "expires_at", "last_used_at") if obj else ()

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        return ("name", *self.get_readonly_fields(request, obj)) if obj else ("name", "scopes", "expires_at")

    def has_delete_permission(self, _request: HttpRequest, _obj: ApiToken | None = None) -> bool:
        """A token that is no longer wanted is revoked, and remembered."""
        return False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Scopes of use to this person; names for the two boxes of the time, which share one label."""
        if db_field.name == "scopes":
            possible = [scope for scope in TokenScope if request.user.has_perm(scope.permission)]
            return forms.MultipleChoiceField(
                label=capfirst(db_field.verbose_name),
                choices=[(scope.value, scope.label) for scope in possible],
                widget=forms.CheckboxSelectMultiple,
                help_text=gettext("What the program may do with it, as long as you may do it yourself."),
            )
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "expires_at" and isinstance(field, forms.SplitDateTimeField):
            for part, name in zip(field.widget.widgets, (gettext("Expires on"), gettext("Expires at")), strict=True):
                part.attrs["aria-label"] = name
        return field

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        if change:
            super().save_model(request, obj, form, change)
        else:
            # For response_add, in the same request; Django hands over nothing else.
            request.secret = give_out(obj, owner=cast("StaffRequest", request).user)  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The one time that the token is shown."""
        secret = getattr(request, "secret", "")
        address = request.build_absolute_uri(_path(obj))
        command = f'curl -H "Authorization: Bearer {secret}" "{address}"'
        return shown_once(
            request, obj, USE, {gettext("Token"): secret, gettext("Address"): address, gettext("To try it"): command}
        )

    @admin.action(description=_("Revoke the chosen tokens"), permissions=["change"])
    def take_back(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        count = revoke(tokens)
        messages.success(
            request,
            ngettext(
                "{count} token revoked: they open nothing from now on.",
                "{count} tokens revoked: they open nothing from now on.",
                count,
            ).format(count=count),
        )


def _path(token: ApiToken) -> str:
    """What needs no book: for tokens that read what is published, that; else the document of all there is."""
    return "/api/guidelines?limit=1" if {"published", "read"} & set(token.scopes) else "/api/openapi.json"


def shown_once(request: HttpRequest, thing: Any, use: StrOrPromise, shown: Mapping[StrOrPromise, str]) -> HttpResponse:
    """A page with a secret, named in ``shown``, that no other page shows; nobody keeps a copy of it on the way."""
    context = {
        "title": str(thing),
        "opts": thing._meta,
        "shown": shown,
        "use": use,
    }
    response = show(request, "secret", context)
    add_never_cache_headers(response)
    return response
