"""Asking politely: what is waited for, what is tried again, what is an error, and what an error never says."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from faults import NOW, Reply, Request, Server, serve

from pipelines import http, pace
from pipelines.authorization import Bearer
from pipelines.exchange import Response
from pipelines.http import Client, NetworkError, Pages, SourceError, expect

TOKEN = "tok-3141592653589793"
PERSON = "ada@example.org"


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(lambda request: Reply({"items": [1]})) as server:
        yield server


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(Client, "sleep", staticmethod(slept.append))
    return slept


def ask(server: Server, **options: object) -> http.Answer:
    return Client("acme", server.url, Bearer(TOKEN)).get("/v1/items", {"email": PERSON}, **options)


def test_an_answer_brings_its_json_and_the_servers_time(server: Server) -> None:
    answer = ask(server)
    assert answer.body == {"items": [1]}
    assert answer.answered_at == NOW
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_without_a_date_header_our_own_clock_dates_the_answer(server: Server) -> None:
    server.now = None
    assert abs(ask(server).answered_at - datetime.now(UTC)) < timedelta(seconds=30)


def test_429_waits_as_long_as_retry_after_says(server: Server, waits: list[float]) -> None:
    server.next("/v1/items", Reply(status=429, headers={"Retry-After": "7"}), Reply(status=429, headers={"Retry-After": "0"}))
    assert ask(server).body == {"items": [1]}
    assert waits == [7, 0]


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_may_be_a_date_by_the_servers_clock(server: Server, waits: list[float], status: int) -> None:
    later = format_datetime(NOW + timedelta(seconds=90), usegmt=True)
    server.next("/v1/items", Reply(status=status, headers={"Retry-After": later}))
    ask(server)
    assert waits == [90]


def test_429_without_retry_after_backs_off_longer_each_time(server: Server, waits: list[float]) -> None:
    server.next("/v1/items", *[Reply(status=429)] * 3)
    ask(server)
    assert [low <= wait <= 2 * low for low, wait in zip((0.5, 1, 2), waits, strict=True)] == [True] * 3


def test_429_without_retry_after_waits_for_the_end_of_the_rate_window(server: Server, waits: list[float]) -> None:
    reset = {"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(NOW.timestamp()) + 40)}
    server.next("/v1/items", Reply(status=429, headers=reset))
    ask(server)
    assert waits == [40]


def test_a_wait_longer_than_a_run_waits_is_an_error_that_may_be_tried_later(server: Server, waits: list[float]) -> None:
    server.next("/v1/items", Reply(status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(NetworkError, match=r"acme: GET /v1/items answered 429 and asks to wait 86400 s.*run again later"):
        ask(server)
    assert waits == []


def test_500_is_tried_again_and_given_up_in_the_end(server: Server, waits: list[float]) -> None:
    server.next("/v1/items", Reply(status=500), Reply(status=502))
    assert ask(server).body == {"items": [1]}
    server.next("/v1/items", *[Reply(status=500)] * http.TRIES)
    with pytest.raises(NetworkError, match=r"acme: GET /v1/items answered 500, 6 times in a row"):
        ask(server)
    assert len(waits) == 2 + http.TRIES - 1


def test_a_silent_server_is_tried_again(server: Server, waits: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 1)
    monkeypatch.setattr(http, "TRIES", 2)
    server.next("/v1/items", Reply(is_silent=True))
    assert ask(server).body == {"items": [1]}
    server.next("/v1/items", *[Reply(is_silent=True)] * http.TRIES)
    with pytest.raises(NetworkError, match="did not answer in time"):
        ask(server)


def test_a_server_that_is_not_there_is_a_network_error(waits: list[float]) -> None:
    with serve(lambda request: Reply()) as gone:
        pass
    with pytest.raises(NetworkError, match=r"could not be reached \(nobody takes the connection\)"):
        ask(gone)


@pytest.mark.parametrize(
    "broken", [Reply({"items": list(range(99))}, is_cut=True), Reply(raw=b'{"items": [1, 2')], ids=["connection", "json"]
)
def test_a_page_that_breaks_off_is_asked_for_again(server: Server, waits: list[float], broken: Reply) -> None:
    server.next("/v1/items", broken)
    assert ask(server).body == {"items": [1]}
    server.next("/v1/items", *[broken] * http.TRIES)
    with pytest.raises(NetworkError, match="broke off in the middle"):
        ask(server)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, r"GET /v1/items answered 401; the token was not accepted: set SOURCES__ACME__ACCESS_TOKEN"),
        (403, r"answered 403; the token may not read this: give the token of SOURCES__ACME__ACCESS_TOKEN the scope"),
        (404, r"answered 404; there is no such thing at this address: is SOURCES__ACME__BASE_URL right\?"),
        (422, r"answered 422; the source does not accept this request"),
    ],
)
def test_a_refusal_names_its_cure_and_is_not_tried_again(server: Server, waits: list[float], status: int, message: str) -> None:
    server.next("/v1/items", Reply({"message": f"no {PERSON} here"}, status))
    with pytest.raises(SourceError, match=message) as caught:
        ask(server)
    assert not caught.value.is_network
    assert len(server.requests) == 1


def test_a_token_that_is_refused_with_400_has_the_cure_of_a_token(server: Server) -> None:
    server.next("/v1/items", Reply({"error": "InvalidToken", "message": "Token could not be verified"}, 400))
    with pytest.raises(SourceError, match=r"answered 400 \(InvalidToken\); the token was not accepted: set SOURCES__ACME__ACCESS_TOKEN"):
        ask(server)


def test_a_web_page_instead_of_json_asks_for_the_right_address(server: Server, waits: list[float]) -> None:
    server.next("/v1/items", Reply(raw=b"<html>Sign in</html>", headers={"Content-Type": "text/html; charset=utf-8"}))
    with pytest.raises(SourceError, match=r"answered 200 with text/html instead of JSON; is SOURCES__ACME__BASE_URL"):
        ask(server)
    assert len(server.requests) == 1


def test_something_else_than_promised_is_named(server: Server) -> None:
    with pytest.raises(SourceError, match=r"acme: /v1/items answered with something unexpected: `things` should be a list, not NoneType"):
        expect(ask(server), "acme", "/v1/items", "things")
    with pytest.raises(SourceError, match=r"the answer should be a list, not dict"):
        expect(ask(server), "acme", "/v1/items")


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        (
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": (NOW + timedelta(seconds=30)).isoformat().replace("+00:00", ".000000Z")},
            30,
        ),  # Mastodon
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(NOW.timestamp()) + 20)}, 20),  # Bluesky
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(int(NOW.timestamp()) + 10)}, 10),  # X
        ({"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "8"}, 8),  # Reddit
        ({"X-HubSpot-RateLimit-Remaining": "0", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}, 10),
        ({"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "3000"}, None),
        ({"X-RateLimit-Remaining": "0"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, None),
    ],
)
def test_an_allowance_that_is_used_up_is_waited_for_before_the_next_request(
    server: Server, waits: list[float], headers: dict[str, str], wait: float | None
) -> None:
    client = Client("acme", server.url)
    server.next("/v1/items", Reply({}, headers=headers))
    client.get("/v1/items")
    assert waits == []
    client.get("/v1/items")
    client.get("/v1/items")
    assert waits == ([] if wait is None else [wait])


class Renewing:
    """An authorization whose token runs out."""

    def __init__(self) -> None:
        self.token, self.renewals = "old", 0

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def renew(self, client: Client, status: int, error: str) -> bool:
        self.renewals += 1
        if error != "ExpiredToken":
            return False
        self.token = client.post("/refresh", headers={}).body["token"]
        return True


def expiring(request: Request) -> Reply:
    if request.path == "/refresh":
        return Reply({"token": "new"})
    return Reply({"page": 2}) if request.headers["authorization"] == "Bearer new" else Reply({"error": "ExpiredToken"}, 400)


def test_a_token_that_runs_out_is_renewed_and_the_same_page_asked_for_again(waits: list[float]) -> None:
    with serve(expiring) as server:
        assert Client("acme", server.url, Renewing()).get("/v1/items", {"cursor": "c2"}).body == {"page": 2}
        assert [request.first("cursor") for request in server.asked("/v1/items")] == ["c2", "c2"]
        assert waits == [0]


def test_a_new_token_that_is_refused_too_is_an_error(waits: list[float]) -> None:
    def always(request: Request) -> Reply:
        return Reply({"token": "x"}) if request.path == "/refresh" else Reply({"error": "ExpiredToken"}, 401)

    with serve(always) as server:
        authorization = Renewing()
        with pytest.raises(SourceError, match=r"answered 401 \(ExpiredToken\); the token was not accepted"):
            Client("acme", server.url, authorization).get("/v1/items")
        assert authorization.renewals == 1


def test_the_token_does_not_follow_a_redirect_to_another_host(server: Server) -> None:
    with serve(lambda request: Reply({})) as other:
        server.next("/v1/items", Reply(status=302, headers={"Location": other.url.replace("127.0.0.1", "localhost") + "/v1/items"}))
        with pytest.raises(SourceError, match=r"sends us to another address \(http://localhost\), where the token must not go; .*BASE_URL"):
            ask(server)
        assert other.requests == []


def test_a_redirect_to_something_else_than_http_is_not_followed(server: Server) -> None:
    server.next("/v1/items", Reply(status=302, headers={"Location": "file://127.0.0.1/etc/hostname"}))
    with pytest.raises(SourceError, match=r"sends us to another address \(file://127.0.0.1\)"):
        ask(server)


def test_a_redirect_on_the_same_host_is_followed(server: Server) -> None:
    server.next("/v1/items", Reply(status=301, headers={"Location": "/v2/items"}))
    assert ask(server).body == {"items": [1]}
    assert server.requests[-1].path == "/v2/items"


def test_a_cursor_that_comes_twice_is_named() -> None:
    pages = Pages("acme", "/v1/items", "page token")
    pages.follow("a")
    pages.follow("b")
    with pytest.raises(SourceError, match=r"acme: /v1/items gave the same page token twice, .* after 2 of them"):
        pages.follow("a")


@pytest.mark.parametrize("address", ["ftp://example.org", "example.org", "", "http://example.org:port", "http://exa mple.org"])
def test_a_base_url_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(SourceError, match="set SOURCES__ACME__BASE_URL"):
        Client("acme", address)


def test_no_error_and_no_log_holds_a_token_or_a_person(server: Server, waits: list[float], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    faults = [
        [Reply({"error": f"{PERSON} {TOKEN}", "message": PERSON}, 400)],
        [Reply(status=500, raw=PERSON.encode())] * http.TRIES,
        [Reply(raw=PERSON.encode())],
        [Reply({"items": PERSON}, is_cut=True)] * http.TRIES,
        [Reply(status=302, headers={"Location": f"https://example.org/?email={PERSON}"})],
    ]
    for replies in faults:
        server.next("/v1/items", *replies)
        with pytest.raises(SourceError) as caught:
            ask(server)
        said = f"{caught.value} {caught.value.__cause__} {caught.value.__suppress_context__ or caught.value.__context__}"
        assert PERSON not in said and TOKEN not in said
    assert PERSON not in caplog.text and TOKEN not in caplog.text
    assert TOKEN not in repr(Bearer(TOKEN))


def test_back_off_ends_at_a_minute_and_differs_between_clients() -> None:
    assert all(0.5 <= pace.backoff(0) <= 1 and 30 <= pace.backoff(20) <= 60 for _ in range(50))
    assert len({pace.backoff(3) for _ in range(20)}) > 1


def test_an_error_has_the_vendors_short_name_but_never_its_prose() -> None:
    def name(body: object) -> str:
        return http.error_code(Response(400, {}, json.dumps(body).encode()))

    assert name({"error": "ExpiredToken", "message": "Token has expired"}) == "ExpiredToken"
    assert name({"error": {"type": "invalid_request_error", "message": PERSON}}) == "invalid_request_error"
    assert name({"status": "error", "category": "VALIDATION_ERROR", "message": PERSON}) == "VALIDATION_ERROR"
    assert name({"error": "No record of ada here"}) == ""
    assert name([PERSON]) == ""
