"""Whole companies as hypothesis draws them -> what may not change a number of the ROI marts, twenty companies in each build.

Each company has people and channels of its own, so that one build answers for all of them; rows are given to the models of the file drop.
tests/test_roi_drawn.py draws single journeys, tests/test_roi_properties.py takes one company through dbt.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from calibration.product import Product
from tests.roi_company import month_cost, order, refund, touch

START = datetime(2026, 1, 20, 12)
CHANNELS = ("social", "email", "direct")
Rows = list[dict[str, Any]]
Company = dict[str, Rows]

CENTS = st.integers(1, 10**7)
# channel, and how many hours before the sale
TOUCHES = st.lists(st.tuples(st.sampled_from(CHANNELS), st.sampled_from([0, 1, 7 * 24]) | st.integers(0, 95 * 24)), max_size=4)
# buyer, day, amount, what the goods cost, per cent given back a month later, touches
SALE = st.tuples(
    st.integers(0, 2), st.integers(0, 120), CENTS, st.none() | st.integers(0, 10**6), st.sampled_from([0, 0, 30, 100]), TOUCHES
)
COST = st.tuples(st.sampled_from(["ad_spend", "staff", "tools"]), st.sampled_from([*CHANNELS, None]), st.integers(1, 6), CENTS)
COMPANIES = st.lists(st.tuples(st.lists(SALE, min_size=1, max_size=3), st.lists(COST, max_size=3)), min_size=20, max_size=20)
EXAMPLES = settings(
    max_examples=1,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a build takes seconds: a fault is told as it was drawn
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow, HealthCheck.large_base_example],
)
MONTHS = "select * exclude (is_demo) from {name} order by all"


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _rows(companies: list[Any]) -> Company:
    made: Company = {"touches": [], "revenue": [], "costs": []}
    for number, (sales, costs) in enumerate(companies):
        for place, (buyer, day, amount, goods, given_back, touches) in enumerate(sales):
            person, name, at = f"{number}-{buyer}", f"{number}-{place}", START + timedelta(days=day)
            cost_of_goods = None if goods is None else _money(goods)
            made["revenue"].append(order(name, person, at) | {"amount": _money(amount), "cost_of_goods": cost_of_goods})
            if given_back:
                back = -_money(amount * given_back // 100)
                made["revenue"].append(refund(f"{name}-back", name, at + timedelta(days=30), 0) | {"amount": back})
            for step, (channel, hours) in enumerate(touches):
                made["touches"].append(touch(f"{name}-{step}", person, at - timedelta(hours=hours), f"{channel} {number}"))
        for place, (kind, channel, month, amount) in enumerate(costs):
            of = None if channel is None else f"{channel} {number}"
            made["costs"].append(month_cost(f"{number}-{place}", date(2026, month, 1), kind, 0, of) | {"amount": _money(amount)})
    return made


def _built(company: Company) -> Product:
    product = Product(bootstrap_replicates=99)
    for entity, rows in company.items():
        if rows:
            lines = [{"_file": f"{entity}.csv", "_line": line, **row} for line, row in enumerate(rows, 2)]
            names = list(dict.fromkeys(name for row in lines for name in row))
            product.give(f"stg_files__{entity}", {name: [row.get(name) for row in lines] for name in names})
    product.rows("roi_channel_months", "select 1 from {name} limit 1")
    return product


def _read(product: Product, sql: str, *marts: str) -> list[tuple[Any, ...]]:
    found = []
    for mart in marts or ("roi_channel_months",):
        product.rows(mart, "select 1 from {name} limit 1")
        found += product.connection.execute(sql.format(name=mart)).fetchall()
    return found


def _cut(rows: Rows, entity: str, seed: int) -> Rows:
    """The same rows in another order, every third of them in a second file."""
    shuffled = sorted(rows, key=lambda row: hash((seed, *map(str, row.values()))))
    return [row | ({"_file": f"{entity}-2.csv", "_line": place} if place % 3 == 0 else {}) for place, row in enumerate(shuffled)]


@EXAMPLES
@given(companies=COMPANIES, seed=st.integers(0, 9), rate=st.sampled_from(["2", "0.5", "3.7", "0.0089"]), stranger=CENTS)
def test_what_may_not_change_a_number_does_not(companies: list[Any], seed: int, rate: str, stranger: int) -> None:
    company = _rows(companies)
    before = _built(company)
    marts = ("roi_channel_months", "roi_channel_costs", "roi_attribution_credits")
    whole = _read(before, MONTHS, *marts)
    assert whole
    _money_is_conserved(before, company)

    # another order of rows, and each file split in two
    cut = {entity: _cut(rows, entity, seed) for entity, rows in company.items()}
    assert _read(_built(cut), MONTHS, *marts) == whole

    # all money in another currency: the returns are the same but for the rounding to cents
    foreign = {entity: [row | ({"currency": "EUR"} if "currency" in row else {}) for row in rows] for entity, rows in company.items()}
    days = [date(2025, 12, 1) + timedelta(days=day) for day in range(230)]
    foreign["exchange_rates"] = [{"date": day, "currency": "EUR", "rate_to_reporting": Decimal(rate)} for day in days]
    columns = "month, channel, model, lookback_rule, lookback_days, basis, n, suppressed_reason is null, attributed_roi, full_cost::double"
    sql = f"select {columns} from {{name}} order by all"
    home, abroad = _read(before, sql), _read(_built(foreign), sql)
    assert [row[:7] for row in abroad] == [row[:7] for row in home]
    for here, there in zip(home, abroad, strict=True):
        if here[8] is None or there[8] is None:
            assert here[8] == there[8] or min(here[9], there[9] or 0) < 0.01, "a cost of less than a cent is none"
        else:
            spent = min(here[9], there[9] / float(rate))
            assert there[8] == pytest.approx(
                here[8], rel=1e-6, abs=0.02 * (1 + 1 / float(rate)) * (here[6] + 31) * (1 + abs(here[8])) / spent
            )

    # somebody else, who came by a channel of their own, which has a cost of its own
    at = START + timedelta(days=60)
    more = {entity: list(rows) for entity, rows in company.items()}
    more["touches"].append(touch("stranger", "stranger", at, "event"))
    more["revenue"].append(order("stranger", "stranger", at) | {"amount": _money(stranger)})
    more["costs"].append(month_cost("event", date(2026, 3, 1), "content", 5, "event"))
    others = (
        "select * exclude (is_demo, model_lo, model_hi) from {name} "
        "where model <> 'markov' and basis <> 'accrual' and channel not in ('event', 'unattributed', 'shared') order by all"
    )
    assert _read(_built(more), others) == _read(before, others)


def _money_is_conserved(product: Product, company: Company) -> None:
    """To the cent, under each rule and lookback: what was sold and given back, and what was spent."""
    booked = sum(row["amount"] for row in company["revenue"])
    rules = _read(
        product,
        "select model, lookback_rule, lookback_days, sum(revenue), sum(full_cost) from {name} where basis = 'cash' group by all order by all",
    )
    assert rules and {row[3] for row in rules if row[0] != "w_shaped"} == {booked}
    spent = sum(row["amount"] for row in company["costs"])
    assert _read(product, "select coalesce(sum(amount), 0) from {name}", "roi_channel_costs") == [(spent,)]
