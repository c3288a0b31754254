"""World -> Facebook's side of the Graph API: our page, its posts with counters, comments on them, and posts that name it."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from starlette.routing import Route

from simulator.apis.graph import METRIC, Edge, GraphError, Node
from simulator.apis.graph import routes as graph_routes
from simulator.apis.pages import Place
from simulator.world import World

TOKEN = "demo-facebook-page-token"
PAGE = "100900000000001"
PAGE_FIELDS = frozenset(["id", "name", "followers_count", "fan_count", "link", "category"])
POST_FIELDS = frozenset(["id", "message", "created_time", "updated_time", "permalink_url", "status_type", "attachments", "shares", "from"])
COMMENT_FIELDS = frozenset(["id", "message", "created_time", "from", "parent", "comment_count", "like_count"])
MEDIA = {"photo": "photo", "video": "video", "link": "link"}


def routes(world: World) -> list[Route]:
    return graph_routes(TOKEN, Page(world).node)


class Page(Place):
    """The page as Graph's nodes."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "facebook")
        self.opened, self.today = (date.fromisoformat(str(day.astype("datetime64[D]"))) for day in (world.stage.start, world.stage.clock))

    def node(self, id_: str) -> Node | None:
        if id_ == self.id:
            values = {"id": id_, "name": "Fernway", "followers_count": self.followers, "fan_count": self.followers - 40}
            edges = {
                "published_posts": lambda: Edge([self._post(each) for each in self.newest]),
                "tagged": lambda: Edge([self._mention(each) for each in self.naming]),
            }
            return Node("Page", PAGE_FIELDS, values, edges, asked={"insights": self._insights})
        if id_ in self.posts:
            return self._post(id_)
        if id_ in self.mentions:
            return self._mention(id_)
        return self._comment(id_) if id_ in self.comments else None

    def _insights(self, query: Mapping[str, str]) -> Edge:
        """Views of the page by day: a day ends at midnight in California, and today's is not told."""
        if set(query["metric"].split(",")) - {"page_views_total"}:
            raise GraphError(100, METRIC)
        since, until = date.fromisoformat(query["since"]), date.fromisoformat(query["until"])
        if until - since > timedelta(days=90):
            raise GraphError(100, "(#100) There cannot be more than 90 days between since and until")
        first, last = max(since, self.opened), min(until, self.today)
        days = [first + timedelta(days=number) for number in range(max(0, (last - first).days))]
        values = [{"value": views_on(day), "end_time": f"{day + timedelta(days=1)}T07:00:00+0000"} for day in days]
        told: dict[str, Any] = {"name": "page_views_total", "period": "day", "values": values, "title": "Views", "description": ""}
        return Edge(
            [
                Node(
                    "InsightsResult",
                    frozenset([*told, "id"]),
                    told | {"id": f"{self.id}/insights/page_views_total/day"},
                    always=(*told, "id"),
                )
            ]
        )

    def _post(self, id_: str) -> Node:
        post = self.posts[id_]
        counts: Mapping[str, Any] = post["counts"]
        values: dict[str, Any] = {"id": id_, "message": post["text"], "created_time": post["at"], "updated_time": post["at"]}
        values |= {"permalink_url": f"https://www.facebook.com/{self.id}/posts/{id_}", "from": {"id": self.id, "name": "Fernway"}}
        if counts["shares"]:
            values["shares"] = {"count": int(counts["shares"])}
        if post["kind"] in MEDIA:
            values["attachments"] = {"data": [{"media_type": MEDIA[post["kind"]]}]}
        metrics = {"post_media_view": int(counts["impressions"]), "post_total_media_view_unique": int(counts["reach"])}
        views = counts["video_views"]
        metrics |= {"post_clicks": int(counts["clicks"]), "post_video_views": int(views) if views == views and views is not None else 0}
        edges = {"comments": lambda: self._below(id_), "reactions": lambda: Edge([_NOBODY] * int(counts["likes"]))}
        return Node("Post", POST_FIELDS, values, edges, metrics)

    def _mention(self, id_: str) -> Node:
        said = self.mentions[id_]
        values = {"id": id_, "message": f"{said['text']} @Fernway", "created_time": said["at"], "from": self._from(said["author"])}
        return Node("Post", POST_FIELDS, values, {"comments": lambda: self._below(id_)})

    def _below(self, id_: str) -> Edge:
        return Edge([self._comment(each) for each in self.below.get(id_, [])], [self._comment(each) for each in self.whole(id_)])

    def _comment(self, id_: str) -> Node:
        said = self.comments[id_]
        values: dict[str, Any] = {"id": id_, "message": said["text"], "created_time": said["at"], "from": self._from(said["author"])}
        values |= {"comment_count": len(self.below.get(id_, [])), "like_count": 0}
        if said["top"]:
            values["parent"] = self._comment(said["top"])
        return Node(
            "Comment", COMMENT_FIELDS, values, {"comments": lambda: Edge([self._comment(each) for each in self.below.get(id_, [])])}
        )

    def _from(self, author: str) -> dict[str, str]:
        return {"id": author, "name": "Fernway" if author == self.id else self.people[author][1]}


def views_on(day: date) -> int:
    return 40 + day.toordinal() * 7 % 13


_NOBODY = Node("Profile", frozenset(["id", "name", "type"]), {})  # who reacted is not drawn
