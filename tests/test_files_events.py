"""What web analytics export becomes touches as it is dropped: GA4 out of BigQuery, Segment, Snowplow, Matomo."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.keys import Keys
from pipelines.load import LoadResult, load_source, prepare
from pipelines.settings import Settings
from pipelines.sources.files import SOURCE
from pipelines.warehouse import connect

COLUMNS = "touch_id, person_key, occurred_at, utm_source, utm_medium, utm_campaign, referrer"


def load(settings: Settings) -> LoadResult:
    prepare(settings, {"files": SOURCE})
    return load_source(SOURCE, settings)


def touches(settings: Settings) -> list[tuple[Any, ...]]:
    with connect(settings) as connection:
        return connection.execute(f"select {COLUMNS} from raw_files.touches order by occurred_at, touch_id").fetchall()


def drop(settings: Settings, name: str, rows: list[dict[str, Any]]) -> Path:
    path = settings.inbox_path / "touches" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(json.dumps(row) for row in rows) + "\n"
    path.write_text(json.dumps(rows) if name.endswith("matomo.json") else lines, encoding="utf-8")
    return path


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def micros(text: str) -> str:
    """As BigQuery writes it: microseconds, in a text."""
    return str(int(datetime.fromisoformat(text + "+00:00").timestamp()) * 1_000_000)


def ga4(name: str, when: str, visitor: str, session: str, user: str | None = None, **params: str) -> dict[str, Any]:
    """An event in the shape of the BigQuery export (its schema: support.google.com/analytics/answer/7029846), integers as texts."""
    given = [{"key": key, "value": {"string_value": value}} for key, value in params.items()]
    return {
        "event_date": when[:10].replace("-", ""),
        "event_timestamp": micros(when),
        "event_name": name,
        "event_params": [{"key": "ga_session_id", "value": {"int_value": session}}, *given],
        "user_id": user,
        "user_pseudo_id": visitor,
        "user_properties": [],
        "device": {"category": "desktop"},
        "collected_traffic_source": None,
    }


GA4 = [
    ga4("session_start", "2026-03-01T10:00:00", "11.22", "900", page_location="https://fernway.example/?utm_source=linkedin"),
    ga4("page_view", "2026-03-01T10:00:01", "11.22", "900", source="linkedin", medium="social", campaign="spring"),
    ga4("login", "2026-03-01T10:04:00", "11.22", "900", user="ann@example.org"),
    ga4(
        "page_view",
        "2026-03-02T08:00:00",
        "11.22",
        "901",
        page_referrer="https://www.google.com/",
        page_location="https://fernway.example/",
    ),
    ga4(
        "page_view",
        "2026-03-02T09:00:00",
        "33.44",
        "77",
        page_location="https://fernway.example/?gclid=abc",
        page_referrer="https://g.example/",
    ),
    {
        **ga4("page_view", "2026-03-03T09:00:00", "33.44", "78", page_location="https://fernway.example/"),
        "collected_traffic_source": {"manual_source": "mastodon", "manual_medium": "social", "manual_campaign_name": "autumn"},
    },
]


@pytest.mark.parametrize("kind", ["json", "jsonl", "parquet", "list.parquet"])
def test_ga4_out_of_bigquery(settings: Settings, kind: str) -> None:
    path = drop(settings, f"events_20260301.{'json' if kind == 'json' else 'jsonl'}", GA4)
    if kind.endswith("parquet"):
        with duckdb.connect() as connection:
            params = (
                "event_params" if kind == "parquet" else "{'list': list_transform(event_params, lambda p: {'element': p})} as event_params"
            )
            connection.execute(
                f"copy (select * exclude (event_params, event_timestamp), event_timestamp::bigint as event_timestamp, {params} from read_json('{path}', "
                f"columns = {{event_timestamp: 'VARCHAR', event_name: 'VARCHAR', user_id: 'VARCHAR', user_pseudo_id: 'VARCHAR', "
                "event_params: 'STRUCT(key VARCHAR, value STRUCT(string_value VARCHAR, int_value BIGINT))[]', "
                "collected_traffic_source: 'STRUCT(manual_source VARCHAR, manual_medium VARCHAR, manual_campaign_name VARCHAR)'})) "
                f"to '{path.with_suffix('.parquet')}' (format parquet)"
            )
        path.unlink()
    assert load(settings).state == "loaded"
    ann, stranger = Keys.of(settings).email("ann@example.org"), Keys.of(settings).given("ga4|33.44")
    assert touches(settings) == [
        ("ga4|11.22.900", ann, at("2026-03-01T10:00:00"), "linkedin", "social", "spring", None),
        ("ga4|11.22.901", ann, at("2026-03-02T08:00:00"), None, None, None, "https://www.google.com/"),
        ("ga4|33.44.77", stranger, at("2026-03-02T09:00:00"), None, None, None, "https://fernway.example/?gclid=abc"),
        ("ga4|33.44.78", stranger, at("2026-03-03T09:00:00"), "mastodon", "social", "autumn", None),
    ]


def segment(kind: str, id_: str, when: str, anonymous: str, page: str | None = "https://fernway.example/", **more: Any) -> dict[str, Any]:
    """A call as Segment's spec has it (segment.com/docs/connections/spec/common)."""
    context: dict[str, Any] = {"library": {"name": "analytics.js"}, **more.pop("context", {})}
    context |= {"page": {"url": page, "referrer": more.pop("referrer", "")}} if page else {}
    return {"type": kind, "messageId": id_, "timestamp": when, "anonymousId": anonymous, "context": context, **more}


