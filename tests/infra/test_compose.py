"""The compose file puts the product together as production does: migrations first, two pools that stop gracefully."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class

from tests.infra.terraform import INFRA

TEXT = (INFRA / "compose.yaml").read_text()
SERVICES = yaml.safe_load(TEXT)["services"]
WORKERS = {"work-cpu": "cpu", "work-io": "io"}


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


@pytest.mark.parametrize(("name", "pool"), WORKERS.items())
def test_a_pool_of_workers(name, pool):
    worker = SERVICES[name]
    assert worker["command"] == ["python", "manage.py", "work", "--pool", pool]
    assert worker["init"] is True
    drain = float(worker["environment"]["DRAIN_SECONDS"])
    assert settings.LLM_TIMEOUT_SECONDS <= drain < seconds(worker["stop_grace_period"])


def test_every_pool_has_workers():
    assert set(WORKERS.values()) == set(settings.POOLS)


def test_what_serves_no_http_is_not_checked_for_it():
    assert SERVICES["migrate"]["healthcheck"] == {"disable": True}
    for name in WORKERS:
        assert SERVICES[name]["healthcheck"]["test"] == ["CMD", "python", "manage.py", "work", "--check"]


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_gains_a_right(name):
    service = SERVICES[name]
    assert service["security_opt"] == ["no-new-privileges:true"]
    if "build" in service:
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    else:
        assert re.search(r"@sha256:[0-9a-f]{64}$", service["image"])


def test_each_has_the_keys_that_it_needs_and_no_others():
    """The application had MinIO's root key, and all of it the provider's."""
    keys = {name: service.get("environment", {}) for name, service in SERVICES.items()}
    assert [name for name, given in keys.items() if "OPENAI_API_KEY" in given] == ["web", "work-io"]
    assert [name for name, given in keys.items() if "MINIO_ROOT_PASSWORD" in given] == ["s3", "bucket"]
    assert keys["web"]["AWS_SECRET_ACCESS_KEY"] != keys["s3"]["MINIO_ROOT_PASSWORD"]
    policy = json.loads(yaml.safe_load(TEXT)["configs"]["scans"]["content"])
    assert policy["Statement"][0]["Resource"] == ["arn:aws:s3:::scans/books/*"]
    assert not [action for each in policy["Statement"] for action in each["Action"] if "*" in action]


def test_the_web_keeps_the_check_of_the_image():
    assert "healthcheck" not in SERVICES["web"]
    assert "command" not in SERVICES["web"]


@pytest.mark.parametrize("name", [*WORKERS, "web"])
def test_nothing_starts_before_migrations_and_bucket(name):
    done = {"condition": "service_completed_successfully"}
    assert SERVICES[name]["depends_on"] == {"migrate": done, "bucket": done}


def test_migrations_run_once_on_a_database_that_answers():
    migrate = SERVICES["migrate"]
    assert migrate["command"][:3] == ["python", "manage.py", "migrate"]
    assert migrate["restart"] == "no"
    assert migrate["depends_on"] == {"database": {"condition": "service_healthy"}}


def test_one_image_is_built_for_all():
    builds = {str(SERVICES[name]["build"]) for name in ("web", "migrate", *WORKERS)}
    assert len(builds) == 1
    assert (INFRA / SERVICES["web"]["build"]["context"] / SERVICES["web"]["build"]["dockerfile"]).is_file()


def test_containers_and_browsers_reach_the_bucket_under_one_name():
    address = SERVICES["web"]["environment"]["AWS_S3_ENDPOINT_URL"]
    host, port = re.fullmatch(r"http://(.+):(\d+)", address).groups()
    assert host in SERVICES["s3"]["networks"]["default"]["aliases"]
    assert f"127.0.0.1:{port}:{port}" in SERVICES["s3"]["ports"]
    assert host.endswith(".localhost")
    bucket = SERVICES["web"]["environment"]["AWS_STORAGE_BUCKET_NAME"]
    assert f"mc mb --ignore-existing local/{bucket}\n" in SERVICES["bucket"]["command"][0]


def test_nothing_listens_beyond_this_machine():
    assert all(port.startswith("127.0.0.1:") for service in SERVICES.values() for port in service.get("ports", []))


@pytest.mark.parametrize("name", [*WORKERS, "migrate"])
def test_a_command_is_one_that_the_product_takes(name):
    """With its options, as its own parser reads them."""
    python, script, command, *options = SERVICES[name]["command"]
    assert (python, script) == ("python", "manage.py")
    load_command_class(get_commands()[command], command).create_parser("manage.py", command).parse_args(options)


def test_the_settings_take_the_environment(tmp_path):
    """With the passwords that .env has to hold, without what it may hold, and nothing else of this machine."""
    given = {name: _filled(value) for name, value in SERVICES["web"]["environment"].items() if value is not None}
    given |= {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "check", "--fail-level", "WARNING"]
    subprocess.run(command, cwd=INFRA.parent, env=given, check=True)


def _filled(value: str) -> str:
    """As compose does: ${NAME:?complaint} from .env, ${NAME:-default} with its default."""
    return re.sub(
        r"\$\{\w+:([?-])([^}]*)\}", lambda m: m[2] if m[1] == "-" else "a-secret-of-fifty-letters-and-more" * 2, value
    )


def test_no_password_has_a_default():
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "S3_PASSWORD", "S3_ROOT_PASSWORD"):
        assert f"${{{name}:?" in TEXT
        assert f"${{{name}:-" not in TEXT
