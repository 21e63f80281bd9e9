"""Every role may do what its task does, and no more."""

from __future__ import annotations

import pytest

from books.models import Source
from tests.infra.terraform import FOLDERS, MODULES, policies, resources, uses

STATEMENTS = [
    pytest.param(statement, id=f"{folder.name}-{name}-{number}")
    for folder in FOLDERS
    for name, policy in policies(folder).items()
    for number, statement in enumerate(policy["statement"])
]
# The storage module writes it, and hands it on.
ALLOWED_BY_CALLERS = {"${var.access_policy}", "${var.product.access_policy}"}
ALLOWED = [case for case in STATEMENTS if case.values[0].get("effect", "Allow") == "Allow"]


def test_policies_were_found():
    assert len(ALLOWED) >= 10


@pytest.mark.parametrize("statement", ALLOWED)
def test_no_action_is_a_pattern(statement):
    assert not [action for action in statement["actions"] if "*" in action]


@pytest.mark.parametrize("statement", ALLOWED)
def test_only_the_login_to_the_registry_has_no_resource(statement):
    if "*" in statement.get("resources", []):
        assert statement["actions"] == ["ecr:GetAuthorizationToken"]


@pytest.mark.parametrize("statement", ALLOWED)
def test_roles_are_passed_to_tasks_only(statement):
    if "iam:PassRole" in statement["actions"]:
        assert statement["condition"][0]["variable"] == "iam:PassedToService"
        assert statement["condition"][0]["values"] == ["ecs-tasks.amazonaws.com"]


def test_files_are_reached_under_the_prefix_that_the_product_uses():
    files, _ = policies(MODULES / "storage")["access"]["statement"]
    [prefix] = [name.removeprefix("${aws_s3_bucket.this.arn}/") for name in files["resources"]]
    assert Source(book_id=1).storage_name.startswith(prefix.removesuffix("*"))
    assert prefix == "books/*"


@pytest.mark.parametrize("module", ["task", "web-express"])
def test_each_task_has_roles_of_its_own(module):
    text = (MODULES / module / "main.tf").read_text()
    assert text.count('source         = "../task-roles"') == 1
    assert "module.roles.task_role_arn" in text


@pytest.mark.parametrize("module", ["worker", "sweep", "release"])
def test_whatever_runs_is_such_a_task(module):
    assert uses(module, "task")["secrets"] == "${var.secrets}"


def test_each_service_that_takes_a_role_is_trusted_by_its_own_name():
    trusted = {
        name: policy["statement"][0]["principals"][0]["identifiers"]
        for name in ("task-roles", "web-express")
        for policy in [policies(MODULES / name)["trust"]]
    }
    assert trusted == {
        "task-roles": ["ecs-tasks.amazonaws.com"],
        "web-express": ["ecs.amazonaws.com"],
    }
    app_runner = policies(MODULES / "app-runner")["trust"]["for_each"]
    assert app_runner == {"access": "build.apprunner.amazonaws.com", "instance": "tasks.apprunner.amazonaws.com"}


def test_policies_are_written_where_they_can_be_checked():
    """No policy as text, and AWS's own only where Express Mode needs one."""
    attached = [a for f in FOLDERS for a in resources(f, "aws_iam_role_policy_attachment").values()]
    assert [a["policy_arn"].rsplit("/", 1)[1] for a in attached] == [
        "AmazonECSInfrastructureRoleforExpressGatewayServices"
    ]
    for folder in FOLDERS:
        for policy in resources(folder, "aws_iam_role_policy").values():
            assert policy["policy"] in ALLOWED_BY_CALLERS or "aws_iam_policy_document" in policy["policy"]
