"""Who may use which address: the table that tests/admin/test_access.py holds against every address there is.

A new address gets one line here, ``at(name, arguments, method, who may)``, under its name without namespace. People:
n nobody in particular, s a member of the staff without a role, u uploader, r reviewer, p publisher, a administrator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

PEOPLE = {
    "n": "nobody",
    "s": "no role",
    "u": "uploader",
    "r": "reviewer",
    "p": "publisher",
    "a": "administrator",
}
ANYBODY, STAFF, ALL_ROLES = "nsurpa", "surpa", "urpa"
GET, POST, PUT, PATCH, DELETE = "get", "post", "put", "patch", "delete"


@dataclass(frozen=True)
class Address:
    """``args`` names what fills the address (fixture ``facts``); ``data`` is posted, as a form where it has "file"."""

    space: str
    name: str
    args: str
    method: str
    who: str
    data: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.space}{self.name} {self.args}".strip()


def _table(space: str, *rows: tuple[Any, ...]) -> list[Address]:
    return [Address(space, *row) for row in rows]


def at(name: str, args: str, method: str, who: str, **data: Any) -> tuple[Any, ...]:
    return name, args, method, who, data


# What is of this product's own making: any other method is answered with 405.
SCREENS = _table(
    "admin:",
    at("books_account", "", GET, STAFF),
    at("books_account_language", "", POST, STAFF),
    at("books_account_notices", "", POST, STAFF),
    at("books_book_people", "book", GET, "urpa"),
    at("books_book_give", "book", POST, "ura", person="user"),
    at("books_book_take", "book assignment", POST, "ura"),
    at("books_book_comment", "book", POST, "urpa", text="Look here."),
    at("books_book_comment_done", "book comment", POST, "urpa"),
    at("books_book_progress", "", GET, "urpa"),
    at("books_sample", "", POST, "ua"),
    at("books_book_overview", "book", GET, "urpa"),
    at("books_book_upload", "book", POST, "ura", file="files"),
    at("books_book_read", "book", POST, "ura"),
    at("books_book_generate", "book", POST, "ra"),
    at("books_book_start", "book", GET, "ra"),
    at("books_book_finalise", "book", POST, "ra"),
    at("books_book_costs", "book", GET, "ra"),
    at("books_book_calls", "book", GET, "ra"),
    at("books_book_contents", "book", GET, "urpa"),
    at("books_book_contents_preview", "book", POST, "ura", text="1 Numbers 1"),
    at("books_book_contents_draft", "book", POST, "ura"),
    at("books_book_contents_save", "book", POST, "ura", act="keep", text="1 Numbers 1"),
    at("books_book_contents_release", "book", POST, "ura"),
    at("books_book_export", "book json", GET, "urpa"),
    at("books_book_text_export", "book md", GET, "urpa"),
    at("books_book_exchange", "book", GET, "urpa"),
    at("books_book_import", "book", POST, "ra", file="file"),
    at("books_book_import_preview", "book received", GET, "ra"),
    at("books_book_import_decide", "book received", POST, "ra", decision="discard"),
    at("books_book_pages", "book", GET, "urpa"),
    at("books_book_scan", "book page", GET, "urpa"),
    at("books_book_thumbnail", "book page", GET, "urpa"),
    at("books_book_sheet", "book", GET, "urpa"),
    at("books_book_page", "book page", GET, "urpa"),
    at("books_book_page_reading", "book page", GET, "urpa"),
    at("books_book_page_edit", "book page", POST, "ra", text="Words", seen="reading"),
    at("books_book_page_restore", "book page", POST, "ra", reading="reading", seen="reading"),
    at("books_book_page_decide", "book page", POST, "ra", decision="approve"),
    at("books_book_clean", "book", GET, "ra"),
    at("books_book_doubtful", "book", GET, "ra"),
    at("books_book_pages_decide", "book", POST, "ra", decision="approve"),
    at("books_book_decision_undo", "book", POST, "ra"),
    at("books_book_decision_redo", "book", POST, "ra"),
    at("books_book_map", "book", GET, "urpa"),
    at("books_book_pages_read", "book", POST, "ura"),
    at("books_book_read_failed", "book", POST, "ura"),
    at("books_book_arrange", "book", POST, "ura", act="remove"),
    at("books_book_arrange_undo", "book", POST, "ura"),
    at("books_book_arrange_redo", "book", POST, "ura"),
    at("books_book_insert", "book", POST, "ura", at="1"),
    at("books_book_spreads", "book", GET, "ura"),
    at("books_book_spreads_split", "book", POST, "ura"),
    at("books_book_guidelines", "book", GET, "urpa"),
    at("books_book_guidelines_approve", "book", POST, "ra"),
    at("books_book_guideline", "book subtopic", GET, "urpa"),
    at("books_book_guideline_decide", "book subtopic", POST, "ra", decision="approve"),
    at("books_book_guideline_settle", "book subtopic", POST, "ra", settlement="check", statement="objective.0"),
    at("books_book_publish", "book", GET, "urpa"),
    at("books_book_publish_now", "book", POST, "pa"),
    at("books_book_version", "book version", GET, "urpa"),
    at("books_book_roll_back", "book version", POST, "pa"),
    at("books_book_take_back", "book", POST, "pa", sure="yes"),
    at("books_audit", "", GET, "a"),
    at("books_how", "", GET, "urpa"),
    at("books_settings", "", GET, "a"),
    at("books_webhookendpoint_test", "webhookendpoint", POST, "a"),
    at("books_review", "", GET, "urpa"),
    at("books_book_guidelines_preview", "book", GET, "ra"),
    at("books_book_guideline_edit", "book subtopic", GET, "ra"),
    at("books_book_guideline_save", "book subtopic", POST, "ra", title="Counting"),
    at("books_book_guideline_pages", "book subtopic", GET, "ra"),
    at("books_book_guideline_split", "book subtopic", POST, "ra", at="2|"),
    at("books_book_guideline_move", "book subtopic", POST, "ra", page="2"),
    at("books_book_guideline_merge", "book subtopic", POST, "ra"),
    at("books_book_guideline_place", "book subtopic", POST, "ra", way="up"),
    at("books_book_guideline_history", "book subtopic", GET, "urpa"),
    at("books_book_guideline_restore", "book subtopic", POST, "ra", version="history"),
    at("books_book_arrange_guidelines", "book", GET, "ra"),
    at("books_book_topic", "book topic", GET, "ra"),
    at("books_book_topic_save", "book topic", POST, "ra", title="Counting"),
    at("books_book_topic_place", "book topic", POST, "ra", way="up"),
    at("books_book_changes", "book", GET, "urpa"),
    at("books_book_proposals", "book", GET, "urpa"),
    at("books_book_proposal_decide", "book proposal", POST, "ra", decision="refuse"),
    at("books_book_proposals_all", "book merge", GET, "ra"),
    at("books_book_proposals_accept", "book merge", POST, "ra", seen="1"),
    at("books_book_change_undo", "book change", POST, "ra"),
    at("jobs_job_panel", "job", GET, "urpa"),
    at("jobs_job_retry", "job", POST, "ura"),
    at("jobs_job_act", "job cancel", POST, "ura"),
    at("jobs_system", "", GET, "urpa"),
)
API = _table(
    "api-1:",
    at("create_book", "", POST, "ua", title="A book"),
    at("create_book", "", GET, "urpa"),
    at("one_book", "book", GET, "urpa"),
    at("export_text", "book md", GET, "urpa"),
    at("proposals", "book", GET, "urpa"),
    at("accept_proposal", "book proposal", POST, "ra"),
    at("refuse_proposal", "book proposal", POST, "ra"),
    at("read_pages", "book", POST, "ura"),
    at("generate", "book", POST, "ra", resume=False),
    at("finalise", "book", POST, "ra"),
    at("estimate_guidelines", "book", GET, "urpa"),
    at("contents", "book", GET, "urpa"),
    at("contents", "book", PUT, "ura", text="1 Numbers ..... 1"),
    at("draft_contents", "book", POST, "ura"),
    at("contents", "book", DELETE, "ura"),
    at("upload_pages", "book", POST, "ura", file="files"),
    at("add_page", "book", POST, "ura", file="file"),
    at("put_scan", "book page", PUT, "ura", file="file"),
    at("insert_page", "book page", POST, "ura", file="file"),
    at("delete_page", "book page", DELETE, "ura"),
    at("retry_page", "book page", POST, "ura"),
    at("list_spreads", "book", GET, "urpa"),
    at("split_pages_in_two", "book", POST, "ura"),
    at("undo_arrangement", "book", POST, "ura"),
    at("order_names", "book", POST, "ura", names=["p2.png", "p10.png"]),
    at("announce_files", "book", POST, "ura", files=[{"name": "a.png", "size": 9}]),
    at("send_file", "book delivery expected", POST, "ura", file="file"),
    at("file_arrived", "book delivery expected", POST, "ura"),
    at("finish_delivery", "book delivery", POST, "ura"),
    at("list_subtopics", "book", GET, "urpa"),
    at("one_subtopic", "book subtopic", GET, "urpa"),
    at("one_subtopic", "book subtopic", PATCH, "ra", revision=1),
    at("approve_subtopic", "book subtopic", POST, "ra", revision=1),
    at("reject_subtopic", "book subtopic", POST, "ra", revision=1, reason="Short."),
    at("reopen_subtopic", "book subtopic", POST, "ra", revision=1),
    at("approve_subtopics", "book", POST, "ra", seen={}),
    at("split", "book subtopic", POST, "ra", revision=1, page=2),
    at("move_pages_of", "book subtopic", POST, "ra", revision=1, pages=[2], to="subtopic"),
    at("merge_subtopic", "book subtopic", POST, "ra", revision=1, other="subtopic"),
    at("place_subtopic", "book subtopic", POST, "ra", revision=1, topic="topic", place=1),
    at("order_of_topic", "book topic", POST, "ra", ids=[]),
    at("list_topics", "book", GET, "urpa"),
    at("patch_topic", "book topic", PATCH, "ra", revision=1),
    at("order_of_topics", "book", POST, "ra", ids=[]),
    at("list_changes", "book", GET, "urpa"),
    at("undo_change", "book change", POST, "ra"),
    at("approve_read_pages", "book", POST, "ra"),
    at("export_guidelines", "book", GET, "urpa"),
    at("publish_book", "book", POST, "pa"),
    at("latest_job", "book", GET, "urpa"),
    at("one_job", "book job", GET, "urpa"),
    at("cancel_job", "job", POST, "ura"),
    at("retry_job", "job", POST, "ura"),
    at("guidelines", "", GET, "urpa"),
)
PLAIN = _table(
    "",
    at("ready", "", GET, ANYBODY),
    at("gate", "", GET, ANYBODY),
    at("metrics", "", GET, "urpa"),
)
OURS = [*SCREENS, *API, *PLAIN]
DOCUMENTS = _table(
    "api-1:",
    at("openapi-json", "", GET, ANYBODY),
    at("openapi-view", "", GET, ANYBODY),
)


def _of_model(name: str, *, view: str, add: str = "", change: str = "", delete: str = "") -> Iterator[tuple[Any, ...]]:
    """The addresses that Django gives a model in the admin."""
    thing = name.split("_", 1)[1]
    yield at(f"{name}_changelist", "", GET, view)
    yield at(f"{name}_add", "", GET, add)
    yield at(f"{name}_add", "", POST, add)
    yield at(f"{name}_change", thing, GET, view)
    yield at(f"{name}_change", thing, POST, change)
    yield at(f"{name}_delete", thing, GET, delete)
    yield at(f"{name}_delete", thing, POST, delete)
    yield at(f"{name}_history", thing, GET, view)


DJANGOS = _table(
    "admin:",
    *_of_model("books_book", view="urpa", add="ua", change="ura", delete="a"),
    *_of_model("jobs_job", view="urpa"),
    *_of_model("books_modelcall", view="ra"),
    *_of_model("books_modelprice", view="a", add="a", change="a", delete="a"),
    *_of_model("books_stagemodel", view="a", add="a", change="a", delete="a"),
    *_of_model("books_providerprofile", view="a", add="a", change="a", delete="a"),
    *_of_model("books_apitoken", view="urpa", add="urpa", change="urpa"),
    *_of_model("books_webhookendpoint", view="a", add="a", change="a", delete="a"),
    *_of_model("books_webhookdelivery", view="a", change="a"),
    *_of_model("auth_user", view="a", add="a", change="a"),
    *_of_model("auth_group", view="a"),
    at("auth_user_password_change", "user", GET, "a"),
    at("auth_user_password_change", "user", POST, "a"),
    at("index", "", GET, STAFF),
    at("login", "", GET, ANYBODY),
    at("logout", "", POST, ANYBODY),
    at("password_change", "", GET, STAFF),
    at("password_change", "", POST, STAFF),
    at("password_change_done", "", GET, STAFF),
    at("jsi18n", "", GET, STAFF),
    at("autocomplete", "", GET, ""),
    at("app_list", "app", GET, "urpa"),
)
# Sign-on is there only with a provider: tests/access/test_sign_on.py.
SIGN_ON = {"openid_connect_login", "openid_connect_callback"}
# allauth's pages of one's own factors and sessions, whatever one's role: tests/access/test_second_factor.py.
OWN = {
    *("account_login", "account_logout", "account_reauthenticate", "account_sign_on_again", "usersessions_list"),
    *("mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp"),
    *("mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes"),
    *("mfa_list_webauthn", "mfa_add_webauthn", "mfa_reauthenticate_webauthn"),
    *("mfa_remove_webauthn", "mfa_edit_webauthn"),
}
# Without a name of their own, or nothing to reach: the redirects of old addresses and of the root, and Django's link
# from an object to its page outside the admin, which no object has; the API's answer to what is no operation.
LEFT_OUT = {"root", "admin:None", "admin:view_on_site", "api-1:api-root", "nowhere"} | SIGN_ON | OWN
EVERY = [*OURS, *DOCUMENTS, *DJANGOS]
