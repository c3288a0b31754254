"""The file drop: by content, whatever the format; a changed file replaces its rows, a removed one retires them."""

import gzip
import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from pipelines.keys import Keys
from pipelines.load import LoadResult, load_source, prepare
from pipelines.settings import Settings
from pipelines.sources.files import SOURCE
from pipelines.warehouse import connect

COSTS = "cost_id,period_start,period_end,kind,amount,currency,hours"


def _drop(settings: Settings, name: str, content: str | bytes) -> Path:
    path = settings.inbox_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _load(settings: Settings, **options: Any) -> LoadResult:
    prepare(settings, {"files": SOURCE})
    result = load_source(SOURCE, settings, **options)
    assert result.state in ("loaded", "empty"), result.reason
    return result


def _rows(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with connect(settings) as connection:
        return connection.execute(sql).fetchall()


def _zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


LINES = ["c1,2026-01-01,2026-01-31,staff,1234.5678,EUR,10.5", "c2,2026-02-01,2026-02-28,tools,0.1,USD,"]
CSV = "\n".join([COSTS, *LINES]) + "\n"
ROWS = [
    {
        "cost_id": "c1",
        "period_start": "2026-01-01",
        "period_end": "2026-01-31",
        "kind": "staff",
        "amount": "1234.5678",
        "currency": "EUR",
        "hours": 10.5,
    },
    {
        "cost_id": "c2",
        "period_start": "2026-02-01",
        "period_end": "2026-02-28",
        "kind": "tools",
        "amount": 0.1,
        "currency": "USD",
        "hours": None,
    },
]
JSONL = "".join(json.dumps(row) + "\n" for row in ROWS)


@pytest.mark.parametrize(
    ("name", "content", "first_line"),
    [
        ("a.csv", CSV, 2),
        ("bom.csv", "\ufeff" + CSV, 2),
        ("crlf.csv", CSV.replace("\n", "\r\n"), 2),
        ("no end.csv", CSV.rstrip("\n"), 2),
        ("blank.csv", CSV.replace("\nc1", "\n\n\nc1") + "\n\n", 4),
        ("blank first.csv", "\n\n" + CSV, 4),
        ("QUOTED.CSV", CSV.replace("c1", '"c1"'), 2),
        ("a.csv.gz", gzip.compress(CSV.encode()), 2),
        ("a.csv.zst", _zstd(CSV.encode()), 2),
        ("a.jsonl", JSONL, 1),
        ("a.jsonl.gz", gzip.compress(JSONL.encode()), 1),
        ("a.jsonl.zst", _zstd(JSONL.encode()), 1),
        ('sub folder/o\'neil "x".csv', CSV, 2),
    ],
)
def test_every_format_gives_the_same_rows(settings: Settings, name: str, content: str | bytes, first_line: int) -> None:
    _drop(settings, f"costs/{name}", content)
    result = _load(settings)
    assert result.warnings == []
    assert result.rows == {"costs": 2}
    assert _rows(
        settings, "select cost_id, period_start::varchar, kind, amount, currency, hours, _file, _deleted from raw_files.costs order by 1"
    ) == [
        ("c1", "2026-01-01", "staff", Decimal("1234.5678"), "EUR", 10.5, f"costs/{name}", False),
        ("c2", "2026-02-01", "tools", Decimal("0.1000"), "USD", None, f"costs/{name}", False),
    ]
    assert _rows(settings, "select min(_line), max(_line) from raw_files.costs") == [(first_line, first_line + 1)]


def test_parquet_with_types_of_its_own(settings: Settings) -> None:
    path = _drop(settings, "costs/a.parquet", "")
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select 'c1' as cost_id, date '2026-01-01' as period_start, timestamp_ns '2026-01-31 00:00:00' as period_end, 'staff' as kind, "
            f"1234.5678::double as amount, 'EUR' as currency, 10.5::float as hours union all select 'c2', '2026-02-01', '2026-02-28', 'tools', 0.1, 'USD', null) "
            f"to '{path}' (format parquet)"
        )
    assert _load(settings).warnings == []
    assert _rows(settings, "select cost_id, period_end::varchar, amount, hours, _line from raw_files.costs order by _line") == [
        ("c1", "2026-01-31", Decimal("1234.5678"), 10.5, 1),
        ("c2", "2026-02-28", Decimal("0.1000"), None, 2),
    ]


