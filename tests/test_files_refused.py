"""A bad file is refused whole, with its line, column and cure named and no value repeated; the rest is loaded."""

import gzip
import json

import pytest

from pipelines.settings import Settings
from pipelines.warehouse import connect
from tests.file_drop import GOOD, METRICS, assert_refused_alone, drop, load, refused

REVENUE = "revenue_id,occurred_at,amount,currency"
COSTS = "cost_id,period_start,period_end,kind,currency"
TOUCHES = "touch_id,person_email,occurred_at"
CASES = [
    (
        "post_metrics/a.csv",
        f"{METRICS},likez\nx,1,2026-01-01,1,2\n",
        None,
        "likez",
        "unknown column 'likez'; did you mean likes? post_metrics has: platform",
    ),
    ("contacts/a.csv", "contact_id,account_id\nc1,12.0\nc2,\nc3,7.0\n", None, "account_id", "holds 12.0 for 12"),
    (
        "surveys/a.jsonl",
        '{"wave":"1","audience":"public","item":"csat","score":1,"scale_min":0,"scale_max":1,"respondent_key":12.0}\n',
        None,
        "respondent_key",
        "store it as text or as whole numbers",
    ),
    ("contacts/a.csv", "ann@example.org,c1\nbob@example.org,c2\n", None, "<address>", "unknown column '<address>'; contacts has:"),
    ("post_metrics/a.csv", "platform,post_id,likes\nx,1,2\n", None, "observed_at", "the required column observed_at is missing"),
    ("post_metrics/a.csv", "platform,post_id,observed_at,likes,likes\nx,1,2026-01-01,2,2\n", None, "likes", "stands twice"),
    (
        "touches/a.csv",
        "touch_id,occurred_at\n1,2026-01-01\n",
        None,
        "person_key",
        "person_key (or person_email, person_platform_id) is missing",
    ),
    ("post_metrics/a.csv", f"{METRICS}\nx,1,2026-01-01,1\nx,2,2026-01-01,many\nx,3,soon,1\n", 3, "likes", "is not a whole number"),
    ("post_metrics/a.csv", f"{METRICS}\nx,1,2026-01-01,1.5\n", 2, "likes", "is not a whole number"),
    ("post_metrics/a.csv", f"{METRICS}\nx,1,2026-01-01,{2**63}\n", 2, "likes", "at most 64 bits"),
    ("post_metrics/a.csv", f"{METRICS}\nx,1,01/02/2026,1\n", 2, "observed_at", "is not a time like 2026-06-30T12:00:00Z"),
    ("post_metrics/a.csv", f"{METRICS}\nx,1,epoch,1\n", 2, "observed_at", "is not a time like"),
    ("post_metrics/a.csv", f"{METRICS}\nx,,2026-01-01,1\n", 2, "post_id", "is empty, and it is required"),
    ("post_metrics/a.csv", f'{METRICS}\n"x\ny",1,2026-01-01,1\n\nx,2,2026-01-01,x\n', 5, "likes", "is not a whole number"),
    ("post_metrics/a.csv", f"{METRICS}\nx,1,2026-01-01,1\nx,2,2026-01-01\n", 3, None, "has 3 fields where the header has 4"),
    ("post_metrics/a.csv", f"{METRICS}\nx,1,2026-01-01,1,000\n", 2, None, "has 5 fields where the header has 4"),
    ("post_metrics/a.csv", f'{METRICS}\nx,1,2026-01-01,1\nx,"2,2026-01-01,1\n', 3, None, "cannot be read as CSV"),
    (
        "post_metrics/a.csv",
        METRICS.replace(",", ";") + "\nx;1;2026-01-01;1\n",
        None,
        "platform;post_id;observed_at;likes",
        "unknown column 'platform;post_id;observed_at;likes': semicolons divide its columns; save it with commas",
    ),
    ("post_metrics/a.csv", f"{METRICS}\nx,1,2026-01-01,1\nx,gr\xfc\xdf,2026-01-01,1\n".encode("latin-1"), 3, None, "is not UTF-8"),
    ("post_metrics/a.csv", f"{METRICS}\nx,1,2026-01-01,1\n".encode("utf-16"), 1, None, "is not UTF-8"),
    ("costs/a.csv", f"{COSTS}\n1,2026-01-01,2026-01-31,staff,USD\n", None, "amount", "amount (or hours and hourly_rate) is missing"),
    (
        "costs/a.csv",
        f"{COSTS},hours\n1,2026-01-01,2026-01-31,staff,USD,5\n",
        None,
        "amount",
        "amount (or hours and hourly_rate) is missing",
    ),
    (
        "costs/a.csv",
        f"{COSTS},hours,hourly_rate\n1,2026-01-01,2026-01-31,staff,USD,5,40\n2,2026-01-01,2026-01-31,staff,USD,5,\n",
        3,
        "amount",
        "is empty, and it is required: give it, or hours and hourly_rate",
    ),
    (
        "costs/a.csv",
        f"{COSTS},amount,hours,hourly_rate\n1,2026-01-01,2026-01-31,staff,USD,,,40\n",
        2,
        "amount",
        "is empty, and it is required: give it, or hours and hourly_rate",
    ),
    ("costs/a.csv", f"{COSTS},hours,hourly_rate\n1,2026-01-01,2026-01-31,staff,USD,5,forty\n", 2, "hourly_rate", "is not a decimal number"),
    ("revenue/a.csv", f"{REVENUE}\n1,2026-01-01,1.23456,USD\n", 2, "amount", "is not a decimal number with a point and at most 4 places"),
    ("revenue/a.csv", f'{REVENUE}\n1,2026-01-01,"1,50",USD\n', 2, "amount", "is not a decimal number"),
    ("revenue/a.csv", f"{REVENUE}\n1,2026-01-01,nan,USD\n", 2, "amount", "is not a decimal number"),
    (
        "revenue/a.csv",
        f"{REVENUE},account_id\n1,2026-01-01,1,USD,bob@client.org\n",
        2,
        "account_id",
        "is an e-mail address: give the party's own id",
    ),
    (
        "accounts/a.csv",
        "account_id,name\nacme,Acme\nBob <bob%40client.org>,Acme\n",
        3,
        "account_id",
        "is an e-mail address: give the party's own id",
    ),
    (
        "interactions/a.csv",
        "platform,interaction_id,occurred_at,kind,actor_key,sentiment\nx,1,2026-01-01,reply,k,NaN\n",
        2,
        "sentiment",
        "is not a finite number",
    ),
    (
        "interactions/a.csv",
        "platform,interaction_id,occurred_at,kind,actor_key,is_brand\nx,1,2026-01-01,reply,k,maybe\n",
        2,
        "is_brand",
        "is neither true nor false",
    ),
    ("exchange_rates/a.csv", "date,currency,rate_to_reporting\n30.06.2026,EUR,1\n", 2, "date", "is not a date like 2026-06-30"),
    (
        "touches/a.csv",
        f"{TOUCHES}\n1,ann@example.com,2026-01-01\n2,ann at example.com,2026-01-01\n",
        3,
        "person_email",
        "is not an e-mail address",
    ),
    ("touches/a.csv", f"{TOUCHES}\n1,,2026-01-01\n", 2, "person_key", "is empty, and it is required: give one of person_email"),
    (
        "touches/a.csv",
        "touch_id,person_platform_id,occurred_at\n1,7,2026-01-01\n",
        None,
        "person_platform_id",
        "add the column platform, or give person_email",
    ),
    (
        "touches/a.csv",
        "touch_id,platform,person_platform_id,occurred_at\n1,x,7,2026-01-01\n2,,7,2026-01-01\n",
        3,
        "person_platform_id",
        "an account needs its platform",
    ),
    (
        "contacts/a.csv",
        "contact_id,person_platform_id\n1,7\n",
        None,
        "person_platform_id",
        "contacts has no platform: give person_email or person_key",
    ),
    (
        "post_metrics/a.jsonl",
        '{"platform":"x","post_id":"1","observed_at":"2026-01-01"}\n{"platform":"x"\n',
        2,
        None,
        "cannot be read as JSON",
    ),
    ("post_metrics/a.jsonl", '{"platform":"x","post_id":"1","observed_at":"2026-01-01"}\n\n[1]\n', 3, None, "is not a JSON object"),
    ("post_metrics/a.jsonl", '{"platform":"x","post_id":"1","observed_at":"2026-01-01","like":1}\n', None, "like", "did you mean likes?"),
    (
        "post_metrics/a.jsonl",
        '{"platform":"x","post_id":"1","observed_at":"2026-01-01","likes":1}\n\n{"platform":"x","post_id":"2","likes":1}\n',
        3,
        "observed_at",
        "is empty",
    ),
    (
        "post_metrics/a.jsonl",
        '{"platform":"x","post_id":"1","observed_at":"2026-01-01","likes":"some"}\n',
        1,
        "likes",
        "is not a whole number",
    ),
    ("post_metrics/a.jsonl", "{}\n", None, "platform", "the required column platform is missing"),
    ("post_metrics/a.csv", f" {METRICS}\nx,1,2026-01-01,1\n", None, " platform", "did you mean platform?"),
    (
        "posts/a.jsonl",
        '{"platform":"x","profile_id":"u","post_id":"1","posted_at":"2026-01-01","text":"\\ud800"}\n',
        1,
        None,
        "half of a surrogate pair",
    ),
    ("posts/a.csv", "platform,profile_id,post_id,posted_at,text\nx,u,1,2026-01-01," + "ü" * 3_000_000, None, None, "lines of at most 4 MB"),
    (
        "revenue/a.jsonl",
        '{"revenue_id":"1","occurred_at":"2026-01-01","amount":12345678901234.5678,"currency":"USD"}\n',
        1,
        "amount",
        "not a decimal number",
    ),
    ("post_metrics/a.csv", f"{METRICS}\nx,1,2026-01-01,1\r\nx,2,2026-01-01,1\n", None, None, "it needs one kind of line end"),
    ("post_metrics/*.csv", GOOD, None, None, "has one of * ? [ in its path"),
    ("post_metrics/good[1].csv", GOOD, None, None, "has one of * ? [ in its path"),
    ("post_metrics/a.parquet", "no parquet at all", None, None, "is not a readable Parquet file"),
    ("post_metrics/a.csv.gz", gzip.compress(GOOD.encode() * 500)[:-20], None, None, "cannot be read to its end"),
    ("post_metrics/a.xlsx", "PK", None, None, "is of no known kind; give .csv or .jsonl"),
    ("post_metrics/a.parquet.gz", "PK", None, None, "is of no known kind"),
]


