"""GOODWILL_POSTGRES_DSN -> a connection that speaks of faults without the DSN, which holds a password."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from pipelines.publish import PublishError
from pipelines.settings import Secret

if TYPE_CHECKING:
    from pg8000.native import Connection

VARIABLE = "GOODWILL_POSTGRES_DSN"
EXAMPLE = "postgresql://user:password@host:5432/database"


def _connection_arguments(dsn: str) -> dict[str, Any]:
    """What pg8000 takes, of a URL as libpq has it; `host` of the query may be the folder of a socket."""
    parts = urlsplit(dsn)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    host = query.pop("host", None) or parts.hostname or "localhost"
    port, mode = int(query.pop("port", None) or parts.port or 5432), query.pop("sslmode", "prefer")
    if parts.scheme not in ("postgresql", "postgres") or len(parts.path) < 2 or not parts.username:
        raise ValueError("it is no URL of a database")
    if query:
        raise ValueError(f"{', '.join(sorted(query))} cannot be used in it")
    arguments: dict[str, Any] = {
        "user": unquote(parts.username),
        "password": unquote(parts.password) if parts.password else None,
        "database": unquote(parts.path[1:]),
        "application_name": "goodwill",
    }
    if host.startswith("/"):
        return arguments | {"unix_sock": f"{host}/.s.PGSQL.{port}"}
    encrypted = {"disable": False, "prefer": None, "verify-full": True}
    if mode == "require":  # encrypted, whoever answers: what libpq means by it
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return arguments | {"host": host, "port": port, "ssl_context": context}
    if mode not in encrypted:
        raise ValueError(f"sslmode={mode} is not one of disable, prefer, require, verify-full")
    return arguments | {"host": host, "port": port, "ssl_context": encrypted[mode]}


@contextmanager
def connected(dsn: Secret) -> Iterator["Connection"]:
    """A connection that speaks of faults without the DSN, which holds a password."""
    try:
        from pg8000.exceptions import DatabaseError, InterfaceError
        from pg8000.native import Connection
    except ImportError:
        raise PublishError("publishing to PostgreSQL needs one more package: pip install 'goodwill[postgres]'") from None
    try:
        arguments = _connection_arguments(dsn.reveal())
    except ValueError as fault:
        said = str(fault) if "port" not in str(fault).lower() else "its port is no number"
        raise PublishError(f"{VARIABLE} cannot be used: {said}; give it as {EXAMPLE}") from None
    try:
        connection = Connection(**arguments)
    except (InterfaceError, OSError):
        raise PublishError(
            f"PostgreSQL does not answer at the address in {VARIABLE}: is it running, and may this machine reach it?"
        ) from None
    except DatabaseError as fault:
        raise PublishError(f"PostgreSQL refuses the connection: {_said(fault)}; see {VARIABLE}") from None
    try:
        yield connection
    except DatabaseError as fault:
        raise PublishError(f"PostgreSQL: {_said(fault)}; nothing of this publication stands there") from None
    except (InterfaceError, OSError):
        raise PublishError("PostgreSQL stopped answering; nothing of this publication stands there: publish again") from None
    finally:
        connection.close()


def _said(fault: Exception) -> str:
    """The server's own message: never its detail, which may hold a row."""
    about = fault.args[0] if fault.args else None
    return str(about.get("M")) if isinstance(about, dict) else "an error without a message"
