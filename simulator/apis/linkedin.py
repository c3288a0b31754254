"""World -> LinkedIn's versioned REST API: our organisation, its posts by start and count, statistics of twelve months, followers in sum."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.apis.linkedin_records import Page
from simulator.apis.wire import answer, bearer, number
from simulator.world import World

TOKEN = "demo-linkedin-token"
ORGANIZATION = "5500001"


def routes(world: World) -> list[Route]:
    page = Page(world)

    def route(path: str, handle: Callable[[Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            if bearer(request) != TOKEN:
                return answer(
                    {"status": 401, "serviceErrorCode": 65600, "code": "INVALID_ACCESS_TOKEN", "message": "Invalid access token"}, 401
                )
            if not request.headers.get("linkedin-version", "").isdigit():
                return answer({"status": 400, "code": "VERSION_MISSING", "message": "A version must be present."}, 400)
            try:
                return answer(handle(request))
            except KeyError:
                return answer({"status": 404, "code": "NOT_FOUND", "message": "Entity not found"}, 404)
            except ValueError as fault:
                return answer({"status": 400, "code": "ILLEGAL_ARGUMENT", "message": str(fault)}, 400)

        return Route("/rest" + path, endpoint)

    def organization(request: Request) -> Any:
        if request.path_params["id"] != ORGANIZATION:
            raise KeyError
        return {"id": int(ORGANIZATION), "localizedName": "Fernway", "vanityName": "fernway", "primaryOrganizationType": "NONE"}

    def size(request: Request) -> Any:
        if request.query_params.get("edgeType") != "COMPANY_FOLLOWED_BY_MEMBER":
            raise ValueError("edgeType")
        return {"firstDegreeSize": page.followers}

    def views(request: Request) -> Any:
        total = {"views": {"allPageViews": {"pageViews": page.views}, "overviewPageViews": {"pageViews": page.views // 2}}}
        return {"elements": [{"organization": page.urn, "totalPageStatistics": total}], "paging": _paging(0, 10, 1, 1)}

    def posts(request: Request) -> Any:
        query = _query(request)
        if "ids" in query:
            found = {urn: page.post(urn) for urn in _urns(query["ids"]) if urn in page.posts}
            return {"results": found, "statuses": dict.fromkeys(found, 200), "errors": {}}
        if query.get("q") != "author" or query.get("author") != page.urn:
            raise ValueError("q=author wants the author's URN")
        start, count = int(query.get("start", 0)), number(request, "count", 10, 100)
        shown = page.newest[start : start + count]
        return {"elements": [page.post(urn) for urn in shown], "paging": _paging(start, count, len(shown), len(page.newest))}

    def statistics(request: Request) -> Any:
        query = _query(request)
        if query.get("organizationalEntity") != page.urn:
            raise ValueError("organizationalEntity")
        urns = _urns(query.get("shares", "List()")) + _urns(query.get("ugcPosts", "List()"))
        found = [page.statistics(urn) for urn in urns if urn in page.posts and page.is_counted(urn)]
        return {"elements": found, "paging": _paging(0, 10, len(found), len(found))}

    return [
        route("/organizations/{id}", organization),
        route("/networkSizes/{urn}", size),
        route("/organizationPageStatistics", views),
        route("/posts", posts),
        route("/organizationalEntityShareStatistics", statistics),
    ]


def _query(request: Request) -> dict[str, str]:
    """Rest.li 2.0 reads the brackets and commas of a list before it decodes what is in it."""
    parts = request.scope["query_string"].decode("ascii").split("&")
    return {name: value if value.startswith("List(") else unquote(value) for name, _, value in (part.partition("=") for part in parts)}


def _urns(text: str) -> list[str]:
    inner = text.removeprefix("List(").removesuffix(")")
    if ":" in inner:
        raise ValueError("the colons of a URN in a list must be encoded")
    return [unquote(urn) for urn in inner.split(",")] if inner else []


def _paging(start: int, count: int, shown: int, total: int) -> dict[str, Any]:
    links = [{"type": "application/json", "rel": "next", "href": f"?start={start + count}&count={count}"}] if start + shown < total else []
    return {"start": start, "count": count, "links": links, "total": total}
