"""Files as people and attackers send them, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

PAGE = (300, 420)


def page(mode: str = "L", size: tuple[int, int] = PAGE, seed: int = 1) -> Image.Image:
    """A page of noise, so that compressed data has some length."""
    noise = np.random.default_rng(seed).integers(0, 255, (size[1], size[0]), dtype=np.uint8)
    return Image.fromarray(noise, "L").convert(mode) if mode != "L" else Image.fromarray(noise)


def saved(kind: str, image: Image.Image | None = None, **options: Any) -> bytes:
    target = io.BytesIO()
    (image or page()).save(target, kind, **options)
    return target.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    *chunks: bytes, width: int = 300, height: int = 420, depth: int = 8, colour: int = 0, interlace: int = 0
) -> bytes:
    """A PNG of these chunks between header and end; without any, with white picture data."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    body = b"".join(chunks) or white(width, height)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + body + png_chunk(b"IEND", b"")


def white(width: int = 300, height: int = 420) -> bytes:
    return png_chunk(b"IDAT", zlib.compress((b"\0" + b"\xff" * width) * height))


def tiff(*pages: dict[int, int], loop_to: int | None = None, magic: int = 42) -> bytes:
    """A TIFF of directories only; every tag is one LONG. ``loop_to`` is the page the last one points back at."""
    offsets, position = [], 8
    for tags in pages:
        offsets.append(position)
        position += 2 + 12 * len(tags) + 4
    following = [*offsets[1:], 0 if loop_to is None else offsets[loop_to]]
    out = struct.pack("<2sHI", b"II", magic, offsets[0] if offsets else 0)
    for tags, after in zip(pages, following, strict=False):
        entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
        out += struct.pack("<H", len(tags)) + entries + struct.pack("<I", after)
    return out


def tiff_tags(width: int = 300, height: int = 420, *, offset: int = 8, length: int = 8) -> dict[int, int]:
    return {
        256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: offset, 277: 1, 278: height, 279: length,
    }  # fmt: skip


def pdf(*texts: str, box: tuple[float, float] = (420, 595), end: bytes = b"%%EOF\n") -> bytes:
    """A PDF with one page for each text, in Helvetica; an empty text makes a page without text layer."""
    kids = " ".join(f"{10 + 2 * index} 0 R" for index in range(len(texts)))
    parts = [
        "%PDF-1.4",
        "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
        f"2 0 obj<</Type/Pages/Kids[{kids}]/Count {len(texts)}/MediaBox[0 0 {box[0]} {box[1]}]>>endobj",
        "3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj",
    ]
    for number, text in enumerate(texts):
        content = f"BT /F1 24 Tf 40 {box[1] / 2} Td ({text}) Tj ET" if text else ""
        at = 10 + 2 * number
        resources = f"/Resources<</Font<</F1 3 0 R>>>>/Contents {at + 1} 0 R"
        parts.append(f"{at} 0 obj<</Type/Page/Parent 2 0 R{resources}>>endobj")
        parts.append(f"{at + 1} 0 obj<</Length {len(content)}>>stream\n{content}\nendstream endobj")
    parts.append("trailer<</Root 1 0 R>>\n")
    return "\n".join(parts).encode() + end


def drawn_by(entries: bytes, data: bytes) -> bytes:
    """A PDF with one page that is drawn by this stream with these entries."""
    drawing = b"11 0 obj<<%s/Length %d>>stream\n%s\nendstream endobj\n" % (entries, len(data), data)
    before, _, behind = pdf("").partition(b"11 0 obj")
    return before + drawing + behind.partition(b"endobj\n")[2]


def jpeg_without_end() -> bytes:
    return saved("JPEG").removesuffix(b"\xff\xd9")


def apng() -> bytes:
    return saved("PNG", page(), save_all=True, append_images=[page(seed=2)], duration=100)
