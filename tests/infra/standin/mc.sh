#!/bin/sh
# Of MinIO's client, `mc ready`: whether the server answers.
exec python3 -c "import socket; socket.create_connection(('127.0.0.1', 9000), 2)"
