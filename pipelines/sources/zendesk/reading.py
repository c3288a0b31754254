"""Zendesk's answers -> rows: who there is, which tickets changed, and what was said in them where the customer can read it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pipelines.http import Client, stamp, utc
from pipelines.known import known_rows
from pipelines.raw import Extraction, literals
from pipelines.sources.zendesk.asking import NAME, Desk
from pipelines.sources.zendesk.records import COMMENTS

STAFF = ("agent", "admin")
# Events after which a comment has other words, or another circle of readers, than when it was made.
CHANGED = ("CommentRedactionEvent", "CommentPrivacyChange", "AttachmentRedactionEvent")


class User(NamedTuple):
    key: str | None
    is_staff: bool


class Ticket(NamedTuple):
    requester: str | None
    deleted_at: str | None


class Zendesk:
    def __init__(self, run: Extraction, client: Client) -> None:
        self.run, self.desk = run, Desk(run, client)
        self.not_addresses = 0
        self.users: dict[str, User] = {}
        self.known: dict[str, Ticket] = {}
        self.voice = run.person_key(platform=NAME, platform_id="desk")  # all agents are one, the brand's

    def read(self) -> None:
        self.groups()
        self.organizations()
        self.people()
        self.tickets()
        self.comments()
        self.ratings()
        for table, endpoint, params in (
            ("organizations", "/api/v2/organizations/count.json", {}),
            ("users", "/api/v2/users/count.json", {}),
            ("tickets", "/api/v2/search/count.json", {"query": "type:ticket"}),  # the list of tickets leaves out archived ones
        ):
            total = self.desk.count(endpoint, params)
            if total is not None:
                self.run.reconcile(table, total)
        if self.not_addresses:
            self.run.warn(f"{self.not_addresses} users have something else than an e-mail address as e-mail; they got no key by it")

    def groups(self) -> None:
        for at, page in self.desk.list("/api/v2/groups.json", "groups"):
            self.run.listed("groups", [str(group["id"]) for group in page])
            self.run.write("groups", [{"group_id": str(group["id"]), "name": group.get("name")} for group in page], at)

    def organizations(self) -> None:
        for at, page in self.desk.by_time("/api/v2/incremental/organizations.json", "organizations"):
            rows = [
                {
                    "organization_id": str(each["id"]),
                    "external_id": _text(each.get("external_id")),
                    "name": each.get("name"),
                    **_times(each, "created_at", "updated_at", "deleted_at"),
                }
                for each in page
            ]
            self.run.write("organizations", rows, at)

    def people(self) -> None:
        """Agents are told from customers, and get no key: employees are no persons here."""
        for at, page in self.desk.by_cursor("/api/v2/incremental/users/cursor.json", "users"):
            rows = []
            for each in page:
                id_, is_staff = str(each["id"]), each["role"] in STAFF
                key = None if is_staff else self._key(each)
                self.users[id_] = User(key, is_staff)
                gone = each.get("updated_at") if each.get("active") is False else None
                rows.append(
                    {
                        "user_id": id_,
                        "person_key": key,
                        "role": each["role"],
                        "organization_id": _text(each.get("organization_id")),
                        **_times(each, "created_at", "updated_at"),
                        "deleted_at": stamp(gone),
                    }
                )
            self.run.write("users", rows, at)

    def tickets(self) -> None:
        for at, page in self.desk.by_cursor("/api/v2/incremental/tickets/cursor.json", "tickets", include="metric_sets"):
            self._know_users(_text(each.get("requester_id")) for each in page)
            rows = []
            for each in page:
                id_, requester = str(each["id"]), _text(each.get("requester_id"))
                deleted_at = stamp(each.get("updated_at")) if each["status"] == "deleted" else None
                self.known[id_] = Ticket(requester, deleted_at)
                rows.append(
                    {
                        "ticket_id": id_,
                        "status": each["status"],
                        "channel": _channel(each.get("via")),
                        "requester_id": requester,
                        "organization_id": _text(each.get("organization_id")),
                        "group_id": _text(each.get("group_id")),
                        "is_internal": self._is_internal(requester),
                        **_times(each, "created_at", "updated_at"),
                        "solved_at": stamp((each.get("metric_set") or {}).get("solved_at")),
                        "deleted_at": deleted_at,
                    }
                )
            self.run.write("tickets", rows, at)
            self._withdraw([str(row["ticket_id"]) for row in rows if row["deleted_at"]], at)

    def comments(self) -> None:
        """Comments come with the events of tickets, oldest first; what was redacted or made private since is read as it is now."""
        changed: dict[str, set[str]] = {}
        for at, page in self.desk.by_time("/api/v2/incremental/ticket_events.json", "ticket_events", include="comment_events"):
            found: list[tuple[str, Mapping[str, Any], Any]] = []
            for event in page:
                for child in event.get("child_events") or []:
                    if child.get("event_type") == "Comment":
                        found.append((str(event["ticket_id"]), child, child.get("created_at") or _moment(event["timestamp"])))
                    elif child.get("event_type") in CHANGED:
                        changed.setdefault(str(event["ticket_id"]), set()).add(str(child.get("comment_id")))
            self._write_comments(found, at)
        self.run.listed("comments", ())
        for id_, comments in changed.items():
            for at, page in self.desk.list(f"/api/v2/tickets/{id_}/comments.json", "comments", allow=(404,)):
                self._write_comments([(id_, each, each["created_at"]) for each in page if str(each["id"]) in comments], at, were_read=True)

    def ratings(self) -> None:
        """Good or bad, or only offered: those are the invitations."""
        place = self.run.state.setdefault("ratings", {})
        since = {"start_time": str(int((utc(place["until"]) - timedelta(days=30)).timestamp()))} if place else {}
        until = place.get("until")
        for at, page in self.desk.list("/api/v2/satisfaction_ratings.json", "satisfaction_ratings", since, allow=(403, 404)):
            until = stamp(at)
            self._know_users(_text(each.get("requester_id")) for each in page)
            given = [each for each in page if (user := self.users.get(str(each.get("requester_id")))) and not user.is_staff]
            self.run.listed("ratings", [str(each["id"]) for each in given])
            rows = [
                {
                    "rating_id": str(each["id"]),
                    "ticket_id": _text(each.get("ticket_id")),
                    "respondent_key": self._actor(str(each["requester_id"])),
                    "score": each["score"],
                    **_times(each, "created_at", "updated_at"),
                }
                for each in given
            ]
            self.run.write("ratings", rows, at)
        if until:
            place["until"] = until

    # Writing

    def _write_comments(self, found: list[tuple[str, Mapping[str, Any], Any]], at: datetime, were_read: bool = False) -> None:
        """Notes among agents are left out; of a comment that was made one (`were_read`) its words go."""
        self._know_tickets(ticket for ticket, _, _ in found)
        self._know_users([str(comment["author_id"]) for _, comment, _ in found])
        self._know_users(self.known[ticket].requester for ticket, _, _ in found if ticket in self.known)
        rows = []
        for id_, comment, created_at in found:
            ticket, is_public = self.known.get(id_) or Ticket(None, None), comment.get("public") is True
            if self._is_internal(ticket.requester) or not (is_public or were_read):
                continue  # colleagues who write to their own desk, or a note
            self.run.listed("comments", [str(comment["id"])])
            author, channel = str(comment["author_id"]), _channel(comment.get("via"))
            is_brand = self._user(author).is_staff or int(author) < 0
            deleted_at = ticket.deleted_at or (None if is_public else stamp(at))
            rows.append(
                {
                    "comment_id": str(comment["id"]),
                    "ticket_id": id_,
                    "created_at": stamp(created_at),
                    "actor_key": self.voice if is_brand else self._actor(author),
                    "addressee_key": self._actor(ticket.requester) if is_brand and ticket.requester else None,
                    "is_brand": is_brand,
                    "is_bot": int(author) < 0 or "bot" in (channel or "") or channel == "rule",
                    "channel": channel,
                    "text": None if deleted_at else comment.get("plain_body") or comment.get("body"),
                    "deleted_at": deleted_at,
                }
            )
        self.run.write("comments", rows, at)

    def _withdraw(self, tickets: list[str], at: datetime) -> None:
        """Comments of a ticket that was deleted lose their words; that something was said stays."""
        where = f"ticket_id in ({literals(tickets)}) and deleted_at is null"
        for row in known_rows(self.run, "comments", COMMENTS.columns, where) if tickets else ():
            gone = {"text": None, "sentiment": None, "deleted_at": self.known[row["ticket_id"]].deleted_at}
            self.run.write("comments", [{**row, **gone}], at)

    # Who is who

    def _know_users(self, ids: Iterable[str | None]) -> None:
        """Users who did not change since the last run are in the warehouse."""
        unknown = {id_ for id_ in ids if id_ and id_ not in self.users}
        if unknown:
            rows = self.run.stored(f"select user_id, person_key, role from users where user_id in ({literals(sorted(unknown))})")
            self.users |= {id_: User(key, role in STAFF) for id_, key, role in rows}

    def _know_tickets(self, ids: Iterable[str]) -> None:
        unknown = {id_ for id_ in ids if id_ not in self.known}
        if unknown:
            rows = self.run.stored(
                f"select ticket_id, requester_id, deleted_at from tickets where ticket_id in ({literals(sorted(unknown))})"
            )
            self.known |= {id_: Ticket(requester, stamp(deleted_at)) for id_, requester, deleted_at in rows}

    def _user(self, id_: str) -> User:
        return self.users.get(id_) or User(None, False)

    def _actor(self, id_: str) -> str | None:
        return self._user(id_).key or self.run.person_key(platform=NAME, platform_id=id_)

    def _is_internal(self, requester: str | None) -> bool:
        return bool(requester and self._user(requester).is_staff)

    def _key(self, user: Mapping[str, Any]) -> str | None:
        try:
            return self.run.person_key(email=user.get("email"))
        except ValueError:
            self.not_addresses += 1
            return None


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)


def _times(record: Mapping[str, Any], *names: str) -> dict[str, str | None]:
    return {name: stamp(record.get(name)) for name in names}


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _channel(via: Any) -> str | None:
    """How it came: some answers hold an object, some a name."""
    channel = via.get("channel") if isinstance(via, Mapping) else via
    return channel.lower() if isinstance(channel, str) else None
