"""World -> Instagram's side of the Graph API: our account, its media with counters, comments on them, and media that tag it."""

from typing import Any

from starlette.routing import Route

from simulator.apis.graph import Edge, Node
from simulator.apis.graph import routes as graph_routes
from simulator.apis.pages import Place
from simulator.world import World

TOKEN = "demo-instagram-token"
ACCOUNT = "17841400000000001"
HANDLE = "fernway"
USER_FIELDS = frozenset(["id", "name", "username", "followers_count", "follows_count", "media_count", "biography", "website"])
MEDIA_FIELDS = frozenset(["id", "caption", "media_type", "media_product_type", "timestamp", "permalink", "like_count", "comments_count"])
MEDIA_FIELDS |= {"username", "owner"}
COMMENT_FIELDS = frozenset(["id", "text", "timestamp", "from", "username", "parent_id", "like_count", "hidden"])


def routes(world: World) -> list[Route]:
    return graph_routes(TOKEN, Account(world).node)


class Account(Place):
    """The account as Graph's nodes."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "instagram")

    def node(self, id_: str) -> Node | None:
        if id_ == self.id:
            values = {"id": id_, "name": "Fernway", "username": HANDLE, "followers_count": self.followers, "follows_count": 204}
            edges = {
                "media": lambda: Edge([self._medium(each) for each in self.newest]),
                "tags": lambda: Edge([self._tag(each) for each in self.naming]),
            }
            return Node("IGUser", USER_FIELDS, values | {"media_count": len(self.posts)}, edges)
        if id_ in self.posts:
            return self._medium(id_)
        if id_ in self.mentions:
            return self._tag(id_)
        return self._comment(id_) if id_ in self.comments else None

    def _medium(self, id_: str) -> Node:
        post = self.posts[id_]
        counts = {name: value for name, value in post["counts"].items() if name != "video_views"}
        values: dict[str, Any] = {"id": id_, "caption": post["text"], "timestamp": post["at"], "username": HANDLE}
        values |= {"media_type": "IMAGE" if post["kind"] == "photo" else "VIDEO", "permalink": f"https://www.instagram.com/p/{id_}/"}
        values |= {"media_product_type": "REELS" if post["kind"] == "reel" else "FEED", "like_count": int(counts["likes"])}
        values["comments_count"] = len(self.whole(id_))
        metrics = {"views": "impressions", "reach": "reach", "saved": "saves", "shares": "shares", "likes": "likes", "comments": "comments"}
        return Node("IGMedia", MEDIA_FIELDS, values, self._edges(id_), {name: int(counts[column]) for name, column in metrics.items()})

    def _tag(self, id_: str) -> Node:
        said = self.mentions[id_]
        values = {"id": id_, "caption": f"{said['text']} @{HANDLE}", "timestamp": said["at"], "username": self.people[said["author"]][0]}
        return Node("IGMedia", MEDIA_FIELDS, values, self._edges(id_))

    def _edges(self, id_: str, name: str = "comments") -> Any:
        return {name: lambda: Edge([self._comment(each) for each in reversed(self.below.get(id_, []))])}

    def _comment(self, id_: str) -> Node:
        said = self.comments[id_]
        handle = HANDLE if said["author"] == self.id else self.people[said["author"]][0]
        values: dict[str, Any] = {"id": id_, "text": said["text"], "timestamp": said["at"], "username": handle, "like_count": 0}
        values |= {"from": {"id": said["author"], "username": handle}, "parent_id": said["top"]}
        return Node("IGComment", COMMENT_FIELDS, values, self._edges(id_, "replies"))
