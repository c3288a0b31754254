"""Facebook and Instagram: counters that are withdrawn or missing, limits told in percentages, who answered whom, and no token in an address."""

from collections.abc import Iterator
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from demo_company import world
from faults.facebook import ADAPTER
from faults.instagram import ADAPTER as INSTAGRAM
from faults.layer import Fault, Layer, speaking
from faults.loading import Loading

from pipelines.exchange import Response
from pipelines.http import Client, SourceError
from pipelines.pace import until_reset
from pipelines.sources import facebook, instagram
from simulator.apis.graph import METRIC


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


@pytest.fixture
def page(company: tuple[Layer, str], waits: list[float], tmp_path: Path) -> Loading:
    return Loading(facebook.SOURCE, tmp_path / "facebook", **ADAPTER.settings, base_url=company[1] + "facebook")


@pytest.fixture
def account(company: tuple[Layer, str], waits: list[float], tmp_path: Path) -> Loading:
    return Loading(instagram.SOURCE, tmp_path / "instagram", **INSTAGRAM.settings, base_url=company[1] + "instagram")


def graph_error(code: int, message: str, subcode: int | None = None) -> dict[str, Any]:
    return {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode}


def test_who_answered_whom_is_what_the_world_knows(page: Loading, account: Loading) -> None:
    for loading, platform in ((page, "facebook"), (account, "instagram")):
        loading.load()
        key = {actor: loading.run.person_key(platform=platform, platform_id=actor) for actor in world(0).talk["actor_id"].unique()}
        talk = world(0).talk[(world(0).talk["platform"] == platform) & world(0).talk["deleted_at"].isna()]
        actors = world(0).actors["actor_id"].to_numpy()
        to = {
            id_: key.get(own if number < 0 else actors[number]) or loading.run.person_key(platform=platform, platform_id=actors[number])
            for id_, number, own in zip(talk["message_id"], talk["addressee"], talk["profile_id"], strict=True)
        }
        rows = loading.rows("interactions", "interaction_id, kind, actor_key, addressee_key, is_brand, thread_id", "kind <> 'mention'")
        assert {row["kind"] for row in rows} == {"comment", "reply"} and any(row["is_brand"] for row in rows)
        assert all(row["thread_id"] for row in rows)
        tagged = {row["interaction_id"] for row in loading.rows("interactions", "interaction_id", "kind = 'mention'")}
        below = [row for row in rows if row["thread_id"] not in tagged]
        wrong = [row for row in below if row["addressee_key"] != to[row["interaction_id"]]]
        assert len(wrong) < 0.05 * len(below), f"{platform}: {len(wrong)} of {len(below)} answers are for somebody else"
        assert set(talk["message_id"]) >= {row["interaction_id"] for row in rows} | tagged
        assert not [handle for handle in world(0).actors["handle"] if handle in str(loading.rows("interactions", "* exclude (text)"))]


def test_a_metric_that_is_withdrawn_is_left_out_alone(page: Loading, company: tuple[Layer, str], monkeypatch: pytest.MonkeyPatch) -> None:
    from simulator.apis import facebook as served

    def without(self: Any, id_: str, post: Any = served.Page._post) -> Any:
        node = post(self, id_)
        assert node.metrics.pop("post_clicks") is not None
        return node

    monkeypatch.setattr(served.Page, "_post", without)
    page.load()
    rows = page.rows("post_metrics")
    assert rows and all(row["clicks"] is None and row["impressions"] is not None for row in rows)
    assert page.warnings == ["post_clicks is no longer given by the platform; post_metrics.clicks is left empty from now on"]
    assert page.run.metrics["post_metrics", "clicks"] is not None and page.run.metrics["post_metrics", "reach"] is None


