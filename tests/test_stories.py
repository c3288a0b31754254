"""relationships.stories: who is drawn, by which rule, what it explains, and when words may be shown."""

import hashlib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.dbt_warehouse import DbtWarehouse

OPENED = datetime(2026, 2, 2, 9)
BEFORE = datetime(2025, 9, 1)
CLIENTS = 40
AGREE = {"purpose": "story_text", "is_granted": True, "recorded_at": datetime(2026, 4, 2)}


def say(thread: str, number: int, minutes: float, actor: str, **more: Any) -> dict[str, Any]:
    made = {"platform": "desk", "interaction_id": f"{thread}/{number}", "thread_id": thread, "kind": "message", "actor_key": actor}
    made |= {
        "occurred_at": OPENED + timedelta(minutes=minutes),
        "is_brand": actor.startswith("us"),
        "text": f"{thread} said {number} to @bob",
    }
    return made | {"audience": "clients"} | more


def company(warehouse: DbtWarehouse) -> None:
    """40 clients ask in a bad mood: 12 end in a good one, 8 are never answered; 15 suppliers bring a problem, 9 are solved."""
    warehouse.insert("interactions", say("old", 0, 0, "somebody", occurred_at=BEFORE, audience="public"))
    for n in range(CLIENTS):
        thread, person = f"case {n}", f"client {n}"
        warehouse.insert("interactions", say(thread, 0, n * 60, person, sentiment=-0.6))
        if n < 32:
            warehouse.insert("interactions", say(thread, 1, n * 60 + 30, "us"))
            warehouse.insert("interactions", say(thread, 2, n * 60 + 50, person, sentiment=0.6 if n < 12 else -0.3))
    for n in range(15):
        thread = f"delivery {n}"
        warehouse.insert("interactions", say(thread, 0, n * 60, f"supplier {n}", audience="suppliers"))
        warehouse.insert(
            "conversations",
            {
                "platform": "desk",
                "thread_id": thread,
                "opened_at": OPENED,
                "status": "solved" if n < 9 else "open",
                "audience": "suppliers",
            },
        )
    for n in range(12):
        thread = f"comment {n}"
        on = {"platform": "mastodon", "audience": "public", "post_id": "post"}
        warehouse.insert("interactions", say(thread, 0, n, f"fan {n}", **on | {"kind": "comment"}))
        warehouse.insert("interactions", say(thread, 1, n + 20, "us", **on | {"kind": "reply", "parent_id": f"{thread}/0"}))
        for liker in range(3 if n < 4 else 2):
            liked = {"kind": "reaction", "parent_id": f"{thread}/1", "thread_id": None}
            warehouse.insert("interactions", say(thread, 10 + liker, n + 90, f"liker {liker}", **on | liked))
    warehouse.insert("posts", {"platform": "mastodon", "profile_id": "us", "post_id": "post", "posted_at": OPENED, "kind": "text"})
    for n in range(6):
        story = {"story_id": f"by {n}", "person_key": f"colleague {n}", "submitted_at": OPENED, "text": f"My day, part {n}"}
        warehouse.insert("story_submissions", story | {"is_consented_by_all": n < 4, "withdrawn_at": OPENED if n == 3 else None})


SELECTION = ("+relationships_stories",)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("stories"))
    company(warehouse)
    warehouse.build(*SELECTION)
    return warehouse


def stories(warehouse: DbtWarehouse, columns: str, where: str = "true") -> dict[tuple[str, str], tuple]:
    rows = warehouse.rows(f"select rule, audience, {columns} from relationships.stories where {where} order by all")
    return {row[:2]: row[2:] for row in rows}


def test_each_rule_says_out_of_how_many_it_drew(warehouse: DbtWarehouse) -> None:
    found = stories(warehouse, "eligible, matched, is_counter, state", "rule <> 'own'")
    assert found["rescue", "clients"] == (32, 12, False, "candidate")
    assert found["solved", "suppliers"] == (15, 9, False, "candidate")
    assert found["help", "public"] == (12, 4, False, "candidate")
    # nobody on the desk had been seen before, 32 got an answer within a day
    assert found["welcome", "clients"] == (40, 32, False, "candidate")
    assert found["welcome", "public"] == (12, 12, False, "candidate")
    assert found["neglected", "clients"] == (40, 8, True, "candidate")
    assert found["neglected", "suppliers"] == (15, 15, True, "candidate")
    assert set(found) == {(r, a) for r, a in found if r in ("rescue", "solved", "help", "welcome", "neglected")}


