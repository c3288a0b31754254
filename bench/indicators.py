"""How long the relationship indicators take: the very dbt models over N interactions, beside one plain GROUP BY over the same rows.

    python -m bench.indicators 5000000

Both run with two threads and a memory_limit; what does not fit goes to a file beside the warehouse, which is removed afterwards. The peak is
that of the resident memory of both processes together: the one that builds, with dbt and DuckDB in it, and the one that asks it to. The rows are
made in a process of its own and count for nothing. Every line is printed when it is known: a run that is cut short still says how far it came.
"""

import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROWS = 5_000_000
MEMORY, THREADS = "2800MB", 2
PROJECT = Path(__file__).resolve().parent.parent
DBT_PROJECT = PROJECT / "dbt_project"

# Two years of a company: threads of 1 to 60 messages (most are short), on five platforms and among four audiences, of which the public's is
# told by the profile; few people write most. The brand answers three of five, now and then with the same words; some comment on posts, some delete
# what they wrote. Ids and keys are as long as real ones.
PROFILES = """
insert into raw_files.profiles by name
select platform, 'us' as profile_id, 'public' as default_audience, 'bench.parquet' as _file, row_number() over () as _line, false as _deleted, 'bench' as _run
from (values ('bluesky'), ('mastodon'), ('facebook'), ('desk'), ('slack')) as platforms(platform)
"""
POSTS = """
insert into raw_files.posts by name
select
    ['bluesky', 'mastodon', 'facebook'][1 + cast(n % 3 as integer)] as platform,
    'post/' || n as post_id,
    'us' as profile_id,
    timestamp '2024-07-01' + to_seconds(cast(hash(n, 9) % 62899200 as bigint)) as posted_at,
    true as is_brand,
    'en' as language,
    'bench.parquet' as _file,
    n as _line,
    false as _deleted,
    'bench' as _run
from range({rows} // 1000) as numbers(n)
"""
WORLD = """
insert into raw_files.interactions by name
with threads as (
    select
        n as thread,
        hash(n) as chance,
        case
            when n % 20 = 0 then 'slack' else ['bluesky', 'mastodon', 'facebook', 'desk'][1 + cast(n % 4 as integer)]
        end as platform,
        timestamp '2024-07-01' + to_seconds(cast(hash(n, 1) % 62899200 as bigint)) as opened_at,
        to_seconds(cast(exp((hash(n, 2) % 1000) / 1000.0 * 9 + 3) as bigint)) as pause,
        least(60, cast(floor(pow((1 + hash(n, 3) % 1000000) / 1000000.0, -0.6)) as bigint)) as messages
    from range(cast({rows} / 2.02 as bigint)) as numbers(n)
),
messages as (
    select *, thread * 64 + place as n
    from (select *, unnest(range(messages)) as place from threads)
),
drawn as (
    select
        *,
        platform <> 'slack' and place > 0 and (hash(n, 4) % 5 < 3 and place % 2 = 1 or hash(n, 5) % 20 = 0) as is_brand,
        -- the person who began the thread, and now and then another
        cast(floor(pow(hash(case when platform = 'slack' or hash(n, 6) % 4 = 0 then n else thread end, 7) % 1000000007 / 1000000007.0, 3)
        * case when platform = 'slack' then 2000 else {rows} / 10 end) as bigint) as person
    from messages
)
select
    platform,
    'message/' || n as interaction_id,
    opened_at + pause * place as occurred_at,
    case when platform in ('desk', 'slack') then 'message' when place > 0 then 'reply' when chance % 10 < 4 then 'comment' else 'mention' end as kind,
    case when is_brand then md5('brand') || md5(platform) else md5(cast(person as text)) || md5(case when platform = 'slack' then 'colleague' else 'person' end) end as actor_key,
    'us' as profile_id,
    is_brand,
    case when place > 0 then 'message/' || (n - 1) when platform not in ('desk', 'slack') and chance % 10 < 4 then post end as parent_id,
    case when platform not in ('desk', 'slack') and chance % 10 < 4 then post end as post_id,
    case when platform in ('desk', 'slack') or chance % 10 >= 4 then 'thread/' || thread end as thread_id,
    case when platform = 'slack' then 'room/' || (thread % 40) end as room_id,
    case when platform = 'slack' then 'employees' when person % 3 = 1 then 'clients' when person % 10 = 2 then 'suppliers' end as audience,
    'en' as language,
    case when not is_brand then ((hash(n) % 2001) / 1000.0) - 1 end as sentiment,
    case when is_brand then 'Thank you for writing, @' || person || ': ' || case when hash(n, 8) % 10 = 0 then 'we will be back' else md5(cast(n as text)) end end as text,
    hash(n, 10) % 50 = 0 as is_deleted,
    'bench.parquet' as _file,
    n as _line,
    false as _deleted,
    'bench' as _run
from (select *, 'post/' || (thread % greatest({rows} // 1000, 1)) as post from drawn)
"""
GROUPS = "select platform, audience, date_trunc('month', occurred_at) as month, count(*){more} from raw_files.interactions group by all"
PLAIN = {
    "one GROUP BY over the same rows": GROUPS.format(more=""),
    "the same, and how many persons": GROUPS.format(more=", count(distinct actor_key)"),
}


