"""Slack: colleagues among themselves, the company towards others, no words, no direct messages, late replies, and refusals that are answers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from demo_company import world
from faults.layer import Fault, Layer, speaking
from faults.loading import Loading
from faults.slack import ADAPTER

from pipelines.http import Client, SourceError
from pipelines.sources.slack import SOURCE
from simulator.apis import slack
from simulator.apis.slack_records import TEAM


@pytest.fixture(scope="module")
def company() -> Iterator[tuple[Layer, str]]:
    with speaking(world(0)) as served:
        yield served


@pytest.fixture
def waits(company: tuple[Layer, str], monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(Client, "sleep", staticmethod(slept.append))
    company[0].reset()
    return slept


def loading(folder: Path, company: tuple[Layer, str], **settings: str) -> Loading:
    return Loading(SOURCE, folder, **{**ADAPTER.settings, **settings}, base_url=company[1] + "slack")


@pytest.fixture(scope="module")
def loaded(company: tuple[Layer, str], tmp_path_factory: pytest.TempPathFactory) -> Loading:
    """With what was asked and answered: a first load."""
    company[0].reset()
    mine = loading(tmp_path_factory.mktemp("slack"), company)
    mine.load()
    mine.asked = list(company[0].exchanges)  # type: ignore[attr-defined]
    return mine


def test_who_wrote_where_and_whom_it_answers(loaded: Loading) -> None:
    chat, key = world(0).chat, loaded.run.person_key
    rooms = {row["channel_id"]: row["name"] for row in loaded.rows("channels", "channel_id, name", "not is_shared")}
    rows = loaded.rows("messages", "*", "is_internal")
    told = {
        (rooms[row["channel_id"]], row["occurred_at"].replace(microsecond=0), row["actor_key"], row["addressee_key"], row["is_question"])
        for row in rows
    }
    names = ["room_id", "occurred_at", "actor_email", "addressee_email", "is_question"]
    truth = {
        (room, at.to_pydatetime(), key(email=actor), key(email=other) if isinstance(other, str) else None, bool(is_question))
        for room, at, actor, other, is_question in chat[names].itertuples(index=False)
    }
    assert told == truth and len(rows) == len(chat)
    roots = {row["message_id"] for row in rows if row["parent_id"] is None}
    assert all((row["parent_id"] or row["message_id"]) == row["thread_id"] and row["thread_id"] in roots for row in rows)
    assert {row["team"] for row in rows} >= {"support", "sales"}


def test_towards_suppliers_the_company_has_one_voice(loaded: Loading) -> None:
    letters = world(0).letters[world(0).letters["is_shared"]]
    rows = loaded.rows("messages", "*", "channel_id in (select channel_id from raw_slack.channels where is_shared)")
    assert len(rows) == len(letters) > 0
    us, staff = loaded.run.person_key(platform="slack", platform_id=TEAM), {loaded.run.person_key(email=e) for e in world(0).staff["email"]}
    assert {row["actor_key"] for row in rows if row["is_brand"]} == {us}
    assert all(row["addressee_key"] and not row["is_internal"] for row in rows if row["is_brand"])
    assert {row["actor_key"] for row in rows if not row["is_brand"]} == {
        loaded.run.person_key(email=email) for email in letters.loc[~letters["is_brand"], "actor_email"]
    }
    assert not staff & {row["actor_key"] for row in rows}


def test_no_words_are_kept_and_nothing_but_public_channels_is_asked_for(loaded: Loading) -> None:
    asked: list[Any] = loaded.asked  # type: ignore[attr-defined]
    assert "Has anybody seen" in str([exchange.content for exchange in asked])
    content = str(loaded.content())
    assert not re.search(r"anybody|Thanks|@|Robot|fernway\.example", content)
    assert {exchange.path.removeprefix("/api/") for exchange in asked} == {
        "auth.test",
        "users.list",
        "users.info",
        "usergroups.list",
        "conversations.list",
        "conversations.history",
        "conversations.replies",
    }
    queries = [parse_qs(exchange.query) for exchange in asked]
    assert {types for query in queries for types in query.get("types", [])} == {"public_channel"}
    assert {query["channel"][0][0] for query in queries if "channel" in query} == {"C"}
    help_text = str([setting.help for setting in SOURCE.settings])
    assert "channels:history" in help_text and not re.search(r"\b(im|mpim|groups):", help_text)


def test_a_late_reply_an_edit_and_a_deletion_are_seen(company: tuple[Layer, str], waits: list[float], tmp_path: Path) -> None:
    layer, mine = company[0], loading(tmp_path, company)
    mine.load()
    rows = mine.rows("messages", "*", "is_internal and occurred_at > '2026-06-10'")
    quiet = next(row for row in rows if row["parent_id"] is None and not row["reply_count"])
    answered = next(row for row in rows if row["parent_id"] is None and (row["reply_count"] or 0) > 1)
    lonely = next(row for row in rows if row["parent_id"] is None and not row["reply_count"] and row is not quiet)
    gone = next(row for row in rows if row["parent_id"] == answered["message_id"])
    late, at = f"{quiet['message_id'].split(':')[1][:10]}.999999", "U000000003"

    def change(path: str, body: Any) -> Any:
        for message in list(body.get("messages", [])):
            if message["ts"] in quiet["message_id"] and message.get("user"):
                message |= {"thread_ts": message["ts"], "reply_count": 1, "latest_reply": late}
                if path.endswith("replies"):
                    reply = {"type": "message", "user": at, "text": "late", "ts": late, "thread_ts": message["ts"]}
                    body["messages"].append(reply | {"parent_user_id": message["user"]})
            if message["ts"] in answered["message_id"]:
                message["reply_count"] -= 1
            if message["ts"] in gone["message_id"] or message["ts"] in lonely["message_id"]:
                body["messages"].remove(message)
        return body

    layer.change, layer.exchanges = change, []
    mine.load()
    now = {row["message_id"]: row for row in mine.rows("messages")}
    reply = now[f"{quiet['channel_id']}:{late}"]
    assert (reply["parent_id"], reply["addressee_key"]) == (quiet["message_id"], quiet["actor_key"])
    assert {id_ for id_, row in now.items() if row["deleted_at"]} == {gone["message_id"], lonely["message_id"]}
    threads = [parse_qs(exchange.query)["ts"][0] for exchange in layer.exchanges if exchange.path.endswith("replies")]
    assert sorted(threads) == sorted(row["message_id"].split(":")[1] for row in (quiet, answered)), "other threads are not read again"


def test_what_a_plan_no_longer_shows_is_not_gone(company: tuple[Layer, str], waits: list[float], tmp_path: Path) -> None:
    def change(path: str, body: Any) -> Any:
        if path.endswith("history"):
            body["messages"] = [message for message in body["messages"] if message["ts"] > "1781500000"]
        return body

    mine = loading(tmp_path, company)
    mine.load()
    company[0].change = change
    mine.load()
    assert mine.rows("messages", "min(occurred_at) as at")[0]["at"].month == 5
    assert not mine.rows("messages", "message_id", "deleted_at is not null")


def test_a_token_that_rotates_is_renewed_in_the_middle_of_a_load_and_by_the_next_one(waits: list[float], tmp_path: Path) -> None:
    with speaking(world(0)) as (layer, url):
        rotating = {"refresh_token": f"{slack.REFRESH}0", "client_id": slack.CLIENT, "client_secret": slack.SECRET}
        mine = Loading(SOURCE, tmp_path, **rotating, base_url=url + "slack")
        layer.on_page = ("/conversations.history", Fault(200, {"ok": False, "error": "token_expired"}))
        mine.load()
        assert layer.on_page is None and sum(exchange.path.endswith("oauth.v2.access") for exchange in layer.exchanges) == 2
        content = mine.content()
        mine.load()  # with the token that came last: each is good once
        assert mine.content() == content and content["messages"]
        again = Loading(SOURCE, tmp_path / "another", **rotating, base_url=url + "slack")
        with pytest.raises(SourceError, match="set SOURCES__SLACK__REFRESH_TOKEN to a new one"):
            again.load()


def test_refusals_come_as_answers(company: tuple[Layer, str], waits: list[float], tmp_path: Path) -> None:
    layer = company[0]
    layer.faults = {2: Fault(200, {"ok": False, "error": "ratelimited"}, {"Retry-After": "17"})}
    loading(tmp_path / "busy", company).load()
    assert waits == [17.0]
    for error, cure in (
        ("token_revoked", "set SOURCES__SLACK__ACCESS_TOKEN"),
        ("missing_scope", "add users:read.email and install it again"),
        ("fancy_error", "fancy_error; the source does not accept"),
    ):
        layer.reset()
        layer.faults = {2: Fault(200, {"ok": False, "error": error, "needed": "users:read.email"})}
        with pytest.raises(SourceError, match=cure):
            loading(tmp_path / error, company).load()


def test_a_channel_that_the_app_may_not_read_is_said_and_the_others_are_read(
    company: tuple[Layer, str], waits: list[float], tmp_path: Path
) -> None:
    def change(path: str, body: Any) -> Any:
        is_first = path.endswith("history") and not closed
        closed.append(path) if path.endswith("history") else None
        return {"ok": False, "error": "not_in_channel"} if is_first else body

    closed: list[str] = []
    company[0].change = change
    mine = loading(tmp_path, company)
    mine.load()
    assert mine.warnings == ["1 public channels cannot be read: invite the app to them"] and len(mine.rows("messages")) > 100
