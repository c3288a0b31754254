"""One request -> one answer over HTTP: connections are kept, a company's proxy is obeyed, nothing is followed or tried again.

A past comes in by thousands of pages, so no objects are made of requests and headers on the way (docs/decisions.md, 91).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import SplitResult, quote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import orjson
import pycurl

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
IN_ADDRESS = "!#$%&'()*+,/:;=?@[]~"  # what stands in an address as it is; anything else is written as its bytes
BROKEN_OFF = {
    pycurl.E_PARTIAL_FILE,
    pycurl.E_RECV_ERROR,
    pycurl.E_SEND_ERROR,
    pycurl.E_GOT_NOTHING,
    pycurl.E_BAD_CONTENT_ENCODING,
    pycurl.E_WRITE_ERROR,  # what cannot be unpacked
}
NO_WAY = {
    pycurl.E_COULDNT_RESOLVE_HOST: "its name is not known",
    pycurl.E_COULDNT_RESOLVE_PROXY: "the name of the proxy is not known",
    pycurl.E_COULDNT_CONNECT: "nobody takes the connection",
    pycurl.E_PEER_FAILED_VERIFICATION: "its certificate is not trusted",
    pycurl.E_SSL_CONNECT_ERROR: "no secure connection",
}


class ExchangeError(Exception):
    """No answer, or half of one; the message says which, and nothing of the request."""


class UnsendableError(ValueError):
    """A setting holds what no header may hold, such as a line break; the message does not repeat it."""


@dataclass(frozen=True)
class Response:
    """An answer as it came, its content unpacked; `headers` by their names in small letters."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def redirected_to(self) -> str | None:
        return self.headers.get("location") if self.status_code in (301, 302, 303, 307, 308) else None


def http_address(url: str) -> SplitResult | None:
    """Its parts; None where it is no http(s) address that can be asked."""
    try:
        address = urlsplit(url)
        is_one = address.scheme in ("http", "https") and address.hostname and address.port != 0  # a port that is no number is refused here
    except ValueError:
        return None
    return address if is_one and url.isascii() and url.isprintable() and " " not in url else None


class Connections:
    """Kept open to where one source is asked, an address by http_address(); one request at a time. `timeout` in seconds without a byte."""

    def __init__(self, base_url: str, headers: Mapping[str, str], timeout: int) -> None:
        self._headers = headers
        address = urlsplit(base_url)
        # a proxy is never asked for a server on this machine
        proxies = {} if address.hostname in LOOPBACK or proxy_bypass(address.hostname or "") else getproxies()
        self._curl = pycurl.Curl()
        options = {
            pycurl.PROXY: proxies.get(address.scheme) or proxies.get("all") or "",
            pycurl.CAINFO: certifi.where(),
            pycurl.ACCEPT_ENCODING: "gzip, deflate",
            pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
            pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
            pycurl.CONNECTTIMEOUT: timeout,
            pycurl.LOW_SPEED_LIMIT: 1,
            pycurl.LOW_SPEED_TIME: timeout,
            pycurl.NOSIGNAL: 1,  # sources are asked in threads
            pycurl.BUFFERSIZE: 1 << 18,
        }
        for option, value in options.items():
            self._curl.setopt(option, value)

    def exchange(
        self,
        method: str,
        url: str,
        *,
        params: Any = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """GET or POST. `params` are a mapping or pairs (bytes: a query as it is sent), `body` goes as JSON. Raises ExchangeError, UnsendableError."""
        if params:
            url = f"{url}?{params.decode() if isinstance(params, bytes) else query(params)}"
        kind, content = "", b""
        if form is not None:
            kind, content = "application/x-www-form-urlencoded", urlencode(form).encode()
        elif body is not None:
            kind, content = "application/json", orjson.dumps(body)
        sent = {**self._headers, **({"Content-Type": kind, "Expect": ""} if method == "POST" else {}), **(headers or {})}
        curl, came, lines = self._curl, BytesIO(), list[bytes]()
        curl.setopt(pycurl.URL, quote(url, safe=IN_ADDRESS))
        curl.setopt(pycurl.HTTPHEADER, [_line(name, value) for name, value in sent.items()])
        curl.setopt(pycurl.HTTPGET, 1)
        if method == "POST":
            curl.setopt(pycurl.POST, 1)
            curl.setopt(pycurl.POSTFIELDS, content)
        curl.setopt(pycurl.WRITEDATA, came)
        curl.setopt(pycurl.HEADERFUNCTION, lines.append)
        try:
            curl.perform()
        except pycurl.error as fault:  # whose words hold the address
            raise ExchangeError(_said(fault.args[0])) from None
        return Response(curl.getinfo(pycurl.RESPONSE_CODE), _named(lines), came.getvalue())


def _line(name: str, value: str) -> bytes:
    if any(sign in value for sign in "\r\n\0") or not all(ord(sign) < 256 for sign in value):
        raise UnsendableError("a token or another setting holds a character that no header may hold")
    return f"{name}: {value}".encode("latin-1")


def _named(lines: list[bytes]) -> dict[str, str]:
    """Header lines of an answer, but not of what came before it: a proxy's consent, or `100 Continue`."""
    headers = dict[str, str]()
    for line in lines:
        name, is_header, value = line.decode("latin-1").partition(":")
        if line.startswith(b"HTTP/"):
            headers.clear()
        elif is_header:
            before = headers.get(name := name.lower())
            headers[name] = value.strip() if before is None else f"{before}, {value.strip()}"
    return headers


def _said(code: int | str) -> str:
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return "did not answer in time"
    if code in BROKEN_OFF:
        return "broke off in the middle of an answer"
    return f"could not be reached ({NO_WAY.get(int(code), f'curl error {code}')})"


def query(params: Any) -> str:
    """Pairs, or a mapping whose values may be lists, as the query of an address; True is `true`, and None is empty."""
    pairs = params.items() if isinstance(params, Mapping) else params
    told = [(name, _told(each)) for name, value in pairs for each in (value if isinstance(value, (list, tuple)) else [value])]
    return urlencode(told, quote_via=quote, safe="")


def _told(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else value
