"""`goodwill forget` in event exports: who was identified anywhere in one goes with all their lines, and nobody becomes the word that stands for them."""

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from file_drop import drop
from test_files_events import ga4, segment

from pipelines.erase import Proof, forget
from pipelines.keys import Keys
from pipelines.load import load_source, prepare
from pipelines.settings import Settings, read_settings
from pipelines.sources.files import SOURCE as FILES
from pipelines.warehouse import connect

ANN, BOB, EVE = "ann@example.org", "bob@example.org", "eve@example.org"
Rows = list[dict[str, Any]]


@pytest.fixture
def settings(tmp_path: Path, only_raw: None) -> Settings:
    made = read_settings(folder=tmp_path, environ={"GOODWILL_KEY": "a key for tests"})
    prepare(made)
    return made


def _visits(settings: Settings) -> dict[str, str]:
    """Visit -> key, after a load."""
    result = load_source(FILES, settings)
    assert result.state in ("loaded", "empty") and result.warnings == [], result
    with connect(settings) as connection:
        return dict(connection.execute("select touch_id, person_key from raw_files.touches").fetchall())


def _forget(settings: Settings, *names: str) -> Proof:
    proof = forget(settings, list(names))
    assert proof.is_clean, list(proof.lines())
    return proof


def _lines(rows: Rows) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _snowplow(id_: str, when: str, browser: str, session: str, user: str | None = None, **more: str) -> dict[str, Any]:
    own = {"event_id": id_, "collector_tstamp": when, "domain_userid": browser, "domain_sessionid": session, "user_id": user}
    return {**own, "page_url": "https://fernway.example/", **more}


def _matomo(id_: int, browser: str, user: str | None = None, **more: Any) -> dict[str, Any]:
    return {"idVisit": str(id_), "visitorId": browser, "userId": user, "serverTimestamp": 1772359200 + 86400 * id_, **more}


EXPORTS: dict[str, tuple[str, Rows, dict[str, str]]] = {
    "segment": (
        "segment.jsonl",
        [
            segment("page", "m1", "2026-03-01T10:00:00Z", "a1"),
            segment("page", "m2", "2026-03-02T10:00:00Z", "a1", userId=ANN),
            segment("page", "m3", "2026-03-03T10:00:00Z", "a2", userId=BOB),
            segment("page", "m4", "2026-03-03T10:00:00Z", "a3"),
        ],
        {"segment|m3": BOB, "segment|m4": "segment|a3"},
    ),
    "ga4": (
        "events.jsonl",
        [
            ga4("page_view", "2026-03-01T10:00:00", "11.22", "900"),
            ga4("login", "2026-03-02T10:00:00", "11.22", "901", user=ANN),
            ga4("sign_up", "2026-03-02T11:00:00", "33.44", "902", email=ANN),
            ga4("page_view", "2026-03-02T11:00:00", "33.44", "903"),
            ga4("page_view", "2026-03-03T10:00:00", "55.66", "904", user=BOB),
        ],
        {"ga4|55.66.904": BOB},
    ),
    "snowplow": (
        "snowplow.jsonl",
        [
            _snowplow("e1", "2026-03-01 10:00:00", "d1", "s1"),
            _snowplow("e2", "2026-03-02 10:00:00", "d1", "s2", ANN),
            _snowplow("e3", "2026-03-03 10:00:00", "d2", "s3", BOB),
        ],
        {"snowplow|s3": BOB},
    ),
    "matomo": (
        "matomo.json",
        [_matomo(1, "abc"), _matomo(2, "abc", ANN), _matomo(3, "def", BOB)],
        {"matomo|3": BOB},
    ),
}


@pytest.mark.parametrize("tool", EXPORTS)
def test_all_visits_of_whoever_is_identified_go_and_stay_away(settings: Settings, tool: str) -> None:
    name, rows, stays = EXPORTS[tool]
    file = drop(settings, f"touches/{name}", json.dumps(rows) if name.endswith(".json") else _lines(rows))
    before = file.read_text()
    keys = Keys.of(settings)
    expected = {touch: keys.email(who) if "@" in who else keys.given(who) for touch, who in stays.items()}
    assert len(_visits(settings)) > len(expected)
    proof = _forget(settings, ANN)
    assert proof.rewritten == [f"touches/{name}"] and "forgotten" not in file.read_text()
    assert _visits(settings) == expected
    file.write_text(before)  # as a backup brings it back
    assert _visits(settings) == expected


