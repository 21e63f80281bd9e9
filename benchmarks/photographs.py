"""A book photographed by phone, made from the sample's sentences: what each picture does to its page is drawn by lot.

Pages lie on a dark table in a light that falls off, or fill the picture; at an angle, curved towards the fold, tilted,
in shadow, with a strip of the facing page, or as spreads of two. The same pictures every time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Grey = NDArray[Any]
TRUTH = Path(__file__).resolve().parent.parent / "samples" / "prealgebra" / "truth.json"
WIDTH, HEIGHT, MARGIN, LINE = 1240, 1754, 150, 50
KINDS = ("plain", "angle", "curve", "tilt", "strip", "spread", "shadow", "close", "all")


@dataclass(frozen=True)
class Photograph:
    """A JPEG of one page, or of two, and what is printed on each."""

    name: str
    jpeg: bytes
    texts: tuple[str, ...]


def photographs(pages: int, seed: int = 1) -> Iterator[Photograph]:
    """Of ``pages`` pages in all, in their order."""
    lot = np.random.default_rng(seed)
    sentences = _sentences()
    number, turn = 1, 0
    while number <= pages:
        kind = KINDS[turn % len(KINDS)]
        turn += 1
        count = 2 if kind == "spread" and number < pages else 1
        texts = tuple(_text(sentences, number + at, lot) for at in range(count))
        picture = _taken([_printed(text) for text in texts], kind, lot)
        jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
        yield Photograph(f"IMG_{number:04}_{kind}.jpg", jpeg, texts)
        number += count


def _sentences() -> list[str]:
    pages = json.loads(TRUTH.read_text(encoding="utf-8"))["pages"]
    prose = " ".join(line for page in pages for line in page["text"].splitlines() if len(line) > 40 and line.isascii())
    return [each for each in re.split(r"(?<=[.?!]) +(?=[A-Z])", prose) if 30 < len(each) < 200]


def _text(sentences: list[str], number: int, lot: np.random.Generator) -> str:
    """Under a running head, paragraphs in lines, and the page's number."""
    lines, line = [f"Chapter {1 + number // 12}: Whole Numbers"], ""
    while len(lines) < 27:
        words = " ".join(sentences[at] for at in lot.integers(len(sentences), size=4)).split()
        for word in words:
            if FONT.getlength(f"{line} {word}") > WIDTH - 2 * MARGIN:
                lines.append(line)
                line = ""
            line = f"{line} {word}".strip()
        lines.append(line)
        line = ""
    return "\n".join([*lines[:28], str(number)])


FONT: Any = ImageFont.load_default(34)


def _printed(text: str) -> Grey:
    page = Image.new("L", (WIDTH, HEIGHT), 250)
    draw = ImageDraw.Draw(page)
    *lines, number = text.splitlines()
    for at, line in enumerate(lines):
        draw.text((MARGIN, MARGIN + LINE * at + (20 if at else 0)), line, font=FONT, fill=25)
    draw.text((WIDTH // 2, HEIGHT - 110), number, font=FONT, fill=25)
    return np.asarray(page)


def _taken(pages: list[Grey], kind: str, lot: np.random.Generator) -> Grey:
    """The picture that a phone takes."""
    flat, folds = np.hstack(pages), [0.0] if len(pages) == 1 else [0.5]
    if kind == "strip":
        flat = np.hstack([pages[0][:, -lot.integers(170, 220) :], flat])
        folds = [1 - WIDTH / flat.shape[1]]
    height, width = flat.shape
    scale = 1.55 if len(pages) == 1 else 1.35
    room = {"plain": 60, "curve": 60, "strip": 60, "close": -60}.get(kind, 170)
    size = round(scale * width) + 2 * room, round(scale * height) + 2 * room
    x, y = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    corners = _corners(kind, size, room, lot)
    move = cv2.getPerspectiveTransform(corners, np.float32([[0, 0], [width, 0], [width, height], [0, height]]))
    seen = cv2.perspectiveTransform(np.stack([x, y], axis=-1).reshape(1, -1, 2), move).reshape(*x.shape, 2)
    u, v = seen[..., 0], seen[..., 1]
    near = np.max([np.exp(-np.abs(u / width - fold) / 0.09) for fold in folds], axis=0)
    is_curved = kind in {"curve", "strip", "spread", "close", "all"}
    if is_curved:
        v = v - (lot.uniform(16, 34) * near * (1 - 1.6 * v / height)).astype(np.float32)
    page = cv2.remap(flat, u, v.astype(np.float32), cv2.INTER_AREA, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    on_page = (u >= 0) & (u < width) & (v >= 0) & (v < height)
    wood = 55 + 14 * np.sin(y / 11 + 3 * np.sin(x / 190))
    picture = np.where(on_page, page * (1 - 0.45 * near * is_curved), wood)
    picture = picture * _light(kind, x / size[0], y / size[1], lot)
    picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 0.9) + lot.normal(0, 4, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _corners(kind: str, size: tuple[int, int], room: int, lot: np.random.Generator) -> Grey:
    """Of the page on the picture: a rectangle, seen from one side, turned."""
    (width, height), far = size, {"angle": 0.09, "all": 0.06, "spread": 0.03, "close": 0.03}.get(kind, 0.01)
    corners = np.array([[room, room], [width - room, room], [width - room, height - room], [room, height - room]])
    corners = corners + lot.uniform(-far, far, (4, 2)) * min(width, height) * (0.3 if room == 60 else 1)
    degrees = np.radians(lot.uniform(5, 8) * lot.choice([-1, 1]) if kind == "tilt" else lot.uniform(-1.5, 1.5))
    turn = np.array([[np.cos(degrees), np.sin(degrees)], [-np.sin(degrees), np.cos(degrees)]])
    middle = np.array([width / 2, height / 2])
    return ((corners - middle) @ turn * (0.94 if kind == "tilt" else 1) + middle).astype(np.float32)


def _light(kind: str, x: Grey, y: Grey, lot: np.random.Generator) -> Grey:
    """Of the lamp, and the shadow of the hand that holds the phone."""
    light = 0.95 - 0.25 * np.hypot(x - lot.uniform(0.2, 0.8), y - lot.uniform(0.2, 0.8))
    if kind in {"shadow", "all"}:
        edge = x * lot.uniform(-0.5, 0.5) + y - lot.uniform(0.4, 0.7)
        light = light * (1 - 0.5 / (1 + np.exp(-edge / 0.03)))
    return light
