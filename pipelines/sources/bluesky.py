"""Bluesky -> our posts, their counters, and who answered, liked or reposted them.

Keys: posts and replies by their at:// address, people by their DID (handles change hands). Reads any server that speaks
the app.bsky lexicons: an AppView, or a PDS that passes such requests on to one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pipelines.cadence import OLDER
from pipelines.http import Answer, Client, Pages, SourceError, expect, stamp, undeclared, understood, utc
from pipelines.observe import observe
from pipelines.raw import Extraction, Setting, Source
from pipelines.social import COUNTERS, TABLES, Item, Row

NAME = "bluesky"
SESSION = "/xrpc/com.atproto.server."
FEED = "/xrpc/app.bsky.feed."
# What of a post is used, or left out because it names people or only concerns who is asking.
POST_FIELDS = frozenset(["uri", "cid", "author", "record", "embed", "indexedAt", "viewer", "labels", "threadgate"]) | frozenset(
    ["likeCount", "replyCount", "repostCount", "quoteCount", "bookmarkCount"]
)
KINDS = {"images": "photo", "gallery": "photo", "video": "video", "external": "link"}


class Session:
    """Signs in with an app password and gets new tokens when the short-lived one runs out; or uses the token that was given."""

    def __init__(self, identifier: str | None, secret: str) -> None:
        self._identifier = identifier
        self._password = None if re.fullmatch(r"ey[\w-]+\.[\w-]+\.[\w-]+", secret) else secret
        self._access = "" if self._password else secret
        self._refresh: str | None = None
        if self._password and not identifier:
            raise SourceError("bluesky: an app password needs to know whose it is: set SOURCES__BLUESKY__IDENTIFIER to the handle or DID")

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._access}"}

    def renew(self, client: Client, status: int, error: str) -> bool:
        if status != 401 and error not in ("ExpiredToken", "InvalidToken"):
            return False
        if self._refresh:
            answer = client.post(SESSION + "refreshSession", headers={"Authorization": f"Bearer {self._refresh}"}, allow=(400, 401))
            if answer.body:
                self._keep(answer)
                return True
        if self._password:
            self.sign_in(client)
        return self._password is not None

    def sign_in(self, client: Client) -> Answer:
        """The session; its `did` says whose it is."""
        if not self._password:
            return client.get(SESSION + "getSession")
        answer = client.post(SESSION + "createSession", {"identifier": self._identifier, "password": self._password}, headers={})
        self._keep(answer)
        return answer

    def _keep(self, answer: Answer) -> None:
        self._access = expect(answer, NAME, "the session", "accessJwt", str)
        self._refresh = expect(answer, NAME, "the session", "refreshJwt", str)


class Bluesky:
    """The questions of social.Platform, asked of one account."""

    batch = 25
    reactions = COUNTERS
    has_people = True

    def __init__(self, run: Extraction, client: Client, did: str) -> None:
        self.run, self.client, self.did = run, client, did
        self.own = f"at://{did}/"

    def feed(self, since: datetime | None) -> Iterator[Item]:
        for answer in self._pages(FEED + "getAuthorFeed", "feed", actor=self.did, filter="posts_with_replies"):
            entries = expect(answer, NAME, "getAuthorFeed", "feed")
            for entry in entries:
                is_repost = "reason" in entry and "reasonRepost" in entry["reason"].get("$type", "")
                if not is_repost and entry["post"]["uri"].startswith(self.own):
                    yield self._item(entry["post"], answer.answered_at)
            if since and entries and max(map(_listed_at, entries)) < since:
                return

    def look_up(self, ids: Sequence[str]) -> tuple[list[Item], datetime]:
        answer = self.client.get(FEED + "getPosts", [("uris", id_) for id_ in ids])
        return [self._item(post, answer.answered_at) for post in expect(answer, NAME, "getPosts", "posts")], answer.answered_at

    def notifications(self, since: datetime | None) -> Iterator[Row]:
        endpoint = "/xrpc/app.bsky.notification.listNotifications"
        for answer in self._pages(endpoint, "notifications"):
            page = expect(answer, NAME, endpoint, "notifications")
            for notice in page:
                kind, subject = notice["reason"], notice.get("reasonSubject")
                if kind in ("like", "repost") and subject and _author(subject) == self.did:
                    yield self._reaction(kind, subject, notice["author"]["did"], notice["indexedAt"])
                elif kind in ("reply", "mention", "quote"):
                    yield self._words(notice["uri"], notice["record"], notice["indexedAt"], is_quote=kind == "quote")
            if since and page and max(utc(notice["indexedAt"]) for notice in page) < since:
                return

    def thread(self, post_id: str) -> Iterator[Item]:
        params = {"uri": post_id, "depth": 1000, "parentHeight": 0}
        answer = self.client.get(FEED + "getPostThread", params, allow=("NotFound",))
        if answer.body is None:
            return
        left = list(expect(answer, NAME, "getPostThread", "thread", dict).get("replies") or [])
        while left:
            node = left.pop()
            left += node.get("replies") or []
            if "post" in node:  # else it is gone, or its author has blocked us
                yield self._item(node["post"], answer.answered_at)

    def people(self, kind: str, post_id: str) -> tuple[list[tuple[str, str | None]], datetime]:
        endpoint, field = ("getLikes", "likes") if kind == "like" else ("getRepostedBy", "repostedBy")
        found: dict[str, str | None] = {}
        for answer in self._pages(FEED + endpoint, field, uri=post_id):
            for entry in expect(answer, NAME, endpoint, field):
                found[self._key((entry.get("actor") or entry)["did"])] = stamp(entry.get("createdAt") if kind == "like" else None)
        return list(found.items()), answer.answered_at

    def _pages(self, endpoint: str, field: str, **params: Any) -> Iterator[Answer]:
        """Answers of an endpoint until it gives no cursor; an empty page with a cursor is not the last one."""
        pages = Pages(NAME, endpoint)
        while True:
            answer = self.client.get(endpoint, {"limit": 100, **params})
            yield answer
            cursor = answer.body.get("cursor")
            if not cursor:
                return
            pages.follow(cursor)
            params["cursor"] = cursor

    def _key(self, did: str) -> str:
        return self.run.person_key(platform=NAME, platform_id=did) or ""

    def _item(self, post: Mapping[str, Any], at: datetime) -> Item:
        uri, record = post["uri"], post["record"]
        posted_at = _written_at(record, post["indexedAt"])
        if not uri.startswith(self.own):
            return Item(uri, at, posted_at, interaction=self._words(uri, record, post["indexedAt"]))
        parent, root = _answered(record)
        row = {
            **undeclared(post, POST_FIELDS),
            "post_id": uri,
            "profile_id": self.did,
            "posted_at": posted_at,
            "kind": "reply" if parent else _kind(record.get("embed")),
            "text": record.get("text"),
            "language": record["langs"][0] if record.get("langs") else None,
            "permalink": f"https://bsky.app/profile/{self.did}/post/{uri.rpartition('/')[2]}",
            "reply_to_post_id": parent,
        }
        counters = {
            "likes": post.get("likeCount"),
            "replies": post.get("replyCount"),
            "reposts": post.get("repostCount"),
            "quotes": post.get("quoteCount"),
            "bookmarks": post.get("bookmarkCount"),
        }
        words = (
            self._words(uri, record, post["indexedAt"]) if parent and _author(parent) != self.did else None
        )  # a thread of our own answers nobody
        return Item(uri, at, posted_at, row, counters, words, root if root and _author(root) == self.did else uri)

    def _words(self, uri: str, record: Mapping[str, Any], indexed_at: str, is_quote: bool = False) -> Row:
        """A reply, quote or mention by anybody; a DID stands in every at:// address, so nobody has to be asked who wrote the parent."""
        parent, root = _answered(record)
        quoted = _quoted(record.get("embed"))
        ours = [address for address in (root, parent, quoted) if address and _author(address) == self.did]
        addressee = _author(parent) if parent else self.did
        return {
            "interaction_id": uri,
            "kind": "reply" if parent else "quote" if is_quote or (quoted and ours) else "mention",
            "occurred_at": stamp(_written_at(record, indexed_at)),
            "actor_key": self._key(_author(uri)),
            "addressee_key": self._key(addressee),
            "profile_id": self.did,
            "is_brand": _author(uri) == self.did,
            "post_id": next(iter(ours), None),
            "parent_id": parent or quoted,
            "thread_id": root or uri,
            "text": record.get("text"),
            "language": next(iter(record.get("langs") or []), None),
        }

    def _reaction(self, kind: str, post_id: str, did: str, at: str) -> Row:
        key = self._key(did)
        return {
            "interaction_id": f"{kind}:{post_id}:{key}",
            "kind": kind,
            "occurred_at": stamp(at),
            "actor_key": key,
            "profile_id": self.did,
            "is_brand": False,
            "post_id": post_id,
            "parent_id": post_id,
        }


