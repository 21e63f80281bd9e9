"""A book's approved text as PDF, EPUB, Markdown, hOCR and ALTO: whole, in its place, and nothing left out unsaid."""

from __future__ import annotations

import io
import re
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.signals import request_finished
from django.db import close_old_connections
from django.urls import reverse
from lxml import etree
from PIL import Image, ImageDraw

from books.models import Book, PageReview
from books.publishing.text import exports
from tests.factories import BookFactory, PageFactory, ReadPageFactory, SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db
SIZE = 800, 1200
LINES = [
    ("Größen und Einheiten: 10⁶ Nägel", (80, 100, 700, 130)),
    ("¿Cuántas manzanas hay en el año?", (80, 200, 640, 228)),
    ("Сложение целых чисел", (400, 600, 720, 630)),
    ("पूर्ण संख्याओं का जोड़", (100, 700, 500, 735)),
    ("a < b & c “d” 𝑥² \x02\ufffe", (90, 1100, 390, 1130)),
]


def picture() -> ContentFile:
    image = Image.new("L", SIZE, 255)
    for _, box in LINES:
        ImageDraw.Draw(image).rectangle(box, fill=0)
    data = io.BytesIO()
    image.save(data, "PNG")
    return ContentFile(data.getvalue())


@pytest.fixture
def book(db) -> Book:
    """Three pages approved, one of them without places, and four that are not."""
    book = BookFactory(title="Größen & <Zahlen>", author="Ada", language="deu+rus")
    lines = [{"text": text, "box": box, "confidence": 91.0, "block": at // 2} for at, (text, box) in enumerate(LINES)]
    first = ReadPageFactory(book=book, reading__text="\n".join(text for text, _ in LINES), reading__lines=lines)
    ReadPageFactory(book=book, reading__text="Secret words.")
    ReadPageFactory(book=book, reading__text="A typed\npara-\ngraph.\n\n| a | b |\n| - | - |")
    ReadPageFactory(book=book, reading__text="Rejected words.")
    PageFactory(book=book)
    PageFactory(book=book, ocr_status="failed")
    ReadPageFactory(book=book, reading__text="")
    book.pages.update(image_width=SIZE[0], image_height=SIZE[1])
    book.pages.filter(number__in=[5, 6]).update(image_width=None, image_height=None)
    book.pages.filter(number__in=[1, 3, 7]).update(review=PageReview.APPROVED)
    book.pages.filter(number=4).update(review=PageReview.REJECTED)
    default_storage.save(first.image_name, picture())
    return book


LEFT_OUT = [
    "The text of page 2 is left out: it awaits review.",
    "The text of page 4 is left out: it was rejected.",
    "The text of page 5 is left out: it was not read yet.",
    "The text of page 6 is left out: it could not be read.",
]


def exported(book: Book, form: str) -> bytes:
    return b"".join(exports.text_response(book, form).streaming_content)


def says_what_is_left_out(text: str) -> None:
    assert re.findall(r"The text of page \d is left out: [\w ]+\.", text) == LEFT_OUT
    assert "Where the lines of page 3 stand is not known" in text
    assert "Secret" not in text
    assert "Rejected words" not in text


def test_a_pdf_is_searched_at_the_places_of_its_lines(book):
    pdf = pypdfium2.PdfDocument(exported(book, "pdf"))
    assert len(pdf) == 7
    facts = pdf.get_metadata_dict()
    assert facts["Title"] == book.title
    says_what_is_left_out(facts["Subject"])
    page = pdf[0]
    scale = page.get_height() / SIZE[1]
    assert (round(page.get_width() / scale), page.get_height()) == (SIZE[0], 842)
    text = page.get_textpage()
    for line, box in LINES:
        words = line.replace("\x02", "").replace("\ufffe", "").strip()
        assert text.search(words.partition(" 𝑥")[0]).get_next(), words
        left, top, right, bottom = (round(each * scale) for each in box)
        height = round(page.get_height())
        found = text.get_text_bounded(left - 2, height - bottom - 2, right + 2, height - top + 2)
        assert found.strip() == words
    printed = page.render(scale=1 / scale).to_pil().convert("L")
    assert abs(printed.width - SIZE[0]) <= 1
    assert printed.getpixel((100, 115)) < printed.getpixel((100, 60)) - 200
    assert [len(pdf[at].get_textpage().get_text_range()) for at in (1, 3, 4, 5, 6)] == [0] * 5
    assert pdf[2].get_textpage().get_text_range().split("\r\n") == [
        "A typed",
        "para\ufffegraph.",
        "| a | b |",
        "| - | - |",
    ]


def test_a_comment_on_the_page_says_that_its_text_is_left_out(book):
    pdf = pypdfium2.PdfDocument(exported(book, "pdf"))
    raw = pypdfium2.raw
    notes = []
    for page in pdf:
        for at in range(raw.FPDFPage_GetAnnotCount(page)):
            comment = raw.FPDFPage_GetAnnot(page, at)
            size = raw.FPDFAnnot_GetStringValue(comment, b"Contents", None, 0)
            buffer = (raw.FPDF_WCHAR * size)()
            raw.FPDFAnnot_GetStringValue(comment, b"Contents", buffer, size)
            notes.append(bytes(buffer).decode("utf-16-le").rstrip("\0"))
            raw.FPDFPage_CloseAnnot(comment)
    says_what_is_left_out(" ".join(notes))


def test_hocr_has_every_line_and_word_in_its_place(book):
    root = etree.fromstring(exported(book, "hocr"))
    says_what_is_left_out(" ".join("".join(root.itertext()).split()))
    html = "{http://www.w3.org/1999/xhtml}"
    pages = root.findall(f".//{html}div[@class='ocr_page']")
    assert [page.get("title") for page in pages][::4] == ["bbox 0 0 800 1200; ppageno 0", "bbox 0 0 595 842; ppageno 4"]
    lines = pages[0].findall(f".//{html}span[@class='ocr_line']")
    assert [line.get("title") for line in lines] == [f"bbox {' '.join(map(str, box))}" for _, box in LINES]
    assert [" ".join("".join(line.itertext()).split()) for line in lines][3:] == [LINES[3][0], "a < b & c “d” 𝑥²"]
    words = [read(word) for word in lines[1]]
    assert [word for word, _ in words] == LINES[1][0].split()
    assert words[0][1][:1] + words[-1][1][2:3] == [80, 640]
    assert all(before[2] < after[0] for (_, before), (_, after) in pairwise(words))


def read(word: Any) -> tuple[str, list[int]]:
    found = re.fullmatch(r"bbox ([\d ]+); x_wconf 91", word.get("title"))
    return word.text, [int(each) for each in found[1].split()]


class NoLinks(etree.Resolver):
    """The schema of links between files, of which ALTO here has none."""

    def resolve(self, url, _public, context):
        if "xlink" in url:
            name = "http://www.w3.org/1999/xlink"
            empty = f"<s:schema xmlns:s='http://www.w3.org/2001/XMLSchema' targetNamespace='{name}'>{{}}</s:schema>"
            return self.resolve_string(empty.format("<s:attributeGroup name='simpleLink'/>"), context)
        return None


def schema() -> etree.XMLSchema:
    """The ALTO board's own, of which it waived all rights."""
    parser = etree.XMLParser()
    parser.resolvers.add(NoLinks())
    return etree.XMLSchema(etree.parse(Path(__file__).with_name("alto-4-4.xsd"), parser))


def test_alto_has_them_too(book):
    root = etree.fromstring(exported(book, "alto"))
    schema().assertValid(root)
    alto = "{http://www.loc.gov/standards/alto/ns-v4#}"
    pages = root.findall(f"{alto}Layout/{alto}Page")
    says_what_is_left_out(" ".join(page.get("QUALITY_DETAIL", "") for page in pages))
    lines = pages[0].findall(f".//{alto}TextLine")
    places = [tuple(int(line.get(each)) for each in ("HPOS", "VPOS", "WIDTH", "HEIGHT")) for line in lines]
    assert places == [(left, top, right - left, bottom - top) for _, (left, top, right, bottom) in LINES]
    strings = [[string.get("CONTENT") for string in line.findall(f"{alto}String")] for line in lines]
    assert strings[:4] == [text.split() for text, _ in LINES[:4]]
    assert {string.get("WC") for string in pages[0].iter(f"{alto}String")} == {"0.91"}


def test_markdown_keeps_paragraphs_and_tables_and_no_markup_of_strangers(book):
    text = exported(book, "md").decode()
    says_what_is_left_out(text)
    assert "# Größen &amp; &lt;Zahlen>\n\n## Page 1\n\nGrößen und Einheiten: 10⁶ Nägel ¿Cuántas" in text
    assert "a &lt; b &amp; c" in text
    assert "\nA typed paragraph.\n\n| a | b |\n| - | - |\n" in text


def test_an_epub_is_one_as_readers_open_it(book):
    """By the rules of EPUB 3.3 that a program can check: container, manifest, spine, navigation, well-formed files."""
    topic = TopicFactory(book=book, title="Adding & more")
    SubtopicFactory(topic=topic, pages=[3])
    with zipfile.ZipFile(io.BytesIO(exported(book, "epub"))) as epub:
        first = epub.infolist()[0]
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
        assert epub.read("mimetype") == b"application/epub+zip"
        files = {name: etree.fromstring(epub.read(name)) for name in epub.namelist() if name != "mimetype"}
    (package,) = files["META-INF/container.xml"].xpath("//@full-path")
    opf = {"o": "http://www.idpf.org/2007/opf", "d": "http://purl.org/dc/elements/1.1/"}
    items = {item.get("id"): item.get("href") for item in files[package].iterfind(".//o:item", opf)}
    assert {*items.values(), package, "META-INF/container.xml"} == set(files)
    assert [item.get("href") for item in files[package].iterfind(".//o:item[@properties='nav']", opf)] == ["nav.xhtml"]
    spine = [items[each.get("idref")] for each in files[package].iterfind(".//o:itemref", opf)]
    assert spine == ["nav.xhtml", *(f"page_{number}.xhtml" for number in range(1, 8))]
    assert [files[package].findtext(f".//d:{name}", namespaces=opf) for name in ("title", "language")] == [
        book.title,
        "deu",
    ]
    html = {"h": "http://www.w3.org/1999/xhtml"}
    toc, page_list = files["nav.xhtml"].iterfind(".//h:nav", html)
    assert [(link.text, link.get("href")) for link in toc.iterfind(".//h:a", html)] == [
        ("Adding & more", "page_3.xhtml")
    ]
    assert [link.get("href") for link in page_list.iterfind(".//h:a", html)] == spine[1:]
    says_what_is_left_out(" ".join(" ".join(files[name].itertext()) for name in spine))
    assert files["page_1.xhtml"].findtext(".//h:p", namespaces=html).startswith("Größen und Einheiten: 10⁶ Nägel ¿")


def test_the_file_comes_by_the_screen_and_by_the_api_to_those_who_may(client, django_user_model, book):
    screen = reverse("admin:books_book_text_export", args=[book.pk, "pdf"])
    addresses = [screen, f"/api/books/{book.pk}/text/pdf"]
    client.force_login(django_user_model.objects.create_superuser("ada"))
    for address in addresses:
        answer = client.get(address)
        assert answer["Content-Disposition"] == 'attachment; filename="groen-zahlen-text.pdf"'
        assert b"".join(answer.streaming_content).endswith(b"%%EOF\n")
    assert screen in client.get(reverse("admin:books_book_exchange", args=[book.pk])).content.decode()
    assert client.get(f"/api/books/{book.pk}/text/exe").status_code == 422
    client.force_login(django_user_model.objects.create_user("bob", is_staff=True))
    assert [client.get(address).status_code for address in addresses] == [403, 403]


def test_few_files_are_made_at_once_and_one_that_is_given_up_makes_room(client, django_user_model, book):
    client.force_login(django_user_model.objects.create_superuser("ada"))
    address = f"/api/books/{book.pk}/text/md"
    running = [exports.text_response(book, "md") for _ in range(exports.AT_ONCE)]
    refused = client.get(address)
    assert (refused.status_code, refused.json()["message"]) == (503, exports.TOO_MANY)
    assert "Try it again" in client.get(reverse("admin:books_book_text_export", args=[book.pk, "md"]), follow=True).text
    request_finished.disconnect(close_old_connections)
    running[0].close()
    assert client.get(address).getvalue().startswith(b"# ")
    running[1].close()
    request_finished.connect(close_old_connections)
