"""The bucket is private, encrypted and reached by TLS only; so is the database."""

from __future__ import annotations

import re

import pytest

from tests.infra.terraform import INFRA, MODULES, PRODUCTION, call, policies, resource, resources


def test_nothing_in_the_bucket_can_be_made_public():
    block = resource("storage", "aws_s3_bucket_public_access_block")
    names = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    assert [block[name] for name in names] == [True] * 4


def test_the_bucket_refuses_what_is_not_encrypted_on_its_way():
    [deny] = policies(MODULES / "storage")["tls_only"]["statement"]
    assert (deny["effect"], deny["actions"]) == ("Deny", ["s3:*"])
    assert deny["principals"] == [{"type": "*", "identifiers": ["*"]}]
    assert deny["condition"] == [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}]
    assert deny["resources"] == ["${aws_s3_bucket.this.arn}", "${aws_s3_bucket.this.arn}/*"]
    assert resource("storage", "aws_s3_bucket_policy")["policy"].endswith(".tls_only.json}")


def test_objects_are_encrypted_and_kept_in_versions():
    encryption = resource("storage", "aws_s3_bucket_server_side_encryption_configuration")
    assert encryption["rule"][0]["apply_server_side_encryption_by_default"] == [{"sse_algorithm": "AES256"}]
    assert resource("storage", "aws_s3_bucket_versioning")["versioning_configuration"] == [{"status": "Enabled"}]


def test_unfinished_uploads_end_after_a_week():
    rules = resource("storage", "aws_s3_bucket_lifecycle_configuration")["rule"]
    [days] = [r["abort_incomplete_multipart_upload"] for r in rules if "abort_incomplete_multipart_upload" in r]
    assert days == [{"days_after_initiation": 7}]


def test_only_pages_of_the_application_may_send_files():
    [rule] = resource("storage", "aws_s3_bucket_cors_configuration")["cors_rule"]
    assert rule["allowed_origins"] == "${var.origins}"
    assert set(rule["allowed_methods"]) == {"PUT", "POST"}
    assert rule["expose_headers"] == ["ETag"]
    assert call("storage")["origins"] == "${local.origins}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("storage_encrypted", True),
        ("publicly_accessible", False),
        ("manage_master_user_password", True),
        ("deletion_protection", True),
        ("skip_final_snapshot", False),
    ],
)
def test_the_database_is(name, value):
    assert resource("database", "aws_db_instance")[name] is value


def test_the_database_takes_encrypted_connections_of_the_application_only():
    parameters = {p["name"]: p["value"] for p in resource("database", "aws_db_parameter_group")["parameter"]}
    assert parameters["rds.force_ssl"] == "1"
    rules = resources(MODULES / "database", "aws_vpc_security_group_ingress_rule")
    assert [rule["referenced_security_group_id"] for rule in rules.values()] == ["${var.client_security_group_id}"]
    assert call("database")["subnet_ids"] == "${module.network.private_subnet_ids}"


def test_the_application_knows_the_database_by_its_certificate():
    guide = (INFRA.parent / "docs" / "deploy.md").read_text()
    [authorities] = re.findall(r"sslmode=verify-full&sslrootcert=([\w/.]+)", guide)
    assert re.search(rf"^ADD .*\$RDS_CERTIFICATES {authorities}$", (INFRA / "Dockerfile").read_text(), re.M)


def test_no_secret_has_its_value_in_terraform():
    for folder in (*MODULES.iterdir(), PRODUCTION):
        assert not resources(folder, "aws_secretsmanager_secret_version")
        for path in folder.glob("*.tf"):
            assert "random_password" not in path.read_text()
