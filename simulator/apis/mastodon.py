"""World -> Mastodon's client API: our account, statuses, who favourited and boosted them, contexts, followers, notifications."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.apis.mastodon_records import Server
from simulator.apis.wire import answer, bearer, number
from simulator.world import World

TOKEN = "demo-mastodon-token"
Items = list[tuple[int, Any]]  # (id by which pages are cut, what is shown), the newest first


def routes(world: World) -> list[Route]:
    server = Server(world)

    def route(path: str, handle: Callable[[Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            if bearer(request) != TOKEN:
                return answer({"error": "The access token is invalid"}, 401)
            try:
                result = handle(request)
            except KeyError:
                return answer({"error": "Record not found"}, 404)
            except ValueError as error:
                return answer({"error": f"Validation failed: {error}"}, 422)
            return result if isinstance(result, Response) else answer(result)

        return Route("/api" + path, endpoint)

    def credentials(request: Request) -> Any:
        return server.credentials()

    def account(request: Request) -> Any:
        return server.account_by_id(request.path_params["id"])

    def statuses(request: Request) -> Any:
        if request.path_params["id"] != server.own_id:
            server.account_by_id(request.path_params["id"])
            return []
        mine = server.mine_without_replies if request.query_params.get("exclude_replies") in ("true", "1") else server.mine
        return _page(request, mine, server.status, 20, 40)

    def status(request: Request) -> Any:
        return server.status(request.path_params["id"])

    def several(request: Request) -> Any:
        ids = request.query_params.getlist("id[]") + request.query_params.getlist("id")
        return [server.status(id_) for id_ in ids[:20] if id_ in server.statuses]

    def favourited_by(request: Request) -> Any:
        server.status(request.path_params["id"])
        return _page(request, server.favourites.get(request.path_params["id"], []), server.account, 40, 80)

    def reblogged_by(request: Request) -> Any:
        server.status(request.path_params["id"])
        return _page(request, server.reblogs.get(request.path_params["id"], []), server.account, 40, 80)

    def context(request: Request) -> Any:
        return server.context(request.path_params["id"])

    def followers(request: Request) -> Any:
        mine = request.path_params["id"] == server.own_id
        return _page(request, server.followers if mine else [], server.account, 40, 80)

    def notifications(request: Request) -> Any:
        wanted = set(request.query_params.getlist("types[]")) or {"mention", "favourite", "reblog", "follow"}
        wanted -= set(request.query_params.getlist("exclude_types[]"))
        notices = [notice for notice in server.notices if notice[1][0] in wanted]
        return _page(request, notices, server.notification, 40, 80)

    def instance(request: Request) -> Any:
        return server.instance()

    return [
        route("/v1/accounts/verify_credentials", credentials),
        route("/v1/accounts/{id}", account),
        route("/v1/accounts/{id}/statuses", statuses),
        route("/v1/accounts/{id}/followers", followers),
        route("/v1/statuses", several),
        route("/v1/statuses/{id}", status),
        route("/v1/statuses/{id}/favourited_by", favourited_by),
        route("/v1/statuses/{id}/reblogged_by", reblogged_by),
        route("/v1/statuses/{id}/context", context),
        route("/v1/notifications", notifications),
        route("/v1/instance", instance),
    ]


def _page(request: Request, items: Items, view: Callable[[Any], Any], default: int, most: int) -> Response:
    """A page between max_id, since_id and min_id, with the Link header to the next and the previous one."""
    query, limit = request.query_params, number(request, "limit", default, most)
    newest, oldest = int(query.get("max_id") or 2**63), int(query.get("since_id") or query.get("min_id") or 0)
    between = [item for item in items if oldest < item[0] < newest]
    page = between[-limit:] if query.get("min_id") else between[:limit]
    links = []
    if page:
        kept = [(name, value) for name, value in query.multi_items() if name not in ("max_id", "since_id", "min_id")]
        base = str(request.url).partition("?")[0]
        if len(between) > limit:
            links.append(f'<{base}?{urlencode([*kept, ("max_id", page[-1][0])])}>; rel="next"')
        links.append(f'<{base}?{urlencode([*kept, ("min_id", page[0][0])])}>; rel="prev"')
    return answer([view(item) for _, item in page], headers={"Link": ", ".join(links)} if links else {})
