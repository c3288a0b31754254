"""Yesterday's file minus today's: whoever keeps every publication learns nothing about what fewer than 10 people did between two of them."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from dbt_warehouse import DbtWarehouse

from calibration.product import Product
from pipelines.publish import publish, read_marts
from pipelines.settings import Settings

K = 10
WORLDS = 60
PUBLICATIONS = 5
MONTHS = [date(2026, month, 1) for month in range(1, 7)]
Atom = tuple[int, int]  # platform, month
Person = dict[Atom, int]  # what somebody said there


class World:
    """People of one audience over platforms and months; by every publication some came, some said more, and somebody was forgotten."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.platforms = int(random.integers(2, 6))
        self._random, self._weights = random, random.dirichlet(np.full(self.platforms, 0.6))
        people = {number: self._said() for number in range(int(random.integers(20, 150)))}
        self.states = [people]
        for _ in range(PUBLICATIONS - 1):
            people = {number: dict(said) for number, said in people.items()}
            for number in random.choice(sorted(people), int(random.integers(0, 8)), replace=False):
                people[int(number)][self._atom(late=True)] = int(random.integers(1, 9))
            for number in random.choice(sorted(people), int(random.integers(0, 3)), replace=False):
                del people[int(number)]
            # on most days a few, on some many
            came = int(random.integers(0, 60 if random.random() < 0.4 else 6))
            people |= {max(people) + 1 + place: self._said(late=True) for place in range(came)}
            self.states.append(people)

    def _atom(self, late: bool) -> Atom:
        months = [5] if late and self._random.random() < 0.7 else range(len(MONTHS))
        return int(self._random.choice(self.platforms, p=self._weights)), int(self._random.choice(months))

    def _said(self, late: bool = False) -> Person:
        return {self._atom(late): int(self._random.integers(1, 9)) for _ in range(int(self._random.integers(1, 4)))}


Cell = tuple[str, str, date | None]  # platform or all, kind of period, its start


def _cells_of(atom: Atom) -> Iterator[Cell]:
    month = MONTHS[atom[1]]
    for platform in (str(atom[0]), "all"):
        yield platform, "month", month
        yield platform, "quarter", date(2026, month.month - (month.month - 1) % 3, 1)
        yield platform, "year", date(2026, 1, 1)
        yield platform, "all", None


def _contributions(people: dict[int, Person]) -> dict[Cell, dict[int, Person]]:
    found: dict[Cell, dict[int, Person]] = defaultdict(lambda: defaultdict(dict))
    for number, said in people.items():
        for atom, count in said.items():
            for cell in _cells_of(atom):
                found[cell][number][atom] = count
    return found


def _rows(worlds: list[World], publication: int) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """What int_indicator_estimates and int_indicator_prints say of them."""
    estimates: dict[str, list[Any]] = defaultdict(list)
    prints: dict[str, list[Any]] = defaultdict(list)
    for number, world in enumerate(worlds):
        for (platform, kind, start), people in sorted(_contributions(world.states[publication]).items(), key=lambda item: str(item[0])):
            key = {"period_kind": kind, "period_start": start, "audience": f"{number}", "platform": platform}
            key |= {"profile_id": "all", "dimension": "all", "dimension_value": "all"}
            said = sum(sum(person.values()) for person in people.values())
            buckets: dict[int, int] = defaultdict(int)
            for person, of_person in people.items():
                buckets[person % 64] += hash((person, *sorted(of_person.items())))
            row = key | {"indicator": "response_rate_24h", "unit": "share", "numerator": said, "denominator": said, "n": said}
            row |= {"clusters": len(people) + 30, "people": len(people), "value": 1.0, "lo": 0.5, "hi": 1.0, "correlation": 0.0}
            for name, value in row.items():
                estimates[name].append(value)
            row = key | {"family": "response_rate_24h", "prints": sorted(at * 65536 + of % 65536 for at, of in buckets.items())}
            for name, value in row.items():
                prints[name].append(value)
    return estimates, prints


Told = dict[tuple[int, Cell], int]  # cells that show a number -> the publication whose number it is


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    return [World(seed) for seed in range(WORLDS)]


