"""The web process's entry for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookpipeline.settings")
application = get_wsgi_application()

import bookpipeline.urls  # noqa: E402, F401 - all screens, which the first request would wait for
