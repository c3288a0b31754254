"""World -> Slack's Web API: who we are, members, user groups, public channels, history and threads; refusals are answers of 200."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.apis.slack_records import TEAM, Team
from simulator.apis.wire import answer, bearer
from simulator.world import World

TOKEN = "xoxb-demo-slack-token"
CLIENT, SECRET, REFRESH = (
    "0.1",
    "demo-slack-secret",
    "xoxe-1-demo-",
)  # of an app with token rotation; the number of the refresh token follows


class Refusal(Exception):
    """An error of the API by its name."""


def routes(world: World) -> list[Route]:
    team = Team(world)
    renewed = [0]
    users = {member["id"]: member for member in team.members} | team.strangers

    def route(method: str, handle: Callable[[dict[str, str]], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            given = dict(request.query_params) | dict(parse_qsl((await request.body()).decode()))
            try:
                if method != "oauth.v2.access" and (bearer(request) or given.get("token")) != TOKEN:
                    raise Refusal("invalid_auth" if bearer(request) else "not_authed")
                return answer({"ok": True, **handle(given)})
            except Refusal as fault:
                return answer({"ok": False, "error": str(fault)})

        return Route(f"/api/{method}", endpoint, methods=["GET", "POST"])

    def access(given: dict[str, str]) -> Any:
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT, SECRET):
            raise Refusal("bad_client_secret")
        if given.get("grant_type") != "refresh_token" or given.get("refresh_token") != f"{REFRESH}{renewed[0]}":
            raise Refusal("invalid_refresh_token")
        renewed[0] += 1  # the former one is used up
        handed = {"access_token": TOKEN, "refresh_token": f"{REFRESH}{renewed[0]}", "expires_in": 43_200, "token_type": "bot"}
        return handed | {
            "scope": "channels:read",
            "bot_user_id": "U0GOODWILL",
            "app_id": "A0GOODWILL",
            "team": {"id": TEAM, "name": "Fernway"},
        }

    def auth(_: dict[str, str]) -> Any:
        known = {"url": "https://fernway.slack.example/", "team": "Fernway", "user": "goodwill", "team_id": TEAM, "user_id": "U0GOODWILL"}
        return known | {"bot_id": "B0GOODWILL", "is_enterprise_install": False}

    def members(given: dict[str, str]) -> Any:
        return _page(given, "members", team.members) | {"cache_ts": int(world.stage.clock.astype("datetime64[s]").astype(int))}

    def info(given: dict[str, str]) -> Any:
        if given.get("user") not in users:
            raise Refusal("user_not_found")
        return {"user": users[given["user"]]}

    def channels(given: dict[str, str]) -> Any:
        types = given.get("types", "public_channel").split(",")
        return _page(given, "channels", team.channels if "public_channel" in types else [])

    def groups(given: dict[str, str]) -> Any:
        is_whole = given.get("include_users") in ("true", "1")
        hidden = set() if is_whole else {"users"}
        return {"usergroups": [{name: value for name, value in group.items() if name not in hidden} for group in team.groups]}

    def history(given: dict[str, str]) -> Any:
        if given.get("channel") not in team.messages:
            raise Refusal("channel_not_found")
        oldest, latest = float(given.get("oldest") or 0), float(given.get("latest") or 2**40)
        found = [message for message in team.messages[given["channel"]] if oldest <= float(message["ts"]) <= latest]
        body = _page(given, "messages", found)
        more = {"has_more": bool(body["response_metadata"]["next_cursor"]), "pin_count": 0}
        return body | more | {"channel_actions_ts": None, "channel_actions_count": 0}

    def replies(given: dict[str, str]) -> Any:
        thread = team.threads.get((given.get("channel", ""), given.get("ts", "")))
        if thread is None:
            raise Refusal("thread_not_found")
        body = _page(given, "messages", thread)
        return body | {"has_more": bool(body["response_metadata"]["next_cursor"])}

    return [
        route("oauth.v2.access", access),
        route("auth.test", auth),
        route("users.list", members),
        route("users.info", info),
        route("usergroups.list", groups),
        route("conversations.list", channels),
        route("conversations.history", history),
        route("conversations.replies", replies),
    ]


def _page(given: dict[str, str], field: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    size = max(1, min(1000, int(given.get("limit") or 100)))
    try:
        start = int(base64.b64decode(given["cursor"]).decode().partition(":")[2]) if given.get("cursor") else 0
    except ValueError:
        raise Refusal("invalid_cursor") from None
    following = base64.b64encode(f"next:{start + size}".encode()).decode() if start + size < len(found) else ""
    return {field: found[start : start + size], "response_metadata": {"next_cursor": following}}
