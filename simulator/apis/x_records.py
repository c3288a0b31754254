"""World -> what X holds of us: posts, answers and mentions in the objects of its API."""

from datetime import timedelta
from typing import Any

import numpy as np

from simulator.apis.wire import stamps
from simulator.inbox_social import followers_on
from simulator.world import World
from simulator.world_posts import counters

METRICS = {"like_count": "likes", "reply_count": "comments", "repost_count": "shares", "impression_count": "impressions"}


class Account:
    """Indexes over the world, made once; objects are built when they are asked for."""

    username = "fernway"

    def __init__(self, world: World) -> None:
        self.id = str(world.profiles.set_index("platform").loc["x", "profile_id"])
        self.world = world
        self.posts: dict[str, dict[str, Any]] = {}
        self.id_of: dict[int, str] = {}
        mine = world.posts[world.posts["platform"] == "x"]
        now = np.full(len(mine), world.stage.clock)
        counts = counters(mine, np.arange(len(mine)), now).to_dict("records")
        columns = (
            mine["post"],
            mine["post_id"],
            stamps(mine["posted_at"].to_numpy()),
            mine["text"],
            mine["kind"],
            mine["deleted_at"].notna(),
        )
        for (key, id_, at, text, kind, is_deleted), counted in zip(zip(*columns, strict=True), counts, strict=True):
            self.id_of[key] = id_
            if not is_deleted:
                self.posts[id_] = {"at": at, "text": text, "kind": kind, "author": self.id, "parent": None, "root": id_, "counts": counted}
        self._read_talk(world)
        newest = sorted(self.posts, key=int, reverse=True)
        self.mine = [id_ for id_ in newest if self.posts[id_]["author"] == self.id]
        self.mentions = [id_ for id_ in newest if self.posts[id_]["author"] != self.id and self.posts[id_]["names_us"]]

    def _read_talk(self, world: World) -> None:
        talk = world.talk[world.talk["platform"] == "x"]
        self.id_of |= dict(zip(talk["message"], talk["message_id"], strict=True))
        names = ["message_id", "text", "actor_id", "addressee", "parent", "root", "kind"]
        actors = world.actors["actor_id"].to_numpy()
        times, gone = stamps(talk["occurred_at"].to_numpy()), talk["deleted_at"].notna()
        for (id_, text, author, addressee, parent, root, kind), at, is_deleted in zip(
            talk[names].itertuples(index=False), times, gone, strict=True
        ):
            if is_deleted:
                continue
            above = None if kind == "mention" else self.id_of[parent]
            post = {"at": at, "text": f"@{self.username} {text}" if kind == "mention" else text, "kind": "text", "author": author}
            post |= {"parent": above, "root": id_ if kind == "mention" else self.id_of[root], "counts": {}, "names_us": addressee < 0}
            self.posts[id_] = post | {"to": self.id if addressee < 0 else actors[addressee]}

    def user(self, fields: set[str], is_old: bool) -> dict[str, Any]:
        total = "tweet_count" if is_old else "post_count"
        day = len(self.world.stage.days) - 1
        followers = int(followers_on(self.world, "x", np.array([day]))[0])
        counts = {"followers_count": followers, "following_count": 310, total: len(self.mine), "listed_count": 12}
        known = {"created_at": f"{self.world.stage.start - 800}T00:00:00.000Z", "public_metrics": counts}
        user: dict[str, Any] = {"id": self.id, "name": "Fernway", "username": self.username}
        return user | {name: value for name, value in known.items() if name in fields}

    def has_media(self, id_: str) -> bool:
        return self.posts[id_]["kind"] in ("photo", "video")

    def media(self, id_: str) -> dict[str, Any]:
        return {"media_key": f"3_{id_}", "type": self.posts[id_]["kind"]}

    def tells_clicks(self, id_: str) -> bool:
        post = self.posts[id_]
        return bool(
            post["author"] == self.id and np.datetime64(post["at"][:19]) > self.world.stage.clock - np.timedelta64(timedelta(days=30))
        )

    def post(self, id_: str, fields: set[str], is_old: bool) -> dict[str, Any]:
        post = self.posts[id_]
        shown: dict[str, Any] = {"id": id_, "text": post["text"]}
        shown["edit_history_tweet_ids" if is_old else "edit_history_post_ids"] = [id_]
        counts = {name: int(post["counts"].get(column, 0)) for name, column in METRICS.items()}
        counts |= {"quote_count": 0, "bookmark_count": 0}
        if is_old:
            counts["retweet_count"] = counts.pop("repost_count")
        known = {"created_at": post["at"], "lang": "en", "conversation_id": post["root"], "public_metrics": counts}
        if "author_id" in fields:
            known["author_id"] = post["author"]
        if post["parent"]:
            known["in_reply_to_user_id"] = post["to"]
            known["referenced_tweets" if is_old else "referenced_posts"] = [{"type": "replied_to", "id": post["parent"]}]
        if self.has_media(id_):
            known["attachments"] = {"media_keys": [f"3_{id_}"]}
        if self.tells_clicks(id_):
            clicks = int(post["counts"].get("clicks", 0))
            known["non_public_metrics"] = {
                "impression_count": counts["impression_count"],
                "url_link_clicks": clicks,
                "user_profile_clicks": 0,
            }
        referred = {"referenced_tweets.id": "referenced_tweets"}
        asked = fields | {referred[name] for name in fields & referred.keys()} | {"author_id"} & fields
        return shown | {name: value for name, value in known.items() if name in asked}
