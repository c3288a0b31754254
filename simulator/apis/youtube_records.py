"""World -> what YouTube holds of our channel: videos and comments in the resources of its API."""

from typing import Any

import numpy as np

from simulator.apis.wire import stamps
from simulator.inbox_social import followers_on
from simulator.world import World
from simulator.world_posts import counters

SHOWN = 5  # answers that a thread shows itself


class Channel:
    """Indexes over the world, made once."""

    def __init__(self, world: World) -> None:
        self.id = str(world.profiles.set_index("platform").loc["youtube", "profile_id"])
        self.uploads = "UU" + self.id[2:]
        self.started = f"{world.stage.start - 800}T00:00:00Z"
        self.subscribers = int(followers_on(world, "youtube", np.array([len(world.stage.days) - 1]))[0])
        mine = world.posts[world.posts["platform"] == "youtube"]
        counted = counters(mine, np.arange(len(mine)), np.full(len(mine), world.stage.clock)).to_dict("records")
        times, gone = stamps(mine["posted_at"].to_numpy(), "Z"), mine["deleted_at"].notna()
        self.videos: dict[str, dict[str, Any]] = {}
        video_of = dict(zip(mine["post"], mine["post_id"], strict=True))
        for id_, text, at, is_deleted, counts in zip(mine["post_id"], mine["text"], times, gone, counted, strict=True):
            if not is_deleted:
                self.videos[id_] = {"at": at, "text": text, "counts": counts}
        self.newest = sorted(self.videos, key=lambda id_: (self.videos[id_]["at"], id_), reverse=True)
        self.comments: dict[str, dict[str, Any]] = {}
        self.replies: dict[str, list[str]] = {}
        self._read_talk(world, video_of)
        tops = [id_ for id_, comment in self.comments.items() if comment["top"] is None]
        self.threads = sorted(tops, key=lambda id_: (self.comments[id_]["at"], id_), reverse=True)

    def _read_talk(self, world: World, video_of: dict[int, str]) -> None:
        """YouTube has two levels: whatever is said below a comment answers it."""
        talk = world.talk[world.talk["platform"] == "youtube"]
        names = ["message", "message_id", "text", "actor_id", "parent", "post", "level"]
        times, gone = stamps(talk["occurred_at"].to_numpy(), "Z"), talk["deleted_at"].notna()
        top_of: dict[int, tuple[int, str]] = {}
        people = world.actors[world.actors["platform"] == "youtube"]
        self.people = dict(zip(people["actor_id"], zip(people["handle"], people["first"], strict=True), strict=True))
        for (key, id_, text, author, parent, post, level), at, is_deleted in zip(
            talk[names].itertuples(index=False), times, gone, strict=True
        ):
            top_of[key] = (key, id_) if level == 0 else top_of[parent]
            top = None if level == 0 else top_of[key][1]
            shown = id_ if top is None else f"{top}.{id_}"
            video = video_of[post]
            if is_deleted or video not in self.videos or (top is not None and top not in self.comments):
                continue
            self.comments[shown] = {"at": at, "text": text, "author": author, "top": top, "video": video}
            if top is not None:
                self.replies.setdefault(top, []).append(shown)

    def resource(self) -> dict[str, Any]:
        snippet = {"title": "Fernway", "description": "Planning for people who make things.", "publishedAt": self.started}
        views = sum(int(video["counts"]["impressions"]) for video in self.videos.values())
        counts = {"viewCount": str(views), "subscriberCount": str(self.subscribers), "hiddenSubscriberCount": False}
        counts["videoCount"] = str(len(self.videos))
        details = {"relatedPlaylists": {"likes": "", "uploads": self.uploads}}
        return {"kind": "youtube#channel", "etag": "e", "id": self.id, "snippet": snippet, "statistics": counts, "contentDetails": details}

    def playlist_item(self, id_: str) -> dict[str, Any]:
        details = {"videoId": id_, "videoPublishedAt": self.videos[id_]["at"]}
        return {"kind": "youtube#playlistItem", "etag": "e", "id": f"UU{id_}", "contentDetails": details}

    def video(self, id_: str) -> dict[str, Any]:
        video = self.videos[id_]
        snippet = {"publishedAt": video["at"], "channelId": self.id, "title": video["text"][:90], "description": video["text"]}
        snippet |= {"channelTitle": "Fernway", "categoryId": "28", "liveBroadcastContent": "none", "defaultAudioLanguage": "en"}
        comments = sum(comment["video"] == id_ for comment in self.comments.values())
        counts = {"viewCount": str(video["counts"]["impressions"]), "likeCount": str(video["counts"]["likes"]), "favoriteCount": "0"}
        counts["commentCount"] = str(comments)
        details = {"duration": "PT3M20S", "dimension": "2d", "definition": "hd", "caption": "false", "licensedContent": False}
        return {"kind": "youtube#video", "etag": "e", "id": id_, "snippet": snippet, "statistics": counts, "contentDetails": details}

    def comment(self, id_: str) -> dict[str, Any]:
        comment = self.comments[id_]
        name = "Fernway" if comment["author"] == self.id else "@" + self.people[comment["author"]][0]
        snippet = {"channelId": self.id, "textDisplay": comment["text"], "textOriginal": comment["text"], "authorDisplayName": name}
        snippet |= {"authorChannelUrl": f"http://www.youtube.com/channel/{comment['author']}", "canRate": True, "viewerRating": "none"}
        snippet |= {"authorChannelId": {"value": comment["author"]}, "likeCount": 0}
        snippet |= {"publishedAt": comment["at"], "updatedAt": comment["at"]}
        snippet |= {"parentId": comment["top"]} if comment["top"] else {"videoId": comment["video"]}
        return {"kind": "youtube#comment", "etag": "e", "id": id_, "snippet": snippet}

    def thread(self, id_: str) -> dict[str, Any]:
        below = self.replies.get(id_, [])
        snippet = {"channelId": self.id, "videoId": self.comments[id_]["video"], "topLevelComment": self.comment(id_), "canReply": True}
        snippet |= {"totalReplyCount": len(below), "isPublic": True}
        shown = {"replies": {"comments": [self.comment(reply) for reply in below[:SHOWN]]}} if below else {}
        return {"kind": "youtube#commentThread", "etag": "e", "id": id_, "snippet": snippet, **shown}
