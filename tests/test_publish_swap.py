"""Publishing while others read, and publishing that is killed: a reader sees one build, whole, always."""

import json
import signal
import subprocess
import sys

import duckdb
import pytest

from pipelines.notes import GOODWILL_TABLES
from pipelines.publish import Mart, publish
from pipelines.settings import PROJECT, Settings
from pipelines.warehouse import make_table

PUBLICATIONS = 10
MARTS = [
    Mart(
        schema,
        name,
        "published",
        "Builds. Grain: one row per number.",
        {"build": "Number of the build.", "number": "Number."},
        None,
        ("number",),
    )
    for schema, name in (("board", "scorecard"), ("core", "posts"), ("relationships", "indicators"), ("roi", "channel_months"))
]

# Opens the file anew for every look, as a BI tool does, and compares all marts; says when it has begun and what it saw.
READER = """
import sys, select, json, duckdb
path, tables = sys.argv[1], sys.argv[2].split(",")
sql = "select " + ", ".join(f"(select (min(build), max(build), count(*)) from {table})" for table in tables)
looks, builds, torn, errors, is_last = 0, [], 0, [], False
while not is_last:
    is_last = bool(select.select([sys.stdin], [], [], 0)[0])
    try:
        with duckdb.connect(path, read_only=True) as connection:
            one = set(connection.execute(sql).fetchone())
            other = set(connection.execute(sql).fetchone())
    except Exception as fault:
        errors.append(str(fault))
        continue
    torn += len(one | other) != 1 or any(low != high for low, high, _ in one)
    builds.append(next(iter(one))[0])
    looks += 1
    if looks == 1:
        print("looking", flush=True)
print(json.dumps([looks, len(set(builds)), builds == sorted(builds), torn, errors]))
"""

KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines import publish
from pipelines.settings import Settings
sys.path.insert(0, sys.argv[1])
from tests.test_publish_swap import MARTS

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

place = sys.argv[4]
if place == "copying":
    done, copy = [], publish._copy
    publish._copy = lambda *a: die() if len(done) == 2 else done.append(copy(*a)) or 1
elif place == "built":
    publish._sync = die
elif place == "before rename":
    os.replace = die
else:
    really = os.replace
    os.replace = lambda *a: die(really(*a))
publish.publish(Settings(warehouse_path=Path(sys.argv[2]), published_path=Path(sys.argv[3]), inbox_path=Path(sys.argv[2]).parent), MARTS)
"""


@pytest.fixture
def settings(tmp_path):
    settings = Settings(warehouse_path=tmp_path / "warehouse.duckdb", published_path=tmp_path / "goodwill.duckdb", inbox_path=tmp_path)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        make_table(connection, "raw_goodwill", "told_indicators", GOODWILL_TABLES["told_indicators"])
    return settings


def build(settings, number):
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        make_table(connection, "intermediate", "int_indicators_told", GOODWILL_TABLES["told_indicators"])
        connection.execute("insert into intermediate.int_indicators_told by name select 0 as cell, ? as n", [number])
        for mart in MARTS:
            connection.execute(f"create schema if not exists {mart.schema}")
            connection.execute(f"create or replace table {mart.table} as select {number} as build, i as number from range(20000) t(i)")


def builds(settings):
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        return {connection.execute(f"select min(build), max(build), count(*) from {mart.table}").fetchone() for mart in MARTS}


def told(settings):
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return connection.execute("select n from raw_goodwill.told_indicators").fetchall()


def test_a_reader_that_loops_during_ten_publications_sees_no_error_and_no_torn_state(settings):
    build(settings, 0)
    publish(settings, MARTS)
    command = [sys.executable, "-c", READER, str(settings.published_path), ",".join(mart.table for mart in MARTS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout.readline() == "looking\n"
        for number in range(1, PUBLICATIONS + 1):
            build(settings, number)
            publish(settings, MARTS)
        said, _ = reader.communicate("enough\n", timeout=60)
    looks, seen, is_in_order, torn, errors = json.loads(said)
    assert (torn, errors, is_in_order) == (0, [], True)
    assert looks > 1 and seen > 1
    assert builds(settings) == {(PUBLICATIONS, PUBLICATIONS, 20000)}


@pytest.mark.parametrize(
    ("place", "build_seen", "build_told"), [("copying", 1, 1), ("built", 1, 1), ("before rename", 1, 2), ("after rename", 2, 2)]
)
def test_a_killed_publication_leaves_a_whole_file_and_the_next_one_is_right(settings, place, build_seen, build_told):
    """What readers have is never newer than what the next build is held against."""
    build(settings, 1)
    publish(settings, MARTS)
    build(settings, 2)
    command = [sys.executable, "-c", KILLED, str(PROJECT), str(settings.warehouse_path), str(settings.published_path), place]
    killed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert builds(settings) == {(build_seen, build_seen, 20000)}
    assert told(settings) == [(build_told,)]
    build(settings, 3)
    publish(settings, MARTS)
    assert builds(settings) == {(3, 3, 20000)}
    assert sorted(path.name for path in settings.published_path.parent.iterdir()) == ["goodwill.duckdb", "warehouse.duckdb"]
