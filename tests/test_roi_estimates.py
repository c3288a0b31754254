"""Orders -> est_bg_nbd -> roi.customer_value_fits: the published fit of CDNOW, and nothing where nothing can be said."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from pipelines.estimate import ESTIMATES
from pipelines.estimates.customer_value import bg_nbd_log_likelihood, fit_bg_nbd
from tests.dbt_warehouse import DbtWarehouse
from tests.reference import DATA
from tests.roi_company import order

SUMMARY = DATA / "cdnow" / "cdnow_customers_summary.csv"


@pytest.mark.skipif(not SUMMARY.exists(), reason="the CDNOW data set is not here")
def test_the_published_fit_of_cdnow() -> None:
    with SUMMARY.open(encoding="utf-8") as file:
        rows = np.array([[float(row["frequency"]), float(row["recency"]), float(row["T"])] for row in csv.DictReader(file)])
    fit = fit_bg_nbd(*rows.T, np.ones(len(rows)))
    assert fit.parameters == pytest.approx({"r": 0.2426, "alpha": 4.4135, "a": 0.7929, "b": 2.4258}, abs=5e-5)
    assert fit.log_likelihood == pytest.approx(-9582.426, abs=5e-4)


def test_rows_with_a_count_are_as_good_as_rows_repeated() -> None:
    draw = np.random.default_rng(1)
    frequency = draw.poisson(1.0, 300).astype(float)
    age = draw.integers(10, 40, 300).astype(float)
    recency = np.where(frequency > 0, age * 0.5, 0.0)
    distinct, counts = np.unique(np.column_stack([frequency, recency, age]), axis=0, return_counts=True)
    parameters = np.array([0.5, 4.0, 0.8, 2.0])
    repeated = bg_nbd_log_likelihood(parameters, frequency, recency, age, np.ones(300))
    assert bg_nbd_log_likelihood(parameters, *distinct.T, counts.astype(float)) == pytest.approx(repeated, rel=1e-12)


@pytest.mark.parametrize(("customers", "repeats"), [(29, 1), (40, 0)])
def test_too_little_gives_a_reason_and_no_parameter(customers: int, repeats: int) -> None:
    frequency = np.full(customers, float(repeats))
    fit = fit_bg_nbd(frequency, frequency * 3, np.full(customers, 20.0), np.ones(customers))
    assert fit.parameters == {}
    assert fit.log_likelihood is None
    assert fit.reason == f"too few customers, or none bought again (n = {customers})"


def test_the_mart_is_empty_before_and_after_an_estimate_on_an_empty_warehouse(tmp_path: Path) -> None:
    warehouse = DbtWarehouse(tmp_path)
    warehouse.build("+roi_customer_value_fits")
    assert warehouse.rows("select count(*) from roi.customer_value_fits") == [(0,)]
    assert set(warehouse.estimate(*ESTIMATES).values()) == {0}
    warehouse.build("tag:estimated")
    assert warehouse.rows("select count(*) from roi.customer_value_fits") == [(0,)]


def test_orders_are_fitted_between_two_selections(tmp_path: Path) -> None:
    warehouse = DbtWarehouse(tmp_path)
    draw, orders = np.random.default_rng(7), []
    for buyer in range(150):  # the model's own world: gamma rates, beta chances of leaving after each order
        pause, leaves, day, number = 7 / draw.gamma(1.0, 1 / 4), draw.beta(1.0, 3.0), float(draw.integers(0, 60)), 0
        while day < 364:
            orders.append(order(f"{buyer}-{number}", f"p{buyer}", datetime(2025, 6, 30, 9) + timedelta(days=day)))
            if number and draw.random() < leaves:
                break
            day, number = day + draw.exponential(pause), number + 1
    warehouse.insert("revenue", *orders)
    assert warehouse.estimate("est_bg_nbd") == {"est_bg_nbd": 4}
    warehouse.build("+roi_customer_value_fits")
    rows = warehouse.rows("select parameter, value, log_likelihood, n, suppressed_reason from roi.customer_value_fits order by parameter")
    assert [row[0] for row in rows] == ["a", "alpha", "b", "r"]
    assert all(value > 0 and likelihood < 0 and reason is None for _, value, likelihood, _, reason in rows)
    assert {n for _, _, _, n, _ in rows} == {len({row["person_key"] for row in orders})}
