"""The warehouse file: stamped, one run at a time, every raw table in place before the first row, one clock."""

import multiprocessing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import NOON, fake_source, giving

from pipelines.load import fix_clock, load_source, prepare, warehouse_lock
from pipelines.settings import Secret, Settings, read_settings
from pipelines.sources.files import SOURCE as FILES
from pipelines.warehouse import BEFORE_ALL_DATA, WarehouseError, connect

FAKE = fake_source(giving({"posts": [{"uri": "1"}]}))


def test_every_declared_table_is_there_and_empty(settings: Settings) -> None:
    prepare(settings, {"fake": FAKE, "files": FILES})
    with connect(settings) as connection:
        for source in (FAKE, FILES):
            for table in source.tables:
                described = connection.execute(f'describe raw_{source.name}."{table.name}"').fetchall()
                assert {row[0]: row[1] for row in described} == table.stored
                assert connection.execute(f'select count(*) from raw_{source.name}."{table.name}"').fetchone() == (0,)
        assert connection.execute("from raw_goodwill.clock").fetchall() == [(BEFORE_ALL_DATA, False)]


def test_preparing_again_keeps_what_is_there(settings: Settings) -> None:
    prepare(settings, {"fake": FAKE})
    load_source(FAKE, settings)
    prepare(settings, {"fake": FAKE, "files": FILES})
    with connect(settings) as connection:
        assert connection.execute("select uri from raw_fake.posts").fetchall() == [("1",)]


@pytest.mark.parametrize("is_demo", [True, False])
def test_demo_and_real_data_never_share_a_warehouse(settings: Settings, is_demo: bool) -> None:
    prepare(replace(settings, is_demo=is_demo), {"fake": FAKE})
    with pytest.raises(WarehouseError, match=r"the two never share a warehouse; give another WAREHOUSE_PATH"):
        prepare(replace(settings, is_demo=not is_demo), {"fake": FAKE})
    prepare(replace(settings, is_demo=is_demo), {"fake": FAKE})


def test_another_key_is_refused_without_showing_either(settings: Settings) -> None:
    prepare(settings, {"fake": FAKE})
    with pytest.raises(WarehouseError, match="give the GOODWILL_KEY it was begun with") as refusal:
        prepare(replace(settings, _key=Secret("another key")), {"fake": FAKE})
    assert "another key" not in str(refusal.value)
    assert "a key for tests" not in str(refusal.value)


def _hold(path: Path, is_open: Any, may_close: Any) -> None:
    with duckdb.connect(str(path)):
        is_open.set()
        may_close.wait(60)


def _lock(folder: Path, is_held: Any, may_release: Any) -> None:
    with warehouse_lock(read_settings(folder=folder, environ={})):
        is_held.set()
        may_release.wait(60)


def test_a_warehouse_open_elsewhere_is_told_with_the_cure(settings: Settings) -> None:
    prepare(settings, {"fake": FAKE})
    context = multiprocessing.get_context("spawn")
    is_open, may_close = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(settings.warehouse_path, is_open, may_close))
    holder.start()
    try:
        assert is_open.wait(60)
        with pytest.raises(WarehouseError, match="is open in another program: close it there, and point readers at"):
            prepare(settings, {"fake": FAKE})
    finally:
        may_close.set()
        holder.join()
    prepare(settings, {"fake": FAKE})


