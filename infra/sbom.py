"""python -m infra.sbom: what is installed here, as a bill of materials in CycloneDX 1.5. An image holds its own.

Python's packages by their metadata, and the system's where it is a Debian.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import distributions

DEBIANS = ["dpkg-query", "--show", "--showformat", "${Package} ${Version}\n"]


def bill() -> dict[str, object]:
    python = {each.name.lower(): each.version for each in distributions()}
    parts = [_part(name, version, "pypi") for name, version in sorted(python.items())]
    if shutil.which(DEBIANS[0]):
        listed = subprocess.run(DEBIANS, capture_output=True, text=True, check=True).stdout  # noqa: S603
        named = [line.partition(" ") for line in listed.splitlines()]
        parts += [_part(name, version, "deb/debian") for name, _, version in named if version]
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": parts}


def _part(name: str, version: str, kind: str) -> dict[str, str]:
    purl = f"pkg:{kind}/{name}@{version}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bill(), indent=1) + "\n")