@pytest.mark.parametrize(("name", "content", "line", "field", "reason"), CASES)
def test_a_bad_file_is_named_and_the_rest_is_loaded(
    settings: Settings, name: str, content: str | bytes, line: int | None, field: str | None, reason: str
) -> None:
    assert_refused_alone(settings, name, content, line, field, reason)


def test_a_file_in_no_folder_of_an_entity(settings: Settings) -> None:
    drop(settings, "stray.csv", GOOD)
    drop(settings, "post_metric/a.csv", GOOD)
    result = load(settings)
    assert [row[:2] for row in refused(settings)] == [("post_metric/a.csv", None), ("stray.csv", None)]
    assert all("lies in no folder of an entity; put it into one of: accounts, " in warning for warning in result.warnings)


def test_a_file_that_became_bad_keeps_its_former_rows_until_it_is_mended(settings: Settings) -> None:
    path = drop(settings, "post_metrics/a.csv", GOOD)
    load(settings)
    path.write_text(f"{METRICS}\nx,good,2026-01-01,many\n")
    for _ in range(2):
        result = load(settings)
        assert result.totals["post_metrics"] == 1
        assert "the rows of its former content stay until it is mended" in refused(settings)[0][4]
    path.write_text(GOOD.replace(",1\n", ",2\n"))
    assert load(settings).rows == {"post_metrics": 1}
    assert refused(settings) == []
    with connect(settings) as connection:
        assert connection.execute("select likes from raw_files.post_metrics").fetchall() == [(2,)]


def test_a_bad_file_that_is_removed_is_no_longer_listed(settings: Settings) -> None:
    path = drop(settings, "post_metrics/a.csv", "x\n1\n")
    load(settings)
    assert len(refused(settings)) == 1
    path.unlink()
    assert load(settings).warnings == []
    assert refused(settings) == []


def test_the_fault_is_found_far_down_a_large_file(settings: Settings) -> None:
    lines = [f"x,{n},2026-01-01,{n}" for n in range(200_000)]
    lines[150_000] = "x,150000,2026-01-01,n/a"
    drop(settings, "post_metrics/a.csv", "\n".join([METRICS, *lines]))
    load(settings)
    assert refused(settings)[0][2:4] == (150_002, "likes")


def test_nested_json_where_a_number_belongs(settings: Settings) -> None:
    row = {"platform": "x", "post_id": "1", "observed_at": "2026-01-01", "likes": {"total": 5}}
    drop(settings, "post_metrics/a.jsonl", json.dumps(row))
    load(settings)
    assert refused(settings)[0][2:4] == (1, "likes")
