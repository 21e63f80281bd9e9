"""Reviewing by keyboard in a real browser, on a phone's and a desktop's width."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from books.models import Book, Page, PageReview
from jobs.models import Job
from tests.browser.conftest import signed_in
from tests.factories import BookFactory, ItemFactory, JobFactory, PageFactory, ReadingFactory, ReadPageFactory
from tests.flow.real_cluster import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
WIDTH, HEIGHT = 800, 1100


@pytest.fixture
def book() -> Book:
    """Six read pages with scans: text may be missing on page 3, page 4 was read with doubt; page 7 failed."""
    book = BookFactory(title="Prealgebra")
    scanned_pages(book)
    PageFactory(book=book, ocr_status="failed", ocr_error="The image is damaged.")
    return book


def scanned_pages(book: Book) -> None:
    for number in range(1, 7):
        texts = [f"Page {number}, line {line}: whole numbers and how they are counted" for line in range(1, 13)]
        lines = [
            {"text": text, "confidence": 92, "box": [80, 70 * at + 60, 720, 70 * at + 92], "block": 0,
             "unsure": [[0, 4, 43]] if at == 2 else []}
            for at, text in enumerate(texts)
        ]  # fmt: skip
        page = ReadPageFactory(
            book=book,
            reading__text="\n".join(texts),
            reading__lines=lines,
            reading__text_may_be_missing=number == 3,
            reading__missing_ink=0.1,
            reading__confidence=72 if number == 4 else 92,
        )
        Page.objects.filter(pk=page.pk).update(image_width=WIDTH, image_height=HEIGHT)
        default_storage.save(page.image_name, ContentFile(scan(texts)))


def scan(texts: list[str]) -> bytes:
    image = Image.new("L", (WIDTH, HEIGHT), 245)
    draw = ImageDraw.Draw(image)
    for at, text in enumerate(texts):
        draw.text((84, 70 * at + 64), text, fill=20, font_size=20)
    data = BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


@pytest.fixture(params=SIZES)
def bench(request, tab, live_server, admin, book):
    """A signed-in tab of each size, and the address of the book."""
    width, height = SIZES[request.param]
    tab.set_viewport_size({"width": width, "height": height})
    signed_in(tab, live_server)
    tab.base = f"{live_server.url}/admin/books/book/{book.pk}/"
    tab.size = request.param
    return tab


def at_page(tab, number: int) -> None:
    expect(tab).to_have_url(re.compile(rf"/pages/{number}/$"))
    expect(tab.locator("h1")).to_contain_text(f"Page {number} of 7")
    tab.wait_for_load_state()


def sees(locator) -> None:
    """On a page that has loaded its scripts, so that it hears the next key."""
    expect(locator).to_be_visible()
    locator.page.wait_for_load_state()


def reviews(book) -> list[str]:
    return list(book.pages.order_by("number").values_list("review", flat=True))


def at_rest(tab, view) -> bool:
    before = view.evaluate("node => node.scrollLeft")
    tab.wait_for_timeout(100)
    return view.evaluate("node => node.scrollLeft") == before


def fits(tab) -> bool:
    return tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_page_is_rejected_with_a_reason_by_keyboard(bench, book, picture):
    bench.goto(f"{bench.base}pages/1/")
    bench.keyboard.press("w")
    expect(bench.get_by_label("What is wrong with this page?")).to_be_focused()
    picture(bench, f"reject-why-{bench.size}")
    assert fits(bench)
    bench.keyboard.type("Too dark")
    bench.keyboard.press("Enter")
    at_page(bench, 2)
    bench.goto(f"{bench.base}pages/1/")
    expect(bench.locator("#rejection")).to_have_text("Too dark")
    bench.goto(f"{bench.base}pages/2/")
    bench.keyboard.press("w")
    bench.keyboard.type("Torn")
    bench.keyboard.press("Control+Enter")  # as where a guideline is rejected
    at_page(bench, 4)


def test_pages_are_reviewed_by_keyboard_alone(bench, book, picture):
    bench.goto(bench.base)
    bench.get_by_role("link", name="Review page by page").click()
    at_page(bench, 3)
    expect(bench.get_by_text("Text may be missing here")).to_be_visible()
    for scheme in ("light", "dark"):
        bench.emulate_media(color_scheme=scheme)
        picture(bench, f"workbench-{bench.size}-{scheme}")
        assert fits(bench)
    bench.keyboard.press("a")
    at_page(bench, 1)
    expect(bench.locator("#toast")).to_contain_text("Page 3 approved.")
    bench.keyboard.press("r")
    at_page(bench, 2)
    assert reviews(book)[:3] == ["rejected", "pending", "approved"]
    bench.keyboard.press("u")
    sees(bench.get_by_text("Page 1 gets back the review it had."))
    expect(bench.locator("#undo")).to_be_focused()
    picture(bench, f"undo-asks-{bench.size}")
    assert fits(bench)
    assert reviews(book)[:3] == ["rejected", "pending", "approved"]
    bench.keyboard.press("Enter")
    at_page(bench, 1)
    assert reviews(book)[:3] == ["pending", "pending", "approved"]
    bench.keyboard.press("U")
    sees(bench.locator("h1", has_text="Rejected"))
    assert reviews(book)[:3] == ["rejected", "pending", "approved"]
    bench.keyboard.press("u")
    sees(bench.locator("h1", has_text="To review"))
    picture(bench, f"redo-{bench.size}")
    bench.keyboard.press("u")
    sees(bench.get_by_text("Page 3 gets back the review it had."))
    expect(bench.locator("#undo")).to_be_focused()
    bench.keyboard.press("Enter")
    at_page(bench, 3)
    assert set(reviews(book)) == {"pending"}
    bench.keyboard.press("ArrowRight")
    at_page(bench, 4)
    bench.keyboard.press("ArrowLeft")
    at_page(bench, 3)
    for number in (3, 1, 2, 4, 5, 6):
        at_page(bench, number)
        bench.keyboard.press("a")
    expect(bench.get_by_text("No page is waiting for review any more.")).to_be_visible()
    assert reviews(book) == ["approved"] * 6 + ["pending"]


def test_the_scan_is_zoomed_moved_and_shows_the_line(bench, book, picture):
    bench.goto(bench.base + "pages/1/")
    sheet, view = bench.locator(".sheet"), bench.locator(".scan")
    width = sheet.bounding_box()["width"]
    for _ in range(3):
        bench.keyboard.press("+")
    assert sheet.bounding_box()["width"] == pytest.approx(width * 1.25**3, rel=0.02)
    expect(bench.locator(".zoom-now")).to_have_text("195 %")
    view.focus()
    before = view.evaluate("node => node.scrollLeft")
    bench.keyboard.press("ArrowRight")
    until(lambda: view.evaluate("node => node.scrollLeft") > before, "the scan moves")
    at_page(bench, 1)
    if bench.size == "desktop":
        until(lambda: at_rest(bench, view), "the scan has come to rest")  # Scrolling by key is animated.
        moved = view.evaluate("node => node.scrollLeft")
        box = view.bounding_box()
        bench.mouse.move(box["x"] + 200, box["y"] + 200)
        bench.mouse.down()
        bench.mouse.move(box["x"] + 100, box["y"] + 200)
        bench.mouse.up()
        bench.mouse.move(2, 2)  # The line under the pointer is shown too.
        assert view.evaluate("node => node.scrollLeft") == pytest.approx(moved + 100, abs=2)
    bench.locator(".line").first.focus()
    bench.keyboard.press("ArrowDown")
    bench.keyboard.press("ArrowDown")
    expect(bench.locator("rect.is-shown")).to_have_count(1)
    expect(bench.locator("rect.is-shown")).to_have_attribute("data-line", "3")
    expect(bench.locator(".line.is-shown mark")).to_have_text("Page")
    picture(bench, f"zoomed-{bench.size}")
    bench.keyboard.press("0")
    assert sheet.bounding_box()["width"] == pytest.approx(width, abs=1)
    assert fits(bench)


def test_a_text_is_corrected_line_by_line_by_keyboard_and_its_history_restored(bench, book, picture):
    bench.goto(bench.base + "pages/2/")
    bench.keyboard.press("f")
    first = bench.get_by_label("Line 1", exact=True)
    third = bench.get_by_label("Line 3", exact=True)
    expect(third).to_be_focused()
    assert third.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)") == "Page"
    expect(bench.locator(".one-line.is-shown .scan-strip rect")).to_have_count(1)
    assert third.bounding_box()["width"] > 250
    picture(bench, f"lines-{bench.size}")
    assert fits(bench)
    bench.keyboard.type("Side")
    bench.keyboard.press("Tab")
    expect(bench.get_by_label("Line 4", exact=True)).to_be_focused()
    bench.keyboard.press("Alt+f")  # It was written anew, and there is no other.
    expect(bench.get_by_label("Line 4", exact=True)).to_be_focused()
    bench.keyboard.press("Alt+Enter")
    bench.keyboard.type("a line between")
    bench.keyboard.press("Enter")
    bench.keyboard.press("Control+A")
    bench.keyboard.press("Delete")
    bench.get_by_role("button", name="Edit as one text").press("Enter")
    text = bench.locator("#text")
    expect(text).to_have_value(
        re.compile(r"^Page 2, line 1.*\n.*\nSide 2, line 3.*\n.*\na line between\nPage 2, line 6")
    )
    expect(first).to_have_count(0)
    text.press("Control+Enter")
    expect(bench.get_by_text("it waits for approval")).to_be_visible()
    assert Page.objects.get(book=book, number=2).reading.text.splitlines()[4] == "a line between"
    bench.locator(".history > summary").click()
    picture(bench, f"history-{bench.size}")
    bench.get_by_role("button", name="Restore this text").click()
    expect(bench.locator(".line").nth(2)).to_have_text(re.compile("^Page 2, line 3"))
    assert book.pages.get(number=2).readings.count() == 3


def test_a_corrected_page_is_approved_with_the_same_stroke(bench, book):
    bench.goto(bench.base + "pages/2/")
    bench.locator(".line").first.focus()
    bench.keyboard.press("ArrowDown")
    bench.keyboard.press("Enter")
    expect(bench.get_by_label("Line 2", exact=True)).to_be_focused()
    bench.keyboard.press("End")
    bench.keyboard.type("!")
    bench.keyboard.press("Control+Shift+Enter")
    at_page(bench, 4)
    page = book.pages.get(number=2)
    assert page.review == "approved"
    assert page.reading.text.splitlines()[1].endswith("counted!")


def test_leaving_the_editor_by_escape_is_silent_and_otherwise_warned_of(bench, book):
    """The draft stayed in the closed editor, and the browser warned of it on the next page."""
    warnings: list[str] = []
    bench.on("dialog", lambda dialog: (warnings.append(dialog.type), dialog.accept()))
    bench.goto(bench.base + "pages/2/")
    bench.keyboard.press("e")
    expect(bench.get_by_label("Line 1", exact=True)).to_be_focused()
    bench.keyboard.type("Typed and given up.")
    bench.keyboard.press("Escape")
    sees(bench.locator("#to-edit"))
    bench.keyboard.press("ArrowRight")
    at_page(bench, 3)
    assert warnings == []
    bench.keyboard.press("e")
    bench.get_by_label("Line 1", exact=True).fill("Typed and forgotten.")
    bench.locator("[rel=next]").click()
    at_page(bench, 4)
    assert warnings == ["beforeunload"]
    assert all(page.readings.count() == 1 for page in book.pages.all()[:3])


def test_what_was_refused_is_warned_of_and_given_up_with_escape(chromium, live_server, admin, book):
    """Beside a text that came first, the person's own is a draft: leaving warned of nothing, and Esc kept it."""
    tab = chromium.new_context().new_page()
    warnings: list[str] = []
    tab.on("dialog", lambda dialog: (warnings.append(dialog.type), dialog.accept()))
    signed_in(tab, live_server)
    tab.base = f"{live_server.url}/admin/books/book/{book.pk}/"
    save_too_late(tab, book.pages.get(number=2), "Theirs.\nAnd more.")
    tab.locator("[rel=next]").click()
    at_page(tab, 3)
    assert warnings == ["beforeunload"]
    save_too_late(tab, book.pages.get(number=2), "Theirs.\nStill more.")
    tab.locator("#text").press("Escape")
    expect(tab.locator(".line").nth(1)).to_have_text("Still more.")
    assert warnings == ["beforeunload"]
    tab.context.close()


