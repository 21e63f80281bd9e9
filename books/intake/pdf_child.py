"""Opens one PDF and answers one question about it, in a box: PDFium is C++ that reads hostile files."""

from __future__ import annotations

import ctypes
import io
import math
import re
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from hashlib import sha256
from typing import Any, BinaryIO

from PIL import Image
from pypdfium2 import PdfiumError, raw

from books.errors import UploadRejected
from books.intake import limits
from books.intake.box.server import Answer, Message
from books.intake.files import shown_name
from books.intake.grey import grey
from books.intake.image_child import DECODING_ERRORS, END_OF_IMAGE, FILLERS, is_whole
from books.intake.judging import DAMAGED_PICTURE, judged, refusal_of_points
from books.intake.pdf_repair import opened, unpacked, with_all_pages
from books.intake.pdf_seen import POINTS_PER_INCH, SPACE, owners_of, visible
from books.intake.pdf_streams import MOST_COPIED, is_cut
from books.sentences import gettext_noop, plain, told

LOCKED = gettext_noop("The PDF needs a password to open; save it without one.")
MALFORMED = gettext_noop("The PDF is damaged or has no pages; export or download it again.")
UNREADABLE_PAGE = gettext_noop("Page {page} of the PDF cannot be opened; export it again.")
NO_END = gettext_noop("The PDF has no end mark, as if something were missing; look whether its last pages are there.")
DRAWN_ELSEWHERE = gettext_noop(
    "The PDF is a form that Adobe's program alone shows; print it to a new PDF and send that."
)
PAGE_SUFFIXES, MOST_INSIDE = (".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff"), 5
PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
USER_UNIT = re.compile(rb"/UserUnit\s+(\d{1,5}(?:\.\d{1,5})?)\b")
JPEG_TAIL_BYTES = 1024  # writers pad a JPEG behind its end
END_OF_LINE = f"{1:012b}"  # of a fax, at any bit; twice is its end
MOST_FAX_BYTES = 1 << 21
# What is packed without a code for pictures; a pixel's bits, of one to four colours; what may be missing.
PLAIN, BITS, NEARLY = ("FlateDecode", "LZWDecode", "RunLengthDecode"), (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64), 0.995
EMPTY = 0.99  # of one shade: a stamp of a licence may be on it
FAX_ROWS = 0.98  # some say they are a little higher than they are
GROUP_4, LONG = 4, 4  # a TIFF's compression, and its type of numbers
FINENESS = 64  # PDFium places points on whole dots only
FAR = 100.0
MOST_DEPTH = 8  # of forms in forms
LEAST_PRINT = 6  # of smaller print in dots of the picture nothing can be read


def answer(request: Message, data: BinaryIO) -> Answer:
    """{"frames", "left_out", "notes"}; for "render" {"width", "height", "glyphs", "is_damaged", "is_cut"} and the page
    in grey, a byte a pixel; "is_cut" is None where that is asked by itself, as "look". Or {"refused": a sentence}."""
    try:
        document = opened(data)
        with suppress(PdfiumError):  # without its form the page is still a page
            document.init_forms()
        if request["task"] == "judge" or request["index"] >= len(document):
            document = with_all_pages(document, data)
        if request["task"] == "judge":
            return judge(document, data, has_end=request["has_end"]), b""
        if request["task"] == "look":
            return {"is_cut": is_cut(document, request["index"], data)}, b""
        return render(document, request["index"], request["dpi"], data)
    except PdfiumError as error:
        return {"refused": LOCKED if error.err_code == PASSWORD_ERROR else MALFORMED}, b""
    except UploadRejected as refusal:
        return {"refused": plain(refusal.reason)}, b""


def size_of(document: Any, index: int, data: BinaryIO) -> tuple[float, float, float]:
    """Width and height of a page in points, and how many of them a unit of it is: PDFium overlooks that a small page
    says so."""
    width, height = document.get_page_size(index)
    if min(width, height) <= 0:  # cut to a place outside of the page: viewers show the whole
        page = document[index]
        page.set_cropbox(*page.get_mediabox())
        width, height = page.get_size()
    unit = units_in(data) if min(width, height) < limits.PDF_PAGE_SIDE_POINTS[0] else 1.0
    return width * unit, height * unit, unit


@cache
def units_in(data: BinaryIO) -> float:
    """1 where the file's pages do not all say the same."""
    data.seek(0)
    content = data.read()
    units = {float(unit) for part in (content, *unpacked(content)) for unit in USER_UNIT.findall(part)}
    return max(1.0, units.pop()) if len(units) == 1 else 1.0


