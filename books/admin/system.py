"""The page on the machinery: workers, what waits for them, providers, the sweep."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern

from books.admin.guards import StaffRequest, route, screen
from jobs.system import system_view


def routes() -> list[URLPattern]:
    return [route("system/", system, "jobs_system")]


@screen("jobs.view_job")
def system(request: StaffRequest) -> HttpResponseBase:
    """The whole page, or for HTMX its moving part alone."""
    view = system_view()
    context = {
        **({} if request.htmx else admin.site.each_context(request)),
        "title": "System",
        "view": view,
    }
    return render(request, f"bookpipeline/{'_system' if request.htmx else 'system'}.html", context)
