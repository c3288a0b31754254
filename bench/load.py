"""How fast rows get in: our keyed load beside dlt's defaults and beside DuckDB alone, which is the limit.

Every figure comes from a process of its own, after a small load that pays for imports; the best of three, since other
programs disturb. Peak memory is that of the whole process. DuckDB alone has no keys, no checks and no state.
"""

import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

POSTS, METRICS, DEFAULTS_PART, PAGE, ROUNDS = 200_000, 1_000_000, 20_000, 100, 3
COLUMNS = {
    "uri": "VARCHAR",
    "cid": "VARCHAR",
    "author": "JSON",
    "record": "JSON",
    "replyCount": "BIGINT",
    "repostCount": "BIGINT",
    "likeCount": "BIGINT",
    "quoteCount": "BIGINT",
    "indexedAt": "TIMESTAMP",
    "isPinned": "BOOLEAN",
    "score": "DOUBLE",
    "labels": "JSON",
    "viewer": "JSON",
}
ANSWERED = datetime(2026, 1, 1, tzinfo=UTC)


def write_posts(path: Path, rows: int) -> None:
    """JSON lines of nested posts, about 1 KB each, the same at every call."""
    chance = random.Random(1)
    words = ["alpha", "beta", "gamma", "Grüße", "😀", "delta"]
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            did = f"did:plc:{number % 50}"
            post = {
                "uri": f"at://{did}/app.bsky.feed.post/{number:012x}",
                "cid": f"{chance.getrandbits(200):x}",
                "author": {"did": did, "handle": "a.example", "labels": []},
                "record": {
                    "text": " ".join(chance.choices(words, k=70)),
                    "createdAt": "2026-01-01T10:00:00Z",
                    "langs": ["en"],
                    "facets": [{"index": {"byteStart": 1, "byteEnd": 9}, "features": [{"tag": "x"}]}],
                },
                "replyCount": chance.randrange(99),
                "repostCount": chance.randrange(99),
                "likeCount": chance.randrange(999),
                "quoteCount": 1,
                "indexedAt": "2026-01-01T10:00:00.123Z",
                "isPinned": False,
                "score": chance.random(),
                "labels": [],
                "viewer": {"muted": False},
            }
            file.write(json.dumps(post, ensure_ascii=False) + "\n")


def write_metrics(path: Path, rows: int) -> None:
    """A CSV of post_metrics, 11 columns."""
    import duckdb

    duckdb.execute(
        f"copy (select 'facebook' as platform, 'p' || (n // 20) as post_id, timestamp '2025-01-01' + to_minutes(n::bigint) as observed_at, "
        f"n * 3 as impressions, n as reach, null::bigint as video_views, n % 900 as likes, n % 30 as 'comments', n % 7 as shares, "
        f"null::bigint as saves, n % 11 as clicks from range({rows}) as numbers(n)) to '{path}' (header)"
    )


def our_posts(folder: Path, file: Path, rows: int) -> float:
    """The whole way of an API source: pages of parsed JSON, drift check, Parquet, dlt package, keyed merge."""
    import orjson

    from pipelines.load import load_source, prepare
    from pipelines.raw import Extraction, RawTable, Source
    from pipelines.settings import read_settings

    def source(count: int) -> Source:
        def extract(run: Extraction) -> None:
            with file.open("rb") as lines:
                part = islice(lines, count)
                while page := list(islice(part, PAGE)):
                    run.write("posts", [orjson.loads(line) for line in page], ANSWERED)

        return Source(f"bench{count}", "Bench", (RawTable("posts", ("uri",), COLUMNS, ()),), extract)

    settings = read_settings(folder=folder, environ={"GOODWILL_KEY": "bench"})
    small, whole = source(PAGE), source(rows)
    prepare(settings, {small.name: small, whole.name: whole})
    load_source(small, settings)
    started = time.perf_counter()
    result = load_source(whole, settings)
    assert result.rows == {"posts": rows}, result.reason
    return time.perf_counter() - started


def dlt_posts(folder: Path, file: Path, rows: int) -> float:
    """dlt as it comes: dicts of the same pages, its own types, insert statements, append."""
    import dlt
    import orjson

    pipeline = dlt.pipeline(
        "bench", destination=dlt.destinations.duckdb(str(folder / "dlt.duckdb")), dataset_name="raw", pipelines_dir=str(folder)
    )

    def load(table: str, count: int) -> float:
        def pages() -> Any:
            with file.open("rb") as lines:
                part = islice(lines, count)
                while page := list(islice(part, PAGE)):
                    yield [orjson.loads(line) for line in page]

        started = time.perf_counter()
        pipeline.run(dlt.resource(pages, name=table))
        return time.perf_counter() - started

    load("small", PAGE)
    return load("posts", rows)