def test_lines_are_those_on_which_rows_begin(settings: Settings) -> None:
    _drop(
        settings,
        "posts/p.csv",
        'platform,profile_id,post_id,posted_at,text\nx,us,1,2026-01-01,"two\nlines"\n\nx,us,2,2026-01-01,one\nx,us,3,2026-01-01,"a\r\n\r\nb"\nx,us,4,2026-01-01,\n',
    )
    assert _load(settings).warnings == []
    assert _rows(settings, "select post_id, _line from raw_files.posts order by _line") == [("1", 2), ("2", 5), ("3", 6), ("4", 9)]


def test_lines_of_many_rows_are_right(settings: Settings) -> None:
    head = "platform,post_id,observed_at,likes\n"
    _drop(settings, "post_metrics/m.csv", head + "".join(f"x,{n},2026-01-01,{n}\n" for n in range(300_000)))
    assert _load(settings).rows == {"post_metrics": 300_000}
    assert _rows(settings, "select count(*), count(*) filter (likes = _line - 2) from raw_files.post_metrics") == [(300_000, 300_000)]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2026-06-30T12:00:00Z", "2026-06-30 12:00:00"),
        ("2026-06-30T12:00:00+02:00", "2026-06-30 10:00:00"),
        ("2026-06-30 12:00:00.123456", "2026-06-30 12:00:00.123456"),
        ("2026-06-30T23:30-05:00", "2026-07-01 04:30:00"),
        ("2026-06-30", "2026-06-30 00:00:00"),
    ],
)
def test_times_are_utc_with_or_without_a_zone(settings: Settings, written: str, stored: str) -> None:
    _drop(settings, "posts/p.csv", f"platform,profile_id,post_id,posted_at\nx,us,1,{written}\n")
    _drop(settings, "posts/p.jsonl", json.dumps({"platform": "x", "profile_id": "us", "post_id": "1", "posted_at": written}))
    assert _load(settings).warnings == []
    assert _rows(settings, "select posted_at::varchar from raw_files.posts") == [(stored,), (stored,)]


def test_numbers_as_spreadsheets_write_them(settings: Settings) -> None:
    _drop(
        settings,
        "post_metrics/m.csv",
        "platform,post_id,observed_at,likes,shares\nx,1,2026-01-01,12.0,+3\nx,2,2026-01-01,,007\nx,3,2026-01-01,9007199254740993,\n",
    )
    assert _load(settings).warnings == []
    assert _rows(settings, "select likes, shares from raw_files.post_metrics order by post_id") == [(12, 3), (None, 7), (2**53 + 1, None)]


def test_money_keeps_every_digit(settings: Settings) -> None:
    amounts = ["12345678901234.5678", "-0.0001", "1e3", "0.1", "99999999999999.9999"]
    _drop(
        settings,
        "revenue/r.csv",
        "revenue_id,occurred_at,amount,currency\n" + "".join(f"{n},2026-01-01,{text},USD\n" for n, text in enumerate(amounts)),
    )
    texts = [
        json.dumps({"revenue_id": n, "occurred_at": "2026-01-01", "amount": text, "currency": "USD"}) for n, text in enumerate(amounts)
    ]
    _drop(settings, "revenue/r.jsonl", "\n".join(texts))
    assert _load(settings).warnings == []
    for name in ("r.csv", "r.jsonl"):
        stored = _rows(settings, f"select amount from raw_files.revenue where _file = 'revenue/{name}' order by revenue_id")
        assert stored == [(Decimal(text),) for text in amounts]


def test_a_changed_file_replaces_its_own_rows_only(settings: Settings) -> None:
    path = _drop(settings, "costs/a.csv", CSV)
    _drop(settings, "costs/b.csv", CSV.replace("c1", "c3").replace("c2", "c4"))
    _load(settings)
    path.write_text(COSTS + "\nc9,2026-01-01,2026-01-31,staff,1,EUR,\n")
    assert _load(settings).rows == {"costs": 1}
    assert _rows(settings, "select cost_id, _file from raw_files.costs order by 1") == [
        ("c3", "costs/b.csv"),
        ("c4", "costs/b.csv"),
        ("c9", "costs/a.csv"),
    ]


def test_what_did_not_change_is_not_read_again(settings: Settings) -> None:
    path = _drop(settings, "costs/a.csv", CSV)
    _load(settings)
    before = _rows(settings, "from raw_files.costs order by all")
    path.touch()
    assert _load(settings).rows == {}
    assert _rows(settings, "from raw_files.costs order by all") == before


