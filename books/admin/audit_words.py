"""What each act is called in the audit: as something that was tried, and after the bar as something that was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from books.wording import in_language
from jobs.states import JobStatus

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Words

# By the names of its addresses, each with what was posted where that says which act it is.
_ACTS: Final[dict[str, Words]] = {
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
    "book_upload, upload_pages, add_page, announce_files, finish_delivery": _("upload pages|uploaded pages"),
    "book_read, read_pages, book_pages_read, book_read_failed, retry_page": _("have pages read|had pages read"),
    "book_contents_save, contents, book_contents_draft, draft_contents": _(
        "change the table of contents|changed the table of contents"
    ),
    "book_generate, generate": _("start to generate guidelines|started to generate guidelines"),
    "book_finalise, finalise": _("start to tidy guidelines|started to tidy guidelines"),
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
    "book_pages_decide approve, approve_read_pages": _("approve pages|approved pages"),
    "book_pages_decide reject": _("reject pages|rejected pages"),
    "book_decision_undo": _("undo a decision on pages|undid a decision on pages"),
    "book_decision_redo": _("redo a decision on pages|redid a decision on pages"),
    "book_arrange, order_names": _("reorder pages|reordered pages"),
    "book_arrange remove": _("remove pages|removed pages"),
    "delete_page": _("remove page %(number)s|removed page %(number)s"),
    "book_insert, insert_page": _("insert pages|inserted pages"),
    "put_scan": _("replace the scan of page %(number)s|replaced the scan of page %(number)s"),
    "book_arrange_undo, undo_arrangement": _(
        "undo a change of the order of pages|undid a change of the order of pages"
    ),
    "book_arrange_redo": _("redo a change of the order of pages|redid a change of the order of pages"),
    "book_spreads_split, split_pages_in_two": _("split spreads in two|split spreads in two"),
    "book_guideline_decide, book_guideline_settle, reopen_subtopic": _("decide on a guideline|decided on a guideline"),
    "book_guideline_decide approve, approve_subtopic": _("approve a guideline|approved a guideline"),
    "book_guideline_decide reject, reject_subtopic": _("reject a guideline|rejected a guideline"),
    "book_guideline_save, one_subtopic, book_guideline_restore": _("edit a guideline|edited a guideline"),
    "book_guideline_split, split": _("split a guideline|split a guideline"),
    "book_guideline_move, move_pages_of": _("move pages to another guideline|moved pages to another guideline"),
    "book_guideline_merge, merge_subtopic": _("merge guidelines|merged guidelines"),
    "book_guideline_place, place_subtopic, order_of_topic": _("move a guideline|moved a guideline"),
    "book_topic_save, patch_topic, book_topic_place, order_of_topics": _("edit a topic|edited a topic"),
    "book_guidelines_approve, approve_subtopics": _("approve guidelines|approved guidelines"),
    "book_change_undo, undo_change": _("undo a change of guidelines|undid a change of guidelines"),
    "book_proposal_decide": _("decide on a proposal|decided on a proposal"),
    "book_proposal_decide accept, accept_proposal, book_proposals_accept": _("accept a proposal|accepted a proposal"),
    "book_proposal_decide refuse, refuse_proposal": _("refuse a proposal|refused a proposal"),
    "book_publish_now, publish_book": _("publish guidelines|published guidelines"),
    "book_roll_back": _("restore a published version|restored a published version"),
    "book_take_back": _("take back what was published|took back what was published"),
    "job_act pause": _("pause a job|paused a job"),
    "job_act resume": _("resume a job|resumed a job"),
    "job_act restart": _("restart a job|restarted a job"),
    "job_act cancel, cancel_job": _("cancel a job|cancelled a job"),
    "job_retry, retry_job": _("retry what failed in a job|retried what failed in a job"),
    "webhookendpoint_test": _("test a webhook endpoint|tested a webhook endpoint"),
    "account_notices": _("change their own notices|changed their own notices"),
    "account_language": _("change their own language|changed their own language"),
    "auth_user_password_change, password_change": _("change a password|changed a password"),
}
ACTS: Final = {name: words for names, words in _ACTS.items() for name in names.split(", ")}
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
