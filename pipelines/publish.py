"""Published marts of the warehouse -> a database file of their own, built beside the old one and put in its place by rename.

Whoever has the old file open goes on reading it, whoever opens it afterwards reads the new one, and no reader sees
marts of two builds: the published file itself is never opened for writing.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.contracts import MARTS, versions
from pipelines.entities import entities
from pipelines.notes import GOODWILL_TABLES
from pipelines.settings import Settings
from pipelines.warehouse import connect, literal, quoted, transaction

TIERS = ("published", "restricted")
ALIAS = "goodwill_publication"  # the file under construction, while it is attached to the warehouse
FORMER = "goodwill_former"  # the file that readers have meanwhile
# Of which mart is kept what was told of people, or of how many rows they have -> where, and the model that says it
TOLD = {
    "relationships.indicators": ("told_indicators", "int_indicators_told"),
    "relationships.surveys": ("told_surveys", "int_surveys_told"),
    "relationships.internal_network": ("told_network", "int_network_told"),
    "relationships.understanding": ("told_understanding", "int_understanding_told"),
    "relationships.stories": ("told_stories", "int_story_counts_told"),
    "core.coverage": ("told_counts", "int_counts_told"),
}


class PublishError(Exception):
    """A mart cannot be published; the message names it and the cure. What was published before stays as it was."""


@dataclass(frozen=True)
class Mart:
    """One mart as its yml promises it: `columns` are those that may leave the warehouse, with their descriptions."""

    schema: str
    name: str
    tier: str
    description: str
    columns: dict[str, str]
    where: str | None
    grain: tuple[str, ...]

    @property
    def table(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class PublishResult:
    """What stands in the published file: rows by mart (`core.posts`)."""

    tables: dict[str, int]
    path: Path

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


def _grain(model: dict[str, Any]) -> tuple[str, ...]:
    for test in model.get("data_tests", ()):
        if isinstance(test, dict) and "unique_combination" in test:
            return tuple(test["unique_combination"]["arguments"]["columns"])
    return ()


def _marts(path: Path) -> list[Mart]:
    """A mart for each version of the model: readers of the old one have it until its deprecation date."""
    model = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
    schema = path.parent.name
    meta = model.get("config", {}).get("meta", {})
    if meta.get("tier") not in TIERS:
        raise PublishError(f"{path.name}: config.meta.tier is {meta.get('tier')!r}; say published or restricted")
    if model["name"] != path.stem or not path.stem.startswith(f"{schema}_"):
        raise PublishError(f"{path.name} holds the model {model['name']}: file and model are called {schema}_<mart>")
    found = []
    for version in versions(model, schema):
        columns = {column["name"]: " ".join(column.get("description", "").split()) for column in version.columns}
        unpublished = meta.get("unpublished_columns", ())
        if unknown := set(unpublished) - set(columns):
            raise PublishError(f"{path.name}: unpublished_columns names {', '.join(sorted(unknown))}, which the contract does not have")
        until = f"Stays until {version.deprecated_on}; then read the newer version. " if version.deprecated_on else ""
        found.append(
            Mart(
                schema=schema,
                name=version.table.removeprefix(f"{schema}."),
                tier=meta["tier"],
                description=until + " ".join(model["description"].split()),
                columns={name: description for name, description in columns.items() if name not in unpublished},
                where=meta.get("published_where"),
                grain=_grain(model),
            )
        )
    return found


def read_marts(folder: Path = MARTS) -> list[Mart]:
    """Every mart of dbt_project/models/marts/<schema>/, in alphabetical order, in each of its versions. PublishError where a yml does not say its tier."""
    return [mart for path in sorted(folder.glob("*/[!_]*.yml")) for mart in _marts(path)]


def person_columns(names: Iterable[str]) -> list[str]:
    """Columns that hold a person by the contract of the entities, or are called like a person's key."""
    of_entities = {column.name for entity in entities().values() for column in entity.columns if column.is_person}
    return [name for name in names if name in of_entities or name.endswith("_key")]


