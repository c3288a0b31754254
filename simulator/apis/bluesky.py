"""World -> Bluesky's XRPC: sessions with short-lived tokens, feeds, likes, threads, followers, notifications (lexicons app.bsky, com.atproto)."""

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.apis.bluesky_records import Network
from simulator.apis.wire import answer, bearer, number
from simulator.world import World

HANDLE = "fernway.bsky.example"
PASSWORD = "demo-demo-demo-demo"
ACCESS_LASTS = 350  # requests; time stands still here, so a token ages by use
FAR_AWAY = 4102444800  # `exp` of every token: clients look at it by their own clock, which is not SIM_NOW

Handler = Callable[[Request], Awaitable[Response]]


class Fault(Exception):
    """An XRPC error: status, name and message."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status, self.body = status, {"error": error, "message": message}


class Sessions:
    """Tokens: an access token is good for some requests, a refresh token once."""

    def __init__(self, did: str) -> None:
        self.did, self.serial, self.left = did, 0, 0

    def renewed(self) -> dict[str, Any]:
        self.serial, self.left = self.serial + 1, ACCESS_LASTS
        who = {"handle": HANDLE, "did": self.did, "email": "social@fernway.example", "emailConfirmed": True, "active": True}
        return {"accessJwt": self._token("access"), "refreshJwt": self._token("refresh"), **who}

    def _token(self, scope: str) -> str:
        payload = {"scope": f"com.atproto.{scope}", "sub": self.did, "iat": 1767225600, "exp": FAR_AWAY, "jti": f"{scope}-{self.serial}"}
        parts = [{"typ": "at+jwt", "alg": "ES256K"}, payload, {"not": "a signature"}]
        return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)

    def check_access(self, token: str) -> None:
        if not token:
            raise Fault(401, "AuthMissing", "Authentication Required")
        if self.serial == 0 or token != self._token("access"):
            raise Fault(400, "InvalidToken" if "." not in token else "ExpiredToken", "Token could not be verified or has expired")
        if self.left <= 0:
            raise Fault(400, "ExpiredToken", "Token has expired")
        self.left -= 1

    def check_refresh(self, token: str) -> None:
        if self.serial == 0 or token != self._token("refresh"):
            raise Fault(400, "ExpiredToken", "Token has been revoked")


def routes(world: World) -> list[Route]:
    network = Network(world, HANDLE)
    sessions = Sessions(network.did)

    def route(name: str, handle: Callable[[Request], Any], method: str = "GET") -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                if not name.startswith("com.atproto.server.") or name.endswith("getSession"):
                    sessions.check_access(bearer(request))
                body = handle(request)
                return answer(await body if isinstance(body, Awaitable) else body)
            except Fault as fault:
                return answer(fault.body, fault.status)
            except (KeyError, ValueError) as error:
                return answer({"error": "InvalidRequest", "message": f"Error: Params must have a valid property {error}"}, 400)

        return Route(f"/xrpc/{name}", endpoint, methods=[method])

    async def create_session(request: Request) -> dict[str, Any]:
        given = json.loads(await request.body() or b"{}")
        if given.get("identifier") not in (HANDLE, network.did) or given.get("password") != PASSWORD:
            raise Fault(401, "AuthenticationRequired", "Invalid identifier or password")
        return sessions.renewed()

    def refresh_session(request: Request) -> dict[str, Any]:
        sessions.check_refresh(bearer(request))
        return sessions.renewed()

    def get_session(request: Request) -> dict[str, Any]:
        return {"handle": HANDLE, "did": network.did, "email": "social@fernway.example", "emailConfirmed": True, "active": True}

    def get_profile(request: Request) -> dict[str, Any]:
        return network.profile_detailed(_actor(request))

    def get_author_feed(request: Request) -> dict[str, Any]:
        with_replies = request.query_params.get("filter", "posts_with_replies") != "posts_no_replies"
        mine = network.feed if with_replies else network.feed_without_replies
        if _actor(request) != network.did:
            mine = []
        page, cursor = _page(request, mine, 50)
        return {"feed": [network.feed_view(uri) for uri in page], **cursor}

    def get_posts(request: Request) -> dict[str, Any]:
        uris = request.query_params.getlist("uris")
        if not 1 <= len(uris) <= 25:
            raise Fault(400, "InvalidRequest", "Error: uris must not have more than 25 elements")
        return {"posts": [network.post_view(uri) for uri in uris if network.exists(uri)]}

    def get_likes(request: Request) -> dict[str, Any]:
        uri = request.query_params["uri"]
        page, cursor = _page(request, network.likes.get(uri, []), 50)
        return {"uri": uri, "likes": [network.like(actor, at) for actor, at in page], **cursor}

    def get_reposted_by(request: Request) -> dict[str, Any]:
        uri = request.query_params["uri"]
        page, cursor = _page(request, network.reposts.get(uri, []), 50)
        return {"uri": uri, "repostedBy": [network.profile(actor) for actor, _ in page], **cursor}

    def get_post_thread(request: Request) -> dict[str, Any]:
        uri = request.query_params["uri"]
        if not network.exists(uri):
            raise Fault(400, "NotFound", f"Post not found: {uri}")
        depth = int(request.query_params.get("depth") or 6)
        height = int(request.query_params.get("parentHeight") or 80)
        return {"thread": network.thread(uri, depth, height)}

    def get_followers(request: Request) -> dict[str, Any]:
        followers = network.followers if _actor(request) == network.did else []
        page, cursor = _page(request, followers, 50)
        return {"subject": network.own_profile(), "followers": [network.profile(actor) for actor in page], **cursor}

    def list_notifications(request: Request) -> dict[str, Any]:
        reasons = set(request.query_params.getlist("reasons"))
        notices = [notice for notice in network.notices if notice[1] in reasons] if reasons else network.notices
        page, cursor = _page(request, notices, 50)
        return {"notifications": [network.notification(*notice) for notice in page], "priority": False, **cursor}

    def _actor(request: Request) -> str:
        actor = request.query_params["actor"]
        return network.did if actor in (HANDLE, network.did) else actor

    return [
        route("com.atproto.server.createSession", create_session, "POST"),
        route("com.atproto.server.refreshSession", refresh_session, "POST"),
        route("com.atproto.server.getSession", get_session),
        route("app.bsky.actor.getProfile", get_profile),
        route("app.bsky.feed.getAuthorFeed", get_author_feed),
        route("app.bsky.feed.getPosts", get_posts),
        route("app.bsky.feed.getLikes", get_likes),
        route("app.bsky.feed.getRepostedBy", get_reposted_by),
        route("app.bsky.feed.getPostThread", get_post_thread),
        route("app.bsky.graph.getFollowers", get_followers),
        route("app.bsky.notification.listNotifications", list_notifications),
    ]


def _page(request: Request, items: list[Any], default: int) -> tuple[list[Any], dict[str, str]]:
    """A page of items and the cursor to the next one; the cursor is opaque to clients."""
    limit = number(request, "limit", default, 100)
    start = int(request.query_params.get("cursor", "c0").removeprefix("c"))
    return items[start : start + limit], {"cursor": f"c{start + limit}"} if start + limit < len(items) else {}
