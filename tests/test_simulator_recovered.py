"""What is planted in the demo company is found again: answer times with the unanswered ones, the two-way ratio, and moods after neglect."""

from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipelines.sentiment import score
from simulator.planted import COMPLAINS, COMPLAINS_AFTER_NEGLECT, LOUDER_FROM, PUBLIC_ANSWERED_WHEN_LOUDER
from simulator.stage import FIRST_CLOCK
from simulator.truth import response
from simulator.world import World, build
from simulator.world_talk import audience_of
from tests.dbt_warehouse import DbtWarehouse

DAYS, ACCOUNTS = 270, 200


@pytest.fixture(scope="module")
def company() -> World:
    return build(now=FIRST_CLOCK, days=DAYS, accounts=ACCOUNTS)


def _public(company: World) -> pd.DataFrame:
    """What was said in public, in the words of `interactions`, each audience as it was planted."""
    talk, every = company.talk, company.talk.set_index("message")
    post_id = company.posts.set_index("post")["post_id"]
    other = talk["addressee"].to_numpy()
    asker = np.maximum(np.where(talk["is_brand"], other, talk["actor"]), 0)
    opening, parent, level = (talk[name].to_numpy().copy() for name in ("message", "parent", "level"))
    while (level > 0).any():
        opening = np.where(level > 0, parent, opening)
        above = every.reindex(opening)
        parent, level = above["parent"].fillna(-2).to_numpy(), above["level"].fillna(0).to_numpy()
    is_comment = (talk["kind"] == "comment").to_numpy()
    return pd.DataFrame(
        {
            "platform": talk["platform"],
            "interaction_id": talk["message_id"],
            "occurred_at": talk["occurred_at"],
            "kind": talk["kind"],
            "actor_key": talk["actor_id"],
            "addressee_key": np.where(other < 0, talk["profile_id"], company.actors["actor_id"].to_numpy()[np.maximum(other, 0)]),
            "profile_id": talk["profile_id"],
            "is_brand": talk["is_brand"],
            "post_id": post_id.reindex(talk["post"]).to_numpy(),
            "parent_id": np.where(is_comment, post_id.reindex(talk["post"]), every["message_id"].reindex(talk["parent"])),
            "thread_id": every["message_id"].reindex(opening).to_numpy(),
            "audience": audience_of(company.actors, asker, talk["occurred_at"].to_numpy().astype("datetime64[s]"), company.accounts),
            "text": talk["text"],
            "language": "en",
        }
    )


def _desk(company: World) -> pd.DataFrame:
    """A case is asked once and answered once as planted; further turns have a pace of their own."""
    desk = company.desk[["interaction_id", "thread_id", "occurred_at", "actor_email", "is_brand", "is_bot", "text"]]
    desk = desk.rename(columns={"actor_email": "actor_key"})
    return desk.assign(platform="desk", kind="message", audience="clients", language="en", needs_reply=company.desk["step"] == 0)


@pytest.fixture(scope="module")
def marts(company: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("recovered"))
    said = pd.concat([_public(company), _desk(company)], ignore_index=True)
    said["sentiment"] = [None if ours else score(text, "en") for ours, text in zip(said["is_brand"], said["text"], strict=True)]
    posts = company.posts[["platform", "profile_id", "post_id", "posted_at", "kind", "text"]]
    with duckdb.connect(str(warehouse.path)) as connection:
        for entity, frame in {"interactions": said, "posts": posts}.items():
            connection.register("rows_given", frame.assign(_file=f"{entity}.csv", _line=np.arange(len(frame)), _deleted=False))
            connection.execute(f"insert into raw_files.{entity} by name select * from rows_given")
            connection.unregister("rows_given")
        connection.execute("update raw_goodwill.clock set as_of = ?", [company.now])
    warehouse.build("+relationships_indicators", "+core_conversations")
    with duckdb.connect(str(warehouse.path)) as connection:
        yield connection


def _share_held(rows: list[tuple[float, float, float]]) -> float:
    return float(np.mean([lo <= value <= hi for value, lo, hi in rows]))


