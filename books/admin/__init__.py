"""The screens: Django's admin, served as the whole product's interface."""

from django.contrib.admin.options import BaseModelAdmin
from django.core.paginator import Paginator
from django.forms.models import BaseModelForm

# For the type checker these are generic; Django knows nothing of it.
for _each in (BaseModelAdmin, BaseModelForm, Paginator):
    _each.__class_getitem__ = classmethod(lambda cls, _of: cls)  # type: ignore[union-attr]
