from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """schemathesis leaves the operation out of the ids of its tests, and xdist runs one test of an id."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.name not in item.nodeid:
            item._id = replace(item._id, params=item.name.partition("[")[2].removesuffix("]"))