def judge(document: Any, data: BinaryIO, *, has_end: bool) -> Message:
    if len(document) > limits.PAGES_PER_FILE:
        most = limits.PAGES_PER_FILE
        raise UploadRejected(
            told(
                "The PDF has {count} pages, more than {most}; split it into several books.",
                count=len(document),
                most=most,
            )
        )
    notes = [] if has_end else [NO_END]
    if document.get_formtype() == raw.FORMTYPE_XFA_FULL:
        notes.append(DRAWN_ELSEWHERE)
    if inside := list(pages_inside(document)):
        notes.append(
            told("The PDF carries {names}, which were not taken; save and send them.", names=", ".join(inside))
        )
    return judged(map(partial(refusal_of, document, data), range(len(document))), notes=notes)


def pages_inside(document: Any) -> Iterator[str]:
    """Names of the files in a portfolio that may be pages."""
    for at in range(min(document.count_attachments(), MOST_INSIDE)):
        with suppress(PdfiumError):
            name = document.get_attachment(at).get_name()
            if name.lower().endswith(PAGE_SUFFIXES):
                yield shown_name(name)


def refusal_of(document: Any, data: BinaryIO, index: int) -> UploadRejected | None:
    try:
        width, height, _ = size_of(document, index, data)
        return refusal_of_points(width, height, number=index + 1)
    except PdfiumError:
        return UploadRejected(told(UNREADABLE_PAGE, page=index + 1))


def render(document: Any, index: int, dpi: int, data: BinaryIO) -> Answer:
    """One page as a viewer shows it, at a smaller scale where the one asked for needs too many pixels, and the
    characters of its own text that are seen on it. A damaged picture costs the page where it has no such text."""
    if not 0 <= index < len(document):
        raise UploadRejected(told(UNREADABLE_PAGE, page=index + 1))
    try:
        width, height, unit = size_of(document, index, data)
        page = document[index]
    except PdfiumError:
        raise UploadRejected(told(UNREADABLE_PAGE, page=index + 1)) from None
    has_gap = is_cut(document, index, data) if data.seek(0, io.SEEK_END) <= MOST_COPIED else None
    scale = unit * min(dpi / POINTS_PER_INCH, (limits.PDF_RENDER_PIXELS / (width * height)) ** 0.5)
    picture = page.render(scale=scale, rev_byteorder=True).to_pil()
    shades = grey(picture)
    found = characters(page, picture.size, limits.PDF_TEXT_CHARACTERS)
    owners, copies = owners_of(found)
    is_seen = visible(page, owners, copies, scale, scale / unit)
    seen = [each for _, each in found if is_seen(each)]
    has_damage = any(is_damaged(image, is_empty=is_empty) for image, is_empty in images_on(page, shades))
    if has_damage and not seen:
        raise UploadRejected(told(DAMAGED_PICTURE, page=index + 1))
    said = {"width": picture.width, "height": picture.height, "glyphs": seen}
    return {**said, "is_damaged": has_damage, "is_cut": has_gap}, shades.tobytes()


def images_on(page: Any, shades: Image.Image) -> Iterator[tuple[Any, bool]]:
    """Each with whether nothing is drawn in its place."""
    to_pixels = pixels_of(page, shades.size)
    for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=MOST_DEPTH):
        with suppress(PdfiumError):
            left, bottom, right, top = image.get_bounds()
            place = shades.crop([*map(round, around(to_pixels(left, top), to_pixels(right, bottom)))])  # type: ignore[arg-type]
            yield image, max(place.histogram()) > EMPTY * place.width * place.height


def is_damaged(image: Any, *, is_empty: bool) -> bool:
    """Whether a picture was cut: PDFium draws what there is and leaves the rest white, which hides it; or, where
    nothing is drawn (``is_empty``), whether it cannot be decoded at all."""
    with suppress(PdfiumError):
        last = "".join(image.get_filters()[-1:])
        is_jpeg, is_fax = last == "DCTDecode", last == "CCITTFaxDecode"
        if is_empty and not is_jpeg and not raw.FPDFImageObj_GetBitmap(image):
            return True
        if last in PLAIN:
            return is_too_short(raw.FPDFImageObj_GetImageDataDecoded(image, None, 0), *image.get_px_size())
        data = bytes(image.get_data(decode_simple=True)) if is_jpeg or is_fax else b""
        try:
            if is_jpeg and (is_empty or END_OF_IMAGE not in data[-JPEG_TAIL_BYTES:]):
                return not is_whole(io.BytesIO(data))
            return is_fax and is_cut_fax(data, *image.get_px_size())
        except DECODING_ERRORS:
            return is_jpeg
    return False


