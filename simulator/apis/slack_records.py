"""World -> a Slack workspace: members, public channels and those shared with suppliers, user groups, messages and threads."""

from typing import Any

import numpy as np
import pandas as pd

from simulator.chance import Ints
from simulator.world import World
from simulator.world_office import is_in_slack

TEAM, OTHER_TEAM = "T0FERNWAY", "T0SUPPLIER"
SAID = ["Has anybody seen the new {n} label?", "Does {n} ship today?"]
ANSWERED = ["Done, see <https://fernway.example/wiki?page={n}>", "Yes, I will take {n}.", "Thanks!"]
Object = dict[str, Any]


def user_id(number: int) -> str:
    return f"U0{number:08d}"


class Team:
    """Messages by channel, the newest first; replies by thread, the oldest first."""

    def __init__(self, world: World) -> None:
        self.world = world
        staff = world.staff[world.stage.has_happened(world.staff["started_at"])]
        self.id_of = {email: user_id(number) for number, email in zip(staff["staff"], staff["email"], strict=True)}
        left, moved = world.stage.known(staff["left_at"]), world.stage.known(staff["moved_at"])
        rows = zip(
            staff["email"], staff["first"], staff["last"], _seconds(staff["started_at"]), _seconds(left), ~np.isnat(left), strict=True
        )
        self.members = [
            self._member(self.id_of[email], first, last, email, TEAM, gone_at if gone else since, deleted=bool(gone))
            for email, first, last, since, gone_at, gone in rows
        ]
        robot = self._member(user_id(99), "Robot", "", "", TEAM, self.members[0]["updated"], is_bot=True)
        robot["profile"]["email"] = None
        self.members.append(robot)
        now = np.where(np.isnat(moved), staff["team"], staff["moved_to"])
        here = pd.DataFrame({"team": now, "user": [self.id_of[email] for email in staff["email"]]})[np.isnat(left)]
        self.groups = [self._group(number, str(name), users["user"].tolist()) for number, (name, users) in enumerate(here.groupby("team"))]
        self.strangers: dict[str, Object] = {}
        self.messages: dict[str, list[Object]] = {}
        self.threads: dict[tuple[str, str], list[Object]] = {}
        self.channels: list[Object] = []
        self._office()
        self._suppliers()
        for found in self.messages.values():
            found.sort(key=lambda message: message["ts"], reverse=True)

    def _member(self, id_: str, first: str, last: str, email: str, team: str, updated: int, **flags: bool) -> Object:
        name = f"{first} {last}".strip()
        profile: Object = {
            "real_name": name,
            "display_name": first,
            "real_name_normalized": name,
            "display_name_normalized": first,
            "email": email,
        }
        profile |= dict.fromkeys(["avatar_hash", "title", "phone", "skype", "status_text", "status_emoji"], "") | {"fields": None}
        known: Object = {"id": id_, "team_id": team, "name": first.lower(), "deleted": False, "is_bot": False, "is_app_user": False}
        return known | {"profile": profile, "updated": int(updated), "is_restricted": False, "is_ultra_restricted": False} | flags

    def _group(self, number: int, name: str, users: list[str]) -> Object:
        by, made = self.members[0]["id"], int(_seconds([self.world.stage.at(0, 6.0)])[0])
        known = {"id": f"S0{number:07d}", "team_id": TEAM, "name": name, "handle": name, "users": users, "is_usergroup": True}
        known |= {"is_subteam": True, "is_external": False, "description": "", "auto_type": None, "auto_provision": False}
        known |= {
            "created_by": by,
            "updated_by": by,
            "deleted_by": None,
            "enterprise_subteam_id": "",
            "prefs": {"channels": [], "groups": []},
        }
        return known | {"date_create": made, "date_update": made, "date_delete": 0, "user_count": len(users)}

    def _add_channel(self, number: int, name: str, is_shared: bool) -> str:
        id_, made = f"C0{number:08d}", int(_seconds([self.world.stage.at(0, 6.0)])[0])
        known = {"id": id_, "name": name, "is_channel": True, "is_group": False, "is_im": False, "is_mpim": False, "is_private": False}
        known |= {"created": made, "creator": self.members[0]["id"], "is_archived": False, "is_general": name == "general", "unlinked": 0}
        known |= {"name_normalized": name, "is_shared": is_shared, "is_ext_shared": is_shared, "is_org_shared": False, "is_member": True}
        words = {"value": "", "creator": "", "last_set": 0}
        self.channels.append(known | {"topic": words, "purpose": words, "num_members": len(self.members)})
        self.messages[id_] = []
        return id_

    def _office(self) -> None:
        chat = self.world.chat
        chat = chat[is_in_slack(self.world.stage, chat)]
        rooms = {name: self._add_channel(number, name, is_shared=False) for number, name in enumerate(sorted(chat["room_id"].unique()))}
        ts = dict(zip(chat["interaction_id"], _stamps(chat["occurred_at"], chat["message"]), strict=True))
        writers = dict(zip(chat["interaction_id"], chat["actor_email"], strict=True))
        for id_, room, actor, addressee, thread, parent, is_question, number in zip(
            *(chat[name] for name in ("interaction_id", "room_id", "actor_email", "addressee_email", "thread_id", "parent_id")),
            *(chat[name] for name in ("is_question", "message")),
            strict=True,
        ):
            text = (SAID if is_question else ANSWERED)[number % (2 if is_question else 3)].format(n=number)
            is_reply = isinstance(parent, str)
            if is_reply and addressee != writers[thread]:  # threads are flat here: whom it answers is said by name
                text = f"<@{self.id_of[addressee]}> {text}"
            self._say(rooms[room], ts[id_], self.id_of[actor], text, ts[thread] if is_reply else None, ts[thread])
        for room in rooms.values():
            if self.messages[room]:
                first = self.messages[room][0]["ts"]
                joined = {"type": "message", "subtype": "channel_join", "user": self.members[0]["id"], "text": "has joined the channel"}
                self.messages[room].append(joined | {"ts": f"{int(first[:10]) - 60}.000000"})

    def _suppliers(self) -> None:
        """Some suppliers share a channel with us, in place of letters."""
        letters = self.world.letters
        letters = letters[letters["is_shared"] & is_in_slack(self.world.stage, letters)]
        companies = self.world.accounts.set_index("domain")
        writers = letters.loc[~letters["is_brand"], ["thread_id", "actor_email"]].set_index("thread_id")["actor_email"]
        rooms: dict[str, str] = {}
        for number, email in enumerate(sorted(writers.unique())):
            self.id_of[email] = user_id(5000 + number)
            first, last = email.partition("@")[0].split(".")[:2]
            self.strangers[self.id_of[email]] = self._member(
                self.id_of[email], first, last, email, OTHER_TEAM, 1_700_000_000, is_stranger=True
            )
        ts = dict(zip(letters["interaction_id"], _stamps(letters["occurred_at"], letters["message"]), strict=True))
        for id_, thread, actor, parent, text in letters[["interaction_id", "thread_id", "actor_email", "parent_id", "text"]].itertuples(
            index=False
        ):
            domain = writers[thread].partition("@")[2]
            if domain not in rooms:
                rooms[domain] = self._add_channel(
                    9000 + int(companies.loc[domain, "account"]), f"ext-{domain.split('.')[0]}", is_shared=True
                )
            root = ts[f"{thread}-0"]
            self._say(rooms[domain], ts[id_], self.id_of[actor], text, root if isinstance(parent, str) else None, root)

    def _say(self, channel: str, ts: str, user: str, text: str, parent: str | None, root: str) -> None:
        message: Object = {"type": "message", "user": user, "text": text, "ts": ts, "team": TEAM}
        if not parent:
            self.messages[channel].append(message)
            self.threads[channel, ts] = [message]
            return
        thread = self.threads[channel, root]
        first = thread[0]
        thread.append(message | {"thread_ts": root, "parent_user_id": first["user"]})
        users = {reply["user"] for reply in thread[1:]}
        first |= {
            "thread_ts": root,
            "reply_count": len(thread) - 1,
            "reply_users_count": len(users),
            "latest_reply": ts,
            "subscribed": False,
        }


def _seconds(times: Any) -> list[int]:
    return np.asarray(times, dtype="datetime64[s]").astype(np.int64).tolist()


def _stamps(times: Any, numbers: "pd.Series[Any] | Ints") -> list[str]:
    """Seconds, and behind the point what makes them unique in a channel."""
    return [f"{second}.{number % 1_000_000:06d}" for second, number in zip(_seconds(times), np.asarray(numbers).tolist(), strict=True)]
