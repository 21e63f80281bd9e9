"""Reads the Terraform files as they are written: no provider, no account, no plan."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import hcl2
from hcl2 import SerializationOptions

INFRA = Path(__file__).resolve().parent.parent.parent / "infra"
MODULES = INFRA / "terraform" / "modules"
PRODUCTION = INFRA / "terraform" / "environments" / "production"
FOLDERS = [*sorted(MODULES.iterdir()), PRODUCTION]
PLAIN = SerializationOptions(explicit_blocks=False, with_comments=False, strip_string_quotes=True)


@cache
def blocks(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The blocks of all files of a folder by their kind: resource, data, variable, locals, module."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("*.tf")):
        for kind, of_kind in hcl2.loads(path.read_text(), serialization_options=PLAIN).items():
            found.setdefault(kind, []).extend(of_kind)
    return found


def resources(folder: Path, kind: str, *, of: str = "resource") -> dict[str, dict[str, Any]]:
    return {name: body for block in blocks(folder).get(of, []) for name, body in block.get(kind, {}).items()}


def resource(module: str, kind: str, name: str = "this") -> dict[str, Any]:
    return resources(MODULES / module, kind)[name]


def policies(folder: Path) -> dict[str, dict[str, Any]]:
    return resources(folder, "aws_iam_policy_document", of="data")


def variable(folder: Path, name: str) -> dict[str, Any]:
    return next(block[name] for block in blocks(folder)["variable"] if name in block)


def local(folder: Path, name: str) -> Any:
    return next(block[name] for block in blocks(folder)["locals"] if name in block)


def call(name: str) -> dict[str, Any]:
    """One use of a module in the production environment."""
    return next(block[name] for block in blocks(PRODUCTION)["module"] if name in block)


def uses(module: str, used: str) -> dict[str, Any]:
    """How one module uses another."""
    return next(block[used] for block in blocks(MODULES / module)["module"] if used in block)
