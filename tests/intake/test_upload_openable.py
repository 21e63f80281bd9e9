"""What intake accepts, OCR can open: their limits meet, also where a decoder needs much memory."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from books.errors import UploadRejected
from books.intake import limits
from books.intake.inspect import inspect
from books.ocr.image.open import open_page

# Just allowed; one row more is not.
GREEDY = (4000, limits.GREEDY_PAGE_PIXELS // 4000)
REDUCED = (12_000, limits.REDUCED_PIXELS // 12_000)
PHONE = (6000, limits.PHONE_PIXELS // 6000)
PLAIN = (5000, limits.PAGE_PIXELS // 5000)
LINE_ART = (10_000, limits.LINE_ART_PIXELS // 10_000)
KINDS = {
    "webp": ("RGB", "WEBP", {"quality": 1, "method": 0}, GREEDY),
    "webp with transparency": ("RGBA", "WEBP", {"lossless": True, "quality": 0, "method": 0}, GREEDY),
    "progressive cmyk jpeg": ("CMYK", "JPEG", {"progressive": True}, GREEDY),
    "cmyk tiff": ("CMYK", "TIFF", {"compression": "tiff_lzw"}, GREEDY),
    "transparent tiff": ("RGBA", "TIFF", {"compression": "tiff_lzw"}, GREEDY),
    "cmyk jpeg": ("CMYK", "JPEG", {}, REDUCED),
    "progressive jpeg": ("RGB", "JPEG", {"progressive": True}, PHONE),
    "jpeg 2000": ("RGB", "JPEG2000", {"quality_mode": "rates", "quality_layers": [200]}, GREEDY),
    "gif": ("P", "GIF", {}, PLAIN),
    "line art": ("1", "TIFF", {"compression": "group4"}, LINE_ART),
    "grey png": ("L", "PNG", {"compress_level": 1}, LINE_ART),
    "bmp": ("1", "BMP", {}, PLAIN),
    "png": ("RGBA", "PNG", {"compress_level": 1}, PLAIN),
    "tiff": ("RGB", "TIFF", {"compression": "tiff_lzw"}, PLAIN),
}


def written(mode: str, kind: str, options: dict[str, object], size: tuple[int, int]) -> BytesIO:
    data = BytesIO()
    Image.new(mode, size).save(data, kind, **options)
    return data


@pytest.mark.parametrize("name", KINDS)
def test_the_largest_that_is_accepted_can_be_opened(name):
    mode, kind, options, size = KINDS[name]
    data = written(mode, kind, options, size)
    inspect(data, "page")
    page = open_page(data)
    assert page.width / page.height == pytest.approx(size[0] / size[1], rel=0.01)


@pytest.mark.parametrize("name", KINDS)
def test_one_row_more_is_refused_with_what_to_do(name):
    mode, kind, options, (width, height) = KINDS[name]
    with pytest.raises(UploadRejected, match=r"million.*(PNG|smaller)"):
        inspect(written(mode, kind, options, (width, height + 1)), "page")
