"""Rows of entities -> a small warehouse that dbt has built: files are the only source, so that no platform is needed."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml
from dbt.cli.main import dbtRunner

from pipelines.entities import entities
from pipelines.estimate import ESTIMATES, estimate
from pipelines.notes import GOODWILL_TABLES
from pipelines.publish import TOLD
from pipelines.settings import Settings
from pipelines.warehouse import make_table

PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
ESTIMATED = PROJECT / "models" / "marts" / "roi" / "_estimates__sources.yml"
Row = Mapping[str, Any]


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@cache
def _files_only() -> Row:
    sources = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]["sources"]
    return {"sources": {"files": sources["files"]}}


def _invoke(warehouse: Path, arguments: Sequence[str], manifest: Any = None, variables: Row | None = None, project: Path = PROJECT) -> Any:
    # DBT_TARGET_PATH: a test never writes where an analyst's dbt works
    with _environment(WAREHOUSE_PATH=str(warehouse), DBT_TARGET_PATH=str(_folder() / "target"), DBT_LOG_PATH=str(_folder() / "logs")):
        return dbtRunner(manifest=manifest).invoke(
            [
                *("--quiet", "--no-use-colors", "--no-write-json"),
                *arguments,
                *(
                    "--project-dir",
                    str(project),
                    "--profiles-dir",
                    str(project),
                    "--target",
                    "warehouse",
                    "--vars",
                    json.dumps({**_files_only(), **(variables or {})}),
                ),
            ]
        )


@cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="goodwill-dbt-")  # removed when the process ends


def _folder() -> Path:
    return Path(_kept().name)


@cache
def manifest() -> Any:
    """All models as dbt has read them."""
    return _invoke(_folder() / "company.duckdb", ["parse"]).result


@cache
def _empty_warehouse() -> Path:
    path = _folder() / "company.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw_files")
        for entity in entities().values():
            columns = ", ".join(f'"{column.name}" {column.type}' for column in entity.columns)
            connection.execute(f"create table raw_files.{entity.name} ({columns}, _file text, _line bigint, _deleted boolean, _run text)")
        connection.execute(
            """
            create schema raw_goodwill;
            create table raw_goodwill.clock as select timestamp '2026-06-30 12:00' as as_of, true as is_demo;
            create table raw_goodwill.salt as select 'grain' as salt;
            create table raw_goodwill.loads (
                source text, raw_table text, entity text, state text, reason text, loaded_total bigint, api_total bigint, fresh_until timestamp, account text
            );
            create table raw_goodwill.withdrawn_metrics (source text, account text, entity text, measure text, unavailable_since timestamp);
            create table raw_goodwill.unknown_fields (source text, raw_table text, field text, first_seen_at timestamp);
            create table raw_goodwill.refused_files (file text, entity text, line bigint, field text, reason text);
            create table raw_goodwill.tombstones (tombstone text, requested_at timestamp);
            create table raw_goodwill.failed_checks (source text, raw_table text, expectation text, is_blocking boolean);
            """
        )
        for told, _ in TOLD.values():
            make_table(connection, "raw_goodwill", told, GOODWILL_TABLES[told])
    assert _invoke(path, ["seed"], manifest()).success
    return path


class DbtWarehouse:
    """A warehouse of its own; `insert` adds rows of an entity, `build` runs dbt on a selection, `rows` reads."""

    def __init__(self, folder: Path, like: Path | None = None, project: Path = PROJECT) -> None:
        self._project = project  # another than the house's own: a changed copy of it
        # dbt writes the file's stem into its manifest as the name of the catalogue, so it is the same everywhere
        self.path = folder / "company.duckdb"
        with duckdb.connect(str(like or _empty_warehouse())) as connection:
            connection.execute("checkpoint")
        shutil.copyfile(like or _empty_warehouse(), self.path)
        self.variables: dict[str, Any] = {}  # a company's own settings, as in dbt_project.yml
        self._line = 0

    def copy(self, folder: Path) -> "DbtWarehouse":
        """The same content in a file of its own."""
        return DbtWarehouse(folder, self.path)

    def insert(self, entity: str, *rows: Row) -> None:
        with duckdb.connect(str(self.path)) as connection:
            for row in rows:
                self._line += 1
                values = {**row, "_file": f"{entity}.csv", "_line": self._line, "_deleted": False}
                names, marks = ", ".join(f'"{name}"' for name in values), ", ".join("?" for _ in values)
                connection.execute(f"insert into raw_files.{entity} ({names}) values ({marks})", list(values.values()))

    def execute(self, sql: str) -> None:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path)) as connection:
            return connection.execute(sql).fetchall()

    def give_everybody_another_key(self) -> None:
        """As a rotation of the secret does."""
        for entity in entities().values():
            for column in entity.columns:
                if column.is_person:
                    self.execute(f"update raw_files.{entity.name} set {column.name} = md5('another secret' || {column.name})")

    def run(self, *arguments: str) -> Any:
        """The result of a dbt command, whatever became of it."""
        read = manifest() if self._project == PROJECT else None
        return _invoke(self.path, arguments, read, self.variables, self._project)

    def compiled(self, template: str) -> str:
        """SQL of a template that uses the project's macros."""
        result = self.run("compile", "--inline", template)
        assert result.success, result.exception
        return str(result.result.results[0].node.compiled_code)

    def build(self, *selection: str, full_refresh: bool = False) -> None:
        """Build models (without tests) and fail with dbt's own words where one fails."""
        result = self.run("run", "--select", *selection, *(["--full-refresh"] if full_refresh else []))
        faults = [f"{item.node.name}: {item.message}" for item in (result.result or []) if item.status not in ("success", "pass")]
        assert result.success, faults or result.exception

    def estimate(self, *tables: str) -> dict[str, int]:
        """Build what these est_* tables are made of, and make them."""
        listed = yaml.safe_load(ESTIMATED.read_text(encoding="utf-8"))["sources"][0]["tables"]
        reads = {table["name"]: table["config"]["meta"]["reads"] for table in listed}
        self.build(*sorted({f"+{model}" for table in tables for model in reads[table]}))
        folder = self.path.parent
        settings = Settings(warehouse_path=self.path, published_path=folder / "marts.duckdb", inbox_path=folder)
        return estimate(settings, {table: ESTIMATES[table] for table in tables})
