"""The pools stop gracefully, start nothing but `work`, and scale and alarm by what is really reported."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from datetime import timedelta
from operator import gt, lt

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands, load_command_class

from infra import cloudwatch
from jobs import clock
from jobs.models import Cluster
from jobs.states import JobStatus
from jobs.sweep import sweep
from tests.factories import JobFactory
from tests.infra.terraform import FOLDERS, INFRA, MODULES, PRODUCTION, blocks, local, resource, resources, uses
from tests.infra.test_web import FARGATE
from tests.jobs.rig import pass_time

WORKER = MODULES / "worker"


# What can be read before anything was made; a cluster of our own could not, and the first plan failed over it.
READABLE = {"aws_iam_policy_document", "aws_region", "aws_availability_zones"}


def test_a_first_plan_reads_nothing_that_is_not_there_yet():
    read = {kind for folder in FOLDERS for block in blocks(folder).get("data", []) for kind in block}
    assert read <= READABLE


def test_a_worker_has_the_longest_time_to_stop_and_has_ended_before():
    task = uses("worker", "task")
    assert task["stop_timeout"] == "${local.stop_timeout}"
    assert task["environment"]["DRAIN_SECONDS"] == "${tostring(local.drain_seconds)}"
    assert settings.LLM_TIMEOUT_SECONDS <= local(WORKER, "drain_seconds") < local(WORKER, "stop_timeout") == 120


def test_a_worker_is_the_supervisor_without_a_shell_between():
    command = uses("worker", "task")["command"]
    assert command == ["python", "manage.py", "work", "--pool", "${var.pool}"]
    assert command[2] in get_commands()


def test_a_worker_is_healthy_while_its_clusters_take_work():
    python, script, command, *options = uses("worker", "task")["health_command"]
    assert (python, script, command) == ("python", "manage.py", "work")
    load_command_class("jobs", command).create_parser("manage.py", command).parse_args(options)
    assert resource("worker", "aws_ecs_service")["deployment_circuit_breaker"] == [{"enable": True, "rollback": True}]


def test_a_cluster_loads_no_screen_and_the_web_all_of_them_before_its_first_request():
    loaded = (
        "import {}\nimport sys; print(*{{'books.api.application', 'books.admin.books', 'openpyxl'}} & {{*sys.modules}})"
    )
    for entry, found in (("django; django.setup()", 0), ("bookpipeline.wsgi", 3)):
        command = [sys.executable, "-c", loaded.format(entry)]
        done = subprocess.run(command, cwd=INFRA.parent, capture_output=True, check=True, text=True)
        assert len(done.stdout.split()) == found, entry


@pytest.mark.django_db
def test_the_check_of_a_worker_tells_one_at_work_from_one_that_is_silent():
    def check() -> str:
        try:
            call_command("work", "--check")
        except CommandError as error:
            return str(error)
        return ""

    here = {"pool": "io", "host": socket.gethostname()}
    assert check() == "No cluster runs on this machine."
    Cluster.objects.create(**here, pid=1)
    assert "takes no work" in check()
    Cluster.objects.create(**here, pid=2, seen_at=clock.now())
    assert check() == ""
    Cluster.objects.update(seen_at=clock.now() - timedelta(seconds=settings.CANARY_PATIENCE_SECONDS + 1))
    assert "takes no work" in check()


def test_a_task_can_write_on_two_folders_and_gain_nothing():
    container = local(MODULES / "task", "container")
    assert container["readonlyRootFilesystem"] is True
    assert container["linuxParameters"]["capabilities"]["drop"] == ["ALL"]
    assert 'VOLUME ["/data", "/tmp"]' in (INFRA / "Dockerfile").read_text()
    assert '["data", "tmp"]' in str(container["mountPoints"])


def test_there_is_a_service_for_each_pool():
    pools = local(PRODUCTION, "pools")
    assert set(pools) == set(settings.POOLS)
    for pool in pools.values():
        assert pool["memory"] in FARGATE[pool["cpu"]]


def test_spot_takes_what_is_above_the_least():
    first, second = resource("worker", "aws_ecs_service")["capacity_provider_strategy"]
    assert (first["capacity_provider"], first["base"]) == ("FARGATE", "${var.min_tasks}")
    assert (second["capacity_provider"], second["weight"]) == ("FARGATE_SPOT", 1)


@pytest.mark.django_db
def test_scaling_and_alarms_watch_metrics_that_are_reported():
    reported = {
        (directive["Namespace"], metric["Name"])
        for line in cloudwatch.lines()
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }
    policy = resource("worker", "aws_appautoscaling_policy", "backlog")
    watched = policy["target_tracking_scaling_policy_configuration"][0]["customized_metric_specification"][0]
    assert (watched["namespace"], watched["metric_name"]) in reported
    alarm = resource("alarms", "aws_cloudwatch_metric_alarm", "engine")
    for kind in local(MODULES / "alarms", "engine").values():
        assert (alarm["namespace"], kind["metric"]) in reported


def test_silence_is_an_alarm():
    for alarm in resources(MODULES / "alarms", "aws_cloudwatch_metric_alarm").values():
        assert alarm["treat_missing_data"] == "breaching"
    assert {"heartbeat", "pending", "sweep"} == set(local(MODULES / "alarms", "engine"))


OPERATORS = {"GreaterThanThreshold": gt, "LessThanThreshold": lt}


def firing() -> set[str]:
    """The alarms that what is reported now sets off, by what they are called."""
    found = set()
    of_age = resource("alarms", "aws_cloudwatch_metric_alarm", "engine")
    alive = resource("alarms", "aws_cloudwatch_metric_alarm", "alive")
    for line in cloudwatch.lines():
        for name, kind in local(MODULES / "alarms", "engine").items():
            if OPERATORS[of_age["comparison_operator"]](line.get(kind["metric"], 0), kind["seconds"]):
                found.add(name)
        if "Pool" in line and OPERATORS[alive["comparison_operator"]](line[alive["metric_name"]], alive["threshold"]):
            found.add(f"alive-{line['Pool']}")
    return found


@pytest.mark.django_db
def test_alarms_fire_for_what_they_are_for_and_for_nothing_else(monkeypatch):
    for pool in settings.POOLS:
        Cluster.objects.create(pool=pool, host="a", pid=1, seen_at=clock.now())
    sweep()
    JobFactory(status=JobStatus.RUNNING, heartbeat_at=clock.now())
    assert firing() == set()
    pass_time(monkeypatch, 200)  # as if all had been killed at once
    assert firing() == {"sweep", "alive-cpu", "alive-io"}
    pass_time(monkeypatch, 100)
    assert "heartbeat" in firing()
    JobFactory(status=JobStatus.PENDING)
    pass_time(monkeypatch, 310)
    assert "pending" in firing()


def test_both_webs_tell_of_errors():
    for module in ("app-runner", "web-express"):
        assert resource(module, "aws_cloudwatch_metric_alarm", "errors")["alarm_actions"] == ["${var.topic_arn}"]


def test_the_clock_stays_and_starts_nothing_anew():
    assert uses("sweep", "task")["command"] == ["python", "-m", "infra", "--each-minute"]
    assert resource("sweep", "aws_ecs_service")["desired_count"] == 1


def test_nothing_of_the_workers_has_a_public_address():
    for service in (resource("worker", "aws_ecs_service"), resource("sweep", "aws_ecs_service")):
        assert re.findall(r"'assign_public_ip': (\w+)", str(service)) == ["False"]
