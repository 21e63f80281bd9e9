"""The web's two runtimes: checked over HTTP, sized, never without an instance, and nothing but the web."""

from __future__ import annotations

import re

import pytest

from tests.infra.terraform import INFRA, MODULES, PRODUCTION, call, resource, resources, variable

# MiB by CPU units, as App Runner and Fargate pair them.
APP_RUNNER = {
    256: {512, 1024},
    512: {1024},
    1024: {2048, 3072, 4096},
    2048: {4096, 6144},
    4096: {8192, 10240, 12288},
}
FARGATE = {1024: set(range(2048, 8193, 1024)), 2048: set(range(4096, 16385, 1024)), 512: {1024, 2048, 3072, 4096}}


@pytest.fixture
def app_runner():
    return resource("app-runner", "aws_apprunner_service")


@pytest.fixture
def express():
    return resource("web-express", "aws_ecs_express_gateway_service")


def test_app_runner_checks_health_over_http(app_runner):
    [check] = app_runner["health_check_configuration"]
    assert (check["protocol"], check["path"]) == ("HTTP", "/health")
    assert 1 <= check["timeout"] < check["interval"] <= 20


def test_express_checks_health_over_http(express):
    assert express["health_check_path"] == "/health"


def test_the_checked_path_answers_an_address_as_host_over_plain_http(client, settings, app_runner):
    settings.SECURE_SSL_REDIRECT = True
    path = app_runner["health_check_configuration"][0]["path"]
    assert client.get(path, HTTP_HOST="10.40.129.7").status_code == 200


def test_processor_and_memory_are_a_pair_app_runner_has(app_runner):
    [size] = app_runner["instance_configuration"]
    assert int(size["memory"]) in APP_RUNNER[int(size["cpu"])]


def test_processor_and_memory_are_a_pair_express_has(express):
    assert int(express["memory"]) in FARGATE[int(express["cpu"])]
    assert int(express["memory"]) <= 8192


def test_app_runner_sends_everything_through_the_network(app_runner):
    [egress] = app_runner["network_configuration"][0]["egress_configuration"]
    assert egress["egress_type"] == "VPC"
    assert egress["vpc_connector_arn"] == "${aws_apprunner_vpc_connector.this.arn}"
    assert resource("app-runner", "aws_apprunner_vpc_connector")["security_groups"] == "${var.security_group_ids}"
    assert call("web_app_runner")["subnet_ids"] == "${module.network.private_subnet_ids}"


@pytest.mark.parametrize("module", ["app-runner", "web-express"])
def test_at_least_one_instance_always_runs(module):
    least = variable(MODULES / module, "min_instances")
    assert least["default"] >= 1
    assert least["validation"][0]["condition"] == "${var.min_instances >= 1}"


def test_the_least_number_of_instances_is_what_the_runtimes_get(app_runner, express):
    scaling = resource("app-runner", "aws_apprunner_auto_scaling_configuration_version")
    assert scaling["min_size"] == "${var.min_instances}"
    assert app_runner["auto_scaling_configuration_arn"].endswith("_configuration_version.this.arn}")
    assert express["scaling_target"][0]["min_task_count"] == "${var.min_instances}"


@pytest.mark.parametrize("module", ["app-runner", "web-express"])
def test_the_web_runs_the_image_as_it_is(module):
    """Nothing that works in the background: neither a command of its own nor a task beside it."""
    for path in (MODULES / module).glob("*.tf"):
        text = path.read_text()
        assert "command" not in text
        assert "manage.py" not in text
    assert not resources(MODULES / module, "aws_ecs_task_definition")


def test_images_are_deployed_by_hand(app_runner):
    assert app_runner["source_configuration"][0]["auto_deployments_enabled"] is False


def test_the_port_is_the_one_that_the_image_serves(app_runner, express):
    image = app_runner["source_configuration"][0]["image_repository"][0]["image_configuration"][0]
    dockerfile = (INFRA / "Dockerfile").read_text()
    for port in (image["port"], express["primary_container"][0]["container_port"]):
        assert f"EXPOSE {port}\n" in dockerfile
        assert f'"0.0.0.0:{port}"' in dockerfile


def test_the_web_keeps_an_idle_connection_longer_than_the_load_balancer_does():
    [seconds] = re.findall(r"^keepalive = (\d+)$", (INFRA.parent / "gunicorn.conf.py").read_text(), re.M)
    assert int(seconds) > 60


def test_a_variable_chooses_one_runtime():
    assert call("web_express")["count"] == '${var.web_runtime == "express" ? 1 : 0}'
    assert call("web_app_runner")["count"] == '${var.web_runtime == "apprunner" ? 1 : 0}'
    assert 'contains(["express", "apprunner"], var.web_runtime)' in str(
        variable(PRODUCTION, "web_runtime")["validation"]
    )


def test_express_stands_where_browsers_reach_it_in_two_zones():
    assert call("web_express")["subnet_ids"] == "${module.network.public_subnet_ids}"
    assert variable(MODULES / "network", "zones")["default"] >= 2


def test_express_tasks_reach_what_they_need_without_a_public_address():
    endpoints = resource("web-express", "aws_vpc_endpoint", "platform")
    assert endpoints["for_each"] == '${toset(["ecr.api", "ecr.dkr", "logs", "secretsmanager"])}'
    assert endpoints["private_dns_enabled"] is True


def test_the_bucket_is_reached_without_the_nat_and_the_model_through_it():
    gateway = resource("network", "aws_vpc_endpoint", "s3")
    assert gateway["vpc_endpoint_type"] == "Gateway"
    assert "aws_route_table.private" in gateway["route_table_ids"]
    assert resource("network", "aws_route", "nat")["nat_gateway_id"].startswith("${aws_nat_gateway.this")
