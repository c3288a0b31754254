"""A small Bluesky: accounts, posts, likes and reposts, answered as the official lexicons say."""

from datetime import datetime, timedelta
from typing import Any

from faults import NOW, Reply, Request
from faults.layer import Adapter, Fault

US, ADA, BOB = "did:plc:us", "did:plc:ada", "did:plc:bob"
PASSWORD = "abcd-efgh-ijkl-mnop"
XRPC = "/xrpc/app.bsky."


def at(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def actor(did: str) -> dict[str, Any]:
    return {"did": did, "handle": f"{did[8:]}.example.org", "displayName": f"Name of {did[8:]}"}


class Network:
    """The whole of it, as one signed-in account sees it; pages hold `page` entries."""

    def __init__(self) -> None:
        self.posts: dict[str, dict[str, Any]] = {}
        self.likes: dict[str, list[str]] = {}
        self.reposts: dict[str, list[str]] = {}
        self.notices: list[dict[str, Any]] = []
        self.reposted_by_us: list[str] = []
        self.page = 2
        self.access = 0
        self.posts_total: int | None = None

    def post(self, id_: str, posted_at: datetime, author: str = US, parent: str | None = None, **fields: Any) -> str:
        uri = f"at://{author}/app.bsky.feed.post/{id_}"
        record: dict[str, Any] = {"$type": "app.bsky.feed.post", "text": f"words of {id_}", "createdAt": at(posted_at), "langs": ["en"]}
        if parent:
            root = (self.posts[parent]["record"].get("reply") or {"root": {"uri": parent}})["root"]["uri"]
            record["reply"] = {"root": {"uri": root, "cid": "c"}, "parent": {"uri": parent, "cid": "c"}}
        self.posts[uri] = {"uri": uri, "cid": "c", "author": actor(author), "record": record, "indexedAt": at(posted_at), **fields}
        return uri

    def like(self, uri: str, *dids: str) -> None:
        self.likes.setdefault(uri, []).extend(dids)

    def view(self, uri: str) -> dict[str, Any]:
        replies = [post for post in self.posts.values() if (post["record"].get("reply") or {}).get("parent", {}).get("uri") == uri]
        counts = {"likeCount": len(self.likes.get(uri, [])), "repostCount": len(self.reposts.get(uri, [])), "replyCount": len(replies)}
        return {**counts, "quoteCount": 0, **self.posts[uri]}

    def thread(self, uri: str) -> dict[str, Any]:
        below = [post["uri"] for post in self.posts.values() if (post["record"].get("reply") or {}).get("parent", {}).get("uri") == uri]
        return {"$type": "app.bsky.feed.defs#threadViewPost", "post": self.view(uri), "replies": [self.thread(reply) for reply in below]}

    def paged(self, request: Request, field: str, entries: list[Any], **more: Any) -> Reply:
        start = int(request.first("cursor", "0"))
        body = {field: entries[start : start + self.page], **more}
        return Reply(body | ({"cursor": str(start + self.page)} if start + self.page < len(entries) else {}))

    def answer(self, request: Request) -> Reply:
        name = request.path.removeprefix("/xrpc/")
        if name == "com.atproto.server.createSession":
            if request.body != {"identifier": "us.example.org", "password": PASSWORD}:
                return Reply({"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, 401)
            return Reply(self.session())
        if name == "com.atproto.server.refreshSession":
            return (
                Reply(self.session())
                if request.headers["authorization"].startswith("Bearer refresh")
                else Reply({"error": "InvalidToken"}, 400)
            )
        if request.headers.get("authorization") != f"Bearer access{self.access}":
            return Reply({"error": "ExpiredToken", "message": "Token has expired"}, 400)
        mine = sorted((p for p in self.posts.values() if p["author"]["did"] == US), key=lambda p: p["record"]["createdAt"], reverse=True)
        match name.removeprefix("app.bsky."):
            case "actor.getProfile":
                total = len(mine) if self.posts_total is None else self.posts_total
                counts = {"followersCount": 500, "followsCount": 5, "postsCount": total}
                return Reply({**actor(US), **counts, "createdAt": at(NOW)})
            case "feed.getAuthorFeed":
                shared = [
                    {"post": self.view(uri), "reason": {"$type": "app.bsky.feed.defs#reasonRepost", "by": actor(US), "indexedAt": at(NOW)}}
                    for uri in self.reposted_by_us
                ]
                return self.paged(request, "feed", shared + [{"post": self.view(post["uri"])} for post in mine])
            case "feed.getPosts":
                assert len(request.query["uris"]) <= 25
                return Reply({"posts": [self.view(uri) for uri in request.query["uris"] if uri in self.posts]})
            case "feed.getLikes":
                uri = request.first("uri")
                entries = [
                    {"indexedAt": at(NOW), "createdAt": at(NOW - timedelta(hours=1)), "actor": actor(did)}
                    for did in self.likes.get(uri, [])
                ]
                return self.paged(request, "likes", entries, uri=uri)
            case "feed.getRepostedBy":
                return self.paged(
                    request, "repostedBy", [actor(did) for did in self.reposts.get(request.first("uri"), [])], uri=request.first("uri")
                )
            case "feed.getPostThread":
                uri = request.first("uri")
                return Reply({"thread": self.thread(uri)}) if uri in self.posts else Reply({"error": "NotFound"}, 400)
            case "notification.listNotifications":
                return self.paged(request, "notifications", self.notices)
        return Reply({"error": "MethodNotImplemented"}, 501)

    def session(self) -> dict[str, str]:
        self.access += 1
        return {"accessJwt": f"access{self.access}", "refreshJwt": "refresh", "handle": "us.example.org", "did": US}

    def notice(self, reason: str, uri: str, subject: str | None, when: datetime) -> None:
        author = uri.removeprefix("at://").partition("/")[0]
        record = self.posts[uri]["record"] if uri in self.posts else {"createdAt": at(when)}
        self.notices.insert(
            0,
            {"uri": uri, "cid": "c", "author": actor(author), "reason": reason, "record": record, "isRead": False, "indexedAt": at(when)}
            | ({"reasonSubject": subject} if subject else {}),
        )


ADAPTER = Adapter(
    settings={"identifier": "fernway.bsky.example", "access_token": "demo-demo-demo-demo"},
    feed="/app.bsky.feed.getAuthorFeed",
    refusal=Fault(400, {"error": "ExpiredToken", "message": "Token has expired"}),
    sizes=("limit",),
    renews=True,
    counters=("likeCount", "replyCount", "repostCount", "quoteCount"),
    nulls={"post_metrics": ("likes", "replies", "reposts", "quotes")},
    texts=("text",),
)
