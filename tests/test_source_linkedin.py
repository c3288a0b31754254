"""LinkedIn Page: statistics of twelve months, pages by start and count, and nothing of members."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from faults.layer import Layer, speaking
from faults.linkedin import ADAPTER
from faults.loading import Loading

from pipelines.http import Client, SourceError
from pipelines.sources.linkedin import SOURCE
from simulator.world import build


@pytest.fixture(scope="module")
def company() -> Iterator[tuple[Layer, str]]:
    with speaking(build(days=420, accounts=20)) as served:
        yield served


@pytest.fixture(autouse=True)
def calm(company: tuple[Layer, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    company[0].reset()


@pytest.fixture
def loading(company: tuple[Layer, str], tmp_path: Path) -> Loading:
    return Loading(SOURCE, tmp_path, **ADAPTER.settings, base_url=company[1] + "linkedin")


def test_older_posts_are_kept_and_not_counted_within_twelve_months_only(company: tuple[Layer, str], loading: Loading) -> None:
    loading.load()
    now = loading.run.answered_at("profiles")
    assert now is not None
    posts = loading.rows(
        "posts left join raw_linkedin.post_metrics using (post_id)", "posted_at, post_metrics._run is not null as is_counted"
    )
    assert {row["is_counted"] for row in posts if row["posted_at"] < now - timedelta(days=365)} == {False}
    assert {row["is_counted"] for row in posts if row["posted_at"] > now - timedelta(days=363)} == {True}
    assert loading.run.api_totals == {"posts": len(posts)} and len(posts) > 400
    starts = [exchange.query for exchange in company[0].exchanges if "start=100" in exchange.query]
    assert len(starts) == 1, "a second page was asked for"


def test_every_request_names_the_version_and_no_member_is_stored(company: tuple[Layer, str], loading: Loading) -> None:
    loading.load()
    assert {exchange.headers.get("linkedin-version") for exchange in company[0].exchanges} == {"202606"}
    assert {exchange.headers.get("x-restli-protocol-version") for exchange in company[0].exchanges} == {"2.0.0"}
    assert not any(column.endswith("_key") for table in SOURCE.tables for column in table.columns)
    assert [table.name for table in SOURCE.tables] == ["profiles", "profile_metrics", "posts", "post_metrics"]
    (profile,) = loading.rows("profile_metrics")
    assert profile["followers"] > 5000 and profile["profile_views"] > 0


def test_a_version_that_is_refused_is_told(company: tuple[Layer, str], tmp_path: Path) -> None:
    old = Loading(SOURCE, tmp_path, **ADAPTER.settings, base_url=company[1] + "linkedin", api_version="none")
    with pytest.raises(SourceError, match=r"linkedin: GET /rest/organizations/5500001 answered 400 \(VERSION_MISSING\)"):
        old.load()