@pytest.mark.parametrize("is_parquet", [False, True])
def test_everybody_forgotten_is_nobody_and_not_one_person(settings: Settings, is_parquet: bool) -> None:
    """Ann, then Bob: what is left of either must never be a person with visits of its own."""
    rows = [
        _snowplow(f"e{i}", f"2026-03-0{i + 1} 10:00:00", f"d{i}", f"s{i}", user, page_referrer=f"https://x.example/?friend={other}")
        for i, (user, other) in enumerate([(ANN, "a"), (BOB, "b"), (EVE, ANN), (None, BOB)])
    ]
    if is_parquet:
        file = drop(settings, "touches/events.parquet", b"")
        pq.write_table(pa.Table.from_pylist(rows), file)
    else:
        file = drop(settings, "touches/events.jsonl", _lines(rows))
    assert len(_visits(settings)) == 4
    for name in (ANN, BOB):
        _forget(settings, name)
    keys = Keys.of(settings)
    assert _visits(settings) == {"snowplow|s2": keys.email(EVE), "snowplow|s3": keys.given("snowplow|d3")}
    content = str(pq.read_table(file).to_pylist()) if is_parquet else file.read_text()
    assert "ann@" not in content and "bob@" not in content and content.count("?friend=<forgotten>") == 2


def test_a_browser_and_an_account_are_followed_through_all_files(settings: Settings) -> None:
    """Of her number only one file tells the address; in a third her browser signed in as nobody."""
    drop(
        settings,
        "touches/1.jsonl",
        _lines([segment("identify", "m1", "2026-03-01T10:00:00Z", "a1", page=None, userId="u-7", traits={"email": ANN})]),
    )
    drop(settings, "touches/2.jsonl", _lines([segment("page", "m2", "2026-03-02T10:00:00Z", "a2", userId="u-7")]))
    drop(
        settings,
        "touches/3.jsonl",
        _lines([segment("page", "m3", "2026-03-03T10:00:00Z", "a2"), segment("page", "m4", "2026-03-03T10:00:00Z", "a4")]),
    )
    keys = Keys.of(settings)
    others = {"segment|m4": keys.given("segment|a4")}
    assert _visits(settings) == others | {"segment|m2": keys.given("u-7"), "segment|m3": keys.given("segment|a2")}
    assert _forget(settings, ANN).removed == 2
    assert _visits(settings) == others


def test_what_is_shared_with_somebody_else_is_counted_and_stays(settings: Settings) -> None:
    """A kiosk that Ann, Bob and strangers use, in files of two days; each keeps what is told to be theirs."""
    kiosk = [
        segment("page", "m1", "2026-03-01T10:00:00Z", "kiosk", userId=ANN),
        segment("page", "m2", "2026-03-01T12:00:00Z", "kiosk", userId=BOB),
    ]
    drop(settings, "touches/1.jsonl", _lines(kiosk))
    drop(settings, "touches/2.jsonl", _lines([segment("page", "m3", "2026-03-02T10:00:00Z", "kiosk")]))
    keys = Keys.of(settings)
    proof = _forget(settings, ANN)
    assert (proof.keys, proof.shared) == (1, 1)
    assert _visits(settings) == {"segment|m2": keys.email(BOB), "segment|m3": keys.given("segment|kiosk")}


@pytest.mark.parametrize("user", ["<forgotten>", "contact <forgotten>"])
def test_a_file_in_which_the_word_stands_already_makes_no_person(settings: Settings, user: str) -> None:
    drop(settings, "touches/1.jsonl", _lines([segment("page", "m1", "2026-03-01T10:00:00Z", "a1", userId=user)]))
    drop(settings, "touches/2.csv", f"touch_id,person_email,person_key,occurred_at\n2,,k,2026-03-01\n3,{user},k,2026-03-01\n")
    drop(settings, "revenue/3.csv", f"revenue_id,occurred_at,amount,currency,person_key,person_email\n1,2026-03-01,9,USD,{user},{user}\n")
    keys = Keys.of(settings)
    assert _visits(settings) == {"segment|m1": keys.given("segment|a1"), "2": keys.given("k"), "3": keys.given("k")}
    with connect(settings) as connection:
        assert connection.execute("select person_key from raw_files.revenue").fetchall() == [(None,)]


