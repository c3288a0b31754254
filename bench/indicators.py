"""How long the relationship indicators take: the very dbt models over N interactions, beside one plain GROUP BY over the same rows.

    python -m bench.indicators 5000000

Both run with two threads and 4 GB; what does not fit goes to a file beside the warehouse, which is removed afterwards.
The peak is that of the resident memory of both processes together: the one that builds, with dbt and DuckDB in it, and the one that asks it to.
"""

import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import yaml

ROWS = 5_000_000
MEMORY, THREADS = "3GB", 2
PROJECT = Path(__file__).resolve().parent.parent
DBT_PROJECT = PROJECT / "dbt_project"

# Conversations of one to six messages over two years: a person writes, the brand answers three of five, some go on. People write to several
# platforms; ids and keys are as long as real ones.
WORLD = """
insert into raw_files.interactions by name
with messages as (
    select n, n // 4 as thread, n % 4 as place from range({rows}) as numbers(n)
),
drawn as (
    select
        *,
        hash(thread) as chance,
        ['bluesky', 'mastodon', 'facebook', 'desk'][1 + cast(thread % 4 as integer)] as platform,
        timestamp '2024-07-01' + to_seconds(cast(hash(thread, 1) % 62899200 as bigint)) as opened_at,
        to_seconds(cast(exp((hash(thread, 2) % 1000) / 1000.0 * 9 + 3) as bigint)) as pause
    from messages
)
select
    platform,
    'message/' || n as interaction_id,
    opened_at + pause * place as occurred_at,
    case when platform = 'desk' then 'message' when place = 0 then 'mention' else 'reply' end as kind,
    case when place % 2 = 1 then md5('brand') || md5(platform) else md5(cast(chance % ({rows} // 40 + 1) as text)) || md5('person') end as actor_key,
    'us' as profile_id,
    place % 2 = 1 as is_brand,
    case when place > 0 then 'message/' || (n - 1) end as parent_id,
    'thread/' || thread as thread_id,
    ['public', 'clients', 'suppliers'][1 + cast(chance % 3 as integer)] as audience,
    'en' as language,
    case when place % 2 = 0 then ((hash(n) % 2001) / 1000.0) - 1 end as sentiment,
    'bench.parquet' as _file,
    n as _line,
    false as _deleted,
    'bench' as _run
from drawn
where place % 2 = 0 and (place = 0 or chance % 2 = 0) or place = 1 and hash(thread, 3) % 5 < 3 or place = 3 and hash(thread, 4) % 4 = 0
"""
PLAIN = "select platform, audience, date_trunc('month', occurred_at) as month, count(*), count(distinct actor_key) from intermediate.int_interactions group by all"


def _profile(warehouse: Path) -> dict[str, Any]:
    settings = {"TimeZone": "UTC", "preserve_insertion_order": False, "memory_limit": MEMORY, "threads": THREADS}
    output = {"type": "duckdb", "path": str(warehouse), "threads": 1, "settings": settings}
    return {"goodwill": {"target": "bench", "outputs": {"bench": output}}}


def _peak() -> float:
    """Most resident memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1_000_000 if sys.platform == "darwin" else 1_000)


def build(folder: str, rows: int) -> dict[str, Any]:
    """Make the world and build the models -> seconds of each model, seconds of the plain query, rows and peak memory in MB."""
    import duckdb
    from dbt.cli.main import dbtRunner

    from pipelines.load import prepare
    from pipelines.settings import read_settings

    warehouse = Path(folder) / "company.duckdb"
    prepare(read_settings(warehouse_path=warehouse, environ={"GOODWILL_KEY": "bench"}))
    # more messages are drawn than are said, so that about `rows` remain
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"set threads = {THREADS}; set memory_limit = '{MEMORY}'; set preserve_insertion_order = false")
        connection.execute(WORLD.format(rows=rows * 5 // 3))
        connection.execute("update raw_goodwill.clock set as_of = timestamp '2026-07-01'")
    (Path(folder) / "profiles.yml").write_text(yaml.safe_dump(_profile(warehouse)), encoding="utf-8")
    places = [
        "--project-dir",
        str(DBT_PROJECT),
        "--profiles-dir",
        folder,
        "--target-path",
        f"{folder}/target",
        "--log-path",
        f"{folder}/logs",
    ]
    quiet = ["--quiet", "--log-level", "none"]
    dbt: Any = dbtRunner()
    assert dbt.invoke([*quiet, "seed", *places]).success
    started = time.perf_counter()
    outcome = dbt.invoke([*quiet, "run", "--select", "+relationships_indicators", *places])
    whole = time.perf_counter() - started
    faults = [result.message for result in outcome.result or [] if result.status != "success"]
    assert outcome.success, faults or outcome.exception
    models = {result.node.name: round(result.execution_time, 2) for result in outcome.result}
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"set threads = {THREADS}; set memory_limit = '{MEMORY}'")
        (found,) = connection.execute("select count(*) from intermediate.int_interactions").fetchone()  # type: ignore[misc]
        started = time.perf_counter()
        connection.execute(PLAIN).fetchall()
        plain = time.perf_counter() - started
    return {"rows": found, "models": models, "seconds": whole, "plain": plain, "peak": _peak()}


def main(rows: int = ROWS) -> None:
    """Print the slowest models, the whole and its ratio to the plain query."""
    (PROJECT / "data").mkdir(exist_ok=True)
    folder = tempfile.mkdtemp(prefix="bench-", dir=PROJECT / "data")
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            found = process.submit(build, folder, rows).result()
    finally:
        shutil.rmtree(folder)
    print(f"Relationship indicators over {found['rows']:,} interactions, {MEMORY}, {THREADS} threads")
    for name, seconds in sorted(found["models"].items(), key=lambda item: -item[1])[:16]:
        print(f"  {name:<44}{seconds:>10.1f} s")
    print(f"  {'all models':<44}{found['seconds']:>10.1f} s   peak {found['peak'] + _peak():,.0f} MB")
    print(
        f"  {'one GROUP BY over the same rows':<44}{found['plain']:>10.1f} s   the models take {found['seconds'] / found['plain']:.0f} times as long"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
