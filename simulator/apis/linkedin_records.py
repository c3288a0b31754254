"""World -> what LinkedIn holds of our organisation: posts and sums; members appear nowhere."""

from typing import Any

import numpy as np

from simulator.inbox_social import followers_on
from simulator.world import World
from simulator.world_posts import counters

NAMES = {
    "impressionCount": "impressions",
    "uniqueImpressionsCount": "reach",
    "clickCount": "clicks",
    "likeCount": "likes",
    "commentCount": "comments",
    "shareCount": "shares",
}


class Page:
    """Indexes over the world, made once."""

    def __init__(self, world: World) -> None:
        self.urn = str(world.profiles.set_index("platform").loc["linkedin", "profile_id"])
        mine = world.posts[world.posts["platform"] == "linkedin"]
        counted = counters(mine, np.arange(len(mine)), np.full(len(mine), world.stage.clock))
        times = mine["posted_at"].to_numpy().astype("datetime64[ms]").astype(np.int64)
        self.wall = int((world.stage.clock - np.timedelta64(365, "D")).astype("datetime64[ms]").astype(np.int64))
        self.posts: dict[str, dict[str, Any]] = {}
        for urn, text, kind, gone, at, counts in zip(
            mine["post_id"], mine["text"], mine["kind"], mine["deleted_at"].notna(), times.tolist(), counted.to_dict("records"), strict=True
        ):
            if not gone:
                self.posts[urn] = {"text": text, "kind": kind, "at": at, "counts": counts}
        self.newest = sorted(self.posts, key=lambda urn: (self.posts[urn]["at"], urn), reverse=True)
        day = len(world.stage.days) - 1
        self.followers = int(followers_on(world, "linkedin", np.array([day]))[0])
        self.views = 9000 + 31 * day

    def post(self, urn: str) -> dict[str, Any]:
        post = self.posts[urn]
        number = urn.rpartition(":")[2]
        shown: dict[str, Any] = {"id": urn, "author": self.urn, "commentary": post["text"], "visibility": "PUBLIC"}
        shown |= {"createdAt": post["at"], "publishedAt": post["at"], "lastModifiedAt": post["at"], "lifecycleState": "PUBLISHED"}
        shown |= {"isReshareDisabledByAuthor": False, "lifecycleStateInfo": {"isEditedByAuthor": False}}
        shown["distribution"] = {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []}
        if post["kind"] in ("photo", "video"):
            shown["content"] = {"media": {"id": f"urn:li:{'image' if post['kind'] == 'photo' else 'video'}:D{number}"}}
        if post["kind"] == "link":
            shown["content"] = {"article": {"source": "https://fernway.example/stories", "title": "Stories"}}
        return shown

    def is_counted(self, urn: str) -> bool:
        return bool(self.posts[urn]["at"] >= self.wall)

    def statistics(self, urn: str) -> dict[str, Any]:
        counts = {name: int(self.posts[urn]["counts"][column]) for name, column in NAMES.items()}
        acted = sum(counts[name] for name in ("clickCount", "likeCount", "commentCount", "shareCount"))
        counts_of = {**counts, "engagement": acted / counts["impressionCount"] if counts["impressionCount"] else 0.0}
        return {"share": urn, "organizationalEntity": self.urn, "totalShareStatistics": counts_of}
