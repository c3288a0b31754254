"""A small Mastodon: statuses, favourites, boosts and notifications, answered as the official documentation says."""

from datetime import datetime, timedelta
from typing import Any

from faults import NOW, Reply, Request
from faults.layer import Adapter, Fault

US, ADA, BOB = "109000000000000001", "109000000000000002", "109000000000000003"
TOKEN = "token-of-the-account"


def at(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def account(id_: str) -> dict[str, Any]:
    name, flags = f"user{id_[-1]}", dict.fromkeys(["bot", "group", "indexable", "locked"], False)
    urls = dict.fromkeys(("url", "uri", "avatar", "avatar_static", "header", "header_static"), f"https://social.example/{name}")
    counts = {"followers_count": 500, "following_count": 5, "statuses_count": 9}
    names = {"id": id_, "username": name, "acct": f"{name}@social.example", "display_name": f"Name of {name}", "note": ""}
    return names | flags | urls | counts | {"created_at": at(NOW - timedelta(days=900)), "emojis": [], "fields": []}


class Mastodon:
    """The whole of it, as one account sees it; pages hold `page` entries. Ids rise with time, beyond 2^53."""

    def __init__(self) -> None:
        self.url = ""
        self.statuses: dict[str, dict[str, Any]] = {}
        self.people: dict[tuple[str, str], list[str]] = {}  # (favourited_by or reblogged_by, status)
        self.notices: list[dict[str, Any]] = []
        self.page = 2
        self.has_look_up = True  # of many at once
        self.has_links = True

    def post(self, posted_at: datetime, author: str = US, parent: str | None = None, content: str = "<p>words</p>", **fields: Any) -> str:
        id_ = str(int(posted_at.timestamp() * 1000) << 16 | len(self.statuses))
        mentions = [self.statuses[parent]["account"]] if parent else []
        self.statuses[id_] = {
            "id": id_,
            "created_at": at(posted_at),
            "in_reply_to_id": parent,
            "in_reply_to_account_id": self.statuses[parent]["account"]["id"] if parent else None,
            "account": account(author),
            "content": content,
            "visibility": "public",
            "sensitive": False,
            "spoiler_text": "",
            "language": "en",
            "uri": f"https://social.example/{id_}",
            "url": f"https://social.example/@us/{id_}",
            "media_attachments": [],
            "mentions": [{"id": m["id"], "username": m["username"], "acct": m["acct"], "url": m["url"]} for m in mentions],
            "tags": [],
            "emojis": [],
            **fields,
        }
        return id_

    def view(self, id_: str) -> dict[str, Any]:
        counts = {
            "favourites_count": len(self.people.get(("favourited_by", id_), [])),
            "reblogs_count": len(self.people.get(("reblogged_by", id_), [])),
            "replies_count": sum(status["in_reply_to_id"] == id_ for status in self.statuses.values()),
        }
        return counts | self.statuses[id_]

    def below(self, id_: str) -> list[dict[str, Any]]:
        children = [child for child, status in self.statuses.items() if status["in_reply_to_id"] == id_]
        return [view for child in children for view in [self.view(child), *self.below(child)]]

    def above(self, id_: str) -> list[dict[str, Any]]:
        parent = self.statuses[id_]["in_reply_to_id"]
        return [*self.above(parent), self.view(parent)] if parent in self.statuses else []

    def notice(self, type_: str, author: str, status: str, when: datetime) -> None:
        id_ = str(len(self.notices) + 1)
        known = {"id": id_, "type": type_, "group_key": f"ungrouped-{id_}", "created_at": at(when), "account": account(author)}
        self.notices.insert(0, known | {"status": self.view(status)})

    def paged(self, request: Request, entries: list[Any], ids: list[str]) -> Reply:
        """Entries with falling ids, of which `max_id` is the one above the page."""
        top = request.first("max_id")
        kept = [(entry, id_) for entry, id_ in zip(entries, ids, strict=True) if not top or int(id_) < int(top)]
        page, has_more = kept[: self.page], len(kept) > self.page
        link = (
            f'<{self.url}{request.path}?limit=40&max_id={page[-1][1]}>; rel="next", <{self.url}{request.path}?min_id=1>; rel="prev"'
            if has_more
            else ""
        )
        return Reply([entry for entry, _ in page], headers={"Link": link} if link and self.has_links else {})

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply({"error": "The access token is invalid"}, 401)
        parts = request.path.removeprefix("/api/v1/").split("/")
        newest = sorted(self.statuses, key=int, reverse=True)
        match parts:
            case ["accounts", "verify_credentials"]:
                source = {"privacy": "public", "sensitive": False, "language": "en", "note": "", "fields": [], "follow_requests_count": 0}
                role = {"id": "-99", "name": "", "color": "", "permissions": "0", "highlighted": False}
                return Reply(account(US) | {"source": source, "role": role})
            case ["accounts", _, "statuses"]:
                mine = [id_ for id_ in newest if self.statuses[id_]["account"]["id"] == US]
                return self.paged(request, [self.view(id_) for id_ in mine], mine)
            case ["statuses"]:
                if not self.has_look_up:
                    return Reply({"error": "Record not found"}, 404)
                return Reply([self.view(id_) for id_ in request.query["id[]"] if id_ in self.statuses])
            case ["statuses", id_, *_] if id_ not in self.statuses:
                return Reply({"error": "Record not found"}, 404)
            case ["statuses", id_]:
                return Reply(self.view(id_))
            case ["statuses", id_, "context"]:
                return Reply({"ancestors": self.above(id_), "descendants": self.below(id_)})
            case ["statuses", id_, list_]:
                people = self.people.get((list_, id_), [])
                return self.paged(request, [account(person) for person in people], [str(900 - n) for n in range(len(people))])
            case ["notifications"]:
                return self.paged(request, self.notices, [notice["id"] for notice in self.notices])
        return Reply({"error": "Record not found"}, 404)


ADAPTER = Adapter(
    settings={"access_token": "demo-mastodon-token"},
    feed="/statuses",
    refusal=Fault(401, {"error": "The access token is invalid"}),
    sizes=("limit",),
    counters=("favourites_count", "reblogs_count", "replies_count", "quotes_count"),
    nulls={"post_metrics": ("likes", "replies", "reposts", "quotes")},
    texts=("content",),
)
