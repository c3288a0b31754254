"""Journeys -> roi.markov_channels and Markov credits: the published example, the linear solve on random journeys, and what counts."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tests.dbt_warehouse import DbtWarehouse, Row
from tests.roi_company import order, touch

SQL = "with transitions as ({{ markov_transitions('touches') }}) select * from ({{ markov_effects('transitions') }}) order by chain_id, channel"
Path_ = tuple[str, ...]


def journeys_as_rows(paths: list[tuple[str, int, int]]) -> tuple[list[Row], list[Row]]:
    """Paths as `a > b`, how many converted and how many did not -> touches, one a day, and orders of 10, an hour after the last touch."""
    touches, orders = [], []
    for path, converted, lost in paths:
        for number in range(converted + lost):
            person = f"{path}/{number}"
            at = datetime(2026, 1, 1) + timedelta(minutes=number)
            for day, channel in enumerate(path.split(" > ")):
                touches.append(touch(f"{person}/{day}", person, at + timedelta(days=day), channel))
            if number < converted:
                orders.append(order(person, person, at + timedelta(days=day, hours=1), 10))
    return touches, orders


def solved(journeys: list[tuple[Path_, bool]]) -> tuple[float, dict[str, float]]:
    """P(conversion) and removal effects by numpy's linear solve, each channel taken out in turn: written anew from METRICS."""
    channels = sorted({channel for path, _ in journeys for channel in path})
    place = {channel: number + 1 for number, channel in enumerate(channels)}
    size = len(channels) + 1
    counts, ends = np.zeros((size, size)), np.zeros((size, 2))
    for path, converted in journeys:
        states = [0, *(place[channel] for channel in path)]
        for a, b in pairwise(states):
            counts[a, b] += 1
        ends[states[-1], int(converted)] += 1
    total = counts.sum(axis=1) + ends.sum(axis=1)
    q, r = counts / total[:, None], ends[:, 1] / total

    def chance(removed: int | None) -> float:
        kept = [state for state in range(size) if state != removed]
        return float(np.linalg.solve(np.eye(len(kept)) - q[np.ix_(kept, kept)], r[kept])[0])

    whole = chance(None)
    return whole, {channel: 1 - chance(place[channel]) / whole for channel in channels}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("markov")


def test_it_equals_the_linear_solve_on_random_journeys_with_loops_and_repeats(folder: Path) -> None:
    draw, worlds, rows = np.random.default_rng(11), {}, []
    for world in range(200):
        channels = [f"c{number:02}" for number in range(draw.integers(1, 13))]
        worlds[world] = [
            (
                tuple(draw.choice(channels, size=draw.integers(1, draw.choice([2, 9, 40])))),
                bool(draw.random() < draw.choice([0.02, 0.5, 0.97])),
            )
            for _ in range(draw.integers(2, 60))
        ]
        worlds[world].append((tuple(draw.choice(channels, 3)), True))  # one conversion at least: without any there is no effect
        for number, (path, converted) in enumerate(worlds[world]):
            rows += [(world, number, place, channel, converted) for place, channel in enumerate(path)]
    names = ("chain_id", "journey_no", "place", "channel", "is_converted")
    columns = {name: np.array([row[position] for row in rows]) for position, name in enumerate(names)}
    with duckdb.connect() as connection:
        connection.register("given", columns)
        connection.execute("create table touches as select * from given order by hash(place, journey_no)")
        found: dict[int, dict[str, tuple[float, ...]]] = defaultdict(dict)
        for chain, channel, *numbers in connection.execute(DbtWarehouse(folder).compiled(SQL)).fetchall():
            found[chain][channel] = tuple(numbers)
    for world, journeys in worlds.items():
        chance, effects = solved(journeys)
        for channel, (effect, p, empirical, count) in found[world].items():
            assert effect == pytest.approx(effects[channel], abs=1e-12)
            assert (p, empirical) == (pytest.approx(chance, rel=1e-12), pytest.approx(chance, rel=1e-12))
            assert count == len(journeys)
        assert found[world].keys() == effects.keys()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    """METRICS section 8 as a file drop with required columns and channels: C1 > C2 > C3 converts, C1 and C2 > C3 do not."""
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("example"))
    touches, orders = journeys_as_rows([("C1 > C2 > C3", 1, 0), ("C1", 0, 1), ("C2 > C3", 0, 1)])
    warehouse.insert("touches", *touches)
    warehouse.insert("revenue", *orders, order("nobody's", "stranger", datetime(2026, 2, 1), 7))
    warehouse.build("+roi_markov_channels", "+roi_attribution_credits")
    return warehouse


