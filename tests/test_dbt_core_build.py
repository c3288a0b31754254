"""Seeds, models, data tests and unit tests -> one `dbt build`: it passes without a row, and on a company that gives a bit of everything."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.entities import entities
from tests.dbt_warehouse import DbtWarehouse, Row

AT = datetime(2026, 3, 2, 9)
SAMPLE: dict[str, object] = {"text": "some", "timestamp": AT, "date": AT.date(), "boolean": True, "bigint": 4, "double": 3.0}
OWN_WORDS: dict[str, object] = {
    "currency": "EUR",
    "platform": "bluesky",
    "channel": "organic_social",
    "ended_at": datetime(2026, 5, 3),
    "period_end": date(2026, 4, 15),
    "ends_on": date(2026, 4, 15),
    "left_at": None,
    "valid_to": None,
    "deleted_at": None,
    "merged_into": None,
    "revoked_at": None,
    "expires_at": None,
    "withdrawn_at": None,
    "parent_revenue_id": None,
    "is_deleted": False,
    "is_bot": False,
    "scale_min": 1.0,
    "scale_max": 5.0,
    "audience": "clients",
    "mart": "core.posts",
    "measure": "likes",
}


def _sample(entity: str) -> Row:
    """A row with every column given, as simple as its type; keys agree between entities since they are all the same word."""
    row: dict[str, object] = {}
    for column in entities()[entity].columns:
        value = SAMPLE.get(column.type, 5)
        if column.values:
            value = column.values[0]
        row[column.name] = OWN_WORDS.get(column.name, value) if not (column.name == "audience" and column.values) else "clients"
    return row


def _failures(warehouse: DbtWarehouse) -> list[str]:
    # not the staging of platforms, which no mart reads here
    result = warehouse.run("build", "--select", "path:seeds", "path:models/intermediate", "+path:models/marts")
    assert result.result is not None, result.exception
    return [f"{item.node.name}: {item.message}" for item in result.result if item.status in ("error", "fail")]


def test_an_empty_warehouse_builds(tmp_path: Path) -> None:
    assert _failures(DbtWarehouse(tmp_path)) == []


@pytest.fixture
def company(tmp_path: Path) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path)
    for entity in entities():
        if entity not in ("erasures", "exchange_rates", "people", "memberships"):
            warehouse.insert(entity, _sample(entity))
    rates = ({"date": AT.date() + timedelta(days=day), "currency": "EUR", "rate_to_reporting": 1.1} for day in range(130))
    warehouse.insert("exchange_rates", *rates)
    warehouse.insert("people", {"person_key": "colleague", "started_at": AT})
    warehouse.insert("memberships", {**_sample("memberships"), "person_key": "colleague"})
    return warehouse


def test_a_company_that_gives_a_bit_of_everything_builds(company: DbtWarehouse) -> None:
    assert _failures(company) == []
    tables = company.rows("select table_schema || '.' || table_name from information_schema.tables where table_schema = 'core'")
    empty = {table for (table,) in tables if company.rows(f"select count(*) from {table}") == [(0,)]}
    assert empty == set()
    assert company.rows("select count(*) from core.coverage where source <> 'goodwill' and state = 'not_given'")[0][0] < 30
