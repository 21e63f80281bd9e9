"""python -m infra.release: what comes before a new release starts: its migrations, and at first an administrator.

The administrator's name and address are DJANGO_SUPERUSER_USERNAME and _EMAIL; the password comes from where secrets are
kept, as DJANGO_SUPERUSER_PASSWORD, and stands in no command.
"""

from __future__ import annotations

import os

import django
from django.core.management import call_command


def main() -> None:
    django.setup()
    from django.contrib.auth import get_user_model

    call_command("migrate", interactive=False)
    is_first = not get_user_model().objects.filter(is_superuser=True).exists()
    if is_first and os.environ.get("DJANGO_SUPERUSER_USERNAME"):
        call_command("createsuperuser", interactive=False)


if __name__ == "__main__":
    main()
