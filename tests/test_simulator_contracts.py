"""The demo company's answers against what the vendors publish: Mastodon's description, Bluesky's lexicons, and the same bytes each time."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from simulator.apis import bluesky, hubspot, mastodon, stripe
from simulator.server import Served, serving
from simulator.world import World, build
from tests.reference import CONTRACTS

TOKENS = {"mastodon": mastodon.TOKEN, "hubspot": hubspot.TOKEN, "stripe": stripe.KEY}


@pytest.fixture(scope="module")
def world() -> World:
    return build(days=30, accounts=20)


@pytest.fixture(scope="module")
def served(world: World) -> Iterator[Served]:
    with serving(world, has_faults=False) as served:
        yield served


def client_of(served: Served, vendor: str) -> httpx.Client:
    client = httpx.Client(base_url=served.base_url(vendor), trust_env=False)
    if vendor == "bluesky":
        given = {"identifier": bluesky.HANDLE, "password": bluesky.PASSWORD}
        answer = httpx.post(served.base_url(vendor) + "/xrpc/com.atproto.server.createSession", json=given, trust_env=False)
        token = answer.json()["accessJwt"]
    else:
        token = TOKENS[vendor]
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def everything(world: World) -> list[bytes]:
    """The first answer of every endpoint that lists something, by a server of its own."""
    answers = []
    with serving(world) as served:
        for vendor, paths in {
            "bluesky": ["/xrpc/app.bsky.notification.listNotifications", f"/xrpc/app.bsky.feed.getAuthorFeed?actor={bluesky.HANDLE}"],
            "mastodon": ["/api/v1/notifications", "/api/v1/accounts/verify_credentials"],
            "hubspot": ["/crm/v3/objects/contacts?limit=100&properties=email", "/crm/v3/objects/deals?limit=100", "/crm/v3/owners"],
            "stripe": ["/v1/invoices?limit=100", "/v1/balance_transactions?limit=100", "/v1/events?limit=100"],
        }.items():
            with client_of(served, vendor) as client:
                answers += [client.get(path).content.replace(f":{served.port}/".encode(), b"/") for path in paths]
    return answers


def test_same_seed_and_clock_give_the_same_answers(world: World):
    assert everything(world) == everything(build(days=30, accounts=20))


@pytest.mark.parametrize("vendor", ["bluesky", "mastodon", "hubspot", "stripe"])
def test_the_clock_of_every_answer_is_the_worlds(served: Served, vendor: str):
    with client_of(served, vendor) as client:
        answer = client.get("/nowhere")
        assert answer.status_code == 404
        assert answer.headers.get_list("date") == ["Tue, 30 Jun 2026 12:00:00 GMT"]


@pytest.mark.parametrize(
    ("vendor", "path", "status", "error"),
    [
        ("bluesky", "/xrpc/app.bsky.actor.getProfile?actor=x", 400, "InvalidToken"),
        ("mastodon", "/api/v1/accounts/verify_credentials", 401, "The access token is invalid"),
        ("hubspot", "/crm/v3/owners", 401, "INVALID_AUTHENTICATION"),
        ("stripe", "/v1/invoices", 401, "Invalid API Key"),
    ],
)
def test_a_wrong_token_is_refused_as_the_vendor_does(served: Served, vendor: str, path: str, status: int, error: str):
    answer = httpx.get(served.base_url(vendor) + path, headers={"Authorization": "Bearer wrong"}, trust_env=False)
    assert answer.status_code == status and error in answer.text


def test_now_and_then_a_request_is_refused_or_breaks(world: World):
    with serving(world) as served, client_of(served, "mastodon") as client:
        statuses = [client.get("/api/v1/statuses").status_code for _ in range(450)]
        first = next(number for number, status in enumerate(statuses) if status == 429)
    assert {200, 429, 500} == set(statuses)
    assert all(statuses[number + 1] == 200 for number, status in enumerate(statuses[:-1]) if status != 200)
    with serving(world) as served, client_of(served, "mastodon") as client:
        again = [client.get("/api/v1/statuses") for _ in range(first + 1)]
    assert again[-1].status_code == 429 and again[-1].headers["retry-after"] in ("0", "1")


def test_mastodon_keeps_its_published_description(world: World, served: Served):
    description = CONTRACTS / "mastodon_openapi.json"
    if not description.exists():
        pytest.skip(f"the published description of Mastodon's API is not there: {description}")
    from openapi_core import Config, OpenAPI
    from openapi_core.testing import MockRequest, MockResponse

    spec = json.loads(description.read_text(encoding="utf-8"))
    for path in spec["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                operation.pop("security", None)
    api = OpenAPI.from_dict(spec, config=Config(spec_validator_cls=None))
    posts = world.posts[(world.posts["platform"] == "mastodon") & world.posts["deleted_at"].isna()]
    post_id = posts.loc[posts["likes"].idxmax(), "post_id"]
    own = world.profiles.set_index("platform").loc["mastodon", "profile_id"]
    with client_of(served, "mastodon") as client:
        for path, args in (
            ("/api/v1/accounts/verify_credentials", {}),
            (f"/api/v1/accounts/{own}/statuses", {"limit": "5"}),
            (f"/api/v1/accounts/{own}/followers", {"limit": "3"}),
            (f"/api/v1/statuses/{post_id}", {}),
            (f"/api/v1/statuses/{post_id}/favourited_by", {"limit": "3"}),
            (f"/api/v1/statuses/{post_id}/context", {}),
            ("/api/v1/notifications", {"limit": "8"}),
        ):
            answer = client.get(path, params=args)
            assert answer.status_code == 200, path
            request = MockRequest("https://mastodon.example", "get", path, args=args)
            response = MockResponse(answer.content, headers=dict(answer.headers), content_type="application/json")
            errors = list(api.iter_response_errors(request, response)) if hasattr(api, "iter_response_errors") else []
            assert not errors, f"{path}: {errors}"
            api.validate_response(request, response)


def test_bluesky_keeps_its_lexicons(world: World, served: Served):
    models = pytest.importorskip("atproto", reason="the official client of Bluesky is not installed").models
    from atproto_client.models.utils import get_or_create

    posts = world.posts[(world.posts["platform"] == "bluesky") & world.posts["deleted_at"].isna()]
    uri = posts.loc[posts["comments"].idxmax(), "post_id"]
    feed, graph = models.AppBskyFeedGetAuthorFeed, models.AppBskyGraphGetFollowers
    checks: list[tuple[str, dict[str, Any], Any]] = [
        ("com.atproto.server.getSession", {}, models.ComAtprotoServerGetSession.Response),
        ("app.bsky.actor.getProfile", {"actor": bluesky.HANDLE}, models.AppBskyActorDefs.ProfileViewDetailed),
        ("app.bsky.feed.getAuthorFeed", {"actor": bluesky.HANDLE, "limit": 50}, feed.Response),
        ("app.bsky.feed.getPosts", {"uris": [uri]}, models.AppBskyFeedGetPosts.Response),
        ("app.bsky.feed.getLikes", {"uri": uri}, models.AppBskyFeedGetLikes.Response),
        ("app.bsky.feed.getRepostedBy", {"uri": uri}, models.AppBskyFeedGetRepostedBy.Response),
        ("app.bsky.feed.getPostThread", {"uri": uri}, models.AppBskyFeedGetPostThread.Response),
        ("app.bsky.graph.getFollowers", {"actor": bluesky.HANDLE}, graph.Response),
        ("app.bsky.notification.listNotifications", {"limit": 100}, models.AppBskyNotificationListNotifications.Response),
    ]
    with client_of(served, "bluesky") as client:
        for name, params, model in checks:
            answer = client.get(f"/xrpc/{name}", params=params)
            assert answer.status_code == 200, f"{name}: {answer.text}"
            parsed = get_or_create(answer.json(), model, strict_string_format=True)
            assert type(parsed) is model, name
