"""Between a loader and the demo company: remembers every exchange, and breaks or bends answers as it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import uvicorn
from contracts import Exchange
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.apis import application
from simulator.server import HOST, _listening
from simulator.world import World


@dataclass(frozen=True)
class Fault:
    """Instead of the answer: a status with headers, half of a body, or silence."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False
    is_silent: bool = False


@dataclass(frozen=True)
class Adapter:
    """What the contract of every source has to know of one."""

    settings: Mapping[str, str]
    feed: str  # end of the path of a list that is read in pages
    refusal: Fault  # how it says that the token ran out
    sizes: tuple[str, ...] = ()  # parameters that ask for so many rows a page
    least: int = 1  # rows that a page may be asked for
    renews: bool = False  # whether the loader gets a new token by itself
    counters: tuple[str, ...] = ()  # fields of numbers that the loader keeps
    nulls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # table -> columns that are empty where the counters are
    texts: tuple[str, ...] = ()  # fields of words
    worded: tuple[str, str] = ("posts", "text")  # where they end
    histories: frozenset[str] = frozenset()  # tables whose rows say when they changed


Change = Callable[[str, Any], Any]


class Layer:
    """An ASGI application. `faults` are answers to the n-th request of a load; `change` bends the JSON of every other answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.reset()

    def reset(self) -> None:
        self.exchanges: list[Exchange] = []
        self.count = 0
        self.faults: dict[int, Fault] = {}
        self.on_page: tuple[str, Fault] | None = None  # once, at the second request of a path that ends so
        self.change: Change = lambda path, body: body
        self.replay: str | None = None  # every request of a path that ends so gets the first answer again
        self.first: tuple[Message, bytes] | None = None
        self.skew = timedelta(0)
        self.sizes: Mapping[str, int] = {}
        self.seen: dict[str, int] = {}

    def _fault(self, path: str) -> Fault | None:
        self.count += 1
        self.seen[path] = self.seen.get(path, 0) + 1
        if self.on_page and path.endswith(self.on_page[0]) and self.seen[path] == 2:
            fault, self.on_page = self.on_page[1], None
            return fault
        return self.faults.get(self.count)

    def _asked(self, scope: Scope) -> Scope:
        """The request for smaller pages, as if the vendor gave fewer than were asked for."""
        query = scope["query_string"].decode()
        for name, size in self.sizes.items():
            parts = [part if part.partition("=")[0] != name else urlencode({name: size}) for part in query.split("&")]
            query = "&".join(parts)
        return {**scope, "query_string": query.encode()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)

        # an API with one address names its method in the query
        path = "/".join(filter(None, [scope["path"], dict(parse_qsl(scope["query_string"].decode())).get("method")]))
        fault = self._fault(path)
        if fault and fault.is_silent:
            while (await receive())["type"] != "http.disconnect":  # whoever asked has given up
                pass
            return
        if fault and not fault.is_cut:
            content = json.dumps(fault.body).encode()
            headers = [
                (name.lower().encode(), value.encode()) for name, value in {"content-type": "application/json", **fault.headers}.items()
            ]
            await send({"type": "http.response.start", "status": fault.status, "headers": headers})
            await send({"type": "http.response.body", "body": content})
            return
        heard: list[bytes] = []

        async def hear() -> Message:
            message = await receive()
            heard.append(message.get("body", b""))
            return message

        await self.app(self._asked(scope), hear, keep)
        start, content = sent[0], b"".join(message.get("body", b"") for message in sent[1:])
        if self.replay and path.endswith(self.replay):
            self.first = self.first or (start, content)
            start, content = self.first
        if start["status"] == 200 and not self.replay:
            content = json.dumps(self.change(path, json.loads(content)), ensure_ascii=False).encode()
        headers = [(name, self._date(value) if name == b"date" else value) for name, value in start["headers"] if name != b"content-length"]
        own = {name.decode(): value.decode() for name, value in scope["headers"]}
        vendor = "/" + path.strip("/").partition("/")[0]
        query, asked = scope["query_string"].decode(), b"".join(heard)
        self.exchanges.append(Exchange(scope["method"], path.removeprefix(vendor), query, own, start["status"], content, asked))
        length = (b"content-length", str(len(content)).encode())
        await send({**start, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": content[: len(content) // 2] if fault else content})

    def _date(self, value: bytes) -> bytes:
        return format_datetime(parsedate_to_datetime(value.decode()) + self.skew, usegmt=True).encode()


@contextmanager
def speaking(world: World) -> Iterator[tuple[Layer, str]]:
    """The demo company behind a layer, and the address that all its vendors stand below."""
    layer = Layer(application(world, has_faults=False))
    listener = _listening(0)
    config = uvicorn.Config(layer, date_header=False, server_header=False, access_log=False, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        yield layer, f"http://{HOST}:{listener.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(timeout=5)
        listener.close()


def lists(body: Any) -> list[list[dict[str, Any]]]:
    """The lists of objects that an answer is there for."""
    found = [body] if isinstance(body, list) else list(body.values())
    return [each for each in found if isinstance(each, list) and each and all(isinstance(entry, dict) for entry in each)]


def each_field(body: Any, names: tuple[str, ...], bend: Callable[[Any], Any]) -> Any:
    """Every value of these names, however deep, bent."""
    if isinstance(body, list):
        return [each_field(entry, names, bend) for entry in body]
    if isinstance(body, dict):
        return {name: bend(value) if name in names else each_field(value, names, bend) for name, value in body.items()}
    return body
