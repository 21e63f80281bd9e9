"""Asking before a job begins anew: what is done again, and what stays."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpResponseBase
from django.shortcuts import render

from books.admin.guards import StaffRequest
from books.extraction.job import EXTRACTION, FINALISATION
from books.ocr.job import OCR, OCR_ELSEWHERE
from jobs.models import Job
from jobs.selectors import job_view

PAID = "Answers that a model gave before stay in the ledger: what is asked in the same words is never paid for again."
TEXTS = "Texts and approvals of the pages, and the table of contents."
STAYS = {
    EXTRACTION.kind: (TEXTS, "Guidelines that a person edited or decided on.", "Guidelines of other pages.", PAID),
    FINALISATION.kind: (TEXTS, "Guidelines that a person edited or decided on.", PAID),
    OCR.kind: ("Earlier readings of each page, in its history.", "Texts that a person corrected.", PAID),
    OCR_ELSEWHERE.kind: ("Earlier readings of each page, in its history.", "Texts that a person corrected.", PAID),
}


def confirm_restart(request: StaffRequest, job: Job, url: str) -> HttpResponseBase:
    """A page whose form posts what was posted to ``url`` once more, with ``sure``."""
    asked = [(name, value) for name, value in request.POST.items() if name not in ("csrfmiddlewaretoken", "sure")]
    context = {
        **admin.site.each_context(request),
        "title": "Start over?",
        "book": job.book,
        "job": job,
        "view": job_view(job),
        "url": url,
        "asked": asked,
        "stays": STAYS.get(job.kind, (PAID,)),
    }
    return render(request, "bookpipeline/restart.html", context)
