"""Opens one image with Pillow, in a box: judges what is in it, or decodes one page of it.

What a decoder reads whole is taken: bytes behind the picture, odd tags and a missing end cost no page.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, BinaryIO, Final

import pillow_heif
from PIL import ExifTags, Image, ImageChops, ImageStat, PngImagePlugin

from books.errors import UploadRejected
from books.intake import limits
from books.intake.box.server import Answer, Message
from books.intake.grey import grey, grey_jpeg, squared
from books.intake.judging import bytes_before, from_picture, judged, refusal_of_pixels
from books.sentences import gettext_noop, plain, told

__all__ = ["answer"]

# What Pillow's decoders raise on damaged data; 50,000 mutated files of all formats raised nothing else.
DECODING_ERRORS: Final = (
    *(OSError, ValueError, TypeError, KeyError, IndexError, EOFError, SyntaxError, OverflowError, AttributeError),
    *(struct.error, zlib.error, RuntimeError),
)


def _check_critical(stream: PngImagePlugin.ChunkStream, kind: bytes, data: bytes) -> None:
    """As viewers do, which overlook what is odd in remarks beside the picture: their letters are small."""
    if kind[:1].islower():
        stream.crc_skip(kind, data)
    else:
        _check_crc(stream, kind, data)


def _call_critical(stream: PngImagePlugin.ChunkStream, kind: bytes, at: int, length: int) -> bytes:
    try:
        return _call(stream, kind, at, length)
    except DECODING_ERRORS as error:
        is_bomb = isinstance(error, ValueError) and "Truncated" not in str(error)
        if is_bomb or not kind[:1].islower():
            raise
        stream.fp.seek(at + length)  # type: ignore[union-attr]
        return b""


_check_crc, _call = PngImagePlugin.ChunkStream.crc, PngImagePlugin.ChunkStream.call
PngImagePlugin.ChunkStream.crc = _check_critical  # type: ignore[assignment, method-assign]
PngImagePlugin.ChunkStream.call = _call_critical  # type: ignore[assignment, method-assign]
pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)
Image.init()  # in a box nothing can be loaded any more
Image.MAX_IMAGE_PIXELS = None  # our limits are other ones
FORMATS: Final = {
    "png": ("PNG",),
    "jpeg": ("JPEG", "MPO"),
    "tiff": ("TIFF",),
    "webp": ("WEBP",),
    "heic": ("HEIF",),
    "avif": ("AVIF",),
    "gif": ("GIF",),
    "bmp": ("BMP",),
    "jp2": ("JPEG2000",),
}
# Short and long side that are enough to be read: A4 at 300 dpi.
ENOUGH: Final = (2480, 3508)
DAMAGED: Final = gettext_noop(
    "The file is damaged or ends too early, or is of a rare kind; save it as PNG or scan it again."
)
DAMAGED_PAGE: Final = gettext_noop(
    "Page {page} of the TIFF is damaged or ends too early, or is of a rare kind; save it as PNG."
)
ODD_START: Final = gettext_noop(
    "The file has something else before its picture; look whether it is the page that was meant."
)
NO_END: Final = gettext_noop("The JPEG has no end mark, though its picture is whole; look whether it is all there.")


def answer(question: Message, data: BinaryIO) -> Answer:
    """{"frames", "left_out", "notes"}; for "decode" {"width", "height"} and the page in grey, a byte a pixel. Or
    {"refused": a sentence}."""
    warnings.simplefilter("ignore")  # a camera's odd EXIF or TIFF tag must not cost the page
    kind = question["format"]
    try:
        if question["task"] == "judge":
            return judge(data, kind), b""
        page = decoded(data, kind, question["frame"])
        return {"width": page.width, "height": page.height}, page.tobytes()
    except UploadRejected as refusal:
        return {"refused": plain(refusal.reason)}, b""
    except DECODING_ERRORS:
        return {"refused": DAMAGED}, b""


def opened(data: BinaryIO, kind: str) -> Image.Image:
    return Image.open(from_picture(data, kind), formats=FORMATS[kind])


def most_pixels(image: Image.Image, kind: str) -> int:
    """By what its decoder needs: some hold a picture several times, others make it smaller on the way."""
    if kind == "jpeg" and "progressive" not in image.info:
        return limits.REDUCED_PIXELS
    if kind in {"heic", "avif"} or (kind == "jpeg" and image.mode != "CMYK"):
        return limits.PHONE_PIXELS
    if kind in {"png", "tiff"} and image.mode in {"1", "L", "P"}:
        return limits.LINE_ART_PIXELS
    is_greedy = kind in {"jpeg", "webp", "jp2"} or (kind == "tiff" and image.mode in {"CMYK", "RGBA"})
    return limits.GREEDY_PAGE_PIXELS if is_greedy else limits.PAGE_PIXELS


def check_size(image: Image.Image, kind: str) -> None:
    """Raises UploadRejected for what is no page, or cannot be decoded; a JPEG has to be small enough when reduced."""
    most = most_pixels(image, kind)
    if most == limits.REDUCED_PIXELS and reduction(image) == 1:
        most = limits.PHONE_PIXELS
    if refusal := refusal_of_pixels(*image.size, most=most):
        raise refusal


def reduction(image: Image.Image) -> int:
    """By how much a JPEG is reduced while it is decoded, so that each side still is enough."""
    short, long = sorted(image.size)
    return next(scale for scale in (8, 4, 2, 1) if scale <= max(1, min(short // ENOUGH[0], long // ENOUGH[1])))


# ---- judging -------------------------------------------------------------------------------------------------------


def judge(data: BinaryIO, kind: str) -> Message:
    with opened(data, kind) as image:
        if kind == "tiff":
            pages = list(tiff_pages(image))
            # Some programs call every page a copy.
            return judged(pages if set(pages) != {NO_PAGE} else tiff_pages(image, has_copies=False))
        if getattr(image, "is_animated", False) and image.format not in {"MPO", "HEIF"}:
            raise UploadRejected(
                told("This {format} is animated; save the page as a still image.", format=image.format)
            )
        check_size(image, kind)
        notes = [ODD_START] if bytes_before(data, kind) else []
        count = getattr(image, "n_frames", 1)
        if image.format == "HEIF" and count > 1:
            notes.append(told("The file has {count} pictures; its main one was taken.", count=count))
        image.draft("L", (1, 1))
        try:
            image.load()
        except DECODING_ERRORS:
            if kind != "jpeg" or not is_whole(data):
                raise
            notes.append(NO_END)
        return judged([None], notes=notes)


REDUCED, MASK = 1, 4  # bits of NewSubfileType
NEW_SUBFILE_TYPE, SUBFILE_TYPE, OLD_REDUCED = 254, 255, 2
NO_PAGE: Final = "a reduced copy, a mask or a thumbnail"
# A copy is so many times smaller, of the page's shape, and differs by this share of what its shades vary.
LEAST_SHRUNK, THUMBNAIL_SHRUNK, SAME_SHAPE, SAME_SHADES, SKETCH = 1.4, 4, 0.03, 0.25, (160, 220)


def tiff_pages(image: Image.Image, *, has_copies: bool = True) -> Iterator[UploadRejected | str | None]:
    """Pages are decoded until they are many; of the others it is seen that their data are in the file."""
    before: tuple[tuple[int, int], int] | None = None
    pixels = pages = 0
    for index in range(limits.TIFF_DIRECTORIES):
        try:
            image.seek(index)
        except EOFError:
            return
        except DECODING_ERRORS:
            if image.tell() != index:  # nor can what follows be found
                raise
            is_no_page = has_copies and is_copy(image.tag_v2)  # type: ignore[attr-defined]
            yield NO_PAGE if is_no_page else UploadRejected(told(DAMAGED_PAGE, page=index + 1))
            continue
        tags = image.tag_v2  # type: ignore[attr-defined]
        if has_copies and (is_copy(tags) or is_smaller_copy(image, before)):
            yield NO_PAGE
            continue
        before = image.size, index
        page = told("Page {page} of the TIFF", page=index + 1)
        refusal = refusal_of_pixels(*image.size, page=page, most=most_pixels(image, "tiff"))
        if not has_copies and max(image.size) < limits.PREVIEW_PIXELS:
            refusal = UploadRejected(told("{page} is only a preview; save the page as PNG or JPEG.", page=page))
        if refusal is None:
            pages += 1
            pixels += image.width * image.height
            if pages > limits.PAGES_PER_FILE:
                most = limits.PAGES_PER_FILE
                raise UploadRejected(
                    told("The TIFF has more than {most} pages; split it into several books.", most=most)
                )
            refusal = damage_of(image, index + 1, is_decoded=pixels < limits.DECODED_PIXELS)
        yield refusal
    raise UploadRejected(told("The TIFF has too many parts; save its pages again."))


def is_copy(tags: Any) -> bool:
    return bool(tags.get(NEW_SUBFILE_TYPE, 0) & (REDUCED | MASK)) or tags.get(SUBFILE_TYPE) == OLD_REDUCED


def is_smaller_copy(image: Image.Image, before: tuple[tuple[int, int], int] | None) -> bool:
    """A picture of the shape of the page before it, and too small to be read or the same: some programs do not say."""
    if before is None:
        return False
    (width, height), index = before
    shrunk = max(width, height) / max(image.size)
    if shrunk < LEAST_SHRUNK or abs(image.width * height / (image.height * width) - 1) > SAME_SHAPE:
        return False
    if max(image.size) <= limits.THUMBNAIL_PIXELS and shrunk >= THUMBNAIL_SHRUNK:
        return True
    at, one = image.tell(), sketch(image)
    image.seek(index)
    other = sketch(image)
    image.seek(at)
    if one is None or other is None:
        return False
    spread = ImageStat.Stat(other).stddev[0]
    return ImageStat.Stat(ImageChops.difference(one, other)).mean[0] < SAME_SHADES * spread


def sketch(image: Image.Image) -> Image.Image | None:
    try:
        return grey(image).resize(SKETCH, Image.Resampling.BOX)
    except DECODING_ERRORS:
        return None


def damage_of(image: Image.Image, number: int, *, is_decoded: bool) -> UploadRejected | None:
    try:
        if is_decoded:
            image.load()
        elif max(tile.offset for tile in image.tile) > image.fp.seek(0, io.SEEK_END):  # type: ignore[attr-defined]
            raise EOFError
    except DECODING_ERRORS:
        return UploadRejected(told(DAMAGED_PAGE, page=number))
    return None


END_OF_IMAGE: Final = b"\xff\xd9"
UNWRITTEN: Final = re.compile(rb"\x00{16,}\Z")
FILLERS: Final = (b"\0" * 64, b"\x55" * 64, b"\xaa" * 64, b"\x92\x49" * 32)


def is_whole(data: BinaryIO) -> bool:
    """Whether only the end mark of a JPEG is missing: what follows then has no influence on its picture."""
    seen = set()
    for filler in FILLERS:
        with opened(ended(data, filler), "jpeg") as image:
            image.draft("L", image.size)
            image.load()
            seen.add(sha256(image.tobytes()).digest())
    return len(seen) == 1


def ended(data: BinaryIO, filler: bytes = b"") -> BinaryIO:
    """A run of zeros is what was not written, or not sent."""
    data.seek(0)
    return io.BytesIO(UNWRITTEN.sub(b"", data.read()).rstrip(END_OF_IMAGE[:1]) + filler + END_OF_IMAGE)


# ---- decoding ------------------------------------------------------------------------------------------------------

UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decoded(data: BinaryIO, kind: str, frame: int) -> Image.Image:
    """Page ``frame`` in mode L: upright as EXIF says, transparency on white. A JPEG at least twice as large as is
    enough comes at a half, a quarter or an eighth."""
    with opened(data, kind) as image:
        if frame:
            try:
                image.seek(frame)
            except EOFError:
                raise UploadRejected(told("The file has no page {page}; upload it again.", page=frame + 1)) from None
        check_size(image, kind)
        try:
            return upright(image, lambda: opened(data, kind))
        except OSError:
            if kind != "jpeg" or not is_whole(data):
                raise
    whole = ended(data)
    with opened(whole, kind) as image:
        return upright(image, lambda: opened(whole, kind))


def upright(image: Image.Image, again: Callable[[], Image.Image]) -> Image.Image:
    smaller = reduction(image)
    is_coloured = image.mode == "RGB"
    image.draft(image.mode if image.mode == "CMYK" else "L", (image.width // smaller, image.height // smaller))
    image.load()
    turn = UPRIGHT.get(orientation(image))
    page = grey_jpeg(image, again) if is_coloured and image.mode == "L" else grey(image)
    page = squared(page, image.info.get("dpi"))
    if page.width * page.height > limits.PHONE_PIXELS:
        page = page.reduce(smaller)
    return page.transpose(turn) if turn is not None else page


def orientation(image: Image.Image) -> int:
    """EXIF's orientation, 1 to 8. Asked after decoding because Pillow turns a TIFF itself and drops its tag."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except DECODING_ERRORS:
        return 1
