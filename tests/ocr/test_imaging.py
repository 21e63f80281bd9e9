"""Whatever intake accepts becomes an upright grey page, and nothing but pixels comes out again."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from books.errors import UnreadableImage
from books.intake.image_child import ENOUGH
from books.ocr.accuracy import character_error_rate
from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.open import encode_png, encoded_thumbnail, normalise, open_page
from tests.ocr import provoking
from tests.ocr.test_cases import RIVERS

NASTY = Path(__file__).parents[1] / "nasty"
ITEMS: list[dict[str, Any]] = json.loads((NASTY / "manifest.json").read_text())["items"]
IMAGES = [item["file"] for item in ITEMS if item["expect"] == "accept" and not item["file"].endswith(".pdf")]
ORIENTATION = 0x0112


def opened(image: Image.Image, kind: str, frame: int = 0, **options: Any) -> Image.Image:
    return open_page(stored(image, kind, **options), frame)


def stored(image: Image.Image, kind: str, **options: Any) -> io.BytesIO:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target


def difference(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).mean())


@pytest.fixture(scope="module")
def page() -> Image.Image:
    """Print in the upper left only, so that every turn of it looks different."""
    page = provoking.sample(2).crop((0, 0, 600, 800))
    page.paste(255, (300, 0, 600, 800))
    return page


@pytest.mark.parametrize("name", IMAGES)
def test_accepted_files_open(name: str) -> None:
    with (NASTY / "files" / name).open("rb") as data:
        page = open_page(data)
    assert page.mode == "L"
    assert page.info == {}
    shades = np.asarray(page)
    assert np.median(shades) > 200, "the paper is not white"
    assert name == "blank_page.png" or shades.min() < 90, "the print is gone"


@pytest.mark.parametrize("name", ["truncated.jpg", "truncated.png", "bad_crc.png"])
def test_damaged_files_are_unreadable(name: str) -> None:
    with (NASTY / "files" / name).open("rb") as data, pytest.raises(UnreadableImage, match=r"damaged.*again\.$"):
        open_page(data)


def test_damaged_picture_data_inside_a_whole_file(page: Image.Image) -> None:
    data = bytearray(stored(page, "PNG").getvalue())
    middle = data.index(b"IDAT") + 200
    data[middle : middle + 300] = bytes(300)
    with pytest.raises(UnreadableImage):
        open_page(io.BytesIO(bytes(data)))


def test_every_frame_of_a_tiff_is_a_page(page: Image.Image) -> None:
    other = provoking.white_on_black(page)
    data = stored(page, "TIFF", save_all=True, append_images=[other])
    assert difference(open_page(data, 0), page) == 0
    assert difference(open_page(data, 1), other) == 0
    with pytest.raises(UnreadableImage, match="page 3"):
        open_page(data, 2)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pages_stand_as_the_camera_says(page: Image.Image, kind: str, orientation: int) -> None:
    undone = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    taken = page.transpose(undone[orientation]) if orientation in undone else page
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    upright = opened(taken, kind, exif=exif, **({"quality": 95} if kind != "PNG" else {}))
    assert upright.size == page.size
    assert difference(upright, page) < 3


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        *(("1", "TIFF"), ("P", "PNG"), ("RGB", "WEBP"), ("CMYK", "TIFF"), ("CMYK", "JPEG"), ("YCbCr", "JPEG")),
        *(("I;16", "PNG"), ("I;16", "TIFF"), ("I", "TIFF"), ("F", "TIFF"), ("LAB", "TIFF"), ("LA", "PNG")),
    ],
)
def test_every_mode_becomes_grey(page: Image.Image, mode: str, kind: str) -> None:
    if mode == "LAB":
        flat = Image.new("L", page.size, 128)
        image = Image.merge("LAB", (page, flat, flat))
    elif mode == "I;16":
        image = Image.fromarray(np.asarray(page).astype(np.uint16) * 16)  # a scanner's 12 bits
    else:
        image = page.convert(mode)
    assert difference(opened(image, kind), page) < (12 if mode == "1" else 3)


def test_16_bit_negatives_are_turned(page: Image.Image) -> None:
    deep = 65535 - np.asarray(page).astype(np.uint16) * 257
    assert difference(opened(Image.fromarray(deep), "TIFF", tiffinfo={262: 0}), page) < 2


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_print_that_is_only_transparency_shows_on_white(page: Image.Image, mode: str) -> None:
    image = Image.new("RGBA", page.size, (0, 0, 0, 0))
    image.putalpha(page.point(lambda shade: 255 - shade))
    assert difference(opened(image.convert(mode), "PNG"), page) < 1


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_light_print_on_nothing_shows_on_black(page: Image.Image, mode: str) -> None:
    image = Image.new("RGBA", page.size, (255, 255, 255, 0))
    image.putalpha(page.point(lambda shade: 255 - shade))
    assert difference(opened(image.convert(mode), "PNG"), page.point(lambda shade: 255 - shade)) < 1


def test_large_photographs_are_decoded_smaller() -> None:
    image = Image.new("RGB", (5200, 7400), "white")
    page = opened(image, "JPEG")
    assert ENOUGH[0] <= page.width < 2 * ENOUGH[0]


def test_what_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(UnreadableImage, match="million allowed"):
        opened(Image.new("L", (12_000, 12_000), 255), "PNG", compress_level=1)
    with pytest.raises(UnreadableImage, match="million allowed"):
        opened(Image.new("RGB", (6000, 4500), "white"), "WEBP", quality=1, method=0)


def test_nothing_but_pixels_is_written(page: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    page = page.copy()
    page.info.update(exif=exif.tobytes(), icc_profile=b"a profile", dpi=(300, 300), Comment="by whom")
    written = encode_png(page)
    chunks = {
        written[at - 4 : at] for at in range(4, len(written)) if written[at - 4 : at] in (b"eXIf", b"iCCP", b"tEXt")
    }
    assert not chunks
    with Image.open(io.BytesIO(written)) as again:
        assert not again.info
        assert difference(again, page) == 0


def test_gps_does_not_survive() -> None:
    with (NASTY / "files" / "gps_exif.jpg").open("rb") as data:
        page = open_page(data)
    with Image.open(io.BytesIO(encode_png(page))) as written:
        assert not written.getexif()
        assert not written.info


def test_thumbnails_keep_the_proportions_and_are_small(page: Image.Image) -> None:
    made = encoded_thumbnail(page)
    assert len(made) < 15_000
    with Image.open(io.BytesIO(made)) as small:
        assert small.size == (300, 400)


# Pairs as bright as each other, but for the yellow, which is nearly as bright as white.
COLOURS = {
    "red on green": ((254, 0, 0), (0, 129, 0)),
    "green on red": ((0, 129, 0), (254, 0, 0)),
    "orange on blue": ((255, 127, 0), (105, 162, 220)),
    "violet on olive": ((160, 40, 230), (97, 97, 0)),
    "yellow on white": ((255, 255, 0), (255, 255, 255)),
}


def in_colours(page: Image.Image, ink: tuple[int, ...], ground: tuple[int, ...]) -> Image.Image:
    return Image.composite(Image.new("RGB", page.size, ground), Image.new("RGB", page.size, ink), page)


@pytest.mark.parametrize(
    ("pair", "kind", "most"),
    [*((pair, "PNG", 0.06) for pair in COLOURS), ("red on green", "JPEG", 0.15), ("yellow on white", "JPEG", 0.05)],
)
def test_print_that_its_colour_alone_tells_is_read_on_a_page_and_in_a_box(pair: str, kind: str, most: float) -> None:
    """A JPEG keeps colours at half the page's fineness."""
    page = provoking.sample(3)
    coloured = in_colours(page, *COLOURS[pair])
    boxed = page.convert("RGB")
    boxed.paste(coloured.crop((60, 400, 940, 1000)), (60, 400))
    for made in (coloured, boxed):
        read = TesseractEngine().read(normalise(opened(made, kind)))
        assert character_error_rate(provoking.truth(3), read.text) < most


