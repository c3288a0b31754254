"""A source's extract -> what it delivers: its settings, its place from last time, and a spool for each of its tables.

Nothing here knows dlt or holds the warehouse open while a source extracts, so several sources may extract side by side.
"""

import shutil
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipelines.forgotten import Forgotten
from pipelines.keys import REMOVED, Keys, name_without_addresses, without_addresses
from pipelines.raw import RawTable, Source
from pipelines.sentiment import scored
from pipelines.settings import Settings
from pipelines.spool import Delivery, Spool
from pipelines.tokens import Tokens
from pipelines.warehouse import connect, literal, quoted


class Run:
    """One extraction of one source; implements raw.Extraction and raw.FileExtraction."""

    def __init__(self, source: Source, settings: Settings, state: dict[str, Any], run_id: str, account: str | None = None) -> None:
        self.source = source
        self.account = account
        self.settings: Mapping[str, str] = settings.source(source.name, source.settings, account)
        self.inbox_path = settings.inbox_path
        self.state = state
        self.run_id = run_id
        # a day more, for times that are local ones; a company whose clock is set lives at that time
        self.latest = max(datetime.now(UTC).replace(tzinfo=None), settings.as_of or datetime.min) + timedelta(days=1)
        self.folder = spool_folder(settings) / f"{source.name}-{run_id}"
        self.warnings: list[str] = []
        self.api_totals: dict[str, int] = {}
        self.listings: dict[str, set[str]] = {}
        self.refused: list[tuple[str, str | None, int | None, str | None, str]] = []
        self.metrics: dict[tuple[str, str], datetime | None] = {}
        self._tokens = Tokens(settings, source, account)
        self._all = settings
        self._keys = Keys.of(settings)
        self._forgotten = Forgotten(settings, source.name)
        self._spools = {table.name: Spool(source.name, table, self.folder, account) for table in source.tables}
        self.folder.mkdir(parents=True, mode=0o700)

    # What a source calls

    def write(self, table: str, rows: Iterable[Mapping[str, Any]], observed_at: datetime) -> None:
        """Append rows; SchemaDrift at the first value that is not of its declared type. An empty page still dates the table."""
        moment = observed_at.astimezone(UTC).replace(tzinfo=None) if observed_at.tzinfo else observed_at
        spool = self._spools[table]
        if self._forgotten:
            rows = self._remembered(spool.table, list(rows))
        spool.write(scored(spool.table, rows) if "sentiment" in spool.table.columns else rows, moment)

    def write_parquet(self, table: str, path: Path) -> None:
        """Rows that have all columns of the raw table already, each key once."""
        spool = self._spools[table]
        if self._forgotten:
            self._forgotten.parquet(spool.table, path)
        spool.imported.append(path)

    def refuse(self, file: str, entity: str | None, line: int | None, field: str | None, reason: str) -> None:
        """A file of the drop that is not loaded; its name may be somebody's address, as its columns may."""
        file = name_without_addresses(file)
        field, reason = field and without_addresses(field), without_addresses(reason)
        self.refused.append((file, entity, line, field, reason))
        at = (f", line {line}" if line else "") + (f", column {field}" if field else "")
        self.warn(f"{file}{at}: {reason}")

    def stored(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query over what is stored of this account, tables by their bare names."""
        schema = f"raw_{self.source.name}"
        with connect(self._all) as connection:
            connection.execute(f"set schema = {literal(schema)}")
            if self.account is not None:
                # DuckDB looks among what is temporary first
                (catalog,) = connection.execute("select current_database()").fetchone() or ("",)
                for name in self._spools:
                    table = ".".join(map(quoted, (catalog, schema, name)))
                    connection.execute(f"create temp view {quoted(name)} as from {table} where _account = {literal(self.account)}")
            return connection.execute(sql).fetchall()

    def reconcile(self, table: str, api_total: int) -> None:
        """The number of rows that the source itself says it has."""
        self.api_totals[self.source.table(table).name] = api_total

    def listed(self, table: str, ids: Iterable[str]) -> None:
        """Ids that an answer listed: each of them must be stored after the load."""
        self.listings.setdefault(table, set()).update(ids)

    def person_key(
        self, *, email: str | None = None, platform: str | None = None, platform_id: str | None = None, key: str | None = None
    ) -> str | None:
        """Key of whoever is given, the account before the address before the key; None where nothing is, or somebody forgotten was."""
        if platform and platform_id and REMOVED not in platform_id:
            made = self._keys.account(platform, platform_id)
            self._forgotten.meet(made, account=(platform, platform_id))
        elif email and email.strip() and REMOVED not in email:
            made = self._keys.email(email)
            self._forgotten.meet(made, email=email)
        elif key and key.strip() and REMOVED not in key:
            made = self._keys.given(key)
            self._forgotten.meet(made, key=key)
        else:
            return None
        return made

    def withdrawn(self, entity: str, measure: str, since: datetime | None) -> None:
        """A measure that the platform no longer gives, or gives again (None)."""
        self.metrics[entity, measure] = since and since.astimezone(UTC).replace(tzinfo=None)

    def kept_secret(self, name: str) -> str | None:
        """A token that took the configured one's place."""
        return self._tokens.get(name)

    def keep_secret(self, name: str, value: str) -> None:
        """Survives the run even where its rows do not: the vendor has revoked the former one."""
        self._tokens.keep(name, value)

    def warn(self, message: str) -> None:
        """Something a person should read in the report."""
        if message not in self.warnings:
            self.warnings.append(message)

    def _remembered(self, table: RawTable, rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Rows without the forgotten, of whom it is not expected that they are stored."""
        kept, id_ = list(self._forgotten.rows(table, iter(rows))), table.key[0]
        if len(kept) < len(rows) and table.name in self.listings:
            self.listings[table.name] -= {row[id_] for row in rows} - {row[id_] for row in kept}
        return kept

    # What the load calls

    def unknown_fields(self) -> list[tuple[str, str, datetime]]:
        """(table, field, first seen) of every field that no table declares."""
        return [
            (name, without_addresses(unknown), seen)
            for name, spool in self._spools.items()
            for unknown, seen in sorted(spool.unknown.items())
        ]

    def answered_at(self, table: str) -> datetime | None:
        """Latest answer about a table, also one without rows."""
        return self._spools[table].answered_at

    def deliveries(self, replaced: Iterable[str], stored: Mapping[str, Iterable[str]]) -> list[Delivery]:
        """Each table that got rows as one Parquet file, and an empty one of those of `replaced` that got none. SchemaDrift as for write.

        `stored` are the columns that each table has in the warehouse: a field that only changed its case is the same.
        """
        made = []
        replaced = set(replaced)
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'; set threads = 2")
            for name, spool in self._spools.items():
                if spool.rows or spool.imported:
                    made.append(spool.deliver(connection, self.run_id, stored[name]))
                elif name in replaced:
                    made.append(spool.empty(connection))
                if spool.mended:
                    self.warn(f"{name}: {spool.mended} rows held half of a surrogate pair, which no text may; it is stored as U+FFFD")
        return made

    def discard(self) -> None:
        """Remove every spool file: they hold what the source sent."""
        for spool in self._spools.values():
            spool.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def spool_folder(settings: Settings) -> Path:
    return settings.warehouse_path.parent / "spool"


def remove_leftovers(settings: Settings, source: Source) -> None:
    """Remove what a killed extraction of this source left behind."""
    for folder in spool_folder(settings).glob(f"{source.name}-*"):
        shutil.rmtree(folder, ignore_errors=True)
