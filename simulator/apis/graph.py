"""Requests -> answers of Meta's Graph API: nodes by id, edges by cursors, `fields` with edges and insights in them, errors by numbers."""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.apis.wire import answer, bearer

METRIC = "(#100) The value must be a valid insights metric"


class GraphError(Exception):
    """An error in Graph's envelope."""

    def __init__(self, code: int, message: str, subcode: int | None = None, status: int = 400) -> None:
        super().__init__(message)
        error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam"}
        self.status, self.body = status, {"error": error | ({"error_subcode": subcode} if subcode else {})}


@dataclass(frozen=True)
class Edge:
    """A list that hangs on a node."""

    nodes: list["Node"]
    all: list["Node"] | None = None  # with `filter(stream)`: what hangs below them, too
    summary: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Node:
    """An object: all fields its kind may have, its values, its edges by name, the metrics of its insights."""

    kind: str
    known: frozenset[str]
    values: Mapping[str, Any]
    edges: Mapping[str, Callable[[], Edge]] = field(default_factory=dict)
    metrics: Mapping[str, Any] | None = None
    asked: Mapping[str, Callable[[Mapping[str, str]], Edge]] = field(default_factory=dict)  # edges that depend on the question
    always: tuple[str, ...] = ("id",)  # fields that are given unasked


@dataclass(frozen=True)
class Wanted:
    """One of `fields`: name, what is called on it (limit, summary, metric ...), and the fields within."""

    name: str
    calls: Mapping[str, str]
    inner: list["Wanted"]


def routes(token: str, root: Callable[[str], Node | None]) -> list[Route]:
    """`/{version}/{id}`, `/{version}/{id}/{edge}` and `/{version}/?ids=`; `root` finds a node by its id."""

    def node(id_: str) -> Node:
        found = root(id_)
        if found is None:
            raise GraphError(100, f"Unsupported get request. Object with ID '{id_}' does not exist, cannot be loaded", 33)
        return found

    def handle(request: Request) -> Any:
        query, parts = request.query_params, request.path_params["rest"].strip("/").split("/")
        if (bearer(request) or query.get("access_token")) != token:
            raise GraphError(190, "Error validating access token: Session has expired", 463, 401)
        wanted = list(parsed(query.get("fields", "id")))
        if "ids" in query:
            return {id_: shown(node(id_), wanted) for id_ in query["ids"].split(",")}
        if len(parts) == 1:
            return shown(node(parts[0]), wanted)
        found = node(parts[0])
        if parts[1] == "insights" and found.metrics is not None:
            return insights(found, query.get("metric", ""))
        if parts[1] not in {*found.edges, *found.asked}:
            raise GraphError(2500, f"Unknown path components: /{parts[1]}")
        edge = found.asked[parts[1]](query) if parts[1] in found.asked else found.edges[parts[1]]()
        calls = {name: query[name] for name in ("limit", "after", "filter", "summary") if name in query}
        return edge_of(edge, calls, wanted, f"{request.url.path}?access_token={token}&")

    async def endpoint(request: Request) -> Response:
        try:
            return answer(handle(request))
        except GraphError as fault:
            return answer(fault.body, fault.status)

    return [Route("/{version:str}/{rest:path}", endpoint)]


def parsed(text: str) -> Iterator[Wanted]:
    """`a,b{c,d},e.limit(0).summary(total_count)` as fields."""
    for part in _split(text):
        head, brace, rest = part.partition("{")
        name, *calls = _split(head, ".")
        called = {match[1]: match[2] for match in (re.fullmatch(r"(\w+)\((.*)\)", call) for call in calls) if match}
        yield Wanted(name.strip(), called, list(parsed(rest.removesuffix("}"))) if brace else [])


def _split(text: str, at: str = ",") -> list[str]:
    """Parts between the commas that stand in no bracket."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "({") - (letter in ")}")
        if letter == at and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def shown(node: Node, wanted: list[Wanted]) -> dict[str, Any]:
    """The fields of a node that are wanted, those that it has; its id always."""
    found = {name: node.values[name] for name in node.always if name in node.values}
    for each in wanted:
        if each.name == "insights" and node.metrics is not None:
            found["insights"] = insights(node, each.calls.get("metric", ""))
        elif each.name in node.edges:
            edge = edge_of(node.edges[each.name](), each.calls, each.inner, "/next?access_token=x&")
            if edge["data"] or "summary" in edge:
                found[each.name] = edge
        elif each.name not in node.known:
            raise GraphError(100, f"(#100) Tried accessing nonexisting field ({each.name}) on node type ({node.kind})")
        elif node.values.get(each.name) is not None:
            value = node.values[each.name]
            found[each.name] = shown(value, each.inner) if isinstance(value, Node) else value
    return found


def edge_of(edge: Edge, calls: Mapping[str, str], wanted: list[Wanted], address: str) -> dict[str, Any]:
    nodes = edge.all if calls.get("filter") == "stream" and edge.all is not None else edge.nodes
    limit = max(0, min(500, int(calls.get("limit", 25))))
    start = int(base64.b64decode(calls["after"])) if calls.get("after") else 0
    some = nodes[start : start + limit]
    body: dict[str, Any] = {"data": [shown(node, wanted) for node in some]}
    if some:
        cursors = {"before": _cursor(start), "after": _cursor(start + len(some))}
        more = {"next": f"https://graph.facebook.com{address}limit={limit}&after={cursors['after']}"}
        body["paging"] = {"cursors": cursors} | (more if start + limit < len(nodes) else {})
    if "summary" in calls:
        body["summary"] = {"total_count": len(nodes)} if edge.summary is None else edge.summary
    return body


def insights(node: Node, asked: str) -> dict[str, Any]:
    metrics = node.metrics or {}
    names = json.loads(asked) if asked.startswith("[") else asked.split(",")
    if set(names) - set(metrics):
        raise GraphError(100, METRIC)
    id_ = node.values["id"]
    given = [name for name in names if metrics[name] is not None]
    shown = [
        {"name": name, "period": "lifetime", "values": [{"value": metrics[name]}], "title": name, "id": f"{id_}/insights/{name}/lifetime"}
        for name in given
    ]
    return {"data": shown, "paging": {}}


def _cursor(place: int) -> str:
    return base64.b64encode(str(place).encode()).decode()
