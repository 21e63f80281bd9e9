"""The API object: session authentication with CSRF, and the engine's errors as status codes."""

from __future__ import annotations

from ninja import NinjaAPI
from ninja.security import django_auth

api = NinjaAPI(title="bookpipeline", version="1", auth=django_auth)
