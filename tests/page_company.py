"""A published file of a small company for the page: every mart with its contract's types and comments, a few of them filled."""

from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml
from page_rows import filled

from pipelines.publish import MARTS
from pipelines.warehouse import literal, quoted


@cache
def contracts() -> dict[str, dict[str, Any]]:
    """Published marts by `schema.name`, as their yml has them."""
    found = {}
    for path in sorted(MARTS.glob("*/*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", ()):
            if model["config"]["meta"]["tier"] == "published":
                found[f"{path.parent.name}.{path.stem.removeprefix(path.parent.name + '_')}"] = model
    return found


def make_empty(connection: duckdb.DuckDBPyConnection) -> None:
    """Every published mart, with its comments and without a row."""
    for mart, model in contracts().items():
        columns = {column["name"]: column for column in model["columns"]}
        connection.execute(f"create schema if not exists {mart.split('.')[0]}")
        typed = ", ".join(f"{quoted(name)} {column['data_type']}" for name, column in columns.items())
        connection.execute(f"create table {mart} ({typed})")
        connection.execute(f"comment on table {mart} is {literal(' '.join(model['description'].split()))}")
        for name, column in columns.items():
            connection.execute(f"comment on column {mart}.{quoted(name)} is {literal(' '.join(column['description'].split()))}")


def insert(connection: duckdb.DuckDBPyConnection, mart: str, *rows: dict[str, Any]) -> None:
    for row in rows:
        row = {"is_demo": True, **row}
        names, marks = ", ".join(map(quoted, row)), ", ".join("?" for _ in row)
        connection.execute(f"insert into {mart} ({names}) values ({marks})", list(row.values()))


def company(is_filled: bool = True, is_reversed: bool = False) -> duckdb.DuckDBPyConnection:
    """The file in memory."""
    connection = duckdb.connect()
    make_empty(connection)
    for mart, rows in filled().items() if is_filled else ():
        insert(connection, mart, *(reversed(rows) if is_reversed else rows))
    return connection


def company_file(path: Path, is_filled: bool = True) -> Path:
    """The same on disk."""
    with company(is_filled) as made:
        made.execute(f"attach {literal(str(path))} as published")
        made.execute("copy from database memory to published")
        made.execute("detach published")
    return path
