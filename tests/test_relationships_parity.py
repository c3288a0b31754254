"""Are suppliers answered like clients: a person is one, however many kinds of message they write, in number and in variance."""

from collections.abc import Iterable
from math import hypot

import numpy as np
import pytest
from scipy import stats

from calibration.product import Product

ASKED = np.datetime64("2026-05-04T09:00", "us")
Asked = tuple[str, int, str, int]  # audience, person, kind, how often
AUDIENCES = ("suppliers", "clients")


def estimates(requests: Iterable[tuple[Asked, int]]) -> dict[str, float]:
    """int_parity_estimates of what was asked, and how much of each was answered within the day."""
    rows = [(*asked, n < answered) for asked, answered in requests for n in range(asked[3])]
    product = Product()
    product.give("int_message_cells", {"cell_no": np.arange(2, dtype=np.uint64), "audience": np.array(AUDIENCES)})
    columns = {
        "unit": np.full(len(rows), "message_burst"),
        "cell_no": np.array([AUDIENCES.index(audience) for audience, *_ in rows], dtype=np.uint64),
        "actor_no": np.array([1000 * AUDIENCES.index(audience) + person for audience, person, *_ in rows], dtype=np.uint64),
        "kind": np.array([kind for _, _, kind, *_ in rows]),
        "month": np.full(len(rows), ASKED.astype("datetime64[M]").astype("datetime64[D]")),
        "is_deleted": np.zeros(len(rows), dtype=bool),
        "asked_at": np.full(len(rows), ASKED),
        "answered_at": np.array([ASKED + np.timedelta64(1, "h") if is_answered else np.datetime64("NaT") for *_, is_answered in rows]),
    }
    product.give("int_response_times", columns)
    found = product.rows("int_parity_estimates", "select n, clusters, value, lo, hi from {name}")
    product.connection.close()
    return {name: float(column[0]) for name, column in found.items()}


def newcombe(sides: list[tuple[float, float, int]]) -> tuple[float, float]:
    """Limits of the difference of two shares, (share, effective n, persons) each."""
    limits = []
    for p, n, persons in sides:
        t = stats.t.ppf(0.975, persons - 1)
        half = t * np.sqrt(p * (1 - p) / n + t * t / (4 * n * n))
        limits.append(((p + t * t / (2 * n) - half) / (1 + t * t / n), (p + t * t / (2 * n) + half) / (1 + t * t / n)))
    (p, _, _), (q, _, _) = sides
    (low, high), (low_q, high_q) = limits
    return p - q - hypot(p - low, high_q - q), p - q + hypot(high - p, q - low_q)


def test_two_kinds_that_are_answered_alike_say_no_more_than_one() -> None:
    """40 people of each side, two messages each, both answered or none: as 40 messages, with t(39)."""
    found = estimates(
        ((audience, person, kind, 1), person < answered)
        for audience, answered in (("suppliers", 20), ("clients", 30))
        for person in range(40)
        for kind in ("dm", "mention")
    )
    assert (found["n"], found["clusters"], found["value"]) == (160, 40, -0.25)
    assert (found["lo"], found["hi"]) == pytest.approx(newcombe([(0.5, 40, 40), (0.75, 40, 40)]), abs=1e-5)


def test_two_kinds_that_are_all_answered_say_no_more_than_one() -> None:
    found = estimates(((audience, person, kind, 1), 1) for audience in AUDIENCES for person in range(40) for kind in ("dm", "mention"))
    assert (found["lo"], found["hi"]) == pytest.approx(newcombe([(1, 40, 40), (1, 40, 40)]), abs=1e-5)


def test_other_people_of_another_kind_are_other_people() -> None:
    """The same messages of 80 people on each side: as 80, with t(79)."""
    found = estimates(
        ((audience, 40 * place + person, kind, 1), person < answered)
        for audience, answered in (("suppliers", 20), ("clients", 30))
        for person in range(40)
        for place, kind in enumerate(("dm", "mention"))
    )
    assert (found["n"], found["clusters"], found["value"]) == (160, 80, -0.25)
    assert (found["lo"], found["hi"]) == pytest.approx(newcombe([(0.5, 80, 80), (0.75, 80, 80)]), abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_the_variance_is_that_of_one_number_per_person(seed: int) -> None:
    """Uneven people, three kinds, each person rather answered or rather not: against the sum over people, worked out one by one."""
    random = np.random.default_rng(seed)
    requests = []
    for audience, people in (("suppliers", 40), ("clients", 70)):
        for person in range(people):
            share = random.beta(0.8, 0.8)
            for kind in ("comment", "dm", "mention"):
                asked = int(random.poisson(1.5))
                if asked:
                    requests.append(((audience, person, kind, asked), int(random.binomial(asked, share))))
    mix = {kind: sum(m for (of, _, on, m), _ in requests if (of, on) == ("suppliers", kind)) for kind in ("comment", "dm", "mention")}
    sides = []
    for audience in AUDIENCES:
        surprises: dict[int, float] = {}
        rate = 0.0
        for kind, weight in mix.items():
            mine = {person: (m, x) for (of, person, on, m), x in requests if (of, on) == (audience, kind)}
            m, x = (np.array([both[place] for both in mine.values()], dtype=float) for place in (0, 1))
            share, k, asked = x.sum() / m.sum(), len(m), m.sum()
            rate += weight * share / sum(mix.values())
            scale = np.sqrt(k / (k - 1) * (asked - 1) / asked)
            for person, surprise in zip(mine, scale * weight / sum(mix.values()) / asked * (x - share * m), strict=True):
                surprises[person] = surprises.get(person, 0.0) + surprise
        sides.append((rate, rate * (1 - rate) / sum(surprise**2 for surprise in surprises.values()), len(surprises)))
    found = estimates(requests)
    assert found["clusters"] == min(persons for *_, persons in sides)
    assert (found["lo"], found["hi"]) == pytest.approx(newcombe(sides), abs=1e-5)
