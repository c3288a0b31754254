"""One exchange: whose proxy it goes through, how a query is written, and that nothing of it is told."""

import gzip
import logging
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from faults import Reply, serve

from pipelines.authorization import Bearer
from pipelines.exchange import query
from pipelines.http import Client, NetworkError, SourceError


def test_a_companys_proxy_is_obeyed_but_never_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(lambda request: Reply({"by": "proxy"})) as proxy, serve(lambda request: Reply({"by": "itself"})) as server:
        monkeypatch.setenv("http_proxy", proxy.url.replace("http://", "http://fern:way@"))
        monkeypatch.delenv("no_proxy", raising=False)
        assert Client("acme", "http://api.acme.example/v1").get("/items", {"a": 1}).body == {"by": "proxy"}
        assert Client("acme", server.url).get("/items").body == {"by": "itself"}
        monkeypatch.setenv("no_proxy", "acme.example")
        with pytest.raises(SourceError, match="could not be reached"):
            monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
            Client("acme", "http://api.acme.example/v1").get("/items")
    (asked,) = proxy.requests
    assert asked.headers["host"] == "api.acme.example" and asked.headers["proxy-authorization"] == "Basic ZmVybjp3YXk="
    assert asked.path == "/v1/items" and asked.query == {"a": ["1"]}


def test_a_proxy_for_everything_is_obeyed_and_its_password_may_hold_any_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(lambda request: Reply({"by": "proxy"})) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("all_proxy", proxy.url.replace("http://", "http://fern:w%40y@"))
        assert Client("acme", "http://api.acme.example").get("/items").body == {"by": "proxy"}
    assert proxy.requests[0].headers["proxy-authorization"] == "Basic ZmVybjp3QHk="


def test_a_token_that_no_header_may_hold_is_refused_without_repeating_it() -> None:
    with serve(lambda request: Reply({})) as server:
        for token in ("secret\nX-Admin: 1", "secret\u20ac"):
            with pytest.raises(SourceError, match=r"acme: GET /items cannot be asked: .*no header may hold") as refusal:
                Client("acme", server.url, Bearer(token)).get("/items")
            told = refusal.value
            assert "secret" not in f"{told} {told.__cause__} {told.__suppress_context__ or told.__context__}"
    assert server.requests == []


@pytest.mark.parametrize(
    ("params", "written"),
    [
        ({"q": "a b&c=d/é", "full": True, "page": 2, "none": None}, "q=a%20b%26c%3Dd%2F%C3%A9&full=true&page=2&none="),
        ({"ids": ["a", "b"]}, "ids=a&ids=b"),
        ([("uris", "at://x"), ("uris", "at://y")], "uris=at%3A%2F%2Fx&uris=at%3A%2F%2Fy"),
    ],
)
def test_a_query_says_what_was_meant(params: object, written: str) -> None:
    assert query(params) == written


def test_what_comes_packed_is_unpacked_and_half_of_it_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    packed, headers = gzip.compress(b'{"items": [1]}'), {"Content-Encoding": "gzip"}
    with serve(lambda request: Reply(raw=packed, headers=headers)) as server:
        server.next("/items", Reply(raw=b"no gzip at all", headers=headers))
        assert Client("acme", server.url).get("/items").body == {"items": [1]}
    assert len(server.requests) == 2 and "gzip" in server.requests[0].headers["accept-encoding"]


def test_no_log_of_any_level_holds_what_was_asked(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(lambda request: Reply({})) as server:
        Client("acme", server.url, Bearer("tok-31415")).get("/items", {"email": "ada@example.org"})
    assert "ada" not in caplog.text and "tok-31415" not in caplog.text


def _certificate(folder: Path) -> Path:
    """Of this machine, by nobody but itself; with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1))
    signed = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False).sign(key, hashes.SHA256())
    plain = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(plain + signed.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_server_that_only_says_itself_who_it_is_gets_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    asked = list[str]()

    class Impostor(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))
    with HTTPServer(("127.0.0.1", 0), Impostor) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with pytest.raises(NetworkError, match="could not be reached \\(its certificate is not trusted\\)"):
            Client("acme", f"https://localhost:{server.server_port}", Bearer("tok")).get("/items")
        server.shutdown()
        thread.join()
    assert asked == []


def test_headers_are_known_by_small_letters() -> None:
    with serve(lambda request: Reply({}, headers={"LINK": "<a>; rel=next"})) as server:
        assert Client("acme", server.url).get("/items").headers["link"] == "<a>; rel=next"
