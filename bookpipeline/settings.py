"""Everything an environment may choose, read once. The variables are listed in .env.example."""

from __future__ import annotations

import os
from pathlib import Path

from csp.constants import NONE, SELF
from whitenoise.compress import Compressor

from bookpipeline.bucket import bucket_origins, s3_storage
from bookpipeline.environment import BASE_DIR, env
from bookpipeline.log_settings import DEBUG, LOGGING  # noqa: F401 - settings too
from bookpipeline.release import COMMIT, VERSION  # noqa: F401 - settings too
from bookpipeline.signing_on import *  # noqa: F403 - settings too
from bookpipeline.signing_on import BEHIND_PROXY, OIDC_FORM_ORIGINS, SIGNING_ON_APPS

SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
DATA_DIR.mkdir(parents=True, exist_ok=True)

INSTALLED_APPS = [
    "bookpipeline",
    "books",
    "jobs",
    "books.admin.apps.BookpipelineAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_q",
    "ninja",  # for the scripts of its page of documentation
    "simple_history",
    "csp",
    *SIGNING_ON_APPS,
]
MIDDLEWARE = [
    "bookpipeline.health.HealthMiddleware",
    "bookpipeline.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bookpipeline.middleware.CompressedScreens",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "bookpipeline.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "books.tokens.TokenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    "bookpipeline.second_factor.SignedInMiddleware",
    "books.audit.AuditMiddleware",
    "bookpipeline.gate.BodyMiddleware",
    "ninja.compatibility.files.fix_request_files_middleware",
]
ROOT_URLCONF = "bookpipeline.urls"
WSGI_APPLICATION = "bookpipeline.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            # Every template has texts.
            "builtins": ["django.templatetags.i18n", "books.wording"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bookpipeline.accounts.site_context",
            ],
        },
    }
]

# ---- database -------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
DATABASES["default"] |= {"CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60), "CONN_HEALTH_CHECKS": True}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- counts of requests and queries: of the web alone, where gunicorn.conf.py names a folder -------------
if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
    _COUNTED = "django_prometheus.middleware.Prometheus{}Middleware"
    MIDDLEWARE = [_COUNTED.format("Before"), *MIDDLEWARE, _COUNTED.format("After")]
    DATABASES["default"]["ENGINE"] = DATABASES["default"]["ENGINE"].replace("django.", "django_prometheus.", 1)

# ---- what all processes and machines know together: codes that were used ---------------------------------------------
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
    # Where clusters write how they are, each second, and nobody reads: Cluster.seen_at tells it.
    "unread": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}

# ---- mail, for notices: none without a server ------------------------------------------------------------------------
HAS_MAIL = bool(env.str("EMAIL_URL", default=""))
if HAS_MAIL:
    vars().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="bookpipeline@localhost")
# Before the addresses in notices.
SITE_URL = env.str("SITE_URL", default=next(iter(CSRF_TRUSTED_ORIGINS), "")).rstrip("/")

# ---- files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Pages name files with their hash; maps of sources, which browsers fetch for developers alone, took most of a minute.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = DATA_DIR / "media"
_FILES = {
    "BACKEND": "bookpipeline.storage.Folder",
    "OPTIONS": {"location": str(MEDIA_ROOT), "allow_overwrite": True},
}
BUCKET = s3_storage(
    bucket_name=env.str("AWS_STORAGE_BUCKET_NAME", default=""),
    endpoint_url=env.str("AWS_S3_ENDPOINT_URL", default=None),
    region_name=env.str("AWS_S3_REGION_NAME", default=None),
)
IS_S3 = env.str("STORAGE", default="files") == "s3"
_STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": BUCKET if IS_S3 else _FILES,
    "staticfiles": {"BACKEND": _STATIC if DEBUG else "bookpipeline.storage.Collected"},
}
# Above the 200 files of one upload plus the form's own fields; one file's limits are in books.intake.limits.
DATA_UPLOAD_MAX_NUMBER_FILES = 250
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1500
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "bookpipeline.spooling.SpooledUpload",
]

# ---- quotas: books altogether; gigabytes of files, and jobs at once, of one person ----------------------------------
QUOTA_BOOKS = env.int("QUOTA_BOOKS", default=10_000)
QUOTA_GIGABYTES = env.int("QUOTA_GIGABYTES", default=500)
QUOTA_JOBS = env.int("QUOTA_JOBS", default=50)

# Who may open a book that nobody said it of: all, team or owner (books.access).
BOOK_ACCESS = env.str("BOOK_ACCESS", default="all")

