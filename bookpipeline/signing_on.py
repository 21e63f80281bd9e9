"""Settings of signing in: passwords with a limit on attempts, and single sign-on where a provider is named."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from bookpipeline.environment import env
from bookpipeline.log_settings import DEBUG
from books.roles import ROLES

SIGNING_ON_APPS = [
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django.contrib.humanize",  # for the list of sessions
]
# Each session with the person who has it, so that those of one person can be ended.
SESSION_ENGINE = "books.models.session"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# ---- attempts: counted for a name at an address, so that nobody can lock out somebody elsewhere, and for an address --
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
AXES_FAILURE_LIMIT = env.int("LOGIN_ATTEMPTS", default=5)
AXES_COOLOFF_TIME = timedelta(minutes=env.float("LOGIN_COOL_OFF_MINUTES", default=15))
AXES_HANDLER = "books.attempts.Attempts"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "books.attempts.client_address"
AXES_LOCKOUT_CALLABLE = "books.attempts.locked_out"
# Who signed in is noted by books.audit.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

# ---- single sign-on over OpenID Connect: off without a server -------------------------------------------------------
OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", default="")
OIDC_NAME = env.str("OIDC_NAME", default="single sign-on")
OIDC_ROLE_CLAIM = env.str("OIDC_ROLE_CLAIM", default="")
OIDC_ROLES = env.dict("OIDC_ROLES", default={}) or {name: name for name in ROLES}
OIDC_PROVIDER_ID = "sso"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "provider_class": "bookpipeline.identity.CheckedProvider",
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [],
    }
}
if OIDC_SERVER_URL:
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"] = [
        {
            "provider_id": OIDC_PROVIDER_ID,
            "name": OIDC_NAME,
            "client_id": env.str("OIDC_CLIENT_ID"),
            "secret": env.str("OIDC_CLIENT_SECRET"),
            "settings": {"server_url": OIDC_SERVER_URL},
        }
    ]
# Browsers hold a posted form to the policy through all its redirects: to the provider and back.
OIDC_FORM_ORIGINS = env.list("OIDC_FORM_ORIGINS", default=[])
if OIDC_SERVER_URL and not OIDC_FORM_ORIGINS:
    OIDC_FORM_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(OIDC_SERVER_URL))]
SOCIALACCOUNT_ADAPTER = "bookpipeline.accounts.SignOnAdapter"
ACCOUNT_ADAPTER = "bookpipeline.accounts.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "admin:login"
# Attempts are counted above, and for all processes and machines alike.
ACCOUNT_RATE_LIMITS = False

# ---- the second factor and sessions: bookpipeline.second_factor ------------------------------------------------------
MFA_ROLES = env.list("MFA_ROLES", default=[])
if unknown := set(MFA_ROLES) - set(ROLES):
    raise ImproperlyConfigured(f"MFA_ROLES names {', '.join(sorted(unknown))}; the roles are {', '.join(ROLES)}.")
MFA_ADAPTER = "bookpipeline.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "bookpipeline.second_factor.CodeForm",
    "reauthenticate": "bookpipeline.second_factor.CodeAgainForm",
}
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
USERSESSIONS_TRACK_ACTIVITY = True
SESSION_IDLE_MINUTES = env.float("SESSION_IDLE_MINUTES", default=720)
SESSION_HOURS = env.float("SESSION_HOURS", default=336)
# Never before it: whoever is signed out is told why.
SESSION_COOKIE_AGE = max(336 * 3600, round(SESSION_HOURS * 3600))
# For so many seconds after somebody signed in again, roles, tokens, endpoints and prices may be changed.
ACCOUNT_REAUTHENTICATION_TIMEOUT = env.int("SIGN_IN_AGAIN_SECONDS", default=900)
SOCIALACCOUNT_STORE_TOKENS = False
