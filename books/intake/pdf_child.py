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

from PIL import Image, ImageChops
from pypdfium2 import PdfiumError, raw

from books.errors import UploadRejected
from books.intake import limits
from books.intake.box.server import Answer, Message
from books.intake.grey import grey
from books.intake.image_child import DECODING_ERRORS, END_OF_IMAGE, FILLERS, is_whole
from books.intake.judging import judged, refusal_of_points
from books.intake.pdf_repair import opened
from books.sentences import gettext_noop, plain, told

LOCKED = gettext_noop("The PDF needs a password to open; save it without one.")
MALFORMED = gettext_noop("The PDF is damaged or has no pages; export or download it again.")
UNREADABLE_PAGE = gettext_noop("Page {page} of the PDF cannot be opened; export it again.")
NO_END = gettext_noop("The PDF has no end mark, as if something were missing; look whether its last pages are there.")
DAMAGED_PICTURE = gettext_noop(
    "The picture on page {page} of the PDF is damaged or ends too early; scan the page again."
)
POINTS_PER_INCH = 72
PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
USER_UNIT = re.compile(rb"/UserUnit\s+(\d{1,5}(?:\.\d{1,5})?)\b")
JPEG_TAIL_BYTES = 1024  # writers pad a JPEG behind its end
END_OF_FAX = 2 * f"{1:012b}"  # stands at any bit
EMPTY = 0.99  # of one shade: a stamp of a licence may be on it
FAX_ROWS = 0.98  # some say they are a little higher than they are
GROUP_4, LONG = 4, 4  # a TIFF's compression, and its type of numbers
FINENESS = 64  # PDFium places points on whole dots only
FAR = 100.0
SPACE = 32
# At this resolution each character still has a dot of its own; a step of shade that is no rounding.
SEEN_DPI, LEAST_CHANGE = 100, 20
# Text that overlaps more often than this is no print, and forms in forms are no deeper.
MOST_TURNS, MOST_DEPTH = 6, 8


def answer(request: Message, data: BinaryIO) -> Answer:
    """{"frames", "left_out", "notes"}; for "render" {"width", "height", "glyphs"} and the page in grey, a byte a pixel.
    Or {"refused": a sentence}."""
    try:
        document = opened(data)
        with suppress(PdfiumError):  # without its form the page is still a page
            document.init_forms()
        if request["task"] == "judge":
            return judge(document, data, has_end=request["has_end"]), b""
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
    units = {float(unit) for unit in USER_UNIT.findall(data.read())}
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
    return judged(map(partial(refusal_of, document, data), range(len(document))), notes=() if has_end else (NO_END,))


def refusal_of(document: Any, data: BinaryIO, index: int) -> UploadRejected | None:
    try:
        width, height, _ = size_of(document, index, data)
        return refusal_of_points(width, height, number=index + 1)
    except PdfiumError:
        return UploadRejected(told(UNREADABLE_PAGE, page=index + 1))


def render(document: Any, index: int, dpi: int, data: BinaryIO) -> Answer:
    """One page as a viewer shows it, at a smaller scale where the one asked for needs too many pixels, and the
    characters of its own text that are seen on it."""
    if not 0 <= index < len(document):
        raise UploadRejected(told(UNREADABLE_PAGE, page=index + 1))
    try:
        width, height, unit = size_of(document, index, data)
        page = document[index]
    except PdfiumError:
        raise UploadRejected(told(UNREADABLE_PAGE, page=index + 1)) from None
    scale = unit * min(dpi / POINTS_PER_INCH, (limits.PDF_RENDER_PIXELS / (width * height)) ** 0.5)
    picture = page.render(scale=scale, rev_byteorder=True).to_pil()
    shades = grey(picture)
    is_empty = max(shades.histogram()) > EMPTY * shades.width * shades.height
    if any(is_damaged(image, is_empty=is_empty) for image in images_on(page)):
        raise UploadRejected(told(DAMAGED_PICTURE, page=index + 1))
    found, owners = characters(page, picture.size, limits.PDF_TEXT_CHARACTERS)
    is_seen = visible(page, owners, scale, scale / unit)
    seen = [each for each in found if is_seen(each)]
    return {"width": picture.width, "height": picture.height, "glyphs": seen}, shades.tobytes()


def images_on(page: Any) -> Iterator[Any]:
    return page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=MOST_DEPTH)  # type: ignore[no-any-return]


def is_damaged(image: Any, *, is_empty: bool) -> bool:
    """Whether a picture was cut: PDFium draws what there is and leaves the rest white, which hides it in a JPEG and a
    fax; or, where the page came out ``is_empty``, whether it cannot be decoded at all."""
    with suppress(PdfiumError):
        last = "".join(image.get_filters()[-1:])
        is_jpeg, is_fax = last == "DCTDecode", last == "CCITTFaxDecode"
        if is_empty and not is_jpeg and not raw.FPDFImageObj_GetBitmap(image):
            return True
        data = bytes(image.get_data(decode_simple=True)) if is_jpeg or is_fax else b""
        try:
            if is_jpeg and (is_empty or END_OF_IMAGE not in data[-JPEG_TAIL_BYTES:]):
                return not is_whole(io.BytesIO(data))
            return is_fax and is_cut_fax(data, *image.get_px_size())
        except DECODING_ERRORS:
            return is_jpeg
    return False