def test_a_second_run_waits_and_says_so(settings: Settings, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    is_held, may_release = context.Event(), context.Event()
    first = context.Process(target=_lock, args=(tmp_path, is_held, may_release))
    first.start()
    told = []

    def tell(message: str) -> None:
        told.append(message)
        may_release.set()

    try:
        assert is_held.wait(60)
        with warehouse_lock(settings, tell):
            assert len(told) == 1
            assert f"another run works on {settings.warehouse_path}; waiting" in told[0]
    finally:
        may_release.set()
        first.join()


def test_a_run_alone_is_told_nothing_and_releases(settings: Settings) -> None:
    for _ in range(2):
        with warehouse_lock(settings, pytest.fail):
            pass


def test_what_is_no_duckdb_file_is_told(settings: Settings) -> None:
    settings.warehouse_path.parent.mkdir(parents=True)
    settings.warehouse_path.write_text("no database" * 1000)
    with pytest.raises(WarehouseError, match="cannot be opened as a DuckDB file"):
        prepare(settings, {"fake": FAKE})


def test_the_clock_is_the_latest_answer_of_an_api(settings: Settings) -> None:
    prepare(settings, {"fake": FAKE})
    later = fake_source(giving({"posts": [{"uri": "2"}]}, NOON + timedelta(hours=5)))
    load_source(later, settings)
    load_source(FAKE, settings)
    assert fix_clock(settings, {"fake": FAKE}) == datetime(2026, 1, 1, 17)
    with connect(settings) as connection:
        assert connection.execute("from raw_goodwill.clock").fetchall() == [(datetime(2026, 1, 1, 17), False)]
    assert fix_clock(replace(settings, as_of=datetime(2025, 6, 30)), {"fake": FAKE}) == datetime(2025, 6, 30)


def test_of_files_alone_the_clock_is_the_latest_event_that_has_happened(settings: Settings) -> None:
    posts = settings.inbox_path / "posts"
    posts.mkdir(parents=True)
    (posts / "p.csv").write_text(
        "platform,profile_id,post_id,posted_at,deleted_at\nx,us,1,2024-03-01T10:00:00Z,\nx,us,3,2023-01-01,2024-06-01\n"
    )
    rates = settings.inbox_path / "exchange_rates"
    rates.mkdir()
    (rates / "r.csv").write_text("date,currency,rate_to_reporting\n2025-01-01,EUR,1.1\n")
    prepare(settings, {"files": FILES})
    assert load_source(FILES, settings).state == "loaded"
    assert fix_clock(settings, {"files": FILES}) == datetime(2024, 3, 1, 10)


def test_files_go_on_where_an_api_no_longer_answers(settings: Settings) -> None:
    # or what came in since would lie after the clock, and stop every publication until a token is renewed
    revenue = settings.inbox_path / "revenue" / "r.csv"
    revenue.parent.mkdir(parents=True)
    prepare(settings, {"fake": FAKE, "files": FILES})
    load_source(FAKE, settings)
    for day, clock in (("2025-12-24", NOON), ("2026-01-09", datetime(2026, 1, 9))):
        revenue.write_text(f"revenue_id,occurred_at,amount,currency\n1,{day},5,USD\n")
        assert load_source(FILES, settings).state == "loaded"
        assert fix_clock(settings, {"fake": FAKE, "files": FILES}) == clock.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("revenue", "clock"),
    [
        pytest.param("", datetime(2024, 5, 1), id="of periods alone: the latest end"),
        pytest.param("r1,2024-01-10,5,USD\n", datetime(2024, 4, 1), id="an end may have been agreed before: the latest beginning"),
        pytest.param("r1,2024-04-10,5,USD\n", datetime(2024, 4, 10), id="the latest event"),
    ],
)
def test_of_periods_in_files_the_clock_is_not_before_their_beginning(settings: Settings, revenue: str, clock: datetime) -> None:
    for entity, lines in {
        "subscriptions": "subscription_id,account_id,started_at,monthly_amount,currency,ended_at\n"
        "s1,a,2024-01-01,100,USD,2024-03-01\ns2,a,2024-04-01,80,USD,2024-05-01\ns3,a,2999-01-01,9,USD,\n",
        "revenue": "revenue_id,occurred_at,amount,currency\n" + revenue,
    }.items():
        folder = settings.inbox_path / entity
        folder.mkdir(parents=True)
        (folder / "f.csv").write_text(lines)
    prepare(settings, {"files": FILES})
    assert load_source(FILES, settings).state == "loaded"
    assert fix_clock(settings, {"files": FILES}) == clock


def test_nothing_loaded_is_before_all_data(settings: Settings) -> None:
    prepare(settings, {"fake": FAKE, "files": FILES})
    assert fix_clock(settings, {"fake": FAKE, "files": FILES}) == BEFORE_ALL_DATA
