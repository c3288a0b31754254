"""Names of files and places of sources that hold a person -> the same without: what stands beside the rows, and, packed by dlt, in every version of a state."""

from collections.abc import Iterator
from typing import Any

import duckdb
from dlt.common.json import json
from dlt.common.versioned_state import bump_state_version_if_modified, compress_state, decompress_state

from pipelines.erase.spellings import Words
from pipelines.keys import REMOVED
from pipelines.raw import Source
from pipelines.warehouse import literal, quoted, stored_columns

STATE = "_dlt_pipeline_state"
NAMES = ((("raw_goodwill", "refused_files"), "file"), (("raw_goodwill", "refused_files"), "reason"))


def take_names_away(connection: duckdb.DuckDBPyConnection, sources: dict[str, Source], words: Words) -> int:
    """Rows in which the name of a file was mended. A file keeps one name in its rows and in the state, so that it is retired when it is gone."""
    present, changed = stored_columns(connection), 0
    scopes = [((f"raw_{source.name}", table.name), table.scope) for source in sources.values() for table in source.tables if table.scope]
    for (schema, table), column in (*NAMES, *scopes):
        at = f"{quoted(schema)}.{quoted(table)}"
        if (schema, table) in present:
            for (name,) in connection.execute(f"select distinct {quoted(column)} from {at} where {quoted(column)} is not null").fetchall():
                if words.standing(name):
                    new = literal(words.taken_out(name, REMOVED))
                    changed += connection.execute(
                        f"update {at} set {quoted(column)} = {new} where {quoted(column)} = {literal(name)}"
                    ).fetchall()[0][0]
    for at in _states(connection):
        _mend(connection, at, words)
    return changed


def states_that_hold(connection: duckdb.DuckDBPyConnection, words: Words) -> list[str]:
    """Tables of states in which a word stands in any version."""
    return [
        at.replace('"', "") for at in _states(connection) if any(words.standing(_read(state)) for _, state in _versions(connection, at))
    ]


def _states(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    yield from (f"{quoted(schema)}.{STATE}" for schema, table in stored_columns(connection) if table == STATE)


def _versions(connection: duckdb.DuckDBPyConnection, at: str) -> list[tuple[int, str]]:
    """(version, state) of each, the one that counts last."""
    return connection.execute(f"select version, state from {at} order by version, created_at").fetchall()


def _read(state: str) -> str:
    return json.dumps(decompress_state(state))


def _mend(connection: duckdb.DuckDBPyConnection, at: str, words: Words) -> None:
    """The latest state goes on without the person, under a hash of its own; former ones serve nobody."""
    versions = _versions(connection, at)
    held = {state for _, state in versions if words.standing(_read(state))}
    for state in held - {versions[-1][1] if versions else None}:
        connection.execute(f"delete from {at} where state = ?", [state])
    if versions and (latest := versions[-1][1]) in held:
        place: Any = decompress_state(latest)
        place["sources"] = _without(place["sources"], words)
        version, hash_, _ = bump_state_version_if_modified(place, exclude_attrs=["_local"])
        connection.execute(
            f"update {at} set version = ?, version_hash = ?, state = ? where state = ?", [version, hash_, compress_state(place), latest]
        )


def _without(value: Any, words: Words) -> Any:
    if isinstance(value, dict):
        return {words.taken_out(name, REMOVED): _without(of_name, words) for name, of_name in value.items()}
    if isinstance(value, list):
        return [_without(item, words) for item in value]
    return words.taken_out(value, REMOVED) if isinstance(value, str) else value
