"""People and their roles: who may do what is chosen here; what a role may do is in `books.roles`."""

from __future__ import annotations

from typing import Any, cast

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from books.admin.guards import AsksAgain, StaffRequest, check_signed_in_lately
from books.audit import note
from books.models import Outcome
from books.models.session import end_sessions
from books.roles import ADMINISTRATOR, PUBLISHER, REVIEWER, ROLES, UPLOADER

admin.site.unregister(User)


class SignOnInline(admin.TabularInline[SocialAccount, User]):
    """The identities at a provider that open the account: they come by signing on, and can only be revoked."""

    model = SocialAccount
    verbose_name, verbose_name_plural = _("sign-on"), _("Single sign-on")
    fields = readonly_fields = ("provider", "uid", "date_joined", "last_login")
    extra = 0

    def has_add_permission(self, _request: HttpRequest, _obj: User | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return admin.site._registry[User].has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return admin.site._registry[User].has_change_permission(request, obj)

    has_delete_permission = has_change_permission


# What each role is for, on the screen that gives it; what it may do one by one is in books.roles.
ROLE_WORDS = {
    UPLOADER: _("adds books and pages, has them read, puts pages in order"),
    REVIEWER: _("corrects and approves pages, generates, edits and approves guidelines; spends money on models"),
    PUBLISHER: _("gives readers what is approved, and takes it back"),
    ADMINISTRATOR: _("all of that, deletes books, and sets up people, models, prices and webhooks"),
}


def role_name(role: Group) -> str:
    """Of one that we make; others are called as somebody called them."""
    return gettext(role.name) if role.name in ROLES else role.name


class RoleFilter(admin.RelatedFieldListFilter):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title, self.empty_value_display = gettext("roles"), format_html("{}", gettext("no role"))

    def field_choices(self, _field: Any, _request: HttpRequest, _model_admin: Any) -> Any:
        return [(str(role.pk), role_name(role)) for role in Group.objects.order_by("pk")]


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, role: Group) -> str:
        words = ROLE_WORDS.get(role.name)
        return f"{role_name(role)}: {words}" if words else role.name


DJANGOS: Any = UserAdmin.fieldsets


@admin.register(User)
class PersonAdmin(AsksAgain, UserAdmin[User]):
    """An administrator gives roles; single permissions, and all that concerns a superuser, are a superuser's."""

    list_display = ("username", "email", "first_name", "last_name", "roles", "second_factor", "is_active", "last_login")
    list_filter = (("groups", RoleFilter), "is_active", "is_superuser")
    actions = ("deactivate", "reset_factors")
    fieldsets = (
        *DJANGOS[:2],
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Single permissions"), {"classes": ("collapse",), "fields": ("user_permissions",)}),
        DJANGOS[3],
    )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "groups":
            roles = Group.objects.order_by("pk")
            help_text = _("Everybody with a role may look at the books that are open to them, and make tokens for it.")
            widget = forms.CheckboxSelectMultiple
            return RolesField(roles, required=False, label=_("Roles"), help_text=help_text, widget=widget)
        return super().formfield_for_manytomany(db_field, request, **options)

    def get_inlines(self, _request: HttpRequest, obj: User | None) -> list[Any]:
        return [SignOnInline] if SocialAccount.objects.filter(user=obj).exists() else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups", "authenticator_set")

    @admin.display(description=_("roles"))
    def roles(self, person: User) -> str:
        if person.is_superuser:
            return gettext("everything")
        return ", ".join(sorted(map(role_name, person.groups.all())))

    @admin.display(description=_("second factor"))
    def second_factor(self, person: User) -> str:
        return ", ".join(sorted({each.get_type_display() for each in _factors(person)})) or gettext("none")

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        check_signed_in_lately(request)
        return super().user_change_password(request, id, form_url)

    @admin.action(description=_("Take away the second factor of the chosen people"), permissions=["change"])
    def reset_factors(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """For somebody who lost theirs: their sessions end, and they set up another where their role needs one."""
        chosen = [one for one in people if self.has_change_permission(request, one)]
        for person in chosen:
            for factor in Authenticator.objects.filter(user=person):  # one by one: each is noted
                factor.delete()
            end_sessions(person)
        messages.success(
            request, gettext("Taken away from {count} of them, and their sessions ended.").format(count=len(chosen))
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if _is_super(request) else (*fields, "is_superuser", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (_is_super(request) or not _is_superuser(obj))

    def has_delete_permission(self, _request: HttpRequest, _obj: User | None = None) -> bool:
        """What a person did stays that person's: whoever leaves is deactivated."""
        return False

    @admin.action(description=_("Deactivate the chosen people"), permissions=["change"])
    def deactivate(self, request: HttpRequest, people: QuerySet[User]) -> None:
        others = [one for one in people.filter(is_active=True) if self.has_change_permission(request, one)]
        for person in others:
            if person != request.user:
                person.is_active = False
                person.save(update_fields=["is_active"])
        count = sum(not one.is_active for one in others)
        messages.success(
            request, ngettext("{count} person deactivated.", "{count} people deactivated.", count).format(count=count)
        )

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:  # noqa: FBT001
        """Who is added may sign in to the screens; what is seen there comes with a role."""
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)

    def save_formset(
        self,
        request: HttpRequest,
        form: ModelForm[User],
        formset: BaseModelFormSet[SocialAccount, Any],
        change: bool,  # noqa: FBT001 - Django's
    ) -> None:
        """A revoked sign-on ends what it had opened."""
        super().save_formset(request, form, formset, change)
        for link in formset.deleted_objects:
            end_sessions(form.instance)
            about = f"{form.instance.get_username()}, {link.provider} {link.uid}"
            note(cast("StaffRequest", request).user, "revoke sign-on", Outcome.DONE, about=about)


def _factors(person: User) -> list[Authenticator]:
    others = person.authenticator_set.all()  # type: ignore[attr-defined]  # allauth's, which has no types
    return [each for each in others if each.type != Authenticator.Type.RECOVERY_CODES]


def _is_super(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _is_superuser(person: User | None) -> bool:
    return person is not None and person.is_superuser
