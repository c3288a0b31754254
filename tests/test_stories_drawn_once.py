"""relationships.stories: a quarter is looked at once, so that what happens later draws no other story of it."""

from datetime import datetime
from pathlib import Path

from tests.dbt_warehouse import DbtWarehouse
from tests.test_stories import company, say


def test_what_comes_later_draws_no_other_story(tmp_path: Path) -> None:
    """Two months after the quarter every supplier's problem is solved, every client content, and every answer liked."""
    warehouse = DbtWarehouse(tmp_path)
    company(warehouse)
    drawn = "select rule, audience, conversation_ref from intermediate.int_story_draws order by all"
    matched = "select rule, audience, count(*) from intermediate.int_story_eligible where is_match group by all order by all"
    warehouse.execute("update raw_goodwill.clock set as_of = timestamp '2026-04-05'")
    warehouse.build("+int_story_draws")
    first = warehouse.rows(drawn), warehouse.rows(matched)
    assert ("rescue", "clients", 12) in first[1] and ("solved", "suppliers", 9) in first[1] and ("help", "public", 4) in first[1]
    warehouse.execute("update raw_goodwill.clock set as_of = timestamp '2026-06-30 12:00'")
    later = {"occurred_at": datetime(2026, 6, 1)}
    warehouse.execute("update raw_files.conversations set status = 'solved', resolved_at = timestamp '2026-06-01' where status = 'open'")
    warehouse.insert("interactions", *(say(f"case {n}", 5, 0, f"client {n}", sentiment=0.8, **later) for n in range(12, 32)))
    liked = {"platform": "mastodon", "audience": "public", "post_id": "post", "kind": "reaction", "thread_id": None}
    for n in range(12):
        warehouse.insert("interactions", say(f"comment {n}", 20, 0, "late liker", parent_id=f"comment {n}/1", **liked | later))
    warehouse.build("+int_story_draws")
    assert (warehouse.rows(drawn), warehouse.rows(matched)) == first


def test_people_are_counted_and_not_their_accounts(tmp_path: Path) -> None:
    """Nine people with two accounts each are no crowd; who wrote on the desk before is not new on another platform."""
    warehouse = DbtWarehouse(tmp_path)
    company(warehouse)
    for n in range(9):
        for account in ("a", "b"):
            link = {"platform": "bluesky", "method": "self_declared", "evidence": "form", "consent_basis": "consent"}
            warehouse.insert("identity_links", link | {"person_key": f"person {n}", "actor_key": f"{account} of {n}"})
            asked = {"platform": "bluesky", "audience": "suppliers", "occurred_at": datetime(2025, 11, 3)}
            warehouse.insert("interactions", say(f"{account} {n}", 0, 0, f"{account} of {n}", **asked))
    for n in range(12):
        warehouse.insert("identity_links", link | {"person_key": f"client {n}", "actor_key": f"tooter {n}", "platform": "mastodon"})
        tooted = {"platform": "mastodon", "occurred_at": datetime(2026, 3, 2)}
        warehouse.insert("interactions", say(f"toot {n}", 0, 0, f"tooter {n}", **tooted))
    warehouse.build("+int_story_draws", "+int_story_counts")
    counted = "select audience, quarter::text, people, eligible from intermediate.int_story_counts where rule = '{}' order by all"
    assert warehouse.rows(counted.format("welcome")) == [("clients", "2026-01-01", 40, 40), ("public", "2026-01-01", 12, 12)]
    assert ("suppliers", "2025-10-01", 9, None) in warehouse.rows(counted.format("neglected"))
    assert warehouse.rows("select count(*) from intermediate.int_story_draws where quarter = date '2025-10-01'") == [(0,)]


def test_a_word_that_is_no_decision_decides_nothing(tmp_path: Path) -> None:
    warehouse = DbtWarehouse(tmp_path)
    company(warehouse)
    warehouse.build("+relationships_stories")
    ((story, *_), *_) = warehouse.rows("select story_id from relationships.stories where rule = 'rescue'")
    warehouse.insert(
        "story_reviews", {"story_id": story, "decision": "approve", "reviewer_role": "lead", "reviewed_at": datetime(2026, 6, 1)}
    )
    warehouse.build("int_story_reviews", "relationships_stories")
    assert warehouse.rows(f"select state, reviewer_role from relationships.stories where story_id = '{story}'") == [("candidate", None)]