def save_too_late(tab, page, theirs: str) -> None:
    tab.goto(tab.base + "pages/2/?edit=text")
    Page.objects.filter(pk=page.pk).update(reading=ReadingFactory(page=page, text=theirs))
    tab.locator("#text").fill("Mine.")
    tab.keyboard.press("Control+Enter")
    expect(tab.get_by_text("Yours is not saved")).to_be_visible()
    expect(tab.locator("#text")).to_have_value("Mine.")
    expect(tab.get_by_text(theirs)).to_be_visible()


def test_clean_pages_are_previewed_approved_and_undone(bench, book, picture):
    bench.goto(bench.base + "pages/map/")
    for scheme in ("light", "dark"):
        bench.emulate_media(color_scheme=scheme)
        picture(bench, f"map-{bench.size}-{scheme}")
        assert fits(bench)
    bench.get_by_role("link", name="Approve all that are clean (4)").click()
    expect(bench.get_by_text("2 read pages would still wait for you")).to_be_visible()
    picture(bench, f"clean-{bench.size}")
    assert set(reviews(book)) == {"pending"}
    bench.get_by_role("button", name="Approve 4 pages").click()
    expect(bench.locator("#toast")).to_contain_text("4 pages approved.")
    picture(bench, f"approved-{bench.size}")
    assert [number for number, each in enumerate(reviews(book), start=1) if each == PageReview.APPROVED] == [1, 2, 5, 6]
    bench.keyboard.press("u")
    expect(bench.get_by_text("Pages 1-2, 5-6 get back the review they had.")).to_be_visible()
    expect(bench.locator("#undo")).to_be_focused()
    picture(bench, f"undo-asks-map-{bench.size}")
    assert fits(bench)
    bench.keyboard.press("Escape")
    expect(bench.locator("#undo")).to_be_hidden()
    bench.keyboard.press("u")
    expect(bench.locator("#undo")).to_be_focused()
    bench.keyboard.press("Enter")
    expect(bench.get_by_text("Undone: 4 pages approved.")).to_be_visible()
    assert set(reviews(book)) == {"pending"}
    picture(bench, f"undone-map-{bench.size}")
    bench.keyboard.press("U")
    expect(bench.locator("#redo")).to_be_focused()
    bench.keyboard.press("Enter")
    expect(bench.locator("#toast")).to_contain_text("4 pages approved.")


