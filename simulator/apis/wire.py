"""Requests -> answers: what all vendors' APIs share, the clock of the answer, counted rate limits, and faults at fixed requests."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from zlib import crc32

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.stage import Times
from simulator.world import World

# Every so many requests one is refused or breaks; far enough apart that no retry meets a second one.
REFUSED_EVERY = 211
BROKEN_EVERY = 397
GRAPH = ("facebook", "instagram", "meta_ads")
REFUSED = {
    "bluesky": {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"},
    "mastodon": {"error": "Too many requests"},
    "hubspot": {
        "status": "error",
        "message": "You have reached your secondly limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": "c033cdaa-2c40-4a64-ae48-b4cec88dad24",
        "policyName": "SECONDLY",
    },
    "stripe": {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Request rate limit exceeded."}},
    "linkedin": {"status": 429, "serviceErrorCode": 101, "code": "TOO_MANY_REQUESTS", "message": "Resource level throttle limit reached"},
    "x": {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429},
    "youtube": {"error": {"code": 429, "errors": [{"reason": "rateLimitExceeded"}], "status": "RESOURCE_EXHAUSTED"}},
    "salesforce": [{"message": "Too many requests", "errorCode": "SERVER_TOO_BUSY"}],
    "slack": {"ok": False, "error": "ratelimited"},
    "zendesk": {
        "error": "APIRateLimitExceeded",
        "description": "Number of allowed incremental ticket export API requests per minute exceeded",
    },
}
REFUSED["matomo"] = {"result": "error", "message": "Too many requests"}
REFUSED["linkedin_ads"] = REFUSED["linkedin"]
REFUSED["google_ads"] = {"error": {"code": 429, "message": "Resource has been exhausted", "status": "RESOURCE_EXHAUSTED"}}
LIMITED = {"error": {"message": "(#4) Application request limit reached", "type": "OAuthException", "code": 4}}
REFUSED |= dict.fromkeys(GRAPH, LIMITED)
BROKEN = {
    "bluesky": {"error": "InternalServerError", "message": "Internal Server Error"},
    "mastodon": {"error": "Something went wrong on our end"},
    "hubspot": {"status": "error", "message": "internal error", "correlationId": "00000000-0000-4000-8000-000000000500"},
    "stripe": {"error": {"type": "api_error", "message": "An unknown error occurred."}},
    "linkedin": {"status": 500, "code": "INTERNAL_SERVER_ERROR", "message": "Internal Server Error"},
    "x": {"title": "Internal Error", "detail": "Something is broken.", "type": "about:blank", "status": 500},
    "youtube": {"error": {"code": 500, "errors": [{"reason": "backendError"}], "status": "INTERNAL"}},
    "salesforce": [{"message": "An unexpected error occurred", "errorCode": "UNKNOWN_EXCEPTION"}],
    "slack": {"ok": False, "error": "internal_error"},
    "zendesk": {"error": "InternalError", "description": "An unexpected error occurred"},
}
BROKEN["matomo"] = {"result": "error", "message": "Mysqli statement execute error : MySQL server has gone away"}
BROKEN["linkedin_ads"] = BROKEN["linkedin"]
BROKEN["google_ads"] = {"error": {"code": 500, "message": "Internal error encountered.", "status": "INTERNAL"}}
FAILED = {"error": {"message": "An unknown error occurred", "type": "OAuthException", "code": 1}}
BROKEN |= dict.fromkeys(GRAPH, FAILED)


class Wire:
    """Around one vendor's routes: a Date header by SIM_NOW, rate headers in the vendor's words, and the faults."""

    def __init__(self, app: ASGIApp, world: World, vendor: str, has_faults: bool) -> None:
        self.app, self.vendor, self.has_faults = app, vendor, has_faults
        self.now = world.now.replace(tzinfo=UTC)
        self.offset = crc32(f"{vendor}|{world.stage.seed}".encode()) % 97
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        extra = {"Date": format_datetime(self.now, usegmt=True), **self._rate_headers()}
        headers = [(name.lower().encode(), value.encode()) for name, value in extra.items()]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        fault = self._fault()
        await (fault or self.app)(scope, receive, with_headers)

    def _fault(self) -> Response | None:
        number = self.requests + self.offset
        if self.has_faults and number % REFUSED_EVERY == 0:
            # the first refusal asks for a second, later ones for nothing: a demo should not sleep
            return answer(REFUSED[self.vendor], 429, {"Retry-After": "1" if number == REFUSED_EVERY else "0"})
        if self.has_faults and number % BROKEN_EVERY == 0:
            return answer(BROKEN[self.vendor], 500, {"Retry-After": "0"})
        return None

    def _rate_headers(self) -> dict[str, str]:
        """A window that is never used up: SIM_NOW stands still, so a client that waited for its end would wait for ever."""
        reset = datetime.fromtimestamp(self.now.timestamp() // 300 * 300 + 300, UTC)
        if self.vendor == "bluesky":
            left = {"RateLimit-Limit": "3000", "RateLimit-Remaining": str(3000 - self.requests % 2700)}
            return left | {"RateLimit-Reset": str(int(reset.timestamp())), "RateLimit-Policy": "3000;w=300"}
        if self.vendor == "mastodon":
            left = {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": str(300 - self.requests % 270)}
            return left | {"X-RateLimit-Reset": reset.strftime("%Y-%m-%dT%H:%M:%S.000000Z")}
        if self.vendor == "hubspot":
            left = {"X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Remaining": str(190 - self.requests % 170)}
            daily = {"X-HubSpot-RateLimit-Daily": "625000", "X-HubSpot-RateLimit-Daily-Remaining": str(625_000 - self.requests)}
            return left | daily | {"X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
        if self.vendor == "x":
            left = {"x-rate-limit-limit": "900", "x-rate-limit-remaining": str(900 - self.requests % 850)}
            return left | {"x-rate-limit-reset": str(int(reset.timestamp()))}
        if self.vendor in GRAPH:
            used = {"call_count": self.requests % 80, "total_cputime": 3, "total_time": self.requests % 60}
            of_business = {"type": "pages", **used, "estimated_time_to_regain_access": 0}
            return {"X-App-Usage": json.dumps(used), "X-Business-Use-Case-Usage": json.dumps({"9001": [of_business]})}
        if self.vendor == "zendesk":
            left = {"ratelimit-limit": "700", "ratelimit-remaining": str(700 - self.requests % 600), "ratelimit-reset": "60"}
            return left | {"x-rate-limit": "700", "x-rate-limit-remaining": left["ratelimit-remaining"]}
        if self.vendor in ("google_ads", "linkedin", "linkedin_ads", "matomo", "salesforce", "slack", "youtube"):
            return {}  # their limits are told nowhere but in the console
        return {"Request-Id": f"req_{self.requests:014d}"}


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON as an answer."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(content, status, dict(headers or {}), media_type="application/json")


def bearer(request: Request) -> str:
    """The token of the request, empty where there is none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def number(request: Request, name: str, default: int, most: int) -> int:
    """A whole number of the query between 1 and `most`; ValueError where it is none."""
    return max(1, min(most, int(request.query_params.get(name) or default)))


def stamps(times: Times, ending: str = ".000Z") -> list[str | None]:
    """Times as ISO 8601 texts."""
    texts = times.astype("datetime64[s]").astype(str).tolist()
    return [None if text == "NaT" else text + ending for text in texts]
