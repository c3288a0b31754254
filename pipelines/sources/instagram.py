"""Instagram -> the media of a professional account, their counters, and who commented on them, answered whom, or tagged us.

Keys: media and comments by Graph's ids, people by the ids that the account knows them by; of who tags us in a picture
Graph gives the handle only, so that `@handle` is that person's key there. Stories, which live a day, are not among the
media.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pipelines.cadence import OLDER
from pipelines.graph import APP_SECRET, BASE_URL, GONE, VERSION, Graph, Insights, addressee
from pipelines.graph_account import PAGE, GraphAccount
from pipelines.http import expect, stamp, undeclared, understood, utc
from pipelines.observe import observe
from pipelines.raw import Extraction, Setting, Source
from pipelines.social import Item, Row, tables

NAME = "instagram"
MEDIA = "id,caption,media_type,media_product_type,timestamp,permalink,like_count,comments_count"
MEDIA_FIELDS = frozenset(MEDIA.split(","))
WORDS = "id,text,timestamp,from,username,parent_id"
COMMENT = f"{WORDS},replies.limit(50){{{WORDS}}}"
TAGGED = f"id,caption,timestamp,username,comments.limit(50){{{COMMENT}}}"
MEASURES = {"views": "impressions", "reach": "reach", "saved": "saves", "shares": "shares"}
COLUMNS = {"saves": "bookmarks", "shares": "reposts"}
ANSWERED_FOR = timedelta(days=30)  # media that tag us are read again for so long: what is said below them is told nowhere else


class Instagram(GraphAccount):
    """The questions of social.Platform, asked of one account."""

    platform, edge, time = NAME, "media", "timestamp"
    post_fields, mention_fields, comment_fields = MEDIA, "id,caption,timestamp,username", WORDS

    def __init__(self, run: Extraction, graph: Graph, account: str, handle: str) -> None:
        super().__init__(run, graph, account, Insights(run, graph, MEASURES, COLUMNS))
        self.handle = handle

    def notifications(self, since: datetime | None) -> Iterator[Row]:
        until = since and since - ANSWERED_FOR
        for answer in self.graph.pages(f"{self.account}/tags", PAGE, fields=TAGGED):
            media = answer.body["data"]
            for medium in media:
                author = self._author(medium)
                if author and author != self.account:
                    asked = {"kind": "mention", "addressee_key": self._key(self.account), "thread_id": medium["id"]}
                    yield {**self._words(medium), **asked}
                    below = self._whole(medium.get("comments") or {"data": []}, f"{medium['id']}/comments", COMMENT)
                    yield from self._comments(below, author, None, medium["id"], medium["id"])
            if self._is_before(media, until):
                return

    def thread(self, post_id: str) -> Iterator[Item]:
        for answer in self.graph.pages(f"{post_id}/comments", 50, (GONE,), fields=COMMENT):
            for row in self._comments(answer.body["data"], self.account, post_id, post_id, None):
                yield Item(row["interaction_id"], answer.answered_at, utc(row["occurred_at"]), interaction=row)

    def _whole(self, shown: Mapping[str, Any], edge: str, fields: str) -> Iterator[Mapping[str, Any]]:
        """A list that came within something else, from its edge where it goes on."""
        if not (shown.get("paging") or {}).get("next"):
            yield from shown["data"]
            return
        for answer in self.graph.pages(edge, 50, (GONE,), fields=fields):
            yield from answer.body["data"]

    def _item(self, medium: Mapping[str, Any], counts: Mapping[str, int | None], at: datetime) -> Item:
        is_video, is_reel = medium.get("media_type") == "VIDEO", medium.get("media_product_type") == "REELS"
        row = {
            **undeclared(medium, MEDIA_FIELDS),
            "post_id": medium["id"],
            "profile_id": self.account,
            "posted_at": stamp(medium["timestamp"]),
            "kind": "reel" if is_reel else "video" if is_video else "photo",
            "text": medium.get("caption"),
            "permalink": medium.get("permalink"),
        }
        counters = {"likes": medium.get("like_count"), "replies": medium.get("comments_count"), **counts}  # an owner may hide likes
        return Item(medium["id"], at, utc(medium["timestamp"]), row, counters, thread=medium["id"])

    def _author(self, said: Mapping[str, Any]) -> str | None:
        """The account's id for who wrote it, or the handle where only that is told; our own answers are told by our handle."""
        handle = said.get("username") or (said.get("from") or {}).get("username")
        if handle == self.handle:
            return self.account
        return (said.get("from") or {}).get("id") or (f"@{handle}" if handle else None)

    def _words(self, said: Mapping[str, Any]) -> dict[str, Any]:
        author = self._author(said)
        return {
            "interaction_id": said["id"],
            "occurred_at": stamp(said["timestamp"]),
            "actor_key": self._key(author) if author else None,
            "profile_id": self.account,
            "is_brand": author == self.account,
            "text": said.get("text") or said.get("caption"),
        }

    def _comments(
        self, comments: Iterable[Mapping[str, Any]], above: str, post_id: str | None, root: str, thread_id: str | None
    ) -> Iterator[dict[str, Any]]:
        """What was said below `root`, which `above` wrote; `thread_id` where the conversation was opened by it, and not by each comment."""
        for comment in comments:
            author = self._author(comment)
            if not author:
                continue
            row = {"post_id": post_id, "thread_id": thread_id or comment["id"]}
            kind, to = "reply" if thread_id else "comment", self._key(above)
            yield self._words(comment) | row | {"kind": kind, "addressee_key": to, "parent_id": root}
            replies = self._whole(comment.get("replies") or {"data": []}, f"{comment['id']}/replies", WORDS)
            spoken = [author]
            for reply in sorted(replies, key=lambda reply: (utc(reply["timestamp"]), reply["id"])):
                if own := self._author(reply):
                    to = self._key(addressee(own, author, spoken) or self.account)
                    yield self._words(reply) | row | {"kind": "reply", "addressee_key": to, "parent_id": comment["id"]}
                    spoken.append(own)


def extract(run: Extraction) -> None:
    with understood(NAME):
        graph = Graph(run, NAME)
        answer = graph.get(run.settings["account_id"], fields="id,name,username,followers_count,follows_count,media_count")
        account, handle = (expect(answer, NAME, "the account", field, str) for field in ("id", "username"))
        run.write("profiles", [{"profile_id": account, "name": answer.body.get("name") or handle}], answer.answered_at)
        total = answer.body.get("media_count")
        counts = {"followers": answer.body.get("followers_count"), "following": answer.body.get("follows_count"), "posts_total": total}
        run.write("profile_metrics", [{"profile_id": account, **counts}], answer.answered_at)
        observe(run, Instagram(run, graph, account, handle), account, total, answer.answered_at)


SOURCE = Source(
    NAME,
    "Instagram",
    tables(("impressions", "reach")),
    extract,
    (
        BASE_URL,
        VERSION,
        Setting(
            "account_id", "Id of the professional account, as its Facebook Page names it (instagram_business_account).", is_required=True
        ),
        Setting(
            "access_token",
            "Token with instagram_basic, instagram_manage_comments and instagram_manage_insights.",
            is_secret=True,
            is_required=True,
        ),
        APP_SECRET,
        OLDER,
    ),
)