def test_the_map_is_walked_chosen_filtered_and_arranged(bench, book, picture):
    ids = list(book.pages.order_by("number").values_list("pk", flat=True))
    bench.goto(bench.base + "pages/map/")
    first = bench.locator("#map a").first
    assert bench.locator("#map a[tabindex='0']").count() == 1
    first.focus()
    bench.keyboard.press("ArrowRight")
    bench.keyboard.press(" ")
    bench.keyboard.press("Shift+End")
    expect(bench.locator(".chosen-count")).to_have_text("6 chosen:")
    bench.locator("#map a").nth(2).click(modifiers=["Shift"])
    expect(bench.locator(".chosen-count")).to_have_text("2 chosen:")
    bench.locator("#pictures").uncheck()
    bench.reload()
    expect(bench.locator("#map .thumb").first).to_be_hidden()
    bench.locator("#pictures").check()
    until(
        lambda: "sheet" in bench.locator("#map .thumb").first.evaluate("each => each.style.backgroundImage"),
        "a picture",
    )
    bench.locator("#map input").nth(1).check()
    bench.locator("#map input").nth(2).click(modifiers=["Shift"])
    expect(bench.locator(".chosen-count")).to_have_text("2 chosen:")
    bench.locator("#move-to").fill("1")
    bench.keyboard.press("Tab")
    bench.keyboard.press("Enter")
    expect(bench.get_by_text("Pages 2, 3 moved to 1.").first).to_be_visible()
    assert list(book.pages.order_by("number").values_list("pk", flat=True))[:3] == [ids[1], ids[2], ids[0]]
    bench.keyboard.press("u")
    picture(bench, f"moved-{bench.size}")
    bench.locator("#undo").press("Enter")
    expect(bench.get_by_text("Undone: Pages 2, 3 moved to 1.")).to_be_visible()
    assert list(book.pages.order_by("number").values_list("pk", flat=True)) == ids
    bench.locator("#map li").nth(4).drag_to(bench.locator("#map li").nth(0))
    expect(bench.get_by_text("Page 5 moved to 1.").first).to_be_visible()
    assert book.pages.get(number=1).pk == ids[4]
    bench.locator("#map input").first.check()
    bench.keyboard.press("r")
    expect(bench.locator("#toast")).to_contain_text("Page 1 rejected.")
    bench.get_by_role("link", name="Failed 1").click()
    expect(bench.locator("#map li")).to_have_count(1)
    bench.locator("#map a").focus()
    bench.keyboard.press("Enter")
    at_page(bench, 7)
    expect(bench.get_by_text("The image is damaged.")).to_be_visible()


def test_the_map_follows_a_job_and_keeps_focus_and_choice(bench, book):
    job = JobFactory(book=book)
    failed = book.pages.get(number=7)
    bench.goto(bench.base + "pages/map/")
    bench.locator("#map a").last.focus()
    bench.keyboard.press(" ")
    later = "2099-01-01T00:00:00Z"
    item = ItemFactory(job=job, key=str(failed.pk), state="leased", lease_expires_at=later)
    expect(bench.locator("#map li").last).to_have_class(re.compile("tile-reading"))
    item.delete()
    Job.objects.filter(pk=job.pk).update(status="completed")
    expect(bench.locator("#map li").last).to_have_class(re.compile("tile-failed"))
    expect(bench.locator("#map a").last).to_be_focused()
    expect(bench.locator("#map input").last).to_be_checked()
