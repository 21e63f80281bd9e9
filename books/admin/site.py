"""The admin site under the product's name."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite


class BookpipelineSite(AdminSite):
    site_header = "bookpipeline"
    site_title = "bookpipeline"
    index_title = "From scanned textbook to teaching guidelines"
    site_url = None
    # Three lists fit the header; the screens need the width.
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Leaves out the queue's own screens: whoever may add a schedule there could run any function."""
        models = model_or_iterable if isinstance(model_or_iterable, list | tuple) else [model_or_iterable]
        kept = [model for model in models if model._meta.app_label != "django_q"]
        if kept:
            super().register(kept, admin_class, **options)
