"""What a social source is: its raw tables, one post as every platform gives it, and the questions that it must answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from pipelines.raw import RawTable

Row = Mapping[str, Any]

PROFILES = RawTable(
    "profiles", ("profile_id",), {"profile_id": "VARCHAR", "name": "VARCHAR", "created_at": "TIMESTAMP"}, ("profiles",), holds_persons=True
)
PROFILE_METRICS = RawTable(
    "profile_metrics",
    ("profile_id", "_observed_at"),
    {"profile_id": "VARCHAR", "followers": "BIGINT", "following": "BIGINT", "posts_total": "BIGINT"},
    ("profile_metrics",),
)
POSTS = RawTable(
    "posts",
    ("post_id",),
    {
        "post_id": "VARCHAR",
        "profile_id": "VARCHAR",
        "posted_at": "TIMESTAMP",
        "kind": "VARCHAR",
        "text": "VARCHAR",
        "language": "VARCHAR",
        "permalink": "VARCHAR",
        "reply_to_post_id": "VARCHAR",
        "edited_at": "TIMESTAMP",
        "deleted_at": "TIMESTAMP",
    },
    ("posts",),
    holds_persons=True,  # a post quotes and names people: only these fields are kept
)
POST_METRICS = RawTable(
    "post_metrics",
    ("post_id", "_observed_at"),
    {"post_id": "VARCHAR", "likes": "BIGINT", "replies": "BIGINT", "reposts": "BIGINT", "quotes": "BIGINT", "bookmarks": "BIGINT"},
    ("post_metrics",),
)
INTERACTIONS = RawTable(
    "interactions",
    ("interaction_id",),
    {
        "interaction_id": "VARCHAR",
        "kind": "VARCHAR",  # like repost comment reply quote mention
        "occurred_at": "TIMESTAMP",  # NULL where the platform does not say when
        "missing_at": "TIMESTAMP",  # last reading of the likes or reposts of a post without this one
        "listed_at": "TIMESTAMP",  # first reading with it
        "actor_key": "VARCHAR",
        "addressee_key": "VARCHAR",
        "profile_id": "VARCHAR",
        "is_brand": "BOOLEAN",
        "is_bot": "BOOLEAN",
        "post_id": "VARCHAR",
        "parent_id": "VARCHAR",
        "thread_id": "VARCHAR",
        "text": "VARCHAR",
        "language": "VARCHAR",
        "sentiment": "DOUBLE",  # worked out as the row is written
        "deleted_at": "TIMESTAMP",
    },
    ("interactions",),
    holds_persons=True,
)
TABLES = (PROFILES, PROFILE_METRICS, POSTS, POST_METRICS, INTERACTIONS)


def tables(counters: Sequence[str] = (), profile_counters: Sequence[str] = (), has_people: bool = True) -> tuple[RawTable, ...]:
    """The tables of a platform that counts more, in the words of the model, or that says nothing of persons."""
    metrics = replace(POST_METRICS, columns={**POST_METRICS.columns, **dict.fromkeys(counters, "BIGINT")})
    profile_metrics = replace(PROFILE_METRICS, columns={**PROFILE_METRICS.columns, **dict.fromkeys(profile_counters, "BIGINT")})
    return (PROFILES, profile_metrics, POSTS, metrics, *([INTERACTIONS] if has_people else []))


COUNTERS: Mapping[str, str] = {"like": "likes", "repost": "reposts"}  # reactions whose people a platform may list, and what counts them
WORDS = frozenset({"text", "language", "permalink", "sentiment"})  # what a tombstone loses


class Item(NamedTuple):
    """One post as a platform gave it, in the columns of the raw tables; what somebody else wrote has no `post` and no `counters`."""

    id: str
    at: datetime  # of the answer
    posted_at: datetime
    post: Row | None = None
    counters: Row | None = None
    interaction: Row | None = None  # where it answers, quotes or names somebody
    thread: str | None = None  # the post of ours that its thread hangs on


class Platform(Protocol):
    """What a social source has to answer. Every answer is whole: all pages, or an error (BudgetSpent among them)."""

    batch: int  # ids in one look-up
    reactions: Mapping[str, str]  # those of COUNTERS whose people it lists
    has_people: bool  # whether it says anything of persons; where not, only posts and counters are asked for

    def feed(self, since: datetime | None) -> Iterable[Item]:
        """Our posts, newest first, at least back to `since`."""

    def look_up(self, ids: Sequence[str]) -> tuple[list[Item], datetime]:
        """Those of these posts that still exist, anybody's, and the time of the answer."""

    def notifications(self, since: datetime | None) -> Iterable[Row]:
        """Interactions with us, at least back to `since`."""

    def thread(self, post_id: str) -> Iterable[Item]:
        """Everything below a post; nothing where the post is gone."""

    def people(self, kind: str, post_id: str) -> tuple[list[tuple[str, str | None]], datetime]:
        """Who liked or reposted it (kind: like, repost): key, and time where the platform says it; and the time of the answer."""


class Budgeted(Platform, Protocol):
    """A platform that may stop in the middle for its budget, and goes on in the next run below what it read last."""

    def feed(self, since: datetime | None, before: str | None = None) -> Iterable[Item]:
        """See Platform; only what is older than the post `before`."""

    def notifications(self, since: datetime | None, before: str | None = None) -> Iterable[Row]:
        """See Platform; only what is older than the interaction `before`."""