# ---- engines --------------------------------------------------------------------------------------------------------
OCR_ENGINE = env.str("OCR_ENGINE", default="local")
TESSDATA_DIR = env.str("TESSDATA_DIR", default="")
GUIDELINE_ENGINE = env.str("GUIDELINE_ENGINE", default="offline")
OPENAI_API_KEY = env.str("OPENAI_API_KEY", default="")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", default="")
OPENAI_MODEL = env.str("OPENAI_MODEL", default="gpt-5-mini")
LLM_PROVIDERS = env.json("LLM_PROVIDERS", default={})
# For each provider, all workers together: calls in flight at most; requests and tokens a minute, 0 for no limit.
LLM_TIMEOUT_SECONDS = env.float("LLM_TIMEOUT_SECONDS", default=100)
LLM_CONCURRENCY = env.int("LLM_CONCURRENCY", default=8)
LLM_REQUESTS_PER_MINUTE = env.int("LLM_REQUESTS_PER_MINUTE", default=0)
LLM_TOKENS_PER_MINUTE = env.int("LLM_TOKENS_PER_MINUTE", default=0)

# ---- jobs: seconds, in the order in which they must grow ------------------------------------------------------------
JOB_HEARTBEAT_SECONDS = env.float("JOB_HEARTBEAT_SECONDS", default=30)
JOB_DATABASE_PATIENCE_SECONDS = env.float("JOB_DATABASE_PATIENCE_SECONDS", default=30)
JOB_SLICE_SECONDS = env.float("JOB_SLICE_SECONDS", default=60)
JOB_LEASE_SECONDS = env.float("JOB_LEASE_SECONDS", default=90)
JOB_TIMEOUT_SECONDS = env.int("JOB_TIMEOUT_SECONDS", default=120)
# A slice of network work ends with what is in hand: an answer, its repair, and both once more for a rewording.
JOB_IO_TIMEOUT_SECONDS = int(JOB_SLICE_SECONDS + 4 * LLM_TIMEOUT_SECONDS) + 20
JOB_STALE_SECONDS = env.float("JOB_STALE_SECONDS", default=120)
JOB_SWEEP_SECONDS = env.float("JOB_SWEEP_SECONDS", default=60)
CANARY_SECONDS = env.float("CANARY_SECONDS", default=10)
CANARY_PATIENCE_SECONDS = env.float("CANARY_PATIENCE_SECONDS", default=60)
DRAIN_SECONDS = env.float("DRAIN_SECONDS", default=60)
POOLS = {
    "cpu": env.int("CPU_WORKERS", default=os.cpu_count() or 1),
    "io": env.int("IO_WORKERS", default=2),
}
BROKER_URL = env.str("BROKER_URL", default="")
# How often the queue is looked at although nothing told of a message.
QUEUE_POLL_SECONDS = env.float("QUEUE_POLL_SECONDS", default=10)
Q_CLUSTER = {
    "name": "bookpipeline",
    # The queue is a table unless a Redis server is named; schedules and jobs are rows either way.
    **(
        {"redis": BROKER_URL}
        if BROKER_URL
        else {"orm": "default", "broker_class": "jobs.worker.broker.ListeningBroker"}
    ),
    "cache": "unread",
    "timeout": JOB_TIMEOUT_SECONDS,
    "retry": 3 * max(JOB_TIMEOUT_SECONDS, JOB_IO_TIMEOUT_SECONDS) + 40,
    "queue_limit": 1,
    "bulk": 1,
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "catch_up": False,
    "recycle": 200,
    "guard_cycle": 1,
    "poll": 0,
    "label": "Queue",
    "ALT_CLUSTERS": {pool: {"workers": workers} for pool, workers in POOLS.items()},
}

# ---- people and security --------------------------------------------------------------------------------------------
# By kind, where it is not as books.retention says; 0 for ever.
RETENTION_DAYS = env.dict("RETENTION_DAYS", cast={"value": int}, default={})
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# Of one API token, to all processes of the web together.
TOKEN_REQUESTS_PER_MINUTE = env.int("TOKEN_REQUESTS_PER_MINUTE", default=600)
# Plain http and addresses that are not public, for webhooks on a developer's machine.
WEBHOOKS_MAY_STAY_INSIDE = env.bool("WEBHOOKS_MAY_STAY_INSIDE", default=DEBUG)
LANGUAGE_CODE = "en"
# Each by the name that it calls itself.
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "bookpipeline.formats"
TIME_ZONE = "UTC"  # of whoever did not say which is theirs: bookpipeline.middleware
USE_TZ = True
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0 if DEBUG else 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_SECONDS > 0
# Browsers' own lists bind a whole domain for years: whoever owns it decides on that, not a deployment's check.
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "bookpipeline.gate.sent_from_before"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "connect-src": [SELF, *(bucket_origins(**BUCKET["OPTIONS"]) if IS_S3 else [])],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF, *OIDC_FORM_ORIGINS],
        "frame-ancestors": [NONE],
    }
}
