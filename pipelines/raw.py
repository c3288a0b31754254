"""Raw tables: what a source declares, and what it may do while it extracts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class RawTable:
    """One raw table = one dlt resource = one asset [source, name] = one dbt source table.

    `columns` maps each declared field to a DuckDB type (VARCHAR, BIGINT, DOUBLE, BOOLEAN, TIMESTAMP, JSON); nested
    fields stay JSON. `key` identifies a row: every load replaces rows by it. `entities` are those of the model that
    staging makes of it. With `holds_persons` only declared fields are kept (nested JSON would smuggle addresses in);
    otherwise unknown fields arrive as text. Either way their names are recorded.
    `scope` names a column whose rows are replaced together (the file drop: all rows of a file); such a table has a
    column `_deleted` that retires them, and neither `_observed_at` nor `_account` (which of a source's accounts gave the
    row; NULL where it has one without a name).
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    entities: tuple[str, ...]
    holds_persons: bool = False
    scope: str | None = None

    @property
    def stored(self) -> dict[str, str]:
        """Columns of the raw table by name, with those that the load adds."""
        added = {"_run": "VARCHAR"} if self.scope else {"_observed_at": "TIMESTAMP", "_account": "VARCHAR", "_run": "VARCHAR"}
        return dict(self.columns) | added


@dataclass(frozen=True)
class Setting:
    """One setting of a source: environment variable SOURCES__<SOURCE>__<NAME>, or [sources.<source>] in .dlt/config.toml where it is no secret."""

    name: str
    help: str
    default: str | None = None
    is_secret: bool = False
    is_required: bool = False
    unless: str | None = None  # name of another setting that makes this one needless; several are joined by ` or `


class Extraction(Protocol):
    """What `extract` of a source is handed: its settings, its place from last time, and where rows go."""

    settings: Mapping[str, str]  # values of the declared settings, by name; a secret is a plain str only here
    state: dict[str, Any]  # JSON; what is written here is kept only when the rows of this extraction are loaded

    def write(self, table: str, rows: Iterable[Mapping[str, Any]], observed_at: datetime) -> None:
        """Append rows as the API gave them (field names as declared); `_observed_at` is added. UTC."""

    def stored(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a read-only query over what is already stored of this account (tables by their bare names)."""

    def reconcile(self, table: str, api_total: int) -> None:
        """The number of rows that the API itself says it has."""

    def listed(self, table: str, ids: Iterable[str]) -> None:
        """Ids (the first column of the key) that an answer listed and that are to be stored, told as they are read, before anything is made of them.

        For tables of which the API tells no total: after the load each of them must be there.
        """

    def withdrawn(self, entity: str, measure: str, since: datetime | None) -> None:
        """A measure of the model that the platform no longer gives, from this answer on; None where it gives it (again)."""

    def kept_secret(self, name: str) -> str | None:
        """What `keep_secret` last kept of this account, if the settings it came from have not changed since."""

    def keep_secret(self, name: str, value: str) -> None:
        """Remember a token that the vendor handed out in place of the configured one; never in the warehouse."""

    def person_key(
        self, *, email: str | None = None, platform: str | None = None, platform_id: str | None = None, key: str | None = None
    ) -> str | None:
        """Key of a person or platform account; None where nothing was given or keys.REMOVED stands, ValueError where the e-mail is none."""

    def warn(self, message: str) -> None:
        """Something a person should read in the report; never a secret, never a person."""


class FileExtraction(Extraction, Protocol):
    """What only the file drop needs: rows that are Parquet already, and files that are refused."""

    inbox_path: Path
    folder: Path  # for scratch files; emptied after the load
    run_id: str  # for the column _run
    latest: datetime  # UTC, naive; what lies after it cannot have happened yet

    def write_parquet(self, table: str, path: Path) -> None:
        """Append the rows of a Parquet file that has the columns and types of the raw table, each key once."""

    def refuse(self, file: str, entity: str | None, line: int | None, field: str | None, reason: str) -> None:
        """A file that is not loaded: `file` as below the inbox, the reason with its cure."""


@dataclass(frozen=True)
class Source:
    """A place that data comes from; pipelines/sources/<name>.py holds it as SOURCE."""

    name: str
    title: str
    tables: tuple[RawTable, ...]
    extract: Callable[[Extraction], None]
    settings: tuple[Setting, ...] = field(default=())

    def table(self, name: str) -> RawTable:
        return next(table for table in self.tables if table.name == name)


def literals(texts: Iterable[str]) -> str:
    """Texts as a list of SQL strings, for a query of `Extraction.stored`."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
