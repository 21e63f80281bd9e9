"""How the web is served. gunicorn reads this file where it is started; GUNICORN_CMD_ARGS and options go before it.

A proxy stands in front: infra/nginx/bookpipeline.conf.
"""

import os
import shutil
import tempfile
from typing import Any

from bookpipeline.log_settings import LOGGING

# Where the processes count requests and queries together, for /metrics; the settings look whether it is there.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts = tempfile.mkdtemp(prefix="bookpipeline-metrics-")

bind = "127.0.0.1:8000"
workers = 2
threads = 8
worker_class = "bookpipeline.web_worker.PatientWorker"
# Below the 1,024 files that a process may have open where nobody set another limit.
worker_connections = 900
# Longer than a proxy or load balancer keeps an idle connection (60 s): else it sends into one that is just closed.
keepalive = 75
# A worker whose loop hangs is replaced; how long a request may take is the proxy's to say.
timeout = 60
graceful_timeout = 30
control_socket_disable = True
logconfig_dict = LOGGING


def child_exit(_server: object, worker: Any) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: object) -> None:
    shutil.rmtree(counts, ignore_errors=True)
