"""A page's small picture, in the database: a grid of pages costs the storage no request, and a page one less."""

from __future__ import annotations

from django.db import models

from books.models.page import Page


class Thumbnail(models.Model):
    """A few kilobytes of JPEG, in a table of its own so that no list of pages loads them."""

    page = models.OneToOneField(Page, on_delete=models.CASCADE, primary_key=True, related_name="+")
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"Thumbnail of {self.page}"
