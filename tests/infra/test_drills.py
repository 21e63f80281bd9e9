"""The drills of docs/operations.md: restore into a quiet copy, a new SECRET_KEY, an upgrade with workers at work."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast
from django.urls import reverse

from books.errors import AddressRefused
from books.intake.store import Upload, add_all_files
from books.models import Announcement, Book, Notice, Preferences, WebhookDelivery, WebhookEndpoint
from books.ocr.start import start_reading
from books.publishing.deletion import delete_book
from books.publishing.post import new_secret
from books.publishing.webhooks import send_test
from jobs import clock
from jobs.models import Item, Job
from jobs.states import ItemState, JobStatus
from tests.factories import BookFactory
from tests.flow.real_cluster import ROOT, environment, running_cluster, until
from tests.receiver import listening

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300), pytest.mark.xdist_group("processes")]

SCANS = 6


@pytest.fixture
def scanned(sample) -> Book:
    book = BookFactory(title="Prealgebra")
    uploads = [Upload(file.name, file.open("rb")) for file in sorted(sample.glob("page_*"))[:SCANS]]
    add_all_files(book, uploads)
    for upload in uploads:
        upload.data.close()
    return book


@pytest.fixture
def receiver():
    with listening() as receiver:
        yield receiver


class Copy:
    """A restored backup: the database first, then the files."""

    def __init__(self, folder: Path, media: Path) -> None:
        folder.mkdir()
        self.database = folder / "copy.sqlite3"
        with sqlite3.connect(str(connection.settings_dict["NAME"])) as backed_up:
            backed_up.execute("VACUUM INTO ?", [str(self.database)])
        self.media = folder / "media"
        shutil.copytree(media, self.media)
        inside = {"WEBHOOKS_MAY_STAY_INSIDE": "true", "DATABASE_URL": f"sqlite:///{self.database}"}
        self.environment = environment(self.media) | inside

    def manage(self, *command: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "manage.py", *command]
        return subprocess.run(words, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)

    def ask(self, question: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.database) as database:
            return database.execute(question).fetchall()


def test_a_restored_copy_has_its_files_and_does_nothing_by_itself(scanned, receiver, settings, tmp_path):
    endpoint = WebhookEndpoint.objects.create(url=receiver.url, secret=new_secret())
    said = {
        "happening": "guidelines.withdrawn",
        "book_number": 9,
        "book_title": "Gone",
        "version": 1,
        "made_at": clock.now(),
    }
    announcement = Announcement.objects.create(**said, guidelines=0, written=0, removed=1)
    WebhookDelivery.objects.create(endpoint=endpoint, announcement=announcement, next_try=clock.now())
    person = User.objects.create_superuser("grace")
    Preferences.objects.create(person=person, slack_url=receiver.url)
    Notice.objects.create(person=person, channel="slack", key="a", sentence="A job ended.", next_try=clock.now())
    start_reading(scanned)
    Job.objects.update(queued_at=clock.now() - timedelta(hours=1))
    loud, quiet = (Copy(tmp_path / name, Path(settings.MEDIA_ROOT)) for name in ("loud", "quiet"))
    Job.objects.update(status=JobStatus.CANCELLED)
    delete_book(scanned.pk)  # whatever happens to the original since

    loud.manage("sweep_jobs")
    until(lambda: len(receiver.heard) == 2, "a copy that is not quiet tells other systems and people")
    del receiver.heard[:]

    refused = quiet.manage("quiet_copy", "--database", "production")
    assert (refused.returncode, "nothing was changed" in refused.stderr) == (1, True)
    done = quiet.manage("quiet_copy", "--database", str(quiet.database))
    assert "1 jobs cancelled, 1 webhooks switched off, 1 deliveries given up" in done.stdout, done.stderr
    with (tmp_path / "work.log").open("w") as log:
        work = subprocess.Popen([sys.executable, "manage.py", "work"], cwd=ROOT, env=quiet.environment, stderr=log)
        until(lambda: len(quiet.ask("SELECT 1 FROM jobs_cluster WHERE seen_at IS NOT NULL")) == 2, "both pools work")
        until(lambda: quiet.ask("SELECT 1 FROM jobs_sweeprun WHERE finished_at IS NOT NULL"), "the sweep has run")
        work.terminate()
        work.wait(60)
    assert receiver.heard == []
    assert quiet.ask("SELECT count(*) FROM jobs_item WHERE attempts > 0 OR state = 'done'") == [(0,)]
    assert quiet.ask("SELECT status FROM jobs_job") == [("cancelled",)]

    checked = quiet.manage("check_files")
    assert (checked.returncode, f"All {SCANS} files are there" in checked.stdout) == (0, True), checked.stderr
    next(path for path in quiet.media.rglob("*") if path.is_file()).unlink()
    checked = quiet.manage("check_files")
    assert checked.returncode == 1
    assert "Prealgebra, " in checked.stderr
    assert f"1 of {SCANS} files are missing" in checked.stderr


def test_check_files_knows_a_bucket(bucket, sample):
    book = BookFactory()
    with (sample / "page_001.png").open("rb") as scan:
        add_all_files(book, [Upload("page_001.png", scan)])
    call_command("check_files")
    bucket.bucket.objects.all().delete()
    with pytest.raises(CommandError, match="1 of 1 files are missing"):
        call_command("check_files")


def test_people_stay_signed_in_while_the_key_is_changed(client, admin, settings):
    client.force_login(admin)
    old, settings.SECRET_KEY = configured.SECRET_KEY, "n" * 60
    settings.SECRET_KEY_FALLBACKS = [old]
    assert client.get(reverse("admin:index")).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []  # it signs with the new one by now
    assert client.get(reverse("admin:index")).status_code == 200


def test_without_the_key_before_it_everybody_is_signed_out(client, admin, settings):
    client.force_login(admin)
    settings.SECRET_KEY = "n" * 60
    assert client.get(reverse("admin:index")).status_code == 302


def test_secrets_are_sealed_and_outlive_the_key(client, admin, settings):
    """No copy of the database tells them; ``reseal`` lets the key before go; what no key opens is named."""
    secret, address = generate_totp_secret(), "https://hooks.slack.com/services/T/B/x"
    TOTP.activate(admin, secret)
    codes = RecoveryCodes.activate(admin).get_unused_codes()
    endpoint = WebhookEndpoint.objects.create(url="https://tutor.example.org/", secret=new_secret())
    Preferences.objects.create(person=admin, slack_url=address)
    rows = str([*Authenticator.objects.values_list("data", flat=True), *stored("slack_url"), *stored("secret")])
    assert not [each for each in (secret, *codes, address, endpoint.secret) if each in rows]
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [configured.SECRET_KEY], "n" * 60
    call_command("reseal")
    settings.SECRET_KEY_FALLBACKS = []
    totp, recovery = (Authenticator.objects.get(user=admin, type=each).wrap() for each in ("totp", "recovery_codes"))
    cache.clear()
    assert totp.validate_code(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    assert recovery.get_unused_codes() == codes
    assert Preferences.objects.get().slack_url == address
    assert WebhookEndpoint.objects.get().secret == endpoint.secret
    settings.SECRET_KEY = "m" * 60
    with pytest.raises(CommandError) as refused:
        call_command("reseal")
    assert all(name in str(refused.value) for name in ("webhook endpoint ", "preferences ", "a second factor of ada"))
    with pytest.raises(ValueError, match="another SECRET_KEY"):
        totp.validate_code("123456")
    with pytest.raises(AddressRefused, match="Make a new one"):
        send_test(WebhookEndpoint.objects.get())


def stored(field: str) -> list[str]:
    model = Preferences if field == "slack_url" else WebhookEndpoint
    return list(model.objects.values_list(Cast(field, TextField()), flat=True))


def test_a_job_that_was_queued_under_the_key_before_goes_on(scanned, settings):
    """Its message is not understood any more; the sweep sends another."""
    job = start_reading(scanned)
    Job.objects.update(queued_at=clock.now() - timedelta(hours=1), created_at=clock.now() - timedelta(hours=1))
    keys = {"SECRET_KEY": "n" * 60, "SECRET_KEY_FALLBACKS": configured.SECRET_KEY}
    with running_cluster(Path(settings.MEDIA_ROOT), "cpu", **keys):
        until(lambda: Job.objects.get(pk=job.pk).status == JobStatus.COMPLETED, "the job completes", 200)


def test_a_release_is_replaced_while_its_workers_work(scanned, settings):
    """Migrations, the new workers beside the old, then the old are asked to stop: no page is tried twice."""
    media = Path(settings.MEDIA_ROOT)
    job = start_reading(scanned)
    with running_cluster(media, "cpu") as old:
        until(lambda: Item.objects.filter(job=job, state=ItemState.DONE).exists(), "a page is read")
        release = [sys.executable, "-m", "infra.release"]
        subprocess.run(release, cwd=ROOT, env=environment(media), check=True, capture_output=True)
        with running_cluster(media, "cpu"):
            old.process.terminate()
            assert old.process.wait(90) == 0
            until(lambda: Job.objects.get(pk=job.pk).status == JobStatus.COMPLETED, "the job completes", 200)
    items = Item.objects.filter(job=job)
    assert {(item.state, item.crashes) for item in items} == {(ItemState.DONE, 0)}
    assert {item.attempts for item in items} == {1}
