"""World -> what Facebook and Instagram hold of us: posts, comments in two levels, and posts of others that name us."""

from typing import Any

import numpy as np

from simulator.apis.wire import stamps
from simulator.inbox_social import followers_on
from simulator.world import World
from simulator.world_posts import counters


class Place:
    """Indexes over the world, made once. Whatever is said below a comment answers it; what hangs on something deleted is gone with it."""

    def __init__(self, world: World, platform: str) -> None:
        self.id = str(world.profiles.set_index("platform").loc[platform, "profile_id"])
        self.followers = int(followers_on(world, platform, np.array([len(world.stage.days) - 1]))[0])
        mine = world.posts[world.posts["platform"] == platform]
        counted = counters(mine, np.arange(len(mine)), np.full(len(mine), world.stage.clock)).to_dict("records")
        times, gone = stamps(mine["posted_at"].to_numpy(), "+0000"), mine["deleted_at"].notna()
        self.posts: dict[str, dict[str, Any]] = {}
        for id_, text, kind, at, is_deleted, counts in zip(mine["post_id"], mine["text"], mine["kind"], times, gone, counted, strict=True):
            if not is_deleted:
                self.posts[id_] = {"at": at, "text": text, "kind": kind, "counts": counts}
        self.newest = sorted(self.posts, key=lambda id_: (self.posts[id_]["at"], id_), reverse=True)
        people = world.actors[world.actors["platform"] == platform]
        self.people = dict(zip(people["actor_id"], zip(people["handle"], people["first"], strict=True), strict=True))
        self.mentions: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, dict[str, Any]] = {}
        self.below: dict[str, list[str]] = {}
        self._read_talk(world, platform, dict(zip(mine["post"], mine["post_id"], strict=True)))
        self.naming = sorted(self.mentions, key=lambda id_: (self.mentions[id_]["at"], id_), reverse=True)

    def _read_talk(self, world: World, platform: str, post_of: dict[int, str]) -> None:
        talk = world.talk[world.talk["platform"] == platform]
        id_of = dict(zip(talk["message"], talk["message_id"], strict=True))
        names = ["message_id", "text", "actor_id", "parent", "post", "kind"]
        times, gone = stamps(talk["occurred_at"].to_numpy(), "+0000"), talk["deleted_at"].notna()
        for (id_, text, author, parent, post, kind), at, is_deleted in zip(talk[names].itertuples(index=False), times, gone, strict=True):
            if is_deleted:
                continue
            said = {"at": at, "text": text, "author": author}
            if kind == "mention":
                self.mentions[id_] = said
                continue
            above = post_of[post] if kind == "comment" else id_of[parent]
            if above in self.posts or above in self.mentions:
                self.comments[id_] = said | {"top": None, "root": above}
            elif above in self.comments:
                top = self.comments[above]["top"] or above
                self.comments[id_] = said | {"top": top, "root": self.comments[top]["root"]}
            else:
                continue
            self.below.setdefault(self.comments[id_]["top"] or above, []).append(id_)

    def whole(self, id_: str) -> list[str]:
        """Comments on a post and their answers, in the order in which they were said."""
        tops = self.below.get(id_, [])
        every = [*tops, *(reply for top in tops for reply in self.below.get(top, []))]
        return sorted(every, key=lambda each: (self.comments[each]["at"], each))
