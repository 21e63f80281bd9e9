"""What a person limits a job of extraction to: stored as the parameters of the job. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pydantic import TypeAdapter

from books.errors import RequestRefused


@dataclass(frozen=True, slots=True)
class Limits:
    """What a person limits a job of extraction to: scan pages ``first_page`` to ``last_page`` (None: all of the book),
    and US dollars that its calls may cost (None: what the book's own cap leaves). ``economy`` asks for the
    provider's slower and cheaper tier; None leaves it as it was."""

    first_page: int | None = None
    last_page: int | None = None
    spending_cap: Decimal | None = None
    economy: bool | None = None

    def __post_init__(self) -> None:
        """Raises RequestRefused for a range that is none, or a cap below zero."""
        first, last = self.first_page, self.last_page
        if (first is None) != (last is None) or (first is not None and last is not None and not 1 <= first <= last):
            raise RequestRefused("A range of pages has a first and a last page, such as 1 to 24.")
        if self.spending_cap is not None and self.spending_cap < 0:
            raise RequestRefused("A spending cap is an amount of dollars, such as 2.50.")

    @property
    def pages(self) -> tuple[int, int] | None:
        return None if self.first_page is None or self.last_page is None else (self.first_page, self.last_page)

    @property
    def params(self) -> dict[str, object]:
        """As ``Job.params`` has them; what is no limit is not there."""
        return dict(_LIMITS.dump_python(self, mode="json", exclude_none=True))

    @classmethod
    def of(cls, params: dict[str, object]) -> Limits:
        return _LIMITS.validate_python(params)


_LIMITS = TypeAdapter(Limits)
