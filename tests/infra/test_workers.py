"""The pools stop gracefully, start nothing but `work`, and scale and alarm by what is really reported."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core.management import get_commands

from infra import cloudwatch
from tests.infra.terraform import MODULES, PRODUCTION, containers, local, resource, resources
from tests.infra.test_web import FARGATE

WORKER = MODULES / "worker"


def test_a_worker_has_the_longest_time_to_stop_and_has_ended_before():
    assert containers("worker")["worker"]["stopTimeout"] == "${local.stop_timeout}"
    assert "DRAIN_SECONDS = tostring(local.drain_seconds)" in str(resource("worker", "aws_ecs_task_definition"))
    assert settings.LLM_TIMEOUT_SECONDS <= local(WORKER, "drain_seconds") < local(WORKER, "stop_timeout") == 120


def test_a_worker_is_the_supervisor_without_a_shell_between():
    command = containers("worker")["worker"]["command"]
    assert command == ["python", "manage.py", "work", "--pool", "${var.pool}"]
    assert command[2] in get_commands()


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


def test_both_webs_tell_of_errors():
    for module in ("app-runner", "web-express"):
        assert resource(module, "aws_cloudwatch_metric_alarm", "errors")["alarm_actions"] == ["${var.topic_arn}"]


def test_the_clock_sweeps_each_minute_and_then_reports():
    assert resource("sweep", "aws_scheduler_schedule")["schedule_expression"] == "rate(1 minutes)"
    tasks = containers("sweep")
    assert tasks["sweep"]["command"] == ["python", "manage.py", "sweep_jobs"]
    assert "sweep_jobs" in get_commands()
    assert tasks["metrics"]["command"] == ["python", "-m", "infra"]
    assert tasks["metrics"]["dependsOn"] == [{"containerName": "sweep", "condition": "COMPLETE"}]
    # A dependency may not be essential, and the end of an essential one would stop the other.
    assert (tasks["sweep"]["essential"], tasks["metrics"]["essential"]) == (False, True)


def test_nothing_of_the_workers_has_a_public_address():
    for service in (resource("worker", "aws_ecs_service"), resource("sweep", "aws_scheduler_schedule")):
        assert re.findall(r"'assign_public_ip': (\w+)", str(service)) == ["False"]