def _author(uri: str) -> str:
    """at://did:plc:abc/app.bsky.feed.post/3k... -> did:plc:abc"""
    return uri.removeprefix("at://").partition("/")[0]


def _written_at(record: Mapping[str, Any], indexed_at: str) -> datetime:
    """The author's own time, which may be any, but not later than when the network first saw it."""
    indexed = utc(indexed_at)
    try:
        return min(utc(record["createdAt"]), indexed) if record.get("createdAt") else indexed
    except (ValueError, OverflowError):  # no time at all: clients may write anything
        return indexed


def _listed_at(entry: Mapping[str, Any]) -> datetime:
    """What the feed is ordered by: when a post came into it, which of a repost is not when it was written."""
    return utc((entry.get("reason") or {}).get("indexedAt") or entry["post"]["indexedAt"])


def _answered(record: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """What a record answers, and the beginning of that thread."""
    if not (reply := record.get("reply")):
        return None, None
    return (reply.get("parent") or {}).get("uri"), (reply.get("root") or {}).get("uri")


def _kind(embed: Mapping[str, Any] | None) -> str:
    """Of a post's embed: app.bsky.embed.images -> photo; recordWithMedia by what it carries."""
    if not embed:
        return "text"
    embed = embed.get("media") or embed
    return KINDS.get(embed.get("$type", "").rpartition(".")[2], "text")


def _quoted(embed: Mapping[str, Any] | None) -> str | None:
    record = (embed or {}).get("record") or {}
    uri = record.get("uri") or (record.get("record") or {}).get("uri")
    return uri if uri and "/app.bsky.feed.post/" in uri else None


def extract(run: Extraction) -> None:
    with understood(NAME):
        _extract(run)


def _extract(run: Extraction) -> None:
    session = Session(run.settings.get("identifier") or None, run.settings["access_token"])
    client = Client(NAME, run.settings["base_url"], session)
    did = expect(session.sign_in(client), NAME, "the session", "did", str)
    answer = client.get("/xrpc/app.bsky.actor.getProfile", {"actor": did})
    profile = expect(answer, NAME, "getProfile", kind=dict)
    total = profile.get("postsCount")
    run.write(
        "profiles",
        [{"profile_id": did, "name": profile.get("displayName"), "created_at": stamp(profile.get("createdAt"))}],
        answer.answered_at,
    )
    counts = {"followers": profile.get("followersCount"), "following": profile.get("followsCount"), "posts_total": total}
    run.write("profile_metrics", [{"profile_id": did, **counts}], answer.answered_at)
    observe(run, Bluesky(run, client, did), did, total, answer.answered_at)


SOURCE = Source(
    NAME,
    "Bluesky",
    TABLES,
    extract,
    (
        Setting("base_url", "The server you sign in at (your PDS).", default="https://bsky.social"),
        Setting("identifier", "Handle or DID of the account; not needed with an access token instead of an app password."),
        Setting(
            "access_token",
            "App password of the account (Settings, Privacy and security), or an access token.",
            is_secret=True,
            is_required=True,
        ),
        OLDER,
    ),
)
