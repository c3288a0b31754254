"""relationships.indicators: whom a message addresses and what answers it, on companies counted by hand, one a platform.

A company that says nothing at all is the worst there is, and must be measured as such; people who write to each other must stay people.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from tests.dbt_warehouse import DbtWarehouse
from tests.relationship_worlds import MAY, World

Rows = dict[tuple[str, str], tuple[int, int, float]]


def silent(platform: str, kind: str, is_signed: bool = False, **more: Any) -> World:
    """60 people write below a post each, and address the brand by its key; nobody ever answers."""
    world = World(platform)
    for number in range(60):
        post = {"platform": platform, "profile_id": "page", "post_id": f"post {number}", "posted_at": MAY, "audience": "clients"}
        if kind == "comment":
            world.posts.append(post | ({"author_key": "us"} if is_signed else {}))
            more |= {"parent_id": f"post {number}"}
        world.say(f"p{number}", MAY + timedelta(hours=1), kind, addressee_key="us", **more)
    return world


def written_to() -> World:
    """Signed posts, comments that say that they need an answer, and 20 people who write to the same key elsewhere."""
    world = silent("written_to", "comment", is_signed=True, needs_reply=True)
    for number in range(20):
        world.say(f"q{number}", MAY + timedelta(hours=2), addressee_key="us")
    return world


def people(platform: str, kind: str) -> World:
    """60 people in a ring write to the next one, and every third of them to somebody who never writes."""
    world = World(platform)
    for number in range(60):
        world.say(f"p{number}", MAY, kind, addressee_key=f"{platform}/p{(number + 1) % 60}")
        if number % 3 == 0:
            world.say(f"p{number}", MAY + timedelta(days=1), kind, addressee_key=f"{platform}/listener {number}")
    return world


def greeted(platform: str, which: str, **greeting: Any) -> World:
    """80 chats, 40 of them answered by a person after half an hour; `which` of them a machine greets 20 seconds before the question."""
    world = World(platform)
    for number in range(80):
        thread = {"thread_id": f"chat {number}"}
        at, is_answered = MAY + timedelta(hours=number), number < 40
        if which == "all" or (which == "unanswered" and not is_answered):
            world.say("robot", at - timedelta(seconds=20), is_brand=True, **greeting, **thread)
        world.say(f"p{number}", at, **thread)
        if is_answered:
            world.say("agent", at + timedelta(minutes=30), is_brand=True, **thread)
    return world


def continued() -> World:
    """60 posts that somebody answers after five minutes and the brand continues after ten; 40 other people are answered."""
    world = World("continued")
    for number in range(60):
        post = {"platform": "continued", "profile_id": "page", "audience": "clients"}
        world.posts.append(post | {"post_id": f"post {number}", "posted_at": MAY})
        world.posts.append(
            post | {"post_id": f"more {number}", "posted_at": MAY + timedelta(minutes=10), "reply_to_post_id": f"post {number}"}
        )
        place = {"thread_id": f"post {number}", "parent_id": f"post {number}"}
        world.say(f"p{number}", MAY + timedelta(minutes=5), "reply", addressee_key="continued/us", needs_reply=True, **place)
    for number in range(40):
        asked = world.say(f"q{number}", MAY, "mention")
        world.say("us", MAY + timedelta(minutes=30), "reply", is_brand=True, parent_id=asked)
    return world


def feed() -> World:
    """Posts alone: 40 of the brand's own and 60 with which it answers others, of whom nothing is told."""
    world = World("feed", "public")
    for number in range(100):
        post = {"platform": "feed", "profile_id": "page", "post_id": str(number), "posted_at": MAY}
        world.posts.append(post | ({"reply_to_post_id": f"somebody's {number}"} if number >= 40 else {}))
    return world


def written_to_and_fro(platform: str, kind: str) -> World:
    """60 people write to the brand and it writes back after five minutes, to 30 of them by what they wrote; then they thank. No thread is named."""
    world = World(platform)
    for number in range(60):
        asked = world.say(f"p{number}", MAY, kind, addressee_key=f"{platform}/us")
        told = {"parent_id": asked} if number % 2 else {"addressee_key": f"{platform}/p{number}"}
        world.say("us", MAY + timedelta(minutes=5), kind, is_brand=True, **told)
        world.say(f"p{number}", MAY + timedelta(minutes=9), kind, needs_reply=False)
    return world


WORLDS = [
    written_to(),
    silent("unsigned", "comment"),
    silent("mentioned", "mention"),
    silent("asked", "message", needs_reply=True),
    silent("intercom", "message", profile_id="inbox"),
    people("graph", "message"),
    people("letters", "dm"),
    greeted("not_greeted", "none"),
    greeted("greeted", "unanswered", is_bot=True),
    greeted("greeted_unmarked", "unanswered", text="Hello, how can we help you?"),
    greeted("greeted_all", "all", is_bot=True),
    continued(),
    feed(),
    written_to_and_fro("letters_to_us", "dm"),
    written_to_and_fro("chats_with_us", "message"),
]


SEVERAL: list[dict[str, Any]] = []  # rows of interaction_addressees


