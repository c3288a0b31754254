"""Help among colleagues: no share of which a few are a side, and no few people of overlapping teams, follow from what is shown, by whatever sum."""

from typing import Any

import numpy as np
import pytest

from calibration.product import Product

K, SIDE = 10, 3
WORLDS = 40
FIRST_YEAR = 1960  # a company is a year, since all questions of colleagues are one audience's
Cell = tuple[str, int, str]  # kind of period, its number in the year, team or all
Atom = tuple[int, tuple[str, ...]]  # month, teams
Question = tuple[int, str, tuple[str, ...], bool]  # month, person, teams, whether it was answered


def _asked(seed: int) -> list[Question]:
    """Teams of uneven size, some of them within another; a few people, or many, are in two or none; some teams are nearly always answered."""
    random = np.random.default_rng(seed)
    teams = [f"t{number}" for number in range(int(random.integers(2, 6)))]
    inner = random.random() < 0.3
    answered = {team: float(random.choice([0.5, 0.97])) for team in teams}
    others = [int(random.choice([0, 1, 4, 15])) for _ in range(2)]
    people: list[tuple[str, ...]] = [(team,) for team in teams for _ in range(int(random.integers(8, 50)))]
    people += [tuple(sorted(random.choice(teams, 2, replace=False))) for _ in range(others[0])] + [()] * others[1]
    if inner:
        people = [(*of, "inner") if of[:1] == ("t0",) and random.random() < 0.6 else of for of in people]
    return [
        (int(random.integers(6)), f"{seed}/{person}", of, bool(random.random() < (answered[of[0]] if of else 0.5)))
        for person, of in enumerate(people)
        for _ in range(int(random.integers(1, 4)))
    ]


def _rows(asked: list[tuple[int, *Question]]) -> dict[str, Any]:
    """Rows of int_questions, of (year, *question)."""
    return {
        "platform": np.full(len(asked), "chat"),
        "interaction_id": np.arange(len(asked)).astype(str),
        "month": np.array([f"{year}-{1 + month:02}-01" for year, month, *_ in asked], dtype="datetime64[D]"),
        "person_key": np.array([person for _, _, person, *_ in asked]),
        "teams": [list(teams) or None for *_, teams, _ in asked],
        "is_answered": np.array([is_answered for *_, is_answered in asked]),
        "is_answered_by_another_team": np.zeros(len(asked), dtype=bool),
    }


@pytest.fixture(scope="module")
def worlds() -> list[list[Question]]:
    return [_asked(seed) for seed in range(WORLDS)]


