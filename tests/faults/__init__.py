"""A web server on this machine that answers as told, also wrongly, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: Any
    form: Mapping[str, str] = field(default_factory=dict)

    def first(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]


@dataclass(frozen=True)
class Reply:
    """An answer. `raw` stands in for the JSON; `is_cut` breaks the connection in the middle of the body; `is_silent` never answers."""

    json: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    is_cut: bool = False
    is_silent: bool = False


@dataclass
class Server:
    """`answer` gives the usual reply; replies queued by `next` for a path come before it, one each."""

    answer: Callable[[Request], Reply]
    url: str = ""
    now: datetime | None = NOW  # the Date header; None: the server sends none
    requests: list[Request] = field(default_factory=list)
    queued: dict[str, list[Reply]] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def next(self, path: str, *replies: Reply) -> None:
        self.queued.setdefault(path, []).extend(replies)

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]


@contextmanager
def serve(answer: Callable[[Request], Reply]) -> Iterator[Server]:
    server = Server(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.reply("GET")

        def do_POST(self) -> None:
            self.reply("POST")

        def reply(self, method: str) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            content = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            is_form = headers.get("content-type") == "application/x-www-form-urlencoded"
            form = {name: values[0] for name, values in parse_qs(content.decode()).items()} if is_form else {}
            body = json.loads(content) if content and not is_form else None
            request = Request(method, parts.path, parse_qs(parts.query), headers, body, form)
            server.requests.append(request)
            queue = server.queued.get(parts.path)
            reply = queue.pop(0) if queue else server.answer(request)
            if reply.is_silent:
                server.stop.wait(10)
                self.close_connection = True
                return
            content = reply.raw if reply.raw is not None else json.dumps(reply.json).encode()
            self.send_response_only(reply.status)
            if server.now:
                self.send_header("Date", format_datetime(server.now, usegmt=True))
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if reply.is_cut else content)
            self.close_connection = self.close_connection or reply.is_cut

        def log_message(self, *_: Any) -> None:
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.daemon_threads = True
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{web.server_port}"
    try:
        yield server
    finally:
        server.stop.set()
        web.shutdown()
        web.server_close()
