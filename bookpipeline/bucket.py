"""The bucket that files are kept in, and the addresses at which browsers may send to it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit


def s3_storage(*, bucket_name: str, endpoint_url: str | None, region_name: str | None) -> dict[str, Any]:
    """The entry for Django's STORAGES: private objects, rewritten in place."""
    options = {
        "bucket_name": bucket_name,
        "endpoint_url": endpoint_url,
        "region_name": region_name,
        "default_acl": None,
        "querystring_auth": True,
        "file_overwrite": True,
        "max_memory_size": 1024 * 1024,
    }
    return {"BACKEND": "bookpipeline.bucket_storage.Bucket", "OPTIONS": options}


def bucket_origins(bucket_name: str, endpoint_url: str | None, region_name: str | None, **_: object) -> list[str]:
    """The origins that boto3 may name in a presigned request: the bucket in the path, or before the host's name."""
    if endpoint_url:
        parts = urlsplit(endpoint_url)
        return [f"{parts.scheme}://{parts.netloc}", f"{parts.scheme}://{bucket_name}.{parts.netloc}"]
    hosts = ["s3.amazonaws.com", *([f"s3.{region_name}.amazonaws.com"] if region_name else [])]
    return [f"https://{bucket_name}.{host}" for host in hosts]
