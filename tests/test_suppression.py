"""Small groups: nobody can tell one from published rows, by subtraction or by solving for it, whatever the world looks like."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from dbt_macros import macros
from dbt_warehouse import DbtWarehouse
from scipy import stats

from calibration.product import Product
from pipelines.functions import register

K = 10
WORLDS = 150
MONTHS = [(2026, month) for month in range(1, 7)]  # of two quarters


class World:
    """Who was where: persons spread unevenly over platforms and months, everybody seen one to four times."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.platforms = int(random.integers(2, 6))
        weights = random.dirichlet(np.full(self.platforms, 0.5))
        people = int(random.integers(12, 150))
        self.seen: list[set[int]] = [set() for _ in range(self.platforms * len(MONTHS))]
        for person in range(people):
            for _ in range(int(random.integers(1, 5))):
                platform = int(random.choice(self.platforms, p=weights))
                self.seen[platform * len(MONTHS) + int(random.integers(len(MONTHS)))].add(person)
        self.cells = self._cells()

    def _cells(self) -> dict[tuple[str, str], list[int]]:
        """(platform or all, month, quarter or all) -> its atoms."""
        cells: dict[tuple[str, str], list[int]] = {}
        for platform in range(self.platforms):
            for month in range(len(MONTHS)):
                atom = platform * len(MONTHS) + month
                if self.seen[atom]:
                    for place in (str(platform), "all"):
                        for period in (f"m{month}", f"q{month // 3}", "all"):
                            cells.setdefault((place, period), []).append(atom)
        return cells

    def people(self, atoms: list[int]) -> int:
        return len(set().union(*(self.seen[atom] for atom in atoms)))

    def parents(self, cell: tuple[str, str]) -> Iterator[tuple[str, str]]:
        place, period = cell
        if place != "all":
            yield ("all", period)
        if period != "all":
            yield (place, f"q{int(period[1:]) // 3}" if period[0] == "m" else "all")


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    return [World(seed) for seed in range(WORLDS)]


@pytest.fixture(scope="module")
def hidden(worlds: list[World]) -> list[set[tuple[str, str]]]:
    """What the macro hides, in all worlds by one query."""
    names: dict[int, tuple[int, tuple[str, str]]] = {}
    ids: dict[tuple[int, tuple[str, str]], int] = {}
    people, edges = [], []
    for number, world in enumerate(worlds):
        for cell in sorted(world.cells):
            ids[number, cell] = len(names)
            names[len(names)] = (number, cell)
            people.append((ids[number, cell], world.people(world.cells[cell])))
    for (number, cell), child in ids.items():
        for parent in worlds[number].parents(cell):
            direction = "platform" if parent[0] != cell[0] else "period"
            loss = people[child][1] if direction == "platform" else 0
            edges.append((f"{ids[number, parent]}|{direction}", ids[number, parent], child, loss))
    with duckdb.connect() as connection:
        register(connection)
        connection.execute("create table cells (cell bigint, people bigint)")
        connection.execute("create table edges (family text, parent bigint, child bigint, loss bigint)")
        connection.executemany("insert into cells values (?, ?)", people)
        connection.executemany("insert into edges values (?, ?, ?, ?)", edges)
        found = connection.execute(f"with {macros('suppression').hidden_by_closure('cells', 'edges')} select cell from hidden").fetchall()
    gone: list[set[tuple[str, str]]] = [set() for _ in worlds]
    for (cell,) in found:
        number, name = names[cell]
        gone[number].add(name)
    return gone


