"""The beginning of every child of books.intake.child; started by path, so it imports nothing of ours.

Standard input is one JSON object. Standard output is one line of JSON, followed by whatever bytes were asked for.
"""

from __future__ import annotations

import json
import resource
import runpy
import sys
from typing import Any


def limit_resources(request: dict[str, Any]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (request["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (request["cpu_seconds"],) * 2)


def main() -> None:
    request = json.load(sys.stdin)
    answer = runpy.run_path(request["script"])["answer"]
    limit_resources(request)
    header, body = answer(request)
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + body)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
