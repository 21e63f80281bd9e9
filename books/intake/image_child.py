"""Opens one image with Pillow, in a box: judges what is in it, or decodes one page of it.

What a decoder reads whole is taken: bytes behind the picture, odd tags and a missing end cost no page.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, BinaryIO, Final

import pillow_heif
from PIL import ExifTags, Image, PngImagePlugin

from books.errors import UploadRejected
from books.intake import limits
from books.intake.judging import judged, refusal_of_pixels

__all__ = ["answer"]


def _check_critical(stream: PngImagePlugin.ChunkStream, kind: bytes, data: bytes) -> None:
    """As viewers do, which overlook what is odd in remarks beside the picture: their letters are small."""
    if kind[:1].islower():
        stream.crc_skip(kind, data)
    else:
        _check_crc(stream, kind, data)


_check_crc = PngImagePlugin.ChunkStream.crc
PngImagePlugin.ChunkStream.crc = _check_critical  # type: ignore[assignment, method-assign]
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
# What Pillow's decoders raise on damaged data; 50,000 mutated files of all formats raised nothing else.
DECODING_ERRORS: Final = (
    *(OSError, ValueError, TypeError, KeyError, IndexError, EOFError, SyntaxError, OverflowError, AttributeError),
    *(struct.error, zlib.error, RuntimeError),
)
DAMAGED: Final = "The file is damaged or ends too early; scan or copy it again."
NO_END: Final = "The JPEG has no end mark, though its picture is whole; look whether it is all there."


def answer(question: dict[str, Any], data: BinaryIO) -> tuple[dict[str, Any], bytes]:
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
        return {"refused": refusal.reason}, b""
    except DECODING_ERRORS:
        return {"refused": DAMAGED}, b""


def opened(data: BinaryIO, kind: str) -> Image.Image:
    data.seek(0)
    return Image.open(data, formats=FORMATS[kind])


def most_pixels(image: Image.Image, kind: str) -> int:
    """By what its decoder needs: some hold a picture several times, others make it smaller on the way."""
    if kind == "jpeg" and "progressive" not in image.info:
        return limits.REDUCED_PIXELS
    if kind in {"heic", "avif"} or (kind == "jpeg" and image.mode != "CMYK"):
        return limits.PHONE_PIXELS
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


def judge(data: BinaryIO, kind: str) -> dict[str, Any]:
    with opened(data, kind) as image:
        if kind == "tiff":
            pages = list(tiff_pages(image))
            # Some programs call every page a copy.
            return judged(pages if set(pages) != {NO_PAGE} else tiff_pages(image, has_copies=False))
        if getattr(image, "is_animated", False) and image.format not in {"MPO", "HEIF"}:
            raise UploadRejected(f"This {image.format} is animated; save the page as a still image.")
        check_size(image, kind)
        notes = []
        count = getattr(image, "n_frames", 1)
        if image.format == "HEIF" and count > 1:
            notes.append(f"The file has {count} pictures; its main one was taken.")
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


def tiff_pages(image: Image.Image, *, has_copies: bool = True) -> Iterator[UploadRejected | str | None]:
    """Pages are decoded until they are many; of the others it is seen that their data are in the file."""
    before: tuple[int, int] | None = None
    pixels = pages = 0
    for index in range(limits.TIFF_DIRECTORIES):
        try:
            image.seek(index)
        except EOFError:
            return
        tags = image.tag_v2  # type: ignore[attr-defined]
        if has_copies and (is_copy(tags) or is_thumbnail(image.size, before)):
            yield NO_PAGE
            continue
        before = image.size
        page = f"Page {index + 1} of the TIFF"
        refusal = refusal_of_pixels(*image.size, page=page, most=most_pixels(image, "tiff"))
        if not has_copies and max(image.size) < limits.PREVIEW_PIXELS:
            refusal = UploadRejected(f"{page} is only a preview; save the page as PNG or JPEG.")
        if refusal is None:
            pages += 1
            pixels += image.width * image.height
            if pages > limits.PAGES_PER_FILE:
                most = limits.PAGES_PER_FILE
                raise UploadRejected(f"The TIFF has more than {most} pages; split it into several books.")
            refusal = damage_of(image, index + 1, is_decoded=pixels < limits.DECODED_PIXELS)
        yield refusal
    raise UploadRejected("The TIFF has too many parts; save its pages again.")


def is_copy(tags: Any) -> bool:
    return bool(tags.get(NEW_SUBFILE_TYPE, 0) & (REDUCED | MASK)) or tags.get(SUBFILE_TYPE) == OLD_REDUCED


def is_thumbnail(size: tuple[int, int], before: tuple[int, int] | None) -> bool:
    """A picture too small to be read, of the shape of the page before it: some programs do not say that it is one."""
    if before is None or max(size) > limits.THUMBNAIL_PIXELS or max(before) < 4 * max(size):
        return False
    return abs(size[0] * before[1] / (size[1] * before[0]) - 1) < 0.03


def damage_of(image: Image.Image, number: int, *, is_decoded: bool) -> UploadRejected | None:
    try:
        if is_decoded:
            image.load()
        elif max(tile.offset for tile in image.tile) > image.fp.seek(0, io.SEEK_END):  # type: ignore[attr-defined]
            raise EOFError
    except DECODING_ERRORS:
        return UploadRejected(f"Page {number} of the TIFF is damaged or ends too early; scan it again.")
    return None


END_OF_IMAGE: Final = b"\xff\xd9"
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
    data.seek(0)
    return io.BytesIO(data.read() + filler + END_OF_IMAGE)


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
DEEP_MODES: Final = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0
# A colour page is converted in bands of this size, never as a whole.
BAND_PIXELS: Final = 2_000_000


def decoded(data: BinaryIO, kind: str, frame: int) -> Image.Image:
    """Page ``frame`` in mode L: upright as EXIF says, transparency on white. A JPEG at least twice as large as is
    enough comes at a half, a quarter or an eighth."""
    with opened(data, kind) as image:
        if frame:
            try:
                image.seek(frame)
            except EOFError:
                raise UploadRejected(f"The file has no page {frame + 1}; upload it again.") from None
        check_size(image, kind)
        try:
            return upright(image)
        except OSError:
            if kind != "jpeg" or not is_whole(data):
                raise
    with opened(ended(data), kind) as image:
        return upright(image)


def upright(image: Image.Image) -> Image.Image:
    smaller = reduction(image)
    image.draft(image.mode if image.mode == "CMYK" else "L", (image.width // smaller, image.height // smaller))
    image.load()
    turn = UPRIGHT.get(orientation(image))
    page = grey(image)
    return page.transpose(turn) if turn is not None else page


def orientation(image: Image.Image) -> int:
    """EXIF's orientation, 1 to 8. Asked after decoding because Pillow turns a TIFF itself and drops its tag."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except DECODING_ERRORS:
        return 1


