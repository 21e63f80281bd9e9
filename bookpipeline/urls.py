"""Where everything is: the admin at the root of the product's screens, the JSON API, health, metrics."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from bookpipeline.accounts import sign_on_urls
from bookpipeline.gate import gate
from bookpipeline.health import ready
from bookpipeline.metrics import metrics
from books.api.application import api
from books.api.refusals import nowhere

handler400 = "bookpipeline.spooling.refused"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="root"),
    path("ready", ready, name="ready"),
    path("gate", gate, name="gate"),
    path("metrics", metrics, name="metrics"),
    path("api/", api.urls),
    re_path("^api/", nowhere, name="nowhere"),
    path("admin/", admin.site.urls),
    # Answers 404 where no provider is configured.
    path("accounts/oidc/<str:provider_id>/", include(sign_on_urls)),
]
