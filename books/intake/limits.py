"""Every limit of intake in one place, each with its source, so that a screen, the API and the checks agree."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

MEBIBYTE: Final = 1024 * 1024

# The product's promise (design: intake).
PAGES_PER_BOOK: Final = 500
# Of a larger file a part can be taken, by process_book --pages.
PAGES_PER_FILE: Final = 1_500
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

# A4 at 600 dpi is 35 million pixels.
PAGE_PIXELS: Final = 40_000_000
# A4 at 1,200 dpi is 139 million: line art of a byte a pixel, made smaller once it is decoded.
LINE_ART_PIXELS: Final = 140_000_000
# A4 at 500 dpi. Decoders of WebP and JPEG 2000 hold the picture several times (15 and 19 bytes a pixel were measured);
# with four channels a TIFF in one strip is held twice, and so are a progressive JPEG's coefficients.
GREEDY_PAGE_PIXELS: Final = 24_000_000
# What phones make by themselves, 48 million, in HEIC, AVIF (9 bytes a pixel) or as a progressive JPEG; also the most
# that a decoded page has.
PHONE_PIXELS: Final = 51_000_000
# Phones of today make 200 million; an ordinary JPEG is made smaller while it is decoded.
REDUCED_PIXELS: Final = 201_000_000
# Address space of one decoder, and its time.
IMAGE_MEMORY_BYTES: Final = 512 * MEBIBYTE
IMAGE_CPU_SECONDS: Final = 30
IMAGE_WALL_SECONDS: Final = 60.0
# Each page of a TIFF has a few reduced copies at the most.
TIFF_DIRECTORIES: Final = 3_000
# So many pixels of a TIFF are decoded to see that they can be: about two seconds.
DECODED_PIXELS: Final = 200_000_000
# Nothing in print can be read in a picture of this long side.
THUMBNAIL_PIXELS: Final = 256
# What cameras put beside a raw picture is smaller.
PREVIEW_PIXELS: Final = 700
# Below about 100 pixels a side no line of print is legible.
PAGE_SIDE_PIXELS: Final = 100
# A double page is 1.4 to 1; a till roll is beyond 10 to 1.
PAGE_ASPECT: Final = 10

# PDF points are 1/72 inch, and some programs make them pixels: one inch at the least, A3 at 600 dpi at the most.
PDF_PAGE_SIDE_POINTS: Final = (72.0, 12_000.0)
# A2 at 200 dpi; three bytes each while it is drawn, one on the way back.
PDF_RENDER_PIXELS: Final = 16_000_000
# A dense page of print holds 6,000 characters; past this a text layer is not one.
PDF_TEXT_CHARACTERS: Final = 30_000
# Address space; an A4 page holding a 600 dpi colour scan needs less than 200 MB.
PDF_CHILD_MEMORY_BYTES: Final = 384 * MEBIBYTE
PDF_CHILD_CPU_SECONDS: Final = 30
PDF_CHILD_WALL_SECONDS: Final = 60.0
# ISO 32000 readers look for %%EOF in the last 1024 bytes; mail gateways and servers pad files.
PDF_TAIL_BYTES: Final = 64 * 1024

# Long enough to tell two scans apart, short enough for one line of a list.
SHOWN_NAME_CHARACTERS: Final = 120