def grey(image: Image.Image) -> Image.Image:
    """The page in mode L, converted in bands so that no second colour page is in memory."""
    if image.mode == "L" and not image.has_transparency_data:
        return image
    is_deep = image.mode in DEEP_MODES
    white = float(image.getextrema()[1]) if is_deep else 0.0  # type: ignore[arg-type]
    is_negative = is_deep and dict(getattr(image, "tag_v2", {})).get(PHOTOMETRIC) == WHITE_IS_ZERO
    page = Image.new("L", image.size)
    rows = max(1, BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        page.paste(shallow(band, white, is_negative=is_negative) if is_deep else flat(band), (0, top))
    return page


def flat(band: Image.Image) -> Image.Image:
    if band.mode == "LAB":
        return band.getchannel("L")
    if band.has_transparency_data:
        paper = Image.new("RGBA", band.size, "white")
        return Image.alpha_composite(paper, band.convert("RGBA")).convert("L")
    return band.convert("RGB").convert("L") if band.mode not in ("1", "RGB") else band.convert("L")


def shallow(band: Image.Image, white: float, *, is_negative: bool) -> Image.Image:
    """``white`` is the largest sample of the page: scanners put 12 bits into 16, and floats end at 1 or 255."""
    scale = 255 / white if white > 0 else 0.0
    lighter = band.convert("I").convert("F") if band.mode != "F" else band
    page = lighter.point(lambda sample: sample * scale + 0.5).convert("L")
    return page.point(lambda shade: 255 - shade) if is_negative else page