def _can_be_solved(published: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Whether sums over atoms follow from published sums, whatever the numbers are: they lie in their row space."""
    if not len(published):
        return np.zeros(wanted.shape[:-1], dtype=bool)
    solution, *_ = np.linalg.lstsq(published.T, wanted.T, rcond=None)
    return np.asarray(np.isclose(published.T @ solution, wanted.T, atol=1e-9).all(axis=0))


def test_no_small_group_can_be_solved_for(worlds: list[World], hidden: list[set[tuple[str, str]]]) -> None:
    solved, naive = [], 0
    for number, (world, gone) in enumerate(zip(worlds, hidden, strict=True)):
        size = len(world.seen)
        row = {cell: np.isin(np.arange(size), atoms).astype(float) for cell, atoms in world.cells.items()}
        published = np.array([row[cell] for cell in world.cells if cell not in gone]).reshape(-1, size)
        primary = np.array([row[cell] for cell, atoms in world.cells.items() if world.people(atoms) >= K]).reshape(-1, size)
        for cell, atoms in world.cells.items():
            if 0 < world.people(atoms) < K:
                naive += bool(_can_be_solved(primary, row[cell]))
                if _can_be_solved(published, row[cell]):
                    solved.append((number, cell))
    assert naive > 100, "the worlds are of no use: hiding small cells alone would do"
    assert solved == []


def test_what_is_left_of_a_total_is_nobody_or_a_group(worlds: list[World], hidden: list[set[tuple[str, str]]]) -> None:
    for number, (world, gone) in enumerate(zip(worlds, hidden, strict=True)):
        for cell in set(world.cells) - gone:
            for direction in (0, 1):
                children = [child for child in world.cells if cell in world.parents(child) and child[direction] != cell[direction]]
                rest = [atom for child in children if child in gone for atom in world.cells[child]]
                shown = [child for child in children if child not in gone]
                assert not shown or not rest or world.people(rest) >= K, (number, cell)


def test_much_stays_to_be_shown(worlds: list[World], hidden: list[set[tuple[str, str]]]) -> None:
    large = [(number, cell) for number, world in enumerate(worlds) for cell, atoms in world.cells.items() if world.people(atoms) >= K]
    shown = [1 for number, cell in large if cell not in hidden[number]]
    assert len(shown) / len(large) > 0.5


Row = dict[str, Any]
AUDIENCES = ("public", "clients", "suppliers")


def _talk(seed: int, audience: str) -> Iterator[Row]:
    """Mentions of 30 to 90 people over platforms, profiles, languages (or none) and months, all uneven, and the brand's answers to half of them."""
    random = np.random.default_rng(seed)
    places = [(platform, profile, language) for platform in "pqr" for profile in ("a", "b", None) for language in ("en", "de", None)]
    weights = random.dirichlet([0.05 if None in place else 0.4 for place in places])
    for number in range(int(random.integers(30, 90))):
        for message in range(int(random.integers(1, 4))):
            platform, profile, language = places[random.choice(len(places), p=weights)]
            said = {"platform": platform, "profile_id": profile, "language": language, "audience": audience, "addressee_key": None}
            at = datetime(2026, int(random.integers(1, 7)), int(random.integers(1, 25)))
            name = f"{audience}/{number}/{message}"
            own = {"interaction_id": name, "occurred_at": at, "kind": "mention", "actor_key": f"{audience}/{number}", "thread_id": name}
            yield said | own | {"parent_id": None, "is_brand": False}
            if random.random() < 0.5:
                reply = {"interaction_id": f"{name}/answer", "occurred_at": at + timedelta(hours=1), "kind": "reply", "actor_key": "us"}
                yield said | reply | {"thread_id": name, "parent_id": name, "is_brand": True}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(Path(tmp_path_factory.mktemp("attack")))
    for seed, audience in enumerate(AUDIENCES):
        warehouse.insert("interactions", *_talk(seed, audience))
    warehouse.build("+relationships_indicators")
    return warehouse


@pytest.mark.parametrize("indicator", ["response_rate_24h", "two_way_ratio", "first_response_within_60min", "replies_total"])
def test_no_small_cell_of_the_published_mart_can_be_solved_for(published: DbtWarehouse, indicator: str) -> None:
    """Every shown row is an equation over the finest cells; none gives the sum of a cell of fewer than 10 people, whatever the numbers are."""
    cut = "period_kind, period_start, platform, profile_id, dimension, dimension_value"
    atoms = published.rows(
        "select distinct month, audience, platform, profile_id, language from intermediate.int_message_cells "
        "inner join (select distinct month, cell_no from intermediate.int_message_answers) using (cell_no) order by all"
    )
    cuts = "intermediate.int_indicator_cuts inner join intermediate.int_message_cells using (cell_no, audience)"
    told_as = {
        (of, language): value
        for of, language, value in published.rows(f"select distinct audience, language, dimension_value from {cuts} where cut = 'language'")
    }
    starts = {
        "month": lambda day: day,
        "quarter": lambda day: date(day.year, day.month - (day.month - 1) % 3, 1),
        "year": lambda day: date(day.year, 1, 1),
    }

    def equation(audience: str, kind: str, start: date | None, platform: str, profile: str, dimension: str, value: str) -> np.ndarray:
        return np.array(
            [
                float(
                    of == audience
                    and (kind == "all" or starts[kind](month) == start)
                    and platform in ("all", on)
                    and profile in ("all", by or "(not given)")
                    and (dimension == "all" or value == told_as.get((of, language)))
                )
                for month, of, on, by, language in atoms
            ]
        )

    asked = f"where indicator = '{indicator}' and period_kind <> 'week' and dimension in ('all', 'language')"
    small = published.rows(f"select audience, {cut} from intermediate.int_indicator_estimates {asked} and people between 1 and 9")
    large = published.rows(f"select audience, {cut} from intermediate.int_indicator_estimates {asked} and people >= 10")
    shown = published.rows(f"select audience, {cut} from relationships.indicators {asked} and n is not null")
    kind = "reply" if indicator in ("two_way_ratio", "replies_total") else "mention"
    people = {
        tuple(atom): set(who)
        for *atom, who in published.rows(
            "select cast(date_trunc('month', occurred_at) as date), audience, platform, profile_id, language, "
            f"list(split_part(interaction_id, '/', 2)) from raw_files.interactions where kind = '{kind}' group by all"
        )
    }
    # what names no language, or on a platform no profile, counted as it was written
    unnamed = []
    for audience, period, start, place in {row[:4] for row in large}:
        atom_is_inside = equation(audience, period, start, place, "all", "all", "all") > 0
        inside = np.array([(by if place != "all" else language) is None for *_, by, language in atoms]) & atom_is_inside
        if 0 < len(set().union(*(people.get(atom, set()) for atom, is_in in zip(atoms, inside, strict=True) if is_in))) < K:
            unnamed.append(inside.astype(float))
    assert small and shown and unnamed
    wanted = np.array([*(equation(*row) for row in small), *unnamed])
    rows, every = (np.array([equation(*row) for row in told]) for told in (shown, large))
    assert _can_be_solved(every, wanted).sum() > 20, "hiding small cells alone would do"
    assert not _can_be_solved(rows, wanted).any()


def test_n_cannot_be_recovered_from_an_interval(published: DbtWarehouse) -> None:
    """Wilson's limits tell the number of people to whoever solves for it: where it is hidden, no number is left that hangs on it, nor in the next period's change."""
    shown = published.rows(
        "select value, (lo + hi) / 2, n_clusters, deff, n from relationships.indicators where indicator = 'response_rate_24h' and value <> 0.5 and lo > 0"
    )
    for value, middle, clusters, deff, n in shown:
        squared = stats.t.ppf(0.975, clusters - 1) ** 2
        assert deff * squared * (0.5 - middle) / (middle - value) == pytest.approx(n, rel=0.01), "else there were nothing to hide"
    numbers = "numerator, denominator, n, n_clusters, deff, value, lo, hi, change, change_lo, change_hi, p_value, q_value"
    hidden, left = published.rows(
        f"select count(*), count(coalesce({numbers})) from relationships.indicators where suppressed_reason like '%fewer than 10 people%'"
    )[0]
    follow, told = published.rows(
        "select count(*), count(coalesce(later.change, later.change_lo, later.change_hi)) from relationships.indicators as later "
        "inner join relationships.indicators as hidden using (indicator, audience, platform, profile_id, dimension, dimension_value, period_kind) "
        "where hidden.suppressed_reason like '%fewer than 10 people%' and period_kind = 'month' "
        "and later.period_start = hidden.period_start + interval 1 month and later.value is not null"
    )[0]
    assert len(shown) > 20 and hidden > 100 and follow > 5
    assert left == told == 0


def test_what_a_few_customers_paid_cannot_be_solved_for() -> None:
    """Cohorts of persons, a third of them companies: neither a row nor a month's total less its other rows tells what fewer than 10 persons did."""
    random = np.random.default_rng(4)
    bought = [
        (f"customer/{number}", bool(number % 3), date(2026, int(month), int(random.integers(1, 28))), int(random.integers(10, 900)))
        for number in range(330)
        for first in [min(5, int(random.geometric(0.4)))]
        for month in sorted({first, *(first + random.integers(0, 7 - first, random.integers(0, 4)))})
    ]
    product = Product()
    columns = {
        "revenue_id": np.array([f"r{place}" for place in range(len(bought))]),
        "customer_key": np.array([key for key, *_ in bought]),
        "account_id": [None if is_person else key for key, is_person, *_ in bought],
        "date": np.array([day for _, _, day, _ in bought], dtype="datetime64[D]"),
    }
    columns["occurred_at"] = columns["date"].astype("datetime64[us]")
    product.give("int_purchases", columns)
    product.give("int_revenue_resolved", columns | {"amount_reporting": np.array([amount for *_, amount in bought], dtype=float)})
    product.rows("roi_cohorts")
    rows = product.connection.execute(
        "select cohort_month, month_number, customers, active, revenue from roi_cohorts order by 1, 2"
    ).fetchall()
    first = {key: min(day.month for other, _, day, _ in bought if other == key) for key, *_ in bought}
    persons = {key for key, is_person, *_ in bought if is_person}
    cells = {
        (cohort.month, cohort.month + number): {
            key for key, _, day, _ in bought if (first[key], day.month) == (cohort.month, cohort.month + number)
        }
        for cohort, number, *_ in rows
    }
    told = [cell for cell, (*_, revenue) in zip(cells, rows, strict=True) if revenue is not None]
    totals = [[float(cell[1] == month) for cell in cells] for month in range(1, 7)]
    known = np.array([[float(other == cell) for other in cells] for cell in told] + totals)
    small = [cell for cell, who in cells.items() if 0 < len(who & persons) < K]
    assert len(small) >= 3 and len(told) > 3
    assert not [cell for cell in small if _can_be_solved(known, np.array([float(other == cell) for other in cells]))]
    for (cell, who), (_, _, customers, active, _) in zip(cells.items(), rows, strict=True):
        of_cohort = persons & {key for key, month in first.items() if month == cell[0]}
        assert (customers is None) == (0 < len(of_cohort) < K)
        if active is not None:
            assert not 0 < len(who & persons) < K and not 0 < len(of_cohort - who) < K and active == len(who)
