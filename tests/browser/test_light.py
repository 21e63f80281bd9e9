"""What each screen costs the line, as production serves it: bytes and requests, at first and with all in cache."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from playwright.sync_api import BrowserContext

from books.models import Book, OcrStatus, Page, Reading, Thumbnail
from books.ocr.image.open import encoded_thumbnail, open_page
from jobs.models import Job
from jobs.progress import refresh_progress
from jobs.states import JobStatus
from tests.admin.conftest import facts  # noqa: F401
from tests.browser.test_accessible import screens_of
from tests.factories import WHITE, BookFactory, ItemFactory, JobFactory, SubtopicFactory, TopicFactory
from tests.flow.real_cluster import ROOT, environment, until
from tests.infra.front import collect_static, free_port, is_healthy

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
FIRST_BYTES, FIRST_REQUESTS, LATER_BYTES = 150_000, 15, 10_000
PAGES, TOPICS, SUBTOPICS = 500, 12, 6
FORMULAS = r"""Whole numbers
Solve $\frac{3}{4}x \le 5$, then $x^2 = \sqrt{2}\pi$.
So $\left(\frac{a}{b}\right)^2 \ne \alpha \times 10$ in all."""

# An observer asks for them once the page has loaded, on a busy machine long after.
HAS_PICTURES_IN_SIGHT = """() => {
  const asked = [...document.querySelectorAll("#map .thumb")].map(each => each.style.backgroundImage).filter(Boolean);
  const come = performance.getEntriesByType("resource").map(each => each.name.replace(location.origin, ""));
  return asked.length && asked.every(image => come.some(address => image.includes(address)));
}"""


@pytest.fixture
def book(admin) -> Book:
    return BookFactory(title="Prealgebra 2e", grade="8", subject="Mathematics")


@pytest.fixture
def large(facts, book, sample) -> dict:  # noqa: F811
    """The book has 500 pages that were read, with thumbnails of real pages, and seventy guidelines."""
    source = book.pages.first().source
    rows = [Page(book=book, number=at, source=source, frame=at) for at in range(book.pages.count() + 1, PAGES + 1)]
    Page.objects.bulk_create(rows)
    said = {"engine": "tesseract", "version": "5", "text": "Count the apples."}
    readings = [Reading(page=page, confidence=70 + page.number % 30, **said) for page in rows]
    for page, reading in zip(rows, Reading.objects.bulk_create(readings), strict=True):
        page.reading, page.ocr_status, page.image_width, page.image_height = reading, OcrStatus.DONE, 1700, 2200
    Page.objects.bulk_update(rows, ["reading", "ocr_status", "image_width", "image_height"], batch_size=100)
    pictures = []
    for path in sorted(sample.glob("page_*"))[:6]:
        with path.open("rb") as data:
            pictures.append(encoded_thumbnail(open_page(data)))
    Thumbnail.objects.bulk_create(Thumbnail(page=page, data=pictures[page.number % 6]) for page in rows)
    for at in range(TOPICS):
        topic = TopicFactory(book=book, key=f"t{at}", sequence=1000 + at)
        for place in range(SUBTOPICS):
            start = 4 + (at * SUBTOPICS + place) * 6
            SubtopicFactory(topic=topic, sequence=place + 1, pages=list(range(start, start + 6)))
    last = rows[-1]
    Reading.objects.filter(pk=last.reading_id).update(text=FORMULAS)
    default_storage.save(last.image_name, ContentFile(WHITE))
    said = {"objective": [{"text": line, "pages": [PAGES]} for line in FORMULAS.splitlines()]}
    formulas = SubtopicFactory(topic=topic, sequence=SUBTOPICS + 1, pages=[PAGES], guideline=said)
    return facts | {"formulas": formulas.pk}


def walk_of(known: dict) -> dict[str, str]:
    """All screens, and those that show formulas again with some: a page, its editor, a guideline."""
    page, guideline = known | {"page": PAGES}, known | {"subtopic": known["formulas"]}
    names = (page, "books_book_page"), (page, "books_book_page_lines"), (guideline, "books_book_guideline")
    return screens_of(known) | {f"{name}, formulas": screens_of(about)[name] for about, name in names}


@pytest.fixture
def web(transactional_db, settings) -> Iterator[str]:
    """The address of gunicorn as production starts it, over this test's database."""
    port = free_port()
    chosen = {"DEBUG": "false", "SECURE_SSL_REDIRECT": "false", "ALLOWED_HOSTS": "127.0.0.1", "LOG_LEVEL": "ERROR"}
    ours = environment(Path(settings.MEDIA_ROOT), **chosen)
    collect_static(ours)
    command = [sys.executable, "-m", "gunicorn", "bookpipeline.wsgi", "--workers", "1", "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, cwd=ROOT, env=ours) as process:
        until(lambda: is_healthy(port), "gunicorn answers")
        yield f"http://127.0.0.1:{port}"
        process.terminate()


class Line:
    """What came over the wire to a tab since ``cleared``: addresses and bytes by request, without what was in cache."""

    def __init__(self, tab) -> None:
        self.cdp = tab.context.new_cdp_session(tab)
        self.cdp.send("Network.enable")
        self.cdp.on("Network.responseReceived", self._answered)
        self.cdp.on("Network.requestServedFromCache", lambda event: self.cached.add(event["requestId"]))
        self.cdp.on("Network.loadingFinished", self._finished)
        self.clear()

    def clear(self) -> None:
        self.cached, self.addresses, self.bytes = set(), {}, {}

    def _answered(self, event) -> None:
        response = event["response"]
        if not response.get("fromDiskCache") and not response["url"].startswith("data:"):
            self.addresses[event["requestId"]] = response["url"]

    def _finished(self, event) -> None:
        self.bytes[event["requestId"]] = int(event["encodedDataLength"])

    def sent(self) -> dict[str, int]:
        """Bytes by address."""
        return {url: self.bytes.get(at, 0) for at, url in self.addresses.items() if at not in self.cached}


def test_every_screen_is_light_and_pictures_follow_as_one_scrolls(chromium, web, large, admin):
    context = signed_in(chromium, admin, web)
    tab = context.new_page()
    line, heavy = Line(tab), []
    for name, address in walk_of(large).items():
        line.cdp.send("Network.clearBrowserCache")
        loads = []
        for _ in ("first", "later"):
            line.clear()
            assert tab.goto(web + address).ok, name
            has_more = name == "books_book_overview" or "formulas" in name
            tab.wait_for_load_state("networkidle" if has_more else "load")
            if name == "books_book_map":
                tab.wait_for_function(HAS_PICTURES_IN_SIGHT)
            tab.wait_for_timeout(50)
            assert (tab.locator(".katex").count() > 2) == ("formulas" in name)
            loads.append(line.sent())
        first, later = loads
        print(f"{name:40} {sum(first.values()):>8,} {len(first):>3} {sum(later.values()):>8,} {len(later):>3}")
        if sum(first.values()) > FIRST_BYTES or len(first) > FIRST_REQUESTS or sum(later.values()) > LATER_BYTES:
            heavy.append((name, loads))
    context.close()
    pictures_follow(signed_in(chromium, admin, web), f"{web}/admin/books/book/{large['book']}/pages/map/")
    assert not heavy


def signed_in(chromium, person, web: str) -> BrowserContext:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": session_of(person), "url": web}])
    return context


def pictures_follow(context: BrowserContext, address: str) -> None:
    """A context of its own: pictures that an earlier visit left in a browser's memory are never asked for."""
    tab = context.new_page()
    line = Line(tab)

    def sheets() -> int:
        return len([url for url in line.sent() if "/sheet/" in url])

    tab.goto(address)
    until(lambda: tab.wait_for_timeout(50) or sheets(), "the first pictures come")
    tab.wait_for_load_state("networkidle")
    assert sheets() <= 4
    tab.locator("#map li").last.scroll_into_view_if_needed()
    until(lambda: tab.wait_for_timeout(50) or any("of=481-500" in url for url in line.sent()), "the last come")
    last = tab.locator("#map .thumb").last
    assert "of=481-500" in last.evaluate("each => each.style.backgroundImage")
    assert last.evaluate("each => parseFloat(each.style.backgroundPositionY)") == pytest.approx(19 / 23 * 100, abs=0.01)
    context.close()


def test_text_comes_as_the_browser_takes_it_padded_by_chance(client):
    plain = client.get("/admin/login/").content
    answers = [client.get("/admin/login/", headers={"Accept-Encoding": "gzip, deflate, br"}) for _ in range(20)]
    for answer in answers:
        assert (answer["Content-Encoding"], answer["Vary"].count("Accept-Encoding")) == ("br", 1)
        assert int(answer["Content-Length"]) == len(answer.content) < len(plain) / 2
        assert brotli.decompress(answer.content)[:200] == plain[:200]
    sizes = [len(answer.content) for answer in answers]
    assert max(sizes) - min(sizes) > 30
    assert client.get("/admin/login/", headers={"Accept-Encoding": "gzip"})["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in client.get("/api/openapi.json", headers={"Accept-Encoding": "br, gzip"})


def test_polls_rest_without_news_and_in_hidden_tabs_and_stop_at_the_end(tab, live_server, admin):
    job = JobFactory(status=JobStatus.RUNNING)
    ItemFactory(job=job)
    refresh_progress(job)
    tab.context.add_cookies([{"name": "sessionid", "value": session_of(admin), "url": live_server.url}])
    answers: list[tuple[int, str | None]] = []

    def answered(got) -> None:
        if "/panel/" in got.url:
            answers.append((got.status, got.header_value("content-length") if got.status == 204 else None))

    def seconds(count: int) -> int:
        """So many pass; how many polls there were until then."""
        tab.clock.run_for(1000 * count)
        tab.wait_for_timeout(200)
        return len(answers)

    tab.on("response", answered)
    tab.clock.install()
    tab.goto(f"{live_server.url}/admin/jobs/job/{job.pk}/change/")
    assert [seconds(2) for _ in range(7)] == [1, 1, 2, 2, 2, 3, 3]
    assert {status for status, _ in answers} == {204}
    show(tab, is_hidden=True)
    assert seconds(30) == 3
    show(tab, is_hidden=False)
    assert seconds(0) == 4
    Job.objects.filter(pk=job.pk).update(status=JobStatus.CANCELLED, completed_at=job.created_at)
    assert seconds(6) == 5
    assert answers[-1][0] == 200
    assert seconds(60) == 5


def show(tab, *, is_hidden: bool) -> None:
    tab.evaluate(f"Object.defineProperty(document, 'hidden', {{value: {str(is_hidden).lower()}, configurable: true}})")
    tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def session_of(person) -> str:
    """Of somebody who signed in again just now."""
    client = Client()
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()
    return client.cookies["sessionid"].value
