"""World -> what Bluesky's network holds of us: posts and answers, likes, reposts, followers, notifications, as views of the lexicons."""

from typing import Any

import numpy as np

from simulator.apis.wire import stamps
from simulator.chance import BASE32
from simulator.world import World
from simulator.world_posts import tid

POST = "app.bsky.feed.post"


class Network:
    """Indexes over the world, made once; views are built when they are asked for."""

    def __init__(self, world: World, handle: str) -> None:
        self.handle = handle
        self.did = str(world.profiles.set_index("platform").loc["bluesky", "profile_id"])
        self.started = f"{world.stage.start - 900}T08:00:00.000Z"
        chance = world.stage.chance
        crowd = world.actors[world.actors["platform"] == "bluesky"]
        self.people = dict(zip(crowd["actor"].tolist(), zip(crowd["actor_id"], crowd["handle"], crowd["first"], strict=True), strict=True))
        here = crowd["followed_at"].le(world.stage.clock) & ~crowd["unfollowed_at"].le(world.stage.clock)
        followers = crowd[here].sort_values(["followed_at", "actor"], ascending=False)
        self.followers: list[int] = followers["actor"].tolist()
        self.uri_of: dict[int, str] = {}
        self.posts: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, list[str]] = {}
        self._read_posts(world)
        self._read_talk(world)
        uris = list(self.posts)
        for uri, cid in zip(uris, chance.ids("bluesky.cid", np.arange(len(uris)), 52, BASE32), strict=True):
            self.posts[uri]["cid"] = "bafyrei" + cid
        mine = [uri for uri, post in self.posts.items() if post["actor"] is None]
        self.feed = sorted(mine, key=lambda uri: (self.posts[uri]["at"], uri), reverse=True)
        self.feed_without_replies = [uri for uri in self.feed if self.posts[uri]["parent"] is None]
        self.likes, self.reposts = self._reactions(world, "likes"), self._reactions(world, "shares")
        self.notices = self._notices(followers["actor"].tolist(), stamps(followers["followed_at"].to_numpy()))

    def _read_posts(self, world: World) -> None:
        posts = world.posts[world.posts["platform"] == "bluesky"]
        times = stamps(posts["posted_at"].to_numpy())
        columns = zip(posts["post"], posts["post_id"], times, posts["text"], posts["kind"], posts["deleted_at"].notna(), strict=True)
        for key, uri, at, text, kind, is_deleted in columns:
            self.uri_of[key] = uri
            if not is_deleted:
                self.posts[uri] = {"at": at, "text": text, "kind": kind, "actor": None, "parent": None, "root": None, "is_mention": False}

    def _read_talk(self, world: World) -> None:
        talk = world.talk[world.talk["platform"] == "bluesky"]
        self.uri_of |= dict(zip(talk["message"], talk["message_id"], strict=True))
        times = stamps(talk["occurred_at"].to_numpy())
        names = ["message_id", "text", "actor", "parent", "root", "kind"]
        for (uri, text, actor, parent, root, kind), at, is_deleted in zip(
            talk[names].itertuples(index=False), times, talk["deleted_at"].notna(), strict=True
        ):
            if is_deleted:
                continue
            is_mention = kind == "mention"
            above = None if is_mention else self.uri_of[parent]
            post = {"at": at, "text": f"@{self.handle} {text}" if is_mention else text, "kind": "text"}
            post |= {"actor": None if actor < 0 else actor, "parent": above, "root": None if is_mention else self.uri_of[root]}
            self.posts[uri] = post | {"is_mention": is_mention}
            if above:
                self.answers.setdefault(above, []).append(uri)

    def _reactions(self, world: World, kind: str) -> dict[str, list[tuple[int, str]]]:
        """Address of a post -> (actor, time), the latest first."""
        events = world.reactions
        events = events[(events["platform"] == "bluesky") & (events["kind"] == kind) & events["removed_at"].isna()]
        events = events.sort_values(["at", "actor"], ascending=False)
        found: dict[str, list[tuple[int, str]]] = {}
        for post, actor, at in zip(events["post"], events["actor"], stamps(events["at"].to_numpy()), strict=True):
            uri = self.uri_of[post]
            if uri in self.posts:
                found.setdefault(uri, []).append((actor, str(at)))
        return found

    def _notices(self, followers: list[int], followed: list[str | None]) -> list[tuple[str, str, int, str, str | None]]:
        """(time, reason, actor, address of the record, address of its subject), the latest first."""
        found: list[tuple[str, str, int, str, str | None]] = []
        for reason, collection, reactions in (("like", "like", self.likes), ("repost", "repost", self.reposts)):
            for uri, people in reactions.items():
                rkey = uri.rpartition("/")[2]
                found += [(at, reason, a, f"at://{self.people[a][0]}/app.bsky.feed.{collection}/{rkey}", uri) for a, at in people]
        for uri, post in self.posts.items():
            if post["actor"] is not None and post["is_mention"]:
                found.append((post["at"], "mention", post["actor"], uri, None))
            elif post["actor"] is not None and (post["parent"] or "").startswith(f"at://{self.did}/"):
                found.append((post["at"], "reply", post["actor"], uri, post["parent"]))
        keys = tid(np.array([str(at)[:19] for at in followed], dtype="datetime64[s]"), np.array(followers, dtype=np.int64))
        for actor, at, rkey in zip(followers, followed, keys, strict=True):
            found.append((str(at), "follow", actor, f"at://{self.people[actor][0]}/app.bsky.graph.follow/{rkey}", None))
        return sorted(found, key=lambda notice: (notice[0], notice[3]), reverse=True)

    # Views

    def exists(self, uri: str) -> bool:
        return uri in self.posts

    def own_profile(self) -> dict[str, Any]:
        return {"did": self.did, "handle": self.handle, "displayName": "Fernway", "createdAt": self.started, "labels": []}

    def profile(self, actor: int | None) -> dict[str, Any]:
        if actor is None:
            return self.own_profile()
        did, handle, name = self.people[actor]
        return {"did": did, "handle": handle, "displayName": name, "labels": []}

    def profile_detailed(self, actor: str) -> dict[str, Any]:
        if actor != self.did:
            known = next((number for number, (did, handle, _) in self.people.items() if actor in (did, handle)), None)
            if known is None:
                raise ValueError("actor: Profile not found")
            return self.profile(known) | {"followersCount": 40, "followsCount": 90, "postsCount": 12}
        counts = {"followersCount": len(self.followers), "followsCount": 212, "postsCount": len(self.feed)}
        return self.own_profile() | {"description": "Planning for people who make things."} | counts | {"indexedAt": self.started}

    def reference(self, uri: str) -> dict[str, str]:
        post = self.posts.get(uri)
        return {"uri": uri, "cid": post["cid"] if post else "bafyrei" + "a" * 52}

    def record(self, uri: str) -> dict[str, Any]:
        post = self.posts[uri]
        record: dict[str, Any] = {"$type": POST, "text": post["text"], "createdAt": post["at"], "langs": ["en"]}
        if post["parent"]:
            record["reply"] = {"root": self.reference(post["root"]), "parent": self.reference(post["parent"])}
        if post["is_mention"]:
            feature = {"$type": "app.bsky.richtext.facet#mention", "did": self.did}
            record["facets"] = [{"index": {"byteStart": 0, "byteEnd": len(self.handle) + 1}, "features": [feature]}]
        if embed := _embed(post, is_view=False):
            record["embed"] = embed
        return record

    def post_view(self, uri: str) -> dict[str, Any]:
        post = self.posts[uri]
        view = {"uri": uri, "cid": post["cid"], "author": self.profile(post["actor"]), "record": self.record(uri)}
        view |= {"replyCount": len(self.answers.get(uri, [])), "repostCount": len(self.reposts.get(uri, []))}
        view |= {"likeCount": len(self.likes.get(uri, [])), "quoteCount": 0, "indexedAt": post["at"], "labels": []}
        if embed := _embed(post, is_view=True):
            view["embed"] = embed
        return view

    def _typed_view(self, uri: str) -> dict[str, Any]:
        if uri in self.posts:
            return {"$type": "app.bsky.feed.defs#postView", **self.post_view(uri)}
        return {"$type": "app.bsky.feed.defs#notFoundPost", "uri": uri, "notFound": True}

    def feed_view(self, uri: str) -> dict[str, Any]:
        post = self.posts[uri]
        if not post["parent"]:
            return {"post": self.post_view(uri)}
        return {"post": self.post_view(uri), "reply": {"root": self._typed_view(post["root"]), "parent": self._typed_view(post["parent"])}}

    def like(self, actor: int, at: str) -> dict[str, Any]:
        return {"indexedAt": at, "createdAt": at, "actor": self.profile(actor)}

    def thread(self, uri: str, depth: int, height: int) -> dict[str, Any]:
        """A post with its answers below and the posts above it."""
        if uri not in self.posts:
            return {"$type": "app.bsky.feed.defs#notFoundPost", "uri": uri, "notFound": True}
        view: dict[str, Any] = {"$type": "app.bsky.feed.defs#threadViewPost", "post": self.post_view(uri)}
        if depth > 0:
            view["replies"] = [self.thread(below, depth - 1, 0) for below in self.answers.get(uri, [])]
        if height > 0 and self.posts[uri]["parent"]:
            view["parent"] = self.thread(self.posts[uri]["parent"], 0, height - 1)
        return view

    def notification(self, at: str, reason: str, actor: int, uri: str, subject: str | None) -> dict[str, Any]:
        if reason in ("mention", "reply"):
            record, cid = self.record(uri), self.posts[uri]["cid"]
        else:
            collection = {"like": "app.bsky.feed.like", "repost": "app.bsky.feed.repost", "follow": "app.bsky.graph.follow"}[reason]
            record = {"$type": collection, "createdAt": at, "subject": self.reference(subject) if subject else self.did}
            cid = "bafyrei" + uri.rpartition("/")[2].rjust(52, "a")
        notice = {
            "uri": uri,
            "cid": cid,
            "author": self.profile(actor),
            "reason": reason,
            "record": record,
            "isRead": True,
            "indexedAt": at,
        }
        return notice | ({"reasonSubject": subject} if subject else {}) | {"labels": []}


def _embed(post: dict[str, Any], is_view: bool) -> dict[str, Any] | None:
    """What a post of ours carries: a link, a picture or a video."""
    cid = "bafkrei" + "b" * 52
    blob = {"$type": "blob", "ref": {"$link": cid}, "mimeType": "image/jpeg", "size": 120_000}
    if post["kind"] == "link":
        external = {"uri": "https://fernway.example/stories", "title": "Stories", "description": "From the people who plan with us."}
        return {"$type": "app.bsky.embed.external" + "#view" * is_view, "external": external}
    if post["kind"] == "photo":
        image: dict[str, Any] = (
            {"thumb": f"https://cdn.bsky.example/{cid}", "fullsize": f"https://cdn.bsky.example/{cid}"} if is_view else {"image": blob}
        )
        return {"$type": "app.bsky.embed.images" + "#view" * is_view, "images": [{**image, "alt": "A photo"}]}
    if post["kind"] == "video":
        if is_view:
            return {"$type": "app.bsky.embed.video#view", "cid": cid, "playlist": f"https://video.bsky.example/{cid}/playlist.m3u8"}
        return {"$type": "app.bsky.embed.video", "video": {**blob, "mimeType": "video/mp4"}}
    return None
