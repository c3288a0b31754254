"""YouTube -> our videos, their counters, and who commented on them and answered whom.

Keys: videos and comments by YouTube's ids, people by their channel ids. Counters are those of the moment. Every request
costs a unit of the project's daily quota; where it is used up, the next run goes on.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pipelines.budget import Budget, BudgetSpent, budget_setting
from pipelines.cadence import OLDER
from pipelines.http import Answer, Client, Pages, SourceError, expect, stamp, undeclared, understood, utc
from pipelines.observe import observe
from pipelines.raw import Extraction, Setting, Source, literals
from pipelines.social import Item, Row, tables

NAME = "youtube"
API = "/youtube/v3/"
# What of a video is used, or left out because it says nothing of its effect.
VIDEO_FIELDS = frozenset(["kind", "etag", "id", "snippet", "statistics", "contentDetails", "status", "liveStreamingDetails"])


class YouTube:
    """The questions of social.Budgeted, asked of one channel."""

    batch = 50
    reactions: Mapping[str, str] = {}
    has_people = True

    def __init__(self, run: Extraction, client: Client, channel: str) -> None:
        self.run, self.client, self.channel = run, client, channel
        self.uploads = ""
        self.budget = Budget(run.settings["budget_per_run"])
        self.ours = {id_ for (id_,) in run.stored("select post_id from posts")}

    def ask(self, method: str, allow: tuple[str, ...] = (), **params: Any) -> Answer:
        """One request, which costs one unit."""
        self.budget.at_most(1)
        answer = self.client.get(API + method, params, allow=("quotaExceeded", "dailyLimitExceeded", *allow))
        self.budget.spend(1)
        if answer.error in ("quotaExceeded", "dailyLimitExceeded"):
            self.budget.close()
            raise BudgetSpent
        return answer

    def feed(self, since: datetime | None, before: str | None = None) -> Iterator[Item]:
        until = self._time("posts", "post_id", "posted_at", before)
        for answer in self._pages("playlistItems", part="contentDetails", playlistId=self.uploads, maxResults=50):
            entries = [entry["contentDetails"] for entry in expect(answer, NAME, "playlistItems", "items")]
            times = [utc(entry["videoPublishedAt"]) for entry in entries if entry.get("videoPublishedAt")]
            wanted = [entry["videoId"] for entry in entries if not until or utc(entry.get("videoPublishedAt") or until) <= until]
            if wanted:
                yield from self._videos(wanted)[0]
            if since and times and max(times) < since:
                return

    def look_up(self, ids: Sequence[str]) -> tuple[list[Item], datetime]:
        found: list[Item] = []
        videos = [id_ for id_ in ids if id_ in self.ours]
        if videos:
            found, at = self._videos(videos)
        comments = [id_ for id_ in ids if id_ not in self.ours]
        if comments:
            answer = self.ask("comments", part="snippet", id=",".join(comments), maxResults=100, textFormat="plainText")
            at = answer.answered_at
            for comment in expect(answer, NAME, "comments", "items"):
                found += self._comment(comment, None, at)
        return found, at

    def notifications(self, since: datetime | None, before: str | None = None) -> Iterator[Row]:
        until = self._time("interactions", "interaction_id", "occurred_at", before)
        asked: dict[str, Any] = {"allThreadsRelatedToChannelId": self.channel, "order": "time"}
        for answer in self._pages("commentThreads", part="replies,snippet", maxResults=100, textFormat="plainText", **asked):
            threads = expect(answer, NAME, "commentThreads", "items")
            opened = [utc(thread["snippet"]["topLevelComment"]["snippet"]["publishedAt"]) for thread in threads]
            for thread, at in zip(threads, opened, strict=True):
                if not until or at <= until:
                    yield from (item.interaction for item in self._thread(thread, answer.answered_at) if item.interaction)
            if since and opened and max(opened) < since:
                return

    def thread(self, post_id: str) -> Iterator[Item]:
        asked: dict[str, Any] = {"part": "replies,snippet", "videoId": post_id, "maxResults": 100, "textFormat": "plainText"}
        for answer in self._pages("commentThreads", ("commentsDisabled", "videoNotFound"), **asked):
            if answer.body is not None:
                for thread in expect(answer, NAME, "commentThreads", "items"):
                    yield from self._thread(thread, answer.answered_at)

    def people(self, kind: str, post_id: str) -> tuple[list[tuple[str, str | None]], datetime]:
        raise NotImplementedError("reactions is empty: YouTube does not say who liked a video")

    def _pages(self, method: str, allow: tuple[str, ...] = (), **params: Any) -> Iterator[Answer]:
        pages = Pages(NAME, method, "pageToken")
        while True:
            answer = self.ask(method, allow, **params)
            yield answer
            token = (answer.body or {}).get("nextPageToken")
            if not token:
                return
            pages.follow(token)
            params["pageToken"] = token

    def _time(self, table: str, key: str, column: str, id_: str | None) -> datetime | None:
        """When what an earlier run read last had been written: lists have no other place to go on from that lasts."""
        rows = self.run.stored(f"select {column} from {table} where {key} = {literals([id_])}") if id_ else []
        return utc(rows[0][0]) if rows and rows[0][0] else None

    def _videos(self, ids: Sequence[str]) -> tuple[list[Item], datetime]:
        answer = self.ask("videos", part="contentDetails,snippet,statistics", id=",".join(ids), maxResults=50)
        return [self._video(video, answer.answered_at) for video in expect(answer, NAME, "videos", "items")], answer.answered_at

    def _video(self, video: Mapping[str, Any], at: datetime) -> Item:
        id_, snippet, counts = video["id"], video["snippet"], video.get("statistics") or {}
        self.ours.add(id_)
        row = {
            **undeclared(video, VIDEO_FIELDS),
            "post_id": id_,
            "profile_id": self.channel,
            "posted_at": stamp(snippet["publishedAt"]),
            "kind": "video" if snippet.get("liveBroadcastContent", "none") == "none" else "live",
            "text": "\n\n".join(filter(None, (snippet.get("title"), snippet.get("description")))),
            "language": snippet.get("defaultAudioLanguage") or snippet.get("defaultLanguage"),
            "permalink": f"https://www.youtube.com/watch?v={id_}",
        }
        names = {"likes": "likeCount", "replies": "commentCount", "video_views": "viewCount"}
        counters = {name: int(counts[field]) if field in counts else None for name, field in names.items()}  # an owner may hide one
        return Item(id_, at, utc(snippet["publishedAt"]), row, counters, thread=id_)

    def _thread(self, thread: Mapping[str, Any], at: datetime) -> Iterator[Item]:
        """A comment and its answers, of which a list shows the first few."""
        top = thread["snippet"]["topLevelComment"]
        yield from self._comment(top, None, at)
        author = _channel(top)
        shown = (thread.get("replies") or {}).get("comments") or []
        if thread["snippet"].get("totalReplyCount", 0) > len(shown):
            for answer in self._pages("comments", part="snippet", parentId=top["id"], maxResults=100, textFormat="plainText"):
                for comment in expect(answer, NAME, "comments", "items"):
                    yield from self._comment(comment, author, answer.answered_at, thread["snippet"].get("videoId"))
            return
        for comment in shown:
            yield from self._comment(comment, author, at, thread["snippet"].get("videoId"))

    def _comment(self, comment: Mapping[str, Any], addressee: str | None, at: datetime, video: str | None = None) -> Iterator[Item]:
        """Nothing where the author has left: nobody would have said it."""
        snippet, author = comment["snippet"], _channel(comment)
        if author is None:
            return
        parent, video = snippet.get("parentId"), snippet.get("videoId") or video
        words = {
            "interaction_id": comment["id"],
            "kind": "reply" if parent else "comment",
            "occurred_at": stamp(snippet["publishedAt"]),
            "actor_key": self._key(author),
            "addressee_key": self._key(addressee) if addressee else None if parent else self._key(self.channel),
            "profile_id": self.channel,
            "is_brand": author == self.channel,
            "post_id": video,
            "parent_id": parent or video,
            "thread_id": parent or comment["id"],
            "text": snippet.get("textOriginal") or snippet.get("textDisplay"),
        }
        yield Item(comment["id"], at, utc(snippet["publishedAt"]), interaction=words)

    def _key(self, channel: str) -> str | None:
        return self.run.person_key(platform=NAME, platform_id=channel)


def _channel(comment: Mapping[str, Any]) -> str | None:
    return (comment["snippet"].get("authorChannelId") or {}).get("value")


def extract(run: Extraction) -> None:
    with understood(NAME):
        key = {"X-Goog-Api-Key": run.settings["access_token"]}  # not as a parameter: addresses end up in logs
        busy = (b'"rateLimitExceeded"', b'"userRateLimitExceeded"')
        client = Client(
            NAME,
            run.settings["base_url"],
            headers=key,
            busy=lambda response: 5.0 if response.status_code == 403 and any(name in response.content for name in busy) else None,
        )
        platform = YouTube(run, client, run.settings["channel_id"])
        answer = platform.ask("channels", part="contentDetails,snippet,statistics", id=platform.channel)
        channels = answer.body.get("items") or []
        if not channels:
            raise SourceError("youtube: there is no channel of this id: set SOURCES__YOUTUBE__CHANNEL_ID to the one that begins with UC")
        snippet, counts = channels[0]["snippet"], channels[0].get("statistics") or {}
        platform.uploads = channels[0]["contentDetails"]["relatedPlaylists"]["uploads"]
        profile = {"profile_id": platform.channel, "name": snippet.get("title"), "created_at": stamp(snippet.get("publishedAt"))}
        run.write("profiles", [profile], answer.answered_at)
        total = int(counts["videoCount"]) if "videoCount" in counts else None
        followers = None if counts.get("hiddenSubscriberCount") else int(counts["subscriberCount"])
        metrics = {"profile_id": platform.channel, "followers": followers, "posts_total": total}
        run.write("profile_metrics", [metrics], answer.answered_at)
        observe(run, platform, platform.channel, total, answer.answered_at)


SOURCE = Source(
    NAME,
    "YouTube",
    tables(("video_views",)),
    extract,
    (
        Setting("base_url", "The API.", default="https://youtube.googleapis.com"),
        Setting("access_token", "API key of a Google Cloud project with the YouTube Data API.", is_secret=True, is_required=True),
        Setting("channel_id", "Id of the channel; begins with UC.", is_required=True),
        budget_setting("units of the daily quota (a request costs one)", "9000"),
        OLDER,
    ),
)
