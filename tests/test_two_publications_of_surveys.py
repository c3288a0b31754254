"""Yesterday's survey minus today's: whoever keeps both files does not learn what one respondent, who was forgotten or came late, had answered."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from publications import Publications

Row = dict[str, Any]


def _answered(people: range, day: int, score: float, side: str = "audience", perspective: str = "own") -> Iterator[Row]:
    for person in people:
        yield {
            "wave": "2026-05",
            "audience": "clients",
            "respondent_key": f"{side}/{person}",
            "item": "trust 1",
            "dimension": "trust",
            "score": score + person % 2,
            "scale_min": 1.0,
            "scale_max": 7.0,
            "answered_at": datetime(2026, 5, day),
            "respondent_side": side,
            "perspective": perspective,
        }


ALL = {
    "relationships.surveys": "from relationships.surveys order by all",
    "relationships.understanding": "from relationships.understanding order by all",
    "relationships.indicators": "from relationships.indicators where period_kind = 'wave' order by all",
}
TRUST = "from relationships.surveys where measure = 'opr_trust'"
ACCURACY = "select n_first, n_second from relationships.understanding where measure = 'accuracy' and side = 'staff'"


def _begun(folder: Path) -> Publications:
    made = Publications(folder)
    made.warehouse.insert("surveys", *_answered(range(40), 4, 4), *_answered(range(35), 4, 3, "staff", "meta"))
    return made


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Publications:
    """At first; one client forgotten and one late answer; nine changes in all; and fifteen."""
    made = _begun(tmp_path_factory.mktemp("surveys"))
    made.publish("first")
    made.warehouse.execute("delete from raw_files.surveys where respondent_key = 'audience/7'")
    made.warehouse.insert("surveys", *_answered(range(100, 101), 20, 7))
    made.publish("one left and one came")
    made.warehouse.insert("surveys", *_answered(range(101, 108), 21, 4))
    made.publish("nine in all")
    made.warehouse.insert("surveys", *_answered(range(108, 114), 21, 4))
    made.publish("fifteen in all")
    return made


@pytest.mark.parametrize("sql", ALL.values(), ids=ALL)
def test_a_respondent_who_is_forgotten_or_late_changes_nothing(files: Publications, sql: str) -> None:
    first = files.rows("first", sql)
    assert first
    assert files.rows("one left and one came", sql) == first
    assert files.rows("nine in all", sql) == first


def test_many_are_told_with_everybody_who_waited(files: Publications) -> None:
    """40 - 1 + 14 respondents: 19 of the first said 5 and 20 said 4; the late ones 7 once, then 4 and 5 in turn."""
    ((n, value, last_on),) = files.rows("fifteen in all", f"select n, value, last_answer_on::text {TRUST}")
    total = 20 * 4 + 19 * 5 + 7 + sum(4 + person % 2 for person in range(101, 114))
    assert (n, last_on) == (53, "2026-05-21")
    assert value == pytest.approx(100 * (total / 53 - 1) / 6)
    assert files.rows("fifteen in all", ACCURACY) == [(53, 35)]
    assert files.rows("first", ACCURACY) == [(40, 35)]


def test_invitations_that_come_later_than_answers_count(tmp_path: Path) -> None:
    """Of 400 people invited 40 answered, which is too few; nine of them alone would tell of these."""
    made = _begun(tmp_path)
    made.publish("first")
    invited = [{"wave": "2026-05", "audience": "clients", "respondent_key": f"audience/{person}"} for person in range(400)]
    made.warehouse.insert("survey_invitations", *invited[:9])
    made.publish("nine of them")
    assert all(made.rows("nine of them", sql) == made.rows("first", sql) for sql in ALL.values())
    made.warehouse.insert("survey_invitations", *invited[9:])
    made.publish("all of them")
    refused = "fewer than 20 % of the invited answered"
    assert made.rows("all of them", f"select n, suppressed_reason {TRUST}") == [(None, refused)]
    assert made.rows("all of them", ACCURACY.replace("n_first, n_second", "n_first, suppressed_reason")) == [(None, refused)]


def test_a_wave_that_nobody_is_left_of_goes_on_saying_what_it_said(tmp_path: Path) -> None:
    """Eight answered, which is too few to tell, and all of them were forgotten: that the row went would tell that there were some."""
    made = _begun(tmp_path)
    late = [row | {"wave": "2026-06"} for row in _answered(range(8), 12, 4)]
    made.warehouse.insert("surveys", *late)
    made.publish("first")
    made.warehouse.execute("delete from raw_files.surveys where wave = '2026-06'")
    made.publish("second")
    assert made.rows("second", ALL["relationships.surveys"]) == made.rows("first", ALL["relationships.surveys"])
    assert made.rows("second", f"select n, suppressed_reason {TRUST} and wave = '2026-06'") == [(None, "fewer than 30 respondents")]
