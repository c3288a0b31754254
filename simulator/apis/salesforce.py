"""World -> Salesforce's REST API: tokens, descriptions of objects, and the SOQL that is asked: all, modified since, ids and counts."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.apis.salesforce_records import Org
from simulator.apis.wire import answer, bearer
from simulator.world import World

CLIENT, SECRET, TOKEN = "demo-salesforce-app", "demo-salesforce-secret", "00Ddemo!salesforce"
PAGE = 8  # Salesforce gives as many as it sees fit
SOQL = re.compile(r"SELECT (.+?) FROM (\w+)(?: WHERE SystemModstamp >= (\S+))?(?: ORDER BY [\w, ]+)?$", re.IGNORECASE)


class Fault(Exception):
    """An error of the API: status, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.body = status, [{"message": message, "errorCode": code}]


def routes(world: World) -> list[Route]:
    org = Org(world)
    root = "/services/data/v{version}"

    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET) or form.get("grant_type") not in (
            "client_credentials",
            "refresh_token",
            "password",
        ):
            return answer({"error": "invalid_client", "error_description": "invalid client credentials"}, 400)
        where = str(request.base_url).rstrip("/")
        return answer({"access_token": TOKEN, "instance_url": where, "id": where + "/id", "token_type": "Bearer", "issued_at": "0"})

    def route(path: str, handle: Callable[[Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                if bearer(request) != TOKEN:
                    raise Fault(401, "INVALID_SESSION_ID", "Session expired or invalid")
                return answer(handle(request), headers={"Sforce-Limit-Info": "api-usage=18/15000"})
            except Fault as fault:
                return answer(fault.body, fault.status)

        return Route(root + path, endpoint)

    def describe(request: Request) -> Any:
        name = request.path_params["object"]
        if name not in org.records:
            raise Fault(404, "NOT_FOUND", "The requested resource does not exist")
        fields = {field for record in org.records[name] for field in record} | {"Id", "SystemModstamp"}
        return {"name": name, "fields": [{"name": field} for field in sorted(fields - {"attributes"})]}

    def query(is_all: bool) -> Callable[[Request], Any]:
        def run(request: Request) -> Any:
            found = SOQL.fullmatch(request.query_params.get("q", "").strip())
            if not found or found[2] not in org.records:
                raise Fault(400, "MALFORMED_QUERY", "unexpected token")
            return _page(request, found[1], found[2], found[3] or "", is_all, 0)

        return run

    def _page(request: Request, fields: str, name: str, since: str, is_all: bool, start: int) -> Any:
        since = since.removesuffix("Z")
        wanted = [record for record in org.records[name] if (is_all or not record.get("IsDeleted")) and record["SystemModstamp"] >= since]
        if fields.upper() == "COUNT()":
            return {"totalSize": len(wanted), "done": True, "records": []}
        names = [field.strip() for field in fields.split(",")]
        for field in names if wanted else []:
            if not any(field in record for record in org.records[name]):
                raise Fault(400, "INVALID_FIELD", f"No such column '{field}' on entity '{name}'")
        page = [
            {"attributes": record["attributes"]} | {field: record.get(field) for field in names} for record in wanted[start : start + PAGE]
        ]
        body = {"totalSize": len(wanted), "done": start + PAGE >= len(wanted), "records": page}
        if not body["done"]:
            key = f"{name}-{since}-{int(is_all)}-{start + PAGE}".replace(":", "_")
            locators[key] = (fields, name, since, is_all, start + PAGE)
            body["nextRecordsUrl"] = f"/services/data/v{request.path_params['version']}/query/01g{key}"
        return body

    def more(request: Request) -> Any:
        key = request.path_params["locator"].removeprefix("01g")
        if key not in locators:
            raise Fault(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return _page(request, *locators[key])

    locators: dict[str, tuple[str, str, str, bool, int]] = {}
    return [
        Route("/services/oauth2/token", token, methods=["POST"]),
        route("/sobjects/{object}/describe", describe),
        *(route(path, query(is_all=False)) for path in ("/query", "/query/")),
        *(route(path, query(is_all=True)) for path in ("/queryAll", "/queryAll/")),
        route("/query/{locator:path}", more),
    ]
