"""Mastodon: paging, conversations, words and tombstones, against a server shaped by the official documentation."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from faults import NOW, Reply, Request, Server, serve
from faults.loading import Loading
from faults.mastodon import ADA, BOB, TOKEN, US, Mastodon

from pipelines.http import Client, SourceError
from pipelines.sources.mastodon import SOURCE
from tests.reference import CONTRACTS

FEED = f"/api/v1/accounts/{US}/statuses"


@pytest.fixture
def network() -> Mastodon:
    return Mastodon()


@pytest.fixture
def server(network: Mastodon, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    with serve(network.answer) as server:
        network.url = server.url
        yield server


@pytest.fixture
def loading(server: Server, tmp_path: Path) -> Loading:
    return Loading(SOURCE, tmp_path, base_url=server.url, access_token=TOKEN)


def ago(**time: float) -> Any:
    return NOW - timedelta(**time)


def keys(loading: Loading) -> list[str | None]:
    return [loading.run.person_key(platform="mastodon", platform_id=id_) for id_ in (US, ADA, BOB)]


def test_a_first_load_reads_every_page_by_the_link_header(network: Mastodon, loading: Loading) -> None:
    ids = [network.post(ago(days=n)) for n in range(5)]
    network.people["favourited_by", ids[0]] = [ADA, BOB, "9", "8", "7"]
    network.people["reblogged_by", ids[1]] = [ADA]
    loading.load()
    assert {row["post_id"] for row in loading.rows("posts")} == set(ids)
    assert int(ids[0]) > 2**53
    assert loading.rows("post_metrics", "likes", f"post_id = '{ids[0]}'") == [{"likes": 5}]
    assert loading.rows("interactions", "kind, count(*) as n", "true group by kind") == [
        {"kind": "like", "n": 5},
        {"kind": "repost", "n": 1},
    ]
    assert loading.rows("profile_metrics", "followers, following, posts_total") == [{"followers": 500, "following": 5, "posts_total": 9}]


def test_a_server_without_link_headers_is_read_down_to_an_empty_page(network: Mastodon, loading: Loading) -> None:
    network.has_links = False
    for n in range(5):
        network.post(ago(days=n))
    loading.load()
    assert len(loading.rows("posts")) == 5


def test_a_short_page_with_more_behind_it_is_not_the_last(network: Mastodon, loading: Loading, server: Server) -> None:
    ids = [network.post(ago(days=n)) for n in range(3)]
    more = {"Link": f'<https://elsewhere.example{FEED}?max_id={ids[0]}>; rel="next"'}
    server.next(FEED, Reply([], headers=more))
    loading.load()
    assert len(loading.rows("posts")) == 2  # the server says that the rest is below the first one
    assert {request.headers["host"] for request in server.requests} == {server.url.removeprefix("http://")}


def test_a_page_that_points_to_itself_ends_the_load(network: Mastodon, loading: Loading, server: Server) -> None:
    again = Reply([], headers={"Link": f'<{server.url}{FEED}?max_id=5>; rel="next"'})
    server.next(FEED, again, again)
    with pytest.raises(SourceError, match=r"mastodon: /api/v1/accounts/\d+/statuses gave the same max_id twice"):
        loading.load()


def test_who_answered_whom_in_whose_conversation(network: Mastodon, loading: Loading) -> None:
    root = network.post(ago(days=1))
    question = network.post(ago(hours=9), ADA, root)
    answer = network.post(ago(hours=8), US, question)
    thanks = network.post(ago(hours=7), ADA, answer)
    peer = network.post(ago(hours=6), BOB, question)
    theirs = network.post(ago(hours=5), BOB, mentions=[{"id": US, "username": "us", "acct": "us", "url": "https://social.example/us"}])
    joined = network.post(ago(hours=4), US, theirs)
    loading.load()
    us, ada, bob = keys(loading)
    columns = "interaction_id, kind, actor_key, addressee_key, is_brand, post_id, parent_id, thread_id"
    rows = {row.pop("interaction_id"): tuple(row.values()) for row in loading.rows("interactions", columns)}
    assert rows == {
        question: ("reply", ada, us, False, root, root, root),
        answer: ("reply", us, ada, True, root, question, root),
        thanks: ("reply", ada, us, False, root, answer, root),
        peer: ("reply", bob, ada, False, root, question, root),
        theirs: ("mention", bob, us, False, None, None, theirs),
        joined: ("reply", us, bob, True, None, theirs, theirs),
    }


def test_a_late_answer_to_an_old_post_brings_its_conversation(network: Mastodon, loading: Loading, server: Server) -> None:
    old = network.post(ago(days=80))
    first = network.post(ago(days=80), ADA, old)
    loading.load()
    server.now = NOW + timedelta(hours=1)
    late = network.post(NOW, BOB, first)
    reply = network.post(NOW, ADA, old)
    network.notice("mention", ADA, reply, NOW)
    loading.load()
    assert {row["interaction_id"]: row["thread_id"] for row in loading.rows("interactions")} == {first: old, late: old, reply: old}


def test_notifications_give_the_time_of_a_favourite_which_the_list_does_not(network: Mastodon, loading: Loading) -> None:
    post = network.post(ago(days=1))
    network.people["favourited_by", post] = [ADA, BOB]
    network.notice("favourite", ADA, post, ago(hours=2))
    network.notice("follow", BOB, post, NOW)
    loading.load()
    _, ada, bob = keys(loading)
    times = {row["actor_key"]: row["occurred_at"] for row in loading.rows("interactions")}
    assert times == {ada: ago(hours=2).replace(tzinfo=None), bob: None}


def test_direct_messages_are_not_kept_and_private_words_neither(network: Mastodon, loading: Loading) -> None:
    root = network.post(ago(days=1))
    network.post(ago(days=1), US, content="<p>psst</p>", visibility="direct")
    network.notice("mention", ADA, network.post(ago(hours=3), ADA, content="<p>secret</p>", visibility="direct"), ago(hours=3))
    private = network.post(ago(hours=2), BOB, root, content="<p>for followers</p>", visibility="private")
    loading.load()
    assert [row["post_id"] for row in loading.rows("posts")] == [root]
    assert loading.rows("interactions", "interaction_id, text") == [{"interaction_id": private, "text": None}]
    assert "secret" not in str(loading.content()) and "psst" not in str(loading.content())


def test_html_becomes_words_and_addresses_are_masked(network: Mastodon, loading: Loading) -> None:
    html = "<p>Fish &amp; <b>chips</b><br>now</p><p>write to <a href='x'>ada@example.org</a> or <span>@ada@social.example</span></p>"
    network.post(ago(days=1), content=html, spoiler_text="Food")
    loading.load()
    (row,) = loading.rows("posts")
    assert row["text"].startswith("Food\n\nFish & chips\nnow\n\nwrite to ")
    assert "ada@" not in row["text"]


def test_nobodys_id_or_name_is_stored(network: Mastodon, loading: Loading) -> None:
    post = network.post(ago(days=1))
    network.people["reblogged_by", post] = [BOB]
    network.post(ago(hours=3), ADA, post)
    loading.load()
    content = str(loading.content())
    assert not any(name in content for name in (ADA, BOB, "user2", "user3"))


@pytest.mark.parametrize("has_look_up", [True, False])
def test_edits_and_deletions_are_found_also_on_a_server_that_looks_up_one_by_one(
    network: Mastodon, loading: Loading, server: Server, has_look_up: bool
) -> None:
    network.has_look_up = has_look_up
    edited, deleted = network.post(ago(days=20)), network.post(ago(days=20))
    for n in range(8):
        network.post(ago(days=n))
    loading.load()
    network.statuses[edited] |= {"content": "<p>better words</p>", "edited_at": NOW.isoformat()}
    del network.statuses[deleted]
    server.now = NOW + timedelta(days=1)
    loading.load()
    naive = NOW.replace(tzinfo=None)
    assert loading.rows("posts", "text, edited_at", f"post_id = '{edited}'") == [{"text": "better words", "edited_at": naive}]
    tomorrow = naive + timedelta(days=1)
    assert loading.rows("posts", "text, deleted_at", f"post_id = '{deleted}'") == [{"text": None, "deleted_at": tomorrow}]
    assert len(loading.rows("posts", where="deleted_at is not null")) == 1


def test_a_second_load_without_news_changes_nothing(network: Mastodon, loading: Loading) -> None:
    post = network.post(ago(days=10))
    network.people["favourited_by", post] = [ADA]
    network.post(ago(days=9), BOB, post)
    network.notice("favourite", ADA, post, ago(days=9))
    loading.load()
    before = loading.content()
    loading.load()
    assert loading.content() == before


def test_a_revoked_token_names_its_cure(server: Server, tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"verify_credentials answered 401; the token was not accepted: set SOURCES__MASTODON__ACCESS_TOKEN"
    ):
        Loading(SOURCE, tmp_path, base_url=server.url, access_token="revoked").load()


def test_requests_and_answers_are_as_the_official_description_says(network: Mastodon, loading: Loading, server: Server) -> None:
    description = CONTRACTS / "mastodon_openapi.json"
    if not description.exists():
        pytest.skip("the official description is not here (GOODWILL_CONTRACTS names its folder)")
    from openapi_core import Config, OpenAPI
    from openapi_core.testing import MockRequest, MockResponse

    contract = json.loads(description.read_text(encoding="utf-8"))
    checker = OpenAPI.from_dict(contract, config=Config(spec_validator_cls=None))  # type: ignore[arg-type]
    root = network.post(ago(days=10))
    network.people["favourited_by", root] = network.people["reblogged_by", root] = [ADA]
    network.notice("mention", BOB, network.post(ago(days=9), BOB, root), ago(days=9))
    loading.load()
    server.now = NOW + timedelta(days=1)
    loading.load()
    host = next(entry["url"] for entry in contract["servers"]) if contract.get("servers") else server.url
    checked = set()
    for request in list(server.requests):
        asked = MockRequest(
            host, request.method.lower(), request.path + "?" + urlencode(request.query, doseq=True), headers=dict(request.headers)
        )
        reply = network.answer(Request(request.method, request.path, request.query, request.headers, None))
        checker.unmarshal_response(asked, MockResponse(json.dumps(reply.json).encode(), content_type="application/json"))
        checked.add(request.path.rpartition("/")[2])
    assert {"verify_credentials", "statuses", "notifications", "context", "favourited_by", "reblogged_by"} <= checked
