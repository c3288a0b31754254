"""What is read again by age, what is gone, what was taken back: shown on a small Bluesky, the same for every social source."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from faults import NOW, Reply, Server, serve
from faults.bluesky import ADA, BOB, PASSWORD, XRPC, Network, at
from faults.loading import Loading

from pipelines import http
from pipelines.http import Client, NetworkError, SourceError
from pipelines.sources.bluesky import SOURCE


def days(number: float) -> timedelta:
    return timedelta(days=number)


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


def test_a_second_load_without_news_changes_nothing(network: Network, loading: Loading) -> None:
    uri = network.post("p1", NOW - days(10))
    network.post("r", NOW - days(9), ADA, uri)
    network.like(uri, ADA)
    network.reposts[uri] = [BOB]
    loading.load()
    before = loading.content()
    loading.load()
    assert loading.content() == before


def test_an_empty_account_and_an_empty_second_load(network: Network, loading: Loading) -> None:
    loading.load()
    loading.load()
    assert loading.rows("posts") == []
    assert len(loading.rows("profiles")) == 1


def test_old_posts_are_read_again_by_age(network: Network, loading: Loading, server: Server) -> None:
    network.page = 1
    ages = {network.post(f"p{age}", NOW - days(age)): age for age in (2, 6, 20, 60, 200)}
    loading.load()
    due = {
        0.25: {2, 6},
        1.1: {2, 6, 20},
        6: {2, 6, 20},
        7.2: {2, 6, 20, 60},
        31: {2, 6, 20, 200},
    }  # at day 31 the post of day 60 is older than 90
    for day, expected in due.items():
        server.now = NOW + days(day)
        for uri in ages:
            network.like(uri, ADA)
        loading.load()
        observed = loading.rows("post_metrics", "post_id", f"_observed_at = '{server.now.replace(tzinfo=None)}'")
        assert {ages[row["post_id"]] for row in observed} == expected, day
    oldest = loading.rows("post_metrics", "likes", "post_id like '%p200'")
    assert oldest == [{"likes": 0}, {"likes": 5}]


def test_a_deleted_post_becomes_a_tombstone_and_keeps_its_counters(network: Network, loading: Loading, server: Server) -> None:
    uri = network.post("p1", NOW - days(20))
    reply = network.post("r1", NOW - days(19), ADA, uri)
    network.post("kept", NOW - days(20))
    loading.load()
    del network.posts[uri], network.posts[reply]
    server.now = NOW + days(1)
    loading.load()
    gone = loading.rows("posts", "posted_at, text, permalink, deleted_at", f"post_id = '{uri}'")
    naive = NOW.replace(tzinfo=None)
    assert gone == [{"posted_at": naive - days(20), "text": None, "permalink": None, "deleted_at": naive + days(1)}]
    assert loading.rows("interactions", "text, deleted_at", f"interaction_id = '{reply}'") == [
        {"text": None, "deleted_at": naive + days(1)}
    ]
    assert len(loading.rows("post_metrics", where=f"post_id = '{uri}'")) == 1
    assert len(loading.rows("posts", where="deleted_at is null")) == 1


def test_a_look_up_that_fails_is_no_deletion(network: Network, loading: Loading, server: Server) -> None:
    for n in range(30):
        network.post(f"p{n}", NOW - days(20))
    loading.load()
    before = loading.content()
    server.now = NOW + days(2)
    network.posts_total = 31  # so that the whole feed is walked
    for uri in list(network.posts)[:30]:
        del network.posts[uri]
    server.next(XRPC + "feed.getPosts", *[Reply(status=502)] * http.TRIES)
    with pytest.raises(NetworkError, match=r"bluesky: GET /xrpc/app.bsky.feed.getPosts answered 502"):
        loading.load()
    assert loading.content() == before


def test_posts_that_vanish_all_at_once_are_believed_the_second_time(network: Network, loading: Loading, server: Server) -> None:
    for n in range(30):
        network.post(f"p{n}", NOW - days(20))
    loading.load()
    network.posts.clear()
    for day, deleted in ((1, 0), (2, 30)):
        server.now = NOW + days(day)
        loading.load()
        assert len(loading.rows("posts", where="deleted_at is not null")) == deleted
        assert bool(loading.warnings) == (not deleted)


def test_counters_that_fall_and_likes_that_are_taken_back(network: Network, loading: Loading, server: Server) -> None:
    uri = network.post("p1", NOW - days(20))
    network.like(uri, ADA, BOB)
    loading.load()
    network.likes[uri] = [BOB]
    server.now = NOW + days(1)
    loading.load()
    assert loading.rows("post_metrics", "likes", f"post_id = '{uri}'") == [{"likes": 1}, {"likes": 2}]
    ada = loading.run.person_key(platform="bluesky", platform_id=ADA)
    assert loading.rows("interactions", "actor_key", "deleted_at is not null") == [{"actor_key": ada}]


def test_a_post_that_is_dated_back_is_found(network: Network, loading: Loading, server: Server) -> None:
    for n in range(10):
        network.post(f"p{n}", NOW - days(n))
    loading.load()
    server.now = NOW + days(1)
    late = network.post("late", NOW - days(300), indexedAt=at(NOW + days(1)))
    loading.load()
    assert len(loading.rows("posts", where=f"post_id = '{late}'")) == 1


def test_a_full_refresh_keeps_what_no_api_gives_again(network: Network, loading: Loading, server: Server) -> None:
    gone, uri = network.post("gone", NOW - days(20)), network.post("p1", NOW - days(20))
    network.like(uri, ADA)
    network.reposts[uri] = [BOB]
    loading.load()
    del network.posts[gone]
    server.now = NOW + days(1)
    loading.load()
    before = {name: loading.rows(name, "* exclude (_run, _observed_at)") for name in ("posts", "interactions")}
    loading.load(full_refresh=True)
    assert {name: loading.rows(name, "* exclude (_run, _observed_at)") for name in before} == before
    assert loading.rows("posts", "deleted_at is not null as is_gone") == [{"is_gone": False}, {"is_gone": True}]


def test_a_number_of_days_that_is_none_names_its_setting(server: Server, tmp_path: Path) -> None:
    given = {"base_url": server.url, "identifier": "us.example.org", "access_token": PASSWORD, "older_posts_every_days": "often"}
    with pytest.raises(SourceError, match="older_posts_every_days is no number of days"):
        Loading(SOURCE, tmp_path, **given).load()


def test_old_posts_are_left_alone_where_a_company_wants_it(network: Network, server: Server, tmp_path: Path) -> None:
    given = {"base_url": server.url, "identifier": "us.example.org", "access_token": PASSWORD, "older_posts_every_days": "0"}
    network.post("p200", NOW - days(200))
    loading = Loading(SOURCE, tmp_path, **given)
    for day in (0, 100):
        server.now = NOW + days(day)
        loading.load()
        assert not server.asked(XRPC + "feed.getPosts")