def _refuse(marts: list[Mart]) -> None:
    for mart in marts:
        if mart.tier != "published":
            raise PublishError(f"{mart.table} is {mart.tier} and stays in the warehouse")
        if names := person_columns(mart.columns):
            raise PublishError(
                f"{mart.table} would publish {', '.join(names)}, which tells persons apart: name it in unpublished_columns, or make the mart restricted"
            )


def _refuse_keys(connection: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    """A person's key is 64 hex digits: none may leave, whatever the column is called."""
    types = connection.execute(f"describe {ALIAS}.{quoted(mart.schema)}.{quoted(mart.name)}").fetchall()
    texts = [name for name, type_, *_ in types if type_ == "VARCHAR"]
    if not texts:
        return
    held = ", ".join(
        f"coalesce(bool_or(length({quoted(name)}) = 64 and regexp_full_match({quoted(name)}, '[0-9a-f]+')), false)" for name in texts
    )
    row = connection.execute(f"select {held} from {ALIAS}.{quoted(mart.schema)}.{quoted(mart.name)}").fetchone()
    if found := [name for name, is_held in zip(texts, row or (), strict=True) if is_held]:
        raise PublishError(
            f"{mart.table}: {', '.join(found)} holds keys of persons: leave those rows out by published_where, or name the column in unpublished_columns"
        )


def _holds_already(connection: duckdb.DuckDBPyConnection, mart: Mart, rows: str) -> bool:
    """Whether the former file has this mart with the same words, columns, types and rows, in which order ever."""
    former = f"{FORMER}.{quoted(mart.schema)}.{quoted(mart.name)}"
    found = connection.execute(
        "select comment from duckdb_tables() where database_name = ? and schema_name = ? and table_name = ?",
        [FORMER, mart.schema, mart.name],
    ).fetchone()
    if found != (mart.description,):
        return False
    shapes = [[each[:2] for each in connection.execute(f"describe {each}").fetchall()] for each in (rows, f"from {former}")]
    if shapes[0] != shapes[1]:
        return False
    # by name: an alias of the whole row is a column, where a mart has one that is called so
    row = f"hash({', '.join(quoted(name) for name in mart.columns)})"
    print_of = f"select count(*), sum({row}), bit_xor({row}) from ({{}})"
    return connection.execute(print_of.format(rows)).fetchone() == connection.execute(print_of.format(f"from {former}")).fetchone()


def _copy(connection: duckdb.DuckDBPyConnection, mart: Mart) -> int:
    """Rows in the order of the grain, so that equal content lies in equal order; types as the contract has them.

    Rows of days lie month by month before that: a chart of a few weeks then reads their part of the file alone, and one
    thing's days are still found without reading everything. A mart that has not changed is taken over from the former file,
    where it lies in order already: sorting is most of the work. (Never the file itself: it would keep what was deleted.)
    """
    source, target = f"{quoted(mart.schema)}.{quoted(mart.name)}", f"{ALIAS}.{quoted(mart.schema)}.{quoted(mart.name)}"
    columns = ", ".join(quoted(name) for name in mart.columns)
    rows = f"select {columns} from {source}" + (f" where {mart.where}" if mart.where else "")
    months = ["date_trunc('month', date)"] if "date" in mart.grain else []
    order = ", ".join([*months, *(f"{quoted(name)} nulls first" for name in mart.grain)]) or "all"
    try:
        is_there = _holds_already(connection, mart, rows)
        rows = f"from {FORMER}.{quoted(mart.schema)}.{quoted(mart.name)}" if is_there else f"{rows} order by {order}"
        connection.execute(f"create table {target} as {rows}")
    except (duckdb.CatalogException, duckdb.BinderException) as fault:
        raise PublishError(f"{mart.table} is not in the warehouse as its contract says; run dbt first ({fault})") from None
    connection.execute(f"comment on table {target} is {literal(mart.description)}")
    for name, description in mart.columns.items():
        connection.execute(f"comment on column {target}.{quoted(name)} is {literal(description)}")
    if mart.tier == "published":
        _refuse_keys(connection, mart)
    row = connection.execute(f"select count(*) from {target}").fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, former: Path) -> Iterator[None]:
    """What readers have now; nothing, where there is no such file or DuckDB cannot read it."""
    try:
        connection.execute(f"attach {literal(str(former))} as {FORMER} (read_only)")
    except duckdb.Error:
        connection.execute(f"attach ':memory:' as {FORMER}")
    try:
        yield
    finally:
        connection.execute(f"detach {FORMER}")


