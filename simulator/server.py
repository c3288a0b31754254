"""World -> a server on the loopback: the vendors' APIs over HTTP, in a thread of this process or until it is stopped."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from simulator.apis import VENDORS, application
from simulator.world import World

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Served:
    """Where the APIs answer."""

    port: int

    def base_url(self, vendor: str) -> str:
        return f"http://{HOST}:{self.port}/{vendor}"


def _server(world: World, has_faults: bool) -> uvicorn.Server:
    # The Date header is SIM_NOW, so the server's own must not stand beside it.
    app = application(world, has_faults)
    return uvicorn.Server(
        uvicorn.Config(app, date_header=False, server_header=False, access_log=False, log_level="warning", lifespan="off")
    )


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(128)
    return listener


@contextmanager
def serving(world: World, port: int = 0, has_faults: bool = True) -> Iterator[Served]:
    """Serve in a thread while the block runs; port 0 takes a free one."""
    server, listener = _server(world, has_faults), _listening(port)
    # uvicorn minds signals in the main thread only, so Ctrl-C stays with the caller
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        yield Served(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(timeout=5)
        listener.close()


def serve(world: World, port: int, port_file: Path | None = None, has_faults: bool = True) -> None:
    """Serve until stopped; the port taken is printed, and written to `port_file` where one is given."""
    server, listener = _server(world, has_faults), _listening(port)
    taken = listener.getsockname()[1]
    if port_file:
        port_file.write_text(f"{taken}\n", encoding="ascii")
    print(
        f"The demo company answers at http://{HOST}:{taken}/ below " + ", ".join(VENDORS) + f"; its clock stands at {world.now}Z.",
        flush=True,
    )
    server.run(sockets=[listener])
