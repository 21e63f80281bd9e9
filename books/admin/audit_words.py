"""What each act is called in the audit: as something that was tried, and after the bar as something that was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from books.wording import in_language
from jobs.states import JobStatus

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Words

PAGE_ORDER, PAGES_READ = _("reorder pages|reordered pages"), _("have pages read|had pages read")
UPLOAD, CONTENTS = _("upload pages|uploaded pages"), _("change the table of contents|changed the table of contents")
GENERATE, FINALISE = (
    _("start to generate guidelines|started to generate guidelines"),
    _("start to tidy guidelines|started to tidy guidelines"),
)
SPLIT_SPREADS, INSERT = _("split spreads in two|split spreads in two"), _("insert pages|inserted pages")
APPROVE, REJECT, DECIDE = (
    _("approve a guideline|approved a guideline"),
    _("reject a guideline|rejected a guideline"),
    _("decide on a guideline|decided on a guideline"),
)
EDIT, SPLIT, MERGE = (
    _("edit a guideline|edited a guideline"),
    _("split a guideline|split a guideline"),
    _("merge guidelines|merged guidelines"),
)
MOVE, PLACE = (
    _("move pages to another guideline|moved pages to another guideline"),
    _("move a guideline|moved a guideline"),
)
TOPIC, APPROVE_ALL = _("edit a topic|edited a topic"), _("approve guidelines|approved guidelines")
PUBLISH, UNDO = (
    _("publish guidelines|published guidelines"),
    _("undo a change of guidelines|undid a change of guidelines"),
)
ACCEPT, REFUSE = _("accept a proposal|accepted a proposal"), _("refuse a proposal|refused a proposal")
CANCEL, RETRY = _("cancel a job|cancelled a job"), _("retry what failed in a job|retried what failed in a job")
APPROVE_PAGES, PASSWORD = _("approve pages|approved pages"), _("change a password|changed a password")
# By the name of the address, with what was posted where it says which act it is.
ACTS: Final[dict[str, Words]] = {
    "sign in": _("sign in|signed in"),
    "sign out": _("sign out|signed out"),
    "account_reauthenticate": _("sign in again|signed in again"),
    "revoke sign-on": _("revoke a sign-on|revoked a sign-on"),
    "sample": _("add the sample book|added the sample book"),
    "create_book": _("add a book|added a book"),
    "book_give": _("give out pages for review|gave out pages for review"),
    "book_take": _("take back what was given out|took back what was given out"),
    "book_comment": _("comment|commented"),
    "book_comment_done": _("settle a comment|settled a comment"),
    **dict.fromkeys(("book_upload", "upload_pages", "add_page", "announce_files", "finish_delivery"), UPLOAD),
    **dict.fromkeys(("book_read", "read_pages", "book_pages_read", "book_read_failed", "retry_page"), PAGES_READ),
    **dict.fromkeys(("book_contents_save", "contents", "book_contents_draft", "draft_contents"), CONTENTS),
    **dict.fromkeys(("book_generate", "generate"), GENERATE),
    **dict.fromkeys(("book_finalise", "finalise"), FINALISE),
    "book_contents_release": _("unconfirm the table of contents|unconfirmed the table of contents"),
    "book_contents_preview": _("try lines of the table of contents|tried lines of the table of contents"),
    "book_import": _("upload a file of guidelines|uploaded a file of guidelines"),
    "book_import_decide": _("decide on a file of guidelines|decided on a file of guidelines"),
    "book_page_edit": _("correct the text of page %(number)s|corrected the text of page %(number)s"),
    "book_page_restore": _("restore an earlier text of page %(number)s|restored an earlier text of page %(number)s"),
    "book_page_decide": _("decide on page %(number)s|decided on page %(number)s"),
    "book_page_decide approve": _("approve page %(number)s|approved page %(number)s"),
    "book_page_decide reject": _("reject page %(number)s|rejected page %(number)s"),
    "book_pages_decide": _("decide on pages|decided on pages"),
    "book_pages_decide approve": APPROVE_PAGES,
    "approve_read_pages": APPROVE_PAGES,
    "book_pages_decide reject": _("reject pages|rejected pages"),
    "book_decision_undo": _("undo a decision on pages|undid a decision on pages"),
    "book_decision_redo": _("redo a decision on pages|redid a decision on pages"),
    **dict.fromkeys(("book_arrange", "order_names"), PAGE_ORDER),
    "book_arrange remove": _("remove pages|removed pages"),
    "delete_page": _("remove page %(number)s|removed page %(number)s"),
    **dict.fromkeys(("book_insert", "insert_page"), INSERT),
    "put_scan": _("replace the scan of page %(number)s|replaced the scan of page %(number)s"),
    **dict.fromkeys(
        ("book_arrange_undo", "undo_arrangement"),
        _("undo a change of the order of pages|undid a change of the order of pages"),
    ),
    "book_arrange_redo": _("redo a change of the order of pages|redid a change of the order of pages"),
    **dict.fromkeys(("book_spreads_split", "split_pages_in_two"), SPLIT_SPREADS),
    **dict.fromkeys(("book_guideline_decide", "book_guideline_settle", "reopen_subtopic"), DECIDE),
    **dict.fromkeys(("book_guideline_decide approve", "approve_subtopic"), APPROVE),
    **dict.fromkeys(("book_guideline_decide reject", "reject_subtopic"), REJECT),
    **dict.fromkeys(("book_guideline_save", "one_subtopic", "book_guideline_restore"), EDIT),
    **dict.fromkeys(("book_guideline_split", "split"), SPLIT),
    **dict.fromkeys(("book_guideline_move", "move_pages_of"), MOVE),
    **dict.fromkeys(("book_guideline_merge", "merge_subtopic"), MERGE),
    **dict.fromkeys(("book_guideline_place", "place_subtopic", "order_of_topic"), PLACE),
    **dict.fromkeys(("book_topic_save", "patch_topic", "book_topic_place", "order_of_topics"), TOPIC),
    **dict.fromkeys(("book_guidelines_approve", "approve_subtopics"), APPROVE_ALL),
    **dict.fromkeys(("book_change_undo", "undo_change"), UNDO),
    "book_proposal_decide": _("decide on a proposal|decided on a proposal"),
    **dict.fromkeys(("book_proposal_decide accept", "accept_proposal", "book_proposals_accept"), ACCEPT),
    **dict.fromkeys(("book_proposal_decide refuse", "refuse_proposal"), REFUSE),
    **dict.fromkeys(("book_publish_now", "publish_book"), PUBLISH),
    "book_roll_back": _("restore a published version|restored a published version"),
    "book_take_back": _("take back what was published|took back what was published"),
    "job_act pause": _("pause a job|paused a job"),
    "job_act resume": _("resume a job|resumed a job"),
    "job_act restart": _("restart a job|restarted a job"),
    **dict.fromkeys(("job_act cancel", "cancel_job"), CANCEL),
    **dict.fromkeys(("job_retry", "retry_job"), RETRY),
    "webhookendpoint_test": _("test a webhook endpoint|tested a webhook endpoint"),
    "account_notices": _("change their own notices|changed their own notices"),
    "account_language": _("change their own language|changed their own language"),
    **dict.fromkeys(("auth_user_password_change", "password_change"), PASSWORD),
}
MOVES: Final[dict[str, Words]] = {
    JobStatus.PENDING: _("started: %s"),
    JobStatus.PAUSED: _("paused: %s"),
    JobStatus.STALE: _("found without a worker: %s"),
    JobStatus.COMPLETED: _("finished: %s"),
    JobStatus.FAILED: _("gave up: %s"),
    JobStatus.CANCELLED: _("cancelled: %s"),
}


# What becomes of a row, by the first word of its note.
ROWS: Final[dict[str, Words]] = {
    "Added": _("added {kind}"),
    "Changed": _("changed {kind}"),
    "Deleted": _("deleted {kind}"),
}


def row_in_words(action: str) -> str:
    verb, _bar, kind = action.partition(" ")
    return str(ROWS.get(verb, "{kind}")).format(kind=in_language(kind))


def act_in_words(action: str, about: dict[str, str], *, is_done: bool) -> str:
    """As what follows a name: "approved page 3", "tried to approve page 3"."""
    name = action.rpartition(":")[2].removeprefix("books_").removeprefix("jobs_")
    which = about.get("decision") or about.get("act") or about.get("name") or ""
    act = str(ACTS.get(f"{name} {which}") or ACTS.get(name) or "")
    if not act:
        act = gettext("do: %(words)s|did: %(words)s") % {"words": name.replace("_", " ").replace("%", "")}
    tried, _bar, done = act.partition("|")
    words = (done if is_done else tried) % {"number": about.get("number", "?")}
    return words if is_done else gettext("tried to %(act)s") % {"act": words}
