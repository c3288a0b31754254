"""World -> Zendesk's Support API: incremental exports by cursor and by time, comments of a ticket, ratings, groups and counts."""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.apis.wire import answer, bearer, number
from simulator.apis.zendesk_records import Desk
from simulator.world import World

TOKEN, EMAIL = "demo-zendesk-token", "admin@fernway.example"
Entry = tuple[int, int, dict[str, Any]]


def routes(world: World) -> list[Route]:
    desk = Desk(world)

    def route(path: str, handle: Callable[[Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            if not _is_known(request):
                return answer({"error": "Couldn't authenticate you"}, 401)
            try:
                found = handle(request)
            except (ValueError, KeyError) as fault:
                return answer({"error": "InvalidValue", "description": str(fault)}, 400)
            return answer({"error": "RecordNotFound", "description": "Not found"}, 404) if found is None else answer(found)

        return Route("/api/v2/" + path + ".json", endpoint)

    def by_cursor(field: str, entries: list[Entry], inlined: str = "") -> Callable[[Request], Any]:
        def export(request: Request) -> Any:
            query = request.query_params
            size = number(request, "per_page", 1000, 1000)
            start = _place(query["cursor"]) if "cursor" in query else (int(query["start_time"]), -1)
            rest = [entry for entry in entries if entry[:2] > start]
            page = rest[:size]
            cursor = _cursor(page[-1]) if page else query.get("cursor")
            hidden = set() if inlined and "metric_sets" in query.get("include", "") else {inlined}
            body = [{name: value for name, value in each.items() if name not in hidden} for _, _, each in page]
            after = str(request.url.replace_query_params(cursor=cursor)) if cursor else None
            return {field: body, "after_cursor": cursor, "after_url": after, "end_of_stream": len(rest) <= size}

        return export

    def by_time(field: str, entries: list[Entry]) -> Callable[[Request], Any]:
        def export(request: Request) -> Any:
            start, size = int(request.query_params["start_time"]), number(request, "per_page", 1000, 1000)
            rest = [entry for entry in entries if entry[0] >= start]
            page = [entry for entry in rest if entry[0] <= rest[size - 1][0]] if len(rest) > size else rest  # a second is not torn apart
            end = page[-1][0] if page else desk.now
            link = str(request.url.replace_query_params(start_time=end)) if len(page) < len(rest) else None
            found = {field: [each for _, _, each in page], "count": len(page), "end_time": end, "next_page": link}
            return found | {"end_of_stream": len(page) == len(rest)}

        return export

    def listed(field: str, of: Callable[[Request], list[dict[str, Any]] | None]) -> Callable[[Request], Any]:
        def list_(request: Request) -> Any:
            found = of(request)
            if found is None:
                return None
            size, start = number(request, "page[size]", 100, 100), int(request.query_params.get("page[after]") or 0)
            has_more = start + size < len(found)
            meta = {"has_more": has_more, "after_cursor": str(start + size) if has_more else None, "before_cursor": None}
            return {field: found[start : start + size], "meta": meta, "links": {"next": None, "prev": None}}

        return list_

    def ratings(request: Request) -> list[dict[str, Any]]:
        since = int(request.query_params.get("start_time") or 0)
        return [each for each in desk.ratings if _second(each["updated_at"]) >= since]

    def count(of: Callable[[], int]) -> Callable[[Request], Any]:
        return lambda _: {"count": {"value": of(), "refreshed_at": None}}

    def search_count(request: Request) -> Any:
        if request.query_params["query"] != "type:ticket":
            raise ValueError("query")
        return {"count": sum(each["status"] != "deleted" for _, _, each in desk.tickets)}

    return [
        route("groups", listed("groups", lambda _: desk.groups)),
        route("incremental/organizations", by_time("organizations", desk.organizations)),
        route("incremental/users/cursor", by_cursor("users", desk.users)),
        route("incremental/tickets/cursor", by_cursor("tickets", desk.tickets, "metric_set")),
        route("incremental/ticket_events", by_time("ticket_events", desk.events)),
        route("tickets/{id:int}/comments", listed("comments", lambda request: desk.comments.get(request.path_params["id"]))),
        route("satisfaction_ratings", listed("satisfaction_ratings", ratings)),
        route("organizations/count", count(lambda: len(desk.organizations))),
        route("users/count", count(lambda: len(desk.users))),
        route("search/count", search_count),
    ]


def _is_known(request: Request) -> bool:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        return base64.b64decode(value).decode() == f"{EMAIL}/token:{TOKEN}"
    return bearer(request) == TOKEN


def _second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _cursor(entry: Entry) -> str:
    return base64.urlsafe_b64encode(f"{entry[0]}||{entry[1]}".encode()).decode()


def _place(cursor: str) -> tuple[int, int]:
    time, _, id_ = base64.urlsafe_b64decode(cursor).decode().partition("||")
    return int(time), int(id_)
