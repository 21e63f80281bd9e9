"""Fields for what is mostly one of those known: a model, with suggestions; the languages of a book, by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from books.wording import LANGUAGES, language_name


class Suggested(forms.TextInput):
    """``known`` is asked at each showing."""

    def __init__(self, known: Callable[[], Iterable[str]]) -> None:
        super().__init__({"class": "vTextField", "autocomplete": "off"})
        self.known = known

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, {**(attrs or {}), "list": f"{name}-known"}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((each,) for each in self.known()))
        return format_html('{}<datalist id="{}-known">{}</datalist>', field, name, options)


class Languages(forms.MultiWidget):
    """One language and perhaps a second, those with a model here first; one value, as Tesseract takes it: deu+eng."""

    use_fieldset = False

    def __init__(self, installed: Callable[[], Iterable[str]]) -> None:
        second = forms.Select({"aria-label": gettext_lazy("Second language")})
        super().__init__({"": forms.Select(), "also": second})
        self.installed = installed

    def decompress(self, value: str | None) -> list[str]:
        first, _plus, second = (value or "").partition("+")
        return [first, second]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        chosen = self.decompress(value)
        for select, none in zip(self.widgets, ([], [("", _("no second language"))]), strict=True):
            select.choices = [*none, *self._choices(chosen)]  # type: ignore[attr-defined]  # a Select's
        self.attrs.pop("maxlength", None)
        return super().get_context(name, value, attrs)

    def _choices(self, chosen: list[str]) -> list[Any]:
        here = set(self.installed())
        others = {each for each in (*LANGUAGES, *chosen) if each} - here
        groups = ((_("Can be read here"), here), (_("Others"), others))
        return [(title, sorted(((each, language_name(each)) for each in codes), key=_name)) for title, codes in groups]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:  # type: ignore[override]  # joined
        return "+".join(dict.fromkeys(filter(None, super().value_from_datadict(data, files, name))))

    def use_required_attribute(self, _initial: Any) -> bool:
        """The second may be none; the first always is one."""
        return False

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0"


def _name(choice: tuple[str, str]) -> str:
    return choice[1]