def test_answer_times_of_answered_and_unanswered_alike(marts: duckdb.DuckDBPyConnection) -> None:
    """Each month's share answered within an hour and within a day, by platform and audience: 95 % intervals that hold nine times in ten or more."""
    found = marts.execute(
        """
        select platform, audience, period_start, indicator, value, lo, hi from relationships.indicators
        where indicator in ('response_rate_24h', 'response_within_60min_km') and period_kind = 'month' and platform <> 'all'
            and audience in ('clients', 'public')
            and profile_id = 'all' and dimension = 'all' and value is not null and lo is not null and hi is not null and is_complete
        """
    ).fetchall()
    held = []
    for platform, audience, month, indicator, _, lo, hi in found:
        is_louder = audience == "public" and np.datetime64(month) >= LOUDER_FROM.astype("datetime64[D]")
        behaviour = response(platform, audience, PUBLIC_ANSWERED_WHEN_LOUDER if is_louder else 1.0)
        held.append((behaviour.within_60_minutes if "60min" in indicator else behaviour.within_24_hours, lo, hi))
    assert len(held) >= 60, len(held)
    assert _share_held(held) >= 0.9, _share_held(held)


def test_the_two_way_ratio_of_each_month(marts: duckdb.DuckDBPyConnection, company: World) -> None:
    """Answers in words of their own over posts and answers, counted in the world: by month and platform, towards the public."""
    talk = company.talk
    asker = np.maximum(np.where(talk["is_brand"], talk["addressee"], talk["actor"]), 0)
    audience = audience_of(company.actors, asker, talk["occurred_at"].to_numpy().astype("datetime64[s]"), company.accounts)
    replies = talk[talk["is_brand"].to_numpy() & (audience == "public")]
    counted = {
        "posts": company.posts.groupby(["platform", company.posts["posted_at"].dt.strftime("%Y-%m")]).size(),
        "replies": replies.groupby(["platform", replies["occurred_at"].dt.strftime("%Y-%m")]).size(),
        "personal": replies[~replies["is_canned"]].groupby(["platform", replies["occurred_at"].dt.strftime("%Y-%m")]).size(),
    }
    truth_of = pd.DataFrame(counted).fillna(0)
    ratio = (truth_of["personal"] / (truth_of["posts"] + truth_of["replies"])).to_dict()
    found = marts.execute(
        """
        select platform, strftime(period_start, '%Y-%m'), value, lo, hi from relationships.indicators
        where indicator = 'two_way_ratio' and audience = 'public' and period_kind = 'month' and platform <> 'all'
            and profile_id = 'all' and dimension = 'all' and value is not null and is_complete
        """
    ).fetchall()
    assert len(found) >= 20, len(found)
    held = [(ratio[platform, month], lo, hi) for platform, month, _, lo, hi in found]
    assert _share_held(held) >= 0.95, held


def test_moods_turn_after_neglect(marts: duckdb.DuckDBPyConnection) -> None:
    """Cases that begin in a bad mood, by whether the same person's last case was answered within a day."""
    groups = {
        row[0]: row[1:]
        for row in marts.execute(
            """
            with cases as (
                select
                    mood_start, opened_at,
                    lag(opened_at) over in_turn as last_opened_at, lag(first_human_reply_at) over in_turn as last_answered_at
                from core.conversations
                where platform = 'desk' and mood_start is not null
                window in_turn as (partition by opener_key order by opened_at)
            )
            select
                coalesce(last_answered_at > last_opened_at + interval 24 hour, true) as was_neglected,
                count(*) filter (where mood_start = 'negative'), count(*)
            from cases
            where last_opened_at is not null
            group by all
            """
        ).fetchall()
    }
    (x1, n1), (x0, n0) = groups[True], groups[False]
    p1, p0 = x1 / n1, x0 / n0
    half = stats.norm.ppf(0.975) * np.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    assert min(n1, n0) >= 30
    assert abs(p1 - p0 - (COMPLAINS_AFTER_NEGLECT - COMPLAINS)) <= half, (p1, p0, half)
    assert p1 - p0 - half > 0


def test_rescues_are_there_to_be_told(marts: duckdb.DuckDBPyConnection) -> None:
    """Cases that begin in a bad mood and end in a good one, in each quarter that is over; enough people to draw from, and not every one a rescue."""
    found = marts.execute(
        """
        select date_trunc('quarter', date) as quarter, count(distinct opener_key), count(*) filter (where mood_end = 'positive'), count(*)
        from core.conversations
        where audience = 'clients' and mood_start = 'negative' and mood_end is not null
        group by all
        order by all
        """
    ).fetchall()
    (_, people, rescued, eligible) = found[-2]
    assert people >= 10 and 0 < rescued <= eligible, found
