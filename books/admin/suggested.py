"""A field with suggestions, for what is mostly one of those known and may be another: models, languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class Suggested(forms.TextInput):
    """``known`` is asked at each showing."""

    def __init__(self, known: Callable[[], Iterable[str]]) -> None:
        super().__init__({"class": "vTextField", "autocomplete": "off"})
        self.known = known

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, {**(attrs or {}), "list": f"{name}-known"}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((each,) for each in self.known()))
        return format_html('{}<datalist id="{}-known">{}</datalist>', field, name, options)