@pytest.fixture(scope="module")
def cells(worlds: list[list[Question]]) -> list[dict[Cell, str | None]]:
    """Of each company the cells of peer_help_rate, and why a cell is hidden; whoever is beside the teams is never shown, and is no cell of a team."""
    product = Product()
    product.give("int_questions", _rows([(FIRST_YEAR + year, *question) for year, world in enumerate(worlds) for question in world]))
    product.rows("int_suppressed_cells")
    found = product.connection.execute(
        """
        select period_kind, period_start, dimension_value, suppressed_reason, suppressed.people is null
        from int_indicator_estimates as estimates
        left join int_suppressed_cells as suppressed
            using (indicator, period_kind, period_start, audience, platform, profile_id, dimension, dimension_value)
        where indicator = 'peer_help_rate' and platform = 'all' and period_kind <> 'all' and dimension_value <> '(several teams or none)'
        """
    ).fetchall()
    product.connection.close()
    told: list[dict[Cell, str | None]] = [{} for _ in worlds]
    for kind, start, team, reason, is_shown in found:
        place = {"month": start.month - 1, "quarter": (start.month - 1) // 3, "year": 0}[kind]
        told[start.year - FIRST_YEAR][kind, place, team] = None if is_shown else reason
    return told


def _holds(cell: Cell, atom: Atom) -> bool:
    kind, place, team = cell
    month, teams = atom
    return {"month": month, "quarter": month // 3, "year": 0}[kind] == place and (team == "all" or team in teams)


def _follow(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Which rows of `wanted` lie in the row space of `known`."""
    if not len(known) or not len(wanted):
        return np.zeros(len(wanted), dtype=bool)
    _, sizes, base = np.linalg.svd(known, full_matrices=False)
    base = base[sizes > 1e-9]
    return np.asarray(np.abs(wanted - wanted @ base.T @ base).max(axis=1) < 1e-7)


def _matrix(cells: list[Cell], atoms: list[Atom]) -> np.ndarray:
    return np.array([[float(_holds(cell, atom)) for atom in atoms] for cell in cells]).reshape(-1, len(atoms))


def test_no_few_people_of_teams_follow_from_what_is_shown(worlds: list[list[Question]], cells: list[dict[Cell, str | None]]) -> None:
    """Whatever the numbers are: neither people of the same teams in a month, nor in all months together, if they are fewer than 10."""
    naive = solved = small = 0
    for world, told in zip(worlds, cells, strict=True):
        asked: dict[Atom, set[str]] = {}
        for month, person, teams, _ in world:
            asked.setdefault((month, teams), set()).add(person)
        atoms = sorted(asked)
        of_teams = {teams: set().union(*(asked[atom] for atom in atoms if atom[1] == teams)) for _, teams in atoms}
        wanted = [[float(atom == other) for other in atoms] for atom in atoms if len(asked[atom]) < K]
        wanted += [[float(of == teams) for _, of in atoms] for teams, people in of_teams.items() if len(people) < K]
        shown = [cell for cell, reason in told.items() if reason is None]
        large = [cell for cell in told if len(set().union(*(asked[atom] for atom in atoms if _holds(cell, atom)))) >= K]
        small += len(wanted)
        naive += _follow(_matrix(large, atoms), np.array(wanted)).sum()
        solved += _follow(_matrix(shown, atoms), np.array(wanted)).sum()
    assert naive > 50, (naive, small)
    assert solved == 0


def test_no_sum_of_what_is_shown_of_a_year_is_of_a_few(worlds: list[list[Question]], cells: list[dict[Cell, str | None]]) -> None:
    """Not only groups of the same teams: any sum of company and teams in which nobody is left but people of rare combinations is of 10 or more."""
    left = []
    for world, told in zip(worlds, cells, strict=True):
        asked: dict[Atom, set[str]] = {}
        for _, person, teams, _ in world:
            asked.setdefault((0, teams), set()).add(person)
        atoms = sorted(asked)
        known = _matrix([cell for cell, reason in told.items() if reason is None and cell[0] == "year"], atoms)
        heavy = np.array([len(asked[atom]) >= K for atom in atoms])
        # what vanishes on everybody but the rare combinations
        _, sizes, rows = np.linalg.svd(known[:, heavy].T) if len(known) else (None, np.zeros(0), np.zeros((0, 0)))
        for weights in rows[(sizes > 1e-9).sum() :]:
            rest = np.abs(weights @ known) > 1e-7
            if rest.any():
                left.append(len(set().union(*(asked[atom] for atom, is_left in zip(atoms, rest, strict=True) if is_left))))
    assert min(left) >= K


def test_no_side_of_fewer_than_three_follows_from_what_is_shown(worlds: list[list[Question]], cells: list[dict[Cell, str | None]]) -> None:
    one_sided = naive = 0
    for world, told in zip(worlds, cells, strict=True):
        atoms = sorted({(month, teams) for month, _, teams, _ in world})
        sides = {
            cell: [
                len({person for month, person, teams, is_answered in world if is_answered == side and _holds(cell, (month, teams))})
                for side in (True, False)
            ]
            for cell in told
        }
        wanted = [cell for cell, both in sides.items() if min(both) < SIDE]
        shown = [cell for cell, reason in told.items() if reason is None]
        assert not set(wanted) & set(shown)
        one_sided += len(wanted)
        others = [cell for cell, reason in told.items() if reason is None or (cell not in wanted and reason.startswith("would tell"))]
        naive += _follow(_matrix(others, atoms), _matrix(wanted, atoms)).sum()
        assert not _follow(_matrix(shown, atoms), _matrix(wanted, atoms)).any()
    assert one_sided > 100 and naive > 20, (one_sided, naive)


def test_much_stays_to_be_shown(cells: list[dict[Cell, str | None]]) -> None:
    years = [reason for told in cells for (kind, _, team), reason in told.items() if kind == "year" and team.startswith("t")]
    assert sum(reason is None for reason in years) / len(years) > 0.4, years


class Publications:
    """What is told of the help among colleagues in May 2026, one publication after the other."""

    def __init__(self) -> None:
        self._product, self._day = Product(), 1

    def tell(self, asked: list[Question]) -> dict[str, tuple[Any, ...]]:
        """By team, or all: questions answered, questions, why there is no number."""
        self._day += 1
        self._product.clock(f"2026-06-{self._day:02} 12:00")
        rest = ("answer_persons", "answer_sums", "indicator_estimates", "indicator_prints", "suppressed_cells", "indicators_shown")
        self._product.forget("int_clock", *(f"int_{name}" for name in rest), "int_indicators_told", "relationships_indicators")
        self._product.replace("int_questions", _rows([(2026, *question) for question in asked]))
        self._product.rows("relationships_indicators")
        connection = self._product.connection
        connection.execute("delete from goodwill__told_indicators")
        connection.execute("insert into goodwill__told_indicators by name from int_indicators_told")
        found = connection.execute(
            "select dimension_value, numerator, denominator, suppressed_reason from relationships_indicators "
            "where indicator = 'peer_help_rate' and platform = 'all' and period_kind = 'month'"
        ).fetchall()
        return {team: tuple(numbers) for team, *numbers in found}


def _once_each(team: str, people: int, answered: int, name: str = "") -> list[Question]:
    return [(4, f"{team}{name}/{person}", tuple(team.split("+")) if team else (), person < answered) for person in range(people)]


ONE_SIDED, BY_SUBTRACTION = "fewer than 3 on a side of a share of colleagues", "would tell a group of fewer than 10 people by subtraction"


def test_a_team_in_which_one_was_not_answered_is_not_told_nor_follows() -> None:
    """29 of 30 in a; 25 of 31 in b, which goes with it; 20 of 40 in c and 74 of 101 in all stay."""
    told = Publications().tell(_once_each("a", 30, 29) + _once_each("b", 31, 25) + _once_each("c", 40, 20))
    hidden = (None, None)
    assert told == {"a": (*hidden, ONE_SIDED), "b": (*hidden, BY_SUBTRACTION), "c": (20, 40, None), "all": (74, 101, None)}


@pytest.mark.parametrize("answered", [0, 2, 38, 40])
def test_a_company_in_which_hardly_anybody_was_answered_or_not_is_not_told(answered: int) -> None:
    assert Publications().tell(_once_each("", 40, answered)) == {"all": (None, None, ONE_SIDED)}
    assert Publications().tell(_once_each("", 40, 3)) == {"all": (3, 40, None)}


def test_many_questions_of_two_people_are_two_people() -> None:
    asked = _once_each("", 40, 40) + [(4, f"/{person}", (), False) for person in range(2) for _ in range(9)]
    assert Publications().tell(asked) == {"all": (None, None, ONE_SIDED)}


def test_one_colleague_of_two_teams_does_not_follow_from_their_sum() -> None:
    """A question counts in each team of whoever asked, and once in the company: 41 + 46 - 86 would be the one of both."""
    told = Publications().tell(_once_each("a", 40, 20) + _once_each("b", 45, 20) + _once_each("a+b", 1, 1))
    assert told["all"] == (41, 86, None) and told["b"] == (21, 46, None)
    assert told["a"] == (None, None, BY_SUBTRACTION)
    many = Publications().tell(_once_each("a", 40, 20) + _once_each("b", 45, 20) + _once_each("a+b", 12, 6))
    assert (many["all"], many["a"], many["b"]) == ((46, 97, None), (26, 52, None), (26, 57, None))


def test_what_a_publication_adds_has_three_on_each_side_too() -> None:
    """Ten more of a wait while all of them were answered: the file less yesterday's would say so of each of them."""
    first = _once_each("a", 40, 20) + _once_each("b", 45, 20)
    files = Publications()
    told = files.tell(first)
    assert (told["all"], told["a"], told["b"]) == ((40, 85, None), (20, 40, None), (20, 45, None))
    assert files.tell(first + _once_each("a", 10, 10, "more")) == told
    assert files.tell(first + _once_each("a", 10, 8, "more")) == told
    anew = files.tell(first + _once_each("a", 10, 7, "more"))
    assert (anew["all"], anew["a"], anew["b"]) == ((47, 95, None), (27, 50, None), (20, 45, None))


def test_one_more_of_no_team_does_not_follow_from_two_publications() -> None:
    """Ten more of a and one of none: the company less a would tell that one, so a waits, or the company does."""
    first = _once_each("a", 40, 20) + _once_each("b", 45, 20) + _once_each("", 20, 10)
    files = Publications()
    told = files.tell(first)
    anew = files.tell(first + _once_each("a", 12, 6, "more") + _once_each("", 1, 1, "more"))
    assert told["all"] == (50, 105, None) and told["a"] == (20, 40, None)
    assert anew["all"] == told["all"] or anew["a"] == told["a"]
    assert anew["b"] == told["b"] == (20, 45, None)
