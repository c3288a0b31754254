"""World -> what a Zendesk desk holds: organizations, users, tickets with their metrics, the events of tickets, and ratings."""

from typing import Any

import numpy as np
import pandas as pd

from simulator.apis.wire import stamps
from simulator.stage import NEVER, Times, later
from simulator.world import World

GROUP = 360_000_000_501
ORGANIZATIONS, CUSTOMERS, AGENTS = 361_000_000_000, 370_000_000_000, 380_000_000_000
NOTE, ASIDE = "note for colleagues only", "colleagues among themselves"
CLOSED_AFTER = np.timedelta64(28, "D")
OFFERED, RATED, GOOD, GOOD_IF_LATE = 0.8, 0.35, 0.93, 0.6
Object = dict[str, Any]


def _seconds(times: Times) -> list[int]:
    seconds: list[int] = np.asarray(times, dtype="datetime64[s]").astype(np.int64).tolist()
    return seconds


class Desk:
    """Lists in the order of the exports: (time of the last change in seconds, id, object)."""

    def __init__(self, world: World) -> None:
        self.world, self.now = world, int(world.stage.clock.astype("datetime64[s]").astype(np.int64))
        self.groups: list[Object] = [{"id": GROUP, "name": "support", "default": True, "deleted": False, "is_public": True}]
        self.customer: dict[str, Object] = {}
        self.organizations = self._organizations()
        self.agent = {email: AGENTS + number for number, email in zip(world.staff["staff"], world.staff["email"], strict=True)}
        self.users = self._users()
        self.deleted = self._deleted()
        self.comments: dict[int, list[Object]] = {}
        self.events: list[tuple[int, int, Object]] = []
        self._comments()
        self.tickets = self._tickets()
        self.ratings = self._ratings()

    def _organizations(self) -> list[tuple[int, int, Object]]:
        companies = self.world.accounts[
            self.world.accounts["client_since"].notna() & (self.world.accounts["client_since"] <= self.now_time)
        ]
        made = companies["created_at"].to_numpy()
        rows = zip(companies["account"], companies["account_id"], companies["name"], companies["domain"], stamps(made, "Z"), strict=True)
        found = [
            {
                "id": ORGANIZATIONS + number,
                "external_id": account_id,
                "name": name,
                "domain_names": [domain],
                "created_at": at,
                "updated_at": at,
                "deleted_at": None,
            }
            for number, account_id, name, domain, at in rows
        ]
        return sorted(zip(_seconds(made), [each["id"] for each in found], found, strict=True), key=lambda entry: entry[:2])

    @property
    def now_time(self) -> np.datetime64:
        return self.world.stage.clock

    def _users(self) -> list[tuple[int, int, Object]]:
        people = self.world.contacts
        organizations = {each["id"] for _, _, each in self.organizations}
        people = people[~people["is_double"] & (ORGANIZATIONS + people["account"]).isin(organizations)]
        made = people["created_at"].to_numpy()
        rows = zip(people["contact"], people["account"], people["first"], people["last"], people["email"], stamps(made, "Z"), strict=True)
        found = [
            self._user(CUSTOMERS + contact, f"{first} {last}", email, "end-user", at, ORGANIZATIONS + account)
            for contact, account, first, last, email, at in rows
        ]
        self.customer = {each["email"]: each for each in found}
        staff = self.world.staff[(self.world.staff["team"] == "support") & (self.world.staff["started_at"] <= self.now_time)]
        started = staff["started_at"].to_numpy()
        found += [
            self._user(self.agent[email], f"{first} {last}", email, "agent", at, None)
            for first, last, email, at in zip(staff["first"], staff["last"], staff["email"], stamps(started, "Z"), strict=True)
        ]
        times = _seconds(np.concatenate([made, started]))
        return sorted(zip(times, [each["id"] for each in found], found, strict=True), key=lambda entry: entry[:2])

    def _user(self, id_: int, name: str, email: str, role: str, at: str | None, organization: int | None) -> Object:
        known = {"id": int(id_), "name": name, "email": email, "role": role, "organization_id": organization and int(organization)}
        return known | {"created_at": at, "updated_at": at, "active": True, "locale": "en-US", "time_zone": "UTC", "verified": True}

    def _deleted(self) -> dict[int, Any]:
        """Each day after the first clock takes away one case that was solved in the week before."""
        stage, cases = self.world.stage, self.world.conversations
        solved = cases["resolved_at"].to_numpy().astype("datetime64[s]")
        gone: dict[int, Any] = {}
        for day in stage.days[stage.is_eventful(stage.days)].tolist():
            of_week = cases.loc[(solved >= stage.at(day - 8, 0.0)) & (solved < stage.at(day - 1, 0.0)), "case"]
            recent = [int(case) for case in of_week if case not in gone]
            if recent:
                gone[recent[int(stage.chance.uniform("zendesk.deleted", day)[0] * len(recent))]] = stage.at(day, 9.1)
        return gone

    def _comments(self) -> None:
        messages, chance = self.world.desk, self.world.stage.chance
        noted = messages[(messages["step"] == 2) & (chance.uniform("zendesk.note", messages["case"].to_numpy()) < 0.3)]
        notes = noted.assign(step=50, occurred_at=later(noted["occurred_at"], 0.02), text=NOTE)
        every = pd.concat([messages.assign(public=True), notes.assign(public=False)], ignore_index=True)
        columns = zip(*(every[name] for name in ("case", "step", "actor_email", "is_bot", "text", "public")), strict=True)
        when: Times = every["occurred_at"].to_numpy()
        for (case, step, email, is_bot, text, is_public), at, second in zip(columns, stamps(when, "Z"), _seconds(when), strict=True):
            writer = self.agent.get(email) or (-1 if is_bot else self.customer[email]["id"])
            self._say(int(case), int(case) * 100 + int(step), writer, text, is_public, "rule" if is_bot else "email", at, second)
        agents = [user for _, _, user in self.users if user["role"] == "agent"]
        for number, agent in enumerate(agents[:3], start=1):  # an agent who asks his own desk
            asked = self.world.stage.at([self.world.stage.history_days - number], 10.0)
            self._say(number, number, agent["id"], ASIDE, True, "web", stamps(asked, "Z")[0], _seconds(asked)[0])
        self.events.sort(key=lambda entry: entry[:2])

    def _say(self, ticket: int, id_: int, author: int, text: str, is_public: bool, channel: str, at: str | None, second: int) -> None:
        comment = {"id": id_, "type": "Comment", "author_id": author, "body": text, "plain_body": text, "public": is_public}
        comment |= {"html_body": f"<p>{text}</p>", "attachments": [], "audit_id": id_ + 1, "via": {"channel": channel}, "created_at": at}
        self.comments.setdefault(ticket, []).append(comment)
        child = {name: value for name, value in comment.items() if name != "type"} | {"event_type": "Comment", "via_reference_id": None}
        event = {"id": id_ + 1, "ticket_id": ticket, "timestamp": second, "created_at": at, "updater_id": author, "event_type": "Audit"}
        self.events.append((second, id_ + 1, event | {"via": channel, "child_events": [child]}))

    def _tickets(self) -> list[tuple[int, int, Object]]:
        cases = self.world.conversations
        last = self.world.desk.groupby("case")["occurred_at"].max().reindex(cases["case"]).to_numpy()
        writer = self.world.desk[~self.world.desk["is_brand"]].groupby("case")["actor_email"].first().reindex(cases["case"])
        solved = cases["resolved_at"].to_numpy().astype("datetime64[s]")
        closed = self.world.stage.known(solved + CLOSED_AFTER)
        deleted = np.array([self.deleted.get(int(case), NEVER) for case in cases["case"]], dtype="datetime64[s]")
        changed = np.fmax(np.fmax(np.fmax(last.astype("datetime64[s]"), solved), closed), deleted)
        was_solved = np.where(np.isnat(solved) & (cases["status"] == "reopened").to_numpy(), later(cases["answered_at"], 0.5), solved)
        texts = (stamps(times, "Z") for times in (cases["opened_at"].to_numpy(), changed, was_solved))
        found = []
        for case, email, status, is_closed, is_deleted, opened, updated, solution in zip(
            cases["case"].tolist(), writer, cases["status"], ~np.isnat(closed), ~np.isnat(deleted), *texts, strict=True
        ):
            state = "deleted" if is_deleted else "closed" if is_closed else {"reopened": "open"}.get(status, status)
            customer = self.customer[email]
            found.append(self._ticket(case, state, customer["id"], customer["organization_id"], "email", opened, updated, solution))
        own = [(ticket, said[0]) for ticket, said in self.comments.items() if said[0]["body"] == ASIDE]
        found += [
            self._ticket(ticket, "open", said["author_id"], None, "web", said["created_at"], said["created_at"], None)
            for ticket, said in own
        ]
        for ticket in found:
            ticket["generated_timestamp"] = _seconds(np.array([ticket["updated_at"].removesuffix("Z")], dtype="datetime64[s]"))[0]
        return sorted(((ticket["generated_timestamp"], ticket["id"], ticket) for ticket in found), key=lambda entry: entry[:2])

    def _ticket(
        self, id_: int, status: str, requester: int, organization: int | None, channel: str, opened: Any, updated: Any, solved: Any
    ) -> Object:
        words = {"subject": "SCRUBBED" if status == "deleted" else "A case", "description": "SCRUBBED" if status == "deleted" else "..."}
        known = {"id": id_, "status": status, "requester_id": requester, "submitter_id": requester, "organization_id": organization}
        known |= {"group_id": GROUP, "via": {"channel": channel}, "is_public": True, "created_at": opened, "updated_at": updated}
        metrics = {"ticket_id": id_, "solved_at": solved, "created_at": opened, "updated_at": updated}
        return known | words | {"tags": [], "custom_fields": [], "metric_set": metrics}

    def _ratings(self) -> list[Object]:
        chance, cases = self.world.stage.chance, self.world.conversations
        key = cases["case"].to_numpy()
        offered = later(cases["resolved_at"], 24.0)
        given = later(offered, 48 * chance.uniform("zendesk.rated.after", key))
        is_offered = (chance.uniform("zendesk.offered", key) < OFFERED) & (offered <= self.now_time)
        is_given = (chance.uniform("zendesk.rated", key) < RATED) & (given <= self.now_time)
        is_good = chance.uniform("zendesk.good", key) < np.where(cases["is_timely"], GOOD, GOOD_IF_LATE)
        owner = {ticket["id"]: ticket["requester_id"] for _, _, ticket in self.tickets}
        changed = np.where(is_given, given, offered)
        rows = zip(key.tolist(), is_offered, is_given, is_good, stamps(offered, "Z"), stamps(changed, "Z"), strict=True)
        return [
            {
                "id": 390_000_000_000 + case,
                "ticket_id": case,
                "requester_id": owner[case],
                "group_id": GROUP,
                "score": "offered" if not rated else "good" if good else "bad",
                "created_at": at,
                "updated_at": updated,
            }
            for case, asked, rated, good, at, updated in rows
            if asked
        ]
