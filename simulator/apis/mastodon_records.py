"""World -> what a Mastodon server holds of us: accounts, statuses, favourites, boosts and notifications in the entities of its API."""

import html
from typing import Any

import numpy as np

from simulator.apis.wire import stamps
from simulator.world import World

HOST = "https://mastodon.example"
MEDIA = {"photo": "image", "video": "video"}


class Server:
    """Indexes over the world, made once; entities are built when they are asked for."""

    def __init__(self, world: World) -> None:
        self.own_id = str(world.profiles.set_index("platform").loc["mastodon", "profile_id"])
        self.day = str(world.stage.start - 800)
        crowd = world.actors[world.actors["platform"] == "mastodon"]
        self.people = dict(zip(crowd["actor"].tolist(), zip(crowd["actor_id"], crowd["handle"], crowd["first"], strict=True), strict=True))
        self.number_of = {person[0]: actor for actor, person in self.people.items()}
        here = crowd["followed_at"].le(world.stage.clock) & ~crowd["unfollowed_at"].le(world.stage.clock)
        followers = crowd[here].sort_values(["followed_at", "actor"], ascending=False)
        order = range(len(followers), 0, -1)
        self.followers = list(zip(order, followers["actor"].tolist(), strict=True))
        self.id_of: dict[int, str] = {}
        self.statuses: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, list[str]] = {}
        self._read(world)
        mine = sorted((int(id_) for id_, status in self.statuses.items() if status["actor"] is None), reverse=True)
        self.mine = [(id_, str(id_)) for id_ in mine]
        self.mine_without_replies = [item for item in self.mine if self.statuses[item[1]]["parent"] is None]
        events = world.reactions[(world.reactions["platform"] == "mastodon") & world.reactions["removed_at"].isna()]
        events = events.sort_values(["at", "post", "actor"], ascending=False)
        kinds = {"likes": dict[str, Any](), "shares": dict[str, Any]()}
        notices: list[tuple[str, str, int, str | None]] = []
        ranked = range(len(events), 0, -1)
        columns = (events[name] for name in ("kind", "post", "actor"))
        for kind, post, actor, at, rank in zip(*columns, stamps(events["at"].to_numpy()), ranked, strict=True):
            id_ = self.id_of[post]
            if id_ in self.statuses:
                kinds[kind].setdefault(id_, []).append((rank, actor))
                notices.append((str(at), "favourite" if kind == "likes" else "reblog", actor, id_))
        self.favourites, self.reblogs = kinds["likes"], kinds["shares"]
        for id_, status in self.statuses.items():
            if status["actor"] is not None and status["mentions_us"]:
                notices.append((status["at"], "mention", status["actor"], id_))
        for actor, at in zip(followers["actor"], stamps(followers["followed_at"].to_numpy()), strict=True):
            notices.append((str(at), "follow", actor, None))
        notices.sort(key=lambda notice: (notice[0], notice[1], notice[2]), reverse=True)
        # ids by time, so that a new notification never changes those of older ones
        milliseconds = np.array([notice[0][:19] for notice in notices], dtype="datetime64[ms]").astype(np.int64).tolist()
        self.notices: list[tuple[int, tuple[str, int, str | None, str, int]]] = []
        last, same = None, 0
        for (at, kind, actor, subject), moment in zip(reversed(notices), reversed(milliseconds), strict=True):
            same = same + 1 if moment == last else 0
            last, id_number = moment, moment * 100 + same
            self.notices.append((id_number, (kind, actor, subject, at, id_number)))
        self.notices.reverse()

    def _read(self, world: World) -> None:
        posts = world.posts[world.posts["platform"] == "mastodon"]
        names = ["post", "post_id", "text", "kind"]
        times, gone = stamps(posts["posted_at"].to_numpy()), posts["deleted_at"].notna()
        for (key, id_, text, kind), at, is_deleted in zip(posts[names].itertuples(index=False), times, gone, strict=True):
            self.id_of[key] = id_
            if not is_deleted:
                self.statuses[id_] = {"id": id_, "at": at, "text": text, "kind": kind, "actor": None, "parent": None}
                self.statuses[id_] |= {"addressee": None, "mentions_us": False}
        talk = world.talk[world.talk["platform"] == "mastodon"]
        self.id_of |= dict(zip(talk["message"], talk["message_id"], strict=True))
        names = ["message_id", "text", "actor", "addressee", "parent", "kind"]
        times, gone = stamps(talk["occurred_at"].to_numpy()), talk["deleted_at"].notna()
        for (id_, text, actor, addressee, parent, kind), at, is_deleted in zip(
            talk[names].itertuples(index=False), times, gone, strict=True
        ):
            if is_deleted:
                continue
            above = None if kind == "mention" else self.id_of[parent]
            status = {"id": id_, "at": at, "text": text, "kind": "text", "actor": None if actor < 0 else actor, "parent": above}
            status |= {"addressee": addressee if addressee >= 0 else None, "mentions_us": actor >= 0 and addressee < 0}
            self.statuses[id_] = status
            if above:
                self.answers.setdefault(above, []).append(id_)

    # Entities

    def account(self, actor: int | None) -> dict[str, Any]:
        if actor is None:
            id_, username, name, counts = self.own_id, "fernway", "Fernway", (len(self.followers), 140, len(self.mine))
        else:
            id_, username, name = self.people[actor]
            counts = (35, 80, 12)
        image = f"{HOST}/avatars/original/missing.png"
        account = {"id": id_, "username": username, "acct": username, "display_name": name, "locked": False, "bot": False, "group": False}
        account |= {
            "discoverable": True,
            "indexable": True,
            "created_at": f"{self.day}T00:00:00.000Z",
            "note": "",
            "url": f"{HOST}/@{username}",
        }
        account |= {"uri": f"{HOST}/users/{username}", "avatar": image, "avatar_static": image, "header": image, "header_static": image}
        account |= dict(zip(("followers_count", "following_count", "statuses_count"), counts, strict=True))
        return account | {"last_status_at": None, "emojis": [], "fields": []}

    def account_by_id(self, id_: str) -> dict[str, Any]:
        return self.account(None if id_ == self.own_id else self.number_of[id_])

    def credentials(self) -> dict[str, Any]:
        source = {"privacy": "public", "sensitive": False, "language": "en", "note": "", "fields": [], "follow_requests_count": 0}
        role = {"id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": False}
        return self.account(None) | {"source": source | {"indexable": True, "discoverable": True}, "role": role}

    def status(self, id_: str) -> dict[str, Any]:
        status = self.statuses[id_]
        account = self.account(status["actor"])
        parent = self.statuses.get(status["parent"] or "")
        url = f"{HOST}/@{account['username']}/{id_}"
        entity = {"id": id_, "created_at": status["at"], "in_reply_to_id": status["parent"] if parent else None}
        entity |= {"in_reply_to_account_id": self._id(parent["actor"]) if parent else None, "sensitive": False, "spoiler_text": ""}
        entity |= {"visibility": "public", "language": "en", "uri": f"{HOST}/users/{account['username']}/statuses/{id_}", "url": url}
        entity |= {"replies_count": len(self.answers.get(id_, [])), "reblogs_count": len(self.reblogs.get(id_, []))}
        entity |= {"favourites_count": len(self.favourites.get(id_, [])), "quotes_count": 0, "edited_at": None, "favourited": False}
        entity |= {"reblogged": False, "muted": False, "bookmarked": False, "content": f"<p>{html.escape(status['text'], quote=False)}</p>"}
        entity |= {"filtered": [], "reblog": None, "account": account, "media_attachments": self._media(status)}
        return entity | {"mentions": self._mentions(status), "tags": [], "emojis": [], "card": None, "poll": None}

    def _id(self, actor: int | None) -> str:
        return self.own_id if actor is None else self.people[actor][0]

    def _media(self, status: dict[str, Any]) -> list[dict[str, Any]]:
        if status["kind"] not in MEDIA:
            return []
        url = f"{HOST}/media/{status['id']}"
        media = {"id": status["id"], "type": MEDIA[status["kind"]], "url": url, "preview_url": url, "remote_url": None, "meta": {}}
        return [media | {"description": "A photo", "blurhash": None}]

    def _mentions(self, status: dict[str, Any]) -> list[dict[str, str]]:
        if status["mentions_us"]:
            return [{"id": self.own_id, "username": "fernway", "url": f"{HOST}/@fernway", "acct": "fernway"}]
        if status["addressee"] is None:
            return []
        id_, username, _ = self.people[status["addressee"]]
        return [{"id": id_, "username": username, "url": f"{HOST}/@{username}", "acct": username}]

    def context(self, id_: str) -> dict[str, Any]:
        above, below = [], []
        parent = self.statuses[id_]["parent"]
        while parent and parent in self.statuses:
            above.append(self.status(parent))
            parent = self.statuses[parent]["parent"]
        waiting = list(self.answers.get(id_, []))
        while waiting:
            next_ = waiting.pop(0)
            below.append(self.status(next_))
            waiting += self.answers.get(next_, [])
        return {"ancestors": above[::-1], "descendants": below}

    def notification(self, notice: tuple[str, int, str | None, str, int]) -> dict[str, Any]:
        kind, actor, status, at, number = notice
        entity = {"id": str(number), "type": kind, "created_at": at, "group_key": f"ungrouped-{number}", "account": self.account(actor)}
        return entity | ({"status": self.status(status)} if status else {})

    def instance(self) -> dict[str, Any]:
        urls = {"streaming_api": "wss://mastodon.example"}
        stats = {"user_count": 1, "status_count": len(self.statuses), "domain_count": 1}
        about: dict[str, Any] = {
            "uri": "mastodon.example",
            "title": "Mastodon",
            "short_description": "",
            "description": "",
            "email": "",
            "version": "4.3.3",
        }
        about |= {"urls": urls, "stats": stats, "thumbnail": None, "languages": ["en"], "registrations": False, "approval_required": False}
        return about | {"invites_enabled": False, "configuration": {}, "contact_account": None, "rules": []}
