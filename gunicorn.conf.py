"""How the web is served. gunicorn reads this file where it is started; GUNICORN_CMD_ARGS and options go before it.

A proxy stands in front: infra/nginx/bookpipeline.conf.
"""

from bookpipeline.log_settings import LOGGING

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
