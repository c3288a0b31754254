"""Mastodon -> our statuses, their counters, and who answered, favourited or boosted them.

Keys: statuses and people by the ids that the own server gives them. Reads any server that speaks Mastodon's client API.
Direct messages and other people's followers-only words are not kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipelines.authorization import Bearer
from pipelines.cadence import OLDER
from pipelines.http import Answer, Client, Pages, expect, stamp, undeclared, understood, utc
from pipelines.observe import observe
from pipelines.raw import Extraction, Setting, Source
from pipelines.social import COUNTERS, TABLES, Item, Row

NAME = "mastodon"
STATUSES = "/api/v1/statuses"
# What of a status is used, or left out because it names people or only concerns who is asking.
STATUS_FIELDS = (
    frozenset(
        ["id", "uri", "url", "created_at", "edited_at", "account", "content", "spoiler_text", "text", "language", "visibility", "sensitive"]
    )
    | frozenset(
        ["in_reply_to_id", "in_reply_to_account_id", "mentions", "tags", "emojis", "media_attachments", "card", "poll", "application"]
    )
    | frozenset(
        ["favourites_count", "reblogs_count", "replies_count", "quotes_count", "reblog", "quote", "quote_approval", "tagged_collections"]
    )
    | frozenset(["favourited", "reblogged", "muted", "bookmarked", "pinned", "filtered"])
)
MEDIA = {"image": "photo", "gifv": "video", "video": "video"}


class Mastodon:
    """The questions of social.Platform, asked of one account."""

    batch = 20  # the server refuses more
    reactions = COUNTERS
    has_people = True

    def __init__(self, run: Extraction, client: Client, account_id: str) -> None:
        self.run, self.client, self.account_id = run, client, account_id
        self.can_look_up_many = True
        self.answers: dict[str, Row] = {}  # our own replies, whose conversation only the thread tells

    def feed(self, since: datetime | None) -> Iterator[Item]:
        endpoint = f"/api/v1/accounts/{self.account_id}/statuses"
        for answer, page in self._pages(endpoint, [("limit", "40"), ("exclude_reblogs", "true")]):
            yield from (self._item(status, answer.answered_at) for status in page if not status.get("reblog") and _is_kept(status))
            if since and page and max(utc(status["created_at"]) for status in page) < since:
                return

    def look_up(self, ids: Sequence[str]) -> tuple[list[Item], datetime]:
        if self.can_look_up_many:
            answer = self.client.get(STATUSES, [("id[]", id_) for id_ in ids], allow=(404, 405))
            if answer.body is not None:
                return [self._item(status, answer.answered_at) for status in expect(answer, NAME, STATUSES)], answer.answered_at
            self.can_look_up_many = False  # came with Mastodon 4.3
        answers = [self.client.get(f"{STATUSES}/{id_}", allow=(404, 410)) for id_ in ids]
        return [self._item(answer.body, answer.answered_at) for answer in answers if answer.body is not None], answers[-1].answered_at

    def notifications(self, since: datetime | None) -> Iterator[Row]:
        types = [("types[]", type_) for type_ in ("mention", "favourite", "reblog", "quote")]
        for _, page in self._pages("/api/v1/notifications", [("limit", "80"), *types]):
            for notice in page:
                kind, status = {"favourite": "like", "reblog": "repost"}.get(notice["type"]), notice.get("status")
                if kind and status:
                    yield self._reaction(kind, str(status["id"]), notice["account"], notice["created_at"])
                elif status and notice["type"] in ("mention", "quote") and _is_kept(status):
                    yield self._words(status)
            if since and page and max(utc(notice["created_at"]) for notice in page) < since:
                return

    def thread(self, post_id: str) -> Iterator[Item]:
        answer = self.client.get(f"{STATUSES}/{post_id}/context", allow=(404, 410))
        if answer.body is None:
            return
        above, below = expect(answer, NAME, "context", "ancestors"), expect(answer, NAME, "context", "descendants")
        thread_id = str(above[0]["id"]) if above else post_id
        parents = {str(status["id"]): _id(status.get("in_reply_to_id")) for status in above + below}
        ours = {str(status["id"]) for status in above + below if str(status["account"]["id"]) == self.account_id} | {post_id}
        if post_id in self.answers:
            yield Item(post_id, answer.answered_at, answer.answered_at, interaction={**self.answers[post_id], "thread_id": thread_id})
        for status in filter(_is_kept, above + below):
            item = self._item(status, answer.answered_at)
            if item.interaction:
                parent = parents.get(item.id)
                while parent and parent not in ours:
                    parent = parents.get(parent)
                post = thread_id if thread_id in ours else parent
                yield Item(item.id, item.at, item.posted_at, interaction={**item.interaction, "thread_id": thread_id, "post_id": post})

    def people(self, kind: str, post_id: str) -> tuple[list[tuple[str, str | None]], datetime]:
        endpoint = f"{STATUSES}/{post_id}/{'favourited_by' if kind == 'like' else 'reblogged_by'}"
        found: dict[str, str | None] = {}
        for answer, page in self._pages(endpoint, [("limit", "80")], has_ids=False):
            found |= {self._key(account["id"]): None for account in page}
            at = answer.answered_at
        return list(found.items()), at

    def _pages(self, endpoint: str, params: list[tuple[str, str]], has_ids: bool = True) -> Iterator[tuple[Answer, list[Any]]]:
        """Pages by the Link header; where a server sends none, down from the last id until a page is empty."""
        pages = Pages(NAME, endpoint, "max_id")
        older: list[tuple[str, str]] = []
        while True:
            answer = self.client.get(endpoint, params + older)
            page = expect(answer, NAME, endpoint)
            yield answer, page
            lowest = [("max_id", str(page[-1]["id"]))] if page and has_ids else []
            older = _next(answer) if "link" in answer.headers else lowest
            if not older:
                return
            pages.follow(tuple(older))

    def _key(self, account_id: str) -> str:
        return self.run.person_key(platform=NAME, platform_id=str(account_id)) or ""

    def _item(self, status: Mapping[str, Any], at: datetime) -> Item:
        id_, posted_at, is_ours = str(status["id"]), utc(status["created_at"]), str(status["account"]["id"]) == self.account_id
        parent, parent_author = _id(status.get("in_reply_to_id")), _id(status.get("in_reply_to_account_id"))
        if not is_ours:
            is_about_us = parent or _quoted(status) or self.account_id in [str(person["id"]) for person in status.get("mentions") or []]
            return Item(id_, at, posted_at, interaction=self._words(status) if is_about_us else None)
        row = {
            **undeclared(status, STATUS_FIELDS),
            "post_id": id_,
            "profile_id": self.account_id,
            "posted_at": stamp(posted_at),
            "kind": "reply" if parent else _kind(status),
            "text": _text(status),
            "language": status.get("language"),
            "permalink": status.get("url"),
            "reply_to_post_id": parent,
            "edited_at": stamp(status.get("edited_at")),
        }
        names = {"likes": "favourites_count", "replies": "replies_count", "reposts": "reblogs_count", "quotes": "quotes_count"}
        counters = {name: status.get(field) for name, field in names.items()}
        if parent and parent_author != self.account_id:  # a thread of our own answers nobody
            self.answers[id_] = self._words(status)
        return Item(id_, at, posted_at, row, counters, self.answers.get(id_), id_)

    def _words(self, status: Mapping[str, Any]) -> Row:
        author, parent, parent_author = status["account"], _id(status.get("in_reply_to_id")), _id(status.get("in_reply_to_account_id"))
        quoted = _quoted(status)
        return {
            "interaction_id": str(status["id"]),
            "kind": "reply" if parent else "quote" if quoted else "mention",
            "occurred_at": stamp(status["created_at"]),
            "actor_key": self._key(author["id"]),
            "addressee_key": self._key(parent_author) if parent_author else None if parent else self._key(self.account_id),
            "profile_id": self.account_id,
            "is_brand": str(author["id"]) == self.account_id,
            "is_bot": author.get("bot"),
            "post_id": parent if parent and parent_author == self.account_id else None if parent else quoted,
            "parent_id": parent or quoted,
            "thread_id": None if parent else str(status["id"]),
            "text": _text(status) if status.get("visibility") in ("public", "unlisted") else None,
            "language": status.get("language"),
        }

    def _reaction(self, kind: str, post_id: str, account: Mapping[str, Any], at: str) -> Row:
        key = self._key(account["id"])
        return {
            "interaction_id": f"{kind}:{post_id}:{key}",
            "kind": kind,
            "occurred_at": stamp(at),
            "actor_key": key,
            "profile_id": self.account_id,
            "is_brand": False,
            "is_bot": account.get("bot"),
            "post_id": post_id,
            "parent_id": post_id,
        }


def _id(value: Any) -> str | None:
    return None if value is None else str(value)


def _next(answer: Answer) -> list[tuple[str, str]]:
    """The `max_id` of the Link header's next page. Only that: the address may be another host's, and the token would go there."""
    for link in answer.headers["link"].split(","):
        if 'rel="next"' in link:
            query = urlsplit(link[link.index("<") + 1 : link.index(">")]).query
            return [("max_id", max_id) for max_id in parse_qs(query).get("max_id", [])[:1]]
    return []


def _is_kept(status: Mapping[str, Any]) -> bool:
    return status.get("visibility") != "direct"


def _quoted(status: Mapping[str, Any]) -> str | None:
    """The status that it quotes (Mastodon 4.5), which may be given whole or by its id."""
    quote = status.get("quote") or {}
    return _id((quote.get("quoted_status") or {}).get("id") or quote.get("quoted_status_id"))


def _kind(status: Mapping[str, Any]) -> str:
    for media in status.get("media_attachments") or []:
        return MEDIA.get(media.get("type"), "text")
    return "link" if status.get("card") else "text"


class _Words(HTMLParser):
    """Words of HTML; the ends of paragraphs and <br> become line breaks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _text(status: Mapping[str, Any]) -> str:
    words = _Words()
    words.feed(status.get("content") or "")
    words.close()
    return "\n\n".join(filter(None, [(status.get("spoiler_text") or "").strip(), "".join(words.parts).strip()]))


def extract(run: Extraction) -> None:
    with understood(NAME):
        _extract(run)


def _extract(run: Extraction) -> None:
    client = Client(NAME, run.settings["base_url"], Bearer(run.settings["access_token"]))
    answer = client.get("/api/v1/accounts/verify_credentials")
    account = expect(answer, NAME, "verify_credentials", kind=dict)
    id_ = str(account["id"])
    run.write(
        "profiles",
        [{"profile_id": id_, "name": account.get("display_name"), "created_at": stamp(account.get("created_at"))}],
        answer.answered_at,
    )
    counts = {"followers": "followers_count", "following": "following_count", "posts_total": "statuses_count"}
    run.write("profile_metrics", [{"profile_id": id_, **{name: account.get(field) for name, field in counts.items()}}], answer.answered_at)
    # statuses_count counts boosts of others too, so it is no total to hold our posts against.
    observe(run, Mastodon(run, client, id_), id_, None, answer.answered_at)


SOURCE = Source(
    NAME,
    "Mastodon",
    TABLES,
    extract,
    (
        Setting("base_url", "The server of the account.", default="https://mastodon.social"),
        Setting("access_token", "Token of the account with the scope `read` (Preferences, Development).", is_secret=True, is_required=True),
        OLDER,
    ),
)
