"""Slack's ways: an answer of 200 may be a refusal, which stands in its body, and lists are read by cursor."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pipelines.exchange import Response
from pipelines.http import Answer, Client, Pages, SourceError, expect

NAME = "slack"
PAGE = 200
BUSY = {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
TOKEN = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission", "org_login_required"}


def busy(response: Response) -> float | None:
    """Seconds to wait where the body says that Slack is asked too much; a 429 says so by itself."""
    if response.status_code != 200 or len(response.content) > 2000:
        return None
    try:
        body = json.loads(response.content)
    except ValueError:
        return None
    is_busy = isinstance(body, dict) and body.get("ok") is False and body.get("error") in BUSY
    return float(response.headers.get("retry-after", 30)) if is_busy else None


class Workspace:
    def __init__(self, client: Client) -> None:
        self.client = client

    def ask(self, method: str, params: Mapping[str, Any] | None = None, allow: frozenset[str] = frozenset()) -> Answer | None:
        """One answer; None where it is a refusal that is allowed. A token that ran out is renewed once, where it can be."""
        answer = self.client.get(f"/api/{method}", params)
        if error := self._refused(method, answer):
            authorization = self.client.authorization
            if error in TOKEN and authorization and authorization.renew(self.client, answer.status, error):
                answer = self.client.get(f"/api/{method}", params)
                error = self._refused(method, answer)
        if not error:
            return answer
        if error in allow:
            return None
        code = error if re.fullmatch(r"[a-z_]{2,60}", error) else "an error"
        if error in TOKEN:
            cure = "the token was not accepted: set SOURCES__SLACK__ACCESS_TOKEN to a valid one"
        elif error == "missing_scope":
            needed = str(answer.body.get("needed"))
            scope = needed if re.fullmatch(r"[a-z:._,-]{2,80}", needed) else "that it names"
            cure = f"the app lacks a scope: add {scope} and install it again"
        else:
            cure = "the source does not accept this request"
        raise SourceError(f"{NAME}: {method} answered {code}; {cure}")

    def _refused(self, method: str, answer: Answer) -> str:
        """The name of the error that an answer of 200 is; empty where it is none."""
        body = expect(answer, NAME, method, kind=dict)
        return "" if body.get("ok") is True else str(body.get("error"))

    def pages(
        self, method: str, field: str, params: Mapping[str, Any], allow: frozenset[str] = frozenset()
    ) -> Iterator[tuple[datetime, Any]]:
        """Pages of a list; none where a refusal is allowed."""
        pages, cursor = Pages(NAME, method), ""
        while True:
            answer = self.ask(method, {"limit": PAGE, **params, **({"cursor": cursor} if cursor else {})}, allow)
            if answer is None:
                return
            yield answer.answered_at, expect(answer, NAME, method, field)
            cursor = (answer.body.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return
            pages.follow(cursor)