def _build(settings: Settings, marts: list[Mart], path: Path, former: Path) -> dict[str, int]:
    with connect(settings) as connection, _attached(connection, former):
        connection.execute(f"attach {literal(str(path))} as {ALIAS}")
        try:
            with transaction(connection):
                for schema in sorted({mart.schema for mart in marts}):
                    connection.execute(f"create schema {ALIAS}.{quoted(schema)}")
                tables = {mart.table: _copy(connection, mart) for mart in marts}
            connection.execute(f"checkpoint {ALIAS}")
        finally:
            connection.execute(f"detach {ALIAS}")
    return tables


def _remove(path: Path) -> None:
    """A file that was under construction, with its log: what a killed publication left behind is of no use."""
    for leftover in (path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(settings: Settings, marts: list[Mart] | None = None) -> PublishResult:
    """Put all published marts into `settings.published_path`, all of one build; the caller holds the lock of the warehouse.

    `marts` replaces those of the dbt project (tests). PublishError where a mart is not built, is restricted, or would
    let a person's key out: then nothing is replaced.
    """
    wanted = [mart for mart in read_marts() if mart.tier == "published"] if marts is None else marts
    _refuse(wanted)
    return _put(settings, wanted, settings.published_path)


def _remember(settings: Settings, marts: list[Mart]) -> None:
    """What readers are told of people: the next build holds back what would differ from it by a few (dbt_project/macros/held_back.sql).

    Before they are told: of a file that a crash keeps from readers, the next one still adds ten people or nobody.
    The other way round, a file that they have might be held against an older one.
    """
    with connect(settings) as connection, transaction(connection):
        for told, model in (TOLD[mart.table] for mart in marts if mart.table in TOLD):
            connection.execute(f"delete from raw_goodwill.{told}")
            columns = ", ".join(GOODWILL_TABLES[told])
            connection.execute(f"insert into raw_goodwill.{told} ({columns}) select {columns} from intermediate.{model} order by cell")


def restricted_path(settings: Settings) -> Path:
    """The second tier of `goodwill.duckdb` is `goodwill_restricted.duckdb` beside it."""
    return settings.published_path.with_stem(f"{settings.published_path.stem}_restricted")


def publish_restricted(settings: Settings) -> PublishResult:
    """Put the restricted marts (rows of persons by key, no words) into a file of their own that only its owner may read."""
    wanted = [mart for mart in read_marts() if mart.tier == "restricted"]
    return _put(settings, wanted, restricted_path(settings), mode=0o600)


def _put(settings: Settings, wanted: list[Mart], path: Path, mode: int | None = None) -> PublishResult:
    path.parent.mkdir(parents=True, exist_ok=True)
    following = path.with_name(path.name + ".next")
    _remove(following)
    try:
        tables = _build(settings, wanted, following, path)
        if mode is not None:
            following.chmod(mode)
        _sync(following)
        _remember(settings, wanted)
        # A log that somebody's write access to the old file left behind does not belong to the new one.
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
        os.replace(following, path)
    finally:
        _remove(following)
    _sync(path.parent)
    return PublishResult(tables, path)
