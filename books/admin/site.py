"""The admin site under the product's name."""

from __future__ import annotations

from django.contrib.admin import AdminSite


class BookpipelineSite(AdminSite):
    site_header = "bookpipeline"
    site_title = "bookpipeline"
    index_title = "From scanned textbook to teaching guidelines"
    site_url = None
    # Three lists fit the header; the screens need the width.
    enable_nav_sidebar = False