def duckdb_posts(folder: Path, file: Path, rows: int) -> float:
    """DuckDB's own reader into a table of a database file, types given."""
    types = ", ".join(f"{name}: '{type_}'" for name, type_ in COLUMNS.items())
    return _alone(
        folder, f"create table posts as select * from read_json('{file}', format = 'newline_delimited', columns = {{{types}}})", rows
    )


def our_files(folder: Path, file: Path, rows: int) -> float:
    """The file drop: hash, types, faults, lines, dlt package, keyed merge."""
    from pipelines.load import load_source, prepare
    from pipelines.settings import read_settings
    from pipelines.sources.files import SOURCE

    settings = read_settings(folder=folder, environ={"GOODWILL_KEY": "bench"})
    (settings.inbox_path / "posts").mkdir(parents=True)
    (settings.inbox_path / "posts" / "small.csv").write_text("platform,profile_id,post_id,posted_at\nx,us,1,2026-01-01\n")
    prepare(settings, {"files": SOURCE})
    load_source(SOURCE, settings)
    (settings.inbox_path / "post_metrics").mkdir()
    (settings.inbox_path / "post_metrics" / "metrics.csv").symlink_to(file)
    started = time.perf_counter()
    result = load_source(SOURCE, settings)
    assert result.rows == {"post_metrics": rows}, result.reason
    return time.perf_counter() - started


def duckdb_files(folder: Path, file: Path, rows: int) -> float:
    """DuckDB's own reader into a table of a database file."""
    return _alone(folder, f"create table metrics as select * from read_csv('{file}')", rows)


def _alone(folder: Path, statement: str, rows: int) -> float:
    import duckdb

    connection = duckdb.connect(str(folder / "alone.duckdb"))
    connection.execute("set threads = 2")
    started = time.perf_counter()
    loaded = connection.execute(statement).fetchone()
    connection.close()
    assert loaded == (rows,)
    return time.perf_counter() - started


def _measured(way: Callable[[Path, Path, int], float], file: Path, rows: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        seconds = way(Path(folder), file, rows)
    unit = 1_000_000 if sys.platform == "darwin" else 1_000
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def measure(way: Callable[[Path, Path, int], float], file: Path, rows: int, rounds: int = ROUNDS) -> tuple[float, float]:
    """(rows per second, peak memory in MB) of the best of `rounds` processes."""
    best = (0.0, 0.0)
    for _ in range(rounds):
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            seconds, memory = process.submit(_measured, way, file, rows).result()
        best = max(best, (rows / seconds, memory))
    return best


def _print(name: str, rows: int, measured: tuple[float, float], note: str = "") -> None:
    print(f"  {name:<44}{rows:>10,} rows{measured[0]:>12,.0f} rows/s{measured[1]:>8,.0f} MB  {note}", flush=True)


def main() -> None:
    """Print both comparisons; takes about two minutes."""
    with tempfile.TemporaryDirectory() as folder:
        posts, metrics = Path(folder) / "posts.jsonl", Path(folder) / "metrics.csv"
        write_posts(posts, POSTS)
        print(f"Nested posts from JSON, {posts.stat().st_size / POSTS:,.0f} bytes each")
        limit = measure(duckdb_posts, posts, POSTS)
        _print("DuckDB read_json into a table (the limit)", POSTS, limit)
        ours = measure(our_posts, posts, POSTS)
        _print("Goodwill, keyed", POSTS, ours, f"{ours[0] / limit[0]:.2f} of the limit (goal: a third)")
        defaults = measure(dlt_posts, posts, DEFAULTS_PART, rounds=1)
        _print(
            "dlt's defaults, append (a part of the file)",
            DEFAULTS_PART,
            defaults,
            f"Goodwill is {ours[0] / defaults[0]:.0f} times as fast (goal: 20)",
        )
        write_metrics(metrics, METRICS)
        print("post_metrics from CSV, 11 columns")
        limit = measure(duckdb_files, metrics, METRICS)
        _print("DuckDB read_csv into a table (the limit)", METRICS, limit)
        ours = measure(our_files, metrics, METRICS)
        _print("Goodwill file drop, keyed", METRICS, ours, f"{ours[0] / limit[0]:.2f} of the limit")


if __name__ == "__main__":
    main()
