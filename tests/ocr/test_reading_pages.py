"""The OCR job over rows and files: which engine reads a page, and what is stored of it."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from books.errors import StageNotReady
from books.models import Book, OcrStatus, Page, Thumbnail
from books.ocr import factory
from books.ocr.accuracy import character_error_rate
from books.ocr.image.open import encode_png
from books.ocr.image.shapes import upright
from books.ocr.job import handler_of
from books.ocr.start import start_reading
from jobs.runner import run_to_end
from tests.factories import PageFactory, SourceFactory
from tests.intake.samples import drawn_by
from tests.ocr import provoking
from tests.ocr.pdfs import book_page, drawn

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = 5


def page_of(data: bytes, kind: str, book: Book | None = None) -> Page:
    book = book or Book.objects.create(title="A book")
    source = SourceFactory(book=book, format=kind)
    default_storage.save(source.storage_name, ContentFile(data))
    return PageFactory(book=book, source=source)


def picture(name: str) -> Image.Image:
    with default_storage.open(name) as file, Image.open(io.BytesIO(file.read())) as image:
        return image.copy()


def read(page: Page, **options) -> Page:
    run_to_end(start_reading(page.book, **options).pk)
    return Page.objects.select_related("reading").get(pk=page.pk)


def test_a_good_text_layer_is_taken_and_named() -> None:
    page = read(page_of(book_page(drawn(NUMBER)), "pdf"))
    assert (page.ocr_status, page.reading.engine) == (OcrStatus.DONE, "pdf-text")
    assert page.reading.lines


@pytest.mark.parametrize(
    "layer", [[], drawn(7), [[60, 300, "HR", 9, "nothing to see"]]], ids=["none", "wrong", "scrap"]
)
def test_a_scan_in_a_pdf_without_a_good_layer_is_read(layer: list) -> None:
    page = read(page_of(book_page(layer, scan=NUMBER, visible=False), "pdf"))
    assert page.reading.engine == "tesseract"
    assert character_error_rate(provoking.truth(NUMBER), page.reading.text) < 0.03


def test_a_named_engine_reads_what_the_layer_said_and_the_layer_stays_in_the_history() -> None:
    page = read(page_of(book_page(drawn(NUMBER)), "pdf"))
    again = read(page, numbers=[page.number], engine="tesseract")
    assert again.reading.engine == "tesseract"
    assert list(again.readings.values_list("engine", flat=True)) == ["tesseract", "pdf-text"]


@pytest.mark.parametrize("degrees", [90, 180])
def test_the_stored_page_is_upright_and_its_boxes_lie_on_it(degrees: int) -> None:
    page = read(page_of(encode_png(provoking.sample(NUMBER).rotate(degrees, expand=True)), "png"))
    stored = picture(page.image_name)
    assert stored.size == (page.image_width, page.image_height)
    assert upright(stored).degrees == 0
    ink = np.asarray(stored) < 128
    for line in page.reading.lines:
        left, top, right, bottom = line["box"]
        assert ink[top:bottom, left:right].mean() > 0.03
    with Image.open(io.BytesIO(Thumbnail.objects.get(page=page).data)) as small:
        assert small.height > small.width


def test_a_page_that_is_too_faint_is_not_called_blank() -> None:
    faint = 190 + np.asarray(provoking.sample(NUMBER)) / 255.0 * 10 + provoking.noise((992, 1405), 6)
    page = read(page_of(encode_png(provoking.as_image(faint)), "png"))
    assert (page.ocr_status, page.reading.text, page.reading.text_may_be_missing) == (OcrStatus.DONE, "", True)


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_a_pdf_page_that_was_cut_is_marked_and_what_is_left_of_it_is_read(share: float) -> None:
    lines = [b"BT /F1 14 Tf 40 %d Td (Line %d of the page.) Tj ET\n" % (500 - 20 * row, row) for row in range(20)]
    drawing = zlib.compress(b"".join(lines))
    page = read(page_of(drawn_by(b"/Filter/FlateDecode", drawing[: int(share * len(drawing))]), "pdf"))
    assert (page.ocr_status, page.reading.text_may_be_missing) == (OcrStatus.DONE, True)
    assert page.reading.text.startswith("Line 0 of the page.") == (share > 0.5)


def test_a_page_too_far_out_of_level_is_not_called_blank() -> None:
    page = read(page_of(encode_png(provoking.turned(provoking.sample(NUMBER), 40)), "png"))
    assert (page.ocr_status, page.reading.text_may_be_missing) == (OcrStatus.DONE, True)


def test_a_blank_page_is_called_blank() -> None:
    page = read(page_of(encode_png(provoking.blank()), "png"))
    assert (page.ocr_status, page.reading.text_may_be_missing) == (OcrStatus.BLANK, False)


def test_a_language_without_a_model_is_refused_before_the_job(settings, tmp_path) -> None:
    page = page_of(encode_png(provoking.blank()), "png")
    Book.objects.update(language="eng+deu")
    with pytest.raises(StageNotReady, match="read deu with; installed: eng"):
        start_reading(Book.objects.get())
    models = factory.tessdata_folder()
    for language in ("eng", "deu", "osd"):
        (tmp_path / f"{language}.traineddata").write_bytes((models / "eng.traineddata").read_bytes())
    settings.TESSDATA_DIR = str(tmp_path)
    assert factory.installed_languages() == ["deu", "eng"]
    assert read(Page.objects.select_related("book").get(pk=page.pk)).ocr_status == OcrStatus.BLANK


@pytest.mark.parametrize("language", ["", "english", "../eng", "eng+", "eng deu", "eng\n"])
def test_a_language_is_a_name_of_tesseracts(language: str) -> None:
    with pytest.raises(ValidationError):
        Book(title="A book", language=language).full_clean()


@pytest.mark.parametrize("language", ["eng", "deu+fra", "chi_sim"])
def test_languages_as_tesseract_names_them(language: str) -> None:
    Book(title="A book", language=language).full_clean()


def test_an_engine_that_is_not_there_is_refused_before_the_job(settings) -> None:
    page = page_of(encode_png(provoking.blank()), "png")
    with pytest.raises(StageNotReady, match="openai here: tesseract"):
        start_reading(page.book, numbers=[1], engine="openai")
    settings.OCR_ENGINE = "magic"
    with pytest.raises(ImproperlyConfigured, match="local, openai or rapidocr"):
        factory.default_engine()


@pytest.mark.parametrize(
    ("default", "engine", "kind", "load"),
    [
        ("local", "", "ocr", "cpu"),
        ("local", "tesseract", "ocr", "cpu"),
        ("local", "rapidocr", "ocr", "cpu"),
        ("local", "openai", "ocr_elsewhere", "io"),
        ("openai", "", "ocr", "io"),
        ("openai", "tesseract", "ocr_elsewhere", "cpu"),
    ],
)
def test_the_pool_follows_the_engine(settings, default: str, engine: str, kind: str, load: str) -> None:
    settings.OCR_ENGINE, settings.LLM_CONCURRENCY = default, 7
    handler = handler_of(engine)
    (stage,) = handler.stages
    assert (handler.kind, stage.load) == (kind, load)
    assert (stage.concurrency, stage.provider) == ((7, "openai") if load == "io" else (1, ""))


def test_the_api_reads_chosen_pages_with_a_chosen_engine(client, admin) -> None:
    page = read(page_of(book_page(drawn(NUMBER)), "pdf"))
    client.force_login(admin)
    url = f"/api/books/{page.book_id}/ocr"
    wanted = {"pages": [page.number], "engine": "openai"}
    assert client.post(url, wanted, content_type="application/json").status_code == 409
    started = client.post(url, wanted | {"engine": "tesseract"}, content_type="application/json")
    assert started.status_code == 202
    run_to_end(started.json()["job_id"])
    assert Page.objects.get(pk=page.pk).reading.engine == "tesseract"


def test_the_form_of_a_book_names_the_languages_there_are(client, admin) -> None:
    client.force_login(admin)
    form = client.get("/admin/books/book/add/").content.decode()
    here, others = form.index('label="Can be read here"'), form.index('label="Others"')
    assert here < form.index('<option value="eng" selected>English</option>') < others
    assert others < form.index('<option value="deu">German</option>')
