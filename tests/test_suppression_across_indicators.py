"""Several indicators count the same messages: what one of them hides does not follow from what another shows."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pytest

from calibration.product import Product

K = 10
WORLDS = 80
MONTHS = [date(2026, month, 1) for month in range(1, 7)]
Atom = tuple[str, str, int]  # platform, profile, month
Cell = tuple[str, str, str, date | None]  # platform or all, profile or all, kind of period, its start
# Everybody asks once a month in a conversation of its own, and people answer: what is answered is one number under many names. Of whom it is counted differs.
ANSWERED = ("first_touch_human", "thread_depth_mean", "replies_total", "two_way_ratio", "response_rate_72h")
OF_WHOM = {"thread_depth_mean": "answered", "replies_total": "answered", "two_way_ratio": "answered"}


class World:
    """Who asked where and when, and whether they were answered."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        places = [(platform, profile) for platform in "pqr"[: int(random.integers(1, 4))] for profile in ("a", "b")]
        weights, answered = random.dirichlet(np.full(len(places), 0.5)), random.uniform(0.4, 0.9)
        self.asked: dict[Atom, set[int]] = defaultdict(set)
        self.answered: dict[Atom, set[int]] = defaultdict(set)
        for person in range(int(random.integers(20, 120))):
            for month in random.choice(len(MONTHS), int(random.integers(1, 5)), replace=False):
                atom = (*places[random.choice(len(places), p=weights)], int(month))
                self.asked[atom].add(person)
                if random.random() < answered:
                    self.answered[atom].add(person)
        self.atoms = sorted(self.asked)
        self.cells: dict[Cell, set[Atom]] = defaultdict(set)
        for atom in self.atoms:
            for cell in _cells_of(atom):
                self.cells[cell].add(atom)

    def people(self, cell: Cell, who: str) -> int:
        of = self.asked if who == "asked" else self.answered
        return len(set().union(*(of.get(atom, set()) for atom in self.cells[cell])))

    def equation(self, cell: Cell) -> list[float]:
        return [float(atom in self.cells[cell]) for atom in self.atoms]


def _cells_of(atom: Atom) -> Iterator[Cell]:
    platform, profile, month = atom
    for place in ((platform, profile), (platform, "all"), ("all", "all")):
        yield *place, "month", MONTHS[month]
        yield *place, "quarter", MONTHS[month - month % 3]
        yield *place, "year", MONTHS[0]
        yield *place, "all", None


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    return [World(seed) for seed in range(WORLDS)]


@pytest.fixture(scope="module")
def hidden(worlds: list[World]) -> dict[tuple[int, str], set[Cell]]:
    """What the project's own models hide of each indicator."""
    rows: dict[str, list[Any]] = defaultdict(list)
    for number, world in enumerate(worlds):
        for indicator in (*ANSWERED, "response_time_median_km"):
            for cell in world.cells:
                people = world.people(cell, OF_WHOM.get(indicator, "asked"))
                # posts of the brand are there without a reply, all else only where something is
                if people or indicator == "two_way_ratio":
                    platform, profile, kind, start = cell
                    row = {
                        "indicator": indicator,
                        "period_kind": kind,
                        "period_start": start,
                        "audience": f"{number}",
                        "platform": platform,
                    }
                    row |= {"profile_id": profile, "dimension": "all", "dimension_value": "all", "unit": "share", "people": people}
                    for name, value in row.items():
                        rows[name].append(value)
    product = Product()
    product.replace("int_indicator_estimates", rows)
    product.rows("int_suppressed_cells")
    found: dict[tuple[int, str], set[Cell]] = defaultdict(set)
    for audience, indicator, *cell in product.connection.execute(
        "select audience, indicator, platform, profile_id, period_kind, period_start from int_suppressed_cells where is_hidden"
    ).fetchall():
        found[int(audience), indicator].add(tuple(cell))
    product.connection.close()
    return found


def _solved(world: World, shown: set[Cell], wanted: list[Cell]) -> list[Cell]:
    if not shown or not wanted:
        return []
    _, sizes, base = np.linalg.svd(np.array([world.equation(cell) for cell in shown]), full_matrices=False)
    base = base[sizes > 1e-9]
    targets = np.array([world.equation(cell) for cell in wanted])
    rest = np.abs(targets - targets @ base.T @ base).max(axis=1)
    return [cell for cell, left in zip(wanted, rest, strict=True) if left < 1e-7]


def test_what_is_answered_where_few_asked_does_not_follow(worlds: list[World], hidden: dict[tuple[int, str], set[Cell]]) -> None:
    found, small_ones = [], 0
    for number, world in enumerate(worlds):
        small = [cell for cell in world.cells if 0 < world.people(cell, "asked") < K]
        shown = {
            cell
            for indicator in ANSWERED
            for cell in set(world.cells) - hidden[number, indicator]
            if world.people(cell, OF_WHOM.get(indicator, "asked")) or indicator == "two_way_ratio"
        }
        small_ones += len(small)
        found += [(number, cell) for cell in _solved(world, shown, small)]
    assert small_ones > 1000
    assert found == []


def test_replies_and_their_ratio_are_hidden_together(worlds: list[World], hidden: dict[tuple[int, str], set[Cell]]) -> None:
    for number, world in enumerate(worlds):
        of_both = {cell for cell in world.cells if world.people(cell, "answered")}
        assert hidden[number, "two_way_ratio"] & of_both == hidden[number, "replies_total"]


def test_much_stays_to_be_shown(worlds: list[World], hidden: dict[tuple[int, str], set[Cell]]) -> None:
    large = [
        (number, indicator, cell)
        for number, world in enumerate(worlds)
        for indicator in ANSWERED
        for cell in world.cells
        if world.people(cell, OF_WHOM.get(indicator, "asked")) >= K
    ]
    assert sum(cell not in hidden[number, indicator] for number, indicator, cell in large) / len(large) > 0.6
