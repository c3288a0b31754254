"""File drop -> raw_files: inbox/<entity>/*.{csv,jsonl}[.gz|.zst] and *.parquet, by content; key (_file, _line).

A changed file replaces its own rows, a removed or emptied one retires them, a bad one is refused whole and named while
the rest is loaded; what had been loaded of it before stays until it is mended. Hidden files and READMEs are passed over.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import duckdb

from pipelines.entities import Entity, entities
from pipelines.keys import name_without_addresses
from pipelines.raw import Extraction, FileExtraction, RawTable, Source
from pipelines.sentiment import add_to
from pipelines.sources.files.lines import Fault
from pipelines.sources.files.reading import read_file
from pipelines.sources.files.values import duckdb_type
from pipelines.warehouse import literal, quoted


def _table(entity: Entity) -> RawTable:
    columns = {column.name: duckdb_type(column.type) for column in entity.columns}
    return RawTable(
        name=entity.name,
        key=("_file", "_line"),
        columns=columns | {"_file": "VARCHAR", "_line": "BIGINT", "_deleted": "BOOLEAN"},
        entities=(entity.name,),
        holds_persons=any(column.is_person for column in entity.columns),
        scope="_file",
    )


def _files(inbox: Path) -> Iterator[tuple[str, Path]]:
    """Every file by its name below the inbox, in order, so that messages come in the same order on every machine.

    Consents come first: they say who may be stored.
    """
    for path in sorted(inbox.rglob("*"), key=lambda path: (path.relative_to(inbox).parts[0] != "consents", path)):
        name = path.relative_to(inbox)
        if path.is_file() and not any(part.startswith(".") for part in name.parts) and not name.stem.upper().startswith("README"):
            yield name.as_posix(), path


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tombstones(connection: duckdb.DuckDBPyConnection, run_id: str, entity: Entity, files: list[str], target: Path) -> None:
    """A row for each file that is gone: the load takes its rows away and does not store this one."""
    columns = ", ".join(f"null::{duckdb_type(column.type)} as {quoted(column.name)}" for column in entity.columns)
    names = ", ".join(literal(file) for file in files)
    connection.execute(
        f"copy (select {columns}, unnest([{names}]) as _file, 0::bigint as _line, true as _deleted, {literal(run_id)} as _run) "
        f"to {literal(str(target))} (format parquet)"
    )


def extract(extraction: Extraction) -> None:
    """Read what is new or changed in the inbox, retire what is gone."""
    run = cast(FileExtraction, extraction)
    known: dict[str, str] = run.state.setdefault("files", {})
    if known and not run.inbox_path.is_dir():
        raise FileNotFoundError(
            f"the inbox {run.inbox_path} is not there, though {len(known)} files were loaded from it: mount it, or make it anew and empty to retire their rows"
        )
    found: dict[str, str] = {}
    gone: dict[str, list[str]] = {}
    contracts = entities()
    with duckdb.connect() as connection:
        # What is read may hold e-mail addresses: never on disk, so never spilled either.
        connection.execute("set TimeZone = 'UTC'; set threads = 2; set temp_directory = ''")
        add_to(connection)
        for number, (name, path) in enumerate(_files(run.inbox_path)):
            folder, _, rest = name.partition("/")
            entity = contracts.get(folder) if rest else None
            if entity is None:
                known_folders = ", ".join(contracts)
                run.refuse(name, None, None, None, f"lies in no folder of an entity; put it into one of: {known_folders}")
                continue
            try:
                found[name] = _hash(path)
                if name_without_addresses(name) != name:
                    # the names of files are stored with their rows and in the state
                    raise Fault(
                        None, None, "has an e-mail address in its name, which would be stored: rename the file, or the folder that has it"
                    )
                if known.get(name) == found[name]:
                    continue
                part = run.folder / f"{number}.parquet"
                if read_file(connection, run, entity, name, path, part):
                    run.write_parquet(entity.name, part)
                elif name in known:
                    gone.setdefault(entity.name, []).append(name)
            except Fault as fault:
                # The former state stays beside the former rows, so that the file is tried again in every run.
                found.pop(name)
                stays = ""
                if name in known:
                    found[name] = known[name]
                    stays = "; the rows of its former content stay until it is mended"
                run.refuse(name, entity.name, fault.line, fault.field, fault.reason + stays)
            except OSError as fault:
                if name in known:
                    found[name] = known[name]
                run.refuse(name, entity.name, None, None, f"cannot be read: {fault.strerror or type(fault).__name__}")
        for name in known.keys() - found.keys():
            gone.setdefault(name.partition("/")[0], []).append(name)
        for folder, names in sorted(gone.items()):
            target = run.folder / f"gone-{folder}.parquet"
            _tombstones(connection, run.run_id, contracts[folder], sorted(names), target)
            run.write_parquet(folder, target)
    run.state["files"] = dict(sorted(found.items()))


SOURCE = Source(
    name="files",
    title="File drop",
    tables=tuple(_table(entity) for entity in entities().values()),
    extract=extract,
)
