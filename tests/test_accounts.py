"""Several accounts of one platform: a place and a token each, one that fails stops nobody, and its failure is said by name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import NOON, POSTS
from dbt_warehouse import DbtWarehouse
from faults import Reply, Request, Server, serve

from pipelines.authorization import Bearer
from pipelines.http import Client
from pipelines.load import load_source, prepare
from pipelines.raw import Extraction, Setting, Source
from pipelines.settings import Settings, SettingsError, read_settings
from pipelines.sources.mastodon import SOURCE as MASTODON
from pipelines.warehouse import connect

TOKENS = {"token-of-brand": "brand", "token-of-emea": "emea"}


def answer(request: Request) -> Reply:
    who = TOKENS.get(request.headers["authorization"].removeprefix("Bearer "))
    return Reply([{"uri": f"{who}-1", "likes": 1}]) if who else Reply({"error": "invalid_token"}, 401)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    with serve(answer) as server:
        yield server


def extract(run: Extraction) -> None:
    client = Client("fake", run.settings["base_url"], Bearer(run.settings["access_token"]))
    run.state["runs"] = run.state.get("runs", 0) + 1
    posts = client.get("/posts").body
    run.write("posts", [{**post, "score": float(run.state["runs"]), "text": str(len(run.stored("from posts")))} for post in posts], NOON)
    run.reconcile("posts", 1)


FAKE = Source(
    "fake",
    "Fake",
    (POSTS,),
    extract,
    (Setting("base_url", "Where"), Setting("access_token", "Token", is_secret=True, is_required=True)),
)


def given(folder: Path, server: Server, **tokens: str) -> Settings:
    values = {"SOURCES__FAKE__ACCOUNTS": ", ".join(tokens), "SOURCES__FAKE__BASE_URL": server.url, "GOODWILL_KEY": "a key for tests"}
    values |= {f"SOURCES__FAKE__{account.upper()}__ACCESS_TOKEN": token for account, token in tokens.items() if token}
    settings = read_settings(folder=folder, environ=values)
    prepare(settings, {"fake": FAKE})
    return settings


def rows(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with connect(settings) as connection:
        return connection.execute(sql).fetchall()


def test_each_account_has_its_token_its_place_and_its_rows(tmp_path: Path, server: Server) -> None:
    settings = given(tmp_path, server, brand="token-of-brand", emea="token-of-emea")
    first = load_source(FAKE, settings)
    assert first.state == "loaded", first.reason
    load_source(FAKE, settings)
    result = load_source(FAKE, settings)
    assert (result.state, result.rows, result.totals) == ("loaded", {"posts": 2}, {"posts": 2})
    stored = rows(settings, "select uri, score, text, _account from raw_fake.posts order by uri")
    assert stored == [("brand-1", 3.0, "1", "brand"), ("emea-1", 3.0, "1", "emea")], "each sees what is stored of itself alone"
    load_source(FAKE, settings, full_refresh=True)
    assert rows(settings, "select uri, score from raw_fake.posts order by uri") == [("brand-1", 1.0), ("emea-1", 1.0)]


def test_one_that_fails_does_not_stop_the_others_and_keeps_its_rows(tmp_path: Path, server: Server) -> None:
    load_source(FAKE, given(tmp_path, server, brand="token-of-brand", emea="token-of-emea"))
    settings = given(tmp_path, server, brand="token-that-was-revoked", apac="", emea="token-of-emea")
    result = load_source(FAKE, settings)
    assert result.state == "failed" and not result.is_network
    assert result.reason == (
        "account brand: fake: GET /posts answered 401 (invalid_token); the token was not accepted: set SOURCES__FAKE__ACCESS_TOKEN to a valid one; "
        "account apac: not configured: set SOURCES__FAKE__APAC__ACCESS_TOKEN (in .env or the environment)"
    )
    assert rows(settings, "select uri, score from raw_fake.posts order by uri") == [("brand-1", 1.0), ("emea-1", 2.0)]
    loads = rows(settings, "select account, state, loaded_total, api_total from raw_goodwill.loads order by account")
    assert loads == [("apac", "not_configured", 0, None), ("brand", "failed", 1, 1), ("emea", "loaded", 1, 1)]


def test_accounts_that_are_no_longer_listed_are_forgotten_and_their_rows_stay(tmp_path: Path, server: Server) -> None:
    load_source(FAKE, given(tmp_path, server, brand="token-of-brand", emea="token-of-emea"))
    settings = given(tmp_path, server, emea="token-of-emea")
    load_source(FAKE, settings)
    assert rows(settings, "select account from raw_goodwill.loads") == [("emea",)]
    assert rows(settings, "select count(*) from raw_fake.posts") == [(2,)]


def test_what_is_given_for_all_holds_where_an_account_has_nothing_of_its_own(tmp_path: Path) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text(
        '[sources.mastodon]\naccounts = ["brand", "emea"]\nbase_url = "https://one.example"\n'
        '[sources.mastodon.emea]\nbase_url = "https://two.example"\n'
    )
    settings = read_settings(folder=tmp_path, environ={"SOURCES__MASTODON__EMEA__ACCESS_TOKEN": "t"})
    assert settings.accounts("mastodon") == ("brand", "emea") and settings.accounts("stripe") == (None,)
    urls = [settings.source("mastodon", MASTODON.settings, account)["base_url"] for account in ("brand", "emea")]
    assert urls == ["https://one.example", "https://two.example"]
    assert settings.missing("mastodon", MASTODON.settings, "emea") == []
    assert settings.missing("mastodon", MASTODON.settings, "brand") == ["SOURCES__MASTODON__BRAND__ACCESS_TOKEN"]


@pytest.mark.parametrize("listed", ["a,a", "a b!", "a__b"])
def test_a_list_that_cannot_be_used_names_its_cure(tmp_path: Path, listed: str) -> None:
    settings = read_settings(folder=tmp_path, environ={"SOURCES__FAKE__ACCOUNTS": listed, "GOODWILL_KEY": "a key for tests"})
    with pytest.raises(SettingsError, match="give each account a name of its own"):
        settings.accounts("fake")
    prepare(settings, {"fake": FAKE})
    assert load_source(FAKE, settings).state == "failed"


def test_failed_accounts_and_withdrawn_metrics_stand_in_the_marts(tmp_path: Path) -> None:
    warehouse = DbtWarehouse(tmp_path)
    warehouse.insert("posts", {"platform": "x", "profile_id": "us", "post_id": "1", "posted_at": NOON.replace(tzinfo=None)})
    warehouse.execute(
        """
        insert into raw_goodwill.loads values
            ('bluesky', 'posts', 'posts', 'failed', 'the token was not accepted', 10, 12, timestamp '2026-06-29 12:00', 'brand'),
            ('bluesky', 'posts', 'posts', 'loaded', null, 20, 20, timestamp '2026-06-30 12:00', 'emea');
        insert into raw_goodwill.withdrawn_metrics values ('files', null, 'post_metrics', 'likes', timestamp '2026-05-01');
        """
    )
    warehouse.build("+core_coverage", "+board_data_trust")
    accounts = (
        "select measure, state, row_count, reason from core.coverage where source = 'bluesky' and entity = 'account' order by measure"
    )
    assert warehouse.rows(accounts) == [("brand", "not_given", 10, "the token was not accepted"), ("emea", "given", 20, None)]
    withdrawn = "select source, measure, unavailable_since::date::text, reason from core.coverage where unavailable_since is not null"
    assert warehouse.rows(withdrawn) == [("files", "likes", "2026-05-01", "the platform no longer gives it")]
    trust = "select failed_accounts, api_total, loaded_total from board.data_trust where source = 'bluesky'"
    assert warehouse.rows(trust) == [("brand", 32, 30)]
