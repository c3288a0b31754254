"""The demo company's side of Meta's Graph API: the official client, given only another address, pages through and reads every answer."""

from collections.abc import Iterator

import pytest

from simulator.apis import facebook, instagram, meta_ads
from simulator.server import Served, serving
from simulator.world import World, build

pytest.importorskip("facebook_business", reason="the official client of Meta is not installed")
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.page import Page
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession


@pytest.fixture(scope="module")
def world() -> World:
    return build(days=60, accounts=20)


@pytest.fixture(scope="module")
def served(world: World) -> Iterator[Served]:
    with serving(world, has_faults=False) as served:
        yield served


def test_facebook_and_instagram(world: World, served: Served, monkeypatch: pytest.MonkeyPatch):
    def living(platform: str) -> set[str]:
        return set(world.posts.loc[(world.posts["platform"] == platform) & world.posts["deleted_at"].isna(), "post_id"])

    monkeypatch.setattr(FacebookSession, "GRAPH", served.base_url("facebook"))
    api = FacebookAdsApi.init(access_token=facebook.TOKEN, crash_log=False)
    page = Page(facebook.PAGE, api=api).api_get(fields=["name", "followers_count"])
    posts = page.get_published_posts(fields=["message", "created_time", "shares"], params={"limit": 7})
    assert page["name"] == "Fernway" and posts.total() == len(living("facebook"))
    found = list(posts)
    assert {post["id"] for post in found} == living("facebook")
    comments = list(found[-1].get_comments(fields=["message", "from", "parent"], params={"filter": "stream", "limit": 2}))
    assert len(comments) == len(facebook.Page(world).whole(found[-1]["id"]))
    counted = found[0].get_insights(params={"metric": ["post_media_view", "post_clicks"], "period": "lifetime"})
    assert {metric["name"] for metric in counted} == {"post_media_view", "post_clicks"}
    monkeypatch.setattr(FacebookSession, "GRAPH", served.base_url("instagram"))
    api = FacebookAdsApi.init(access_token=instagram.TOKEN, crash_log=False)
    account = IGUser(instagram.ACCOUNT, api=api).api_get(fields=["username", "media_count"])
    media = list(account.get_media(fields=["caption", "timestamp", "comments_count"], params={"limit": 5}))
    assert {medium["id"] for medium in media} == living("instagram") and account["media_count"] == len(media)
    below = [comment for medium in media for comment in medium.get_comments(fields=["text", "from"], params={"limit": 3})]
    assert 0 < len(below) <= sum(medium["comments_count"] for medium in media)


def test_meta_ads(world: World, served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(FacebookSession, "GRAPH", served.base_url("meta_ads"))
    api = FacebookAdsApi.init(access_token=meta_ads.TOKEN, crash_log=False)
    account = AdAccount(f"act_{meta_ads.ACCOUNT}", api=api)
    assert account.api_get(fields=["currency", "timezone_name"])["currency"] == "USD"
    assert len(list(account.get_campaigns(fields=["name", "lifetime_budget"], params={"limit": 1}))) >= 1
    span = {"since": str(world.stage.start), "until": f"{world.now:%Y-%m-%d}"}
    asked = {"level": "ad", "time_increment": 1, "time_range": span, "limit": 50}
    rows = list(account.get_insights(fields=["ad_id", "spend", "actions"], params=asked))
    ads = world.advertising[world.advertising["platform"] == "meta_ads"]
    assert len(rows) == len(ads) and sum(float(row["spend"]) for row in rows) == pytest.approx(ads["spend"].sum())