@pytest.mark.parametrize("lookback", ["lookback_days = 7", "lookback_days = 30", "lookback_days = 90", "lookback_rule = 'own'"])
def test_the_published_example(published: DbtWarehouse, lookback: str) -> None:
    rows = published.rows(
        "select channel, removal_effect, share, conversions, revenue, p_conversion, p_conversion_empirical, journeys, suppressed_reason "
        f"from roi.markov_channels where {lookback} order by channel"
    )
    third = pytest.approx(1 / 3, rel=1e-9)
    assert rows == [
        ("C1", 0.5, 0.2, 0.2, 2, third, third, 3, None),
        ("C2", 1.0, 0.4, 0.4, 4, third, third, 3, None),
        ("C3", 1.0, 0.4, 0.4, 4, third, third, 3, None),
        ("unattributed", None, None, 1.0, 7, None, None, None, "no touch in the lookback since the conversion before"),
    ]


def test_credit_rows_spread_the_removal_effects_within_the_journey(published: DbtWarehouse) -> None:
    rows = published.rows(
        "select channel, credit::double, revenue::double from roi.attribution_credits "
        "where model = 'markov' and lookback_days = 30 order by channel"
    )
    assert rows == [("C1", 0.2, 2), ("C2", 0.4, 4), ("C3", 0.4, 4), ("unattributed", 1, 7)]


def test_the_chains_hold_what_every_build_tests(published: DbtWarehouse) -> None:
    tests = ["roi_markov_chains_add_up", "roi_markov_aggregates_equal_journeys", "roi_credits_add_up", "roi_credits_cover_every_conversion"]
    assert published.run("test", "--select", *tests).success


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        ("update roi.markov_channels set p_conversion = p_conversion + 1e-6", "roi_markov_chains_add_up"),
        ("update roi.markov_channels set revenue = revenue + 0.01 where channel = 'C1'", "roi_markov_chains_add_up"),
        ("update intermediate.int_markov_transitions set journeys = journeys + 1", "roi_markov_aggregates_equal_journeys"),
    ],
)
def test_each_of_them_can_fail(published: DbtWarehouse, tmp_path: Path, fault: str, test: str) -> None:
    warehouse = published.copy(tmp_path)
    warehouse.execute(fault)
    assert not warehouse.run("test", "--select", test).success


def test_a_data_set_of_paths_with_counts_gives_its_known_shares(tmp_path: Path) -> None:
    """Paths as attribution packages take them (path, conversions, non-conversions), worked out by hand below; repeats and a loop.

    20 journeys: 8 start in alpha, 12 in beta. Of 22 exits of alpha (stays left out) 10 go to beta, 6 convert; of 22 of beta 14 to alpha, 2 convert.
    """
    paths = [
        ("alpha", 4, 4),
        ("beta > alpha", 1, 1),
        ("beta > beta > alpha > beta", 2, 6),
        ("beta", 0, 0),
        ("beta > alpha > alpha > beta > alpha", 1, 1),
    ]
    warehouse = DbtWarehouse(tmp_path)
    touches, orders = journeys_as_rows(paths)
    warehouse.insert("touches", *touches)
    warehouse.insert("revenue", *orders)
    warehouse.build("+roi_markov_channels")
    rows = warehouse.rows("select channel, removal_effect, p_conversion from roi.markov_channels where lookback_days = 30 order by channel")
    expanded = [(tuple(path.split(" > ")), converted) for path, yes, no in paths for converted in [True] * yes + [False] * no]
    chance, effects = solved(expanded)
    # without alpha only beta is left: 12/20 start there, 2 of its 22 exits convert; without beta 8/20 reach alpha, 6 of its 22 convert
    assert chance == pytest.approx(8 / 20)
    assert effects == {
        "alpha": pytest.approx(1 - 12 / 20 * 2 / 22 / (8 / 20)),
        "beta": pytest.approx(1 - 8 / 20 * 6 / 22 / (8 / 20)),
    }
    assert [row[:1] for row in rows] == [("alpha",), ("beta",)]
    assert [row[1] for row in rows] == [pytest.approx(effects["alpha"], rel=1e-9), pytest.approx(effects["beta"], rel=1e-9)]
    assert {row[2] for row in rows} == {0.4}