def test_bold_lines_in_deep_yellow_under_black_ones_are_read() -> None:
    page = Image.new("RGB", (1240, 1754), "white")
    draw, lines = ImageDraw.Draw(page), RIVERS[7:12]
    for at, line in enumerate([*RIVERS, *lines]):
        is_black = at < len(RIVERS)
        place = (140, 150 + 50 * at) if is_black else (140, 930 + 56 * (at - len(RIVERS)))
        font = ImageFont.load_default(32)
        draw.text(place, line, (0, 0, 0) if is_black else (250, 225, 40), font, stroke_width=int(not is_black))
    read = TesseractEngine().read(normalise(opened(page, "PNG")))
    assert character_error_rate("\n".join([*RIVERS, *lines]), read.text) < 0.03


def test_a_page_of_other_colours_becomes_grey_as_ever() -> None:
    page = in_colours(provoking.sample(3), (160, 20, 20), (255, 250, 225))
    page.paste((255, 240, 160), (100, 1000, 500, 1200))
    page.paste((40, 120, 200), (600, 1000, 900, 1200))
    assert opened(page, "PNG").tobytes() == page.convert("L").tobytes()


def test_a_coloured_picture_is_no_print() -> None:
    """As bright as its ground here and there, but of many colours."""
    page = provoking.sample(3).convert("RGB")
    noise = np.random.default_rng(3).integers(0, 150, (60, 80, 3), dtype=np.uint8)
    page.paste(Image.fromarray(noise).resize((640, 480), Image.Resampling.NEAREST), (100, 700))
    assert opened(page, "PNG").tobytes() == page.convert("L").tobytes()
