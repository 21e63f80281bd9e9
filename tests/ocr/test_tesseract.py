"""Pages made to provoke: nothing is lost in silence, nothing is invented."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw
from tesserocr import PSM

from books.errors import UnreadableImage
from books.ocr.accuracy import character_error_rate, comparable
from books.ocr.engines import tesseract
from books.ocr.engines.base import Doubt, OcrLine, OcrText
from books.ocr.engines.sheet import READ_CONFIDENCE
from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.open import normalise, open_page
from tests.ocr import provoking
from tests.ocr.test_imaging import NASTY

LOST_WORDS = 0.05


def lost_words(truth: str, read: str) -> float:
    """The share of the true words with two letters or more that were not read, in any order."""
    expected, found = (Counter(word for word in comparable(text).split() if len(word) > 1) for text in (truth, read))
    return sum((expected - found).values()) / sum(expected.values())


def smaller(page: Image.Image) -> Image.Image:
    return page.resize((595, 843), Image.Resampling.LANCZOS)


def everything(page: Image.Image) -> Image.Image:
    return provoking.compressed(provoking.noisy(provoking.shaded(provoking.turned(page, 3), 0.5), 12), 40)


PROVOCATIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "shadow": provoking.shaded,
    "deep shadow": lambda page: provoking.shaded(page, 0.2),
    "skew of 5": lambda page: provoking.turned(page, 5),
    "skew of -5": lambda page: provoking.turned(page, -5),
    "low contrast": provoking.faint,
    "JPEG quality 20": provoking.compressed,
    "blur": provoking.blurred,
    "noise": provoking.noisy,
    "much noise": lambda page: provoking.noisy(page, 60),
    "frame and copier edge": provoking.framed,
    "on a table": provoking.on_a_table,
    "white on black": provoking.white_on_black,
    "low resolution": smaller,
    "quarter turn": lambda page: page.rotate(90, expand=True),
    "everything": everything,
}


@pytest.mark.parametrize("name", PROVOCATIONS)
def test_no_words_are_lost_unmarked(engine: TesseractEngine, name: str) -> None:
    read = engine.read(normalise(PROVOCATIONS[name](provoking.sample(5))))
    assert lost_words(provoking.truth(5), read.text) <= LOST_WORDS
    assert not read.text_may_be_missing
    assert character_error_rate(provoking.truth(5), read.text) < 0.03


@pytest.mark.parametrize("text", ["A", "7", "Q", "IV"])
@pytest.mark.parametrize("size", [30, 140, 700])
def test_what_stands_alone_on_a_page_is_read(engine: TesseractEngine, text: str, size: int) -> None:
    read = engine.read(normalise(provoking.lettered(text, size, at=(100, 200))))
    assert read.text == text


@pytest.mark.parametrize("text", ["I", "o", "&"])
@pytest.mark.parametrize("size", [140, 700, 1200])
def test_whatever_stands_alone_is_read_or_marked(engine: TesseractEngine, text: str, size: int) -> None:
    assert not engine.read(normalise(provoking.lettered(text, size, at=(100, 20)))).is_blank


def test_holes_and_hairs_leave_a_page_blank(engine: TesseractEngine) -> None:
    page = provoking.blank()
    draw = ImageDraw.Draw(page)
    for y in (400, 1000):
        draw.ellipse((40, y, 72, y + 32), fill=30)
    draw.arc((600, 700, 640, 760), 20, 130, fill=90, width=2)
    assert engine.read(normalise(page)).is_blank


@pytest.mark.parametrize("ink", [150, 210, 225, 238])
def test_a_faint_line_under_black_print_is_read(engine: TesseractEngine, ink: int) -> None:
    page = provoking.lettered("and leave an oxbow lake behind us", 26, provoking.upper_part(5), (110, 620), ink)
    read = engine.read(normalise(page))
    assert read.text.endswith("and leave an oxbow lake behind us")


def test_an_initial_and_a_chapters_number_are_read_with_their_text(engine: TesseractEngine) -> None:
    page = provoking.lettered("3", 340, at=(400, 40))
    page = provoking.lettered("P", 116, page, (110, 582))
    beside = ["lants make their own food from", "light, and they need water and", "air for it, as the farmer knows."]
    under = ["Oxygen leaves the leaf through tiny openings", "that botanists call stomata."]
    for at, line in enumerate([*beside, *under]):
        page = provoking.lettered(line, 26, page, (190 if line in beside else 110, 600 + 40 * at))
    read = engine.read(normalise(page)).text.splitlines()
    assert read == ["3", "Plants make their own food from", *beside[1:], *under]


def test_a_line_that_fades_out_is_read_on_and_marked(engine: TesseractEngine) -> None:
    page = provoking.upper_part(5)
    words = zip(["and", "leave", "an", "oxbow", "lake", "behind"], (0, 0, 90, 150, 190, 220), strict=True)
    for at, (word, ink) in enumerate(words):
        page = provoking.lettered(word, 26, page, (110 + 84 * at, 620), ink)
    read = engine.read(normalise(page))
    assert read.text_may_be_missing
    assert read.text.endswith("behind")


@pytest.mark.parametrize("faded", [False, True])
def test_two_columns_are_read_one_after_the_other(engine: TesseractEngine, *, faded: bool) -> None:
    left = provoking.faint(provoking.sample(7)) if faded else provoking.sample(7)
    read = engine.read(normalise(provoking.two_columns(left, provoking.sample(19))))
    body = provoking.PAGES[6]["body"] + provoking.PAGES[18]["body"]
    assert read.doubts == ()  # columns of one page stand closer than two pages
    assert lost_words(body, read.text) <= LOST_WORDS
    assert read.text.index("Learning Objectives") < read.text.index("order of operations")


def test_what_cannot_be_read_is_marked(engine: TesseractEngine) -> None:
    hopeless = provoking.noisy(provoking.shaded(provoking.turned(provoking.sample(16), -2), 0.25), 12)
    read = engine.read(normalise(hopeless))
    assert lost_words(provoking.truth(16), read.text) > LOST_WORDS
    assert read.text_may_be_missing
    assert read.missing_ink >= tesseract.SUSPICIOUS_INK


PICTURES = {
    "photograph": provoking.cloudy((700, 500), 0.3),
    "gravel": provoking.cloudy((700, 500), 0.8),
    "halftone": provoking.halftoned(provoking.cloudy((700, 500), 0.1)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_hardly_read_and_not_missed(engine: TesseractEngine, name: str) -> None:
    page = provoking.sample(5)
    read = engine.read(normalise(provoking.illustrated(page, PICTURES[name])))
    assert not read.text_may_be_missing
    assert sum(len(line.words) for line in read.lines if line.box[3] > page.height) <= 1
    assert character_error_rate(provoking.truth(5), read.text) < 0.03


def test_a_formula_stays_however_unsure_its_reading_is(engine: TesseractEngine) -> None:
    page = normalise(provoking.sample(9))
    doubtful = [line for line in engine.read(page).lines if line.confidence < READ_CONFIDENCE]
    assert [line.text.split()[:2] for line in doubtful] == [["•", "(a)"]]


class ForgetfulEngine(TesseractEngine):
    """Drops the lower right part of the page as Tesseract's layout analysis does now and then."""

    def __init__(self, *, always: bool) -> None:
        super().__init__()
        self.always = always

    def _lines(self, page: Image.Image, layout: int) -> list[OcrLine]:
        if self.always and layout != PSM.AUTO:
            return []
        lines = super()._lines(page, layout)
        if layout != PSM.AUTO:
            return lines
        return [line for line in lines if line.box[0] < page.width // 2 or line.box[1] < page.height // 2]


@pytest.fixture(scope="module")
def spread() -> Image.Image:
    return normalise(provoking.two_columns(provoking.sample(7), provoking.sample(19)))


def test_a_dropped_part_is_read_again_and_put_in_its_place(engine: TesseractEngine, spread: Image.Image) -> None:
    whole, mended = engine.read(spread), ForgetfulEngine(always=False).read(spread)
    assert Doubt.MISSING not in mended.doubts
    assert character_error_rate(whole.text, mended.text) < 0.02


def test_a_part_that_stays_lost_is_marked(spread: Image.Image) -> None:
    read = ForgetfulEngine(always=True).read(spread)
    assert read.missing_ink > 0.15
    assert read.text_may_be_missing


BLANKS: dict[str, Callable[[], Image.Image]] = {
    "white": lambda: provoking.blank(shade=255),
    "grey": provoking.blank,
    "black": lambda: provoking.blank(shade=0),
    "shadow": lambda: provoking.shaded(provoking.blank()),
    "grain": lambda: provoking.noisy(provoking.blank(), 8),
    "noise": lambda: provoking.noisy(provoking.blank(shade=128), 60),
    "shadow and grain": lambda: provoking.noisy(provoking.shaded(provoking.blank(), 0.2), 8),
    "JPEG": lambda: provoking.compressed(provoking.noisy(provoking.shaded(provoking.blank()), 6), 20),
    "frame": lambda: provoking.framed(provoking.blank()),
    "table": lambda: provoking.on_a_table(provoking.blank()),
}


@pytest.mark.parametrize("name", BLANKS)
def test_blank_pages_stay_empty(engine: TesseractEngine, name: str) -> None:
    read = engine.read(normalise(BLANKS[name]()))
    assert read == OcrText("", 0.0, (), "tesseract", engine.version)
    assert read.is_blank


@pytest.mark.parametrize(
    "name",
    [
        *("cmyk.jpg", "gray16.png", "palette_transparent.png", "rgba_black_on_transparent.png", "tiff_lzw.tif"),
        *("page.webp", "exif_rot90.jpg", "exif_rot180.jpg", "upside_noexif.jpg"),
    ],
)
def test_odd_files_are_read_as_well_as_the_page_they_were_made_from(engine: TesseractEngine, name: str) -> None:
    with (NASTY / "files" / name).open("rb") as data:
        read = engine.read(normalise(open_page(data)))
    assert character_error_rate(provoking.truth(2), read.text) < 0.05


def test_threads_have_an_engine_each_and_read_the_same(engine: TesseractEngine) -> None:
    page = normalise(provoking.sample(24))
    texts: list[str] = []
    threads = [threading.Thread(target=lambda: texts.append(engine.read(page).text)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == [engine.read(page).text] * 2


def test_a_page_that_takes_too_long_is_unreadable(engine: TesseractEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tesseract, "PAGE_MILLISECONDS", 1)
    with pytest.raises(UnreadableImage, match="too long"):
        engine.read(normalise(provoking.sample(5)))


def test_the_version_names_library_and_model(engine: TesseractEngine) -> None:
    assert engine.name == "tesseract"
    assert TesseractEngine("eng", engine.tessdata).version == engine.version
    library, model = engine.version.split()
    assert library[0].isdigit()
    assert model.startswith("eng-")
