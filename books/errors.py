"""What can go wrong with a book, in words for the person who has to act on it."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.errors import JobError

# How often a paused job finds out whether the provider takes our calls again.
LOOK_AGAIN_SECONDS = 300.0


class UploadRejected(JobError):
    """One file, or a whole upload, that cannot become pages. ``name`` is the file's name as shown to the person."""

    code = "upload_rejected"

    def __init__(self, message: str, *, name: str = "") -> None:
        super().__init__(f"{name}: {message}" if name else message)
        self.name = name
        self.reason = message


class NoPage(UploadRejected):
    """A file that nobody would take for pages of a book: a text, a program, a file of the system."""

    code = "no_page"


class AlreadyThere(UploadRejected):
    """The same bytes are a page of this book already; nothing is lost by not taking them again."""

    code = "already_there"


class StageNotReady(JobError):
    """An operation whose input is not there yet, such as extraction before the pages are approved."""

    code = "stage_not_ready"


class RequestRefused(JobError):
    """What a person asked for makes no sense, such as pages 9 to 3."""

    code = "request_refused"


class ArrangementRefused(JobError):
    """Pages that cannot be put in that order, or nothing left to undo."""

    code = "arrangement_refused"


class DeletionRefused(JobError):
    """A book that something works on, or whose published guidelines were not named by the book's title."""

    code = "deletion_refused"


class EditedMeanwhile(JobError):
    """Somebody, or a job, changed the page or guideline since this person saw it; nothing was overwritten."""

    code = "edited_meanwhile"


class DecisionRefused(JobError):
    """A decision that the guideline's status does not allow, or that lacks what it needs."""

    code = "decision_refused"


class EditRefused(JobError):
    """A form with something that cannot be; ``problems`` maps its fields to what is wrong with each."""

    code = "edit_refused"

    def __init__(self, message: str, problems: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.problems = dict(problems or {})


class LinesInDoubt(JobError):
    """A table of contents to be confirmed in which something is odd about lines that the person did not say to have
    seen; ``problems`` has them by the line."""

    code = "lines_in_doubt"

    def __init__(self, problems: Mapping[str, str]) -> None:
        count = "1 line needs" if len(problems) == 1 else f"{len(problems)} lines need"
        told = " ".join(f"“{line}”: {problem}" for line, problem in problems.items())
        super().__init__(f"{count} checking before the contents are confirmed. {told}")
        self.problems = dict(problems)


class ImportRefused(JobError):
    """A file of guidelines that cannot be taken as it is; nothing was changed."""

    code = "import_refused"


class UnreadableImage(JobError):
    """A stored file that cannot be decoded into a page image."""

    code = "unreadable_image"


class StorageAway(JobError):
    """Files can be neither fetched nor stored now, which is no fault of the page: it is tried again until they can."""

    code = "storage_away"
    retryable = True
    counts_attempt = False


class Busy(JobError):
    """This machine opens as many files at once as it may: nobody's fault, and over soon."""

    code = "busy"
    retryable = True
    counts_attempt = False


class ProviderError(JobError):
    """An engine outside this process did not do what was asked."""

    code = "provider_error"


class ProviderUnavailable(ProviderError):
    """Timeout, connection failure or a 5xx answer."""

    code = "provider_unavailable"
    retryable = True
    provider_away = True


class RateLimited(ProviderError):
    """A 429; ``retry_after`` is the provider's own figure in seconds where it gave one."""

    code = "rate_limited"
    retryable = True
    counts_attempt = False


class ProviderRejected(ProviderError):
    """The provider refused the content or the request itself."""

    code = "provider_rejected"


class AccountRefused(ProviderError):
    """A key, a right, a balance, a model or an address that the provider does not take: true for every call, so the
    job pauses, looks again by itself and loses no page."""

    code = "provider_account"
    retryable = True
    counts_attempt = False
    pauses_job = True

    def __init__(self, message: str, *, retry_after: float | None = LOOK_AGAIN_SECONDS) -> None:
        what_to_do = "Mend the key, the balance or the model; the job looks again by itself, or at once with Resume."
        super().__init__(f"{message.rstrip('. ')}. {what_to_do}", retry_after=retry_after)


class InvalidModelOutput(ProviderError):
    """An answer that does not fit its schema even after one repair."""

    code = "invalid_model_output"


class NothingUsable(ProviderError):
    """Call after call without one usable answer: this item fails, and the job pauses rather than pay for the others."""

    code = "nothing_usable"
    pauses_job = True


class BudgetHeld(ProviderError):
    """Calls in flight may cost what is left under a cap; what they leave is known when they are over."""

    code = "budget_held"
    retryable = True
    counts_attempt = False


class BudgetReached(ProviderError):
    """The book or the job may not spend more: it stands until somebody raises the cap and resumes it."""

    code = "budget_reached"
    retryable = True
    counts_attempt = False
    pauses_job = True


class DeliveryFailed(JobError):
    """Another system could not be told; ``status`` is what it answered, None where it gave no answer."""

    code = "delivery_failed"
    retryable = True

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class AddressRefused(JobError):
    """An address that is not told anything: inside a network, or not https."""

    code = "address_refused"