def test_segment_calls_become_visits_by_pauses_and_campaigns(settings: Settings) -> None:
    campaign = {"campaign": {"name": "spring", "source": "bluesky", "medium": "social"}}
    drop(
        settings,
        "segment.jsonl",
        [
            segment("page", "m1", "2026-03-01T10:00:00.000Z", "a1", context=campaign, referrer="https://bsky.app/"),
            segment("page", "m2", "2026-03-01T10:10:00.000Z", "a1", referrer="https://fernway.example/"),
            segment("page", "m3", "2026-03-01T10:41:00.000Z", "a1", referrer="https://www.fernway.example/x"),
            segment("page", "m4", "2026-03-01T10:50:00+01:00", "a2"),
            segment("page", "m5", "2026-03-01T10:45:00.000Z", "a1", context={"campaign": {"source": "newsletter", "medium": "email"}}),
            segment("identify", "m6", "2026-03-01T10:46:00.000Z", "a1", page=None, userId="u-7", traits={"email": "Bob@Example.org"}),
            segment("track", "m7", "2026-03-05T10:46:00.000Z", "a9", page=None, userId="u-7", event="Order Completed"),
            segment("page", "m8", "2026-03-06T10:46:00.000Z", "a9"),
        ],
    )
    assert load(settings).state == "loaded"
    bob, stranger = Keys.of(settings).email("bob@example.org"), Keys.of(settings).given("segment|a2")
    assert touches(settings) == [
        ("segment|m4", stranger, at("2026-03-01T09:50:00"), None, None, None, None),
        ("segment|m1", bob, at("2026-03-01T10:00:00"), "bluesky", "social", "spring", "https://bsky.app/"),
        ("segment|m3", bob, at("2026-03-01T10:41:00"), None, None, None, None),
        ("segment|m5", bob, at("2026-03-01T10:45:00"), "newsletter", "email", None, None),
        ("segment|m8", bob, at("2026-03-06T10:46:00"), None, None, None, None),
    ]
    with connect(settings) as connection:
        assert "Example.org" not in str(connection.execute("select * from raw_files.touches").fetchall())


def test_snowplow_events_become_their_sessions(settings: Settings) -> None:
    def event(id_: str, when: str, session: str, user: str | None = None, **more: str) -> dict[str, Any]:
        own = {"app_id": "web", "event": "page_view", "event_id": id_, "collector_tstamp": when, "domain_userid": "d1"}
        return {**own, "domain_sessionid": session, "user_id": user, **more}

    mastodon = {"mkt_source": "mastodon", "mkt_medium": "social", "mkt_campaign": "spring", "page_referrer": "https://mastodon.example/"}
    events = [
        event("e1", "2026-03-01 10:00:00.123", "s1", page_url="https://fernway.example/", **mastodon),
        event("e2", "2026-03-01 10:01:00.000", "s1", "customer 12"),
        event("e3", "2026-03-02 10:01:00.000", "s2", page_url="https://fernway.example/?fbclid=x"),
    ]
    drop(settings, "snowplow.jsonl", events)
    assert load(settings).state == "loaded"
    customer = Keys.of(settings).given("customer 12")
    assert touches(settings) == [
        ("snowplow|s1", customer, at("2026-03-01T10:00:00.123"), "mastodon", "social", "spring", "https://mastodon.example/"),
        ("snowplow|s2", customer, at("2026-03-02T10:01:00"), None, None, None, "https://fernway.example/?fbclid=x"),
    ]


def test_matomo_visits_as_its_api_answers(settings: Settings) -> None:
    def visit(id_: int, when: str, user: str | None, **more: Any) -> dict[str, Any]:
        seconds = int(datetime.fromisoformat(when + "+00:00").timestamp())
        own = {"idSite": "1", "idVisit": id_, "visitorId": "abcdef0123456789", "userId": user, "serverTimestamp": seconds + 60}
        return {**own, "firstActionTimestamp": seconds, "actionDetails": [{"type": "action", "url": "https://fernway.example/"}], **more}

    drop(
        settings,
        "matomo.json",
        [
            visit(1, "2026-03-01T10:00:00", "ann@example.org", referrerType="search", referrerUrl="https://www.bing.com/"),
            visit(
                2, "2026-03-02T10:00:00", None, referrerType="campaign", referrerName="spring", campaignSource="x", campaignMedium="social"
            ),
            visit(3, "2026-03-03T10:00:00", None, referrerType="direct", referrerUrl=""),
        ],
    )
    assert load(settings).state == "loaded"
    ann = Keys.of(settings).email("ann@example.org")
    assert touches(settings) == [
        ("matomo|1", ann, at("2026-03-01T10:00:00"), None, None, None, "https://www.bing.com/"),
        ("matomo|2", ann, at("2026-03-02T10:00:00"), "x", "social", "spring", None),
        ("matomo|3", ann, at("2026-03-03T10:00:00"), None, None, None, None),
    ]


def test_what_is_no_export_or_lacks_its_time_is_refused_by_name(settings: Settings) -> None:
    drop(settings, "other.json", [{"visit": 1}])
    drop(settings, "late.jsonl", [{**GA4[0], "event_timestamp": "yesterday"}])
    drop(settings, "good.jsonl", GA4)
    result = load(settings)
    assert result.state == "loaded" and len(touches(settings)) == 4
    told = " ".join(result.warnings)
    assert "touches/other.json: is JSON, and no event export that is known" in told
    assert "touches/late.jsonl, line 1, column occurred_at: is empty, and it is required" in told
