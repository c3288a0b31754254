"""Which audience an interaction is with: the side that somebody stood on at the time, and what the thread is about."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.dbt_warehouse import DbtWarehouse

JANUARY, JUNE = datetime(2025, 1, 15), datetime(2025, 6, 15)


def say(actor: str, at: datetime, **more: Any) -> dict[str, Any]:
    made = {"platform": "desk", "interaction_id": f"{actor} {at:%B} {more.get('thread_id', '')}".strip(), "occurred_at": at}
    return made | {"kind": "message", "actor_key": actor} | more


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("audiences"))
    year = datetime(2020, 1, 1)
    warehouse.insert(
        "accounts",
        # the later version stands first in the file
        {"account_id": "turned", "role": "client", "created_at": datetime(2025, 3, 1)},
        {"account_id": "turned", "role": "supplier", "created_at": year},
        {"account_id": "undated", "role": "supplier"},
        {"account_id": "undated", "role": "client"},
        # an export that is dropped again and again changes nothing
        {"account_id": "repeated", "role": "prospect", "created_at": year},
        {"account_id": "repeated", "role": "prospect", "created_at": datetime(2025, 4, 1)},
        {"account_id": "silent", "role": "partner", "created_at": year},
        {"account_id": "silent", "created_at": datetime(2025, 3, 1), "segment": "large"},
        {"account_id": "maker", "role": "supplier"},
    )
    accounts = ("turned", "undated", "repeated", "silent", "maker")
    warehouse.insert("contacts", *({"contact_id": name, "account_id": name, "person_key": name} for name in accounts))
    bought = {"revenue_id": "1", "occurred_at": datetime(2025, 2, 1), "amount": 9, "currency": "USD", "account_id": "repeated"}
    warehouse.insert("revenue", bought)
    warehouse.insert("people", {"person_key": "left", "started_at": year, "left_at": datetime(2025, 2, 1)})
    warehouse.insert("people", {"person_key": "joined", "started_at": datetime(2025, 2, 1)})
    team = {"person_key": "in a team", "team": "care"}
    warehouse.insert("memberships", team | {"valid_from": year, "valid_to": datetime(2025, 2, 1)})
    warehouse.insert("memberships", team | {"team": "sales", "valid_from": datetime(2021, 1, 1), "valid_to": datetime(2024, 1, 1)})
    for at in (JANUARY, JUNE):
        warehouse.insert("interactions", *(say(who, at) for who in (*accounts, "left", "joined", "in a team", "stranger")))
    # a supplier who buys, a client who delivers, an employee in both, and what we say there
    warehouse.insert("conversations", *({"platform": "desk", "thread_id": what, "audience": what} for what in ("clients", "suppliers")))
    for thread in ("clients", "suppliers"):
        warehouse.insert("interactions", *(say(who, JUNE, thread_id=thread) for who in ("maker", "repeated", "joined", "stranger")))
        warehouse.insert("interactions", say("us", JUNE, thread_id=thread, is_brand=True, addressee_key="maker"))
    warehouse.build("+int_interaction_audiences", "+core_accounts")
    return warehouse


def found(warehouse: DbtWarehouse) -> dict[str, str]:
    return dict(warehouse.rows("select interaction_id, audience from intermediate.int_interaction_audiences"))


def test_who_changes_sides_is_counted_where_they_stood(warehouse: DbtWarehouse) -> None:
    audience = found(warehouse)
    sides = {name: (audience[f"{name} January"], audience[f"{name} June"]) for name in ("turned", "undated", "repeated", "silent", "maker")}
    assert sides == {
        "turned": ("suppliers", "clients"),
        # nobody says since when, and no business tells: the last row stands for all time
        "undated": ("clients", "clients"),
        # a prospect is public, a client from the first business on
        "repeated": ("public", "clients"),
        # no role given is no change
        "silent": ("suppliers", "suppliers"),
        "maker": ("suppliers", "suppliers"),
    }
    names = "account_id, role, role_given, client_since"
    rows = {row[0]: row[1:] for row in warehouse.rows(f"select {names} from core.accounts")}
    assert rows["turned"] == ("client", "client", datetime(2025, 3, 1))
    assert rows["repeated"] == ("client", "prospect", datetime(2025, 2, 1))
    assert rows["maker"] == ("supplier", "supplier", None)


def test_an_employee_is_one_while_employed(warehouse: DbtWarehouse) -> None:
    audience = found(warehouse)
    sides = {name: (audience[f"{name} January"], audience[f"{name} June"]) for name in ("left", "joined", "in a team", "stranger")}
    assert sides == {
        "left": ("employees", "unknown"),
        "joined": ("unknown", "employees"),
        "in a team": ("employees", "unknown"),
        "stranger": ("unknown", "unknown"),
    }


def test_the_purpose_of_a_thread_decides_between_supplier_and_client(warehouse: DbtWarehouse) -> None:
    audience = found(warehouse)
    for thread in ("clients", "suppliers"):
        assert {audience[f"{who} June {thread}"] for who in ("maker", "repeated", "stranger", "us")} == {thread}
        assert audience[f"joined June {thread}"] == "employees"


def test_the_place_of_rows_in_a_file_does_not_matter(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    other = warehouse.copy(tmp_path)
    other.execute("update raw_files.accounts set _line = 1000 - _line where account_id <> 'undated'")
    other.build("int_accounts", "int_account_versions", "int_customer_roles", "int_interaction_parties", "int_interaction_audiences")
    assert found(other) == found(warehouse)


def test_a_word_for_an_audience_that_the_model_does_not_know_is_none(tmp_path: Path) -> None:
    """What a profile, a post, a thread or a message says of it: nobody is of an audience called `other`."""
    warehouse = DbtWarehouse(tmp_path)
    for profile, word in {"plain": None, "shop": "Everybody", "jobs": "employees"}.items():
        warehouse.insert("profiles", {"platform": "x", "profile_id": profile, "default_audience": word})
        warehouse.insert("interactions", say(profile, JUNE, platform="x", profile_id=profile, audience=word and "Everybody"))
    warehouse.insert("conversations", {"platform": "x", "thread_id": "t", "audience": "Everybody"})
    warehouse.insert("interactions", say("thread", JUNE, platform="x", profile_id="plain", thread_id="t"))
    warehouse.build("+int_interaction_audiences")
    assert found(warehouse) == {"plain June": "public", "shop June": "unknown", "jobs June": "employees", "thread June t": "public"}
