"""The engine's errors: each has a stable code, a sentence for a person, and says whether trying again can help."""

from __future__ import annotations


class JobError(Exception):
    """Anything a stage or the engine reports on purpose.

    ``retryable`` errors return their item to the queue with a delay; the others fail the item at once.
    ``retry_after`` is in seconds and, where given, replaces the backoff. ``counts_attempt`` is false where a provider
    asked us to wait, which is no fault of the item; ``provider_away`` is true where a provider gave no answer.
    ``pauses_job`` errors pause the job with their sentence, until a person resumes it or ``retry_after`` is over; a
    retryable one returns its item untried.
    """

    code = "job_error"
    retryable = False
    counts_attempt = True
    provider_away = False
    pauses_job = False

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class InvalidTransition(JobError):
    """A status change that the table in ``jobs.states`` does not allow."""

    code = "invalid_transition"


class JobAlreadyActive(JobError):
    """The book has a pending, running, paused or stale job; ``job_id`` names it."""

    code = "job_already_active"

    def __init__(self, message: str, *, job_id: str) -> None:
        super().__init__(message)
        self.job_id = job_id


class LeaseLost(JobError):
    """The item was taken away from this runner; its result must be thrown away."""

    code = "lease_lost"


class ProviderBusy(JobError):
    """No call was made: the provider cools down, or its limits of a minute are reached, for ``retry_after`` seconds."""

    code = "provider_busy"
    retryable = True
    counts_attempt = False


class DatabaseAway(JobError):
    """The database could not be reached while the item was in work, which is no fault of the item."""

    code = "database_away"
    retryable = True
    counts_attempt = False


class NothingToDo(JobError):
    """The job would have no item; the message says what is missing."""

    code = "nothing_to_do"


class QuotaReached(JobError):
    """Somebody has as much here as one person may have; the message says what ends it."""

    code = "quota_reached"