def is_too_short(size: int, width: int, height: int) -> bool:
    """Whether so many bytes are no whole picture of any kind, and fewer than the largest needs."""
    wholes = [height * -(-width * bits // 8) for bits in BITS]
    return size < wholes[-1] and not any(NEARLY * whole <= size <= whole + whole // 100 + width for whole in wholes)


def is_cut_fax(data: bytes, width: int, height: int) -> bool:
    """Whether lines are missing that the older code, Group 3, ends one by one; else whether what follows the data
    changes the picture, as of a JPEG."""
    if END_OF_LINE in f"{int.from_bytes(data[:4]):032b}":  # Group 4 has no code that begins so
        bits = f"{int.from_bytes(data[:MOST_FAX_BYTES]):b}"
        return bits.count(END_OF_LINE) < FAX_ROWS * height and len(data) < MOST_FAX_BYTES
    if END_OF_LINE * 2 in "".join(f"{byte:08b}" for byte in data[-JPEG_TAIL_BYTES:]):
        return False
    seen = set()
    for filler in FILLERS:
        strip = data.rstrip(b"\0") + filler
        tags = {256: width, 257: height, 258: 1, 259: GROUP_4, 262: 0, 273: 8, 277: 1, 278: height, 279: len(strip)}
        directory = b"".join(struct.pack("<HHII", tag, LONG, 1, value) for tag, value in tags.items())
        head = struct.pack("<2sHI", b"II", 42, 8 + len(strip))
        file = io.BytesIO(head + strip + struct.pack("<H", len(tags)) + directory + bytes(4))
        with Image.open(file, formats=("TIFF",)) as picture:
            seen.add(sha256(picture.crop((0, 0, width, int(FAX_ROWS * height))).tobytes()).digest())
    return len(seen) > 1


def characters(page: Any, size: tuple[int, int], most: int) -> list[tuple[int, list[Any]]]:
    """The characters in the file's order, each with the address of its text object.

    A character is its code (0 for one that stands for no sign), its box with the height of its font, its ink's box, the
    point where it stands on its base line (all in pixels of the rendered page) and its angle, degrees clockwise.
    """
    text = page.get_textpage()
    count = text.count_chars()
    found: list[tuple[int, list[Any]]] = []
    if not 0 < count <= most:
        return found
    to_pixels = pixels_of(page, size)
    start, end = to_pixels(0, 0), to_pixels(1, 0)
    turn = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
    box, edges, x, y = raw.FS_RECTF(), [ctypes.c_double() for _ in range(4)], ctypes.c_double(), ctypes.c_double()
    for index in range(count):
        if raw.FPDFText_IsGenerated(text, index) == 1 or not raw.FPDFText_GetLooseCharBox(text, index, box):
            continue
        raw.FPDFText_GetCharBox(text, index, *edges)
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        code = 0 if raw.FPDFText_HasUnicodeMapError(text, index) == 1 else raw.FPDFText_GetUnicode(text, index)
        left, right, bottom, top = (edge.value for edge in edges)
        loose = around(to_pixels(box.left, box.top), to_pixels(box.right, box.bottom))
        tight = around(to_pixels(left, top), to_pixels(right, bottom))
        angle = math.degrees(raw.FPDFText_GetCharAngle(text, index)) + turn
        foot = to_pixels(x.value, y.value)
        character = [code, *loose, *tight, round(foot[0], 1), round(foot[1], 1), round(angle) % 360]
        owner = ctypes.cast(raw.FPDFText_GetTextObject(text, index), ctypes.c_void_p).value or 0
        if code == SPACE or max(loose[2] - loose[0], loose[3] - loose[1]) >= LEAST_PRINT:
            found.append((owner, character))
    return found


def pixels_of(page: Any, size: tuple[int, int]) -> Callable[[float, float], tuple[float, float]]:
    """What turns a point of the file's own coordinates, which a page may turn and cut, into pixels of the picture."""

    def placed(x: float, y: float) -> tuple[float, float]:
        column, row = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, size[0] * FINENESS, size[1] * FINENESS, 0, x, y, column, row)
        return column.value / FINENESS, row.value / FINENESS

    origin, along, up = placed(0, 0), placed(FAR, 0), placed(0, FAR)
    right = [(b - a) / FAR for a, b in zip(origin, along, strict=True)]
    upward = [(b - a) / FAR for a, b in zip(origin, up, strict=True)]

    def pixels(x: float, y: float) -> tuple[float, float]:
        return origin[0] + x * right[0] + y * upward[0], origin[1] + x * right[1] + y * upward[1]

    return pixels


def around(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, ...]:
    (x, y), (right, bottom) = one, other
    return tuple(round(edge, 1) for edge in (min(x, right), min(y, bottom), max(x, right), max(y, bottom)))
