"""An S3 server of our own, and the product's storage in a bucket of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.storage import storages
from moto.server import ThreadedMotoServer
from storages.backends.s3 import S3Storage

from bookpipeline.bucket import bucket_origins, s3_storage

BUCKET = "scans"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    # As in production: no request but those for objects.
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def running_server() -> Iterator[str]:
    """The server's address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def bucket_of(settings: Any, monkeypatch: Any, address: str) -> S3Storage:
    """Makes the bucket, empty, and the default storage of this test in it."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    assert not set(os.environ) & {"AWS_PROFILE", "AWS_SESSION_TOKEN"}
    where = {"bucket_name": BUCKET, "endpoint_url": address, "region_name": "us-east-1"}
    settings.STORAGES = {**settings.STORAGES, "default": s3_storage(**where)}
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    connect = [*policy["connect-src"], *bucket_origins(**where)]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {**policy, "connect-src": connect}}
    storage = storages["default"]
    assert isinstance(storage, S3Storage)
    storage.connection.create_bucket(Bucket=BUCKET)
    storage.bucket.objects.all().delete()
    return storage


def keys(storage: S3Storage) -> list[str]:
    return [found.key for found in storage.bucket.objects.all()]


def empty(storage: S3Storage) -> None:
    storage.bucket.objects.all().delete()
    storage.bucket.delete()
