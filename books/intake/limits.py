"""Every limit of intake in one place, each with its source, so that a screen, the API and the checks agree."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

MEBIBYTE: Final = 1024 * 1024

# The product's promise (design: intake).
PAGES_PER_BOOK: Final = 500
FILES_PER_UPLOAD: Final = 200
BULK_FILE_BYTES: Final = 10 * MEBIBYTE
SINGLE_FILE_BYTES: Final = 20 * MEBIBYTE


def image_bytes(files: int) -> int:
    """The most bytes an image may have in an upload of so many files."""
    return SINGLE_FILE_BYTES if files == 1 else BULK_FILE_BYTES


# A browser that was closed or lost its line leaves an upload behind; one file may take this long on a slow line.
DELIVERY_IDLE: Final = timedelta(hours=1)

# 500 scanned pages at 0.4 MB each, which is what a book scanner writes at 300 dpi in grey.
PDF_BYTES: Final = 200 * MEBIBYTE

# A4 at 600 dpi is 35 million pixels; as RGBA this limit takes 160 MB of a worker that may use 400 MB.
PAGE_PIXELS: Final = 40_000_000
# A4 at 400 dpi. WebP's decoder holds four copies in RGBA; with four channels a TIFF in one strip is held twice, and
# so are a progressive JPEG's coefficients: 16, 8 and 9 bytes a pixel.
GREEDY_PAGE_PIXELS: Final = 16_000_000
# Below about 100 pixels a side no line of print is legible.
PAGE_SIDE_PIXELS: Final = 100
# A double page is 1.4 to 1; a till roll is beyond 10 to 1.
PAGE_ASPECT: Final = 10

# PDF points are 1/72 inch: one inch at the least, twice the long side of A1 at the most.
PDF_PAGE_SIDE_POINTS: Final = (72.0, 4800.0)
# A2 at 200 dpi; three bytes each, so one page is at most 48 MB in the child and on the way back.
PDF_RENDER_PIXELS: Final = 16_000_000
# A dense page of print holds 6,000 characters; past this a text layer is not one.
PDF_TEXT_CHARACTERS: Final = 30_000
# Address space; an A4 page holding a 600 dpi colour scan needs less than 200 MB.
PDF_CHILD_MEMORY_BYTES: Final = 384 * MEBIBYTE
PDF_CHILD_CPU_SECONDS: Final = 30
PDF_CHILD_WALL_SECONDS: Final = 60.0
# A picture of so many pixels in RGB, as a PNG hardly packed.
PDF_PICTURE_BYTES: Final = 4 * PDF_RENDER_PIXELS
# ISO 32000 readers look for %%EOF in the last 1024 bytes; mail gateways and servers pad files a little.
PDF_TAIL_BYTES: Final = 4096

# Pillow's own MAX_TEXT_CHUNK, here for all compressed metadata of one PNG together.
PNG_METADATA_BYTES: Final = MEBIBYTE
# Encoders write 8 KB chunks, so the largest file allowed has 2,560.
PNG_CHUNKS: Final = 20_000
# A progressive scan repeats the work of the whole picture; encoders write about 10, libjpeg's fuzzers stop at 500.
JPEG_SCANS: Final = 100
JPEG_SEGMENTS: Final = 2_000
# Some cameras align segments to a disk sector.
JPEG_PADDING_BYTES: Final = 1_024
# A page scanner writes about 20 tags, a camera about 60.
TIFF_TAGS: Final = 200
# One strip a row is the finest cut in use.
TIFF_STRIPS: Final = 100_000

# Long enough to tell two scans apart, short enough for one line of a list.
SHOWN_NAME_CHARACTERS: Final = 120
