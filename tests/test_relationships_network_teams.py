"""relationships.internal_network where people change teams, are in two of them or in none: figures by hand, and nobody who can be solved for."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.dbt_warehouse import DbtWarehouse
from tests.test_relationships_network import messages, network

Stay = tuple[int, str, datetime, datetime | None]
LONG_AGO, APRIL, MAY = datetime(2020, 1, 1), datetime(2026, 4, 6, 9), datetime(2026, 5, 4, 9)


@pytest.fixture
def warehouse(tmp_path: Path) -> DbtWarehouse:
    return DbtWarehouse(tmp_path)


def join(warehouse: DbtWarehouse, *stays: Stay) -> None:
    for person, team, since, until in stays:
        warehouse.insert("memberships", {"person_key": str(person), "team": team, "valid_from": since, "valid_to": until})


@pytest.mark.parametrize("moved_at", [datetime(2026, 5, 1), datetime(2026, 5, 3)], ids=["between months", "within a month"])
def test_who_moves_takes_along_nothing_of_the_past(warehouse: DbtWarehouse, moved_at: datetime) -> None:
    """1 leaves a for b, and writes ten messages to each of five former colleagues: they are b's, and cross the border for all time."""
    join(warehouse, *((person, "a", LONG_AGO, None) for person in range(2, 8)), *((person, "b", LONG_AGO, None) for person in range(8, 14)))
    join(warehouse, (1, "a", LONG_AGO, moved_at), (1, "b", moved_at, None))
    warehouse.insert("interactions", *messages([(1, 2), (2, 3), (3, 1)], at=APRIL), *messages([(2, 3), (3, 2), (8, 9)], at=MAY))
    warehouse.insert("interactions", *messages([(1, other) for other in range(2, 7)], at=MAY, times=10, days=0.5))
    found = network(warehouse, "n, messages, edges, cross_team_share, ei_index")
    assert found["2026-04-01", "a"] == (7, 6, 3, 0, -1)
    # of May's eight edges five cross; of all time's nine edges 1 wrote the one to 2 last when it crossed
    assert found["2026-05-01", "all"] == (13, 56, 8, 5 / 8, 1 / 4)
    assert found[None, "all"] == (13, 62, 9, pytest.approx(5 / 9), pytest.approx(1 / 9))
    members = 6 if moved_at == datetime(2026, 5, 1) else 7
    assert found["2026-05-01", "a"] == (members, 4, 2, pytest.approx(5 / 7), pytest.approx(3 / 7))
    assert found["2026-05-01", "b"] == (7, 52, 1, pytest.approx(5 / 6), pytest.approx(2 / 3))
    assert found[None, "a"][:3] == (7, 10, 3), "3 to 1 was written in April alone, within a"
    assert found[None, "b"][:3] == (7, 52, 1)
    sums: dict[str, int] = defaultdict(int)
    for (month, team), row in found.items():
        sums[team] += row[1] * (-1 if month is None else 1)
    assert set(sums.values()) == {0}, "months of a team add up to its total"


@pytest.mark.parametrize("since", [datetime(2026, 5, 20), datetime(2026, 6, 29)], ids=["later in the month", "after all messages"])
def test_teams_that_are_dated_after_the_messages(warehouse: DbtWarehouse, since: datetime) -> None:
    """A list of teams of today under a graph of some days ago: who has no other team is in it."""
    join(warehouse, *((person, "ab"[person % 2], since, None) for person in range(12)))
    warehouse.insert("interactions", *messages([(0, 2), (0, 1), (1, 3), (2, 5)]))
    found = network(warehouse, "n, messages, edges, cross_team_share")
    assert found[None, "all"] == (12, 8, 4, 0.5)
    assert found[None, "a"] == (6, 6, 1, pytest.approx(2 / 3))
    assert found[None, "b"] == (6, 2, 1, pytest.approx(2 / 3))
    assert (found.get(("2026-05-01", "a")) == found[None, "a"]) == (since.month == 5)


def test_a_team_inside_another_one_does_not_leave_one_person_over(warehouse: DbtWarehouse) -> None:
    teams = {"engineering": range(1, 7), "backend": range(1, 6), "sales": range(7, 13)}
    join(warehouse, *((person, team, LONG_AGO, None) for team, people in teams.items() for person in people))
    warehouse.insert("interactions", *messages([(1, 2), (2, 3), (7, 8)]), *messages([(6, 1)], times=17))
    found = network(warehouse, "n, messages, suppressed_reason")
    for month in ("2026-05-01", None):
        assert found[month, "engineering"] == (6, 21, None)
        assert found[month, "backend"] == (None, None, "would tell a group of fewer than 5 people by subtraction")
        assert found[month, "sales"] == (6, 2, None)


def test_teams_inside_others_are_shown_where_five_are_left(warehouse: DbtWarehouse) -> None:
    """Engineering is backend and frontend, all of them; backend has people of its own and five in storage."""
    teams = {"engineering": range(20), "backend": range(12), "frontend": range(12, 20), "storage": range(5), "sales": range(20, 26)}
    join(warehouse, *((person, team, LONG_AGO, None) for team, people in teams.items() for person in people))
    warehouse.insert("interactions", *messages([(1, 2)]))
    found = network(warehouse, "n")
    for month in ("2026-05-01", None):
        sizes = {key[1]: row[0] for key, row in found.items() if key[0] == month}
        assert sizes == {"all": 26} | {team: len(people) for team, people in teams.items()}


