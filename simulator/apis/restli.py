"""Requests -> answers of LinkedIn's versioned REST API: who may ask, the version in the headers, lists in queries, errors."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.apis.wire import answer, bearer


def route(path: str, handle: Callable[[Request], Any], token: str) -> Route:
    """GET below /rest; KeyError is 404, ValueError 400."""

    async def endpoint(request: Request) -> Response:
        if bearer(request) != token:
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


def query_of(request: Request) -> dict[str, str]:
    """Rest.li 2.0 reads the brackets and commas of a list before it decodes what is in it."""
    parts = request.scope["query_string"].decode("ascii").split("&")
    return {name: value if value.startswith("List(") else unquote(value) for name, _, value in (part.partition("=") for part in parts)}


def listed(text: str) -> list[str]:
    """The URNs or names of a list."""
    inner = text.removeprefix("List(").removesuffix(")")
    if ":" in inner:
        raise ValueError("the colons of a URN in a list must be encoded")
    return [unquote(value) for value in inner.split(",")] if inner else []


def paging(start: int, count: int, shown: int, total: int) -> dict[str, Any]:
    links = [{"type": "application/json", "rel": "next", "href": f"?start={start + count}&count={count}"}] if start + shown < total else []
    return {"start": start, "count": count, "links": links, "total": total}
