"""Bluesky: paging, sessions and interactions, against a server shaped by the official lexicons."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from atproto import models
from faults import NOW, Reply, Server, serve
from faults.bluesky import ADA, BOB, PASSWORD, US, XRPC, Network, at
from faults.loading import Loading

from pipelines.http import Client, SourceError
from pipelines.sources.bluesky import SOURCE


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def server(network: Network, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    with serve(network.answer) as server:
        yield server


@pytest.fixture
def loading(server: Server, tmp_path: Path) -> Loading:
    return Loading(SOURCE, tmp_path, base_url=server.url, identifier="us.example.org", access_token=PASSWORD)


def test_what_the_server_says_is_what_the_lexicons_say(network: Network) -> None:
    root = network.post("p1", NOW)
    network.like(root, ADA)
    network.post("r1", NOW, ADA, root)
    assert models.get_or_create(network.view(root), models.AppBskyFeedDefs.PostView, strict=False).like_count == 1
    thread = models.get_or_create(network.thread(root), models.AppBskyFeedDefs.ThreadViewPost, strict=False)
    assert len(thread.replies) == 1


def test_a_first_load_reads_every_page(network: Network, loading: Loading) -> None:
    uris = [network.post(f"p{n}", NOW - timedelta(days=n)) for n in range(5)]
    other = network.post("theirs", NOW, ADA)
    network.reposted_by_us = [other]
    network.like(uris[0], ADA, BOB, "did:plc:c", "did:plc:d", "did:plc:e")
    network.reposts[uris[1]] = [ADA]
    loading.load()
    assert {row["post_id"] for row in loading.rows("posts")} == set(uris)
    assert loading.rows("post_metrics", "likes", f"post_id = '{uris[0]}'") == [{"likes": 5}]
    assert len(loading.rows("interactions", where="kind = 'like'")) == 5
    assert loading.rows("profile_metrics", "followers, following, posts_total") == [{"followers": 500, "following": 5, "posts_total": 5}]
    assert loading.run.api_totals == {"posts": 5}


def test_nobodys_did_or_handle_is_stored(network: Network, loading: Loading) -> None:
    uri = network.post("p1", NOW)
    network.like(uri, ADA)
    network.reposts[uri] = [BOB]
    loading.load()
    content = str(loading.content())
    assert not any(name in content for name in (ADA, BOB, "example.org", "Name of ada", "Name of bob"))


def test_a_like_has_its_time_and_a_repost_none_unless_a_notification_tells_it(network: Network, loading: Loading) -> None:
    uri = network.post("p1", NOW - timedelta(days=1))
    network.like(uri, ADA)
    network.reposts[uri] = [ADA, BOB]
    network.notice("repost", f"at://{BOB}/app.bsky.feed.repost/x", uri, NOW - timedelta(hours=3))
    loading.load()
    ada, bob = (loading.run.person_key(platform="bluesky", platform_id=did) for did in (ADA, BOB))
    rows = {(row["kind"], row["actor_key"]): row for row in loading.rows("interactions")}
    naive = NOW.replace(tzinfo=None)
    assert rows["like", ada]["occurred_at"] == naive - timedelta(hours=1)
    assert rows["repost", bob]["occurred_at"] == naive - timedelta(hours=3)
    assert rows["repost", ada]["occurred_at"] is None
    assert (rows["repost", ada]["missing_at"], rows["repost", ada]["listed_at"]) == (None, naive)


def test_who_answered_whom(network: Network, loading: Loading) -> None:
    root = network.post("p1", NOW - timedelta(days=1))
    question = network.post("q", NOW - timedelta(hours=5), ADA, root)
    answer = network.post("a", NOW - timedelta(hours=4), US, question)
    peer = network.post("peer", NOW - timedelta(hours=3), BOB, question)
    network.post("thread", NOW - timedelta(days=1), US, root)  # goes on with our own post: answers nobody
    mention = network.post("m", NOW, BOB)
    network.notice("mention", mention, None, NOW)
    loading.load()
    us, ada, bob = (loading.run.person_key(platform="bluesky", platform_id=did) for did in (US, ADA, BOB))
    columns = "interaction_id, kind, actor_key, addressee_key, is_brand, post_id, parent_id, thread_id"
    rows = {row.pop("interaction_id"): tuple(row.values()) for row in loading.rows("interactions", columns)}
    assert rows == {
        question: ("reply", ada, us, False, root, root, root),
        answer: ("reply", us, ada, True, root, question, root),
        peer: ("reply", bob, ada, False, root, question, root),
        mention: ("mention", bob, us, False, None, None, mention),
    }
    kinds = {row["post_id"]: (row["kind"], row["reply_to_post_id"]) for row in loading.rows("posts")}
    assert kinds[root] == ("text", None) and kinds[answer] == ("reply", question)


def test_pages_that_shift_while_they_are_read_leave_one_row_each(network: Network, loading: Loading, server: Server) -> None:
    uris = [network.post(f"p{n}", NOW - timedelta(days=n)) for n in range(4)]
    feed = XRPC + "feed.getAuthorFeed"
    entries = [{"post": network.view(uri)} for uri in uris]
    server.next(feed, Reply({"feed": entries[:2], "cursor": "2"}), Reply({"feed": [], "cursor": "3"}), Reply({"feed": entries[1:]}))
    loading.load()
    assert sorted(row["post_id"] for row in loading.rows("posts")) == sorted(uris)
    assert len(loading.rows("post_metrics")) == 4


def test_a_cursor_that_comes_twice_ends_the_load(network: Network, loading: Loading, server: Server) -> None:
    server.next(XRPC + "feed.getAuthorFeed", *[Reply({"feed": [], "cursor": "again"})] * 2)
    with pytest.raises(SourceError, match=r"bluesky: /xrpc/app.bsky.feed.getAuthorFeed gave the same cursor twice"):
        loading.load()


def test_a_token_that_runs_out_in_mid_page_is_renewed_without_losing_the_place(network: Network, loading: Loading, server: Server) -> None:
    uris = [network.post(f"p{n}", NOW - timedelta(days=n)) for n in range(6)]
    expired = Reply({"error": "ExpiredToken", "message": "Token has expired"}, 400)
    feed = XRPC + "feed.getAuthorFeed"
    server.next(feed, Reply({"feed": [{"post": network.view(uri)} for uri in uris[:2]], "cursor": "2"}), expired)
    loading.load()
    assert len(loading.rows("posts")) == 6
    assert [request.first("cursor") for request in server.asked(feed)] == ["", "2", "2", "4"]
    assert len(server.asked("/xrpc/com.atproto.server.refreshSession")) == 1
    assert len(server.asked("/xrpc/com.atproto.server.createSession")) == 1


def test_where_the_refresh_token_is_dead_too_it_signs_in_again(network: Network, loading: Loading, server: Server) -> None:
    server.next(XRPC + "actor.getProfile", Reply({"error": "ExpiredToken"}, 400))
    server.next("/xrpc/com.atproto.server.refreshSession", Reply({"error": "ExpiredToken"}, 400))
    loading.load()
    assert len(server.asked("/xrpc/com.atproto.server.createSession")) == 2


def test_a_wrong_password_and_a_missing_identifier_name_their_cure(server: Server, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="set SOURCES__BLUESKY__IDENTIFIER"):
        Loading(SOURCE, tmp_path / "a", base_url=server.url, access_token=PASSWORD).load()
    with pytest.raises(
        SourceError, match=r"answered 401 \(AuthenticationRequired\); the token was not accepted: set SOURCES__BLUESKY__ACCESS_TOKEN"
    ):
        Loading(SOURCE, tmp_path / "b", base_url=server.url, access_token="wrong", identifier="us.example.org").load()


def test_fields_that_nobody_declared_are_recorded_by_name_only(network: Network, loading: Loading) -> None:
    network.post("p1", NOW, sparkle={"secret": "value"})
    loading.load()
    assert [(table, field) for table, field, _ in loading.run.unknown_fields()] == [("posts", "sparkle")]
    assert "value" not in str(loading.content()) and "sparkle" not in loading.rows("posts")[0]


def test_a_counter_of_another_type_stops_the_load(network: Network, loading: Loading) -> None:
    network.post("p1", NOW, likeCount="12")
    with pytest.raises(Exception, match=r"source bluesky, table post_metrics, column likes: declared BIGINT, now VARCHAR"):
        loading.load()


def test_a_field_that_the_api_promises_and_does_not_give_is_named(network: Network, loading: Loading, server: Server) -> None:
    server.next(XRPC + "feed.getAuthorFeed", Reply({"feed": [{"post": {"uri": f"at://{US}/app.bsky.feed.post/x", "indexedAt": at(NOW)}}]}))
    with pytest.raises(SourceError, match="bluesky: an answer came without 'record', which its API promises"):
        loading.load()
