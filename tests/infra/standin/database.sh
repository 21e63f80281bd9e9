#!/bin/sh
# What the official image does with POSTGRES_USER, POSTGRES_DB and POSTGRES_PASSWORD.
set -eu
PATH=$PATH:/usr/lib/postgresql/15/bin
data=/var/lib/postgresql/data
as() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
if [ ! -s "$data/PG_VERSION" ]; then
    chown postgres "$data"
    mkdir -p /var/run/postgresql && chown postgres /var/run/postgresql
    printf '%s' "$POSTGRES_PASSWORD" > /tmp/password && chown postgres /tmp/password
    as initdb --pgdata="$data" --username="$POSTGRES_USER" --pwfile=/tmp/password --encoding=UTF8 --locale=C.UTF-8 --auth-host=scram-sha-256
    rm /tmp/password
    echo "host all all all scram-sha-256" >> "$data/pg_hba.conf"
    as pg_ctl --pgdata="$data" --wait start
    as createdb --username="$POSTGRES_USER" "$POSTGRES_DB" || true
    as pg_ctl --pgdata="$data" --wait stop
fi
exec setpriv --reuid=postgres --regid=postgres --init-groups postgres -D "$data" -c listen_addresses='*'
