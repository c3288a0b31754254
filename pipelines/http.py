"""A vendor's API -> answers (JSON and the time they were given): asks politely, waits when told to, never asks for ever.

Errors name source, endpoint, status and cure. They hold no query string, no body and no token: a person may stand in any of them.
"""

import json
import re
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import orjson

from pipelines.exchange import Connections, ExchangeError, Response, UnsendableError, http_address
from pipelines.pace import advised_wait, answered_at, backoff, until_reset

TRIES = 6  # of one request, the first included
LONGEST_WAIT = 15 * 60.0  # seconds; the widest rate window of the vendors here (X; Mastodon and Bluesky have 5 minutes)
TIMEOUT = 60  # seconds without a byte
MEANS = {"ExpiredToken": 401, "InvalidToken": 401, "MissingPermission": 403}  # atproto and Graph refuse with 400


class SourceError(Exception):
    """The source cannot be read as things stand; the message says what to change. Trying again alone does not help."""

    is_network = False


class NetworkError(SourceError):
    """The source could not be reached, or was too busy; the same request may succeed later."""

    is_network = True


@dataclass(frozen=True)
class Answer:
    """One answer: its parsed JSON, when the server gave it (its Date header, else our clock; UTC), headers, status, and name of an allowed error."""

    body: Any
    answered_at: datetime
    headers: Mapping[str, str]
    status: int
    error: str = ""


class Authorization(Protocol):
    """How a source proves who asks."""

    def headers(self) -> Mapping[str, str]:
        """Headers of one request."""

    def renew(self, client: "Client", status: int, error: str) -> bool:
        """Get a new token where this refusal means that the old one ran out; False where it does not, or there is no way to."""