def test_whose_a_line_is_is_whose_the_loader_says(settings: Settings) -> None:
    """Of drawn calls: nobody who is forgotten is among the visits afterwards, and no line goes that names somebody else itself."""
    chance = random.Random(5)
    people: list[dict[str, Any]] = [{}, {}, {"userId": ANN}, {"userId": "u-1"}, {"userId": BOB}, {"userId": "u-2"}]
    people += [{"userId": "u-1", "traits": {"email": ANN}}, {"traits": {"email": ANN}}, {"userId": "u-2", "traits": {"email": BOB}}]
    for round_ in range(4):
        calls = [
            segment(
                chance.choice(["page", "page", "identify"]), f"m{i}", f"2026-03-{chance.randrange(1, 28):02}T1{chance.randrange(10)}:00:00Z",
                f"b{chance.randrange(6)}", **chance.choice(people),
            )
            for i in range(30)
        ]  # fmt: skip
        own = read_settings(folder=settings.warehouse_path.parent / f"round {round_}", environ={"GOODWILL_KEY": "a key for tests"})
        prepare(own)
        drop(own, "touches/calls.jsonl", _lines(calls))
        keys = Keys.of(own)
        _visits(own)
        _forget(own, ANN)
        after = _visits(own)
        assert not {keys.email(ANN), keys.given("u-1")} & set(after.values())
        rows = [json.loads(line) for line in (own.inbox_path / "touches" / "calls.jsonl").read_text().splitlines()]
        bobs = [call for call in calls if call.get("userId") == BOB]
        assert all(call in rows for call in bobs) and "ann@" not in str(rows)


def _forms(rows: Rows) -> list[str]:
    return [json.dumps(rows), json.dumps(rows, indent=2), "\ufeff \n" + json.dumps(rows, separators=(",", ":")), _lines(rows)]


@pytest.mark.parametrize("form", range(4))
def test_json_is_read_as_the_loader_reads_it_and_an_array_stays_one(settings: Settings, form: int) -> None:
    """On one line, on many, with a byte order mark, an object a line: whoever is forgotten, such a file is in nobody's way."""
    rows = [_matomo(1, "abc", ANN), _matomo(2, "def", BOB, actionDetails=[{"url": "https://fernway.example/?to=ann@example.org"}])]
    content = _forms(rows)[form]
    file = drop(settings, "touches/matomo.json", content)
    assert _forget(settings, EVE).rewritten == [] and file.read_text() == content
    assert _forget(settings, ANN).rewritten == ["touches/matomo.json"]
    left = file.read_text()
    (row,) = json.loads(left) if form < 3 else [json.loads(left)]
    assert row == {**rows[1], "actionDetails": [{"url": "https://fernway.example/?to=<forgotten>"}]}
    assert _visits(settings) == {"matomo|2": Keys.of(settings).email(BOB)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("touches/a.jsonl", "[1,2]\n3\nnull\n{}\n"),
        ("touches/a.json", '[1, "{", null]'),
        ("touches/a.json", '[{"idVisit": "1"'),
        ("touches/a.json", "[]"),
        ("touches/a.json", '[{"idVisit": "1"}] and more'),
        ("interactions/a.jsonl", '{"text": "half'),
        ("interactions/a.csv", 'text\n"half'),
    ],
)
def test_what_is_no_object_is_named_only_where_it_holds_the_person(settings: Settings, name: str, content: str) -> None:
    file = drop(settings, name, content)
    _forget(settings, ANN)
    assert file.read_text() == content
    file.write_text(f"{content} {ANN}")
    proof = forget(settings, [ANN])
    assert list(proof.left) == [name] and "ann" not in "\n".join(proof.lines())
