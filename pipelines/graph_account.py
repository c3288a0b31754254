"""What a Facebook page and an Instagram account answer alike of social.Platform: the feed, its counters, and objects by their ids."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pipelines.graph import BATCH, Graph, Insights
from pipelines.http import utc
from pipelines.raw import Extraction, literals
from pipelines.social import Item

PAGE = 100


class GraphAccount(ABC):
    """One account of a platform of Meta's; `edge` lists its posts, `time` is the field that dates whatever was said there."""

    batch = BATCH
    reactions: Mapping[str, str] = {}
    has_people = True
    platform: str
    edge: str
    time: str
    post_fields: str
    mention_fields: str
    comment_fields: str

    def __init__(self, run: Extraction, graph: Graph, account: str, insights: Insights) -> None:
        self.run, self.graph, self.account, self.insights = run, graph, account, insights

    @abstractmethod
    def _item(self, post: Mapping[str, Any], counts: Mapping[str, int | None], at: datetime) -> Item:
        """A post of ours with its counters."""

    @abstractmethod
    def _words(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """What somebody said, without whom it is for."""

    def feed(self, since: datetime | None) -> Iterator[Item]:
        for answer in self.graph.pages(f"{self.account}/{self.edge}", PAGE, fields=self.post_fields):
            posts = answer.body["data"]
            yield from self._items(posts, answer.answered_at)
            if self._is_before(posts, since):
                return

    def look_up(self, ids: Sequence[str]) -> tuple[list[Item], datetime]:
        told = f"select interaction_id, kind from interactions where interaction_id in ({literals(ids)})"
        kinds: dict[str, str] = dict(self.run.stored(told))
        found: list[Item] = []
        for fields, of in (
            (self.post_fields, [id_ for id_ in ids if id_ not in kinds]),
            (self.mention_fields, [id_ for id_ in ids if kinds.get(id_) == "mention"]),
            (self.comment_fields, [id_ for id_ in ids if kinds.get(id_) not in (None, "mention")]),
        ):
            if not of:
                continue
            objects, at = self.graph.objects(of, fields)
            if fields == self.post_fields:
                found += self._items(list(objects.values()), at)
                continue
            for id_, words in objects.items():
                row = {**self._words(words), "kind": kinds[id_]}
                found.append(Item(id_, at, utc(words[self.time]), interaction=row))
        return found, at

    def people(self, kind: str, post_id: str) -> tuple[list[tuple[str, str | None]], datetime]:
        raise NotImplementedError("reactions is empty: Graph does not tell who reacted, or not when")

    def _items(self, posts: Sequence[Mapping[str, Any]], at: datetime) -> list[Item]:
        counts = self.insights.of([post["id"] for post in posts])
        return [self._item(post, counts[post["id"]], at) for post in posts]

    def _is_before(self, posts: Sequence[Mapping[str, Any]], until: datetime | None) -> bool:
        """Whether a page, newest first, has nothing that is young enough."""
        return bool(until and posts and max(utc(post[self.time]) for post in posts) < until)

    def _key(self, person: str) -> str | None:
        return self.run.person_key(platform=self.platform, platform_id=person)
