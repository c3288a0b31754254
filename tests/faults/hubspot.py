"""A small HubSpot: records with properties, lists, search with its wall, associations and the archive."""

from datetime import datetime, timedelta
from typing import Any

from faults import NOW, Reply, Request
from faults.layer import Adapter, Fault

TOKEN = "pat-na1-token"


def at(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


class HubSpot:
    """A portal. Ids are beyond 2^53; pages hold `page` records, a search gives `wall` results at most."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, dict[str, Any]]] = {"companies": {}, "contacts": {}, "deals": {}}
        self.archive: dict[str, dict[str, dict[str, Any]]] = {"companies": {}, "contacts": {}, "deals": {}}
        self.associations: dict[tuple[str, str, str], list[tuple[str, int]]] = {}  # (from kind, from id, to kind): (to id, type)
        self.owners = [
            {"id": "77", "email": "olga@acme.example", "firstName": "Olga", "teams": [{"id": "1", "name": "Sales", "primary": True}]}
        ]
        self.hidden_from_search: set[str] = set()
        self.page, self.wall = 2, 10_000
        self.last_id = 9_100_000_000_000_000_000
        self.has_account_info = True

    def add(self, kind: str, modified: datetime = NOW - timedelta(days=9), **properties: Any) -> str:
        self.last_id += 1
        id_ = str(self.last_id)
        name = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        known = {"hs_object_id": id_, "createdate": at(NOW - timedelta(days=30)), name: at(modified)}
        self.records[kind][id_] = {
            "id": id_,
            "archived": False,
            "createdAt": at(NOW - timedelta(days=30)),
            "properties": known | properties,
        }
        return id_

    def change(self, kind: str, id_: str, when: datetime, **properties: Any) -> None:
        name = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        self.records[kind][id_]["properties"] |= {name: at(when), **properties}

    def delete(self, kind: str, id_: str, when: datetime) -> None:
        self.archive[kind][id_] = self.records[kind].pop(id_) | {"archived": True, "archivedAt": at(when)}

    def merge(self, kind: str, survivor: str, other: str, when: datetime) -> None:
        del self.records[kind][other]
        self.change(kind, survivor, when, hs_merged_object_ids=other)

    def tie(self, kind: str, id_: str, other: str, other_id: str, type_: int) -> None:
        self.associations.setdefault((kind, id_, other), []).append((other_id, type_))

    def shown(self, record: dict[str, Any], asked: list[str]) -> dict[str, Any]:
        known = {"hs_object_id", "createdate"} | set(asked)
        return record | {"properties": {name: record["properties"].get(name) for name in known}}

    def paged(self, records: list[dict[str, Any]], after: str, wall: int | None = None) -> dict[str, Any]:
        start = int(after or 0)
        more = start + self.page < len(records) and (wall is None or start + self.page < wall)
        return {"results": records[start : start + self.page]} | ({"paging": {"next": {"after": str(start + self.page)}}} if more else {})

    def search(self, kind: str, body: dict[str, Any]) -> Reply:
        found = [record for id_, record in self.records[kind].items() if id_ not in self.hidden_from_search]
        for filter_ in (filter_ for group in body.get("filterGroups") or [] for filter_ in group["filters"]):
            name, value = filter_["propertyName"], int(filter_["value"])
            if name == "hs_object_id":
                found = [record for record in found if int(record["id"]) > value]
            else:
                found = [record for record in found if datetime.fromisoformat(record["properties"][name]).timestamp() * 1000 >= value]
        if int(body.get("after") or 0) >= self.wall:
            return Reply({"status": "error", "category": "VALIDATION_ERROR", "message": "paging limit"}, 400)
        found.sort(key=lambda record: int(record["id"]))
        total = len(self.records[kind]) if not body.get("filterGroups") else len(found)
        page = self.paged([self.shown(record, body["properties"]) for record in found], body.get("after", ""))
        return Reply({"total": total, **page})

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply({"status": "error", "category": "INVALID_AUTHENTICATION", "message": "token"}, 401)
        match request.path.strip("/").split("/"):
            case ["account-info", _, _]:
                return (
                    Reply({"portalId": 1, "companyCurrency": "EUR"})
                    if self.has_account_info
                    else Reply({"category": "MISSING_SCOPES"}, 403)
                )
            case ["crm", _, "pipelines", _]:
                open_, won = {"isClosed": "false", "probability": "0.4"}, {"isClosed": "true", "probability": "1.0"}
                stages = [{"id": "801", "label": "Handshake", "metadata": open_}, {"id": "802", "label": "Signed", "metadata": won}]
                lost = {"id": "closedlost", "label": "Closed Lost", "metadata": {"isClosed": "true", "probability": "0.0"}}
                return Reply({"results": [{"id": "default", "label": "Sales", "stages": [*stages, lost]}]})
            case ["crm", _, "owners"]:
                return Reply({"results": self.owners if request.first("archived") == "false" else []})
            case ["crm", _, "objects", kind, "search"]:
                return self.search(kind, request.body)
            case ["crm", _, "objects", kind]:
                records = self.archive[kind] if request.first("archived") == "true" else self.records[kind]
                asked = request.first("properties").split(",")
                return Reply(self.paged([self.shown(record, asked) for record in records.values()], request.first("after")))
            case ["crm", _, "associations", kind, other, "batch", "read"]:
                results = []
                for input_ in request.body["inputs"]:
                    targets = self.associations.get((kind, input_["id"], other), [])
                    if targets:
                        to = [
                            {"toObjectId": int(id_), "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": type_}]}
                            for id_, type_ in targets
                        ]
                        results.append({"from": {"id": input_["id"]}, **self.targets(to, input_.get("after"))})
                missing = len(request.body["inputs"]) - len(results)
                return Reply({"status": "COMPLETE", "results": results, "numErrors": missing}, 207 if missing else 200)
        return Reply({"status": "error", "message": "not found"}, 404)

    def targets(self, to: list[dict[str, Any]], after: str | None) -> dict[str, Any]:
        page = self.paged(to, after or "")
        return {"to": page["results"], **({"paging": page["paging"]} if "paging" in page else {})}


ADAPTER = Adapter(
    settings={"access_token": "demo-hubspot-token"},
    feed="/contacts",
    refusal=Fault(401, {"status": "error", "message": "Authentication credentials not found", "category": "INVALID_AUTHENTICATION"}),
    sizes=("limit",),
    least=25,
)
