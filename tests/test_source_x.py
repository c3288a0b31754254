"""X: what it forgets after 30 days, what it lists no further, and what a run may cost."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from demo_company import world
from faults.layer import Layer, speaking
from faults.loading import Loading
from faults.x import ADAPTER

from pipelines.http import Client
from pipelines.sources.x import SOURCE, posted_at
from simulator.apis import x
from simulator.world import build


@pytest.fixture(scope="module")
def company() -> Iterator[tuple[Layer, str]]:
    with speaking(build(days=60, accounts=20)) as served:
        yield served


@pytest.fixture(autouse=True)
def calm(company: tuple[Layer, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    company[0].reset()


def loading(folder: Path, company: tuple[Layer, str], **settings: str) -> Loading:
    return Loading(SOURCE, folder, **{**ADAPTER.settings, **settings}, base_url=company[1] + "x")


def test_clicks_are_asked_of_posts_of_the_last_30_days_only(company: tuple[Layer, str], tmp_path: Path) -> None:
    mine = loading(tmp_path, company)
    mine.load()
    now = mine.run.answered_at("profiles")
    assert now is not None
    told = mine.rows("post_metrics join raw_x.posts using (post_id)", "posted_at, clicks is not null as is_told")
    assert {row["is_told"] for row in told if row["posted_at"] > now - timedelta(days=29)} == {True}
    assert {row["is_told"] for row in told if row["posted_at"] < now - timedelta(days=30)} == {False}
    asked = [exchange.query for exchange in company[0].exchanges if "non_public_metrics" in exchange.query]
    assert asked and all("since_id" in query for query in asked)
    app = loading(tmp_path / "app", company, username="@fernway")
    app.load()
    assert not [row for row in app.rows("post_metrics") if row["clicks"] is not None], "the app's own token is not told them"
    assert len(app.rows("posts")) == len(mine.rows("posts"))


def test_what_the_budget_does_not_reach_is_said_and_taken_up(company: tuple[Layer, str], tmp_path: Path) -> None:
    whole = loading(tmp_path / "whole", company)
    whole.load()
    mine = loading(tmp_path / "mine", company, budget_per_run="40")
    spent, runs = [], 0
    while runs == 0 or "posts" in str(mine.warnings) or "mentions" in str(mine.warnings) or "notifications" in str(mine.warnings):
        company[0].reset()
        before = len(mine.rows("posts")) + len(mine.rows("interactions"))
        mine.load()
        runs += 1
        spent.append(sum(exchange.content.count(b'"created_at"') for exchange in company[0].exchanges if "/users/me" not in exchange.path))
        if len(mine.rows("posts")) + len(mine.rows("interactions")) == before:
            break
    assert runs > 2 and max(spent) <= 40
    assert mine.warnings == [] or "left for the next one" in mine.warnings[0]
    assert {row["post_id"] for row in mine.rows("posts")} == {row["post_id"] for row in whole.rows("posts")}


def test_where_x_lists_no_further_it_is_said_and_what_is_stored_is_not_taken_for_deleted(
    company: tuple[Layer, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = loading(tmp_path, company)
    mine.load()
    before = len(mine.rows("posts"))
    monkeypatch.setattr(x, "WALL", 20)
    monkeypatch.setattr("pipelines.sources.x.WALL", 20)
    mine.load(full_refresh=True)
    assert "X lists the newest 20 posts only" in mine.warnings[0]
    assert len(mine.rows("posts", where="deleted_at is null")) == before


def test_ids_tell_the_time() -> None:
    post = world(0).posts.query("platform == 'x'").iloc[0]
    assert abs(posted_at(post["post_id"]).replace(tzinfo=None) - post["posted_at"].to_pydatetime()).total_seconds() < 2
