from __future__ import annotations

from tests.admin.conftest import admin, book, person, said, screens, woken

__all__ = ["admin", "book", "person", "said", "screens", "woken"]
