"""World -> Stripe's API: lists with cursors of customers, subscriptions, invoices, charges, refunds, balance transactions and events."""

import base64
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.apis.stripe_objects import ACCOUNT_VERSION
from simulator.apis.stripe_records import Collection, collections
from simulator.apis.wire import answer, bearer
from simulator.world import World

KEY = "rk_test_demo"
PLAIN = ("limit", "starting_after", "ending_before", "expand", "created")


class Fault(Exception):
    """An error of the API: status and what stands in its envelope."""

    def __init__(self, status: int, message: str, **more: str) -> None:
        super().__init__(message)
        self.status, self.body = status, {"error": {"type": "invalid_request_error", "message": message, **more}}


def routes(world: World) -> list[Route]:
    def route(path: str, handle: Callable[[Request, str], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            version = request.headers.get("stripe-version") or ACCOUNT_VERSION
            try:
                if _key(request) != KEY:
                    raise Fault(401, "Invalid API Key provided: rk_test_****")
                return answer(handle(request, version), headers={"Stripe-Version": version})
            except Fault as fault:
                return answer(fault.body, fault.status, {"Stripe-Version": version})

        return Route("/v1/" + path, endpoint)

    def listing(name: str, collection: Collection) -> list[Route]:
        def list_(request: Request, version: str) -> Any:
            rows, has_more = _page(request, collection)
            expand = frozenset(value.removeprefix("data.") for key, value in request.query_params.multi_items() if key.startswith("expand"))
            data = [collection.build(row, version, expand) for row in rows]
            return {"object": "list", "url": f"/v1/{name}", "has_more": has_more, "data": data}

        def read(request: Request, version: str) -> Any:
            id_ = request.path_params["id"]
            if id_ not in collection.rows:
                raise Fault(404, f"No such {name}: '{id_}'", code="resource_missing", param="id")
            expand = frozenset(value for key, value in request.query_params.multi_items() if key.startswith("expand"))
            return collection.build(collection.rows[id_], version, expand)

        return [route(name, list_), route(name + "/{id}", read)]

    return [each for name, collection in collections(world).items() for each in listing(name, collection)]


def _key(request: Request) -> str:
    """The key as bearer or as user name of basic authentication."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        return base64.b64decode(value).decode().partition(":")[0]
    return bearer(request)


def _page(request: Request, collection: Collection) -> tuple[list[int], bool]:
    """Rows of a page, the newest first, and whether there are more."""
    query = request.query_params
    limit = int(query.get("limit") or 10)
    if not 1 <= limit <= 100:
        raise Fault(400, "This value must be between 1 and 100.", param="limit", code="parameter_invalid_integer")
    rows = range(len(collection.created))
    wanted = [row for row in rows if _is_wanted(collection, row, query)]
    for name in ("starting_after", "ending_before"):
        if query.get(name) and query[name] not in collection.rows:
            raise Fault(400, f"No such object: '{query[name]}'", param=name, code="resource_missing")
    if query.get("ending_before"):
        before = [row for row in wanted if row < collection.rows[query["ending_before"]]]
        return before[-limit:], len(before) > limit
    if query.get("starting_after"):
        wanted = [row for row in wanted if row > collection.rows[query["starting_after"]]]
    return wanted[:limit], len(wanted) > limit


def _is_wanted(collection: Collection, row: int, query: Any) -> bool:
    for name, value in query.multi_items():
        field, _, operator = name.partition("[")
        if field == "created":
            made, limit = collection.created[row], int(value)
            fits = {"gte]": made >= limit, "gt]": made > limit, "lte]": made <= limit, "lt]": made < limit, "": made == limit}
            if not fits[operator]:
                return False
        elif field in collection.filters:
            if (field, value) != ("status", "all") and collection.filters[field][row] != value:
                return False
        elif field not in PLAIN and not (field == "status" and value == "all"):
            raise Fault(400, f"Received unknown parameter: {field}", param=field, code="parameter_unknown")
    # without a status the list leaves out what is canceled
    return "status" in query or "hidden" not in collection.filters or not collection.filters["hidden"][row]
