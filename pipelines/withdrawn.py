"""Metrics that a platform may withdraw overnight: each is asked for as long as it is given, and its loss is told alone.

Vendors refuse a whole request for one metric they no longer know, and do not always say which. So a refused group is
halved until the ones that are gone stand alone; the others are read, and a missing one is NULL, never 0.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from pipelines.http import Answer, SourceError
from pipelines.raw import Extraction


class Metrics:
    """What one endpoint is asked for. `measures` maps the vendor's name of each metric to the model's measure it feeds.

    `may_lose_all` where something else was read with the same token already, so that a refusal of all is none of it.
    """

    def __init__(self, run: Extraction, source: str, entity: str, measures: Mapping[str, str], may_lose_all: bool = False) -> None:
        self._run, self._source, self._entity, self._measures = run, source, entity, measures
        self._may_lose_all = may_lose_all
        self._answered_at = datetime.min.replace(tzinfo=UTC)
        self._given = list(measures)
        self._is_told = False

    def ask(self, request: Callable[[Sequence[str]], Answer]) -> list[Answer]:
        """Answers that together hold every metric that is still given; one answer as long as nothing was withdrawn.

        `request` asks for some metrics by the vendor's names, and gives an Answer without body where they are refused
        (http.Client's `allow`). SourceError where none is given: that is no withdrawal but another fault, unless all may go.
        """
        if not self._given:
            return []
        answers, given, refused = self._halved(request, self._given)
        if not given and not self._may_lose_all:
            raise SourceError(f"{self._source}: every metric of {self._entity} was refused; the source does not accept this request")
        for name in self._given if not self._is_told else refused:
            self._run.withdrawn(self._entity, self._measures[name], self._answered_at if name in refused else None)
        for name in refused:
            self._run.warn(f"{name} is no longer given by the platform; {self._entity}.{self._measures[name]} is left empty from now on")
        self._given, self._is_told = given, True
        return answers

    def _halved(self, request: Callable[[Sequence[str]], Answer], names: list[str]) -> tuple[list[Answer], list[str], list[str]]:
        answer = request(names)
        self._answered_at = max(self._answered_at, answer.answered_at)
        if answer.body is not None:
            return [answer], names, []
        if len(names) == 1:
            return [], [], names
        middle = len(names) // 2
        parts = [self._halved(request, half) for half in (names[:middle], names[middle:])]
        return ([a for part in parts for a in part[0]], [n for part in parts for n in part[1]], [n for part in parts for n in part[2]])
