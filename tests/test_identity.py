"""Who is behind an account, and for how long it may be told: links that end, people who leave, evidence that is given twice."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.dbt_warehouse import DbtWarehouse
from tests.file_drop import built_of

JANUARY, LAST_DAY, JUNE = datetime(2025, 1, 15), datetime(2025, 2, 1), datetime(2025, 6, 15)
# Whose address stands under what was said, and where; nobody asked Ann, Cleo said yes and Dora no -> whether that tells a client.
ADDRESSED = {
    ("ann", "desk"): True,
    ("ann", "x"): False,
    ("ann", "linkedin"): False,
    ("cleo", "x"): True,
    ("cleo", "linkedin"): False,
    ("dora", "desk"): False,
}
TIMES = {"January": JANUARY, "last day": LAST_DAY.replace(hour=10), "June": JUNE}


def _link(person: str, **more: Any) -> dict[str, Any]:
    link = {"person_key": person, "platform": "x", "actor_key": f"x/{person}", "method": "self_declared", "evidence": "form"}
    return link | {"matched_at": JANUARY, "consent_basis": None, "revoked_at": None, "expires_at": None} | more


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DbtWarehouse]:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("identity"))
    warehouse.insert("accounts", {"account_id": "acme", "role": "client"})
    # all of them work for a client; two worked here before, one of whom opted in, and one is here still
    people = {"left": LAST_DAY, "left and opted in": LAST_DAY, "colleague": None}
    for person, left_at in people.items():
        warehouse.insert("people", {"person_key": person, "started_at": datetime(2020, 1, 1), "left_at": left_at})
        warehouse.insert("contacts", {"contact_id": person, "account_id": "acme", "person_key": person})
        basis = "opt_in" if person == "left and opted in" else None
        warehouse.insert("identity_links", _link(person, consent_basis=basis))
    warehouse.insert("memberships", {"person_key": "in a team", "team": "care", "valid_from": datetime(2020, 1, 1)})
    warehouse.insert("identity_links", _link("in a team"))
    for person in (*people, "in a team"):
        for name, at in TIMES.items():
            said = {"platform": "x", "interaction_id": f"{person} {name}", "occurred_at": at, "kind": "mention", "actor_key": f"x/{person}"}
            warehouse.insert("interactions", said)
    # the same evidence in two files: of which the later one by name knows nothing of the end, or is new evidence
    for person, second in (("revoked", JANUARY), ("given anew", JUNE)):
        basis = {"platform": "bluesky", "consent_basis": "contract"}
        warehouse.insert(
            "identity_links", _link(person, **basis, revoked_at=datetime(2025, 3, 1)), _link(person, **basis, matched_at=second)
        )
    # an account that was somebody else's until March, nobody says since when
    handed_on = {"platform": "bluesky", "actor_key": "handed on", "consent_basis": "contract"}
    warehouse.insert("identity_links", _link("former", **handed_on | {"matched_at": None, "expires_at": datetime(2025, 3, 1)}))
    warehouse.insert("identity_links", _link("present", **handed_on | {"matched_at": datetime(2025, 4, 1)}))
    # the CRM's own address under what was said
    for person, place in ADDRESSED:
        warehouse.insert("contacts", {"contact_id": f"{person} {place}", "account_id": "acme", "person_key": person})
        said = {"platform": place, "interaction_id": f"{person} {place}", "occurred_at": JUNE, "kind": "mention", "actor_key": person}
        warehouse.insert("interactions", said)
    for person, is_granted in (("cleo", True), ("dora", False)):
        choice = {"person_key": person, "purpose": "identity_join", "is_granted": is_granted, "recorded_at": JANUARY}
        warehouse.insert("consents", choice)
    warehouse.build("+int_interaction_audiences", "+core_identity_links")
    yield warehouse


def test_a_link_that_rests_on_the_contract_of_work_tells_nothing_of_a_client(world: DbtWarehouse) -> None:
    rows = world.rows(
        "select interaction_id, audience, account_id from intermediate.int_interaction_audiences "
        "where actor_key like 'x/%' and audience <> 'employees' order by all"
    )
    assert rows == [("left June", "unknown", None), ("left and opted in June", "clients", "acme")]


def test_an_address_tells_no_more_than_a_link_would(world: DbtWarehouse) -> None:
    told = dict(
        world.rows("select interaction_id, (audience, account_id) = ('clients', 'acme') from intermediate.int_interaction_audiences")
    )
    assert {place: told[" ".join(place)] for place in ADDRESSED} == ADDRESSED


def test_an_employee_is_one_on_the_last_day(world: DbtWarehouse) -> None:
    rows = world.rows("select interaction_id, audience from intermediate.int_interaction_audiences")
    assert {audience for name, audience in rows if name.endswith("last day")} == {"employees"}


def test_whoever_a_team_has_is_an_employee_in_links_as_well(world: DbtWarehouse) -> None:
    rows = world.rows("select audience from intermediate.int_interaction_audiences where interaction_id = 'in a team June'")
    assert rows == [("employees",)]
    assert world.rows("select person_key from core.identity_links where person_key = 'in a team'") == []


def test_a_revocation_outlives_a_repetition_and_gives_way_to_new_evidence(world: DbtWarehouse) -> None:
    reasons = dict(world.rows("select person_key, left_out_because from core.identity_links"))
    assert (reasons["revoked"], reasons["given anew"]) == ("the link was revoked", None)


def test_an_account_that_was_somebody_elses_nobody_says_since_when(world: DbtWarehouse) -> None:
    rows = world.rows("select person_key, valid_from from intermediate.int_actor_persons where actor_key = 'handed on'")
    assert rows == [("present", datetime(2025, 4, 1))]


def test_accounts_of_one_person_are_one_person(tmp_path: Path) -> None:
    """Five clients ask from eight accounts each; forty suppliers ask from one here and one there, and are answered here, by name."""
    warehouse = DbtWarehouse(tmp_path)
    at = datetime(2026, 5, 4, 9)
    for audience, platforms, people, accounts in (("clients", ["here"], 5, 8), ("suppliers", ["here", "there"], 40, 1)):
        for platform, person, number in product(platforms, range(people), range(accounts)):
            actor = f"{platform}/{audience}/{person}/{number}"
            warehouse.insert("identity_links", _link(f"{audience} {person}", platform=platform, actor_key=actor, consent_basis="consent"))
            said = {"platform": platform, "interaction_id": actor, "occurred_at": at, "kind": "message", "actor_key": actor}
            answer = {"interaction_id": f"{actor} answer", "actor_key": "us", "is_brand": True, "occurred_at": at + timedelta(minutes=9)}
            thread = {"thread_id": f"{audience}/{person}/{number}", "audience": audience, "is_brand": False, "addressee_key": None}
            warehouse.insert("interactions", said | thread)
            if platform == "here":
                warehouse.insert("interactions", said | thread | answer | {"addressee_key": actor})
    warehouse.build("+relationships_indicators")
    rows = warehouse.rows(
        "select audience, indicator, value, n, n_clusters, suppressed_reason from relationships.indicators where period_kind = 'all' "
        "and platform = 'all' and profile_id = 'all' and dimension = 'all' and indicator in ('reciprocity_dyad', 'response_rate_1h') order by all"
    )
    assert rows == [
        ("clients", "reciprocity_dyad", None, None, None, "fewer than 10 people"),
        ("clients", "response_rate_1h", None, None, None, "fewer than 10 people"),
        ("suppliers", "reciprocity_dyad", 1.0, 40, 40, None),
        ("suppliers", "response_rate_1h", 0.5, 80, 40, None),
    ]


def test_the_terms_of_a_platform_hold_however_a_file_spells_it(tmp_path: Path) -> None:
    links = [("ann", "LinkedIn"), ("bob", "X"), ("cleo", " Bluesky"), ("dan", "Twitter")]
    files = {
        "identity_links/links.csv": "person_key,platform,actor_platform_id,method,evidence,consent_basis\n"
        + "".join(f"{person},{platform},1,self_declared,form,contract\n" for person, platform in links),
        "consents/choices.csv": "person_key,purpose,is_granted,recorded_at,platform\ncleo,identity_join,false,2026-03-01,BLUESKY\n",
    }
    warehouse = built_of(files, tmp_path, "+int_link_choices")
    assert warehouse.rows("select platform, left_out_because from intermediate.int_link_choices order by all") == [
        ("bluesky", "denied, withdrawn, expired or forgotten"),
        ("linkedin", "persons on LinkedIn are never linked"),
        ("twitter", "on X only with the opt-in of the person"),
        ("x", "on X only with the opt-in of the person"),
    ]
