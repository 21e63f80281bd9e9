"""A PostgreSQL database that cannot hold what books say is refused before anything is made in it."""

from __future__ import annotations

from tests.jobs.cluster_site.site import Site
from tests.own_environment import postgresql_server


def test_a_database_without_unicode_is_refused_with_the_remedy(tmp_path_factory):
    """A server that is set up without a locale makes such, and each page with a dash in it failed, five times tried."""
    server = postgresql_server(tmp_path_factory.mktemp("server"))
    try:
        server.psql("CREATE DATABASE plain ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        site = Site(tmp_path_factory.mktemp("site"), DATABASE_URL=server.get_uri(database="plain"))
        refused = site.manage("migrate", "--verbosity=0")
        assert refused.returncode == 1
        assert "The database keeps text as SQL_ASCII" in refused.stderr
        assert "createdb --encoding=UTF8" in refused.stderr
    finally:
        server.cleanup()
