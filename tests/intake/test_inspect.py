"""Files of our own: what a page is, what is refused, and in which words."""

from __future__ import annotations

import contextlib
import hashlib
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from books.errors import UploadRejected
from books.intake import limits
from books.intake.inspect import inspect
from tests.intake.samples import (
    apng,
    jpeg_without_end,
    page,
    pdf,
    png,
    png_chunk,
    saved,
    tiff,
    tiff_tags,
    white,
)

STILL_IMAGES: dict[str, tuple[str, bytes]] = {
    "grey png": ("png", saved("PNG")),
    "1-bit png": ("png", saved("PNG", page("1"))),
    "palette png": ("png", saved("PNG", page("P"))),
    "rgba png": ("png", saved("PNG", page("RGBA"))),
    "interlaced png": ("png", png(png_chunk(b"IDAT", zlib.compress(b"\0" * 400_000)), interlace=1)),
    "png with text": ("png", png(png_chunk(b"zTXt", b"Title\0\0" + zlib.compress(b"a page")), white())),
    "png with garbage behind": ("png", saved("PNG") + b"<script>alert(1)</script>"),
    "colour jpeg": ("jpeg", saved("JPEG", page("RGB"))),
    "grey jpeg": ("jpeg", saved("JPEG")),
    "progressive jpeg": ("jpeg", saved("JPEG", page("RGB"), progressive=True)),
    "jpeg with restarts": ("jpeg", saved("JPEG", restart_marker_rows=1)),
    "jpeg with garbage behind": ("jpeg", saved("JPEG") + b"PK\3\4 and more"),
    "jpeg with padding": ("jpeg", b"\xff\xd8" + b"\xff" + saved("JPEG")[2:20] + bytes(8) + saved("JPEG")[20:]),
    "jpeg with comment": ("jpeg", saved("JPEG", comment=b"\xff\xd9 not the end")),
    "mpo": ("jpeg", saved("MPO", page("RGB"), save_all=True, append_images=[page("RGB", seed=2)])),
    "lossy webp": ("webp", saved("WEBP")),
    "lossless webp": ("webp", saved("WEBP", lossless=True)),
    "webp with alpha and exif": ("webp", saved("WEBP", page("RGBA"), exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0")),
    "plain tiff": ("tiff", saved("TIFF")),
    "g4 tiff": ("tiff", saved("TIFF", page("1"), compression="group4")),
    "deflate tiff": ("tiff", saved("TIFF", compression="tiff_adobe_deflate")),
    "gif": ("gif", saved("GIF")),
    "bmp": ("bmp", saved("BMP")),
    "jpeg 2000": ("jp2", saved("JPEG2000")),
    "avif": ("avif", saved("AVIF")),
}


def judged(content: bytes, name: str = "page.png") -> tuple[str, int]:
    found = inspect(io.BytesIO(content), name)
    return found.format, found.frames


def reason(content: bytes, name: str = "page.png") -> str:
    with pytest.raises(UploadRejected) as refusal:
        inspect(io.BytesIO(content), name)
    return refusal.value.reason


@pytest.mark.parametrize("name", STILL_IMAGES)
def test_still_images_are_one_page_and_decode(name: str) -> None:
    kind, content = STILL_IMAGES[name]
    assert judged(content) == (kind, 1)
    Image.open(io.BytesIO(content)).load()


def test_multi_page_tiff_counts_its_pages() -> None:
    content = saved("TIFF", page(), save_all=True, append_images=[page(seed=seed) for seed in range(4)])
    assert judged(content, "book.tif") == ("tiff", 5)


def test_digest_and_size_are_those_of_the_bytes() -> None:
    content = saved("PNG")
    found = inspect(io.BytesIO(content), "page.png")
    assert (found.sha256, found.size) == (hashlib.sha256(content).hexdigest(), len(content))


def zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("page.png", saved("PNG"))
    return target.getvalue()


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "apng": (apng, "animated"),
    "gif that moves": (lambda: saved("GIF", page(), save_all=True, append_images=[page(seed=2)]), "animated"),
    "ico": (lambda: saved("ICO"), "icon"),
    "video": (lambda: b"\0\0\0\x20ftypisom" + bytes(64), "video"),
    "heic of nothing": (lambda: b"\0\0\0\x20ftypheic" + bytes(64), "damaged"),
    "photoshop": (lambda: b"8BPS\0\1" + bytes(64), "Photoshop"),
    "zip": (zipped, "ZIP"),
    "xml svg": (lambda: b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    "web page holding a pdf header": (lambda: b"<html>%PDF-1.4</html>", "web page"),
    "shell script": (lambda: b"#!/bin/sh\n", "program"),
    "nothing": (lambda: b"", "empty"),
    "one byte": (lambda: b"\x89", "not an image"),
    "png signature only": (lambda: saved("PNG")[:8], "ends too early"),
    "png of no pixels": (lambda: png(width=0, height=0), "damaged"),
    "png without picture": (lambda: png(png_chunk(b"tEXt", b"a\0b")), "damaged"),
    "png of no known depth": (lambda: png(depth=3), "damaged"),
    "png with two headers": (lambda: png(png_chunk(b"IHDR", bytes(13)), white()), "damaged"),
    "png not starting with its header": (lambda: b"\x89PNG\r\n\x1a\n" + white(), "damaged"),
    "png header of 4 GB": (lambda: b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR", "damaged"),
    "png of endless chunks": (lambda: png(*[png_chunk(b"tEXt", b"")] * 20_001), "damaged"),
    "png profile bomb": (
        lambda: png(png_chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(3_000_000))), white()),
        "damaged",
    ),
    "png too wide": (lambda: png(width=4000, height=200), "narrow"),
    "png too narrow": (lambda: png(width=110, height=4000), "narrow"),
    "png too small": (lambda: png(width=99, height=300), "too small"),
    "jpeg without picture": (lambda: b"\xff\xd8\xff\xd9", "damaged"),
    "jpeg in jpeg": (lambda: b"\xff\xd8" + saved("JPEG"), "damaged"),
    "jpeg of no height": (
        lambda: saved("JPEG").replace(struct.pack(">HH", 420, 300), struct.pack(">HH", 0, 300), 1),
        "damaged",
    ),
    "jpeg bomb": (
        lambda: saved("JPEG").replace(struct.pack(">HH", 420, 300), b"\xff\xff\xff\xff", 1),
        "65535 × 65535 pixels",
    ),
    "lossless jpeg": (lambda: saved("JPEG").replace(b"\xff\xc0", b"\xff\xc3", 1), "damaged"),
    "jpeg of endless scans": (
        lambda: jpeg_without_end() + b"\xff\xda\0\x02" * 200 + b"\xff\xd9",
        "damaged",
    ),
    "webp animated": (
        lambda: saved("WEBP", page(), save_all=True, append_images=[page(seed=2)]),
        "animated",
    ),
    "webp without picture": (lambda: b"RIFF\x04\0\0\0WEBP", "damaged"),
    "tiff of no pages": (tiff, "damaged"),
    "tiff looping onto itself": (lambda: tiff(tiff_tags(), loop_to=0), "damaged"),
    "tiff looping over two pages": (lambda: tiff(tiff_tags(), tiff_tags(), loop_to=0), "damaged"),
    "tiff of 1,501 pages": (
        lambda: saved("TIFF", page("1", (100, 140)), save_all=True, append_images=[page("1", (100, 140))] * 1500),
        "1500 pages",
    ),
    "tiff of endless tags": (lambda: struct.pack("<2sHIH", b"II", 42, 8, 60_000) + bytes(800_000), "damaged"),
    "tiff without size": (lambda: tiff({259: 1}), "damaged"),
    "tiff without picture": (lambda: tiff({256: 300, 257: 420}), "damaged"),
    "tiff with its picture outside": (lambda: tiff(tiff_tags(length=10_000_000)), "ends too early"),
    "tiff of a rare kind": (lambda: tiff(tiff_tags() | {262: 99}), "damaged"),
    "tiff with giant tiles": (
        lambda: tiff(tiff_tags() | {322: 1 << 20, 323: 1 << 20, 324: 8, 325: 8}),
        "damaged",
    ),
    "empty pdf": (lambda: b"%PDF-", "damaged"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_reason(name: str) -> None:
    make, expected = REFUSED[name]
    assert expected in reason(make())


def test_tiff_tags_that_share_bytes_do_not_add_up_in_memory() -> None:
    shared = b"".join(struct.pack("<HHII", 40_000 + tag, 7, 100_000, 8) for tag in range(100))
    content = struct.pack("<2sHIH", b"II", 42, 8, 100) + shared + bytes(100_000)
    assert "damaged" in reason(content)


@pytest.mark.parametrize(
    "name", ["page.png.exe", "page.EXE", "page.png\u202e.js", "C:\\page.jpg.bat", "a/page.png.scr"]
)
def test_runnable_endings_are_refused_whatever_is_inside(name: str) -> None:
    assert "not taken" in reason(saved("PNG"), name)


@pytest.mark.parametrize("name", ["page", "page.jpg", "page.exe.png", "page.2026", ".png", ""])
def test_any_other_name_is_judged_by_content(name: str) -> None:
    assert judged(saved("PNG"), name) == ("png", 1)


def test_size_limits_differ_for_bulk_and_single_files() -> None:
    content = saved("JPEG") + bytes(limits.BULK_FILE_BYTES)
    assert "more than the 10 MB allowed" in reason(content)
    assert inspect(io.BytesIO(content), "page.jpg", image_bytes=limits.SINGLE_FILE_BYTES).frames == 1
    with pytest.raises(UploadRejected, match="more than the 20 MB allowed"):
        inspect(io.BytesIO(content + content), "page.jpg", image_bytes=limits.SINGLE_FILE_BYTES)


def test_a_pdf_may_be_larger_than_an_image() -> None:
    padded = pdf("one", end=b"%" * limits.SINGLE_FILE_BYTES + b"\n%%EOF\n")
    assert judged(padded, "book.pdf") == ("pdf", 1)


def test_the_refusal_names_the_file_as_it_may_be_shown() -> None:
    with pytest.raises(UploadRejected) as refusal:
        inspect(io.BytesIO(b""), "../../evil\r\n\u202egnp.png")
    assert refusal.value.name == "evil gnp.png"
    assert str(refusal.value).startswith("evil gnp.png: The file is empty")


# The interlaced one holds more than its picture.
MORE = {"mpo", "interlaced png", "png with garbage behind", "jpeg with garbage behind"}
WHOLE = {name: content for name, (_, content) in STILL_IMAGES.items() if name not in MORE}


# A checksum and an end mark say nothing of the picture; what else is missing is a part of it.
MARKS_BYTES = 24


@pytest.mark.parametrize("name", WHOLE)
def test_no_file_cut_in_its_picture_is_taken(name: str) -> None:
    content = WHOLE[name]
    for end in range(0, len(content) - MARKS_BYTES, len(content) // 40):
        reason(content[:end])


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", STILL_IMAGES)
def test_flipped_bytes_lead_to_a_page_or_a_reason_and_nothing_else(name: str) -> None:
    content = STILL_IMAGES[name][1]
    chance = random.Random(name)
    for _ in range(40):
        broken = bytearray(content)
        for _ in range(3):
            broken[chance.randrange(min(len(content), 600))] = chance.randrange(256)
        with contextlib.suppress(UploadRejected):
            assert inspect(io.BytesIO(bytes(broken)), "page").format
