"""Where everything is: the admin at the root of the product's screens, the JSON API, health, metrics."""

from __future__ import annotations

from allauth.account import views as account_views
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView

from bookpipeline.accounts import SignOnAgainView, sign_in, sign_on_urls
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
    # Before the admin's own, which takes a password for enough.
    path("admin/login/", sign_in, name="account_login"),
    path("admin/", admin.site.urls),
    path("accounts/logout/", require_POST(account_views.logout), name="account_logout"),
    path("accounts/again/", account_views.reauthenticate, name="account_reauthenticate"),
    path("accounts/again/sign-on/", SignOnAgainView.as_view(), name="account_sign_on_again"),
    path("accounts/factors/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    # Answers 404 where no provider is configured.
    path("accounts/oidc/<str:provider_id>/", include(sign_on_urls)),
]