def test_one_person_in_two_teams_is_not_the_sum_of_both_less_the_company(warehouse: DbtWarehouse) -> None:
    teams = {"sales": range(7), "care": range(6, 12)}
    join(warehouse, *((person, team, LONG_AGO, None) for team, people in teams.items() for person in people))
    warehouse.insert("interactions", *messages([(1, 2), (6, 7)]))
    found = network(warehouse, "n")
    assert {key[1]: row[0] for key, row in found.items() if key[0] is None} == {"all": 12, "sales": 7, "care": None}


def test_who_is_outside_the_directory_is_no_tie_of_a_team(warehouse: DbtWarehouse) -> None:
    warehouse.insert("people", *({"person_key": str(person)} for person in range(1, 13)))
    join(warehouse, *((person, "ab"[person > 6], LONG_AGO, None) for person in range(1, 13)))
    inside = [(person, person % 6 + 1) for person in range(1, 7)]
    warehouse.insert("interactions", *messages([*inside, *(("outsider", person) for person in range(1, 7)), (7, "outsider")]))
    found = network(warehouse, "n, edges, cross_team_share, ei_index")
    for month in ("2026-05-01", None):
        assert found[month, "a"] == (6, 6, 0, -1)
        assert found[month, "b"] == (6, 0, None, None)
        assert found[month, "all"] == (12, 6, 0, -1)


class Company:
    """People who come, go, change teams within months and are in two of them, in teams that lie in units; who wrote what, and where."""

    def __init__(self, seed: int, months: int = 5, people: int = 48) -> None:
        random = np.random.default_rng(seed)
        days = 28 * months
        self.first_days = [datetime(2026, 1 + month, 1) for month in range(months)]
        self.stays: list[Stay] = []
        at = {day: self.first_days[day // 28] + timedelta(days=day % 28) for day in range(days)}
        for person in range(people):
            since, until = sorted(random.integers(0, days, 2)) if random.random() < 0.3 else (0, days)
            moves = sorted({since, until, *(random.integers(since, until + 1, random.integers(0, 3)) if random.random() < 0.3 else [])})
            for start, end in pairwise(moves):
                teams = set(random.choice(6, 2 if random.random() < 0.1 else 1, p=[0.35, 0.25, 0.15, 0.1, 0.1, 0.05]))
                units = {f"unit {team % 2}" for team in teams} if seed % 2 else set()
                names = units | {f"team {team}" for team in teams if team != 4 or random.random() < 0.9}
                self.stays += [(person, name, at[start], at[end] if end < days else None) for name in names]
        there = sorted({stay[0] for stay in self.stays})
        self.written = [
            row
            for first in self.first_days
            for day in (3, 9, 15, 22)
            for row in messages(list(pairwise(random.permutation(there))), at=first + timedelta(days=day, hours=9), times=1)
        ]

    def parts(self) -> dict[tuple[int, int, frozenset[str]], int]:
        """Messages by person, month and the teams at the time, else those of the month."""
        found: dict[tuple[int, int, frozenset[str]], int] = defaultdict(int)
        for row in self.written:
            person, when = int(row["actor_key"]), row["occurred_at"]
            month = when.month - 1
            start = self.first_days[month]
            end = start.replace(month=start.month + 1)
            own = [stay for stay in self.stays if stay[0] == person and stay[2] < end and (stay[3] is None or stay[3] > start)]
            then = {stay[1] for stay in own if stay[2] <= when and (stay[3] is None or when < stay[3])}
            if own:
                found[person, month, frozenset(then or {stay[1] for stay in own})] += 1
        return found


def small_groups(told: np.ndarray, owners: np.ndarray, groups: list[set[int]]) -> list[set[int]]:
    """Groups of whom some sum follows: what is told, combined, says something of them and nothing of anybody else."""
    rank = np.linalg.matrix_rank(told)
    return [group for group in groups if np.linalg.matrix_rank(told[:, ~np.isin(owners, list(group))]) < rank]


@pytest.mark.parametrize("seed", [4, 5])
def test_no_few_colleagues_can_be_solved_for(warehouse: DbtWarehouse, seed: int) -> None:
    """Messages add up over months and teams; people come, go, move and belong to two. Nothing follows about fewer than 5 of them."""
    company = Company(seed)
    join(warehouse, *company.stays)
    warehouse.insert("interactions", *company.written)
    found = network(warehouse, "n, messages")
    parts = company.parts()
    keys = list(parts)
    owners = np.array([person for person, _, _ in keys])

    def row(cell: tuple[Any, str]) -> list[bool]:
        return [cell[0] in (None, f"{company.first_days[month]:%Y-%m-%d}") and cell[1] in {"all", *teams} for _, month, teams in keys]

    for cell, (_, sent) in found.items():
        assert sent in (None, sum(messages for counts, messages in zip(row(cell), parts.values(), strict=True) if counts))
    people = range(max(owners) + 1)
    members = {cell: {int(owner) for owner, counts in zip(owners, row(cell), strict=True) if counts} for cell in found}
    groups = [{person} for person in people] + [set(pair) for pair in combinations(people, 2)]
    groups += [of for of in members.values() if 2 < len(of) < 5]
    shown = [cell for cell, (_, sent) in found.items() if sent is not None]
    naive = [cell for cell, of in members.items() if len(of) >= 5]
    assert small_groups(np.array([row(cell) for cell in naive]), owners, groups), "hiding small teams alone would do"
    assert small_groups(np.array([row(cell) for cell in shown]), owners, groups) == []
    assert len(shown) > len(naive) / 2
