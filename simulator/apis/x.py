"""World -> X's API v2: our account, posts, mentions and look-ups, with clicks for 30 days only, in older and newer field names."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.apis.wire import answer, bearer, number
from simulator.apis.x_records import Account
from simulator.world import World

TOKEN = "demo-x-token"
WALL = 3200
PROBLEM = "https://api.x.com/2/problems/"


def routes(world: World) -> list[Route]:
    account = Account(world)

    def route(path: str, handle: Callable[[Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            if bearer(request) != TOKEN:
                return answer({"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}, 401)
            try:
                return answer(handle(request))
            except ValueError as fault:
                problem = {"title": "Invalid Request", "detail": str(fault), "type": PROBLEM + "invalid-request"}
                return answer({"errors": [{"message": str(fault)}], **problem}, 400)

        return Route("/2" + path, endpoint)

    def me(request: Request) -> Any:
        return {"data": account.user(_fields(request, "user.fields"), _is_old(request))}

    def by_username(request: Request) -> Any:
        if request.path_params["username"] != account.username:
            raise ValueError("Could not find user with username")
        return me(request)

    def tweets(request: Request) -> Any:
        return _page(request, account, account.mine if request.path_params["id"] == account.id else [])

    def mentions(request: Request) -> Any:
        return _page(request, account, account.mentions if request.path_params["id"] == account.id else [])

    def several(request: Request) -> Any:
        ids = request.query_params.get("ids", "").split(",")
        if not 1 <= len(ids) <= 100:
            raise ValueError(f"The number of values in the `ids` query parameter list [{len(ids)}] is not between 1 and 100")
        gone = [_missing(id_) for id_ in ids if id_ not in account.posts]
        found = _shown(request, account, [id_ for id_ in ids if id_ in account.posts])
        return found | ({"errors": gone + found.get("errors", [])} if gone else {})

    return [
        route("/users/me", me),
        route("/users/by/username/{username}", by_username),
        route("/users/{id}/tweets", tweets),
        route("/users/{id}/mentions", mentions),
        route("/tweets", several),
    ]


def _fields(request: Request, name: str) -> set[str]:
    return set(filter(None, request.query_params.get(name, "").split(",")))


def _is_old(request: Request) -> bool:
    """Clients that ask in the names of before the rename are answered in them."""
    return "tweet.fields" in request.query_params


def _missing(id_: str) -> dict[str, Any]:
    known = {"value": id_, "resource_id": id_, "resource_type": "post", "parameter": "ids", "title": "Not Found Error"}
    return known | {"detail": f"Could not find post with ids: [{id_}].", "type": PROBLEM + "resource-not-found"}


def _shown(request: Request, account: Account, ids: list[str]) -> dict[str, Any]:
    is_old = _is_old(request)
    fields = _fields(request, "post.fields") | _fields(request, "tweet.fields") | _fields(request, "expansions")
    body: dict[str, Any] = {"data": [account.post(id_, fields, is_old) for id_ in ids]} if ids else {}
    media = [account.media(id_) for id_ in ids if account.has_media(id_)]
    if media and "attachments.media_keys" in fields:
        body["includes"] = {"media": media}
    if "non_public_metrics" in fields:
        old = [id_ for id_ in ids if not account.tells_clicks(id_)]
        unauthorized = {"section": "data", "title": "Field Authorization Error", "resource_type": "post", "parameter": "id"}
        unauthorized |= {
            "detail": "Sorry, you are not authorized to access 'non_public_metrics'.",
            "type": PROBLEM + "not-authorized-for-field",
        }
        errors = [unauthorized | {"resource_id": id_, "value": id_, "field": "non_public_metrics"} for id_ in old]
        body |= {"errors": errors} if errors else {}
    return body


def _page(request: Request, account: Account, newest: list[str]) -> Any:
    query = request.query_params
    limit = number(request, "max_results", 10, 100)
    if int(query.get("max_results", 10)) < 5:
        raise ValueError("The `max_results` query parameter value is not between 5 and 100")
    above, below = int(query.get("since_id") or 0), int(query.get("until_id") or 2**63)
    kept = [id_ for id_ in newest[:WALL] if above < int(id_) < below]
    token = query.get("pagination_token", "")
    start = int(token.removeprefix("t"), 32) if token else 0
    ids = kept[start : start + limit]
    meta: dict[str, Any] = {"result_count": len(ids)}
    if ids:
        meta |= {"newest_id": ids[0], "oldest_id": ids[-1]}
    if start + limit < len(kept):
        meta["next_token"] = "t" + _base32(start + limit)
    return _shown(request, account, ids) | {"meta": meta}


def _base32(value: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuv"
    return (_base32(value // 32) if value >= 32 else "") + digits[value % 32]
