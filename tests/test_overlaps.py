"""Teams in teams, people in two of them or in none, months: whatever is shown, nothing follows of fewer than five colleagues."""

from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from pipelines.overlaps import teams_in_turn

K = 5
Classes = dict[tuple[str, ...], int]


def _tried(people: Classes) -> dict[str, dict[str, Any]]:
    """The largest team first, as in int_network_shown."""
    sizes = Counter[str]()
    for teams, number in people.items():
        sizes.update(dict.fromkeys(teams, number))
    turns = [{"team": team, "is_sum": False} for team, size in sizes.most_common() if size >= K and team != "all"]
    cells = [{"part": None, "known": [], "teams": list(teams), "people": number} for teams, number in people.items()]
    return {row["team"]: row for row in teams_in_turn(cells, turns, K)}


def _few_follow(people: Classes, shown: list[str]) -> bool:
    """Whether some sum of what is shown is of fewer than five people: it is nothing on all the others, and not on them."""
    classes = list(people)
    told = np.array([[float(team in teams) for teams in classes] for team in ["all", *shown]])
    rank = np.linalg.matrix_rank(told)
    few = (
        group
        for size in range(1, K)
        for group in combinations(range(len(classes)), size)
        if sum(people[classes[number]] for number in group) < K
    )
    return any(np.linalg.matrix_rank(np.delete(told, group, axis=1)) < rank for group in few)


def _company(seed: int) -> Classes:
    """12 to 60 people in up to six teams, some of which lie in units; one in ten is in two teams, one in ten in none."""
    random = np.random.default_rng(seed)
    teams, chances = int(random.integers(2, 7)), random.dirichlet(np.full(6, 0.8))
    people: Classes = Counter()
    for _ in range(int(random.integers(12, 60))):
        own = set(random.choice(6, random.choice(3, p=[0.1, 0.8, 0.1]), p=chances) % teams)
        units = {f"unit {team % 2}" for team in own} if seed % 2 else set()
        people[tuple(sorted({"all", *units, *(f"team {team}" for team in own)}))] += 1
    return dict(people)


def test_nothing_follows_of_a_few_colleagues() -> None:
    naive = large = shown = 0
    for seed in range(200):
        people = _company(seed)
        tried = _tried(people)
        told = [team for team, row in tried.items() if row["is_shown"]]
        naive += _few_follow(people, list(tried))
        large, shown = large + len(tried), shown + len(told)
        assert not _few_follow(people, told), seed
    assert naive > 50, "hiding small teams alone would do"
    assert shown > large / 2


def test_teams_apart_and_inside_one_another_are_all_shown() -> None:
    people = {("all", "unit"): 6, ("all", "core", "unit"): 7, ("all", "other"): 5}
    assert {team for team, row in _tried(people).items() if row["is_shown"]} == {"unit", "core", "other"}


def test_a_team_that_is_nearly_the_company_says_so() -> None:
    tried = _tried({("all", "most"): 20, ("all",): 3})
    assert tried["most"] == {"team": "most", "is_shown": False, "is_rest": True}


@pytest.mark.parametrize("known", [["sales"], []])
def test_what_is_the_sum_of_its_months_follows_anyway(known: list[str]) -> None:
    """Sales had ten people in May and seven in June, of eleven and seven: all time tells the one beside them only where both months do not."""
    cells = [
        {"part": part, "known": known, "teams": teams, "people": people}
        for part, teams, people in [("May", ["all", "sales"], 10), ("May", ["all"], 1), ("June", ["all", "sales"], 7)]
    ]
    (row,) = teams_in_turn(cells, [{"team": "sales", "is_sum": bool(known)}], K)
    assert row == {"team": "sales", "is_shown": bool(known), "is_rest": not known}
