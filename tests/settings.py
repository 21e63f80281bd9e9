"""The product's own settings under the tests' environment."""

import tests.own_environment
from bookpipeline.settings import *  # noqa: F403
from bookpipeline.settings import DATABASES

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in production: threads of one test share it as processes do.
    DATABASES["default"]["TEST"] = {"NAME": str(tests.own_environment.DATA / "test.sqlite3")}

# Each of a thousand people made by tests would cost a tenth of a second.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
