"""Facebook Page -> our posts, their counters, and who commented on them, answered whom, or named the page in a post.

Keys: posts and comments by Graph's ids, people by the ids that the page knows them by. Comments without an author (the
permission pages_read_user_content is missing, or the person hides) are counted and not told. Who reacted is not asked:
Graph does not say when.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pipelines.cadence import OLDER
from pipelines.graph import APP_SECRET, BASE_URL, GONE, INVALID_METRIC, VERSION, Graph, Insights, addressee
from pipelines.graph_account import PAGE, GraphAccount
from pipelines.http import Answer, expect, stamp, undeclared, understood, utc
from pipelines.observe import observe
from pipelines.raw import Extraction, Setting, Source
from pipelines.social import Item, Row, tables
from pipelines.withdrawn import Metrics

NAME = "facebook"
COUNTED = "reactions.limit(0).summary(total_count),comments.limit(0).filter(stream).summary(total_count)"
POST = f"id,message,created_time,updated_time,permalink_url,attachments{{media_type}},shares,{COUNTED}"
COMMENT = "id,message,created_time,from,parent{id,from}"
TAGGED = f"id,message,created_time,from,comments.limit({PAGE}).filter(stream){{{COMMENT}}}"
POST_FIELDS = frozenset(name.partition(".")[0].partition("{")[0] for name in POST.split(","))
MEASURES = {
    "post_media_view": "impressions",
    "post_total_media_view_unique": "reach",
    "post_clicks": "clicks",
    "post_video_views": "video_views",
}
OF_PAGE = {"page_views_total": "profile_views"}
KEPT, WINDOW, LATE = (
    timedelta(days=730),
    timedelta(days=85),
    timedelta(days=2),
)  # Graph gives two years, 90 days at a time, and the last ones late
KINDS = {"photo": "photo", "album": "photo", "video": "video", "link": "link", "event": "link"}
ANSWERED_FOR = timedelta(days=30)  # posts that name us are read again for so long: what is said below them is told nowhere else


class Facebook(GraphAccount):
    """The questions of social.Platform, asked of one page."""

    platform, edge, time = NAME, "published_posts", "created_time"
    post_fields, mention_fields, comment_fields = POST, "id,message,created_time,from", COMMENT

    def __init__(self, run: Extraction, graph: Graph, page: str, now: datetime) -> None:
        super().__init__(run, graph, page, Insights(run, graph, MEASURES, {}, ".period(lifetime)"))
        self.now = now

    def notifications(self, since: datetime | None) -> Iterator[Row]:
        until = since and since - ANSWERED_FOR
        for answer in self.graph.pages(f"{self.account}/tagged", PAGE, fields=TAGGED):
            posts = answer.body["data"]
            for post in posts:
                author = (post.get("from") or {}).get("id")
                if author == self.account:
                    continue
                if author:
                    asked = {"kind": "mention", "addressee_key": self._key(self.account), "thread_id": post["id"]}
                    yield {**self._words(post), **asked}
                yield from self._comments(self._below(post), author, None, post["id"], post["id"])
            if self._is_before(posts, until):
                return

    def thread(self, post_id: str) -> Iterator[Item]:
        for row in self._comments(self._listed(post_id), self.account, post_id, post_id, None):
            yield Item(row["interaction_id"], self.now, utc(row["occurred_at"]), interaction=row)

    def _below(self, post: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Comments on a post that names us: those shown with it, or all where there are more."""
        shown = post.get("comments") or {"data": []}
        return self._listed(post["id"]) if (shown.get("paging") or {}).get("next") else iter(shown["data"])

    def _listed(self, id_: str) -> Iterator[Mapping[str, Any]]:
        for answer in self.graph.pages(f"{id_}/comments", PAGE, (GONE,), filter="stream", order="chronological", fields=COMMENT):
            yield from answer.body["data"]

    def _authored(self, comments: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for comment in comments:
            if (comment.get("from") or {}).get("id"):
                yield comment
            else:
                self.run.warn("some comments come without their author and are left out: does the token have pages_read_user_content?")

    def _item(self, post: Mapping[str, Any], counts: Mapping[str, int | None], at: datetime) -> Item:
        row = {
            **undeclared(post, POST_FIELDS),
            "post_id": post["id"],
            "profile_id": self.account,
            "posted_at": stamp(post["created_time"]),
            "kind": _kind(post),
            "text": post.get("message"),
            "permalink": post.get("permalink_url"),
        }
        # Graph leaves `shares` out where there are none
        counters = {
            "likes": _total(post, "reactions"),
            "replies": _total(post, "comments"),
            "reposts": (post.get("shares") or NONE)["count"],
        }
        return Item(post["id"], at, utc(post["created_time"]), row, {**counters, **counts}, thread=post["id"])

    def _words(self, said: Mapping[str, Any]) -> dict[str, Any]:
        author = (said.get("from") or {}).get("id")
        return {
            "interaction_id": said["id"],
            "occurred_at": stamp(said["created_time"]),
            "actor_key": self._key(author) if author else None,
            "profile_id": self.account,
            "is_brand": author == self.account,
            "text": said.get("message"),
        }

    def _comments(
        self, comments: Iterator[Mapping[str, Any]], above: str | None, post_id: str | None, root: str, thread_id: str | None
    ) -> Iterator[dict[str, Any]]:
        """What was said below `root`, which `above` wrote; `thread_id` where the conversation was opened by it, and not by each comment."""
        spoken: dict[str, list[str]] = {}
        for comment in self._authored(comments):
            author, parent = comment["from"]["id"], comment.get("parent")
            thread = spoken.setdefault(parent["id"] if parent else comment["id"], [])
            to = addressee(author, (parent.get("from") or {}).get("id"), thread) if parent else above
            thread.append(author)
            yield self._words(comment) | {
                "kind": "reply" if parent or thread_id else "comment",
                "addressee_key": self._key(to or self.account),
                "post_id": post_id,
                "parent_id": parent["id"] if parent else root,
                "thread_id": thread_id or (parent["id"] if parent else comment["id"]),
            }


NONE: Mapping[str, int | None] = {"count": 0}


def _total(post: Mapping[str, Any], edge: str) -> int | None:
    return ((post.get(edge) or {}).get("summary") or {}).get("total_count")


def _kind(post: Mapping[str, Any]) -> str:
    if "/reel/" in (post.get("permalink_url") or ""):
        return "reel"
    attached = (post.get("attachments") or {}).get("data") or [{}]
    return KINDS.get(attached[0].get("media_type", ""), "text")


def _views(run: Extraction, graph: Graph, page: str, now: datetime) -> int | None:
    """Views of the page in all. Graph tells them by day and for two years, so that each run adds the days that are new to a sum."""
    place = run.state.setdefault("views", {"until": stamp(now - KEPT), "total": None})
    metrics = Metrics(run, NAME, "profile_metrics", OF_PAGE, may_lose_all=True)
    while (since := utc(place["until"])) < now - LATE:
        until = min(since + WINDOW, now - LATE)
        dates = {"since": f"{since:%Y-%m-%d}", "until": f"{until + timedelta(days=1):%Y-%m-%d}"}

        def request(names: Sequence[str], dates: Mapping[str, str] = dates) -> Answer:
            return graph.get(f"{page}/insights", (INVALID_METRIC,), metric=",".join(names), period="day", **dates)

        answers = metrics.ask(request)
        if not answers:
            return None
        days = [day for answer in answers for metric in expect(answer, NAME, "insights", "data") for day in metric["values"]]
        told = [day["value"] for day in days if since < utc(day["end_time"]) <= until and day["value"] is not None]
        place |= {"until": stamp(until), "total": (place["total"] or 0) + sum(told) if told else place["total"]}
    total: int | None = place["total"]
    return total


def extract(run: Extraction) -> None:
    with understood(NAME):
        graph = Graph(run, NAME)
        fields = "id,name,followers_count,published_posts.limit(0).summary(total_count)"
        answer = graph.get(run.settings["page_id"], fields=fields)
        page = expect(answer, NAME, "the page", "id", str)
        total = _total(answer.body, "published_posts")
        run.write("profiles", [{"profile_id": page, "name": answer.body.get("name")}], answer.answered_at)
        views = _views(run, graph, page, answer.answered_at)
        counts = {"followers": answer.body.get("followers_count"), "posts_total": total, "profile_views": views}
        run.write("profile_metrics", [{"profile_id": page, **counts}], answer.answered_at)
        observe(run, Facebook(run, graph, page, answer.answered_at), page, total, answer.answered_at)


SOURCE = Source(
    NAME,
    "Facebook Page",
    tables(tuple(MEASURES.values()), tuple(OF_PAGE.values())),
    extract,
    (
        BASE_URL,
        VERSION,
        Setting("page_id", "Id of the page.", is_required=True),
        Setting(
            "access_token",
            "Page token with pages_read_engagement, pages_read_user_content and read_insights.",
            is_secret=True,
            is_required=True,
        ),
        APP_SECRET,
        OLDER,
    ),
)