def test_views_of_the_page_are_summed_over_the_days_and_every_run_adds_those_that_are_new(
    page: Loading, company: tuple[Layer, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulator.apis import facebook as served

    start, clock = (moment.astype("datetime64[s]").item().date() for moment in (world(0).stage.start, world(0).stage.clock))
    told = (clock - start).days - 2  # what is younger may still change, and is left to later runs
    page.load()
    views = sum(served.views_on(start + timedelta(days=number)) for number in range(told))
    assert page.rows("profile_metrics", "profile_views") == [{"profile_views": views}]
    assert sum(exchange.path.endswith("/insights") for exchange in company[0].exchanges) == 9, "two years, 85 days at a time"
    page.load()
    assert page.rows("profile_metrics", "profile_views") == [{"profile_views": views}]
    with speaking(world(1)) as (_, url):
        page.settings._values["SOURCES__FACEBOOK__BASE_URL"] = url + "facebook"  # type: ignore[index]
        page.load()
        views += served.views_on(start + timedelta(days=told))
        assert page.rows("profile_metrics", "max(profile_views) as latest") == [{"latest": views}]
        monkeypatch.setattr(served.Page, "_insights", lambda self, query: (_ for _ in ()).throw(served.GraphError(100, METRIC)))
        page.load(full_refresh=True)
    assert page.rows("profile_metrics", "profile_views", "_observed_at > '2026-07-01'") == [{"profile_views": None}], "NULL and not 0"
    assert page.run.metrics["profile_metrics", "profile_views"] is not None and page.rows("posts")


def test_a_post_that_has_no_counters_does_not_take_those_of_others_away(account: Loading, monkeypatch: pytest.MonkeyPatch) -> None:
    from simulator.apis import graph
    from simulator.apis import instagram as served

    old = min(id_ for id_ in world(0).posts.loc[world(0).posts["platform"] == "instagram", "post_id"])

    def insights(node: Any, asked: str, answer: Any = graph.insights) -> Any:
        if node.values["id"] == old:
            raise graph.GraphError(100, "Invalid parameter", 2108006)
        return answer(node, asked)

    monkeypatch.setattr(graph, "insights", insights)
    account.load()
    empty = {row["post_id"] for row in account.rows("post_metrics", "post_id, impressions") if row["impressions"] is None}
    assert empty == {old} and not account.warnings
    assert served.ACCOUNT in str(account.rows("profiles"))


@pytest.mark.parametrize(("code", "status"), [(4, 400), (17, 400), (32, 403), (613, 400), (80001, 400)])
def test_limits_are_waited_for_as_long_as_they_say(
    page: Loading, company: tuple[Layer, str], waits: list[float], code: int, status: int
) -> None:
    usage = '{"9001": [{"type": "pages", "call_count": 100, "total_time": 25, "estimated_time_to_regain_access": 3}]}'
    company[0].faults = {3: Fault(status, {"error": graph_error(code, "limit reached")}, {"X-Business-Use-Case-Usage": usage})}
    page.load()
    assert waits == [180.0] and len(page.rows("posts")) > 20


def test_what_is_nearly_used_up_is_waited_for_before_it_is_refused() -> None:
    def wait(**headers: str) -> float:
        return until_reset(Response(200, {name.replace("_", "-").lower(): value for name, value in headers.items()}, b""))

    assert wait(X_App_Usage='{"call_count": 28, "total_time": 25, "total_cputime": 25}') == 0
    assert wait(X_App_Usage='{"call_count": 97, "total_time": 25, "total_cputime": 25}') == 60
    assert wait(X_Ad_Account_Usage='{"acc_id_util_pct": 99.5}') == 60
    assert wait(X_Business_Use_Case_Usage='{"1": [{"call_count": 100, "estimated_time_to_regain_access": 19}]}') == 19 * 60
    assert wait(X_App_Usage="not JSON") == 0


def test_errors_name_what_to_change(page: Loading, company: tuple[Layer, str]) -> None:
    company[0].faults = {1: Fault(403, {"error": graph_error(10, "(#10) requires pages_read_engagement")})}
    with pytest.raises(SourceError, match="give the token of SOURCES__FACEBOOK__ACCESS_TOKEN the scope"):
        page.load()
    company[0].reset()
    page.settings._values["SOURCES__FACEBOOK__PAGE_ID"] = "1"  # type: ignore[index]
    with pytest.raises(SourceError, match=r"answered 400 \(Gone\)"):
        page.load()


def test_the_token_stands_in_no_address_and_a_secret_proves_it(page: Loading, company: tuple[Layer, str]) -> None:
    page.settings._values["SOURCES__FACEBOOK__APP_SECRET"] = "the-app-secret"  # type: ignore[index]
    company[0].sizes = {"limit": 9}
    page.load()
    assert company[0].count > 10
    assert not any(ADAPTER.settings["access_token"] in exchange.query for exchange in company[0].exchanges)
    assert all("appsecret_proof=" in exchange.query and "the-app-secret" not in exchange.query for exchange in company[0].exchanges)


def test_pages_that_are_too_much_for_graph_are_asked_for_smaller(page: Loading, company: tuple[Layer, str]) -> None:
    error = {"error": graph_error(1, "Please reduce the amount of data you're asking for, then retry your request")}
    posts = 2 + ceil(facebook.KEPT / facebook.WINDOW)  # after the page and its views
    company[0].faults = {posts: Fault(500, error), posts + 1: Fault(500, error)}
    page.load()
    asked = [exchange.query for exchange in company[0].exchanges if exchange.path.endswith("/published_posts")]
    assert "limit=25" in asked[0] and len(page.rows("posts")) > 20


def test_what_graph_does_not_tell_is_missing_and_not_nought(page: Loading, company: tuple[Layer, str]) -> None:
    def change(path: str, body: Any) -> Any:
        for post in body.get("data", []) if path.endswith("/published_posts") else []:
            post.pop("reactions")
            post.pop("shares", None)
        for comment in body.get("data", []) if path.endswith("/comments") else []:
            comment.pop("from")
        return body

    company[0].change = change
    page.load()
    assert {(row["likes"], row["reposts"]) for row in page.rows("post_metrics")} == {
        (None, 0)
    }  # Graph leaves out shares where there are none
    assert any("pages_read_user_content" in warning for warning in page.warnings)
    assert METRIC not in str(page.warnings)
