"""Journeys and costs as hypothesis draws and shrinks them -> what must hold whatever the data, in the models' own SQL.

The models are built of no rows once; each example then fills the ones it is about and runs those that follow, in milliseconds.
tests/test_roi_properties.py does the same to a whole company through dbt.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calibration.product import Product, sql_of

AT = datetime(2026, 5, 1, 12)
DAY = 86_400
LOOKBACKS = (7, 30, 90, None)
CHANNELS = ("social", "email", "direct")
CHAINS = [(chain, channel, 10**11 * (1 + chain + 3 * place)) for chain in range(4) for place, channel in enumerate(CHANNELS)]
Row = tuple[Any, ...]
# revenue and margin in 1e-4 of the currency, and per touch its channel and how many seconds before the sale it was
MONEY = st.none() | st.integers(-(10**6), 10**14) | st.integers(0, 10**6).map(lambda cents: 100 * cents)
SECONDS = st.sampled_from([0, 1, 7 * DAY, 7 * DAY + 1, 30 * DAY, 90 * DAY]) | st.integers(0, 95 * DAY)
# a deal: how long before its end it was created, and its contact
DEAL = st.none() | st.tuples(SECONDS, st.none() | SECONDS)
SALE = st.tuples(MONEY, MONEY, st.lists(st.tuples(st.sampled_from(CHANNELS), SECONDS), max_size=9), DEAL)
COSTS = st.lists(
    st.tuples(
        st.sampled_from(["ad_spend", "staff", "tools"]),
        st.sampled_from(["social", "email", None]),
        st.integers(0, 10**9),
        st.integers(0, 100),
        st.integers(0, 70),
        st.none() | st.integers(0, 500),
    ),
    min_size=1,
    max_size=6,
)
EXAMPLES = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Chain:
    """Models of the house that follow one another; `rows` runs them on the rows of the first."""

    def __init__(self, *models: str) -> None:
        self.product = Product()
        self.product.rows(models[-1], "select 1 from {name} limit 1")
        self.sql = {name: sql_of(name) for name in models}

    def fill(self, name: str, columns: str, rows: list[Row]) -> None:
        self.product.connection.execute(f"delete from {name}")
        if rows:
            self.product.connection.executemany(f"insert into {name} ({columns}) values ({', '.join('?' for _ in rows[0])})", rows)

    def rows(self, query: str) -> list[Row]:
        for name, sql in self.sql.items():
            self.product.connection.execute(f"create or replace table {name} as {sql}")
        return self.product.connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def credit() -> Chain:
    chain = Chain("int_credit_touches", "int_credit_shares", "roi_attribution_credits")
    chain.fill("int_markov_effects", "chain_id, channel, weight", CHAINS)
    return chain


@pytest.fixture(scope="module")
def cost() -> Chain:
    return Chain("int_cost_days", "int_channel_cost_months")


def _money(units: int | None) -> Decimal | None:
    return None if units is None else Decimal(units).scaleb(-4)


def _own(deal: Any) -> int:
    """Seconds that a sale's own lookback reaches back: a deal's begins 90 days before it was created."""
    return 30 * DAY if deal is None else deal[0] + 90 * DAY


def _credits(chain: Chain, sales: list[Any], order: int = 1) -> list[Row]:
    def before(seconds: int | None) -> datetime | None:
        return None if seconds is None else AT - timedelta(seconds=seconds)

    conversions = [
        (
            f"c{n}",
            "order",
            f"p{n}",
            AT,
            date(2026, 5, 1),
            _money(revenue),
            _money(margin),
            before(_own(deal)),
            *map(before, deal or (None, None)),
        )
        for n, (revenue, margin, _, deal) in enumerate(sales)
    ]
    journeys = [
        (f"c{n}", f"c{n}-{place}", channel, AT - timedelta(seconds=seconds), seconds)
        for n, (_, _, touches, deal) in enumerate(sales)
        for place, (channel, seconds) in enumerate(touches)
        if seconds <= max(90 * DAY, _own(deal))
    ]
    columns = "conversion_id, kind, customer_key, converted_at, converted_month, revenue, contribution_margin, own_window_starts_at, opportunity_created_at, contact_created_at"
    chain.fill("int_conversions", columns, conversions[::order])
    chain.fill("int_journeys", "conversion_id, touch_id, channel, touched_at, seconds_before", journeys[::order])
    return chain.rows(
        "select conversion_id, model, lookback_days, touch_id, channel, credit, booked_revenue, booked_margin from roi_attribution_credits order by all"
    )


def _expected(model: str, touches: list[Any], lookback: int | None, deal: Any) -> list[float]:
    """Written anew from METRICS section 3; first touch first."""
    n, channels = len(touches), [channel for channel, _ in touches]
    if model in ("first", "last"):
        return [float(place == (0 if model == "first" else n - 1)) for place in range(n)]
    if model == "w_shaped":
        shares: dict[int, float] = defaultdict(float)
        shares[0] += 0.3
        for created in deal:
            before = [place for place, (_, seconds) in enumerate(touches) if created is not None and seconds >= created]
            if before:
                shares[before[-1]] += 0.3
        weighed = [shares[place] if place in shares else 0.1 / (n - len(shares)) for place in range(n)]
        return [share / sum(weighed) for share in weighed]
    if model == "position" and n > 2:
        return [0.4, *[0.2 / (n - 2)] * (n - 2), 0.4]
    chain = LOOKBACKS.index(lookback) + 1 if lookback else 0
    effects = {channel: weight for number, channel, weight in CHAINS if number == chain}
    weights = {
        "linear": lambda _channel, _seconds: 1.0,
        "position": lambda _channel, _seconds: 1.0,
        "time_decay": lambda _channel, seconds: 2 ** (-(seconds - touches[-1][1]) / (7 * DAY)),
        "shapley": lambda channel, _seconds: 1 / channels.count(channel),
        "markov": lambda channel, _seconds: effects[channel] / channels.count(channel),
    }[model]
    found = [weights(channel, seconds) for channel, seconds in touches]
    return [weight / sum(found) for weight in found]


@EXAMPLES
@given(sales=st.lists(SALE, min_size=1, max_size=8))
def test_credit_is_what_the_rules_say_and_adds_up_with_its_money(credit: Chain, sales: list[Any]) -> None:
    sums: dict[Row, list[Any]] = defaultdict(lambda: [Decimal(0), Decimal(0), Decimal(0)])
    found: dict[Row, dict[str | None, float]] = defaultdict(dict)
    for conversion, model, lookback, touch, _channel, part, revenue, margin in _credits(credit, sales):
        key = (conversion, model, lookback)
        found[key][touch] = float(part)
        sums[key] = [None if value is None else total + value for total, value in zip(sums[key], (part, revenue, margin), strict=True)]
    keys = set()
    for n, (revenue, margin, touches, deal) in enumerate(sales):
        rules = ["first", "last", "linear", "position", "time_decay", "shapley", "markov", *(["w_shaped"] if deal else [])]
        ids = sorted(
            ((seconds, f"c{n}-{place}", channel) for place, (channel, seconds) in enumerate(touches)), key=lambda row: (-row[0], row[1])
        )
        for lookback in LOOKBACKS:
            inside = [row for row in ids if row[0] <= (lookback * DAY if lookback else _own(deal))]
            for rule in rules:
                key = (f"c{n}", rule, lookback)
                keys.add(key)
                assert sums[key] == [1, _money(revenue), _money(margin)]
                shares = _expected(rule, [(channel, seconds) for seconds, _, channel in inside], lookback, deal) if inside else [1.0]
                expected = dict(zip([row[1] for row in inside] or [None], shares, strict=True))
                assert found[key].keys() <= expected.keys()
                # what is below 1e-12 has no row
                assert [found[key].get(touch, 0.0) for touch in expected] == pytest.approx(list(expected.values()), abs=2e-11)
    assert found.keys() == keys


@EXAMPLES
@given(sales=st.lists(SALE, min_size=1, max_size=4))
def test_the_order_of_rows_changes_nothing(credit: Chain, sales: list[Any]) -> None:
    assert _credits(credit, sales) == _credits(credit, sales, order=-1)


@EXAMPLES
@given(sales=st.lists(SALE, min_size=1, max_size=3), stranger=SALE)
def test_a_stranger_in_a_channel_of_his_own_changes_nothing_for_the_others(credit: Chain, sales: list[Any], stranger: Any) -> None:
    revenue, margin, touches, deal = stranger
    others = _credits(credit, sales)
    together = _credits(credit, [*sales, (revenue, margin, [("event", seconds) for _, seconds in touches], deal)])
    assert [row for row in together if row[0] != f"c{len(sales)}"] == others


@EXAMPLES
@given(sales=st.lists(SALE, min_size=1, max_size=3), unit=st.sampled_from([2, 10, 100]))
def test_another_unit_of_money_moves_no_credit_and_its_money_by_the_cent(credit: Chain, sales: list[Any], unit: int) -> None:
    """So that ROI stays what it was: 1 yen or 100 sen."""

    def times(money: int | None) -> int | None:
        return None if money is None else money * unit

    before = _credits(credit, sales)
    after = _credits(credit, [(times(revenue), times(margin), *rest) for revenue, margin, *rest in sales])
    for one, other in zip(before, after, strict=True):
        assert one[:6] == other[:6]
        for a, b in zip(one[6:], other[6:], strict=True):
            assert (a is None and b is None) or abs(a * unit - b) <= Decimal("0.02") * (unit + 1)


@EXAMPLES
@given(costs=COSTS)
def test_cost_is_conserved_to_the_cent_over_days_months_and_channels(cost: Chain, costs: list[Any]) -> None:
    def rows(order: int) -> list[Row]:
        first = date(2026, 1, 1)
        listed = [
            (
                f"k{n}",
                kind,
                channel,
                _money(amount),
                "USD",
                None if hours is None else Decimal(hours),
                *(first + timedelta(days=day) for day in (start, start + days)),
            )
            for n, (kind, channel, amount, start, days, hours) in enumerate(costs)
        ]
        cost.fill("int_costs", "cost_id, kind, channel, amount, currency, hours, period_start, period_end", listed[::order])
        return cost.rows(
            "select month, channel, kind, amount, allocated_shared, full_cost, hours from int_channel_cost_months order by all"
        )

    months = rows(1)
    assert rows(-1) == months
    days = cost.product.connection.execute("select cost_id, sum(amount), count(*) from int_cost_days group by 1 order by 1").fetchall()
    assert days == [(f"k{n}", _money(amount), length + 1) for n, (_, _, amount, _, length, _) in enumerate(costs)]
    assert sum(row[3] or 0 for row in months) == sum(_money(amount) or 0 for _, _, amount, *_ in costs)
    for month, kind in {(row[0], row[2]) for row in months}:
        here = [row for row in months if (row[0], row[2]) == (month, kind)]
        shared = sum(row[3] for row in here if row[1] == "shared")
        allocated = [row[4] for row in here if row[4] is not None]
        assert not allocated or sum(allocated) == shared
        own = sum(row[3] or 0 for row in here if row[1] != "shared")
        assert sum(row[5] or 0 for row in here) == own + sum(allocated)
