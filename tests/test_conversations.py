"""core.conversations: threads of all places put together, and who began, answered, and ended in which mood."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt_warehouse import DbtWarehouse

MAY = datetime(2026, 5, 4, 9)
INBOX = [("inbox", first) for first in ("m1", "m5", "n1", "n2", "n3")]


def say(platform: str, number: str, minutes: float, actor: str, **more: Any) -> dict[str, Any]:
    made = {"platform": platform, "interaction_id": number, "occurred_at": MAY + timedelta(minutes=minutes), "kind": "message"}
    return made | {"actor_key": actor, "audience": "clients", "is_brand": actor == "us"} | more


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, Any]]:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("conversations"))
    desk = {"thread_id": "case"}
    warehouse.insert(
        "interactions",
        say("desk", "1", 0, "ann", sentiment=-0.6, **desk),
        say("desk", "2", 1, "us", is_bot=True, **desk),
        say("desk", "3", 30, "us", **desk),
        say("desk", "4", 40, "ben", sentiment=-0.9, **desk),
        say("desk", "5", 41, "ann", sentiment=0.7, **desk),
        say("desk", "6", 42, "ann", is_deleted=True, **desk),
        # below a post: the source names no thread
        say("p", "a", 0, "cyd", kind="comment", post_id="post", parent_id="post"),
        say("p", "b", 5, "us", kind="reply", post_id="post", parent_id="a"),
        say("p", "c", 9, "dan", kind="reply", post_id="post", parent_id="b"),
        say("p", "d", 3, "eve", kind="comment", post_id="post", parent_id="post", sentiment=0.01),
        # who writes first may be the company
        say("chat", "x", 0, "us", thread_id="offer"),
        say("chat", "y", 8, "fay", thread_id="offer"),
        # no thread, no parent: it is between us and one person
        say("inbox", "m1", 0, "gus", addressee_key="us"),
        say("inbox", "m2", 5, "us", addressee_key="gus"),
        say("inbox", "m3", 9, "gus"),
        say("inbox", "m4", 12, "us", parent_id="m3"),
        say("inbox", "m5", 1, "hal", addressee_key="us"),
        # to another profile, to each other, in a room: each by itself
        say("inbox", "n1", 20, "gus", profile_id="shop"),
        say("inbox", "n2", 21, "gus", addressee_key="hal"),
        say("inbox", "n3", 22, "gus", room_id="room"),
    )
    warehouse.insert("posts", {"platform": "p", "profile_id": "us", "post_id": "post", "posted_at": MAY - timedelta(days=1)})
    warehouse.insert(
        "conversations",
        {"platform": "desk", "thread_id": "case", "opened_at": MAY, "status": "solved", "resolved_at": MAY + timedelta(minutes=41)},
        {"platform": "desk", "thread_id": "no words", "opened_at": MAY, "audience": "suppliers", "status": "open"},
        {"platform": "chat", "thread_id": "offer", "opened_at": MAY, "resolved_at": MAY + timedelta(minutes=5)},
    )
    warehouse.build("+core_conversations")
    with duckdb.connect(str(warehouse.path)) as connection:
        rows = connection.execute("select * from core.conversations")
        names = [column[0] for column in rows.description]
        return {(row["platform"], row["thread_id"]): row for row in (dict(zip(names, r, strict=True)) for r in rows.fetchall())}


def test_threads_are_named_by_the_source_or_hang_together_by_answers(found: dict) -> None:
    assert set(found) == {("desk", "case"), ("desk", "no words"), ("p", "a"), ("p", "d"), ("chat", "offer"), *INBOX}
    assert [found["p", thread]["messages"] for thread in "ad"] == [3, 1]
    assert [found[thread]["messages"] for thread in INBOX] == [4, 1, 1, 1, 1]
    assert {found[key]["thread_basis"] for key in found if key[0] in ("p", "inbox")} == {"answers"}
    assert found["p", "a"]["post_id"] == "post"


def test_who_began_and_how_often_the_word_passed(found: dict) -> None:
    case, offer = found["desk", "case"], found["chat", "offer"]
    # ann, we, ben and ann; the machine takes no turn
    assert (case["began_by"], case["turns"], case["has_both_sides"], case["actors"]) == ("audience", 3, True, 2)
    assert (offer["began_by"], offer["turns"], offer["opener_key"]) == ("brand", 2, "fay")
    assert found["p", "d"]["has_both_sides"] is False


def test_a_machine_is_no_human_reply(found: dict) -> None:
    case = found["desk", "case"]
    assert (case["first_reply_at"], case["first_human_reply_at"]) == (MAY + timedelta(minutes=1), MAY + timedelta(minutes=30))
    assert case["minutes_to_first_human_reply"] == 30
    # what we wrote before they did answers nobody
    assert found["chat", "offer"]["minutes_to_first_human_reply"] is None


def test_mood_is_that_of_one_person(found: dict) -> None:
    case = found["desk", "case"]
    assert (case["mood_start"], case["mood_end"]) == ("negative", "positive")
    assert (found["p", "d"]["mood_start"], found["p", "d"]["mood_end"]) == ("neutral", None)


def test_resolved_open_or_not_told(found: dict) -> None:
    told = {key: row["is_resolved"] for key, row in found.items() if key[0] != "inbox"}
    # the offer was resolved, and then somebody wrote again
    assert told == {("desk", "case"): True, ("desk", "no words"): False, ("chat", "offer"): False, ("p", "a"): None, ("p", "d"): None}


def test_a_reference_says_nothing_about_the_thread(found: dict) -> None:
    refs = [row["conversation_ref"] for row in found.values()]
    assert len({ref for ref in refs if ref}) == 9 and found["desk", "no words"]["conversation_ref"] is None


def test_the_place_of_rows_in_a_file_does_not_matter(tmp_path: Path) -> None:
    ways = []
    for order in (1, -1):
        (tmp_path / str(order)).mkdir()
        warehouse = DbtWarehouse(tmp_path / str(order))
        rows = [say("p", str(n), 0 if n < 6 else n, "us" if n % 2 else f"person {n % 3}", thread_id=str(n % 2)) for n in range(12)]
        warehouse.insert("interactions", *rows[::order])
        warehouse.build("+core_conversations")
        ways.append(warehouse.rows("select * from core.conversations order by all"))
    assert ways[0] == ways[1] and len(ways[0]) == 2
