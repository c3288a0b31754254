"""A social platform's answers -> posts, counters, interactions: what is read again by age, what is gone, who answered whom.

Counters are lifetime totals at the time of reading, so old posts are read again; what the platform no longer has
becomes a tombstone: its row without its words. All social sources share this order of reading.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, Literal, cast

from pipelines.budget import BudgetSpent
from pipelines.cadence import DAILY, LOOKBACK, OLDER, YOUNG, is_due, older_every
from pipelines.http import stamp, utc
from pipelines.known import known_rows, stored_posts
from pipelines.raw import Extraction, RawTable, literals
from pipelines.social import COUNTERS, INTERACTIONS, POSTS, WORDS, Budgeted, Item, Platform, Row

PAGE = 500  # posts that are written at once; a past of any length is never held as a whole
MANY = 20  # posts that vanish in one sweep and make more than half of it: rather a fault of the platform than deletions


def observe(run: Extraction, platform: Platform, profile_id: str, posts_total: int | None, now: datetime) -> None:
    """Read everything of one profile that is new or due, and write it.

    `posts_total` is what the platform says the profile has (None: it does not say), `now` the time of its first answer.
    The place is kept in run.state[profile_id]; where it is empty, all is read and all that is stored is written again.
    """
    _Observation(run, platform, profile_id, posts_total, now).read()


class _Observation:
    def __init__(self, run: Extraction, platform: Platform, profile_id: str, posts_total: int | None, now: datetime) -> None:
        self.run, self.platform, self.profile_id, self.posts_total, self.now = run, platform, profile_id, posts_total, now
        self.place: dict[str, Any] = run.state.setdefault(profile_id, {})
        self.is_first = self.is_search = not self.place
        self.mine = f"profile_id = {literals([profile_id])}"
        self.stored = stored_posts(run, self.mine, COUNTERS.values())
        self.seen: set[str] = set()
        self.newest = datetime.min.replace(tzinfo=UTC)
        self.lively: list[Item] = []  # what is news and leads to other people, without its words
        self.interactions: dict[str, dict[str, Any]] = {}
        self.older_every = older_every(run.settings.get(OLDER.name) or "0")
        self.skipped: list[str] = []

    def read(self) -> None:
        self.interactions = {row["interaction_id"]: row for row in self._rows(INTERACTIONS, self.mine)} if self.is_first else {}
        if self.is_first:  # before what is found, which takes their place
            self.run.write("posts", self._rows(POSTS, f"{self.mine} and deleted_at is not null"), self.now)
        self._feed()
        gone = self._sweep()
        if self.platform.has_people:
            self.run.listed("interactions", ())
            self._notifications()
            self._threads()
        for kind, counter in self.platform.reactions.items():
            self._people(kind, counter, [item for item in self.lively if self._has_moved(item, counter)])
        self._write(gone)
        if self.skipped:
            self.run.warn(f"the budget of this run is spent; left for the next one: {', '.join(self.skipped)}")

    # Our posts: the new ones, those that are due, those that are gone

    def _feed(self) -> None:
        until = self.place.get("feed_until")
        self._read_feed(utc(until) - LOOKBACK if until else None)
        # A post that was dated back lies below where reading stopped; the platform's own count gives it, and a deletion, away.
        if until and self._differs() and self._may_search():
            self.is_search = True
            self._read_feed(None)
        if self.posts_total is not None:
            self.run.reconcile("posts", self.posts_total)
        self.place["feed_until"] = max(stamp(self.newest) or "" if self.seen else "", until or "")

    def _read_feed(self, since: datetime | None) -> None:
        coming = self._newest_first("feed", since)
        while page := list(islice(coming, PAGE)):
            self._take(page)

    def _take(self, read: Iterable[Item]) -> None:
        """Write each post of ours that is news, as it comes; the first reading of a run counts."""
        for at, page in ((at, list(group)) for at, group in groupby(read, attrgetter("at"))):
            unseen = {item.id: item for item in page if item.id not in self.seen}
            self.seen.update(unseen)  # |= would copy the whole set, since keys are none
            self.newest = max(self.newest, *map(attrgetter("posted_at"), page))
            self.run.listed("posts", [item.id for item in page if item.post is not None] if self.posts_total is None else ())
            fresh = [item for item in unseen.values() if item.post is not None and (self.is_first or self._is_news(item))]
            if fresh:
                self.run.write("posts", [item.post for item in fresh if item.post], at)
                self.run.write("post_metrics", [{"post_id": item.id, **item.counters} for item in fresh if item.counters is not None], at)
            self.lively += [item._replace(post=None) for item in fresh if self._leads_on(item)]

    def _leads_on(self, item: Item) -> bool:
        counters = item.counters or {}
        if item.interaction or counters.get("replies"):
            return True
        for counter in self.platform.reactions.values():  # most of a past has none, and is told so fast
            if (counters.get(counter) or item.id in self.stored) and self._has_moved(item, counter):
                return True
        return False

    def _newest_first(self, kind: Literal["feed", "notifications"], since: datetime | None) -> Iterator[Any]:
        """What is newer than `since`, and what earlier runs left for lack of budget; what this one leaves is written down."""
        left: list[dict[str, Any]] = self.place.pop(f"{kind}_left", [])
        for span in [{"since": stamp(since), "before": None}, *left]:
            before, until = span["before"], utc(span["since"]) if span["since"] else None
            read = getattr(self.platform, kind) if before is None else getattr(cast(Budgeted, self.platform), kind)
            try:
                for entry in read(until) if before is None else read(until, before):
                    before = entry.id if isinstance(entry, Item) else entry["interaction_id"]
                    yield entry
            except BudgetSpent:
                self.skipped.append(f"older {'posts' if kind == 'feed' else 'mentions'}" if before else f"new {kind}")
                if before:
                    self.place.setdefault(f"{kind}_left", []).append({"since": span["since"], "before": before})

    def _differs(self) -> bool:
        return self.posts_total is not None and self.posts_total != len(self.stored.keys() | self.seen)

    def _may_search(self) -> bool:
        """At most once a day: some platforms never count right."""
        last = self.place.get("searched_at")
        if last and self.now - utc(last) < DAILY:
            return False
        self.place["searched_at"] = stamp(self.now)
        return True

    def _sweep(self) -> dict[str, datetime]:
        """Look up what is due and was not in the feed, anybody's words; returns what is gone, with the time of the answer.

        A look-up that fails raises, so a failure never looks like a deletion.
        """
        due = [
            id_
            for id_, post in self.stored.items()
            if id_ not in self.seen and (self.is_search or is_due(post.posted_at, post.observed_at, self.now, self.older_every))
        ]
        due.sort(key=lambda id_: (stamp(self.stored[id_].observed_at) or "", id_))  # what has waited longest comes first
        if self.platform.has_people:
            theirs = self.run.stored(f"""
                select interaction_id, occurred_at, _observed_at from interactions
                where kind in ('comment', 'reply', 'quote', 'mention') and deleted_at is null and not is_brand and {self.mine}""")
            due += [id_ for id_, at, last in theirs if at and is_due(utc(at), utc(last), self.now, self.older_every)]
        gone: dict[str, datetime] = {}
        for start, batch in zip(range(0, len(due), self.platform.batch), _batches(due, self.platform.batch), strict=True):
            try:
                items, at = self.platform.look_up(batch)
            except BudgetSpent:
                self.skipped.append(f"{len(due) - start} posts to read again")
                break
            found = {item.id: item for item in items if item.id in batch}
            self._take(found.values())
            gone |= {id_: at for id_ in batch if id_ not in found}
            for item in found.values():
                self._note(item.interaction)
        return self._believed(gone, len(due))

    def _believed(self, gone: dict[str, datetime], asked: int) -> dict[str, datetime]:
        """Where most of many are gone at once they are believed if the next run says so again: a platform that lost its index answers so too."""
        before = set(self.place.pop("missing", []))
        if len(gone) < MANY or len(gone) * 2 <= asked or gone.keys() <= before:
            return gone
        self.place["missing"] = sorted(gone)
        self.run.warn(
            f"{len(gone)} of {asked} posts were not found, all at once: they count as deleted if the next run does not find them either"
        )
        return {id_: at for id_, at in gone.items() if id_ in before}

    def _is_news(self, item: Item) -> bool:
        """Whether this reading of a post is kept: a walk through the whole feed shows many that are not due."""
        before = self.stored.get(item.id)
        if before is None or is_due(before.posted_at, before.observed_at, self.now, self.older_every):
            return True
        return any(value != (item.counters or {}).get(name) for name, value in before.counters.items())

    # Who answered whom

    def _notifications(self) -> None:
        until = self.place.get("notified_until")
        told = self._newest_first("notifications", utc(until) - LOOKBACK if until else None)
        rows: dict[str, dict[str, Any]] = {row["interaction_id"]: row for row in told}
        self.place["notified_until"] = max([row["occurred_at"] for row in rows.values()] + [until or ""])
        for batch in _batches([] if self.is_first else sorted(rows), 500):
            # It may have been taken back since; only a missing time is a reason to write a stored one again.
            for stored in self._rows(INTERACTIONS, f"interaction_id in ({literals(batch)}) and occurred_at is not null"):
                del rows[stored["interaction_id"]]
        for row in rows.values():
            self._note(row)

    def _threads(self) -> None:
        for item in self.lively:
            self._note(item.interaction)
        roots = {item.thread for item in self.lively if item.thread and (item.interaction or (item.counters or {}).get("replies"))}
        # A late answer to an old post: some platforms tell its conversation only there.
        roots |= {
            row["post_id"]
            for row in self.interactions.values()
            if row["kind"] == "reply" and row.get("post_id") and not row.get("thread_id")
        }
        roots |= set(self.place.pop("threads_left", []))
        for done, root in enumerate(sorted(roots)):
            try:
                for item in self.platform.thread(root):
                    self._note(item.interaction)
            except BudgetSpent:
                self.place["threads_left"] = sorted(roots)[done:]
                self.skipped.append(f"{len(roots) - done} threads")
                break

    def _has_moved(self, item: Item, counter: str) -> bool:
        """Whether to list the people behind a counter: it moved, was never read, or the post is young (one may leave as another comes)."""
        before = self.stored[item.id].counters[counter] if item.id in self.stored and not self.is_first else None
        now = (item.counters or {}).get(counter)
        return bool(now or before) and (now != before or self.now - item.posted_at <= YOUNG)

    def _people(self, kind: str, counter: str, posts: list[Item]) -> None:
        """The lists are whole, so who is stored and no longer listed took it back. Not asked where notifications told as many as the counter."""
        noted: dict[str, set[str]] = {}
        for row in self.interactions.values():
            if row["kind"] == kind and row.get("deleted_at") is None:
                noted.setdefault(row["post_id"], set()).add(row["interaction_id"])
        stored: dict[str, dict[str, dict[str, Any]]] = {}
        for batch in _batches([item.id for item in posts], 500):
            for row in self._rows(INTERACTIONS, f"kind = {literals([kind])} and post_id in ({literals(batch)})"):
                stored.setdefault(row["post_id"], {})[row["interaction_id"]] = row
        for item in posts:
            known = stored.get(item.id, {})
            live = {id_ for id_, row in known.items() if row["deleted_at"] is None} | noted.get(item.id, set())
            if len(live) == (item.counters or {}).get(counter):
                continue
            people, at = self.platform.people(kind, item.id)
            before = self.stored.get(item.id)
            listed = {f"{kind}:{item.id}:{key}": (key, occurred_at) for key, occurred_at in people}
            for id_, (key, occurred_at) in listed.items():
                if id_ in known and known[id_]["deleted_at"] is None:
                    continue
                self._note(
                    {
                        "interaction_id": id_,
                        "kind": kind,
                        "occurred_at": occurred_at,
                        "missing_at": stamp(before.observed_at if before else None),
                        "listed_at": stamp(at),
                        "actor_key": key,
                        "profile_id": self.profile_id,
                        "is_brand": False,
                        "post_id": item.id,
                        "parent_id": item.id,
                    }
                )
            for id_, row in known.items():
                if id_ not in listed and row["deleted_at"] is None:
                    self.interactions[id_] = {**row, "deleted_at": stamp(at)}

    def _note(self, row: Row | None) -> None:
        """One like comes from a notification, with its time, and from a list, without: what either says is kept."""
        if row:
            self.run.listed("interactions", [row["interaction_id"]])
            old = self.interactions.get(row["interaction_id"], {})
            new = {name: value for name, value in row.items() if value is not None}
            self.interactions[row["interaction_id"]] = {**old, **new, "deleted_at": None}

    # Writing

    def _write(self, gone: dict[str, datetime]) -> None:
        for batch in _batches(sorted(gone), 500):
            for post in self._rows(POSTS, f"post_id in ({literals(batch)})"):
                self.run.write("posts", [_tombstone(post, gone[post["post_id"]])], gone[post["post_id"]])
            for row in self._rows(INTERACTIONS, f"interaction_id in ({literals(batch)})"):
                self.interactions[row["interaction_id"]] = _tombstone(row, gone[row["interaction_id"]])
        if self.platform.has_people:
            self._keep_what_was_known()
            self.run.write("interactions", self.interactions.values(), self.now)

    def _keep_what_was_known(self) -> None:
        """A look-up says less of an answer than its thread did, and a row replaces the stored one whole. Words are not brought back."""
        for batch in _batches([id_ for id_, row in self.interactions.items() if not row.get("deleted_at")], 500):
            for stored in self._rows(INTERACTIONS, f"interaction_id in ({literals(batch)})"):
                known = {name: value for name, value in stored.items() if name not in WORDS}
                said = {name: value for name, value in self.interactions[stored["interaction_id"]].items() if value is not None}
                self.interactions[stored["interaction_id"]] = {**known, **said, "deleted_at": None}

    def _rows(self, table: RawTable, where: str) -> Iterator[dict[str, Any]]:
        """Stored rows as they would be written again; none of people where the platform says nothing of them."""
        if table is INTERACTIONS and not self.platform.has_people:
            return
        yield from known_rows(self.run, table.name, table.columns, where)


def _tombstone(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {**row, **dict.fromkeys(WORDS & row.keys()), "deleted_at": stamp(at)}


def _batches(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
