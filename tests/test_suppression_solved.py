"""What one row after the other does not give away, all of them together may: tables drawn by hand, and random ones held against a row space."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from pipelines.suppression import hidden_cells

K = 10
Row = dict[str, Any]
Place = tuple[Any, Any]


def _cells(people: dict[Place, int], of_people: bool = False) -> list[Row]:
    return [{"cell": str(place), "people": number, "is_hidden": False, "is_of_people": of_people} for place, number in people.items()]


def _parents(place: Place) -> Iterator[tuple[str, Place]]:
    row, column = place
    if row != "all":
        yield "rows", ("all", column)
    if column != "all":
        yield "columns", (row, "all")


def _edges(people: dict[Place, int]) -> list[Row]:
    return [
        {"family": f"{parent} by {direction}", "parent": str(parent), "child": str(place), "loss": people[place]}
        for place in people
        for direction, parent in _parents(place)
    ]


def _crossed(inner: list[list[int]]) -> dict[Place, int]:
    """Rows x columns with their totals: as if nobody were in two cells."""
    table: dict[Place, int] = {(row, column): people for row, line in enumerate(inner) for column, people in enumerate(line) if people}
    for row, column in list(table):
        for total in {("all", column), (row, "all"), ("all", "all")}:
            table[total] = table.get(total, 0) + table[row, column]
    return table


def _hidden(people: dict[Place, int]) -> set[Place]:
    gone = set(hidden_cells(_cells(people), _edges(people), K))
    return {place for place in people if str(place) in gone}


def _follows(table: dict[Place, int], shown: set[Place], wanted: np.ndarray) -> bool:
    """Whether a sum of inner cells lies in the row space of the shown ones."""
    inner = [place for place in table if "all" not in place]
    rows = np.array([[float(row in ("all", own)) * (column in ("all", at)) for own, at in inner] for row, column in sorted(shown, key=str)])
    return bool(np.linalg.matrix_rank(np.vstack([rows, wanted])) == np.linalg.matrix_rank(rows))


def _small_sums(table: dict[Place, int], gone: set[Place]) -> Iterator[np.ndarray]:
    """Each small cell, and each sum and difference of two of a row or of a column; not of all that a shown total is the sum of."""
    inner = [place for place in table if "all" not in place]
    small = [place for place in inner if table[place] < K]
    for place in small:
        yield np.array([float(cell == place) for cell in inner])
    for first, second in itertools.combinations(small, 2):
        for side in (0, 1):
            members = [place for place in inner if place[side] == first[side] == second[side] and place in gone]
            if first in members and second in members and len(members) > 2:
                for sign in (1.0, -1.0):
                    yield np.array([float(cell == first) + sign * (cell == second) for cell in inner])


# Five platforms by four quarters: large cells of both blocks hide one another, and a single small cell stands between the blocks.
BLOCKS = [
    [5, 11, 4, 40],
    [12, 6, 50, 60],
    [70, 80, 12, 7],
    [61, 62, 3, 13],
    [63, 64, 65, 66],
]


def test_a_small_cell_between_two_blocks_of_hidden_ones() -> None:
    """Every row and column of it hides two, one of them large: yet both rows of the first block less both columns are the small cell between the blocks."""
    table = _crossed(BLOCKS)
    large = {(0, 1), (1, 0), (2, 2), (3, 3)}
    row_by_row = {place for place, people in table.items() if people < K} | large
    wanted = np.array([float(place == (0, 2)) for place in table if "all" not in place])
    assert _follows(table, set(table) - row_by_row, wanted)
    gone = _hidden(table)
    assert row_by_row - large <= gone
    assert not _follows(table, set(table) - gone, wanted)
    assert not [row for row in _small_sums(table, gone) if _follows(table, set(table) - gone, row)]


@pytest.mark.parametrize("seed", range(60))
def test_nothing_small_follows_in_tables_drawn_at_random(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = random.integers(2, 7, size=2)
    table = _crossed(np.where(random.random(shape) < 0.3, random.integers(0, K, shape), random.integers(K, 60, shape)).tolist())
    gone = _hidden(table)
    assert {place for place, people in table.items() if people < K} <= gone
    assert not [row for row in _small_sums(table, gone) if _follows(table, set(table) - gone, row)]


def test_what_is_hidden_does_not_hang_on_the_order_of_the_edges() -> None:
    table = _crossed(BLOCKS)
    edges = _edges(table)
    assert set(hidden_cells(_cells(table), edges, K)) == set(hidden_cells(_cells(table), edges[::-1], K))


def test_what_hides_what_is_closed() -> None:
    """Given what is hidden, nothing more has to be."""
    table = _crossed(BLOCKS)
    gone = _hidden(table)
    again = [cell | {"is_hidden": cell["cell"] in {str(place) for place in gone}} for cell in _cells(table)]
    assert set(hidden_cells(again, _edges(table), K)) == {str(place) for place in gone}


def test_of_people_the_difference_counts_those_who_are_nowhere_else() -> None:
    """40 people on all platforms, 35 of them on p and 38 on q: five are not on p, which is too few to be told, two are not on q."""
    people = {("all", "all"): 40, ("p", "all"): 35, ("q", "all"): 38, ("r", "all"): 12}
    edges = [edge | {"family": "all"} for edge in _edges(people)]
    assert hidden_cells(_cells(people), edges, K) == []
    assert hidden_cells(_cells(people, of_people=True), edges, K) == ["('p', 'all')", "('q', 'all')"]


def test_of_people_whatever_lies_around_is_held_against() -> None:
    """A profile has all people of its platform, and all platforms have three more: the profile tells them where the platform is hidden."""
    people = {("all", "all"): 60, ("p", "all"): 57, ("p/x", "all"): 57, ("p/y", "all"): 20, ("q", "all"): 30, ("r", "all"): 31}
    of = {"p": "all", "q": "all", "r": "all", "p/x": "p", "p/y": "p"}
    edges = [
        {"family": parent, "parent": str((parent, "all")), "child": str((child, "all")), "loss": people[child, "all"]}
        for child, parent in of.items()
    ]
    gone = hidden_cells(_cells(people, of_people=True), edges, K)
    assert {"('p', 'all')", "('p/x', 'all')"} <= set(gone)
    assert "('all', 'all')" not in gone


def test_cells_without_a_number_of_people_are_large_and_may_stand_alone() -> None:
    assert hidden_cells(None, None, K) == []
    assert hidden_cells([{"cell": "a", "people": None, "is_hidden": False, "is_of_people": False}], None, K) == []
    assert hidden_cells([{"cell": "a", "people": 50, "is_hidden": True, "is_of_people": False}], None, K) == ["a"]


def test_a_total_that_is_no_cell_of_the_table_hides_nothing() -> None:
    """What was told of it before is told: of its two parts that changed the second hides the first, of an only one nothing can."""
    cells = _cells({("a", "all"): 3, ("b", "all"): 20})
    edges = [{"family": "all", "parent": "total", "child": cell["cell"], "loss": cell["people"]} for cell in cells]
    assert hidden_cells(cells, edges, K) == [cell["cell"] for cell in cells]
    assert hidden_cells(cells[:1], edges[:1], K) == [cells[0]["cell"]]
