"""The warehouse without a person: raw rows taken away in one transaction with the tombstones, the rest proved clean, the file rewritten."""

import os
from datetime import datetime

import duckdb

from pipelines.erase.persons import Person, listed, place
from pipelines.erase.spellings import Words, forms
from pipelines.erase.states import states_that_hold, take_names_away
from pipelines.forgotten import WORDS, is_of_one_person, person_columns, subjects, vendor_ids, worded
from pipelines.keys import REMOVED, Keys
from pipelines.outcome import is_gone
from pipelines.raw import RawTable, Source
from pipelines.settings import Settings
from pipelines.warehouse import connect, literal, quoted, transaction


def remember(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Take up again what a killed `goodwill forget` had begun."""
    person.keys |= {row[0] for row in connection.execute("select person_key from raw_goodwill.forgetting").fetchall()}


def is_known(connection: duckdb.DuckDBPyConnection, settings: Settings, sources: dict[str, Source], person: Person) -> bool:
    """Whether anything is stored under one of the keys, is being forgotten, or has been."""
    keys = Keys.of(settings)
    tombstones = {keys.tombstone(key) for key in person.keys}
    asked = [
        f"select 1 from raw_goodwill.forgetting where person_key in {listed(person.keys)}",
        f"select 1 from raw_goodwill.tombstones where tombstone in {listed(tombstones)}",
        *(
            f"select 1 from {place(source, table)} where {quoted(name)} in {listed(person.keys)}"
            for source in sources.values()
            for table in source.tables
            for name in person_columns(table)
        ),
    ]
    return any(connection.execute(f"{sql} limit 1").fetchone() for sql in asked)


def given_as_keys(connection: duckdb.DuckDBPyConnection, settings: Settings, sources: dict[str, Source], person: Person) -> set[str]:
    """Keys of the person's addresses as a file has them that gives addresses in the column of keys; none where nothing is stored under them."""
    keys = Keys.of(settings)
    given = {keys.given(word) for word in person.words if "@" in word}
    return given if is_known(connection, settings, sources, Person(given)) else set()


def take_away(settings: Settings, sources: dict[str, Source], person: Person, requested_at: datetime) -> tuple[int, int]:
    """Rows removed and rows kept without the person, in all raw tables, with the tombstones, all or nothing."""
    keys, removed, kept = Keys.of(settings), 0, 0
    with connect(settings) as connection, transaction(connection):
        for key in sorted(person.keys):
            tombstone = keys.tombstone(key)
            connection.execute("delete from raw_goodwill.forgetting where person_key = ?", [key])
            connection.execute("insert into raw_goodwill.forgetting values (?, ?)", [key, requested_at])
            former = connection.execute("select max(requested_at) from raw_goodwill.tombstones where tombstone = ?", [tombstone]).fetchone()
            if former is None or former[0] is None or former[0] < requested_at:
                connection.execute("delete from raw_goodwill.tombstones where tombstone = ?", [tombstone])
                connection.execute("insert into raw_goodwill.tombstones values (?, ?)", [tombstone, requested_at])
        for source in sources.values():
            for table in source.tables:
                of_table = _take_away(connection, settings, source, table, person)
                removed, kept = removed + of_table[0], kept + of_table[1]
        kept += take_names_away(connection, sources, Words(person.words))
    return removed, kept


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _take_away(
    connection: duckdb.DuckDBPyConnection, settings: Settings, source: Source, table: RawTable, person: Person
) -> tuple[int, int]:
    at, keys = place(source, table), listed(person.keys)
    removed = kept = 0
    about = [f"{quoted(name)} in {keys}" for name in subjects(table)]
    if "author_key" in table.columns and "is_brand" in table.columns:
        about.append(f"(author_key in {keys} and is_brand is false)")
    if table.entities == ("touches",) and "contact_id" in table.columns:
        of_contact = next(other for other in source.tables if "contact_id" in other.key)
        about.append(f"contact_id in (select contact_id from {place(source, of_contact)} where person_key in {keys})")
    ids = {id_ for platform, id_ in person.accounts if platform == source.name}
    about += [f"{quoted(number)} in {listed(ids)}" for number in vendor_ids(table).values() if number in table.key]
    if about:
        _go_on_counting(connection, source, table, at, " or ".join(about))
        removed = _count(connection, f"delete from {at} where {' or '.join(about)}")
    named = [f"coalesce({quoted(name)} in {keys}, false)" for name in person_columns(table)]
    if named:
        others = "null" if is_of_one_person(table) else "case when {0} not in {1} then {0} end"
        nulled = [f"{quoted(name)} = {others.format(quoted(name), keys)}" for name in person_columns(table)]
        nulled += ["text = null"] * ("text" in table.columns)
        kept = _count(connection, f"update {at} set {', '.join(nulled)} where {' or '.join(named)}")
    for id_ in sorted(ids):
        for number in vendor_ids(table).values():
            remnant = literal(Keys.of(settings).remnant(id_))
            kept += _count(connection, f"update {at} set {quoted(number)} = {remnant} where {quoted(number)} = {literal(id_)}")
    for platform, account in sorted(person.accounts):
        if platform == source.name or "platform" in table.columns:
            here = f"platform = {literal(platform)} and " if "platform" in table.columns else ""
            kept += _unname(connection, settings, table, at, here, account)
    return removed, kept


def _go_on_counting(connection: duckdb.DuckDBPyConnection, source: Source, table: RawTable, at: str, about: str) -> None:
    """How many rows were loaded stays as it was told: the next count less this one would tell how many the person had."""
    account = "_account" if "_account" in table.stored else "null"
    connection.execute(
        f"update raw_goodwill.loads as loads set erased_total = coalesce(erased_total, 0) + going.row_count "
        f"from (select {account} as account, count(*) as row_count from {at} where ({about}) and not ({is_gone(table)}) group by all) as going "
        f"where loads.source = {literal(source.name)} and loads.raw_table = {literal(table.name)} and loads.account is not distinct from going.account"
    )


def _unname(connection: duckdb.DuckDBPyConnection, settings: Settings, table: RawTable, at: str, here: str, account: str) -> int:
    """Mentions in texts and ids; an id keeps telling conversations apart."""
    changed = 0
    for name in worded(table):
        if name in table.key:
            continue
        mention, new = account, REMOVED
        if name not in WORDS:
            if not account.startswith("did:"):
                continue
            new = Keys.of(settings).remnant(account)
        elif not account.startswith("did:"):
            mention = "@" + account.removeprefix("@")
        column = quoted(name)
        changed += _count(
            connection,
            f"update {at} set {column} = replace({column}, {literal(mention)}, {literal(new)}) where {here}contains({column}, {literal(mention)})",
        )
    return changed


def traces(settings: Settings, person: Person) -> tuple[list[str], int]:
    """Tables in which a key or a word of the person still stands, states that dlt packed among them, and how many tables were read."""
    found, read = [], 0
    stored = sorted({form for word in person.words for form in forms(word)})
    with connect(settings) as connection:
        columns: dict[str, list[str]] = {}
        for schema, table, column in connection.execute(
            "select c.schema_name, c.table_name, c.column_name from duckdb_columns() as c join duckdb_tables() as t using (schema_name, table_name) "
            "where c.data_type in ('VARCHAR', 'JSON') and not (c.schema_name = 'raw_goodwill' and c.table_name = 'forgetting') order by all"
        ).fetchall():
            columns.setdefault(f"{quoted(schema)}.{quoted(table)}", []).append(column)
        for at, names in columns.items():
            read += 1
            words = [f"contains(lower({quoted(name)}), {literal(word)})" for name in names for word in stored]
            keyed = [f"{quoted(name)} in {listed(person.keys)}" for name in names]
            if connection.execute(f"select count(*) from {at} where {' or '.join([*keyed, *words])}").fetchone() != (0,):
                found.append(at.replace('"', ""))
        found += states_that_hold(connection, Words(person.words))
    return found, read


def compact(settings: Settings) -> None:
    """The same warehouse as a new file, swapped in by rename: freed blocks of the old one keep what was in them."""
    path = settings.warehouse_path
    following = path.with_name(path.name + ".next")
    for leftover in (following, following.with_name(following.name + ".wal")):
        leftover.unlink(missing_ok=True)
    with connect(settings) as connection:
        connection.execute("delete from raw_goodwill.forgetting")
        connection.execute("checkpoint")
        connection.execute(f"attach {literal(str(following))} as following")
        connection.execute(f"copy from database {quoted(path.stem)} to following")
        connection.execute("checkpoint following")
        connection.execute("detach following")
    descriptor = os.open(following, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
    os.replace(following, path)
