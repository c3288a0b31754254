"""World -> LinkedIn's versioned REST API: our organisation, its posts by start and count, statistics of twelve months, followers in sum."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from simulator.apis.linkedin_records import Page
from simulator.apis.restli import listed, paging, query_of, route
from simulator.apis.wire import number
from simulator.world import World

TOKEN = "demo-linkedin-token"
ORGANIZATION = "5500001"


def routes(world: World) -> list[Route]:
    page = Page(world)

    def at(path: str, handle: Callable[[Request], Any]) -> Route:
        return route(path, handle, TOKEN)

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
        return {"elements": [{"organization": page.urn, "totalPageStatistics": total}], "paging": paging(0, 10, 1, 1)}

    def posts(request: Request) -> Any:
        query = query_of(request)
        if "ids" in query:
            found = {urn: page.post(urn) for urn in listed(query["ids"]) if urn in page.posts}
            return {"results": found, "statuses": dict.fromkeys(found, 200), "errors": {}}
        if query.get("q") != "author" or query.get("author") != page.urn:
            raise ValueError("q=author wants the author's URN")
        start, count = int(query.get("start", 0)), number(request, "count", 10, 100)
        shown = page.newest[start : start + count]
        return {"elements": [page.post(urn) for urn in shown], "paging": paging(start, count, len(shown), len(page.newest))}

    def statistics(request: Request) -> Any:
        query = query_of(request)
        if query.get("organizationalEntity") != page.urn:
            raise ValueError("organizationalEntity")
        urns = listed(query.get("shares", "List()")) + listed(query.get("ugcPosts", "List()"))
        found = [page.statistics(urn) for urn in urns if urn in page.posts and page.is_counted(urn)]
        return {"elements": found, "paging": paging(0, 10, len(found), len(found))}

    return [
        at("/organizations/{id}", organization),
        at("/networkSizes/{urn}", size),
        at("/organizationPageStatistics", views),
        at("/posts", posts),
        at("/organizationalEntityShareStatistics", statistics),
    ]
