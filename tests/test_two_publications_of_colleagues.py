"""Yesterday's network of colleagues minus today's: one colleague who was forgotten, or one late message, tells nothing about anybody."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from publications import Publications

Row = dict[str, Any]
NETWORK = "from relationships.internal_network order by all"
SHOWN = "from relationships.indicators where audience = 'employees' and starts_with(indicator, 'net_') order by all"
COMPANY = "select n, messages, counted_on::text from relationships.internal_network where team = 'all' and month is not distinct from {}"


def _written(people: range, month: int, day: int = 4, to: int = 1) -> Iterator[Row]:
    """Everybody to the next one, twice."""
    for person in people:
        for time in range(2):
            yield {
                "platform": "chat",
                "interaction_id": f"{month}/{day}/{person}/{time}",
                "kind": "message",
                "room_id": "room",
                "occurred_at": datetime(2026, month, day, 9) + timedelta(days=time),
                "audience": "employees",
                "is_brand": True,
                "actor_key": f"e{person}",
                "addressee_key": f"e{(person + to) % 20}",
            }


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Publications:
    """Twenty colleagues in May and June; one forgotten; six more messages in June alone; the next month."""
    made = Publications(tmp_path_factory.mktemp("colleagues"))
    made.warehouse.execute("update raw_goodwill.clock set as_of = timestamp '2026-06-29 12:00'")
    made.warehouse.insert("interactions", *_written(range(20), 5), *_written(range(20), 6))
    made.publish("first")
    made.warehouse.execute("delete from raw_files.interactions where 'e7' in (actor_key, addressee_key)")
    made.warehouse.execute("update raw_goodwill.clock set as_of = timestamp '2026-06-30 12:00'")
    made.publish("one forgotten")
    made.warehouse.insert("interactions", *_written(range(10, 19), 6, 20, 2))
    made.publish("many wrote in June")
    made.warehouse.execute("update raw_goodwill.clock set as_of = timestamp '2026-07-01 12:00'")
    made.publish("July")
    return made


@pytest.mark.parametrize("sql", [NETWORK, SHOWN], ids=["network", "indicators"])
def test_a_colleague_who_is_forgotten_changes_nothing(files: Publications, sql: str) -> None:
    assert files.rows("first", sql)
    assert files.rows("one forgotten", sql) == files.rows("first", sql)


def test_a_month_in_which_many_wrote_is_told_anew_alone(files: Publications) -> None:
    """All time waits with May: else what is left of it without June would be what the forgotten one wrote."""
    assert files.rows("many wrote in June", COMPANY.format("'2026-06-01'")) == [(19, 2 * 18 + 2 * 9, "2026-06-30")]
    assert files.rows("many wrote in June", COMPANY.format("'2026-05-01'")) == [(20, 40, "2026-06-29")]
    assert files.rows("many wrote in June", COMPANY.format("null")) == files.rows("first", COMPANY.format("null"))


def test_with_the_next_month_everything_is_told_anew(files: Publications) -> None:
    assert files.rows("July", COMPANY.format("'2026-05-01'")) == [(19, 36, "2026-07-01")]
    assert files.rows("July", COMPANY.format("null")) == [(19, 2 * 36 + 18, "2026-07-01")]
