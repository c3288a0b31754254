"""World -> HubSpot's CRM API: lists and searches of companies, contacts and deals, associations v4, pipelines and owners."""

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.apis.hubspot_records import KINDS, Portal, Record
from simulator.apis.wire import answer, bearer, number
from simulator.world import World

TOKEN = "demo-hubspot-token"
WALL = 10_000  # results that one search can be paged through
SINGULAR = {"companies": "company", "contacts": "contact", "deals": "deal"}
CORRELATION = "aeb5f871-7f07-4993-9211-075dc63e7cbf"


class Fault(Exception):
    """An error of the API: status, category and message."""

    def __init__(self, status: int, category: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"status": "error", "message": message, "correlationId": CORRELATION, "category": category}


def routes(world: World) -> list[Route]:
    portal = Portal(world)
    found: dict[str, list[Record]] = {}  # results of the latest search, so that its pages are cut from one answer

    def route(path: str, handle: Callable[[Request, Any], Any], method: str = "GET") -> Route:
        async def endpoint(request: Request) -> Response:
            if bearer(request) != TOKEN:
                fault = Fault(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
                return answer(fault.body, 401)
            try:
                given = json.loads(await request.body() or b"{}") if method == "POST" else {}
                result = handle(request, given)
                return result if isinstance(result, Response) else answer(result)
            except Fault as fault:
                return answer(fault.body, fault.status)
            except (KeyError, ValueError, TypeError) as error:
                return answer(Fault(400, "VALIDATION_ERROR", f"Invalid input: {error}").body, 400)

        return Route(path, endpoint, methods=[method])

    def kind_of(request: Request) -> str:
        kind = str(request.path_params["kind"])
        if kind not in KINDS:
            raise Fault(404, "OBJECT_NOT_FOUND", f"Unable to infer object type from: {kind}")
        return kind

    def list_(request: Request, _: Any) -> Any:
        query = request.query_params
        records = portal.archived(kind_of(request)) if query.get("archived") == "true" else portal.live(kind_of(request))
        limit, after = number(request, "limit", 10, 100), int(query.get("after") or 0)
        names = ",".join(query.getlist("properties")).split(",")
        rest = [record for record in records if record.number > after]
        page = rest[:limit]
        body: dict[str, Any] = {"results": [record.view(names) for record in page]}
        if len(rest) > limit:
            link = str(request.url.include_query_params(after=page[-1].number))
            body["paging"] = {"next": {"after": str(page[-1].number), "link": link}}
        return body

    def read(request: Request, _: Any) -> Any:
        record = portal.by_id(kind_of(request), request.path_params["id"])
        if record is None:
            raise Fault(404, "OBJECT_NOT_FOUND", "Object not found.  objectId are usually numeric.")
        return record.view(",".join(request.query_params.getlist("properties")).split(","))

    def batch_read(request: Request, given: Any) -> Any:
        records = [portal.by_id(kind_of(request), entry["id"]) for entry in given["inputs"]]
        results = [record.view(given.get("properties") or []) for record in records if record]
        return {"status": "COMPLETE", "results": results, "startedAt": portal.now, "completedAt": portal.now}

    def search(request: Request, given: Any) -> Any:
        kind, limit, after = kind_of(request), int(given.get("limit") or 10), int(given.get("after") or 0)
        if limit > 200:
            raise Fault(400, "VALIDATION_ERROR", "The maximum number of results per page is 200.")
        if after + limit > WALL:
            raise Fault(400, "VALIDATION_ERROR", f"The maximum number of results you can page through is {WALL}.")
        asked = json.dumps([kind, given.get("filterGroups"), given.get("sorts")])
        if asked not in found:
            found.clear()
            found[asked] = portal.search(kind, given.get("filterGroups") or [], given.get("sorts") or [])
        results = found[asked]
        page = results[after : after + limit]
        body = {"total": len(results), "results": [record.view(given.get("properties") or []) for record in page]}
        if after + limit < len(results):
            body["paging"] = {"next": {"after": str(after + limit)}}
        return body

    def associations(request: Request, given: Any) -> Any:
        source, target = (SINGULAR.get(name, name) for name in (request.path_params["kind"], request.path_params["to"]))
        if len(given["inputs"]) > 1000:
            raise Fault(400, "VALIDATION_ERROR", "The maximum number of inputs is 1000.")
        results, errors = [], []
        for entry in given["inputs"]:
            targets = portal.associated(source, target, str(entry["id"]))
            if targets:
                results.append({"from": {"id": str(entry["id"])}, "to": targets})
            else:
                message = f"No {target} is associated with {source} {entry['id']}."
                error = {"status": "error", "category": "OBJECT_NOT_FOUND", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"}
                errors.append(error | {"message": message, "context": {"fromObjectId": [str(entry["id"])]}})
        body = {"status": "COMPLETE", "results": results, "startedAt": portal.now, "completedAt": portal.now}
        return answer(body | {"numErrors": len(errors), "errors": errors}, 207) if errors else body

    def associations_of(request: Request, _: Any) -> Any:
        source, target = (SINGULAR.get(name, name) for name in (request.path_params["kind"], request.path_params["to"]))
        return {"results": portal.associated(source, target, request.path_params["id"])}

    def owners(request: Request, _: Any) -> Any:
        query = request.query_params
        owners_ = [owner for owner in portal.owners if owner["archived"] == (query.get("archived") == "true")]
        limit, after = number(request, "limit", 100, 500), int(query.get("after") or 0)
        rest = [owner for owner in owners_ if int(owner["id"]) > after]
        body: dict[str, Any] = {"results": rest[:limit]}
        if len(rest) > limit:
            last = rest[limit - 1]["id"]
            body["paging"] = {"next": {"after": last, "link": str(request.url.include_query_params(after=last))}}
        return body

    def pipelines(request: Request, _: Any) -> Any:
        return {"results": portal.pipelines}

    def account(request: Request, _: Any) -> Any:
        details = {"portalId": 4_700_001, "accountType": "STANDARD", "timeZone": "UTC", "companyCurrency": "USD"}
        details |= {"additionalCurrencies": ["EUR", "GBP", "JPY"], "utcOffset": "+00:00", "utcOffsetMilliseconds": 0}
        return details | {"uiDomain": "app.hubspot.com", "dataHostingLocation": "na1"}

    return [
        route("/crm/v3/objects/{kind}", list_),
        route("/crm/v3/objects/{kind}/search", search, "POST"),
        route("/crm/v3/objects/{kind}/batch/read", batch_read, "POST"),
        route("/crm/v3/objects/{kind}/{id}", read),
        route("/crm/v4/associations/{kind}/{to}/batch/read", associations, "POST"),
        route("/crm/v4/objects/{kind}/{id}/associations/{to}", associations_of),
        route("/crm/v3/owners", owners),
        route("/crm/v3/owners/", owners),
        route("/crm/v3/pipelines/deals", pipelines),
        route("/account-info/v3/details", account),
    ]
