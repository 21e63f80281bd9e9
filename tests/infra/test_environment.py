"""Every variable that the deployment sets is one the product reads, and those it needs in production are set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.infra.terraform import FOLDERS, INFRA, MODULES, PRODUCTION, blocks, local

ROOT = INFRA.parent
# Read by boto3 and Python themselves.
OTHERS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
OTHERS |= {"DJANGO_SETTINGS_MODULE", "DJANGO_SUPERUSER_PASSWORD"}
# Without these the product would not start, or would start as on a developer's machine.
NEEDED = {
    "SECRET_KEY",
    "DATABASE_URL",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "BEHIND_PROXY",
    "STORAGE",
    "AWS_STORAGE_BUCKET_NAME",
    "AWS_S3_REGION_NAME",
}


def known() -> set[str]:
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))


def test_the_example_names_what_is_read_and_nothing_else():
    texts = [path.read_text() for path in (ROOT / "bookpipeline").glob("*.py")]
    read = {name for text in texts for name in re.findall(r"\benv\.\w+\(\s*\"([A-Z0-9_]+)\"", text)}
    assert known() == read


def test_the_operators_table_names_every_setting_once():
    table = (ROOT / "docs" / "operations.md").read_text().split("\n## Settings\n")[1].split("\n## ")[0]
    names = [name for row in re.findall(r"^\| .*$", table, re.M) for name in re.findall(r"[A-Z][A-Z0-9_]+", row)]
    assert sorted(names) == sorted(known())


SECRETS = {"SECRET_KEY", "DATABASE_URL", "OPENAI_API_KEY", "OIDC_CLIENT_SECRET", "DJANGO_SUPERUSER_PASSWORD"}


def in_secrets() -> str:
    return "".join(str(local(PRODUCTION, name)) for name in ("base_secrets", "model_secrets", "secret_names"))


def in_production() -> set[str]:
    """The names in ``locals`` of the production environment."""
    expressions = str(local(PRODUCTION, "environment")) + in_secrets()
    return set(re.findall(r"\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|STORAGE)\b", expressions))


def in_workers() -> set[str]:
    text = (MODULES / "worker" / "main.tf").read_text()
    named = set(re.findall(r"^\s+([A-Z][A-Z_]+)\s+=", text, re.M))
    assert '"${upper(var.pool)}_WORKERS"' in text
    return named | {f"{pool.upper()}_WORKERS" for pool in local(PRODUCTION, "pools")}


def in_compose() -> set[str]:
    services = yaml.safe_load((INFRA / "compose.yaml").read_text())["services"]
    return {name for key in ("web", "migrate", "work-cpu", "work-io") for name in services[key]["environment"]}


def in_image() -> set[str]:
    block = re.search(r"^ENV PATH=.*?[^\\]\n", (INFRA / "Dockerfile").read_text(), re.M | re.S)
    assert block
    return set(re.findall(r"([A-Z_]+)=", block[0]))


@pytest.mark.parametrize("place", [in_production, in_workers, in_compose, in_image])
def test_what_is_set_is_read(place):
    names = place()
    assert names
    assert names <= known() | OTHERS


def test_what_production_needs_is_set():
    assert in_production() >= NEEDED
    assert "DRAIN_SECONDS" in in_workers()


def test_production_is_no_developers_machine():
    assert "DEBUG" not in in_production() | in_image() | in_compose()


def test_secrets_are_no_plain_variables():
    secret = set(re.findall(r"[A-Z]+(?:_[A-Z]+)+", in_secrets()))
    assert secret == SECRETS
    assert not secret & set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", str(local(PRODUCTION, "environment"))))


def test_everything_that_runs_the_image_is_given_the_same_environment_and_its_own_secrets():
    """A pool that reads scans has no provider's key, and none the administrator's password."""
    users = {name: body for block in blocks(PRODUCTION)["module"] for name, body in block.items() if "product" in body}
    assert {name: body["secrets"] for name, body in users.items()} == {
        "release": "${local.secrets.release}",
        "web_express": "${local.secrets.web}",
        "web_app_runner": "${local.secrets.web}",
        "worker": "${local.secrets[each.key]}",
        "sweep": "${local.secrets.sweep}",
    }
    products = {name: body["product"] for name, body in users.items()}
    assert products.pop("release") == "${local.product}"
    assert set(products.values()) == {"${local.released}"}
    of = local(PRODUCTION, "secret_names")
    assert of["cpu"] == of["sweep"] == "${local.base_secrets}"
    assert local(PRODUCTION, "base_secrets") == '${concat(["SECRET_KEY", "DATABASE_URL"], var.secret_settings)}'
    assert [name for name, names in of.items() if "PASSWORD" in str(names)] == ["release"]


def test_services_wait_for_the_release_and_nothing_else_does():
    """Under depends_on whatever Terraform only reads is put off: each release would replace the web's endpoints."""
    assert local(PRODUCTION, "released") == "${merge(local.product, {image = module.release.image})}"
    [output] = [block["image"] for block in blocks(MODULES / "release")["output"]]
    assert (output["value"], output["depends_on"]) == ("${var.product.image}", ["${terraform_data.this}"])
    for folder in FOLDERS:
        assert not [
            body for block in blocks(folder).get("module", []) for body in block.values() if "depends_on" in body
        ]


def test_the_guide_names_every_secret():
    guide = Path(ROOT / "docs" / "deploy.md").read_text()
    for name in (*SECRETS, "POSTGRES_PASSWORD", "S3_PASSWORD", "S3_ROOT_PASSWORD"):
        assert name in guide
