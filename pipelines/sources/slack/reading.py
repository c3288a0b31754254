"""Slack's answers -> rows: users, public channels, their messages, and threads whose replies came late or went."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pipelines.http import SourceError, stamp, utc
from pipelines.known import known_rows
from pipelines.raw import Extraction, literals
from pipelines.sources.slack.asking import NAME, Workspace
from pipelines.sources.slack.records import MESSAGES

SAID = {None, "thread_broadcast", "me_message", "file_share", "bot_message"}  # others tell of joining, leaving, renaming
WIDE, WEEKLY = timedelta(days=365), timedelta(days=7)  # once a week threads of a year are looked at
CLOSED = frozenset({"not_in_channel", "channel_not_found", "is_archived", "access_denied"})
MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
LINK = re.compile(r"<[^>]*>")
Message = Mapping[str, Any]


class User(NamedTuple):
    key: str | None
    is_employee: bool
    is_bot: bool


class Slack:
    def __init__(self, run: Extraction, workspace: Workspace) -> None:
        self.run, self.workspace = run, workspace
        self.users: dict[str, User] = {}
        self.addressless = 0
        try:
            self.late = timedelta(days=int(run.settings["late_replies_days"]))
        except ValueError:
            raise SourceError(f"{NAME}: late_replies_days is no whole number; set SOURCES__SLACK__LATE_REPLIES_DAYS to one") from None

    def read(self) -> None:
        answer = self.workspace.ask("auth.test")
        assert answer is not None
        self.home = {answer.body["team_id"], answer.body.get("enterprise_id")} - {None}
        self.voice = self.run.person_key(platform=NAME, platform_id=answer.body["team_id"])  # towards other companies we are one
        self.now = answer.answered_at
        self.people()
        self.teams = self._teams()
        self.run.listed("messages", ())
        closed = [channel["id"] for channel in self.channels() if not Channel(self, channel).read()]
        if closed:
            self.run.warn(f"{len(closed)} public channels cannot be read: invite the app to them")
        if self.addressless:
            self.run.warn(
                f"{self.addressless} users have no e-mail address here, so nobody else knows them: add the scope users:read.email"
            )

    def people(self) -> None:
        listed = 0
        for at, page in self.workspace.pages("users.list", "members", {}):
            listed += len({member["id"] for member in page} - self.users.keys())
            self.run.write("users", [self._know(member) for member in page], at)
        self.run.reconcile("users", listed)

    def _teams(self) -> dict[str, str]:
        """User -> name of the one user group that he or she is in; a company may keep no groups, or not let the app see them."""
        answer = self.workspace.ask("usergroups.list", {"include_users": "true"}, frozenset({"missing_scope", "plan_upgrade_required"}))
        of_user: dict[str, set[str]] = {}
        for group in answer.body.get("usergroups") or [] if answer else []:
            for id_ in group.get("users") or []:
                of_user.setdefault(id_, set()).add(group["name"])
        return {id_: next(iter(names)) for id_, names in of_user.items() if len(names) == 1}

    def channels(self) -> list[dict[str, Any]]:
        """Public ones only: private channels and direct messages are never asked for."""
        found: dict[str, dict[str, Any]] = {}
        for at, page in self.workspace.pages("conversations.list", "channels", {"types": "public_channel", "exclude_archived": "false"}):
            found |= {channel["id"]: channel for channel in page}
            self.run.write("channels", [self._channel(channel, None) for channel in page], at)
        stored = self.run.stored("select channel_id, name, is_shared, is_archived, created_at from channels where deleted_at is null")
        for id_, name, is_shared, is_archived, created_at in stored:
            if id_ not in found:
                row = {"channel_id": id_, "name": name, "is_shared": is_shared, "is_archived": is_archived}
                self.run.write("channels", [{**row, "created_at": stamp(created_at), "deleted_at": stamp(self.now)}], self.now)
        self.run.reconcile("channels", len(found))
        return list(found.values())

    def user(self, id_: str) -> User:
        """Who is in a shared channel from another company is not in the list."""
        if id_ not in self.users:
            answer = self.workspace.ask("users.info", {"user": id_}, frozenset({"user_not_found", "user_not_visible"}))
            if answer is None:
                self.users[id_] = User(self.run.person_key(platform=NAME, platform_id=id_), False, False)
            else:
                self.run.write("users", [self._know(answer.body["user"], is_listed=False)], answer.answered_at)
        return self.users[id_]

    def _know(self, member: Mapping[str, Any], is_listed: bool = True) -> dict[str, Any]:
        id_, profile = member["id"], member.get("profile") or {}
        is_bot = bool(member.get("is_bot") or id_ == "USLACKBOT")
        teams = {member.get("team_id"), (member.get("enterprise_user") or {}).get("enterprise_id")}
        is_guest = any(member.get(name) for name in ("is_restricted", "is_ultra_restricted", "is_stranger"))
        is_employee = bool(teams & self.home) and not is_guest and not is_bot
        key, is_gone, updated = self._key(id_, profile.get("email"), is_bot), bool(member.get("deleted")), member.get("updated")
        self.users[id_] = User(key, is_employee, is_bot)
        updated_at = stamp(datetime.fromtimestamp(updated, UTC)) if updated else None
        row = {"user_id": id_, "person_key": key, "is_employee": is_employee, "is_bot": is_bot, "is_listed": is_listed}
        return row | {"updated_at": updated_at, "left_at": updated_at if is_gone else None}

    def _key(self, id_: str, email: str | None, is_bot: bool) -> str | None:
        try:
            key = self.run.person_key(email=email)
        except ValueError:
            key = None
        self.addressless += key is None and not is_bot
        return key or self.run.person_key(platform=NAME, platform_id=id_)

    def _channel(self, channel: Mapping[str, Any], deleted_at: str | None) -> dict[str, Any]:
        row = {"channel_id": channel["id"], "name": channel.get("name"), "is_shared": bool(channel.get("is_ext_shared"))}
        created_at = stamp(datetime.fromtimestamp(channel["created"], UTC)) if channel.get("created") else None
        return row | {"is_archived": bool(channel.get("is_archived")), "created_at": created_at, "deleted_at": deleted_at}


class Channel:
    """One channel: what is new, and of what is young enough whether it has late replies or is gone."""

    def __init__(self, slack: Slack, channel: Mapping[str, Any]) -> None:
        self.slack, self.run, self.id = slack, slack.run, channel["id"]
        self.is_shared = bool(channel.get("is_ext_shared"))
        self.place: dict[str, Any] = self.run.state.setdefault(self.id, {})
        self.authors: dict[str, str] = {}  # of the roots of threads
        self.since = self._since()
        where = f"channel_id = {literals([self.id])} and occurred_at >= {literals([str(self.since.replace(tzinfo=None))])}::timestamp"
        self.stored = {row["message_id"]: row for row in self._rows(f"{where} and deleted_at is null")}

    def read(self) -> bool:
        """False where the app may not."""
        listed, threads, newest, oldest = set[str](), dict[str, None](), None, None
        params = {"channel": self.id, "oldest": f"{self.since.timestamp():.6f}", "inclusive": "true"}
        for at, page in self.slack.workspace.pages("conversations.history", "messages", params, CLOSED):
            newest = max(newest or "", *(message["ts"] for message in page)) if page else newest or ""
            oldest = min([oldest or "9", *(message["ts"] for message in page)])
            for message in page:
                listed.add(self._id(message["ts"]))
                root = message.get("thread_ts") or message["ts"]
                if self._has_moved(message) or root != message["ts"]:
                    threads[root] = None
            self._write([message for message in page if message.get("thread_ts") in (None, message["ts"])], at)
        if newest is None:
            return False
        for root in threads:
            listed |= self._thread(root)
        # A plan may show the last months only: what lies before the oldest message shown is hidden and not gone.
        shown = self._id(oldest or "9")
        alone = {id_ for id_, row in self.stored.items() if row["parent_id"] is None and id_ >= shown}
        of_threads = {id_ for id_, row in self.stored.items() if row["thread_id"] in {self._id(root) for root in threads}}
        gone = [{**self.stored[id_], "deleted_at": stamp(self.slack.now)} for id_ in sorted((alone | of_threads) - listed)]
        self.run.write("messages", gone, self.slack.now)
        self.place["until"] = max(newest, self.place.get("until", ""))
        return True

    def _since(self) -> datetime:
        until, wide_at = self.place.get("until"), self.place.get("wide_at")
        is_wide = not wide_at or self.slack.now - utc(wide_at) >= WEEKLY
        if is_wide:
            self.place["wide_at"] = stamp(self.slack.now)
        if not until:
            return datetime.fromtimestamp(0, UTC)
        return max(datetime.fromtimestamp(0, UTC), _moment(until) - (max(WIDE, self.slack.late) if is_wide else self.slack.late))

    def _has_moved(self, message: Message) -> bool:
        """Whether the replies of a message are others than when its thread was last read."""
        count, stored = message.get("reply_count") or 0, self.stored.get(self._id(message["ts"]))
        before = (stored["reply_count"] or 0, stored["latest_reply"]) if stored else (0, None)
        return bool(count or before[0]) and (count, _micros(message.get("latest_reply"))) != before

    def _thread(self, root: str) -> set[str]:
        found = set[str]()
        gone = frozenset({"thread_not_found"})
        for at, page in self.slack.workspace.pages("conversations.replies", "messages", {"channel": self.id, "ts": root}, gone):
            found |= {self._id(message["ts"]) for message in page}
            self._write(page, at)
        return found

    def _write(self, messages: list[Message], at: datetime) -> None:
        said = [message for message in messages if message.get("subtype") in SAID and self._author(message)]
        self.run.listed("messages", [self._id(message["ts"]) for message in said])
        self.run.write("messages", [self._row(message) for message in said], at)

    def _author(self, message: Message) -> str | None:
        return message.get("user") or message.get("bot_id")

    def _row(self, message: Message) -> dict[str, Any]:
        ts, root, words = message["ts"], message.get("thread_ts") or message["ts"], message.get("text") or ""
        if root == ts:
            self.authors[root] = str(self._author(message))
        bot, author = message.get("bot_id"), message.get("user")
        user = self.slack.user(author) if author else User(self.run.person_key(platform=NAME, platform_id=str(bot)), True, True)
        is_brand = self.is_shared and user.is_employee
        return {
            "message_id": self._id(ts),
            "channel_id": self.id,
            "thread_id": self._id(root),
            "parent_id": self._id(root) if root != ts else None,
            "occurred_at": stamp(_moment(ts)),
            "actor_key": self.slack.voice if is_brand else user.key,
            "addressee_key": self._addressee(message, author, root, words),
            "team": (self.stored.get(self._id(ts)) or {}).get("team") or self.slack.teams.get(author or ""),
            "is_brand": is_brand,
            "is_internal": not self.is_shared and user.is_employee,
            "is_bot": user.is_bot or bool(bot),
            "is_question": bool(re.search(r"[?？؟]", LINK.sub("", words))),
            "reply_count": message.get("reply_count"),
            "latest_reply": _micros(message.get("latest_reply")),
        }

    def _addressee(self, message: Message, author: str | None, root: str, words: str) -> str | None:
        """The one who is mentioned, else who began the thread; of several nobody is told apart."""
        mentioned = set(MENTION.findall(words)) - {author}
        began = message.get("parent_user_id") or self.authors.get(root)
        whom = mentioned or ({began} - {author} if root != message["ts"] and began else set())
        if len(whom) != 1:
            return None
        id_ = str(next(iter(whom)))
        if not id_.startswith(("U", "W")):
            return None
        user = self.slack.user(id_)
        return self.slack.voice if self.is_shared and user.is_employee else user.key

    def _id(self, ts: str) -> str:
        return f"{self.id}:{ts}"

    def _rows(self, where: str) -> Iterator[dict[str, Any]]:
        return known_rows(self.run, "messages", MESSAGES.columns, where)


def _micros(ts: str | None) -> int | None:
    return int(ts.replace(".", "")) if ts else None


def _moment(ts: str) -> datetime:
    seconds, _, micros = ts.partition(".")
    return datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(micros or 0))
