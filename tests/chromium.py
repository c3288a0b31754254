"""A headless Chromium over its debugging pipe: pages at any width, in light or dark, with what they log and ask for."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars"
REQUESTS = "Network.requestWillBeSent"
SPOKEN = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")


class Browser:
    """Commands go in, answers and events come out, each one JSON text that ends with a zero byte."""

    def __init__(self, send: int, receive: int) -> None:
        self._out = os.fdopen(send, "wb", buffering=0)
        self._in = os.fdopen(receive, "rb", buffering=0)
        self._rest = b""
        self._number = 0
        self.session: str | None = None
        self.events: list[dict[str, Any]] = []

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = self._in.read(65536)
            assert read, "the browser ended"
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give a command and wait for its answer; events on the way are kept."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters} | ({"sessionId": self.session} if self.session else {})
        self._out.write(json.dumps(command).encode() + b"\0")
        while (message := self._message()).get("id") != self._number:
            self.events.append(message)
        assert "error" not in message, f"{method}: {message['error']}"
        return message["result"]

    def attach(self) -> None:
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.ask(f"{domain}.enable")

    def show(self, page: Path | str, width: int, is_dark: bool = False, height: int = 900) -> None:
        """Open a file or an address in a window of this width and wait until all of it is there."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}]
        self.ask("Emulation.setEmulatedMedia", media="", features=features)
        self.events.clear()
        self.ask("Page.navigate", url=page.as_uri() if isinstance(page, Path) else page)
        self.loaded()

    def loaded(self) -> None:
        """Wait for the page that is on its way."""
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._message())

    def until(self, condition: str, seconds: int = 60) -> bool:
        """Wait on the page until a JavaScript condition holds -> whether it came to hold."""
        look = f"const look = () => {{ if ({condition}) done(true); else if (performance.now() > end) done(false); else setTimeout(look, 50) }}"
        waiting = f"new Promise(done => {{ const end = performance.now() + {1000 * seconds}; {look}; look() }})"
        return bool(self.ask("Runtime.evaluate", expression=waiting, awaitPromise=True, returnByValue=True)["result"].get("value"))

    def evaluate(self, expression: str) -> Any:
        """Value of a JavaScript expression on the page."""
        return self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)["result"].get("value")

    def press(self, key: str, code: int) -> None:
        for kind in ("keyDown", "keyUp"):
            self.ask(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                text="\r" if key == "Enter" and kind == "keyDown" else "",
            )

    def heard(self, *methods: str) -> list[dict[str, Any]]:
        return [event["params"] for event in self.events if event.get("method") in methods]

    def screenshot(self) -> bytes:
        """The whole page as PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def paper(self) -> bytes:
        """The page as PDF, on the paper that its style names."""
        return base64.b64decode(self.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])

    def close(self) -> None:
        self._out.close()
        self._in.close()


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser of its own with an empty profile; it ends with the block."""
    assert PROGRAM is not None
    to_browser, from_us = os.pipe()
    from_browser, to_us = os.pipe()

    def take_pipe() -> None:
        # Chromium reads commands from 3 and writes answers to 4
        read, write = os.dup(to_browser), os.dup(to_us)
        os.dup2(read, 3)
        os.dup2(write, 4)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        started = subprocess.Popen(
            [PROGRAM, *OPTIONS.split(), "--remote-debugging-pipe", f"--user-data-dir={profile}"],
            preexec_fn=take_pipe,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(to_us)
        driven = Browser(from_us, from_browser)
        try:
            driven.attach()
            yield driven
            driven.session = None
            with suppress(AssertionError, OSError):
                driven.ask("Browser.close")
        finally:
            driven.close()
            try:
                started.wait(timeout=10)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
