"""What can go wrong with a book, in words for the person who has to act on it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from books.sentences import named
from jobs.errors import JobError

# How often a paused job finds out whether the provider takes our calls again.
LOOK_AGAIN_SECONDS = 300.0


class BookError(JobError):
    """``code`` is the name in small letters, and what programs know it by: a class that is renamed keeps its code."""

    def __init_subclass__(cls) -> None:
        if "code" not in vars(cls):
            cls.code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()


class UploadRejected(BookError):
    """One file, or a whole upload, that cannot become pages. ``name`` is the file's name as shown to the person."""

    def __init__(self, message: str, *, name: str = "") -> None:
        super().__init__(named(name, message))
        self.name = name
        self.reason = message


class NoPage(UploadRejected):
    """A file that nobody would take for pages of a book: a text, a program, a file of the system."""


class AlreadyThere(UploadRejected):
    """The same bytes are a page of this book already; nothing is lost by not taking them again."""


class StageNotReady(BookError):
    """An operation whose input is not there yet, such as extraction before the pages are approved."""


class RequestRefused(BookError):
    """What a person asked for makes no sense, such as pages 9 to 3."""


class ArrangementRefused(BookError):
    """Pages that cannot be put in that order, or nothing left to undo."""


class DeletionRefused(BookError):
    """A book that something works on, or whose published guidelines were not named by the book's title."""


class EditedMeanwhile(BookError):
    """Somebody, or a job, changed the page or guideline since this person saw it; nothing was overwritten."""


class DecisionRefused(BookError):
    """A decision that the guideline's status does not allow, or that lacks what it needs."""


class EditRefused(BookError):
    """A form with something that cannot be; ``problems`` maps its fields to what is wrong with each."""

    def __init__(self, message: str, problems: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.problems = dict(problems or {})


class LinesInDoubt(BookError):
    """A table of contents to be confirmed in which something is odd about lines that the person did not say to have
    seen; ``problems`` has them by the line."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        count = "1 line needs" if len(problems) == 1 else f"{len(problems)} lines need"
        told = " ".join(f"“{line}”: {problem}" for line, problem in problems.items())
        super().__init__(f"{count} checking before the contents are confirmed. {told}")
        self.problems = dict(problems)


class ImportRefused(BookError):
    """A file of guidelines that cannot be taken as it is; nothing was changed."""


class UnreadableImage(BookError):
    """A stored file that cannot be decoded into a page image."""


class StorageAway(BookError):
    """Files can be neither fetched nor stored now, which is no fault of the page: it is tried again until they can."""

    retryable = True
    counts_attempt = False


class Busy(BookError):
    """This machine opens as many files at once as it may: nobody's fault, and over soon."""

    retryable = True
    counts_attempt = False


class ProviderError(BookError):
    """An engine outside this process did not do what was asked."""


class ProviderUnavailable(ProviderError):
    """Timeout, connection failure or a 5xx answer."""

    retryable = True
    provider_away = True


class RateLimited(ProviderError):
    """A 429; ``retry_after`` is the provider's own figure in seconds where it gave one."""

    retryable = True
    counts_attempt = False


class ProviderRejected(ProviderError):
    """The provider refused the content or the request itself."""


class AccountRefused(ProviderError):
    """A key, a right, a balance, a model or an address that the provider does not take: true for every call, so the
    job pauses, looks again by itself and loses no page."""

    code = "provider_account"
    retryable = True
    counts_attempt = False
    pauses_job = True

    def __init__(self, message: str, *, retry_after: float | None = LOOK_AGAIN_SECONDS) -> None:
        what_to_do = "Correct the key, the balance or the model; the job looks again by itself, or at once with Resume."
        super().__init__(f"{message.rstrip('. ')}. {what_to_do}", retry_after=retry_after)


class InvalidModelOutput(ProviderError):
    """An answer that does not fit its schema even after one repair."""


class NothingUsable(ProviderError):
    """Call after call without one usable answer: this item fails, and the job pauses rather than pay for the others."""

    pauses_job = True


class BudgetHeld(ProviderError):
    """Calls in flight may cost what is left under a cap; what they leave is known when they are over."""

    retryable = True
    counts_attempt = False


class BudgetReached(ProviderError):
    """The book or the job may not spend more: it stands until somebody raises the cap and resumes it."""

    retryable = True
    counts_attempt = False
    pauses_job = True


class DeliveryFailed(BookError):
    """Another system could not be told; ``status`` is what it answered, None where it gave no answer."""

    retryable = True

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class AddressRefused(BookError):
    """An address that is not told anything: inside a network, or not https."""
