"""How fast a platform's past gets in: the whole load of a real source over local HTTP, beside a loop that only stores the pages it gets.

100,000 posts at 100 a page, served ready-made by a process of its own. The loop asks page by page with httpx, reads the
cursor out of the JSON and appends the page to a file: no types, no keys, no counters, no database. Each in a process of
its own, after one page that pays for imports; the best of five.
"""

import asyncio
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

POSTS, PAGE, ROUNDS = 100_000, 100, 5
DID = "did:plc:bench"
SMALL = "/small"  # below it, the account has one page
FEED = "/xrpc/app.bsky.feed.getAuthorFeed"


def _page(number: int, pages: int) -> bytes:
    """A page of the feed, newest first, posts of about a kilobyte that nobody answered."""
    chance, entries = random.Random(number), list[Any]()
    for place in range(PAGE):
        age = number * PAGE + place
        at = f"{2025 - age // 40_000}-{12 - age // 3_400 % 12:02}-{28 - age // 125 % 28:02}T10:{age // 60 % 60:02}:{age % 60:02}.000Z"
        record: dict[str, Any] = {
            "$type": "app.bsky.feed.post",
            "text": " ".join(chance.choices(["alpha", "Grüße", "😀", "delta"], k=70)),
            "createdAt": at,
        }
        post: dict[str, Any] = {
            "uri": f"at://{DID}/app.bsky.feed.post/{10**12 - age:013}",
            "cid": f"{chance.getrandbits(200):x}",
            "indexedAt": at,
        }
        post |= {"author": {"did": DID, "handle": "bench.example"}, "record": {**record, "langs": ["en"]}, "labels": []}
        post |= {"replyCount": 0, "repostCount": 0, "likeCount": 0, "quoteCount": 0, "bookmarkCount": 0}
        entries.append({"post": post})
    body: dict[str, Any] = {"feed": entries} | ({"cursor": str(number + 1)} if number + 1 < pages else {})
    return json.dumps(body, ensure_ascii=False).encode()


def serve(posts: int, told: Connection) -> None:
    """The API of one account with so many posts, until it is ended; its port is told."""
    import uvicorn

    pages = [_page(number, posts // PAGE) for number in range(posts // PAGE)]
    fixed: dict[str, Any] = {
        "/xrpc/com.atproto.server.createSession": {"did": DID, "accessJwt": "a", "refreshJwt": "b"},
        "/xrpc/app.bsky.actor.getProfile": {"did": DID, "displayName": "Bench", "postsCount": posts},
        "/xrpc/app.bsky.notification.listNotifications": {"notifications": []},
    }

    async def app(scope: Any, receive: Any, send: Any) -> None:
        cursor, path = int(parse_qs(scope["query_string"].decode()).get("cursor", ["0"])[0]), scope["path"]
        if path.startswith(SMALL):
            content = _page(0, 1) if path.endswith(FEED) else json.dumps(fixed[path.removeprefix(SMALL)] | {"postsCount": PAGE}).encode()
        else:
            content = pages[cursor] if path == FEED else json.dumps(fixed[path]).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            told.send(self.servers[0].sockets[0].getsockname()[1])

    config = uvicorn.Config(app, host="127.0.0.1", port=0, access_log=False, log_level="warning", lifespan="off")
    asyncio.run(Server(config).serve())


def plain(folder: Path, base_url: str, posts: int) -> float:
    """Seconds of a loop that stores each page as it came."""
    import httpx

    started = time.perf_counter()
    with httpx.Client(base_url=base_url, trust_env=False) as client, (folder / "pages.jsonl").open("wb") as file:
        params: dict[str, Any] = {"limit": PAGE, "actor": DID}
        stored = 0
        while True:
            answer = client.get(FEED, params=params)
            body = answer.json()
            file.write(answer.content + b"\n")
            stored += len(body["feed"])
            if "cursor" not in body:
                break
            params["cursor"] = body["cursor"]
    assert stored == posts
    return time.perf_counter() - started


def ours(folder: Path, base_url: str, posts: int) -> float:
    """Seconds of the source's whole load: asked, understood, checked, typed, keyed, stored with its place, and counted."""
    from pipelines.load import load_source, prepare
    from pipelines.settings import read_settings
    from pipelines.sources.bluesky import SOURCE

    environ = {"GOODWILL_KEY": "bench", "SOURCES__BLUESKY__IDENTIFIER": DID, "SOURCES__BLUESKY__ACCESS_TOKEN": "bench"}
    for name, address in (("small", base_url + SMALL), ("whole", base_url)):
        settings = read_settings(folder=folder / name, environ={**environ, "SOURCES__BLUESKY__BASE_URL": address})
        prepare(settings, {SOURCE.name: SOURCE})
        started = time.perf_counter()
        result = load_source(SOURCE, settings)
    assert result.rows == {"profiles": 1, "profile_metrics": 1, "posts": posts, "post_metrics": posts}, (result.rows, result.reason)
    return time.perf_counter() - started


def _measured(way: Callable[[Path, str, int], float], base_url: str, posts: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return way(Path(folder), base_url, posts)


def measure(posts: int = POSTS, rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds of each way, the best of so many processes of its own, turn by turn."""
    spawned = multiprocessing.get_context("spawn")
    port, told = spawned.Pipe(duplex=False)
    server = spawned.Process(target=serve, args=(posts, told), daemon=True)
    server.start()
    best: dict[str, float] = {}
    try:
        base_url = f"http://127.0.0.1:{port.recv()}"
        for _ in range(rounds):
            for way in (plain, ours):
                with ProcessPoolExecutor(1, mp_context=spawned) as process:
                    seconds = process.submit(_measured, way, base_url, posts).result()
                best[way.__name__] = min(seconds, best.get(way.__name__, seconds))
    finally:
        server.terminate()
        server.join()
    return best


def main(posts: int = POSTS) -> None:
    seconds = measure(posts)
    print(f"Backfill of {posts:,} posts over local HTTP, {PAGE} a page")
    for name, title in (("plain", "httpx, pages stored as they come (the limit)"), ("ours", "Goodwill, the whole load of Bluesky")):
        print(f"  {title:<46}{posts / seconds[name]:>10,.0f} posts/s{posts / PAGE / seconds[name]:>8,.0f} pages/s{seconds[name]:>8.1f} s")
    print(f"  {seconds['plain'] / seconds['ours']:.2f} of the limit (goal: half)", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else POSTS)