def test_chance_is_what_anybody_can_work_out(warehouse: DbtWarehouse) -> None:
    """Of all that meet the rule the smallest md5 of seed, quarter and conversation."""
    refs = dict(warehouse.rows("select thread_id, conversation_ref from core.conversations where platform = 'desk'"))
    rescued = [refs[f"case {n}"] for n in range(12)]
    smallest = min(rescued, key=lambda ref: hashlib.md5(f"goodwill|2026-01-01|{ref}".encode()).hexdigest())
    ((drawn, story_id),) = warehouse.rows("select conversation_ref, story_id from relationships.stories where rule = 'rescue'")
    assert drawn == smallest
    assert story_id == f"2026-Q1-rescue-clients-{smallest[:8]}"


def test_another_seed_draws_by_that_seed(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    other = warehouse.copy(tmp_path)
    other.variables = {"story_seed": "chance"}
    other.build("int_story_draws")
    refs = [
        ref for (ref,) in other.rows("select conversation_ref from core.conversations where platform = 'desk' and mood_end = 'positive'")
    ]
    smallest = min(refs, key=lambda ref: hashlib.md5(f"chance|2026-01-01|{ref}".encode()).hexdigest())
    assert other.rows("select conversation_ref from intermediate.int_story_draws where rule = 'rescue'") == [(smallest,)]


def test_what_it_explains_is_there(warehouse: DbtWarehouse) -> None:
    found = stories(warehouse, "indicator_ref, roi_ref")
    assert found["rescue", "clients"][0] == "relationships.indicators/response_rate_24h/quarter/2026-01-01/clients"
    assert found["solved", "suppliers"][1] is None
    result = warehouse.run("test", "--select", "relationships_stories", "relationships_story_references_resolve")
    assert result.success, [item.message for item in result.result]
    assert any(item.node.name == "relationships_story_references_resolve" for item in result.result)


def test_without_review_and_consent_there_are_no_words(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    assert warehouse.rows("select count(text), count(withheld_because) from relationships.stories where rule <> 'own'") == [(0, 7)]
    (story, ref), *_ = warehouse.rows("select story_id, conversation_ref from relationships.stories where rule = 'rescue'")
    ((thread,),) = warehouse.rows(f"select thread_id from core.conversations where conversation_ref = '{ref}'")
    person = thread.replace("case", "client")
    review = {"story_id": story, "decision": "approved", "reviewer_role": "head of support", "reviewed_at": datetime(2026, 5, 1)}

    def told(after: DbtWarehouse) -> tuple:
        after.build(*SELECTION)
        columns = "state, text, withheld_because, reviewer_role, reviewed_at"
        return stories(after, columns, "rule = 'rescue'")["rescue", "clients"]

    shown = warehouse.copy(tmp_path)
    shown.insert("story_reviews", review)
    assert told(shown)[:3] == ("approved", None, "not everyone quoted has agreed")
    shown.insert("consents", {**AGREE, "person_key": person})
    words = f"They: {thread} said 0 to @…\nWe: {thread} said 1 to @…\nThey: {thread} said 2 to @…"
    assert told(shown) == ("approved", words, None, "head of support", datetime(2026, 5, 1))
    # a later word of the person, a later word of a reviewer, and a source that is gone
    shown.insert("consents", {**AGREE, "person_key": person, "is_granted": False, "recorded_at": datetime(2026, 5, 2)})
    assert told(shown)[:2] == ("withdrawn", None)
    shown.execute("update raw_files.consents set _deleted = true where not is_granted")
    shown.insert("story_reviews", review | {"decision": "rejected", "reviewed_at": datetime(2026, 5, 3)})
    assert told(shown)[:3] == ("rejected", None, "rejected")
    shown.execute("update raw_files.story_reviews set _deleted = true where decision = 'rejected'")
    shown.execute(f"update raw_files.interactions set is_deleted = true where interaction_id = '{thread}/2'")
    assert told(shown)[:2] == ("withdrawn", None)


def test_a_review_holds_for_the_words_that_it_read(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    shown = warehouse.copy(tmp_path)
    (story, thread), *_ = shown.rows("select story_id, thread_id from intermediate.int_story_draws where rule = 'rescue'")
    (own,) = shown.rows("select story_id from relationships.stories where rule = 'own' and state = 'candidate' order by 1 limit 1")[0]
    person = thread.replace("case", "client")
    shown.insert("consents", {**AGREE, "person_key": person})
    words = f"They: {thread} said 0 to @…\nWe: {thread} said 1 to @…\nThey: {thread} said 2 to @…"
    review = {"decision": "approved", "reviewer_role": "head of support", "reviewed_at": datetime(2026, 5, 1)}
    printed = {"words_print": hashlib.md5(f"{words}|grain".encode()).hexdigest()[:16]}
    shown.insert("story_reviews", review | printed | {"story_id": story}, review | {"story_id": own})

    def told() -> dict[str, tuple]:
        shown.build("+int_story_words", "int_story_submissions", "int_story_reviews", "relationships_stories")
        rows = shown.rows(f"select rule, state, text, withheld_because from relationships.stories where story_id in ('{story}', '{own}')")
        return {row[0]: row[1:] for row in rows}

    first = told()
    assert first["rescue"] == ("approved", words, None)
    assert first["own"][0] == "approved" and first["own"][1].startswith("My day")
    shown.execute(f"update raw_files.interactions set text = 'So much worse' where interaction_id = '{thread}/0'")
    shown.execute("update raw_files.story_submissions set submitted_at = timestamp '2026-03-31', text = text || ', and another'")
    changed = ("candidate", None, "its words have changed since they were reviewed")
    assert told()["rescue"] == changed
    # a review that names no words has read what was there at its time
    shown.execute("update raw_files.story_reviews set words_print = null")
    assert told()["rescue"][0] == "approved"
    shown.insert("interactions", say(thread, 3, 60 * 24 * 100, person, sentiment=0.6))
    assert told()["rescue"] == changed


def test_of_two_decisions_at_one_time_the_rejection_counts(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    both = warehouse.copy(tmp_path)
    ((story,),) = both.rows("select story_id from relationships.stories where rule = 'rescue'")
    review = {"story_id": story, "reviewer_role": "people", "reviewed_at": datetime(2026, 5, 1)}
    both.insert("story_reviews", review | {"decision": "rejected"}, review | {"decision": "approved"})
    both.build("int_story_reviews", "relationships_stories")
    assert both.rows("select state from relationships.stories where rule = 'rescue'") == [("rejected",)]


def test_words_go_with_the_latest_choice_of_who_is_quoted_and_with_what_anybody_deletes(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    shown = warehouse.copy(tmp_path)
    (story, thread), *_ = shown.rows("select story_id, thread_id from intermediate.int_story_draws where rule = 'rescue'")
    person = {"person_key": thread.replace("case", "client")}
    review = {"story_id": story, "decision": "approved", "reviewer_role": "people", "reviewed_at": datetime(2026, 5, 1)}
    shown.insert("story_reviews", review)

    def told(*consents: dict[str, Any]) -> tuple:
        shown.execute("delete from raw_files.consents")
        shown.insert("consents", *(AGREE | person | consent for consent in consents))
        shown.build("+int_story_words", "int_story_reviews", "relationships_stories")
        ((state, text),) = shown.rows("select state, text is not null from relationships.stories where rule = 'rescue'")
        return state, text

    # no to all, later yes on the desk; yes that has run out
    no = {"is_granted": False, "recorded_at": datetime(2026, 3, 1)}
    assert told(no, {"platform": "desk"}) == ("approved", True)
    assert told(no | {"recorded_at": datetime(2026, 5, 1)}, {"platform": "desk"}) == ("withdrawn", False)
    assert told({"expires_at": datetime(2026, 6, 1)}) == ("withdrawn", False)
    assert told({"expires_at": datetime(2026, 8, 1)}) == ("approved", True)
    shown.execute(f"update raw_files.interactions set is_deleted = true where interaction_id = '{thread}/1'")
    assert told({}) == ("withdrawn", False)


def test_many_come_back_to_one_answer_and_a_client_who_came_back_can_be_lost(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    other = warehouse.copy(tmp_path)
    on = {"platform": "mastodon", "audience": "public", "kind": "comment"}
    for n in range(12):
        # three answer what we began with, and to each of three answers of ours one comes back
        thread = f"offer {n}"
        other.insert("interactions", say(thread, 0, n, "us", **on))
        for fan in range(3):
            asked, answered = {"parent_id": f"{thread}/0"}, {"parent_id": f"{thread}/{1 + fan}"}
            other.insert("interactions", say(thread, 1 + fan, n + 10 + fan, f"fan of {n} {fan}", **on | asked))
            other.insert("interactions", say(thread, 5 + fan, n + 20 + fan, "us", **on | answered))
            liked = {"kind": "reaction", "parent_id": f"{thread}/{5 + fan}", "thread_id": None}
            other.insert("interactions", say(thread, 10 + fan, n + 90, f"fan of {n} {fan}", **on | liked))
    spans = {
        "came back": [(datetime(2025, 1, 1), datetime(2025, 4, 1)), (datetime(2025, 6, 1), None)],
        "pays again later": [(datetime(2025, 1, 1), datetime(2025, 4, 1)), (datetime(2026, 5, 1), datetime(2026, 6, 1))],
        "left": [(datetime(2025, 1, 1), datetime(2026, 4, 10))],
    }
    for n in range(36):
        name = list(spans)[(0, 0, 1, 2)[n % 4]]
        other.insert("accounts", {"account_id": f"{name} {n}", "role": "client"})
        other.insert("contacts", {"contact_id": f"c{n}", "account_id": f"{name} {n}", "person_key": f"client {n}", "created_at": BEFORE})
        for number, (first, end) in enumerate(spans[name]):
            paid = {"subscription_id": f"{n} {number}", "account_id": f"{name} {n}", "monthly_amount": 10, "currency": "USD"}
            other.insert("subscriptions", paid | {"started_at": first, "ended_at": end})
    other.build("+int_story_eligible")
    counted = other.rows(
        "select rule, audience, count(*), count(*) filter (where is_match) from intermediate.int_story_eligible where rule in ('help', 'lost') group by all order by all"
    )
    # beside the company's own: 12 answered comments, 4 of them with many who came back; 32 answered clients; 18 came back and 9 left
    assert counted == [("help", "clients", 32, 0), ("help", "public", 24, 4), ("lost", "clients", 27, 9)]


def test_employees_stories_are_submitted(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    rows = warehouse.rows(
        "select story_id, audience, eligible, matched, state, text, conversation_ref from relationships.stories where rule = 'own'"
    )
    # two of six are not agreed to, one was withdrawn
    assert sorted(row[4] for row in rows) == ["candidate"] * 3 + ["withdrawn"]
    assert {row[1:4] + row[5:] for row in rows} == {("employees", 6, 4, None, None)}
    after = warehouse.copy(tmp_path)
    for row in rows:
        after.insert("story_reviews", {"story_id": row[0], "decision": "approved", "reviewer_role": "people", "reviewed_at": OPENED})
    after.build("relationships_stories", "int_story_reviews")
    after.build("relationships_stories")
    assert len(after.rows("select text from relationships.stories where rule = 'own' and text like 'My day%'")) == 3


def test_a_rule_does_not_look_at_what_it_illustrates(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    """The rescued client leaves, the neglected one comes back: the same stories are drawn."""
    other = warehouse.copy(tmp_path)
    for n in range(CLIENTS):
        other.insert("accounts", {"account_id": f"a{n}", "role": "client"})
        other.insert("contacts", {"contact_id": f"c{n}", "account_id": f"a{n}", "person_key": f"client {n}", "created_at": BEFORE})
        paid = {"subscription_id": f"s{n}", "account_id": f"a{n}", "started_at": BEFORE, "monthly_amount": 10, "currency": "USD"}
        other.insert("subscriptions", paid | {"ended_at": date(2026, 3, 5) if n % 2 else None})
    for n in range(33, CLIENTS):
        other.insert("interactions", say(f"again {n}", 0, 60 * 24 * 80, f"client {n}"))
    other.build(*SELECTION)
    same = "select rule, audience, conversation_ref from relationships.stories where rule in ('rescue', 'help', 'solved') order by all"
    assert other.rows(same) == warehouse.rows(same)
    lost = stories(other, "is_counter, matched, eligible", "rule = 'lost'")["lost", "clients"]
    assert lost[0] is True and lost[1] >= 20 and lost[2] >= 40


def test_a_running_quarter_and_a_small_crowd_tell_no_story(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    early = warehouse.copy(tmp_path)
    early.execute("update raw_goodwill.clock set as_of = timestamp '2026-04-02'")
    early.build(*SELECTION)
    assert early.rows("select count(*) from relationships.stories where rule <> 'own'") == [(0,)]
    (tmp_path / "few").mkdir()
    few = warehouse.copy(tmp_path / "few")
    few.execute("delete from raw_files.interactions where actor_key like 'supplier%' and actor_key > 'supplier 13'")
    few.build(*SELECTION)
    assert few.rows("select count(*) from relationships.stories where audience = 'suppliers'") == [(0,)]


def test_nothing_changes_with_the_secret(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    """A rotation gives everybody another key. Which stories are drawn, and what they are called (a review knows them by that), stays."""
    rotated = warehouse.copy(tmp_path)
    rotated.give_everybody_another_key()
    assert rotated.rows("from raw_files.interactions") != warehouse.rows("from raw_files.interactions")
    rotated.build("+int_story_draws", "+int_story_words", "int_story_submissions", "int_credit_customers", "relationships_stories")
    everything = "select * from relationships.stories order by all"
    assert rotated.rows(everything) == warehouse.rows(everything)
