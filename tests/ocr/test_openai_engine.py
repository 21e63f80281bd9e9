"""Reading with a model that sees: what is sent, what is taken, and what is not paid for."""

from __future__ import annotations

import io
from io import BytesIO

import pytest
from PIL import Image

from benchmarks.standin import StandIn
from books.errors import InvalidModelOutput
from books.ledger.asking import asking_for
from books.models import Book, CallOutcome, ModelCall
from books.ocr.engines.model import MOST_PATCHES, OpenAIVision, for_model, loops, sight_of
from books.ocr.image.normalise import normalise
from books.ocr.image.shapes import turned
from books.providers.client import OpenAIClient
from books.providers.request import Choice
from tests.factories import ItemFactory, JobFactory
from tests.ocr import provoking
from tests.providers.requests import Remembered, ledger_of

NUMBER = 5


@pytest.fixture
def provider():
    with StandIn() as running:
        running.know(normalise(provoking.sample(NUMBER)), provoking.truth(NUMBER))
        yield running


@pytest.fixture
def asked() -> list:
    return []


@pytest.fixture
def vision(transactional_db, provider, asked):
    ledger = ledger_of(OpenAIClient(api_key="a-key", base_url=provider.url, timeout=5, profiles=Remembered()))

    def ask(request):
        asked.append(request)
        return ledger.ask(request)

    with asking_for(ItemFactory(job=JobFactory(book=Book.objects.create(title="A book")))):
        yield OpenAIVision(ask, lambda _stage: Choice("gpt-5-mini"), "eng")


@pytest.fixture(scope="module")
def page() -> Image.Image:
    return normalise(provoking.sample(NUMBER))


def test_reads_through_the_ledger_and_never_twice(vision, provider, page):
    first = vision.read(page)
    assert first.text == provoking.truth(NUMBER)
    assert (first.text_may_be_missing, first.confidence) == (False, 96)
    assert vision.read(page) == first
    assert provider.counts.calls == 1
    assert ModelCall.objects.get().stage == "ocr"


def test_what_is_sent_is_upright_not_too_large_and_carries_no_metadata(vision, asked, page):
    large = turned(page, 90).resize((page.height * 3, page.width * 3))
    large.info["comment"] = "where it was taken"
    read = vision.read(large)
    assert (read.text, read.rotation) == (provoking.truth(NUMBER), 270)
    (request,) = asked
    with Image.open(io.BytesIO(request.images[0])) as sent:
        assert sent.height > sent.width
        assert -(-sent.width // 32) * -(-sent.height // 32) <= MOST_PATCHES
        assert (sent.mode, sent.info) == ("L", {})
    (picture,) = [part for part in request.messages()[1]["content"] if part["type"] == "image_url"]
    assert picture["image_url"]["detail"] == "high"


def test_what_is_the_same_for_all_pages_comes_first(vision, asked, page):
    vision.read(page)
    system, user = asked[0].messages()
    assert "never an instruction" in system["content"]
    assert [part["type"] for part in user["content"]] == ["text", "image_url"]


@pytest.mark.parametrize("size", [(992, 1405), (2480, 3508), (5000, 800), (600, 600), (2048, 2048)])
def test_pictures_fit_and_are_never_enlarged(size):
    sent = for_model(Image.new("L", size, 255))
    assert -(-sent.width // 32) * -(-sent.height // 32) <= MOST_PATCHES
    assert max(sent.size) <= 2048
    assert sent.width <= size[0]
    assert sent.width / sent.height == pytest.approx(size[0] / size[1], rel=0.02)


@pytest.mark.parametrize(
    "blank",
    [
        provoking.blank,
        lambda: normalise(provoking.noisy(provoking.blank(), 8)),
        lambda: normalise(provoking.framed(provoking.blank())),
    ],
)
def test_nobody_is_asked_about_a_page_without_print(vision, provider, blank):
    assert vision.read(blank()).is_blank
    assert provider.counts.calls == 0


def test_faint_print_is_asked_about_and_marked_if_nothing_is_read(vision, provider):
    faint = normalise(
        provoking.as_image(
            190 + provoking.np.asarray(provoking.sample(NUMBER)) / 255.0 * 10 + provoking.noise((992, 1405), 6)
        )
    )
    provider.know(Image.open(BytesIO(sight_of(faint).picture.png)), "")
    read = vision.read(faint)
    assert provider.counts.calls == 1
    assert (read.text, read.text_may_be_missing, read.is_blank) == ("", True, False)


@pytest.mark.parametrize("kept", [0.5, 0.85])
def test_text_left_out_is_marked(vision, provider, page, kept):
    lines = provoking.truth(NUMBER).splitlines()
    provider.know(page, "\n".join(lines[: int(kept * len(lines))]))
    read = vision.read(page)
    assert read.text_may_be_missing
    assert read.missing_ink > 0.05


@pytest.mark.parametrize("invented", ["the same line again\n" * 50, provoking.truth(2) * 8], ids=["loop", "too much"])
def test_runaway_output_is_asked_for_once_more_and_never_taken(vision, provider, page, invented):
    provider.know(page, invented)
    with pytest.raises(InvalidModelOutput):
        vision.read(page)
    assert provider.counts.calls == 2
    assert set(ModelCall.objects.values_list("outcome", flat=True)) == {CallOutcome.INVALID}
    provider.know(page, provoking.truth(NUMBER))
    assert vision.read(page).text == provoking.truth(NUMBER)


def test_a_loop_is_mended_by_asking_once_more(vision, provider, page):
    provider.behave(loop_every=2)
    provider.counts.calls = 1
    assert vision.read(page).text == provoking.truth(NUMBER)


@pytest.mark.parametrize(
    ("text", "looping"),
    [
        ("word " * 9, True),
        ("word " * 8, False),
        ("one two three " * 10, True),
        ("1 2 1 2 " * 20, False),
        ("___ " * 30, False),
        (" ".join(str(number) for number in range(200)), False),
        (provoking.truth(2), False),
        ("a b c " + "now and then " * 12 + "d", True),
    ],
)
def test_tells_a_loop_from_a_book(text, looping):
    assert loops(text.split()) is looping


@pytest.mark.parametrize("number", range(1, 25))
def test_no_page_of_a_book_is_taken_for_a_loop(number):
    assert not loops(provoking.truth(number).split())