@pytest.fixture(scope="module")
def publications(worlds: list[World]) -> tuple[list[Told], int]:
    """What each publication shows, by the project's own models, in all worlds at once; and how many cells read otherwise when each is made once more."""
    product, found, anew = Product(), [], 0
    for publication in range(PUBLICATIONS):
        product.clock(f"2026-07-0{publication + 1} 12:00")
        product.forget("int_clock", "int_suppressed_cells", "int_indicators_shown", "int_indicators_told")
        for model, rows in zip(("int_indicator_estimates", "int_indicator_prints"), _rows(worlds, publication), strict=True):
            product.replace(model, rows)
        product.rows("int_indicators_told")
        rows = product.connection.execute(
            "select audience, platform, period_kind, period_start, counted_on from int_indicators_told where n is not null"
        ).fetchall()
        found.append({(int(world), (platform, kind, start)): on.day - 1 for world, platform, kind, start, on in rows})
        product.connection.execute("delete from goodwill__told_indicators")
        product.connection.execute("insert into goodwill__told_indicators by name from int_indicators_told")
        product.forget("int_indicators_told")
        product.rows("int_indicators_told")
        ((differing,),) = product.connection.execute(
            "select count(*) from (select cell, n, value, counted_on from int_indicators_told "
            "except select cell, n, value, counted_on from goodwill__told_indicators)"
        ).fetchall()
        anew += differing
    product.connection.close()
    return found, anew


@pytest.fixture(scope="module")
def told(publications: tuple[list[Told], int]) -> list[Told]:
    return publications[0]


def _changed(world: World, since: int, until: int) -> dict[Cell, int]:
    """How many people contribute otherwise to a cell."""
    before, after = (_contributions(world.states[at]) for at in (since, until))
    return {
        cell: sum(before[cell].get(person) != after[cell].get(person) for person in {*before[cell], *after[cell]})
        for cell in {*before, *after}
    }


class Attack:
    """Unknown are the first sum of every atom and what each publication added to it; every number that was shown is an equation."""

    def __init__(self, world: World) -> None:
        atoms = sorted({atom for people in world.states for said in people.values() for atom in said})
        self._at: dict[tuple[int, Atom], int] = {(0, atom): place for place, atom in enumerate(atoms)}
        for step, (before, after) in enumerate(pairwise(world.states), 1):
            for atom in atoms:
                if any(before.get(person, {}).get(atom) != after.get(person, {}).get(atom) for person in {*before, *after}):
                    self._at[step, atom] = len(self._at)
        self._inside: dict[Cell, list[Atom]] = defaultdict(list)
        for atom in atoms:
            for cell in _cells_of(atom):
                self._inside[cell].append(atom)

    def vector(self, cell: Cell, since: int, until: int) -> np.ndarray:
        """The sum of a cell of what publications `since` to `until` added."""
        made = np.zeros(len(self._at))
        for step in range(since, until + 1):
            for atom in self._inside[cell]:
                if (step, atom) in self._at:
                    made[self._at[step, atom]] = 1
        return made

    def solved(self, shown: set[tuple[Cell, int]], wanted: list[tuple[Cell, int, int]]) -> list[tuple[Cell, int, int]]:
        """Differences (cell, since, until) that follow from the numbers shown, (cell, publication) each."""
        if not wanted or not shown:
            return []
        _, sizes, base = np.linalg.svd(np.array([self.vector(cell, 0, at) for cell, at in shown]), full_matrices=False)
        base = base[sizes > 1e-9]
        targets = np.array([self.vector(cell, since + 1, until) for cell, since, until in wanted])
        rest = np.abs(targets - targets @ base.T @ base).max(axis=1)
        return [difference for difference, left in zip(wanted, rest, strict=True) if left < 1e-7]


def _solved(worlds: list[World], told: list[Told], kept: list[int]) -> tuple[int, int, int]:
    """Of who keeps these publications: how many differences of fewer than 10 people there are between any two of them, how many of those can be
    solved for, and how many could if everything were told anew each time."""
    wanted = found = unguarded = 0
    for number, world in enumerate(worlds):
        attack = Attack(world)
        changed = {(since, until): _changed(world, since, until) for until in kept for since in kept if since < until}
        small = [(cell, *step) for step, cells in changed.items() for cell, people in cells.items() if 0 < people < K]
        shown = {(cell, at) for place in kept for (of, cell), at in told[place].items() if of == number}
        wanted += len(small)
        found += len(attack.solved(shown, small))
        unguarded += len(attack.solved({(cell, at) for cell, _ in shown for at in kept}, small))
    return wanted, found, unguarded


def test_two_publications_do_not_tell_what_a_few_did(worlds: list[World], told: list[Told]) -> None:
    """The first two: nothing at all can be solved for, whatever the numbers are."""
    wanted, found, unguarded = _solved(worlds, told, [0, 1])
    assert unguarded > 500, (wanted, unguarded)
    assert found == 0


def test_later_ones_hardly_ever_do(worlds: list[World], told: list[Told]) -> None:
    """Cells that waited are of different days then, and once in a thousand times that tells (docs/decisions.md, 84)."""
    pairs = [_solved(worlds, told, [since, until]) for until in range(2, PUBLICATIONS) for since in range(until)]
    assert sum(found for _, found, _ in pairs) <= sum(wanted for wanted, _, _ in pairs) / 1000
    wanted, found, unguarded = _solved(worlds, told, list(range(PUBLICATIONS)))
    assert found <= wanted / 300 and unguarded > wanted / 4, (wanted, found, unguarded)


