"""What modules are given is what they take, and what is asked of them they have: as far as words go, unplanned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.infra.terraform import FOLDERS, MODULES, PRODUCTION, blocks

META = {"source", "count", "for_each", "depends_on", "providers"}


def named(folder: Path, kind: str) -> dict[str, dict]:
    return {name: body for block in blocks(folder).get(kind, []) for name, body in block.items()}


def text(folder: Path) -> str:
    return "\n".join(re.sub(r"#.*$", "", path.read_text(), flags=re.M) for path in sorted(folder.glob("*.tf")))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda each: each.name)
def test_every_variable_is_declared_and_used(folder):
    assert set(re.findall(r"\bvar\.(\w+)", text(folder))) == set(named(folder, "variable"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda each: each.name)
def test_every_local_is_declared_and_used(folder):
    declared = {name for block in blocks(folder).get("locals", []) for name in block}
    assert set(re.findall(r"\blocal\.(\w+)", text(folder))) == declared


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda each: each.name)
def test_modules_are_given_what_they_take(folder):
    for name, call in named(folder, "module").items():
        source = (folder / call["source"]).resolve()
        takes = named(source, "variable")
        given = set(call) - META
        assert given <= set(takes), name
        assert {each for each, body in takes.items() if "default" not in body} <= given, name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda each: each.name)
def test_what_is_asked_of_a_module_it_has(folder):
    calls = named(folder, "module")
    for name, output in re.findall(r"\bmodule\.(\w+)(?:\[[^\]]*\])?\.(\w+)", text(folder)):
        assert output in named((folder / calls[name]["source"]).resolve(), "output"), f"{name}.{output}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda each: each.name)
def test_every_resource_that_is_named_is_there(folder):
    there = {
        f"{kind}.{name}"
        for block in blocks(folder).get("resource", [])
        for kind, body in block.items()
        for name in body
    }
    named_there = set(re.findall(r"(?<![.\w])(aws_\w+\.\w+)", text(folder).replace("data.aws_", "data_aws_")))
    assert named_there <= there


def test_every_module_is_used_and_every_output_wanted():
    used = {(folder / call["source"]).resolve() for folder in FOLDERS for call in named(folder, "module").values()}
    assert used == set(MODULES.iterdir())
    assert named(PRODUCTION, "output")


def test_the_example_gives_every_variable_that_has_no_default():
    example = (PRODUCTION / "terraform.tfvars.example").read_text()
    needed = {name for name, body in named(PRODUCTION, "variable").items() if "default" not in body}
    assert needed <= set(re.findall(r"^(\w+)\s*=", example, re.M))
