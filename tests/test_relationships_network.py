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
    columns = "n, edges, messages, density, reciprocity, gini, gini_lo, gini_hi, ties, tie_density"
    n, edges, sent, density, reciprocity, gini, low, high, ties, tie_density = network(warehouse, columns)[None, "all"]
    assert (n, edges, sent, reciprocity, ties) == (34, 156, 312, 1, 78)
    assert tie_density == density
    assert 0 < low < gini < high < 1
    assert density == pytest.approx(0.139037, abs=1e-6) == nx.density(club)
    degrees = sorted(2 * degree for _, degree in club.out_degree)
    assert gini == pytest.approx(2 * sum(i * x for i, x in enumerate(degrees, 1)) / (n * sum(degrees)) - (n + 1) / n)


@pytest.mark.parametrize("times", [1, 3])
def test_a_graph_given_as_a_list_of_pairs_has_no_direction(warehouse: DbtWarehouse, times: int) -> None:
    """Zachary 1977 as 78 pairs, each one way, written once or often: 34 people, 78 ties, density .139037."""
    club = nx.karate_club_graph()
    warehouse.insert("people", *({"person_key": str(person)} for person in club))
    warehouse.insert("interactions", *messages(list(club.edges), times=times, audience=None, is_brand=None))
    columns = "n, edges, ties, reciprocity, density, tie_density, method"
    n, edges, ties, reciprocity, density, tie_density, method = network(warehouse, columns)[None, "all"]
    assert (n, edges, ties, reciprocity) == (34, 78, 78, None)
    assert density == tie_density == pytest.approx(0.139037, abs=1e-6) == nx.density(club)
    odd = "; an edge is one message, since nobody wrote twice to anybody" if times == 1 else ""
    assert method == f"census, members from directory{odd}; without direction, since nobody ever wrote back"


def test_one_answer_or_a_short_list_keeps_the_direction(warehouse: DbtWarehouse) -> None:
    club = list(nx.karate_club_graph().edges)
    warehouse.insert("people", *({"person_key": str(person)} for person in range(34)))
    warehouse.insert("interactions", *messages(club))
    # one message back is no edge, and still shows that the order of a pair means something
    warehouse.insert("interactions", *messages([(1, 0)], at=MAY + timedelta(days=40), times=1))
    density, reciprocity = network(warehouse, "density, reciprocity")["2026-05-01", "all"]
    assert (density, reciprocity) == (pytest.approx(78 / (34 * 33)), 0)
    warehouse.execute("delete from raw_files.interactions where actor_key <> '0'")
    warehouse.execute("delete from raw_files.interactions where addressee_key > '20'")
    density, reciprocity = network(warehouse, "density, reciprocity")["2026-05-01", "all"]
    edges = len({b for a, b in club if a == 0 and str(b) <= "20"})
    assert 5 <= edges < 15
    assert (density, reciprocity) == (pytest.approx(edges / (34 * 33)), 0)


@pytest.mark.parametrize("times", [1, 2])
def test_six_edges_by_files_of_people_teams_and_messages(warehouse: DbtWarehouse, times: int) -> None:
    for number in range(1, 6):
        warehouse.insert("people", {"person_key": str(number)})
        warehouse.insert("memberships", {"person_key": str(number), "team": "all of them", "valid_from": datetime(2020, 1, 1)})
    warehouse.insert("interactions", *messages(SIX_EDGES, times=times, audience=None, is_brand=None))
    found = network(warehouse, "n, edges, density, reciprocity")
    for team in ("all", "all of them"):
        assert found[None, team] == (5, 6, pytest.approx(0.3), pytest.approx(0.6667, abs=1e-4))


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
    # five people in June, too, since a month of fewer takes another one with it
    warehouse.insert("interactions", *messages([(1, 3), (5, 2)], at=MAY + timedelta(days=42), times=1))
    found = network(warehouse, "edges")
    # from 24 May to 21 June: an edge of June
    assert found == {(None, "all"): (2,), ("2026-05-01", "all"): (1,), ("2026-06-01", "all"): (1,)}


def test_direct_messages_bots_and_reactions_are_no_ties(warehouse: DbtWarehouse) -> None:
    warehouse.insert("interactions", *messages([(1, 2), (2, 3), (3, 4), (4, 5), (5, 1)], times=1))
    warehouse.insert("interactions", *messages([(1, 2)], at=MAY + timedelta(days=40), times=1))
    for number, more in enumerate([{"kind": "dm"}, {"is_bot": True}, {"kind": "reaction"}]):
        warehouse.insert("interactions", *messages(SIX_EDGES, at=MAY + timedelta(days=number + 1), **more))
    assert network(warehouse, "n, messages, edges, density, reciprocity")[None, "all"] == (5, 6, 0, 0, None)


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
    team |= dict.fromkeys(range(12, 15), "three")
    warehouse.insert(
        "memberships", *({"person_key": str(number), "team": name, "valid_from": datetime(2020, 1, 1)} for number, name in team.items())
    )
    inside, across = [(0, 1), (1, 0), (2, 3)], [(0, 5), (6, 4)]
    warehouse.insert("interactions", *messages([*inside, *across, (10, 11), (11, 10)]))
    found = network(warehouse, "n, edges, density, reciprocity, ei_index, cross_team_share, suppressed_reason")
    assert found[None, "sales"] == (5, 3, pytest.approx(3 / 20), pytest.approx(2 / 3), pytest.approx(-1 / 5), pytest.approx(2 / 5), None)
    assert found[None, "care"] == (5, 0, 0, None, 1, 1, None)
    assert found[None, "two"] == (None, None, None, None, None, None, "fewer than 5 people")
    # 2 of the 7 cross from team to team
    assert found[None, "all"] == (15, 7, pytest.approx(7 / 210), pytest.approx(4 / 7), pytest.approx(-3 / 7), pytest.approx(2 / 7), None)


