"""Guidelines from a file into a book: received, shown as differences, applied."""

from books.publishing.importing.applying import apply_import
from books.publishing.importing.differences import Difference, differences
from books.publishing.importing.receiving import receive

__all__ = ["Difference", "apply_import", "differences", "receive"]
