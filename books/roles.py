"""What each role may do. The roles are groups that `migrate` makes; a person may have several."""

from __future__ import annotations

from typing import Any, Final

from django.apps.registry import Apps

from books.sentences import gettext_noop

UPLOADER, REVIEWER = gettext_noop("uploader"), gettext_noop("reviewer")
PUBLISHER, ADMINISTRATOR = gettext_noop("publisher"), gettext_noop("administrator")

LOOK: Final = frozenset(
    {"books.view_book", "books.view_page", "books.view_topic", "books.view_subtopic", "jobs.view_job"}
)
# Of one's own; others' are for who may see people.
TOKENS: Final = frozenset(f"books.{verb}_apitoken" for verb in ("view", "add", "change"))
UPLOAD: Final = frozenset({"books.add_book", "books.change_book", "jobs.change_job"})
# Pages are turned, moved and read again while they are reviewed, hence change_book.
REVIEW: Final = frozenset(
    {
        "books.change_book",
        "books.change_page",
        "books.change_topic",
        "books.change_subtopic",
        "books.ask_model",
        "books.view_modelcall",
        "jobs.change_job",
    }
)
PUBLISH: Final = frozenset({"books.publish_guideline"})
ADMINISTER: Final = frozenset(
    {"books.delete_book", "books.open_every_book", "books.view_auditentry", "auth.view_group"}
    | {
        f"books.{verb}_{model}"
        for verb in ("view", "add", "change", "delete")
        for model in ("modelprice", "stagemodel", "providerprofile")
    }
    | {f"books.{verb}_webhookendpoint" for verb in ("view", "add", "change", "delete")}
    | {"books.view_webhookdelivery", "books.change_webhookdelivery"}
    | {f"auth.{verb}_user" for verb in ("view", "add", "change")}
)
ROLES: Final = {
    UPLOADER: LOOK | TOKENS | UPLOAD,
    REVIEWER: LOOK | TOKENS | REVIEW,
    PUBLISHER: LOOK | TOKENS | PUBLISH,
    ADMINISTRATOR: LOOK | TOKENS | UPLOAD | REVIEW | PUBLISH | ADMINISTER,
}


def make_roles(apps: Apps, using: str = "default") -> None:
    """Makes the groups that are missing and gives each what it lacks of ROLES; takes nothing away.

    A permission whose model is not migrated yet is left for the next call: this runs after every `migrate`.
    """
    # As a migration sees the models, where it calls.
    group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    known: dict[str, Any] = {
        f"{each.content_type.app_label}.{each.codename}": each
        for each in permission.objects.using(using).select_related("content_type")
    }
    for name, permissions in ROLES.items():
        role, _ = group.objects.using(using).get_or_create(name=name)
        role.permissions.add(*(known[each] for each in sorted(permissions) if each in known))
