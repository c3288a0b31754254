"""One request -> one answer over HTTP: connections are kept, a company's proxy is obeyed, nothing is followed or tried again.

A past comes in by thousands of pages, so no objects are made of requests and headers on the way (docs/decisions.md, 91).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import orjson
import urllib3
from urllib3.exceptions import DecodeError, HTTPError, NewConnectionError, ProtocolError
from urllib3.exceptions import TimeoutError as NoAnswerError
from urllib3.util import parse_url

LOOPBACK = {"127.0.0.1", "localhost", "::1"}

logging.getLogger("urllib3").setLevel(logging.WARNING)  # at DEBUG it writes whole addresses, with whatever their query holds


class ExchangeError(Exception):
    """No answer, or half of one; the message says which, and nothing of the request."""


class UnsendableError(ValueError):
    """A setting holds what no header may hold, such as a line break; the message does not repeat it."""


@dataclass(frozen=True)
class Response:
    """An answer as it came, its content unpacked; `headers` know their names in any case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def redirected_to(self) -> str | None:
        return self.headers.get("location") if self.status_code in (301, 302, 303, 307, 308) else None


def http_address(url: str) -> SplitResult | None:
    """Its parts; None where it is no http(s) address that can be asked."""
    try:
        parse_url(url)  # also refuses what urlsplit lets pass, such as a port that is no number
        address = urlsplit(url)
    except ValueError:
        return None
    return address if address.scheme in ("http", "https") and address.hostname else None


class Connections:
    """Kept open to where one source is asked, an address by http_address(). `timeout` in seconds without a byte."""

    def __init__(self, base_url: str, headers: Mapping[str, str], timeout: float) -> None:
        self._headers = {"Accept-Encoding": "gzip, deflate", **headers}
        address = urlsplit(base_url)
        # a proxy is never asked for a server on this machine
        proxies = {} if address.hostname in LOOPBACK or proxy_bypass(address.hostname or "") else getproxies()
        proxy = proxies.get(address.scheme) or proxies.get("all")
        options: dict[str, Any] = {"timeout": timeout, "retries": False, "maxsize": 1, "ca_certs": certifi.where()}
        self._manager: urllib3.PoolManager = _through(proxy, options) if proxy else urllib3.PoolManager(**options)
        # which of its pools an address belongs to is known, but for a redirect; through a proxy it is asked by its whole address
        self._origin = f"{address.scheme}://{address.netloc}"
        self._pool = None if proxy else self._manager.connection_from_url(self._origin)

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
        """`params` are a mapping or pairs (bytes: a query as it is sent), `body` goes as JSON. Raises ExchangeError, UnsendableError."""
        if params:
            url = f"{url}?{params.decode() if isinstance(params, bytes) else query(params)}"
        kind, content = "application/json", None
        if form is not None:
            kind, content = "application/x-www-form-urlencoded", urlencode(form).encode()
        elif body is not None:
            content = orjson.dumps(body)
        sent = {**self._headers, **({"Content-Type": kind} if content is not None else {}), **(headers or {})}
        try:
            if self._pool and url.startswith(f"{self._origin}/"):
                answer = self._pool.urlopen(method, url.removeprefix(self._origin), content, sent, redirect=False)
            else:
                answer = self._manager.urlopen(method, url, body=content, headers=sent, redirect=False)
        except NewConnectionError as fault:  # a kind of NoAnswerError there
            raise ExchangeError(f"could not be reached ({type(fault).__name__})") from None
        except NoAnswerError:
            raise ExchangeError("did not answer in time") from None
        except (ProtocolError, DecodeError):
            raise ExchangeError("broke off in the middle of an answer") from None
        except HTTPError as fault:
            raise ExchangeError(f"could not be reached ({type(fault).__name__})") from None
        except ValueError:  # whose message repeats it
            raise UnsendableError("a token or another setting holds a character that no header may hold") from None
        return Response(answer.status, answer.headers, answer.data)


def query(params: Any) -> str:
    """Pairs, or a mapping whose values may be lists, as the query of an address; True is `true`, and None is empty."""
    pairs = params.items() if isinstance(params, Mapping) else params
    told = [(name, _told(each)) for name, value in pairs for each in (value if isinstance(value, (list, tuple)) else [value])]
    return urlencode(told, quote_via=quote, safe="")


def _told(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else value


def _through(proxy: str, options: Mapping[str, Any]) -> urllib3.ProxyManager:
    address = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    who = f"{unquote(address.username)}:{unquote(address.password or '')}" if address.username else None
    return urllib3.ProxyManager(
        address._replace(netloc=address.netloc.rpartition("@")[2]).geturl(),
        proxy_headers=urllib3.make_headers(proxy_basic_auth=who) if who else None,
        **options,
    )
