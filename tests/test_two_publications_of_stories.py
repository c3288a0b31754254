"""Yesterday's stories minus today's: that one conversation fewer was a rescue, or one story fewer was submitted, tells of whoever was forgotten."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from publications import Publications

# what interactions and submissions change
ANEW = ("+int_story_draws", "+int_story_words", "+int_story_counts_told", "relationships_stories")
OPENED = datetime(2026, 2, 2, 9)
Row = dict[str, Any]


def _cases(people: range) -> list[Row]:
    """Clients who ask in a bad mood and are answered: of every four one ends in a good one."""
    rows = list[Row]()
    for person in people:
        said = ((0, f"client {person}", -0.6), (30, "us", None), (50, f"client {person}", 0.6 if person % 4 == 0 else -0.3))
        for minutes, actor, mood in said:
            row = {"platform": "desk", "interaction_id": f"{person}/{minutes}", "thread_id": f"case {person}", "kind": "message"}
            row |= {"actor_key": actor, "is_brand": actor == "us", "audience": "clients", "sentiment": mood}
            rows.append(row | {"occurred_at": OPENED + timedelta(hours=person, minutes=minutes)})
    return rows


def _own(people: range) -> list[Row]:
    whose = {"submitted_at": OPENED, "is_consented_by_all": True, "text": "My day"}
    return [{"story_id": f"by {person}", "person_key": f"colleague {person}", **whose} for person in people]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Publications:
    """At first; one client and one colleague forgotten; nine clients and four colleagues more or less in all; eleven and five."""
    made = Publications(tmp_path_factory.mktemp("stories"), of_stories=True)
    made.warehouse.insert("interactions", *_cases(range(1, 41)))
    made.warehouse.insert("story_submissions", *_own(range(7)))
    made.publish("first")
    # whose conversation was drawn must go with its story; this one is another, and was a rescue
    ((drawn,),) = made.warehouse.rows("select thread_id from intermediate.int_story_draws where rule = 'rescue'")
    forgotten = next(person for person in range(4, 41, 4) if drawn != f"case {person}")
    made.warehouse.execute(f"delete from raw_files.interactions where thread_id = 'case {forgotten}'")
    made.warehouse.execute("delete from raw_files.story_submissions where story_id = 'by 6'")
    made.publish("one of each forgotten", *ANEW)
    made.warehouse.insert("interactions", *_cases(range(41, 49)))
    made.warehouse.insert("story_submissions", *_own(range(10, 13)))
    made.publish("nine and four", *ANEW)
    made.warehouse.insert("interactions", *_cases(range(49, 51)))
    made.warehouse.insert("story_submissions", *_own(range(13, 14)))
    made.publish("eleven and five", *ANEW)
    return made


def counts(files: Publications, name: str) -> dict[str, tuple[int, int]]:
    rows = files.rows(name, "select distinct rule, eligible, matched from relationships.stories where rule in ('rescue', 'own')")
    assert len(rows) == 2, rows
    return {rule: (eligible, matched) for rule, eligible, matched in rows}


def test_few_who_left_or_came_change_no_count(files: Publications) -> None:
    first = counts(files, "first")
    assert first == {"rescue": (40, 10), "own": (7, 7)}
    assert counts(files, "one of each forgotten") == counts(files, "nine and four") == first


def test_a_story_of_somebody_who_is_forgotten_is_gone_at_once(files: Publications) -> None:
    own = [files.rows(name, "select count(*) from relationships.stories where rule = 'own'") for name in ("first", "one of each forgotten")]
    assert own == [[(7,)], [(6,)]]


def test_ten_clients_or_five_colleagues_are_told_of_together(files: Publications) -> None:
    assert counts(files, "eleven and five") == {"rescue": (49, 11), "own": (10, 10)}


def test_where_too_few_are_left_the_count_stays(tmp_path: Path) -> None:
    """A story was drawn among ten clients; with nine none is, and what was told of how many there were goes on standing."""
    made = Publications(tmp_path, of_stories=True)
    made.warehouse.insert("interactions", *_cases(range(1, 11)))
    made.publish("first")
    told = "select eligible, matched from raw_goodwill.told_stories where rule = 'rescue'"
    assert made.warehouse.rows(told) == [(10, 2)]
    made.warehouse.execute("delete from raw_files.interactions where thread_id = 'case 3'")
    made.publish("second", *ANEW)
    assert made.warehouse.rows(told) == [(10, 2)]