class Client:
    """Asks one source, one request at a time.

    `busy` gives the seconds to wait where a vendor says without a 429 that it is asked too much, else None; `named` the
    short name of an error, where a vendor has numbers.
    """

    sleep: Callable[[float], None] = staticmethod(time.sleep)

    def __init__(
        self,
        source: str,
        base_url: str,
        authorization: Authorization | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        busy: Callable[[Response], float | None] = lambda response: None,
        named: Callable[[Response], str] | None = None,
    ) -> None:
        self.source = source
        self.authorization = authorization
        self._busy, self._named = busy, named or error_code
        base = http_address(base_url.rstrip("/"))
        if base is None:
            raise SourceError(f"{source}: the base URL is not an http(s) address; set SOURCES__{source.upper()}__BASE_URL to one")
        self._base = base
        self._wait_before_next = 0.0
        own = {"User-Agent": "goodwill/0.1", "Accept": "application/json", **(headers or {})}
        self._http = Connections(self._base.geturl(), own, TIMEOUT)

    def get(self, path: str, params: Any = None, **options: Any) -> Answer:
        """GET. `path` begins with / and is shown in errors, so it holds no secret; `params` are never shown (bytes: a query as it is sent)."""
        return self.request("GET", path, params=params, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        """POST of a JSON body, for reading only: it is repeated after a failure like any other request."""
        return self.request("POST", path, body=body, **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        allow: tuple[int | str, ...] = (),
    ) -> Answer:
        """One answer with JSON in it, after as many tries as are polite.

        `headers` stand in for the authorization; refusals in `allow` (status or error name) come back with body None.
        Raises NetworkError where trying again later may help, else SourceError.
        """
        where = f"{self.source}: {method} {path}"
        is_renewed = False
        failure = ""
        wait = 0.0
        for attempt in range(TRIES):
            if attempt:
                self.sleep(wait)
            self._pause()
            try:
                response = self._send(method, path, params, {"body": body, "form": form}, headers, where)
            except ExchangeError as error:
                failure, wait = str(error), backoff(attempt)
                continue
            except UnsendableError as error:
                raise SourceError(f"{where} cannot be asked: {error}") from None
            self._wait_before_next = until_reset(response)
            status = response.status_code
            code = self._named(response) if status >= 400 else ""
            if status in allow or (code and code in allow):
                return Answer(None, answered_at(response), response.headers, status, code)
            busy = self._busy(response)
            if busy is not None or status in (408, 429) or status >= 500:
                failure, wait = f"answered {status}", advised_wait(response, attempt) if busy is None else busy
                if wait > LONGEST_WAIT:
                    raise NetworkError(
                        f"{where} {failure} and asks to wait {wait:.0f} s, which is longer than a run waits; run again later"
                    )
                self._wait_before_next = 0.0
                continue
            if status >= 400:
                authorization = self.authorization if headers is None else None  # a renewal does not renew itself
                if authorization and not is_renewed and authorization.renew(self, status, code):
                    is_renewed, wait = True, 0.0
                    continue
                raise SourceError(self._refusal(where, status, code))
            try:
                return Answer(_parsed(response.content), answered_at(response), response.headers, status)
            except ValueError:
                if response.content.lstrip()[:1] not in (b"{", b"["):
                    raise SourceError(self._not_json(where, response)) from None
                failure, wait = "broke off in the middle of its JSON", backoff(attempt)
        raise NetworkError(f"{where} {failure}, {TRIES} times in a row; nothing of this source was changed, run again later")

    def _send(
        self, method: str, path: str, params: Any, content: Mapping[str, Any], headers: Mapping[str, str] | None, where: str
    ) -> Response:
        """One exchange; a redirect is followed on the same host only, since the token would go along."""
        own = headers if headers is not None else (self.authorization.headers() if self.authorization else {})
        url = self._base.geturl() + path
        for _ in range(4):
            response = self._http.exchange(method, url, params=params, **content, headers=own)
            if not response.redirected_to or method != "GET":
                break
            url, params = urljoin(url, response.redirected_to), None
            target = urlsplit(url)
            if target.hostname != self._base.hostname or target.scheme not in ("https", self._base.scheme):
                raise SourceError(
                    f"{where} sends us to another address ({target.scheme}://{target.hostname}), where the token must not go; "
                    f"if that is right, set SOURCES__{self.source.upper()}__BASE_URL to it"
                )
        return response

    def _pause(self) -> None:
        """Wait where the last answer said that the allowance is used up."""
        wait, self._wait_before_next = min(self._wait_before_next, LONGEST_WAIT), 0.0
        if wait > 0:
            self.sleep(wait)

    def _refusal(self, where: str, status: int, code: str) -> str:
        name = f"SOURCES__{self.source.upper()}"
        cures = {
            401: f"the token was not accepted: set {name}__ACCESS_TOKEN to a valid one",
            403: f"the token may not read this: give the token of {name}__ACCESS_TOKEN the scope",
            404: f"there is no such thing at this address: is {name}__BASE_URL right?",
        }
        said = f"{status} ({code})" if code else str(status)
        return f"{where} answered {said}; {cures.get(MEANS.get(code, status), 'the source does not accept this request')}"

    def _not_json(self, where: str, response: Response) -> str:
        kind = response.headers.get("content-type", "nothing").split(";")[0]
        return f"{where} answered {response.status_code} with {kind} instead of JSON; is SOURCES__{self.source.upper()}__BASE_URL the API's address?"


class Pages:
    """Guards the paging of one endpoint: a cursor that comes twice would be followed for ever."""

    def __init__(self, source: str, endpoint: str, kind: str = "cursor") -> None:
        self._where = f"{source}: {endpoint}"
        self._kind = kind
        self._seen: set[Hashable] = set()

    def follow(self, cursor: Hashable) -> None:
        """Raises SourceError where this cursor was followed before."""
        if cursor in self._seen:
            raise SourceError(
                f"{self._where} gave the same {self._kind} twice, so its pages go round in a circle after {len(self._seen)} of them; "
                "nothing was changed. It is a fault of the source: run again later, and report it there if it stays"
            )
        self._seen.add(cursor)


def expect(answer: Answer, source: str, endpoint: str, field: str | None = None, kind: type[Any] = list) -> Any:
    """The answer's body, or one field of it, of that kind; raises SourceError where something else came."""
    value = answer.body if field is None else answer.body.get(field) if isinstance(answer.body, dict) else None
    if not isinstance(value, kind):
        wanted = {"list": "a list", "dict": "an object", "str": "a text"}[kind.__name__]
        place = f"`{field}`" if field else "the answer"
        raise SourceError(
            f"{source}: {endpoint} answered with something unexpected: {place} should be {wanted}, "
            f"not {type(value).__name__}; is SOURCES__{source.upper()}__BASE_URL this API's address?"
        )
    return value


@contextmanager
def understood(source: str) -> Iterator[None]:
    """Within it, an answer without a field that its API promises is a fault of the source, told by the field's name."""
    try:
        yield
    except KeyError as fault:
        told = f"{source}: an answer came without {fault}, which its API promises; nothing of this source was changed"
        raise SourceError(told) from fault
    except (ValueError, TypeError, AttributeError) as fault:  # whose words may repeat a value
        told = f"{source}: an answer holds something else than its API promises ({type(fault).__name__})"
        raise SourceError(f"{told}; nothing of this source was changed") from fault


def undeclared(item: Mapping[str, Any], known: frozenset[str]) -> dict[str, None]:
    """Names of fields that we neither use nor leave out on purpose, without their values: they may hold a person."""
    return {} if item.keys() <= known else {name: None for name in item if name not in known}


def _parsed(content: bytes) -> Any:
    with suppress(ValueError):  # it refuses integers beyond 64 bits and half surrogate pairs
        return orjson.loads(content)
    return json.loads(content)


def error_code(response: Response) -> str:
    """The vendor's short name of an error (`ExpiredToken`, `invalid_request_error`); empty where it would be prose, which may name a person."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return ""
    if isinstance(body, list) and body:  # Salesforce: a list of faults
        body = body[0]
    if not isinstance(body, dict):
        return ""
    inner = body["error"] if isinstance(body.get("error"), dict) else body
    first = (inner.get("errors") or [None])[0] if isinstance(inner.get("errors"), list) else None  # Google: which of its limits
    reasons = [first.get("reason")] if isinstance(first, dict) else []
    for value in [*reasons, *(inner.get(name) for name in ("code", "error", "type", "category", "errorCode"))]:
        if isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z_.-]{1,59}", value):
            return value
    return ""


def utc(when: datetime | str) -> datetime:
    """A time as UTC; one without a zone is UTC already (the database keeps them so). Raises ValueError."""
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    return when if when.tzinfo is UTC else when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def stamp(when: datetime | str | None) -> str | None:
    """A time as raw tables hold it, ISO 8601 in UTC; None where it is absent or no time at all (clients may write anything)."""
    try:
        return utc(when).isoformat() if when else None
    except (ValueError, OverflowError):
        return None
