"""Subscriptions and touches -> roi.retention_curves_by_exposure: published survival in two groups, and the clock that starts at the landmark."""

from datetime import date, datetime, timedelta

import pytest
from lifelines.datasets import load_lung, load_rossi

from tests.dbt_warehouse import DbtWarehouse, Row
from tests.retention_worlds import insert_fast
from tests.test_revenue_retention import DRUG, PLACEBO

CLOCK = datetime(2026, 6, 30)
EXPOSURE = timedelta(days=90)
MART = "roi.retention_curves_by_exposure"


def contract(account: str, days: int, has_left: bool) -> Row:
    """Ninety days as a client, and then so many more until they leave or the clock stops."""
    start = (datetime(2026, 1, 1) if has_left else CLOCK - timedelta(days=days)) - EXPOSURE
    end = start + EXPOSURE + timedelta(days=days) if has_left else None
    return {
        "subscription_id": account,
        "account_id": account,
        "started_at": start,
        "ended_at": end,
        "monthly_amount": 10,
        "currency": "USD",
    }


def touched(account: str, at: datetime) -> Row:
    return {
        "touch_id": f"{account}-{at:%Y%m%d}",
        "account_id": account,
        "occurred_at": at,
        "person_key": f"p-{account}",
        "channel": "social",
    }


def studies() -> dict[str, list[tuple[int, bool, bool]]]:
    """(days, whether the event came, whether of the group that is engaged here) of two data sets that every textbook has."""
    lung, rossi = load_lung(), load_rossi()
    return {
        "lung": [(int(t), bool(e), sex == 2) for t, e, sex in zip(lung["time"], lung["status"], lung["sex"], strict=True)],
        "rossi": [(int(t), bool(e), aid == 1) for t, e, aid in zip(rossi["week"], rossi["arrest"], rossi["fin"], strict=True)],
    }


@pytest.fixture(scope="module")
def remission(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    """Freireich's trial as if the treated had been touched within their first ninety days."""
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("remission"))
    contracts, touches = [], []
    for group, (events, censored) in (("drug", DRUG), ("placebo", PLACEBO)):
        for number, (days, has_left) in enumerate([*((day, True) for day in events), *((day, False) for day in censored)]):
            made = contract(f"{group}-{number}", days, has_left)
            # a plan changed on the way is no loss, with or without a day between
            change = made["started_at"] + timedelta(days=40)
            if number % 3 == 0:
                made, rest = made | {"ended_at": change}, made | {"started_at": change + timedelta(days=number % 2), "plan": "other"}
                contracts.append(rest | {"subscription_id": f"{group}-{number}-b"})
            contracts.append(made)
            if group == "drug":
                touches.append(touched(made["account_id"], made["started_at"] + timedelta(days=89)))
            else:
                # the day of the landmark is after the exposure
                touches.append(touched(made["account_id"], made["started_at"] + EXPOSURE))
    accounts = [{"account_id": row["account_id"], "segment": "remission"} for row in contracts if "-b" not in row["subscription_id"]]
    for study, frame in studies().items():
        for number, (days, has_left, is_engaged) in enumerate(frame):
            account = f"{study}-{number}"
            start = CLOCK - timedelta(days=days + has_left) - EXPOSURE
            contracts.append(
                contract(account, days, has_left) | {"started_at": start, "ended_at": CLOCK - timedelta(days=1) if has_left else None}
            )
            accounts.append({"account_id": account, "segment": study})
            touches += [touched(account, start)] * is_engaged
    touches.append(touched("nobody", datetime(2020, 1, 1)))
    insert_fast(warehouse, "accounts", accounts)
    insert_fast(warehouse, "subscriptions", contracts)
    insert_fast(warehouse, "touches", touches)
    warehouse.build(f"+{MART.replace('.', '_')}")
    return warehouse


def test_the_published_curves_and_log_rank_of_two_groups(remission: DbtWarehouse) -> None:
    cell = "landmark_kind = 'tenure' and segment = 'remission' and exposure = 'any_touch'"
    drug = remission.rows(f"select day, round(survival, 4) from {MART} where {cell} and is_engaged and events > 0 order by 1")
    assert drug == [(6, 0.8571), (7, 0.8067), (10, 0.7529), (13, 0.6902), (16, 0.6275), (22, 0.5378), (23, 0.4482)]
    found = remission.rows(
        f"select distinct is_engaged, n, median_days, round(log_rank_chi_square, 3), landmark, compared_with from {MART} where {cell} order by 1"
    )
    assert found == [(False, 21, 8, 16.793, None, "all other clients"), (True, 21, 23, 16.793, None, "all other clients")]
    limits = remission.rows(f"select round(lo, 3), round(hi, 3) from {MART} where {cell} and is_engaged and day = 23")
    assert limits == [(0.188, 0.68)], "log-log, as survfit(conf.type = 'log-log') has them"


@pytest.mark.parametrize(
    ("study", "groups", "chi_square"),
    [
        # Loprinzi et al. 1994 as in R's survival: medians 270 and 426 days, survdiff 10.3
        ("lung", [(False, 138, 270), (True, 90, 426)], 10.327),
        # Rossi, Berk and Lenihan 1980: financial aid, 3.84 with p .05
        ("rossi", [(False, 216, None), (True, 216, None)], 3.838),
    ],
)
def test_textbook_data_give_their_medians_and_log_rank(remission: DbtWarehouse, study: str, groups: list, chi_square: float) -> None:
    found = remission.rows(
        f"select distinct is_engaged, n, median_days, round(log_rank_chi_square, 3) from {MART} "
        f"where landmark_kind = 'tenure' and segment = '{study}' and exposure = 'any_touch' order by 1"
    )
    assert found == [(*group, chi_square) for group in groups]


def test_a_quarter_is_watched_for_its_horizon(remission: DbtWarehouse) -> None:
    """All who left began on one day, and only they were clients throughout the ninety days before 2026-01-01; in April nobody was left to watch."""
    found = remission.rows(
        f"select landmark, is_engaged, n, sum(events), max(day) from {MART} "
        "where landmark_kind = 'quarter' and segment = 'remission' and exposure = 'any_touch' group by all order by all"
    )
    assert (date(2026, 1, 1), None, None, None, None) in found, "nine of the drug's are too few to be shown"


def test_who_is_not_shown_says_why(remission: DbtWarehouse) -> None:
    rows = remission.rows(f"select distinct suppressed_reason, survival, n from {MART} where exposure = 'community_active'")
    assert rows == [("none was engaged", None, None)]
    for model in ("int_subscription_spans", "int_engaged_lifetimes", "roi_retention_curves_by_exposure"):
        assert remission.run("test", "--select", model).success


def test_before_anything_was_recorded_nobody_counts(remission: DbtWarehouse, tmp_path) -> None:
    warehouse = remission.copy(tmp_path)
    warehouse.execute("delete from raw_files.touches where occurred_at < timestamp '2026-01-01'")
    warehouse.build("+int_engaged_lifetimes")
    ((least,),) = warehouse.rows("select min(landmark) from intermediate.int_engaged_lifetimes")
    ((first,),) = warehouse.rows("select min(occurred_at) from raw_files.touches")
    assert least > first.date()
