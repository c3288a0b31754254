"""X -> our posts, their counters, and who answered, quoted or named us.

Keys: posts and people by X's ids. Reads are paid for: a run reads at most its budget and goes on there the next time.
X lists the newest 3,200 posts and tells link clicks for 30 days only, so what is not read in time is lost; it names who
liked a post only for more money, so likes are counters here. Answers with older and newer field names are understood.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.authorization import Bearer, OAuth
from pipelines.budget import Budget, budget_setting
from pipelines.cadence import OLDER
from pipelines.http import Answer, Authorization, Client, Pages, expect, stamp, undeclared, understood, utc
from pipelines.observe import observe
from pipelines.raw import Extraction, Setting, Source
from pipelines.social import Item, Row, tables

NAME = "x"
EPOCH = 1_288_834_974_657  # milliseconds; the upper bits of an id count from it
PRIVATE_FOR = timedelta(days=29, hours=12)  # X forgets them after 30 days
WALL = 3200
FIELDS = "attachments,conversation_id,created_at,lang,note_post,public_metrics"
ASKED = {"expansions": "attachments.media_keys,author_id,in_reply_to_user_id,referenced_posts", "media.fields": "type"}
# What of a post is used, or left out because it names people, places or only concerns who is asking.
POST_FIELDS = (
    frozenset(["id", "text", "note_post", "note_tweet", "created_at", "lang", "author_id", "in_reply_to_user_id", "conversation_id"])
    | frozenset(["public_metrics", "non_public_metrics", "organic_metrics", "attachments", "referenced_posts", "referenced_tweets"])
    | frozenset(["edit_history_post_ids", "edit_history_tweet_ids", "edit_controls", "entities", "geo", "username"])
)
MEDIA = {"photo": "photo", "video": "video", "animated_gif": "video"}


class X:
    """The questions of social.Budgeted, asked of one account."""

    batch = 100
    reactions: Mapping[str, str] = {}
    has_people = True

    def __init__(self, run: Extraction, client: Client, user_id: str, now: datetime, tells_clicks: bool) -> None:
        self.run, self.client, self.user_id = run, client, user_id
        self.private_from = now - PRIVATE_FOR if tells_clicks else None
        self.budget = Budget(run.settings["budget_per_run"])
        self.ours = {id_ for (id_,) in run.stored("select post_id from posts")}
        self.unplaced: list[tuple[dict[str, Any], Sequence[str | None]]] = []  # said in threads whose first post may come later in the feed

    def feed(self, since: datetime | None, before: str | None = None) -> Iterator[Item]:
        path, count, until = f"/2/users/{self.user_id}/tweets", 0, before
        if self.private_from and (before is None or posted_at(before) > self.private_from):
            for item in self._list(path, max(filter(None, (since, self.private_from))), before, is_private=True, exclude="retweets"):
                count += 1
                yield item
            if since and since >= self.private_from:
                return
            until = first_id(self.private_from)
        for item in self._list(path, since, until, exclude="retweets"):
            count += 1
            yield item
        if count >= WALL:
            self.run.warn(f"X lists the newest {WALL:,} posts only; older ones come through an archive of the account, as files")

    def look_up(self, ids: Sequence[str]) -> tuple[list[Item], datetime]:
        young = [id_ for id_ in ids if self.private_from and id_ in self.ours and posted_at(id_) > self.private_from]
        found: list[Item] = []
        self.budget.at_most(len(ids), least=len(ids))
        for some, is_private in ((young, True), ([id_ for id_ in ids if id_ not in young], False)):
            if some:
                answer = self.client.get("/2/tweets", {"ids": ",".join(some), **_asked(is_private)})
                items = self._items(answer)
                self.budget.spend(len(items))
                found += items
        return found, answer.answered_at

    def notifications(self, since: datetime | None, before: str | None = None) -> Iterator[Row]:
        for row, above in self.unplaced:
            row["post_id"] = next((id_ for id_ in above if id_ in self.ours), None)
        for item in self._list(f"/2/users/{self.user_id}/mentions", since, before):
            if item.interaction and item.post is None:
                yield item.interaction

    def thread(self, post_id: str) -> Iterator[Item]:
        """Whoever answers us names us, so that mentions hold every answer."""
        yield from ()

    def people(self, kind: str, post_id: str) -> tuple[list[tuple[str, str | None]], datetime]:
        raise NotImplementedError("reactions is empty: X is not asked who liked a post")

    def _list(self, path: str, since: datetime | None, before: str | None, is_private: bool = False, **params: str) -> Iterator[Item]:
        pages, token = Pages(NAME, path, "next_token"), None
        if since:
            params["since_id"] = first_id(since)
        if before:
            params["until_id"] = before
        while True:
            size = self.budget.at_most(100, least=5)
            paging: dict[str, str] = {"pagination_token": token} if token else {}
            answer = self.client.get(path, {"max_results": size, **_asked(is_private), **params, **paging})
            items = self._items(answer)
            self.budget.spend(len(items))
            yield from items
            token = (answer.body.get("meta") or {}).get("next_token")
            if not token:
                return
            pages.follow(token)

    def _items(self, answer: Answer) -> list[Item]:
        media = {each["media_key"]: each.get("type") for each in (answer.body.get("includes") or {}).get("media") or []}
        posts = expect(answer, NAME, "the list", "data") if answer.body.get("data") is not None else []
        return [self._item(post, media, answer.answered_at) for post in posts]

    def _item(self, post: Mapping[str, Any], media: Mapping[str, Any], at: datetime) -> Item:
        id_, is_ours = str(post["id"]), str(post["author_id"]) == self.user_id
        if not is_ours:
            return Item(id_, at, utc(post["created_at"]), interaction=self._words(post))
        self.ours.add(id_)
        keys = (post.get("attachments") or {}).get("media_keys") or []
        parent = _referred(post, "replied_to")
        row = {
            **undeclared(post, POST_FIELDS),
            "post_id": id_,
            "profile_id": self.user_id,
            "posted_at": stamp(post["created_at"]),
            "kind": "reply" if parent else next((MEDIA.get(media.get(key, ""), "text") for key in keys), "text"),
            "text": _text(post),
            "language": post.get("lang"),
            "permalink": f"https://x.com/i/status/{id_}",
            "reply_to_post_id": parent,
        }
        counts = post.get("public_metrics") or {}
        counters = {
            "likes": counts.get("like_count"),
            "replies": counts.get("reply_count"),
            "reposts": counts.get("repost_count", counts.get("retweet_count")),
            "quotes": counts.get("quote_count"),
            "bookmarks": counts.get("bookmark_count"),
            "impressions": counts.get("impression_count"),
            "clicks": (post.get("non_public_metrics") or {}).get("url_link_clicks"),
        }
        answers = post.get("in_reply_to_user_id")
        return Item(id_, at, utc(post["created_at"]), row, counters, self._words(post) if answers and answers != self.user_id else None)

    def _words(self, post: Mapping[str, Any]) -> Row:
        """A reply, quote or mention by anybody."""
        parent, quoted = _referred(post, "replied_to"), _referred(post, "quoted")
        root = post.get("conversation_id")
        author, answers = str(post["author_id"]), post.get("in_reply_to_user_id")
        row = {
            "interaction_id": str(post["id"]),
            "kind": "reply" if parent else "quote" if quoted else "mention",
            "occurred_at": stamp(post["created_at"]),
            "actor_key": self._key(author),
            "addressee_key": self._key(str(answers) if parent and answers else self.user_id),
            "profile_id": self.user_id,
            "is_brand": author == self.user_id,
            "post_id": next((id_ for id_ in (root, parent, quoted) if id_ in self.ours), None),
            "parent_id": parent or quoted,
            "thread_id": root,
            "text": _text(post),
            "language": post.get("lang"),
        }
        self.unplaced.append((row, (root, parent, quoted)))
        return row

    def _key(self, user_id: str) -> str | None:
        return self.run.person_key(platform=NAME, platform_id=user_id)


def first_id(at: datetime) -> str:
    """The lowest id that a post of this time can have."""
    return str(max(0, int(at.timestamp() * 1000) - EPOCH) << 22)


def posted_at(id_: str) -> datetime:
    return datetime.fromtimestamp(((int(id_) >> 22) + EPOCH) / 1000, UTC)


def _asked(is_private: bool) -> dict[str, str]:
    return {**ASKED, "post.fields": FIELDS + (",non_public_metrics" if is_private else "")}


def _text(post: Mapping[str, Any]) -> str | None:
    whole = post.get("note_post") or post.get("note_tweet") or {}
    return whole.get("text") or post.get("text")


def _referred(post: Mapping[str, Any], how: str) -> str | None:
    referred = post.get("referenced_posts") or post.get("referenced_tweets") or []
    return next((str(other["id"]) for other in referred if other["type"] == how), None)


def _authorization(run: Extraction) -> Authorization:
    refresh_token, client_id = run.settings.get("refresh_token"), run.settings.get("client_id", "")
    if not refresh_token:
        return Bearer(run.settings["access_token"])
    secret = run.settings.get("client_secret")
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": client_id}
    url = run.settings["base_url"].rstrip("/") + "/2/oauth2/token"
    return OAuth(run, NAME, url, form, cure="refresh_token", basic=(client_id, secret) if secret else None)


def extract(run: Extraction) -> None:
    with understood(NAME):
        client = Client(NAME, run.settings["base_url"], _authorization(run))
        username = run.settings.get("username")
        path = f"/2/users/by/username/{username.removeprefix('@')}" if username else "/2/users/me"
        answer = client.get(path, {"user.fields": "created_at,public_metrics"})
        user = expect(answer, NAME, "the user", "data", dict)
        id_, counts = str(user["id"]), user.get("public_metrics") or {}
        run.write(
            "profiles", [{"profile_id": id_, "name": user.get("name"), "created_at": stamp(user.get("created_at"))}], answer.answered_at
        )
        metrics = {"followers": counts.get("followers_count"), "following": counts.get("following_count")}
        metrics["posts_total"] = counts.get("post_count", counts.get("tweet_count"))
        run.write("profile_metrics", [{"profile_id": id_, **metrics}], answer.answered_at)
        # The count holds reposts of others too, and reaches beyond the 3,200: no total to hold our posts against.
        observe(run, X(run, client, id_, answer.answered_at, not username), id_, None, answer.answered_at)


SOURCE = Source(
    NAME,
    "X",
    tables(("impressions", "clicks")),
    extract,
    (
        Setting("base_url", "The API.", default="https://api.x.com"),
        Setting(
            "access_token", "Token of the account, or of the app with a username.", is_secret=True, is_required=True, unless="refresh_token"
        ),
        Setting("username", "Handle of the account where the token is the app's own; link clicks are not told then."),
        Setting("refresh_token", "Refresh token of the account (scope offline.access), instead of an access token.", is_secret=True),
        Setting("client_id", "Client id of the app; needed with a refresh token."),
        Setting("client_secret", "Client secret of the app, where it is a confidential one.", is_secret=True),
        budget_setting("posts and mentions read (X charges for each)", "5000"),
        OLDER,
    ),
)
