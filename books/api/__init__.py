"""The product's operations as JSON, for signed-in people and their scripts."""

from books.api.application import api

__all__ = ["api"]
