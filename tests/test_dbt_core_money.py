"""Amounts -> parts and worth: the macros split to the cent, convert and round as the model promises, on any amount."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_warehouse import DbtWarehouse

AMOUNTS = st.decimals(-(10**10), 10**10, places=4)
WEIGHTS = st.lists(st.one_of(st.integers(0, 1000), st.integers(0, 10**15)), min_size=1, max_size=12).filter(
    lambda weights: sum(weights) > 0
)
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> str:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("split"))
    return warehouse.compiled(
        "select part, share from ({{ split_cents('parts', {'share': 'amount'}, 'weight', 'total', 'whole', 'part') }}) order by part"
    )


@pytest.fixture(scope="module")
def convert(tmp_path_factory: pytest.TempPathFactory) -> str:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("convert"))
    return warehouse.compiled("select {{ convert('amount', 'rate') }} as worth from amounts")


def _largest_remainder(amount: Decimal, weights: list[int]) -> list[Decimal]:
    sign = -1 if amount < 0 else 1
    cents = abs(amount).quantize(CENT, ROUND_DOWN)
    total = sum(map(Fraction, weights))
    exact = [Fraction(cents) * 100 * Fraction(weight) / total for weight in weights]
    whole = [int(part) for part in exact]
    order = sorted(range(len(weights)), key=lambda part: (exact[part] - whole[part], part), reverse=True)
    for part in order[: int(cents * 100) - sum(whole)]:
        whole[part] += 1
    shares = [sign * part * CENT for part in whole]
    shares[-1] += amount - sign * cents
    return shares


@settings(deadline=None, max_examples=60)
@given(AMOUNTS, WEIGHTS)
def test_parts_add_up_and_follow_the_largest_remainder(split: str, amount: Decimal, weights: list[int]) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table parts (whole int, part int, amount decimal(18, 4), weight bigint, total bigint)")
        connection.executemany(
            "insert into parts values (1, ?, ?, ?, ?)", [(part, amount, weight, sum(weights)) for part, weight in enumerate(weights)]
        )
        shares = [share for _, share in connection.execute(split).fetchall()]
    assert sum(shares) == amount
    assert shares == _largest_remainder(amount, weights)


@settings(deadline=None, max_examples=60)
@given(AMOUNTS, st.decimals("0.000000000001", 100_000, places=12))
def test_worth_is_rounded_half_away_from_zero(convert: str, amount: Decimal, rate: Decimal) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table amounts as select ?::decimal(18, 4) as amount, ?::decimal(38, 12) as rate", [amount, rate])
        exact = Fraction(amount) * Fraction(rate)
        if abs(exact) >= 10**14:
            with pytest.raises(duckdb.Error):  # loud: no amount of money is cut off
                connection.execute(convert)
            return
        (worth,) = connection.execute(convert).fetchone() or ()
    assert worth == (Decimal(exact.numerator * 10**16 // exact.denominator) / 10**16).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def test_published_doubles_have_ten_digits(tmp_path: Path) -> None:
    sql = DbtWarehouse(tmp_path).compiled("select {{ published_double('x') }}, {{ ratio('n', 'd') }} from numbers")
    with duckdb.connect() as connection:
        connection.execute(
            "create table numbers as select * from (values (1/3, 2, 3), (0.1 + 0.2, 1, 0), (-2/3 * 1e-20, null, 3), (null, 1, null)) t (x, n, d)"
        )
        assert connection.execute(sql).fetchall() == [(0.3333333333, 0.6666666667), (0.3, None), (-6.666666667e-21, None), (None, None)]