def is_cut_fax(data: bytes, width: int, height: int) -> bool:
    """Whether what follows the data changes the picture, as of a JPEG; only the newest code, Group 4, is judged."""
    if END_OF_FAX in "".join(f"{byte:08b}" for byte in data[-JPEG_TAIL_BYTES:]):
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


def characters(page: Any, size: tuple[int, int], most: int) -> tuple[list[list[Any]], dict[int, list[list[Any]]]]:
    """The characters in the file's order, and those of each text object by its address.

    A character is its code (0 for one that stands for no sign), its box with the height of its font, its ink's box, the
    point where it stands on its base line (all in pixels of the rendered page) and its angle, degrees clockwise.
    """
    text = page.get_textpage()
    count = text.count_chars()
    found: list[list[Any]] = []
    owners: dict[int, list[list[Any]]] = {}
    if not 0 < count <= most:
        return found, owners
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
        owners.setdefault(owner, []).append(character)
        found.append(character)
    return found, owners


def visible(
    page: Any, owners: dict[int, list[list[Any]]], scale: float, fineness: float
) -> Callable[[list[Any]], bool]:
    """Tells of a character whether it has ink of its own: whether the picture changes there when its text is left out.

    Text that overlaps is left out by turns. What is invisible, of its ground's colour, covered, cut off or on a layer
    that is switched off makes no difference, whatever else stands there. ``fineness`` is the picture's dots a point.
    """
    if not owners:
        return lambda _: False
    shrunk = min(1.0, SEEN_DPI / POINTS_PER_INCH / fineness)
    objects = dict(text_objects(page))
    # What PDFium takes for the same text painted twice has no characters; it would hide that the other is left out.
    activate([each for address, each in objects.items() if address not in owners], is_active=False)

    def shown() -> Any:
        return page.render(scale=scale * shrunk).to_pil().convert("RGB")

    whole = shown()
    seen: set[int] = set()
    for turn in turns(owners, whole.size, shrunk):
        chosen = [objects[address] for address in turn if address in objects]
        activate(chosen, is_active=False)
        change = difference(whole, shown())
        activate(chosen, is_active=True)
        for address in turn:
            signs = [each for each in owners[address] if each[0] != SPACE]
            seen.update(id(each) for each in owners[address] if each[0] == SPACE)
            seen.update(map(id, bridged(signs, [bool(change.crop(dots(each, shrunk)).getbbox()) for each in signs])))
    return lambda character: id(character) in seen


def turns(owners: dict[int, list[list[Any]]], size: tuple[int, int], scale: float) -> list[list[int]]:
    """Groups of text objects none of which overlaps another of its group; what fits into no group is in none."""
    groups: list[tuple[Any, list[int]]] = []
    for address, characters_of_one in owners.items():
        boxes = [dots(each, scale, inwards=1) for each in characters_of_one]
        boxes = [box for box in boxes if box[0] < box[2] and box[1] < box[3]]
        free = [group for group in groups if not any(group[0].crop(box).getbbox() for box in boxes)]
        if not free and len(groups) == MOST_TURNS:
            continue
        if not free:
            free.append((Image.new("1", size), []))
            groups += free
        taken, members = free[0]
        members.append(address)
        for box in boxes:
            taken.paste(1, box)
    return [members for _, members in groups]


def dots(character: list[Any], scale: float, inwards: int = 0) -> tuple[int, int, int, int]:
    left, top, right, bottom = (edge * scale for edge in character[5:9])
    return int(left) + inwards, int(top) + inwards, int(right) + 1 - inwards, int(bottom) + 1 - inwards


def difference(one: Any, other: Any) -> Any:
    """White where any of the colours changes, black elsewhere."""
    red, green, blue = ImageChops.difference(one, other).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return most.point([255 * (shade >= LEAST_CHANGE) for shade in range(256)])


def bridged(signs: list[Any], is_seen: list[bool]) -> list[Any]:
    """Those that are seen, and one or two between two that are: the stroke of a stamp may lie on them."""
    for at in range(1, len(signs) - 1):
        if not is_seen[at] and is_seen[at - 1] and any(is_seen[at + 1 : at + 3]):
            is_seen[at] = True
    return [sign for sign, seen in zip(signs, is_seen, strict=True) if seen]


def activate(objects: list[Any], *, is_active: bool) -> None:
    for each in objects:
        raw.FPDFPageObj_SetIsActive(each, is_active)


def text_objects(page: Any) -> Iterator[tuple[int, Any]]:
    """Pairs of address and object, also of what stands in forms inside of the page."""
    waiting = [(raw.FPDFPage_GetObject(page, at), 0) for at in range(raw.FPDFPage_CountObjects(page))]
    while waiting:
        each, depth = waiting.pop()
        kind = raw.FPDFPageObj_GetType(each)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            yield ctypes.cast(each, ctypes.c_void_p).value or 0, each
        elif kind == raw.FPDF_PAGEOBJ_FORM and depth < MOST_DEPTH:
            inside = range(raw.FPDFFormObj_CountObjects(each))
            waiting += [(raw.FPDFFormObj_GetObject(each, at), depth + 1) for at in inside]


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
