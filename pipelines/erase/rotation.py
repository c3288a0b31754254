"""Keys of one secret -> keys of the next, in place: new = HMAC(new secret, old key), so that every join stays as it was.

One transaction holds all keys and the stamp; a kill leaves the warehouse wholly under the former secrets or wholly under
the new ones, and the same command goes on from there.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import replace

import duckdb
import pyarrow as pa

from pipelines.analysts.sandbox import remove_sandbox
from pipelines.erase.persons import place
from pipelines.erase.stored import compact
from pipelines.forgotten import person_columns
from pipelines.keys import Keys
from pipelines.load import prepare
from pipelines.notes import GOODWILL_TABLES
from pipelines.publish import TOLD
from pipelines.run import run
from pipelines.settings import Secret, Settings
from pipelines.sources import discover
from pipelines.warehouse import WarehouseError, connect, quoted, stored_columns, transaction, warehouse_lock

AT_ONCE = 500_000


def _made_under(settings: Settings) -> int | None:
    """How many of the secrets, from the oldest, the keys in the warehouse were made with; None where it is none of them."""
    with connect(settings) as connection:
        row = connection.execute("select key_check from raw_goodwill.stamp").fetchone()
    chain = settings.secrets
    known = {Keys(*chain[:place], is_demo=settings.is_demo).check: place for place in range(1, len(chain) + 1)}
    return known.get(row[0]) if row else None


def _with_next_secret(settings: Settings) -> Settings:
    """The key file with a new secret at its end, in place whole, readable by its owner only."""
    following = settings.key_path.with_name(settings.key_path.name + ".next")
    following.unlink(missing_ok=True)
    descriptor = os.open(following, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("".join(f"{secret.reveal()}\n" for secret in (*settings.secrets, Secret(secrets.token_hex(32)))))
        file.flush()
        os.fsync(file.fileno())
    os.replace(following, settings.key_path)
    return replace(settings)


def _wrap(connection: duckdb.DuckDBPyConnection, at: str, column: str, wrapped: Callable[[str], str]) -> None:
    connection.execute("create or replace temp table keys (former varchar, key varchar)")
    cursor = connection.cursor()
    cursor.execute(f"select distinct {column} from {at} where {column} is not null")
    while values := [row[0] for row in cursor.fetchmany(AT_ONCE)]:
        made = pa.table({"former": pa.array(values, pa.string()), "key": pa.array(map(wrapped, values), pa.string())})
        connection.register("made", made)
        connection.execute("insert into keys from made")
        connection.unregister("made")
    connection.execute(f"update {at} set {column} = keys.key from keys where {at}.{column} = keys.former")


def rotate(settings: Settings, on_wait: Callable[[str], None] = lambda message: None) -> str:
    """Bring the warehouse to the newest secret, build and publish anew; gives what was done as a sentence.

    WarehouseError where its keys were made with none of the secrets, or where there is no newer one.
    """
    with warehouse_lock(settings, on_wait=on_wait):
        if not settings.warehouse_path.exists():
            raise WarehouseError(f"there is nothing to rotate: {settings.warehouse_path} does not exist yet")
        since = _made_under(settings)
        if since is None:
            raise WarehouseError(
                "the persons in the warehouse have keys of none of these secrets: give all former ones, oldest first, as GOODWILL_PREVIOUS_KEY_1, _2, ..."
            )
        if since == len(settings.secrets):
            if not settings.is_key_made:
                raise WarehouseError(
                    f"the warehouse is already under the newest secret: put it into GOODWILL_PREVIOUS_KEY_{since} and a new one into GOODWILL_KEY"
                )
            settings = _with_next_secret(settings)
        keys = Keys.of(settings)
        with connect(settings) as connection, transaction(connection):
            present = stored_columns(connection)
            for source in discover().values():
                for table in source.tables:
                    for column in set(person_columns(table)) & present.get((f"raw_{source.name}", table.name), {}).keys():
                        _wrap(connection, place(source, table), quoted(column), lambda key: keys.wrapped(key, since))
            _wrap(connection, "raw_goodwill.forgetting", "person_key", lambda key: keys.wrapped(key, since))
            _wrap(connection, "raw_goodwill.tombstones", "tombstone", lambda tombstone: keys.wrapped_tombstone(tombstone, since))
            for told, _ in TOLD.values():  # made of keys; what was held back goes on waiting
                if "prints" in GOODWILL_TABLES[told]:
                    connection.execute(f"update raw_goodwill.{told} set prints = null")
            connection.execute("update raw_goodwill.stamp set key_check = ?", [keys.check])
        prepare(settings)
    report = run(settings, sources=[])
    if report.failure is not None:
        raise WarehouseError(
            f"the keys are rotated, but nothing was built anew: {report.failure}; `goodwill run` does it when that is mended"
        )
    with warehouse_lock(settings, on_wait=on_wait):
        compact(settings)
        remove_sandbox(settings)
    return f"the persons in {settings.warehouse_path} have keys of secret {len(settings.secrets)}; keep the former ones, since loaders apply them all"
