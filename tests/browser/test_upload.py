"""The drop zone: order, bars, refusals, retries, closed tabs, and the keyboard."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page as Tab
from playwright.sync_api import Route, expect

from books.models import Book, Delivery
from tests.intake.samples import page, saved

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

FILE = re.compile(r"/api/books/\d+/uploads/[0-9a-f-]+/files/[0-9a-f-]+$")
DROP = """(form, files) => {
  const transfer = new DataTransfer();
  for (const { name, data } of files) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { lastModified: 1 }));
  }
  form.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def book(db) -> Book:
    return Book.objects.create(title="A book")


@pytest.fixture
def cookie(live_server, admin) -> dict[str, str]:
    client = Client()
    client.force_login(admin)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}


@pytest.fixture
def book_tab(chromium, live_server, cookie, book) -> Iterator[Tab]:
    """On the book's page, signed in. Fails on any script error; a refused request is no error here."""
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    context.add_cookies([cookie])
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
    tab.goto(f"{live_server.url}/admin/books/book/{book.pk}/")
    yield tab
    context.close()
    assert complaints == []


@pytest.fixture
def scans(tmp_path) -> Path:
    """Thirty pages, p1.png to p30.png, the twelfth of which is no image."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(1, 31):
        (folder / f"p{number}.png").write_bytes(saved("PNG", page(seed=number)))
    (folder / "p12.png").write_text("not an image")
    return folder


def names(book: Book) -> list[str]:
    return list(book.pages.order_by("number").values_list("source__name", flat=True))


def listed(tab: Tab) -> list[str]:
    return tab.locator(".upload-list .upload-name").all_inner_texts()


def drop(tab: Tab, folder: Path) -> None:
    files = [{"name": path.name, "data": base64.b64encode(path.read_bytes()).decode()} for path in folder.iterdir()]
    tab.locator("[data-upload]").evaluate(DROP, files)


def send(tab: Tab) -> None:
    tab.get_by_role("button", name="Upload", exact=True).click()


def sent_files(tab: Tab) -> list[str]:
    """Grows with every file that is sent from now on."""
    sent: list[str] = []
    tab.on("request", lambda request: sent.append(request.url) if FILE.search(request.url) else None)
    return sent


def test_a_dropped_folder_becomes_pages_in_the_shown_order(book_tab, book, scans):
    """Though later files overtake the first ones, one needs three tries, and three are refused."""
    (scans / "p20.png").write_bytes(b"")
    (scans / "p25.png").write_bytes(saved("PNG")[:-30])
    tries: dict[str, int] = {}

    def hinder(route: Route) -> None:
        tries[route.request.url] = tries.get(route.request.url, 0) + 1
        second = list(tries)[1:2]
        if [route.request.url] == second and tries[second[0]] == 1:
            route.fulfill(status=503, headers={"Retry-After": "0"})
        elif [route.request.url] == second and tries[second[0]] == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    book_tab.route(FILE, hinder)
    drop(book_tab, scans)
    assert listed(book_tab) == [f"p{number}.png" for number in range(1, 31)]
    expect(book_tab.locator(".upload-status")).to_contain_text("30 files")
    book_tab.get_by_role("button", name="Move up: p3.png").click()
    send(book_tab)
    expect(book_tab.get_by_role("status")).to_have_text("Done: 27 files stored, 3 files not taken.", timeout=60_000)
    problems = book_tab.locator(".upload-problems li")
    expect(problems).to_have_count(3)
    said = [
        "p12.png: This is not an image or PDF",
        "p20.png: The file is empty",
        "p25.png: The file is damaged or ends too early",
    ]
    for problem, sentence in zip(problems.all(), said, strict=True):
        expect(problem).to_contain_text(sentence)
    assert names(book) == ["p1.png", "p3.png", "p2.png", *(f"p{n}.png" for n in range(4, 31) if n not in (12, 20, 25))]
    assert sorted(tries.values())[-2:] == [1, 3]
    assert book.jobs.get().kind == "ocr"
    expect(book_tab.locator("#job")).to_be_visible()
    expect(book_tab.get_by_role("progressbar", name="All files")).to_have_attribute("value", "100")

    sent = sent_files(book_tab)
    drop(book_tab, scans)
    send(book_tab)
    expect(book_tab.get_by_role("status")).to_have_text("Done: 27 files in the book already, 3 files not taken.")
    assert len(sent) == 2  # those that were refused for what is in them
    assert book.pages.count() == 27
    assert not Delivery.objects.exists()


def become(tab: Tab, routes: list[Route], count: int) -> None:
    """So many, and then no more. Only while Playwright waits do requests arrive here."""
    for _ in range(150):
        if len(routes) >= count:
            break
        tab.wait_for_timeout(100)
    tab.wait_for_timeout(600)
    assert len(routes) == count


def test_a_new_book_stays_in_view_until_it_is_known_what_was_not_taken(book_tab, live_server, scans):
    book_tab.goto(f"{live_server.url}/admin/books/book/add/")
    book_tab.get_by_label("Title").fill("Another")
    book_tab.set_input_files("#files", [scans / f"p{number}.png" for number in (11, 12)])
    assert book_tab.locator("#files").bounding_box()["width"] <= 1, "the browser would say that no file is chosen"
    book_tab.get_by_role("button", name="Save and upload").click()
    expect(book_tab.locator(".upload-problems li")).to_have_text(re.compile(r"^p12\.png: This is not an image or PDF"))
    book_tab.get_by_role("link", name="Open the book").click()
    expect(book_tab.get_by_role("heading", name="Another")).to_be_visible()


def test_three_at_a_time(book_tab, scans):
    in_hand: list[Route] = []
    book_tab.route(FILE, lambda route: in_hand.append(route))  # noqa: PLW0108 - Playwright marks its handlers
    drop(book_tab, scans)
    send(book_tab)
    become(book_tab, in_hand, 3)
    for route in in_hand[:]:
        route.continue_()
    become(book_tab, in_hand, 6)


def test_after_a_closed_tab_only_what_is_missing_is_sent(book_tab, book, scans):
    (scans / "p12.png").unlink()
    held: list[Route] = []
    count = 0

    def hold_the_fifth(route: Route) -> None:
        nonlocal count
        count += 1
        held.append(route) if count >= 5 else route.continue_()

    book_tab.route(FILE, hold_the_fifth)
    book_tab.set_input_files("#folder", scans)
    send(book_tab)
    become(book_tab, held, 3)
    for route in held:
        route.abort()
    book_tab.close()
    again = book_tab.context.new_page()
    again.goto(book_tab.url)
    again.get_by_text("Add pages").click()
    assert book.pages.count() == 4
    sent = sent_files(again)
    again.set_input_files("#folder", scans)
    send(again)
    expect(again.get_by_role("status")).to_have_text("Done: 25 files stored, 4 files in the book already.")
    assert len(sent) == 25
    assert names(book) == [f"p{n}.png" for n in range(1, 31) if n != 12]


def test_by_keyboard_alone(book_tab, book, scans):
    book_tab.set_input_files("#files", [scans / f"p{number}.png" for number in (1, 2, 3)])
    book_tab.get_by_role("button", name="Move down: p1.png").focus()
    book_tab.keyboard.press("Enter")
    expect(book_tab.get_by_role("status")).to_have_text("p1.png is now 2 of 3.")
    expect(book_tab.get_by_role("button", name="Move down: p1.png")).to_be_focused()
    book_tab.keyboard.press("Alt+ArrowDown")
    assert listed(book_tab) == ["p2.png", "p3.png", "p1.png"]
    book_tab.get_by_role("button", name="Leave out: p3.png").press("Enter")
    expect(book_tab.get_by_role("button", name="Leave out: p1.png")).to_be_focused()
    book_tab.keyboard.press("Tab")
    for _ in range(3):
        if book_tab.get_by_role("button", name="Upload", exact=True).evaluate("it => it === document.activeElement"):
            break
        book_tab.keyboard.press("Tab")
    book_tab.keyboard.press("Enter")
    expect(book_tab.get_by_role("status")).to_have_text("Done: 2 files stored.")
    assert names(book) == ["p2.png", "p1.png"]


def test_a_job_that_works_from_the_pages_is_named(book_tab, book, scans):
    book.jobs.create(kind="extraction", status="running", stage="digest")
    book_tab.set_input_files("#files", [scans / "p1.png"])
    send(book_tab)
    expect(book_tab.get_by_role("status")).to_contain_text("wait for it or cancel it")
    assert not book.pages.exists()


def test_a_file_that_cannot_be_sent_keeps_its_place(book_tab, book, scans):
    """The server is away for one file longer than the client is patient; the person then tries again."""
    book_tab.evaluate("RETRY_SECONDS.length = 1")
    refused: set[str] = set()

    def fail_first(route: Route) -> None:
        refused.add(route.request.url) if not refused else None
        route.fulfill(status=502) if route.request.url in refused else route.continue_()

    book_tab.route(FILE, fail_first)
    book_tab.set_input_files("#files", [scans / f"p{number}.png" for number in (1, 2, 3)])
    send(book_tab)
    expect(book_tab.get_by_role("status")).to_contain_text("1 file could not be sent.")
    assert not book.pages.exists()
    book_tab.get_by_role("button", name="Try again").click()
    expect(book_tab.get_by_role("status")).to_have_text(re.compile("^Done: 1 file stored, 2 files in the book already"))
    assert names(book) == ["p1.png", "p2.png", "p3.png"]


def test_going_on_without_it_closes_the_gap(book_tab, book, scans):
    book_tab.evaluate("RETRY_SECONDS.length = 0")
    lost: set[str] = set()

    def lose_first(route: Route) -> None:
        lost.add(route.request.url) if not lost else None
        route.abort() if route.request.url in lost else route.continue_()

    book_tab.route(FILE, lose_first)
    book_tab.set_input_files("#files", [scans / f"p{number}.png" for number in (1, 2, 3)])
    expect(book_tab.get_by_role("button", name="Go on without them")).to_be_hidden()
    send(book_tab)
    book_tab.get_by_role("button", name="Go on without them").click()
    expect(book_tab.get_by_role("status")).to_have_text("Done: 2 files stored, 1 file not taken.")
    assert names(book) == ["p2.png", "p3.png"]


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>.png", "a&b\"c'.png"])
def test_names_are_shown_as_they_are(book_tab, book, name):
    data = base64.b64encode(saved("PNG")).decode()
    book_tab.locator("[data-upload]").evaluate(DROP, json.loads(json.dumps([{"name": name, "data": data}])))
    assert listed(book_tab) == [name]
    send(book_tab)
    expect(book_tab.get_by_role("status")).to_have_text("Done: 1 file stored.")
    assert book_tab.locator("img[src='x']").count() == 0


def test_too_many_files_are_named_before_they_are_sent(book_tab):
    files = [{"name": f"p{number}.png", "data": ""} for number in range(201)]
    book_tab.locator("[data-upload]").evaluate(DROP, files)
    expect(book_tab.get_by_role("status")).to_contain_text("201 files are chosen; at most 200")
    expect(book_tab.get_by_role("button", name="Upload", exact=True)).to_be_disabled()


def test_without_scripts_the_form_is_a_plain_one(chromium, live_server, cookie, book, scans):
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies([cookie])
    plain = context.new_page()
    plain.goto(f"{live_server.url}/admin/books/book/{book.pk}/")
    plain.set_input_files("#files", [scans / f"p{number}.png" for number in (10, 9, 12)])
    plain.get_by_role("button", name="Upload", exact=True).click()
    expect(plain.get_by_text("2 pages added from 2 of 3 files.")).to_be_visible()
    expect(plain.get_by_text("p12.png: This is not an image or PDF")).to_be_visible()
    assert names(book) == ["p9.png", "p10.png"]
    context.close()
