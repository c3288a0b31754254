"""relationships.internal_network on graphs that are known: the karate club, a digraph of six edges, teams."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from tests.dbt_warehouse import DbtWarehouse

MAY = datetime(2026, 5, 4, 9)
SIX_EDGES = [(1, 2), (2, 1), (1, 3), (3, 4), (4, 3), (5, 1)]


def messages(edges: list[tuple[Any, Any]], at: datetime = MAY, times: int = 2, days: float = 1, **more: Any) -> list[dict[str, Any]]:
    """Each edge written `times` times, `days` apart."""
    return [
        {
            "platform": "chat",
            "interaction_id": f"{at:%j}/{days}/{a}>{b}/{i}",
            "occurred_at": at + timedelta(days=days * i),
            "kind": "message",
        }
        | {"actor_key": str(a), "addressee_key": str(b), "audience": "employees", "is_brand": True, "room_id": "room"}
        | more
        for a, b in edges
        for i in range(times)
    ]


@pytest.fixture
def warehouse(tmp_path: Path) -> DbtWarehouse:
    return DbtWarehouse(tmp_path)


def network(warehouse: DbtWarehouse, columns: str) -> dict[tuple, tuple]:
    """By month (None for all time) and team."""
    warehouse.build("+relationships_internal_network")
    return {(row[0], row[1]): row[2:] for row in warehouse.rows(f"select month::text, team, {columns} from relationships.internal_network")}


def test_karate_club(warehouse: DbtWarehouse) -> None:
    club = nx.karate_club_graph().to_directed()
    warehouse.insert("interactions", *messages(list(club.edges)))
    n, edges, sent, density, reciprocity, gini = network(warehouse, "n, edges, messages, density, reciprocity, gini")[None, "all"]
    assert (n, edges, sent, reciprocity) == (34, 156, 312, 1)
    assert density == pytest.approx(0.139037, abs=1e-6) == nx.density(club)
    degrees = sorted(2 * degree for _, degree in club.out_degree)
    assert gini == pytest.approx(2 * sum(i * x for i, x in enumerate(degrees, 1)) / (n * sum(degrees)) - (n + 1) / n)


def test_reciprocity_of_six_edges(warehouse: DbtWarehouse) -> None:
    warehouse.insert("interactions", *messages(SIX_EDGES))
    graph = nx.DiGraph(SIX_EDGES)
    density, reciprocity, method = network(warehouse, "density, reciprocity, method")["2026-05-01", "all"]
    assert density == pytest.approx(0.3) == nx.density(graph)
    assert reciprocity == pytest.approx(0.6667, abs=1e-4)
    assert reciprocity == pytest.approx(nx.reciprocity(graph))
    assert method == "census, members from participants"


def test_an_edge_is_two_messages_within_28_days(warehouse: DbtWarehouse) -> None:
    warehouse.insert("interactions", *messages([(1, 2)], times=1))
    warehouse.insert("interactions", *messages([(2, 3)], days=29))
    warehouse.insert("interactions", *messages([(3, 4)], at=MAY + timedelta(days=20), days=28))
    warehouse.insert("interactions", *messages([(4, 5)], at=MAY + timedelta(days=1)))
    found = network(warehouse, "edges")
    # from 24 May to 21 June: an edge of June
    assert found == {(None, "all"): (2,), ("2026-05-01", "all"): (1,), ("2026-06-01", "all"): (None,)}


def test_direct_messages_bots_and_reactions_are_no_ties(warehouse: DbtWarehouse) -> None:
    warehouse.insert("interactions", *messages([(1, 2), (2, 3), (3, 4), (4, 5), (5, 1)], times=1))
    for number, more in enumerate([{"kind": "dm"}, {"is_bot": True}, {"kind": "reaction"}]):
        warehouse.insert("interactions", *messages(SIX_EDGES, at=MAY + timedelta(days=number + 1), **more))
    assert network(warehouse, "n, messages, edges, density, reciprocity")[None, "all"] == (5, 5, 0, 0, None)


def test_a_reply_is_addressed_to_whom_it_answers(warehouse: DbtWarehouse) -> None:
    """Without an addressee: the author of the parent, else who wrote before in the thread."""
    say = {"platform": "chat", "kind": "message", "audience": "employees", "is_brand": True}
    for day in range(2):
        at = MAY + timedelta(days=day)
        warehouse.insert(
            "interactions",
            {**say, "interaction_id": f"{day} a", "occurred_at": at, "actor_key": "ann", "thread_id": f"{day}"},
            {**say, "interaction_id": f"{day} b", "occurred_at": at + timedelta(hours=1), "actor_key": "bob", "thread_id": f"{day}"},
            {**say, "interaction_id": f"{day} c", "occurred_at": at + timedelta(hours=2), "actor_key": "cyd", "thread_id": f"{day}"}
            | {"parent_id": f"{day} a"},
        )
    warehouse.build("+int_network_edges")
    edges = warehouse.rows("select from_key, to_key from intermediate.int_network_edges where month is null order by all")
    assert edges == [("bob", "ann"), ("cyd", "ann")]


def test_members_are_those_of_the_directory_at_the_time(warehouse: DbtWarehouse) -> None:
    warehouse.insert("people", *({"person_key": str(number), "started_at": datetime(2020, 1, 1)} for number in range(1, 9)))
    warehouse.insert("people", {"person_key": "gone", "started_at": datetime(2020, 1, 1), "left_at": datetime(2026, 4, 30)})
    warehouse.insert("people", {"person_key": "new", "started_at": datetime(2026, 6, 1)})
    warehouse.insert("interactions", *messages([*SIX_EDGES, ("stranger", 1)]))
    found = network(warehouse, "n, edges, messages")
    assert found["2026-05-01", "all"] == (8, 6, 12)
    assert found[None, "all"] == (10, 6, 12)


def test_teams_and_their_borders(warehouse: DbtWarehouse) -> None:
    team = {**dict.fromkeys(range(5), "sales"), **dict.fromkeys(range(5, 10), "care"), 10: "two", 11: "two"}
    warehouse.insert(
        "memberships", *({"person_key": str(number), "team": name, "valid_from": datetime(2020, 1, 1)} for number, name in team.items())
    )
    inside, across = [(0, 1), (1, 0), (2, 3)], [(0, 5), (6, 4)]
    warehouse.insert("interactions", *messages([*inside, *across, (10, 11), (11, 10)]))
    found = network(warehouse, "n, edges, density, reciprocity, ei_index, cross_team_share, suppressed_reason")
    assert found[None, "sales"] == (5, 3, pytest.approx(3 / 20), pytest.approx(2 / 3), pytest.approx(-1 / 5), pytest.approx(2 / 5), None)
    assert found[None, "care"] == (5, 0, 0, None, 1, 1, None)
    assert found[None, "two"] == (None, None, None, None, None, None, "fewer than 5 people")
    assert found[None, "all"][:2] == (12, 7)
