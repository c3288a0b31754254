"""YouTube: comments and their answers, units of a quota, and what an owner hides."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from demo_company import world
from faults.layer import Fault, Layer, each_field, speaking
from faults.loading import Loading
from faults.youtube import ADAPTER

from pipelines.http import Client, SourceError
from pipelines.sources.youtube import SOURCE

QUOTA = Fault(403, {"error": {"code": 403, "errors": [{"reason": "quotaExceeded", "domain": "youtube.quota"}]}})


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
    return Loading(SOURCE, folder, **{**ADAPTER.settings, **settings}, base_url=company[1] + "youtube")


def test_who_answered_whom(company: tuple[Layer, str], waits: list[float], tmp_path: Path) -> None:
    mine = loading(tmp_path, company)
    mine.load()
    rows = mine.rows("interactions", "interaction_id, kind, actor_key, addressee_key, is_brand, post_id, parent_id, thread_id")
    us = mine.run.person_key(platform="youtube", platform_id=ADAPTER.settings["channel_id"])
    author = {row["interaction_id"]: row["actor_key"] for row in rows}
    assert {row["kind"] for row in rows} == {"comment", "reply"}
    assert all(row["addressee_key"] == (us if row["kind"] == "comment" else author[row["parent_id"]]) for row in rows)
    assert all(row["is_brand"] == (row["actor_key"] == us) for row in rows) and any(row["is_brand"] for row in rows)
    assert all(row["post_id"] and row["thread_id"] for row in rows)
    assert not any(text in str(mine.content()) for text in ("UCA", "authorDisplayName"))


def test_a_used_up_quota_ends_the_asking_and_the_next_run_goes_on(company: tuple[Layer, str], waits: list[float], tmp_path: Path) -> None:
    company[0].sizes = {"maxResults": 4}
    mine = loading(tmp_path, company)
    company[0].faults = {4: QUOTA}
    mine.load()
    assert 0 < len(mine.rows("posts")) < 12
    assert mine.warnings == ["the budget of this run is spent; left for the next one: older posts, new notifications, 4 threads"] or (
        "left for the next one: older posts" in mine.warnings[0]
    )
    company[0].faults = {}
    mine.load()
    whole = loading(tmp_path / "whole", company)
    whole.load()
    assert mine.rows("posts", "post_id") == whole.rows("posts", "post_id")
    assert mine.rows("interactions", "interaction_id, actor_key") == whole.rows("interactions", "interaction_id, actor_key")


def test_a_limit_by_the_second_is_waited_for(company: tuple[Layer, str], waits: list[float], tmp_path: Path) -> None:
    company[0].faults = {2: Fault(403, {"error": {"code": 403, "errors": [{"reason": "rateLimitExceeded"}]}})}
    mine = loading(tmp_path, company)
    mine.load()
    assert waits == [5.0] and len(mine.rows("posts")) == 12


def test_a_budget_of_few_units_is_kept(company: tuple[Layer, str], waits: list[float], tmp_path: Path) -> None:
    mine = loading(tmp_path, company, budget_per_run="3")
    mine.load()
    assert company[0].count == 3 and "the budget of this run is spent" in mine.warnings[0]


def test_what_the_owner_hides_is_null(company: tuple[Layer, str], waits: list[float], tmp_path: Path) -> None:
    def change(path: str, body: Any) -> Any:
        for item in body.get("items", []):
            item.get("statistics", {}).pop("likeCount", None)
        return each_field(body, ("hiddenSubscriberCount",), lambda value: True)

    company[0].change = change
    mine = loading(tmp_path, company)
    mine.load()
    assert {row["likes"] for row in mine.rows("post_metrics")} == {None}
    assert mine.rows("profile_metrics", "followers") == [{"followers": None}]


def test_a_channel_that_is_not_there_names_its_setting(company: tuple[Layer, str], waits: list[float], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="set SOURCES__YOUTUBE__CHANNEL_ID"):
        loading(tmp_path, company, channel_id="UCnobody").load()