@pytest.mark.parametrize("emptied", [None, "", COSTS, COSTS + "\n"])
def test_a_removed_or_emptied_file_retires_its_rows(settings: Settings, emptied: str | None) -> None:
    path = _drop(settings, "costs/a.csv", CSV)
    _drop(settings, "costs/b.csv", CSV)
    _load(settings)
    if emptied is None:
        path.unlink()
    else:
        path.write_text(emptied)
    result = _load(settings)
    assert result.totals["costs"] == 2
    assert result.warnings == []
    assert _rows(settings, "select distinct _file from raw_files.costs") == [("costs/b.csv",)]
    path.write_text(CSV)
    assert _load(settings).totals["costs"] == 4, "it may come back"


def test_a_moved_file_moves_its_rows(settings: Settings) -> None:
    path = _drop(settings, "costs/a.csv", CSV)
    _load(settings)
    (settings.inbox_path / "costs" / "2026").mkdir()
    path.rename(settings.inbox_path / "costs" / "2026" / "a.csv")
    _load(settings)
    assert _rows(settings, "select distinct _file from raw_files.costs") == [("costs/2026/a.csv",)]


def test_random_days_equal_a_full_refresh(settings: Settings) -> None:
    chance = random.Random(7)
    for _ in range(6):
        for name in ("a.csv", "b.csv", "c.csv"):
            action = chance.choice(["write", "write", "remove", "leave"])
            if action == "write":
                count = chance.randrange(3)
                _drop(
                    settings,
                    f"costs/{name}",
                    COSTS + "\n" + "".join(f"{chance.random()},2026-01-01,2026-01-31,staff,1,EUR,\n" for _ in range(count)),
                )
            elif action == "remove":
                (settings.inbox_path / "costs" / name).unlink(missing_ok=True)
        _load(settings)
        loaded = _rows(settings, "select * exclude _run from raw_files.costs order by all")
        _load(settings, full_refresh=True)
        assert _rows(settings, "select * exclude _run from raw_files.costs order by all") == loaded


def test_an_inbox_that_is_gone_is_no_reason_to_retire_everything(settings: Settings) -> None:
    _drop(settings, "costs/a.csv", CSV)
    _load(settings)
    settings.inbox_path.rename(settings.inbox_path.with_name("unmounted"))
    result = load_source(SOURCE, settings)
    assert result.state == "failed"
    assert "is not there, though 1 files were loaded from it" in str(result.reason)
    assert result.totals["costs"] == 2


def test_without_an_inbox_nothing_is_loaded_and_nothing_is_wrong(settings: Settings) -> None:
    assert _load(settings).state == "empty"


def test_readmes_and_hidden_files_are_passed_over(settings: Settings) -> None:
    _drop(settings, "README.md", "about")
    _drop(settings, "costs/.DS_Store", b"\x00")
    _drop(settings, ".git/x.csv", "1")
    _drop(settings, "costs/Readme.txt", "about")
    assert _load(settings).warnings == []


PEOPLE = "person_email,platform,actor_platform_id,method,evidence"


def test_people_become_keys_and_leave_no_trace(settings: Settings, tmp_path: Path) -> None:
    links = "Ann@Example.com,mastodon,109,verified_email,crm\nann@example.com,x,7,click_id,site\n"
    _drop(settings, "identity_links/i.csv", f"{PEOPLE}\n{links}")
    _drop(
        settings,
        "touches/t.jsonl",
        '{"touch_id": 1, "person_key": "E-17", "occurred_at": "2026-01-01", "utm_source": "mail from Bob@Client.org today"}\n',
    )
    assert _load(settings).warnings == []
    keys = Keys.of(settings)
    assert _rows(settings, "select person_key, actor_key from raw_files.identity_links order by _line") == [
        (keys.email("ann@example.com"), keys.account("mastodon", "109")),
        (keys.email("ann@example.com"), keys.account("x", "7")),
    ]
    assert _rows(settings, "select person_key, utm_source from raw_files.touches") == [(keys.given("E-17"), "mail from <address> today")]
    for path in settings.warehouse_path.parent.rglob("*"):
        if path.is_file():
            held = path.read_bytes().lower()
            assert not any(trace in held for trace in (b"ann@example.com", b"bob@client.org", b"e-17")), path


def test_the_account_comes_before_the_address_before_the_key(settings: Settings) -> None:
    head = "platform,interaction_id,occurred_at,kind,actor_key,actor_email,actor_platform_id\n"
    rows = "x,1,2026-01-01,reply,k,a@b.co,7\nx,2,2026-01-01,reply,k,a@b.co,\nx,3,2026-01-01,reply,k,,\n"
    _drop(settings, "interactions/i.csv", head + rows)
    assert _load(settings).warnings == []
    keys = Keys.of(settings)
    expected = [(keys.account("x", "7"),), (keys.email("a@b.co"),), (keys.given("k"),)]
    assert _rows(settings, "select actor_key from raw_files.interactions order by _line") == expected
