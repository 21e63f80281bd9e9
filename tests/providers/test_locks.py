"""A call can be written while its job and its book are locked: who locked them may be waiting for the writer."""

from __future__ import annotations

import threading

from django.db import connection

from books.guidelines.changes import change
from books.ledger.asking import asking_for
from books.models import ModelCall
from jobs.database import locked_job
from tests.providers.requests import ledger_of, question


def test_a_call_is_written_while_an_item_of_its_job_is_saved(client, item):
    def ask() -> None:
        try:
            with asking_for(item):
                ledger_of(client).ask(question())
            written.set()
        finally:
            connection.close()

    written = threading.Event()
    asking = threading.Thread(target=ask)
    with locked_job(item.job_id), change(item.job.book_id, "Written"):
        asking.start()
        # One writer at a time is all that SQLite has; there nobody can hold what the other needs.
        assert written.wait(3 if connection.vendor == "postgresql" else 0.2) is (connection.vendor == "postgresql")
    asking.join()
    assert ModelCall.objects.count() == 1
