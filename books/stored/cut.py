"""Parts of a scan, and where a spread is cut into two. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Point = tuple[float, float]
# The corners of a picture on its scan: top left, top right, bottom right, bottom left, in shares of the scan's sides.
Corners = tuple[Point, Point, Point, Point]
WHOLE: Corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def corners_of(points: Iterable[Iterable[float]]) -> Corners:
    """Rounded to less than a dot of a scan."""
    return tuple((round(float(x), 6), round(float(y), 6)) for x, y in points)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Cut:
    """The line between two facing pages: shares, 0 to 1, of the width of the page's image at its top and bottom.
    ``corners`` are those of that image."""

    corners: Corners
    top: float = 0.5
    bottom: float = 0.5

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    def moved_to(self, middle: float) -> Cut:
        by = middle - self.middle
        return Cut(self.corners, self.top + by, self.bottom + by)
