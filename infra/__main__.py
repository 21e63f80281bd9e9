"""python -m infra: the engine's metrics as log lines, for a clock to run each minute."""

from __future__ import annotations

import json
import sys

import django


def main() -> None:
    django.setup()
    from infra.cloudwatch import lines

    for line in lines():
        sys.stdout.write(json.dumps(line) + "\n")


main()
