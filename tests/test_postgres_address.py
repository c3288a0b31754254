"""GOODWILL_POSTGRES_DSN: what cannot be used is said, and never with its password."""

from pathlib import Path

import pytest

from pipelines.postgres import EXAMPLE, publish_to_postgres
from pipelines.publish import PublishError
from pipelines.settings import Secret


@pytest.mark.parametrize(
    ("dsn", "word"),
    [
        (None, "is not set"),
        ("mysql://u:hush@localhost/db", "it is no URL of a database"),
        ("postgresql://u:hush@localhost/db?sslmode=maybe", "sslmode=maybe"),
        ("postgresql://u:hush@localhost/db?options=x", "options cannot be used"),
        ("postgresql://u:hush@localhost:port/db", "its port is no number"),
        ("postgresql://u:hush@127.0.0.1:1/db", "does not answer"),
    ],
)
def test_an_address_that_cannot_be_used_is_said_without_its_password(dsn: str | None, word: str, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=word) as said:
        publish_to_postgres(Secret(dsn) if dsn else None, {"published": tmp_path / "none.duckdb"}, [])
    assert "hush" not in str(said.value) and "hush" not in repr(said.value)
    assert said.value.__cause__ is None and ("GOODWILL_POSTGRES_DSN" in str(said.value)) and "hush" not in EXAMPLE
