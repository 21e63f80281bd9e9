"""Fixtures that every room's tests may use."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "prealgebra"


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    """Files of one test in a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    storages = {**settings.STORAGES}
    options = {"location": str(settings.MEDIA_ROOT), "allow_overwrite": True}
    storages["default"] = {**storages["default"], "OPTIONS": options}
    settings.STORAGES = storages


@pytest.fixture
def sample() -> Path:
    return SAMPLE


@pytest.fixture
def admin(db):
    return get_user_model().objects.create_superuser("ada", "ada@example.org", "a-long-password-1")
