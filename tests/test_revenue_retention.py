"""Subscriptions alone -> roi.mrr_movements, roi.revenue_retention, roi.retention_curves: published answers, and random worlds against oracles."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test

from tests.dbt_warehouse import DbtWarehouse
from tests.retention_worlds import insert_fast

# Freireich et al. 1963, weeks of remission; here months of a subscription
DRUG = ([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
PLACEBO = ([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [])
MARTS = ("+roi_mrr_movements", "+roi_revenue_retention", "+roi_retention_curves")
CLOCK = (2026, 6)


def month(number: int) -> date:
    """0 is the month of the clock, -1 the one before."""
    years, rest = divmod(CLOCK[0] * 12 + CLOCK[1] - 1 + number, 12)
    return date(years, rest + 1, 1)


def at(number: int, day: int = 15) -> datetime:
    return datetime.combine(month(number), datetime.min.time()) + timedelta(days=day - 1, hours=5)


@pytest.fixture(scope="module")
def remission(tmp_path_factory) -> DbtWarehouse:
    warehouse, accounts, rows = DbtWarehouse(tmp_path_factory.mktemp("remission")), [], []
    for segment, (events, censored) in (("6-MP", DRUG), ("placebo", PLACEBO)):
        for number, (months, is_event) in enumerate([*((m, True) for m in events), *((m, False) for m in censored)]):
            account = f"{segment}-{number}"
            accounts.append({"account_id": account, "segment": segment})
            start = -40 if is_event else -months
            rows.append(
                {"subscription_id": account, "account_id": account, "monthly_amount": 10, "currency": "USD"}
                | {"started_at": at(start), "ended_at": at(start + months) if is_event else None}
            )
    insert_fast(warehouse, "accounts", accounts)
    insert_fast(warehouse, "subscriptions", rows)
    warehouse.build(*MARTS)
    return warehouse


def test_the_published_survival_medians_and_log_rank(remission: DbtWarehouse) -> None:
    drug = remission.rows(
        "select month_number, round(survival, 4) from roi.retention_curves where segment = '6-MP' and events > 0 order by 1"
    )
    assert drug == [(6, 0.8571), (7, 0.8067), (10, 0.7529), (13, 0.6902), (16, 0.6275), (22, 0.5378), (23, 0.4482)]
    found = remission.rows(
        "select distinct segment, median_months, round(log_rank_chi_square, 3), log_rank_p from roi.retention_curves order by 1"
    )
    assert [row[:3] for row in found] == [("6-MP", 23, 16.793), ("all", 12, None), ("placebo", 8, 16.793)]
    assert found[0][3] == pytest.approx(4.17e-5, rel=0.01)
    assert found[1][3] is None, "all accounts are compared with nobody"


# (started, ended, amount and currency) of each contract, and what a bookkeeper writes down by hand: month, MRR, change, movement.
BY_HAND = {
    "the definition's own": (
        [("2026-01-10", "2026-03-05", 100), ("2026-04-20", "2026-05-01", 80), ("2026-05-01", None, 120)],
        "1 100 +100 new; 2 100 0 none; 3 0 -100 churn; 4 80 +80 reactivation; 5 120 +40 upgrade; 6 120 0 none",
    ),
    "a paused plan costs nothing": (
        [("2026-01-01", "2026-03-01", 50), ("2026-03-01", "2026-04-01", 0), ("2026-04-01", None, 50)],
        "1 50 +50 new; 2 50 0 none; 3 0 -50 churn; 4 50 +50 reactivation; 5 50 0 none; 6 50 0 none",
    ),
    "another plan in the middle of a month": (
        [("2026-04-05", "2026-05-17", 30), ("2026-05-17", None, 45)],
        "4 30 +30 new; 5 45 +15 upgrade; 6 45 0 none",
    ),
    "cancelled in the morning and back in the evening": (
        [("2026-03-01", "2026-04-20 08:00", 20), ("2026-04-20 19:00", None, 20)],
        "3 20 +20 new; 4 20 0 none; 5 20 0 none; 6 20 0 none",
    ),
    # ended_at is the first day without: this one has none on the last of April, and April has no revenue
    "a day without over the end of a month": (
        [("2026-03-01", "2026-04-30", 20), ("2026-05-01", None, 20)],
        "3 20 +20 new; 4 0 -20 churn; 5 20 +20 reactivation; 6 20 0 none",
    ),
    "another currency of the same worth": (
        [("2026-02-10", "2026-04-01", 100, "EUR"), ("2026-04-01", None, 125)],
        "2 125 +125 new; 3 125 0 none; 4 125 0 none; 5 125 0 none; 6 125 0 none",
    ),
    "begun and ended within a month": ([("2026-05-03", "2026-05-28", 500)], ""),
    "begins after the clock": ([("2026-07-02", None, 500)], ""),
    "two at once": (
        [("2026-01-31", None, 60), ("2026-03-10", "2026-05-10", 40)],
        "1 60 +60 new; 2 60 0 none; 3 100 +40 upgrade; 4 100 0 none; 5 60 -40 downgrade; 6 60 0 none",
    ),
    "will end after the clock": ([("2026-04-30", "2026-09-01", 10)], "4 10 +10 new; 5 10 0 none; 6 10 0 none"),
    "ended in the month of the clock": ([("2026-04-02", "2026-06-10", 70)], "4 70 +70 new; 5 70 0 none; 6 0 -70 churn"),
}
A_YEAR_AGO = {"came back": [("2025-06-15", "2025-12-03", 30), ("2026-06-01", None, 50)], "left": [("2025-06-20", "2026-02-10", 40)]}


def test_what_a_bookkeeper_works_out_by_hand(tmp_path: Path) -> None:
    warehouse, rows = DbtWarehouse(tmp_path), []
    for account, contracts in ({account: given for account, (given, _) in BY_HAND.items()} | A_YEAR_AGO).items():
        for number, (started, ended, amount, *currency) in enumerate(contracts):
            row = {
                "subscription_id": f"{account} {number}",
                "account_id": account,
                "monthly_amount": amount,
                "currency": [*currency, "USD"][0],
            }
            dates = {"started_at": datetime.fromisoformat(started), "ended_at": datetime.fromisoformat(ended) if ended else None}
            rows.append(row | dates)
    insert_fast(warehouse, "subscriptions", rows)
    insert_fast(warehouse, "exchange_rates", [{"date": date(2026, 2, 10), "currency": "EUR", "rate_to_reporting": 1.25}])
    warehouse.build(*MARTS)
    sql = "select month(month), cast(mrr as int), cast(mrr_change as int), category from roi.mrr_movements where account_id = {} order by month"
    for account, (_, expected) in BY_HAND.items():
        quoted = "'" + account.replace("'", "''") + "'"
        found = "; ".join(f"{m} {mrr} {change:+d} {what}".replace("+0", "0") for m, mrr, change, what in warehouse.rows(sql.format(quoted)))
        assert found == expected, account
    names = (
        "window_months, n, cast(start_mrr as int), cast(expansion as int), cast(contraction as int), cast(churned_mrr as int), logo_churn"
    )
    windows = warehouse.rows(
        f"select {names}, nrr, grr from roi.revenue_retention where month = '2026-06-01' and segment = 'all' order by 1"
    )
    assert [row[:6] for row in windows] == [(1, 9, 520, 0, 0, 70), (3, 4, 265, 0, 40, 0), (12, 2, 70, 20, 0, 40)]
    ratios = [(1 / 9, 450 / 520, 450 / 520), (0, 225 / 265, 225 / 265), (1 / 2, 50 / 70, 30 / 70)]
    assert [row[6:] for row in windows] == [pytest.approx(expected, rel=1e-9) for expected in ratios]


WORLD, MONTHS = 150, 20


def world(seed: int = 3) -> list[dict]:
    """Accounts with none to three subscriptions each: mid-month, open, within a month, with gaps, other plans and amounts."""
    draw, rows = np.random.default_rng(seed), []
    for account in range(WORLD):
        for number in range(int(draw.integers(1, 4))):
            start = int(draw.integers(-MONTHS, 1))
            length = int(draw.geometric(0.12)) - 1
            ended = at(start + length, int(draw.integers(1, 29))) if draw.random() < 0.85 else None
            begins = at(start, int(draw.integers(1, 29)))
            rows.append(
                {"subscription_id": f"{account}-{number}", "account_id": f"a{account}", "currency": "USD", "plan": f"plan {number}"}
                | {"monthly_amount": int(draw.integers(0, 5)) * 50, "started_at": begins}
                | {"ended_at": ended if ended is None or ended > begins else begins + timedelta(days=1)}
            )
    return rows


def oracle(rows: list[dict]) -> dict[str, dict[date, int]]:
    """MRR by account and month, as MODEL.md says it: started_at <= month < month of ended_at."""
    mrr: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        for number in range(-MONTHS - 1, 1):
            first = month(number)
            ends = row["ended_at"] and row["ended_at"].date().replace(day=1)
            if (
                row["started_at"].date().replace(day=1) <= first
                and (ends is None or first < ends)
                and row["started_at"] <= datetime(2026, 6, 30, 12)
            ):
                mrr[row["account_id"]][first] += row["monthly_amount"]
    return mrr


@pytest.fixture(scope="module")
def random_world(tmp_path_factory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("random"))
    insert_fast(warehouse, "subscriptions", world())
    insert_fast(warehouse, "accounts", [{"account_id": f"a{n}", "segment": ("even", "odd")[n % 2]} for n in range(WORLD)])
    warehouse.build(*MARTS)
    return warehouse


def test_movements_are_those_of_the_definition(random_world: DbtWarehouse) -> None:
    expected = {}
    for account, by_month in oracle(world()).items():
        before, ever = 0, False
        for number in range(-MONTHS - 1, 1):
            now = by_month.get(month(number), 0)
            category = None
            if now and not before:
                category = "reactivation" if ever else "new"
            elif now:
                category = "upgrade" if now > before else "downgrade" if now < before else "none"
            elif before:
                category = "churn"
            if category:
                expected[account, month(number)] = (now, now - before, category)
            before, ever = now, ever or bool(now)
    found = {
        (account, first): rest
        for account, first, *rest in random_world.rows("select account_id, month, mrr, mrr_change, category from roi.mrr_movements")
    }
    assert {key: tuple(rest) for key, rest in found.items()} == expected
    assert {category for *_, category in expected.values()} == {"new", "reactivation", "upgrade", "downgrade", "none", "churn"}


def test_retention_is_recomputed_from_sums_and_segments_add_up(random_world: DbtWarehouse) -> None:
    mrr, checked = oracle(world()), 0
    names = "n, start_mrr, expansion, contraction, churned_mrr, nrr, grr, logo_churn"
    for first, segment, window, *found in random_world.rows(f"select month, segment, window_months, {names} from roi.revenue_retention"):
        start = month((first.year - CLOCK[0]) * 12 + first.month - CLOCK[1] - window)
        pairs = [
            (by_month[start], by_month.get(first, 0))
            for account, by_month in mrr.items()
            if by_month.get(start, 0) and segment in ("all", ("even", "odd")[int(account[1:]) % 2])
        ]
        base = sum(a for a, _ in pairs)
        kept = [base, sum(max(b - a, 0) for a, b in pairs), sum(a - b for a, b in pairs if 0 < b < a), sum(a for a, b in pairs if not b)]
        assert [int(value) for value in found[:5]] == [len(pairs), *kept]
        assert found[5:] == pytest.approx(
            [sum(b for _, b in pairs) / base, sum(min(a, b) for a, b in pairs) / base, sum(not b for _, b in pairs) / len(pairs)], rel=1e-9
        )
        checked += 1
    assert checked > 100 and {window for (window,) in random_world.rows("select distinct window_months from roi.revenue_retention")} == {
        1,
        3,
        12,
    }


def test_curves_and_log_rank_are_those_of_lifelines(random_world: DbtWarehouse) -> None:
    lifetimes = random_world.rows("select months, is_event, segment from intermediate.int_account_lifetimes")
    months, events, odd = (np.array(column) for column in zip(*((m, e, s == "odd") for m, e, s in lifetimes), strict=True))
    for segment, chosen in (("all", odd | True), ("odd", odd), ("even", ~odd)):
        fitter = KaplanMeierFitter().fit(months[chosen], events[chosen])
        limits = fitter.confidence_interval_survival_function_
        for number, survival, lo, hi in random_world.rows(
            f"select month_number, survival, lo, hi from roi.retention_curves where segment = '{segment}' and survival between 1e-9 and 1 - 1e-9"
        ):
            assert survival == pytest.approx(float(fitter.survival_function_.loc[number].iloc[0]), abs=1e-9)
            assert (lo, hi) == pytest.approx(tuple(limits.loc[number]), abs=1e-6)
    known = logrank_test(months[odd], months[~odd], events[odd], events[~odd])
    ((chi_square, p),) = random_world.rows(
        "select distinct log_rank_chi_square, log_rank_p from roi.retention_curves where segment = 'odd'"
    )
    assert (chi_square, p) == pytest.approx((known.test_statistic, known.p_value), rel=1e-6)


def test_order_a_split_and_another_currency_change_no_ratio(random_world: DbtWarehouse, tmp_path: Path) -> None:
    """The same company backwards, in two files and in a currency of which one is worth two."""
    warehouse, rows = DbtWarehouse(tmp_path), [{**row, "currency": "XTS"} for row in world()[::-1]]
    insert_fast(warehouse, "subscriptions", rows[:50])
    insert_fast(warehouse, "subscriptions", rows[50:])
    insert_fast(warehouse, "accounts", [{"account_id": f"a{n}", "segment": ("even", "odd")[n % 2]} for n in range(WORLD)])
    days = sorted({row["started_at"].date() for row in rows})
    insert_fast(warehouse, "exchange_rates", [{"date": day, "currency": "XTS", "rate_to_reporting": 2} for day in days])
    warehouse.build(*MARTS)
    ratios = "select month, segment, window_months, n, nrr, grr, logo_churn from roi.revenue_retention order by all"
    assert warehouse.rows(ratios) == random_world.rows(ratios)
    curves = "select * from roi.retention_curves order by all"
    assert warehouse.rows(curves) == random_world.rows(curves)
    movements = "select account_id, month, {} * mrr, category from roi.mrr_movements order by all"
    assert warehouse.rows(movements.format(1)) == random_world.rows(movements.format(2))
