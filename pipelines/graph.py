"""Meta's Graph API, as Facebook, Instagram and Meta Ads speak it: errors by their numbers, pages by cursors, what of a limit is used up.

The token goes in a header, and pages are followed by their cursor alone: the address that Graph offers for the next page
holds the token. Counters of posts are asked for by metrics, which Meta withdraws now and then (withdrawn.Metrics).
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pipelines.authorization import Bearer
from pipelines.exchange import Response
from pipelines.http import Answer, Client, Pages, SourceError, expect
from pipelines.pace import until_reset
from pipelines.raw import Extraction, Setting
from pipelines.withdrawn import Metrics

ASKED_TOO_MUCH = {4, 17, 32, 613, *range(80_000, 80_015)}  # by app, user, page, custom limits, and business use cases
GONE, INVALID_METRIC, NOT_COUNTED, TOO_MUCH = "Gone", "InvalidMetric", "NotCounted", "TooMuchData"
BATCH = 50  # ids in one request

VERSION = Setting("api_version", "Version of the Graph API; Meta retires one after about two years.", default="v25.0")
BASE_URL = Setting("base_url", "The API.", default="https://graph.facebook.com")
APP_SECRET = Setting("app_secret", "Secret of the app, where the app wants every request proven by it.", is_secret=True)


class Graph:
    """Asks for objects, and for lists page by page."""

    def __init__(self, run: Extraction, source: str) -> None:
        token, secret = run.settings["access_token"], run.settings.get("app_secret")
        self.source = source
        self._prefix = f"/{run.settings['api_version']}/"
        self._proof = {"appsecret_proof": hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()} if secret else {}
        self._client = Client(source, run.settings["base_url"], Bearer(token), busy=_busy, named=_named)

    def get(self, path: str, allow: tuple[str, ...] = (), **params: Any) -> Answer:
        return self._client.get(self._prefix + path, {**params, **self._proof}, allow=allow)

    def pages(self, path: str, limit: int, allow: tuple[str, ...] = (), **params: Any) -> Iterator[Answer]:
        """Every page of a list, smaller ones where Graph finds them too large to answer; none where an error of `allow` is told."""
        pages, after = Pages(self.source, path), dict[str, str]()
        while True:
            answer = self.get(path, (*allow, TOO_MUCH), limit=limit, **params, **after)
            if answer.error == TOO_MUCH and limit > 1:
                limit //= 2
                continue
            if answer.body is None:
                if answer.error in allow:
                    return
                raise SourceError(f"{self.source}: {path} is too much for one answer, even row by row; run again later")
            expect(answer, self.source, path, "data")
            yield answer
            paging = answer.body.get("paging") or {}
            if not paging.get("next"):
                return
            after = {"after": paging["cursors"]["after"]}
            pages.follow(after["after"])

    def objects(self, ids: Sequence[str], fields: str) -> tuple[dict[str, Any], datetime]:
        """Those of these objects that exist, by id, and the time of the answer; one that is gone refuses those asked with it."""
        answer = self.get("", (GONE,), ids=",".join(ids), fields=fields)
        if answer.body is not None:
            return expect(answer, self.source, "the objects", None, dict), answer.answered_at
        if len(ids) == 1:
            return {}, answer.answered_at
        middle = len(ids) // 2
        (first, _), (second, at) = self.objects(ids[:middle], fields), self.objects(ids[middle:], fields)
        return first | second, at


class Insights:
    """Lifetime counters of posts. `measures`: Meta's metric -> measure of the model; `columns`: those whose raw column is called otherwise."""

    def __init__(self, run: Extraction, graph: Graph, measures: Mapping[str, str], columns: Mapping[str, str], ending: str = "") -> None:
        self._graph, self._measures, self._columns, self._ending = graph, measures, columns, ending
        self._metrics = Metrics(run, graph.source, "post_metrics", measures)

    def of(self, ids: Sequence[str]) -> dict[str, dict[str, int | None]]:
        """Raw columns by post; a metric that Meta says nothing of is NULL."""
        empty = {self._columns.get(measure, measure): None for measure in self._measures.values()}
        found: dict[str, dict[str, int | None]] = {id_: dict(empty) for id_ in ids}
        for start in range(0, len(ids), BATCH):
            for id_, name, value in self._read(ids[start : start + BATCH]):
                measure = self._measures[name]
                found[id_][self._columns.get(measure, measure)] = value
        return found

    def _read(self, ids: Sequence[str]) -> Iterator[tuple[str, str, Any]]:
        def request(names: Sequence[str]) -> Answer:
            fields = f"insights.metric({','.join(names)}){self._ending}"
            answer = self._graph.get("", (INVALID_METRIC, NOT_COUNTED, GONE), ids=",".join(ids), fields=fields)
            if answer.error in (NOT_COUNTED, GONE):
                raise _OneByOneError
            return answer

        try:
            answers = self._metrics.ask(request)
        except _OneByOneError:  # one post that has no counters refuses those asked with it
            middle = len(ids) // 2
            for part in (ids[:middle], ids[middle:]) if middle else ():
                yield from self._read(part)
            return
        for answer in answers:
            for id_, post in answer.body.items():
                for metric in (post.get("insights") or {}).get("data", []):
                    yield id_, metric["name"], metric["values"][0]["value"]


def addressee(author: str, above: str | None, before: Sequence[str]) -> str | None:
    """Whom an answer is for: the author of what it hangs below, or, where that is its own author, who spoke last before it.

    Meta's threads have two levels, so that somebody who thanks for an answer does it below their own comment.
    """
    return above if author != above else next((other for other in reversed(before) if other != author), None)


class _OneByOneError(Exception):
    pass


def _error(response: Response) -> Mapping[str, Any]:
    try:
        error = json.loads(response.content).get("error")
    except (ValueError, AttributeError):
        return {}
    return error if isinstance(error, dict) else {}


def _named(response: Response) -> str:
    """Graph's numbers as names, since it tells much by one number and an English sentence."""
    error = _error(response)
    code, subcode, message = error.get("code"), error.get("error_subcode"), str(error.get("message"))
    if code in (102, 190):
        return "InvalidToken"
    if code in (3, 10) or (isinstance(code, int) and 200 <= code < 300):
        return NOT_COUNTED if "viewers" in message else "MissingPermission"
    if code == 803 or (code == 100 and subcode == 33):
        return GONE
    if code == 100 and (subcode == 2108006 or "for this media product type" in message):
        return NOT_COUNTED  # from before it was a business account, or of a kind that does not have the metric
    if code == 100 and re.search(r"insights metric|metric\[\d+\]", message):
        return INVALID_METRIC
    if code == 1 and "reduce the amount of data" in message:
        return TOO_MUCH
    return f"code {code}" if isinstance(code, int) else ""


def _busy(response: Response) -> float | None:
    if response.status_code < 400 or response.status_code == 429 or _error(response).get("code") not in ASKED_TOO_MUCH:
        return None
    return until_reset(response) or 60.0