def _profile(warehouse: Path) -> dict[str, Any]:
    settings = {"TimeZone": "UTC", "preserve_insertion_order": False, "memory_limit": MEMORY, "threads": THREADS}
    output = {"type": "duckdb", "path": str(warehouse), "threads": 1, "settings": settings, "plugins": [{"module": "pipelines.dbt_plugin"}]}
    return {"goodwill": {"target": "bench", "outputs": {"bench": output}}}


def _peak() -> float:
    """Most resident memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1_000_000 if sys.platform == "darwin" else 1_000)


class Taken(NamedTuple):
    """Seconds by the clock, and seconds in which a core worked: these say the same whatever else the machine has to do."""

    clock: float
    cores: float


@contextmanager
def _timed(taken: list[Taken]) -> Iterator[None]:
    clock, cores = time.perf_counter(), time.process_time()
    yield
    taken.append(Taken(time.perf_counter() - clock, time.process_time() - cores))


def _tell(name: str, taken: Taken, more: str = "") -> None:
    print(f"  {name:<40}{taken.clock:>9,.1f} s   of the cores {taken.cores:>8,.1f} s{more}", flush=True)


def generate(folder: str, rows: int) -> int:
    """Make a warehouse of about so many interactions -> how many they are."""
    import duckdb

    from pipelines.load import prepare
    from pipelines.settings import read_settings

    warehouse = Path(folder) / "company.duckdb"
    prepare(read_settings(warehouse_path=warehouse, environ={"GOODWILL_KEY": "bench"}))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"set threads = {THREADS}; set memory_limit = '{MEMORY}'; set preserve_insertion_order = false")
        for made in (PROFILES, POSTS, WORLD):
            connection.execute(made.format(rows=rows))
        connection.execute("update raw_goodwill.clock set as_of = timestamp '2026-07-01'")
        (found,) = connection.execute("select count(*) from raw_files.interactions").fetchone()  # type: ignore[misc]
    return int(found)


def plain(folder: str) -> dict[str, Taken]:
    """How long each plain query over the rows takes."""
    import duckdb

    taken: list[Taken] = []
    with duckdb.connect(f"{folder}/company.duckdb", read_only=True) as connection:
        connection.execute(f"set threads = {THREADS}; set memory_limit = '{MEMORY}'")
        for query in PLAIN.values():
            with _timed(taken):
                connection.execute(query).fetchall()
    return dict(zip(PLAIN, taken, strict=True))


def build(folder: str) -> tuple[Taken, float]:
    """Build the models, print each as it ends -> how long all of them took, peak memory in MB."""
    from dbt.cli.main import dbtRunner

    Path(folder, "profiles.yml").write_text(yaml.safe_dump(_profile(Path(folder) / "company.duckdb")), encoding="utf-8")
    places = [f"--project-dir={DBT_PROJECT}", f"--profiles-dir={folder}", f"--target-path={folder}/target", f"--log-path={folder}/logs"]
    quiet = ["--quiet", "--log-level", "none"]

    worked = [time.process_time()]

    def tell(event: Any) -> None:
        if event.info.name == "NodeFinished":
            worked.append(time.process_time())
            if event.data.run_result.execution_time >= 1:
                more = f"   peak so far {_peak():>6,.0f} MB   load {os.getloadavg()[0]:.1f}"
                _tell(event.data.node_info.node_name, Taken(event.data.run_result.execution_time, worked[-1] - worked[-2]), more)

    assert dbtRunner().invoke([*quiet, "seed", *places]).success
    whole: list[Taken] = []
    with _timed(whole):
        outcome = dbtRunner(callbacks=[tell]).invoke([*quiet, "run", "--select", "+relationships_indicators", *places])
    faults = [result.message for result in outcome.result or [] if result.status != "success"]  # type: ignore[union-attr]
    assert outcome.success, faults or outcome.exception
    return whole[0], _peak()


def _alone(work: Callable[..., Any], *arguments: Any) -> Any:
    """What the work gives, done in a process of its own, so that nothing else is in its memory."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(work, *arguments).result()


def main(rows: int = ROWS) -> None:
    """Print the plain queries, every model that takes a second, and the ratio of the whole to the plain ones."""
    (PROJECT / "data").mkdir(exist_ok=True)
    folder = tempfile.mkdtemp(prefix="bench-", dir=PROJECT / "data")
    try:
        found = _alone(generate, folder, rows)
        print(f"Relationship indicators over {found:,} interactions, memory_limit {MEMORY}, {THREADS} threads", flush=True)
        queries = _alone(plain, folder)
        for name, taken in queries.items():
            _tell(name, taken)
        whole, peak = _alone(build, folder)
    finally:
        shutil.rmtree(folder)
    _tell("all models", whole, f"   peak {peak + _peak():,.0f} MB")
    for name, taken in queries.items():
        print(f"  {whole.clock / taken.clock:,.0f} times as long as {name}, {whole.cores / taken.cores:,.0f} times the work", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
