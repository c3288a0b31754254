"""A source against a server, over and over: rows go to a real warehouse by the real extraction, without dlt, which other tests cover."""

import copy
from pathlib import Path
from typing import Any

import duckdb

from pipelines.extraction import Run
from pipelines.raw import Source
from pipelines.settings import Settings, read_settings
from pipelines.warehouse import connect, prepare


class Loading:
    """`load()` extracts once and merges by key; `rows()` are those of a raw table. A failed extraction changes nothing."""

    def __init__(self, source: Source, folder: Path, **settings: str) -> None:
        given = {f"SOURCES__{source.name}__{name}".upper(): value for name, value in settings.items()}
        self.source = source
        self.settings: Settings = read_settings(folder=folder, environ={"GOODWILL_KEY": "a key for tests", **given})
        self.folder = folder
        self.state: dict[str, Any] = {}
        self.count = 0
        self.warnings: list[str] = []
        self.run: Run
        prepare(self.settings, {source.name: source})

    def load(self, *, full_refresh: bool = False) -> Run:
        """Like load.load_source; a full refresh forgets the place and replaces every table that holds no snapshots."""
        self.count += 1
        run = self.run = Run(self.source, self.settings, {} if full_refresh else copy.deepcopy(self.state), str(self.count))
        replaced = {table.name for table in self.source.tables if full_refresh and "_observed_at" not in table.key}
        try:
            self.source.extract(run)
            with connect(self.settings) as connection:
                connection.execute(f"set schema = 'raw_{self.source.name}'")
                stored = {
                    table.name: [row[0] for row in connection.execute(f"describe {table.name}").fetchall()] for table in self.source.tables
                }
                for delivery in run.deliveries(replaced, stored):
                    name, new = delivery.table.name, f"read_parquet('{delivery.path}')"
                    same = " and ".join(f"new.{column} = {name}.{column}" for column in delivery.table.key)
                    where = "true" if name in replaced else f"exists (select 1 from {new} as new where {same})"
                    connection.execute(f"delete from {name} where {where}")
                    for column in delivery.columns.keys() - set(stored[name]):
                        connection.execute(f'alter table {name} add column "{column}" varchar')
                    connection.execute(f"insert into {name} by name from {new}")
        finally:
            self.warnings = run.warnings
            run.discard()
        self.state = run.state
        return run

    def rows(self, table: str, columns: str = "*", where: str = "true") -> list[dict[str, Any]]:
        with connect(self.settings) as connection:
            relation: duckdb.DuckDBPyConnection = connection.execute(
                f"select {columns} from raw_{self.source.name}.{table} where {where} order by all"
            )
            names = [column[0] for column in relation.description or []]
            return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]

    def content(self) -> dict[str, list[dict[str, Any]]]:
        """Everything stored, without what only says which run wrote it."""
        return {table.name: self.rows(table.name, "* exclude (_run)") for table in self.source.tables}
