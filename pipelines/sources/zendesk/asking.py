"""Zendesk's ways of paging: exports by cursor, exports by time, and lists; the exports go on where the last run stopped."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pipelines.http import Client, Pages, expect
from pipelines.raw import Extraction

NAME = "zendesk"
LOOKBACK = timedelta(minutes=5)  # the exports leave out what happened in the minute before
Page = tuple[datetime, list[Any]]


class Desk:
    def __init__(self, run: Extraction, client: Client) -> None:
        self.state, self.client = run.state, client

    def by_cursor(self, endpoint: str, field: str, **params: str) -> Iterator[Page]:
        """A cursor is given with the last page too: the next run goes on there."""
        pages = Pages(NAME, endpoint)
        cursor = self.state.get(field)
        while True:
            place = {"cursor": cursor} if cursor else {"start_time": "0"}
            answer = self.client.get(endpoint, {"per_page": 1000, **params, **place})
            yield answer.answered_at, expect(answer, NAME, endpoint, field)
            after = answer.body.get("after_cursor")
            if after:
                self.state[field] = after
            if answer.body.get("end_of_stream") is not False or not after:
                return
            pages.follow(after)
            cursor = after

    def by_time(self, endpoint: str, field: str, **params: str) -> Iterator[Page]:
        """Pages begin with the second in which the one before ended, so rows of that second come twice."""
        pages = Pages(NAME, endpoint, "end_time")
        start = max(0, int(self.state.get(field, 0)) - int(LOOKBACK.total_seconds()))
        while True:
            answer = self.client.get(endpoint, {"per_page": 1000, **params, "start_time": str(start)})
            yield answer.answered_at, expect(answer, NAME, endpoint, field)
            end = answer.body.get("end_time")
            if end is not None:
                self.state[field] = end
            if answer.body.get("end_of_stream") is not False or end is None:
                return
            pages.follow(end)
            start = end

    def list(self, endpoint: str, field: str, params: Mapping[str, str] | None = None, allow: tuple[int, ...] = ()) -> Iterator[Page]:
        """A list by cursor; where a refusal is allowed it is empty."""
        pages, after = Pages(NAME, endpoint, "after_cursor"), None
        while True:
            cursor: dict[str, str] = {"page[after]": after} if after else {}
            answer = self.client.get(endpoint, {"page[size]": 100, **(params or {}), **cursor}, allow=allow)
            if answer.body is None:
                return
            yield answer.answered_at, expect(answer, NAME, endpoint, field)
            meta = answer.body.get("meta") or {}
            after = meta.get("after_cursor")
            if not meta.get("has_more") or not after:
                return
            pages.follow(after)

    def count(self, endpoint: str, params: Mapping[str, str]) -> int | None:
        """How many there are by Zendesk's own counting; None where it does not say."""
        answer = self.client.get(endpoint, params, allow=(403, 404))
        count = (answer.body or {}).get("count")
        total = count.get("value") if isinstance(count, Mapping) else count
        return total if isinstance(total, int) else None
