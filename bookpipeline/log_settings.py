"""What is logged, and how: one JSON object a line, or plain lines for a terminal; gunicorn's lines too."""

from __future__ import annotations

from typing import Any

from bookpipeline.environment import env

DEBUG = env.bool("DEBUG", default=False)
LEVEL = env.str("LOG_LEVEL", default="INFO")
FORMAT = env.str("LOG_FORMAT", default="plain" if DEBUG else "json")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"job": {"()": "jobs.logs.JobContextFilter"}},
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "plain": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["job"], "formatter": FORMAT}},
    "root": {"handlers": ["console"], "level": LEVEL},
    "loggers": {
        # They tell of every task, and of every attempt to sign in, several times; what matters is logged elsewhere.
        "django-q": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        # gunicorn brings handlers of its own for these; the proxy has the log of requests.
        "gunicorn.error": {"handlers": [], "propagate": True},
        "gunicorn.access": {"handlers": [], "propagate": False, "level": "CRITICAL"},
    },
}
