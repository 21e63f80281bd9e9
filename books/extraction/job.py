"""The two jobs of extraction, and starting them."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser

from books.extraction.digesting import DigestStage
from books.extraction.engine import TocEntry
from books.extraction.finalising import MergeStage, NameStage, SubmitStage
from books.extraction.outlining import OutlineStage
from books.extraction.records import TOC
from books.extraction.writing import SummariseStage, WriteStage
from books.models import Book
from jobs.handlers import Handler
from jobs.models import Job
from jobs.starting import start_job

EXTRACTION = Handler(
    kind="extraction",
    title="Generating guidelines",
    stages=(DigestStage(), OutlineStage(), WriteStage(), SummariseStage()),
)
FINALISATION = Handler(
    kind="finalisation",
    title="Finalising guidelines",
    stages=(NameStage(), MergeStage(), SummariseStage(), SubmitStage()),
)


def start_extraction(book: Book, *, toc: Sequence[TocEntry] = (), user: AbstractBaseUser | None = None) -> Job:
    """Raises StageNotReady until every page is approved, and JobAlreadyActive."""
    params = {"toc": TOC.dump_python(tuple(toc), mode="json")} if toc else {}
    return start_job(book.pk, EXTRACTION.kind, params=params, user=user)


def start_finalisation(book: Book, *, user: AbstractBaseUser | None = None) -> Job:
    """Raises StageNotReady until every subtopic has a guideline, and JobAlreadyActive."""
    return start_job(book.pk, FINALISATION.kind, user=user)