def answered_together() -> World:
    """120 people comment below 40 posts, three below each; one comment of the brand is for two of them, whom it names in the table of addressees."""
    world = World("together")
    for number in range(40):
        post = {"platform": "together", "profile_id": "page", "post_id": f"post {number}", "posted_at": MAY, "audience": "clients"}
        world.posts.append(post)
        below = {"post_id": f"post {number}"}
        for place in range(3):
            world.say(f"p{3 * number + place}", MAY + timedelta(minutes=place), "comment", needs_reply=True, **below)
        answer = world.say("us", MAY + timedelta(minutes=30), "comment", is_brand=True, **below)
        named = {"platform": "together", "interaction_id": answer}
        SEVERAL.extend(named | {"addressee_key": f"together/p{3 * number + place}"} for place in range(2))
    return world


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DbtWarehouse]:
    built = DbtWarehouse(tmp_path_factory.mktemp("addressed"))
    for world in (*WORLDS, answered_together()):
        built.insert("interactions", *world.interactions)
        built.insert("posts", *world.posts)
    built.insert("interaction_addressees", *SEVERAL)
    built.build("+relationships_indicators")
    yield built


@pytest.fixture(scope="module")
def rows(warehouse: DbtWarehouse) -> Rows:
    """(numerator, denominator, value) of the whole of the data by platform and indicator."""
    with duckdb.connect(str(warehouse.path)) as connection:
        found = connection.execute(
            "select platform, indicator, numerator, denominator, value from relationships.indicators "
            "where period_kind = 'all' and profile_id = 'all' and dimension = 'all'"
        ).fetchall()
    return {(platform, indicator): tuple(rest) for platform, indicator, *rest in found}


@pytest.mark.parametrize(("platform", "people"), [("written_to", 80), ("mentioned", 60), ("asked", 60), ("intercom", 60)])
def test_total_silence_is_measured(rows: Rows, platform: str, people: int) -> None:
    """Each wrote once, and nobody to anybody but the brand."""
    for indicator in ("response_rate_24h", "reciprocity_dyad", "peer_share"):
        assert rows[platform, indicator] == (0, people, 0.0), indicator


def test_who_is_addressed_below_the_brand_s_posts_is_the_brand(rows: Rows) -> None:
    """Nothing but the place of the comments says whose key it is."""
    assert rows["unsigned", "reciprocity_dyad"] == rows["unsigned", "peer_share"] == (0, 60, 0.0)


@pytest.mark.parametrize("platform", ["graph", "letters"])
def test_people_who_write_to_each_other_stay_people(rows: Rows, platform: str) -> None:
    """80 messages, 20 of them to somebody who never writes: that alone makes nobody a brand."""
    assert rows[platform, "peer_share"] == (80, 80, 1.0)


def test_a_graph_of_people_asks_nothing_of_the_brand(rows: Rows) -> None:
    assert ("graph", "response_rate_24h") not in rows and ("graph", "reciprocity_dyad") not in rows


@pytest.mark.parametrize("platform", ["not_greeted", "greeted", "greeted_unmarked", "greeted_all"])
def test_a_greeting_machine_raises_no_figure(rows: Rows, platform: str) -> None:
    """A question after a greeting is a question; whom a machine greets, it has touched first."""
    for indicator in ("response_rate_1h", "response_rate_24h", "first_response_within_60min"):
        assert rows[platform, indicator] == (40, 80, 0.5), indicator
    assert rows[platform, "reciprocity_dyad"] == (40, 80, 0.5)
    assert rows[platform, "first_touch_human"] == ((0, 80, 0.0) if platform == "greeted_all" else (40, 80, 0.5))
    assert rows[platform, "thread_depth_mean"] == (80, 40, 2.0)


def test_a_continued_post_answers_nobody(rows: Rows) -> None:
    """Of 100 people 40 were answered; of 60 posts, 60 continuations and 40 replies 40 are replies."""
    for indicator in ("response_rate_1h", "reciprocity_dyad", "first_touch_human"):
        assert rows["continued", indicator] == (40, 100, 0.4), indicator
    assert rows["continued", "two_way_ratio"] == (40, 160, 0.25)


def test_a_feed_in_which_the_brand_replies_is_posts_alone(rows: Rows) -> None:
    """Decision 10: what people said is not told, so that a ratio of 0 would be one by ignorance."""
    assert [name for platform, name in rows if platform == "feed"] == []


@pytest.mark.parametrize("platform", ["letters_to_us", "chats_with_us"])
def test_what_is_written_to_and_fro_is_a_conversation(rows: Rows, platform: str) -> None:
    for indicator in ("response_rate_1h", "first_response_within_60min", "reciprocity_dyad", "first_touch_human"):
        assert rows[platform, indicator] == (60, 60, 1.0), indicator
    assert rows[platform, "thread_depth_mean"] == (180, 60, 3.0)


def test_an_answer_to_several_is_one_message_and_answers_each(rows: Rows) -> None:
    """80 of 120 people are answered; of 40 posts and 40 comments of the brand 40 are replies."""
    for indicator in ("response_rate_1h", "reciprocity_dyad"):
        assert rows["together", indicator] == (80, 120, pytest.approx(2 / 3)), indicator
    assert rows["together", "two_way_ratio"] == (40, 80, 0.5)
