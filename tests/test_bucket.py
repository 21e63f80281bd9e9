"""The addresses that the content security policy opens for a bucket are those that presigned requests name."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from bookpipeline.bucket import bucket_origins, s3_storage
from bookpipeline.bucket_storage import Bucket


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [(None, None), (None, "eu-central-1"), ("https://s3.example.org", None), ("http://localhost:9000", "us-east-1")],
)
def test_presigned_requests_go_to_an_allowed_origin(endpoint, region, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    where = {"bucket_name": "scans", "endpoint_url": endpoint, "region_name": region}
    storage = Bucket(**s3_storage(**where)["OPTIONS"])
    url = storage.connection.meta.client.generate_presigned_post("scans", "key")["url"]
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}" in bucket_origins(**where)
