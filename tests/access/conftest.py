from __future__ import annotations

import pytest


@pytest.fixture
def said():
    """The messages that a page shows."""

    def messages(response) -> list[str]:
        return [str(message) for message in response.context["messages"]]

    return messages