def test_a_day_that_is_run_again_tells_nothing_more(publications: tuple[list[Told], int]) -> None:
    """What waits because of a sum that was told goes on waiting: the sum without it would tell the rest."""
    assert publications[1] == 0


def test_a_row_of_its_own_never_tells(worlds: list[World], told: list[Told]) -> None:
    """Whatever was told before: where a cell reads anew, at least 10 people did something else since it last did."""
    steps = [
        _changed(world, publication[of, cell], following[of, cell])[cell]
        for publication, following in pairwise(told)
        for of, world in enumerate(worlds)
        for cell in [
            cell for number, cell in following if number == of and publication.get((of, cell), following[of, cell]) < following[of, cell]
        ]
    ]
    assert len(steps) > 200 and min(steps) >= K


def test_what_many_did_is_told(worlds: list[World], told: list[Told]) -> None:
    """Most of the cells in which enough has changed since the first day are told anew by the last."""
    due = [
        told[-1].get((number, cell), 0) > 0
        for number, world in enumerate(worlds)
        for cell, people in _changed(world, 0, PUBLICATIONS - 1).items()
        if people >= 1.5 * K and (number, cell) in told[-1]
    ]
    assert len(due) > 100 and sum(due) / len(due) > 0.6, f"{sum(due)} of {len(due)}"


Row = dict[str, Any]


def _asked(platform: str, people: range, at: datetime) -> Iterator[Row]:
    """A mention of each; every second one is answered within the hour."""
    for person in people:
        name = f"{platform}/{person}"
        own = {"platform": platform, "profile_id": "us", "audience": "clients", "thread_id": name}
        yield own | {"interaction_id": name, "occurred_at": at, "kind": "mention", "actor_key": f"client/{person}", "is_brand": False}
        if person % 2:
            answer = {"interaction_id": f"{name}/answer", "occurred_at": at + timedelta(minutes=30), "kind": "reply", "parent_id": name}
            yield own | answer | {"actor_key": "us", "addressee_key": f"client/{person}", "is_brand": True}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Publications one after the other: at first; one more client a day later; one of the first forgotten; twelve more clients."""
    folder = tmp_path_factory.mktemp("publications")
    warehouse = DbtWarehouse(folder)
    (mart,) = (mart for mart in read_marts() if mart.table == "relationships.indicators")
    found: dict[str, Path] = {}

    def told(name: str) -> None:
        warehouse.build(*(["+relationships_indicators"] if not found else ["+relationships_indicators,staging.files+"]))
        found[name] = folder / f"{name}.duckdb"
        publish(Settings(warehouse_path=warehouse.path, published_path=found[name], inbox_path=folder), [mart])

    may = datetime(2026, 5, 12, 9)
    warehouse.insert("interactions", *_asked("p", range(60), may), *_asked("q", range(60, 120), may))
    told("first")
    warehouse.insert("interactions", *_asked("p", range(901, 902), may))
    told("one more")
    warehouse.execute("delete from raw_files.interactions where actor_key = 'client/7' or addressee_key = 'client/7'")
    told("one forgotten")
    warehouse.insert("interactions", *_asked("p", range(1001, 1013), may))
    told("twelve more")
    return found


def _of(path: Path, platform: str) -> dict[str, tuple[Any, ...]]:
    cell = f"period_kind = 'month' and period_start = '2026-05-01' and platform = '{platform}' and dimension = 'all' and profile_id = 'all'"
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            f"select indicator, numerator, denominator, n, value, lo, hi from relationships.indicators where audience = 'clients' and {cell}"
        ).fetchall()
    return {indicator: tuple(numbers) for indicator, *numbers in rows}


def test_one_new_client_and_one_forgotten_change_nothing_that_is_published(files: dict[str, Path]) -> None:
    for platform in ("p", "q", "all"):
        first = _of(files["first"], platform)
        assert first["response_rate_24h"][:2] == ((30, 60) if platform != "all" else (60, 120))
        assert _of(files["one more"], platform) == first
        assert _of(files["one forgotten"], platform) == first


def test_twelve_are_told_and_with_them_whoever_waited(files: dict[str, Path]) -> None:
    """73 - 1 clients asked on p: 60, the one more, less the one forgotten, and twelve."""
    p, q, whole = (_of(files["twelve more"], platform)["response_rate_24h"][:2] for platform in ("p", "q", "all"))
    assert p == (36, 72) and q == (30, 60) and whole == (66, 132)
