"""A book as a searchable PDF: each page's picture, and over it, invisible, its approved text.

Written as it goes, so that a book of 500 scans takes the memory of one: the libraries that make PDFs hold all of it.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.core.files.storage import default_storage
from PIL import Image

from books.models import Book
from books.publishing.text.reviewed import TextLine, TextPage, reviewed_pages

# The long side of a page in points, as of A4; what it measures on paper is not known.
LONG_SIDE: Final = 842.0
JPEG_QUALITY: Final = 65
COLOURS: Final = {"L": "DeviceGray", "RGB": "DeviceRGB"}
# A font of one empty shape, half as wide as high, made with fontTools after Tesseract's. Signs are UTF-16: each is
# shown by that shape and copied as itself. A line is stretched to its box.
FONT: Final = Path(__file__).with_name("invisible.ttf").read_bytes()
SIGN_WIDTH: Final = 0.5
SHAPES: Final = b"\0\1" * 65536
RANGES: Final = [f"1 beginbfrange <{high:02x}00> <{high:02x}ff> <{high:02x}00> endbfrange" for high in range(256)]
TO_UNICODE: Final = "\n".join(
    [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /UTF16 def /CMapType 2 def",
        "1 begincodespacerange <0000> <ffff> endcodespacerange",
        *RANGES,
        "endcmap CMapName currentdict /CMap defineresource pop end end",
    ]
)
CATALOG, PAGES, INFO, TEXT_FONT, CID_FONT, DESCRIPTOR, FONT_FILE, SHAPE_MAP, UNICODE_MAP = range(1, 10)


class PdfFile:
    """The objects of a PDF in the order in which they are written; numbers up to UNICODE_MAP are taken."""

    def __init__(self) -> None:
        self.offsets: dict[int, int] = {}
        self.length = 0
        self.last = UNICODE_MAP

    def put(self, data: bytes) -> bytes:
        self.length += len(data)
        return data

    def new(self) -> int:
        self.last += 1
        return self.last

    def thing(self, number: int, entries: str, stream: bytes | None = None) -> bytes:
        """The object ``number`` with the dictionary ``entries``, and its stream."""
        self.offsets[number] = self.length
        if stream is None:
            return self.put(f"{number} 0 obj\n<< {entries} >>\nendobj\n".encode("ascii"))
        start = f"{number} 0 obj\n<< {entries} /Length {len(stream)} >>\nstream\n".encode("ascii")
        return self.put(b"".join([start, stream, b"\nendstream\nendobj\n"]))

    def packed(self, number: int, entries: str, stream: bytes) -> bytes:
        return self.thing(number, f"{entries} /Filter /FlateDecode", zlib.compress(stream))

    def end(self) -> bytes:
        start = self.length
        rows = [f"{self.offsets[number]:010} 00000 n \n" for number in range(1, self.last + 1)]
        size = self.last + 1
        trailer = f"trailer\n<< /Size {size} /Root {CATALOG} 0 R /Info {INFO} 0 R >>\nstartxref\n{start}\n%%EOF\n"
        return self.put("".join([f"xref\n0 {size}\n0000000000 65535 f \n", *rows, trailer]).encode("ascii"))


def searchable_pdf(book: Book) -> Iterator[bytes]:
    """In pieces of a page. A note on a page stands in a comment on it, and all of them in the PDF's subject."""
    pdf = PdfFile()
    yield pdf.put(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    yield from _font(pdf)
    kids: list[int] = []
    notes: list[str] = []
    for page in reviewed_pages(book):
        yield from _page(pdf, page, kids)
        notes += [page.note] * bool(page.note)
    yield pdf.thing(PAGES, f"/Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}]")
    yield pdf.thing(CATALOG, f"/Type /Catalog /Pages {PAGES} 0 R")
    facts = {"Title": book.title, "Author": book.author, "Subject": " ".join(notes), "Producer": "bookpipeline"}
    yield pdf.thing(INFO, " ".join(f"/{name} <feff{_signs(words)}>" for name, words in facts.items() if words))
    yield pdf.end()


def _font(pdf: PdfFile) -> Iterator[bytes]:
    base = "/BaseFont /Invisible"
    maps = f"/Encoding /Identity-H /DescendantFonts [{CID_FONT} 0 R] /ToUnicode {UNICODE_MAP} 0 R"
    yield pdf.thing(TEXT_FONT, f"/Type /Font /Subtype /Type0 {base} {maps}")
    system = "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
    widths = f"/DW {SIGN_WIDTH * 1000:.0f} /CIDToGIDMap {SHAPE_MAP} 0 R /FontDescriptor {DESCRIPTOR} 0 R"
    yield pdf.thing(CID_FONT, f"/Type /Font /Subtype /CIDFontType2 {base} {system} {widths}")
    measures = "/Flags 5 /FontBBox [0 0 500 1000] /ItalicAngle 0 /Ascent 1000 /Descent 0 /CapHeight 1000 /StemV 80"
    yield pdf.thing(DESCRIPTOR, f"/Type /FontDescriptor /FontName /Invisible {measures} /FontFile2 {FONT_FILE} 0 R")
    yield pdf.packed(FONT_FILE, f"/Length1 {len(FONT)}", FONT)
    yield pdf.packed(SHAPE_MAP, "", SHAPES)
    yield pdf.packed(UNICODE_MAP, "", TO_UNICODE.encode("ascii"))


def _page(pdf: PdfFile, page: TextPage, kids: list[int]) -> Iterator[bytes]:
    scale = LONG_SIDE / max(page.width, page.height)
    width, height = page.width * scale, page.height * scale
    drawn, things, entries = [], f"/Font << /F {TEXT_FONT} 0 R >>", ""
    if page.picture:
        picture = pdf.new()
        yield _picture(pdf, picture, page.picture)
        drawn.append(f"q {width:.2f} 0 0 {height:.2f} 0 0 cm /P Do Q")
        things += f" /XObject << /P {picture} 0 R >>"
    drawn += ["BT 3 Tr", *(_line(line, scale, height) for line in page.lines), "ET"]
    yield pdf.packed(contents := pdf.new(), "", "\n".join(drawn).encode("ascii"))
    if page.note:
        comment = pdf.new()
        place = f"/Rect [8 {height - 28:.2f} 28 {height - 8:.2f}] /Name /Note /F 4"
        yield pdf.thing(comment, f"/Type /Annot /Subtype /Text {place} /Contents <feff{_signs(page.note)}>")
        entries = f"/Annots [{comment} 0 R]"
    kids.append(pdf.new())
    size = f"/MediaBox [0 0 {width:.2f} {height:.2f}] /Resources << {things} >> /Contents {contents} 0 R {entries}"
    yield pdf.thing(kids[-1], f"/Type /Page /Parent {PAGES} 0 R {size}")


def _picture(pdf: PdfFile, number: int, name: str) -> bytes:
    with default_storage.open(name) as stored, Image.open(stored) as image:
        picture = image if image.mode in COLOURS else image.convert("L")
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=JPEG_QUALITY)
    size = f"/Width {picture.width} /Height {picture.height} /ColorSpace /{COLOURS[picture.mode]} /BitsPerComponent 8"
    return pdf.thing(number, f"/Type /XObject /Subtype /Image {size} /Filter /DCTDecode", data.getvalue())


def _line(line: TextLine, scale: float, height: float) -> str:
    left, _, right, bottom = (each * scale for each in line.box)
    size = max((line.box[3] - line.box[1]) * scale, 1.0)
    signs = _signs(line.text)
    stretched = 100 * max(right - left, 1.0) / (len(signs) / 4 * SIGN_WIDTH * size)
    return f"/F {size:.2f} Tf {stretched:.2f} Tz 1 0 0 1 {left:.2f} {height - bottom:.2f} Tm <{signs}> Tj"


def _signs(text: str) -> str:
    return text.encode("utf-16-be").hex()