def test_the_rest_of_the_company_is_never_a_small_group(warehouse: DbtWarehouse) -> None:
    """Company minus the teams shown would be the two of a small team: the smallest of the others is not shown either."""
    sizes = {"sales": 7, "care": 6, "two": 2}
    team = [name for name, size in sizes.items() for _ in range(size)]
    warehouse.insert(
        "memberships", *({"person_key": str(n), "team": name, "valid_from": datetime(2020, 1, 1)} for n, name in enumerate(team))
    )
    warehouse.insert("interactions", *messages([(0, 1), (7, 8), (13, 14)]))
    found = {key[1]: row for key, row in network(warehouse, "n, suppressed_reason").items() if key[0] is None}
    rest = "the rest of the company would be fewer than 5 people"
    assert found == {"all": (15, None), "sales": (7, None), "care": (None, rest), "two": (None, "fewer than 5 people")}


def test_a_rest_of_nobody_or_of_five_hides_nothing_more(warehouse: DbtWarehouse) -> None:
    teams = {"sales": range(7), "care": range(7, 12), "one": [12, 13, 14], "other": [15, 16]}
    for name, people in teams.items():
        warehouse.insert("memberships", *({"person_key": str(n), "team": name, "valid_from": datetime(2020, 1, 1)} for n in people))
    warehouse.insert("interactions", *messages([(0, 1)]))
    found = {key[1]: row[0] for key, row in network(warehouse, "n").items() if key[0] is None}
    assert found == {"all": 17, "sales": 7, "care": 5, "one": None, "other": None}


def test_gini_of_a_published_example(warehouse: DbtWarehouse) -> None:
    """Incomes of the package ineq for R (Zeileis): 541, 1463, .. 22261, Gini .4620911; one unit a message."""
    incomes = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]
    warehouse.execute(
        f"""
        insert into raw_files.interactions (platform, interaction_id, occurred_at, kind, actor_key, audience, room_id, _deleted)
        select 'chat', person || '/' || message, timestamp '2026-05-04', 'message', person, 'employees', 'room', false
        from (select unnest({list(range(10))}) as person, unnest({incomes}) as income), generate_series(1, income) as made (message)
        """
    )
    assert network(warehouse, "gini")[None, "all"][0] == pytest.approx(0.4620911, abs=1e-6)


def test_random_graphs_against_networkx(warehouse: DbtWarehouse) -> None:
    """One graph a month, its people split into two teams; members are those of the directory."""
    people = 24
    warehouse.insert("people", *({"person_key": str(n)} for n in range(people)))
    warehouse.insert(
        "memberships", *({"person_key": str(n), "team": "ab"[n % 2], "valid_from": datetime(2020, 1, 1)} for n in range(people))
    )
    graphs = {}
    for number, share in enumerate((0.02, 0.08, 0.2, 0.5, 0.9)):
        month = datetime(2025, number + 1, 3)
        graphs[f"{month:%Y-%m-%d}"[:8] + "01"] = graph = nx.gnp_random_graph(people, share, seed=number, directed=True)
        warehouse.insert("interactions", *messages(list(graph.edges), at=month))
    found = network(warehouse, "edges, density, reciprocity, ties, ei_index, cross_team_share, ei_index_lo, ei_index_hi")
    for month, graph in graphs.items():
        inside = sum(a % 2 == b % 2 for a, b in graph.edges)
        edges = graph.number_of_edges()
        row = found[month, "all"]
        assert row[:2] == (edges, pytest.approx(nx.density(graph)))
        assert row[2] == pytest.approx(nx.reciprocity(graph))
        assert row[3] == graph.to_undirected().number_of_edges()
        assert row[4:6] == (pytest.approx((edges - 2 * inside) / edges), pytest.approx(1 - inside / edges))
        assert -1 <= row[6] <= row[4] <= row[7] <= 1
        ours = graph.subgraph(range(0, people, 2))
        assert found[month, "a"][:2] == (ours.number_of_edges(), pytest.approx(nx.density(ours)))
        touching = [edge for edge in graph.edges if 0 in (edge[0] % 2, edge[1] % 2)]
        assert found[month, "a"][5] == pytest.approx(1 - ours.number_of_edges() / len(touching))
    # another secret gives everybody another key, and draws nobody else
    everything = "select * from relationships.internal_network order by all"
    before = warehouse.rows(everything)
    warehouse.give_everybody_another_key()
    network(warehouse, "n")
    assert warehouse.rows(everything) == before


def test_what_is_written_to_or_by_those_outside_neither_makes_an_edge_nor_undoes_one(warehouse: DbtWarehouse) -> None:
    """To 7, who left in April and is still written to in May; to 8, who is written to in April and May and came in May; both wrote as often."""
    warehouse.insert("people", *({"person_key": str(number)} for number in range(1, 7)))
    warehouse.insert(
        "people", {"person_key": "7", "left_at": datetime(2026, 4, 30)}, {"person_key": "8", "started_at": datetime(2026, 5, 1)}
    )
    april = datetime(2026, 4, 27, 9)
    warehouse.insert("interactions", *messages([(1, 7), (7, 1), (1, 2)], at=april), *messages([(1, 7), (7, 1)]))
    warehouse.insert("interactions", *messages([(1, 8), (8, 1)], at=april, times=1), *messages([(1, 8), (8, 1)], times=1))
    found = network(warehouse, "n, edges")
    assert found["2026-04-01", "all"] == (7, 3)
    assert found["2026-05-01", "all"] == (7, 0)
    assert found[None, "all"] == (8, 3), "what was an edge in a month is one of all time"
