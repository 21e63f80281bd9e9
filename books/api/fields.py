"""What a value may be at most before a database sees it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from ninja import Field
from pydantic import AwareDatetime

# The largest number that a database keeps in an id.
LARGEST = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=LARGEST)]
# PostgreSQL stores no NUL.
Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Moment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]
