"""Data of published studies, handed in with the required columns alone -> core.experiments has the published result; what is not whole has none."""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.dbt_warehouse import DbtWarehouse

PUBLISHED = Path(__file__).parent / "published"
DAYS = pd.date_range("2026-01-01", periods=70)
STARTS = pd.Timestamp("2026-02-20")  # day 50 of 70


def plan(name: str, design: str, starts_on=STARTS, ends_on=DAYS[-1], **columns) -> dict:
    return {"experiment_id": name, "design": design, "unit_kind": "geo", "starts_on": starts_on, "ends_on": ends_on, **columns}


def states(name: str, marks_days: bool = False) -> pd.DataFrame:
    """California and 38 states, a row a year; a panel often marks the treated years of California alone."""
    wide = pd.read_csv(PUBLISHED / "cigarettes.csv")
    long = wide.melt("Year", var_name="unit_id", value_name="value")
    year = long.iloc[:, 0]
    treated = (long["unit_id"] == "california") & ((year >= 1989) | (not marks_days))
    return pd.DataFrame(
        {
            "experiment_id": name,
            "unit_id": long["unit_id"],
            "is_treated": treated,
            "date": pd.to_datetime(year, format="%Y"),
            "value": long["value"],
        }
    )


def passengers() -> pd.DataFrame:
    wide = pd.read_csv(PUBLISHED / "car_passengers.csv", parse_dates=["date"])
    long = wide.melt("date", var_name="unit_id", value_name="value")
    return long.assign(experiment_id="seat belts", is_treated=long["unit_id"] == "front")


def trained() -> pd.DataFrame:
    men = pd.read_csv(PUBLISHED / "job_training.csv")
    return pd.DataFrame(
        {
            "experiment_id": "training",
            "unit_id": [f"m{i:03}" for i in range(len(men))],
            "is_treated": men["treat"] == 1,
            "date": date(1978, 12, 31),
            "value": men["re78"],
        }
    )


def geos(name: str, n_treated: int = 5, n_control: int = 24, effect: float = 12.0, seed: int = 3) -> pd.DataFrame:
    """Regions of like size that share their ups and downs."""
    draw = np.random.default_rng(seed)
    shared = 10 * np.sin(np.arange(70) / 9) + draw.normal(0, 5, 70)
    n = n_treated + n_control
    treated = np.arange(n) < n_treated
    values = 200 + 2 * np.arange(n)[::-1, None] % 7 + shared + draw.normal(0, 4, (n, 70)) + effect * np.outer(treated, DAYS >= STARTS)
    return pd.DataFrame(
        {
            "experiment_id": name,
            "unit_id": np.repeat([f"g{unit:02}" for unit in range(n)], 70),
            "is_treated": np.repeat(treated, 70),
            "date": np.tile(DAYS, n),
            "value": values.round(4).ravel(),
        }
    )


def worlds() -> tuple[pd.DataFrame, pd.DataFrame]:
    """(experiments, outcomes): the studies, then small worlds that are whole or want something."""
    programme = (pd.Timestamp("1989-01-01"), pd.Timestamp("2000-12-31"))
    plans = [
        plan("proposition 99", "synthetic_control", *programme),
        plan("proposition 99 by years", "synthetic_control", *programme),
        plan("proposition 99 as did", "did", *programme),
        plan("seat belts", "its", pd.Timestamp("1983-01-31"), pd.Timestamp("1984-12-31")),
        plan("training", "randomised", date(1978, 1, 1), date(1978, 12, 31)),
    ]
    rows = [states("proposition 99"), states("proposition 99 by years", True), states("proposition 99 as did"), passengers(), trained()]
    for design in ("synthetic_control", "its", "tbr"):
        money = {"margin_rate": 0.5, "cost": 600, "currency": "USD"}
        for name, size in (("plain", 1), ("in cents", 100), ("shuffled", 1)):
            plans.append(plan(f"{design} {name}", design, **{**money, "cost": 600 * size}))
            rows.append(geos(f"{design} {name}").assign(value=lambda frame, size=size: frame["value"] * size))
        rows[-1] = rows[-1].sample(frac=1, random_state=1)
        plans.append(plan(f"{design} nothing", design, **money))
        rows.append(geos(f"{design} nothing", effect=0, seed=6))
        plans.append(plan(f"{design} alone", design))
        rows.append(geos(f"{design} alone", n_control=0))
        plans.append(plan(f"{design} holes", design))
        holed = geos(f"{design} holes")
        holed.loc[(holed["unit_id"] == "g20") & (holed["date"] == DAYS[60]), "value"] = np.nan
        rows.append(holed[~((holed["unit_id"] == "g21") & (holed["date"] < DAYS[9]))])
        plans.append(plan(f"{design} stops", design))
        rows.append(geos(f"{design} stops")[lambda frame: frame["date"] < DAYS[64]])
        plans.append(plan(f"{design} both", design))
        both = geos(f"{design} both")
        both.loc[(both["unit_id"] == "g02") & (both["date"] > DAYS[60]), "is_treated"] = False
        rows.append(both)
        plans.append(plan(f"{design} level", design, level=95))
        rows.append(geos(f"{design} level"))
        plans.append(plan(f"{design} shares", design))
        shares = geos(f"{design} shares").assign(
            outcome="answered", outcome_kind="rate", denominator=lambda frame: 500 + (frame["date"].dt.day % 3)
        )
        rows.append(shares)
        plans.append(plan(f"{design} half shares", design))
        rows.append(
            shares.assign(experiment_id=f"{design} half shares", denominator=lambda frame: frame["denominator"].where(frame.index % 2 == 0))
        )
    plans.append(plan("moved before", "tbr"))
    moved = geos("moved before", n_treated=2)
    moved.loc[moved["is_treated"] & (moved["date"] >= DAYS[40]), "value"] += 15
    rows.append(moved)
    plans.append(plan("outside", "synthetic_control"))
    outside = geos("outside", n_treated=1, n_control=8)
    outside.loc[outside["is_treated"], "value"] *= 1.5 + 0.4 * (np.arange(70) % 2)
    rows.append(outside)
    plans.append(plan("eight donors", "synthetic_control"))
    rows.append(geos("eight donors", n_treated=1, n_control=8))
    plans.append(plan("switched off", "tbr", margin_rate=0.5))
    off = geos("switched off", effect=-12.0)
    rows.append(off.assign(cost=np.where(off["is_treated"] & (off["date"] >= STARTS), 0.0, 4.0)))
    return pd.DataFrame(plans), pd.concat(rows, ignore_index=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("published"))
    with duckdb.connect(str(warehouse.path)) as connection:
        for entity, rows in zip(("experiments", "experiment_outcomes"), worlds(), strict=True):
            connection.register("given", rows)
            connection.execute(
                f"insert into raw_files.{entity} by name select *, 'f' as _file, row_number() over () as _line, false as _deleted from given"
            )
            connection.unregister("given")
    warehouse.estimate("est_experiments")
    warehouse.build("+roi_experiments")
    return warehouse


def read(warehouse: DbtWarehouse, name: str, mart: str = "core.experiments") -> dict:
    with duckdb.connect(str(warehouse.path)) as connection:
        found = connection.execute(f"select * from {mart} where experiment_id = ?", [name])
        (row,) = found.fetchall()
        return dict(zip([column[0] for column in found.description], row, strict=True))


# Published results.


def test_proposition_99_has_the_published_synthetic_control(built: DbtWarehouse) -> None:
    """Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021, table 1: synthetic control -19.6, demeaned (DIFP) -11.1 packs a head and year."""
    row = read(built, "proposition 99")
    assert row["effect"] == pytest.approx(-19.6, abs=0.15)  # the least squares weights to the last digit give -19.51
    assert row["effect_demeaned"] == pytest.approx(-11.1, abs=0.05)
    assert (row["n_treated"], row["n_control"], row["evidence_grade"], row["demoted_because"]) == (1, 38, "B", None)
    assert row["effect_lo"] < row["effect"] < row["effect_hi"] and row["p_value"] == pytest.approx(3 / 39)
    assert row["prefit_rmspe_pct"] < 2


def test_a_panel_that_marks_the_treated_years_alone_is_read_alike(built: DbtWarehouse) -> None:
    row, same = (read(built, name) for name in ("proposition 99", "proposition 99 by years"))
    assert {**row, "experiment_id": None} == {**same, "experiment_id": None}


def test_proposition_99_as_a_difference_in_differences_gives_the_published_one_and_is_refused(built: DbtWarehouse) -> None:
    """The same table: -27.3. One treated state has no standard error of its own: the row says why instead."""
    row = read(built, "proposition 99 as did")
    assert (row["effect"], row["suppressed_reason"]) == (None, "fewer than 2 treated or 2 control units")
    wide = pd.read_csv(PUBLISHED / "cigarettes.csv").set_index("Year")
    change = wide.loc[1989:].mean() - wide.loc[:1988].mean()
    assert change["california"] - change.drop("california").mean() == pytest.approx(-27.3, abs=0.06)


def test_the_seat_belt_law_has_the_published_effect_on_front_passengers(built: DbtWarehouse) -> None:
    """Harvey and Durbin 1986: 30 per cent fewer killed and seriously injured in front, 3 per cent more behind; here one against the other."""
    row = read(built, "seat belts")
    assert row["effect_pct"] == pytest.approx(-30, abs=1)
    assert row["effect_pct_lo"] < -30 < row["effect_pct_hi"] < -20
    assert (row["evidence_grade"], row["demoted_because"]) == ("B", None)
    assert "months" in row["method"] and "REML AR(1)" in row["method"]


def test_job_training_has_the_published_effect(built: DbtWarehouse) -> None:
    """Dehejia and Wahba 1999, table 4: 1,794 dollars; Neyman's standard error 671 (Imbens and Rubin 2015)."""
    row = read(built, "training")
    assert row["effect"] == pytest.approx(1794.34, abs=0.01)
    assert (row["effect_hi"] - row["effect_lo"]) / 2 == pytest.approx(1.967 * 671, rel=2e-3)
    assert (row["n_treated"], row["n_control"], row["evidence_grade"]) == (185, 260, "A")


# What every design must do.

DESIGNS = pytest.mark.parametrize("design", ["synthetic_control", "its", "tbr"])


@DESIGNS
def test_a_planted_effect_is_found_and_nothing_is_not(built: DbtWarehouse, design: str) -> None:
    row, nothing = read(built, f"{design} plain"), read(built, f"{design} nothing")
    assert (row["evidence_grade"], row["demoted_because"], row["suppressed_reason"], row["interval_reason"]) == ("B", None, None, None)
    assert 0 < row["effect_lo"] < 12 < row["effect_hi"] and row["p_value"] < 0.05
    assert row["effect_total_lo"] < 12 * 5 * 20 < row["effect_total_hi"]
    assert nothing["effect_lo"] < 0 < nothing["effect_hi"] and nothing["p_value"] > 0.05
    value = read(built, f"{design} plain", "roi.experiments")
    assert value["iroi"] == pytest.approx(value["effect_total"] * 0.5 / 600 - 1, rel=1e-9)
    assert value["iroas_lo"] == pytest.approx(value["effect_total_lo"] / 600, rel=1e-9)


@DESIGNS
def test_neither_the_order_of_rows_nor_the_unit_of_money_matters(built: DbtWarehouse, design: str) -> None:
    row, shuffled, cents = (read(built, f"{design} {name}", "roi.experiments") for name in ("plain", "shuffled", "in cents"))
    assert {**row, "experiment_id": None} == {**shuffled, "experiment_id": None}
    for name in ("iroi", "iroi_lo", "iroi_hi", "effect_pct", "effect_pct_lo", "p_value"):
        assert cents[name] == pytest.approx(row[name], rel=1e-6)
    assert cents["effect"] == pytest.approx(100 * row["effect"], rel=1e-6)


@DESIGNS
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("stops", "outcomes stop on 2026-03-05, before the end of the test"),
        ("both", "1 units are both treated and untreated"),
        ("level", "level 95 and tails 2: a level lies between 0 and 1, and tails are 1 or 2"),
        ("half shares", "some rows of the rate have a denominator and some have none"),
    ],
)
def test_what_is_not_whole_has_a_reason_and_no_number(built: DbtWarehouse, design: str, name: str, reason: str) -> None:
    row = read(built, f"{design} {name}")
    assert row["suppressed_reason"] == reason
    numbers = [row[f"{what}{limit}"] for what in ("effect", "effect_total", "effect_pct") for limit in ("", "_lo", "_hi")]
    assert set(numbers) == {None} and (row["p_value"], row["evidence_grade"]) == (None, None)


@DESIGNS
def test_without_a_control_only_an_interrupted_series_says_anything_and_less(built: DbtWarehouse, design: str) -> None:
    row = read(built, f"{design} alone")
    if design == "its":
        assert (row["evidence_grade"], row["suppressed_reason"], row["n_control"]) == ("B-", None, 0)
    else:
        assert (row["evidence_grade"], row["effect"]) == (None, None)
        assert row["suppressed_reason"] == "no control unit has an outcome on every day"


@DESIGNS
def test_units_that_lack_days_are_left_out_and_counted(built: DbtWarehouse, design: str) -> None:
    row = read(built, f"{design} holes")
    assert (row["n_control"], row["evidence_grade"]) == (22, "B")
    assert row["method"].endswith("2 units without a full record left out")


@DESIGNS
def test_a_rate_is_of_sums_and_its_total_is_of_cases(built: DbtWarehouse, design: str) -> None:
    row, cases = read(built, f"{design} shares"), 500 + pd.Series(DAYS[50:]).dt.day.mod(3).sum() / 20
    assert row["effect_lo"] < 12 / 501 < row["effect_hi"]
    assert row["effect_total"] == pytest.approx(row["effect"] * cases * 5 * 20, rel=1e-9)
    assert read(built, f"{design} shares", "roi.experiments")["suppressed_reason"] == "the outcome is not money"


def test_a_design_that_failed_its_own_check_is_demoted(built: DbtWarehouse) -> None:
    row = read(built, "moved before")
    assert (row["evidence_grade"], row["p_value"]) == ("C", None)
    assert "the last days before the test show an effect where there was none" in row["demoted_because"]
    row = read(built, "outside")
    assert row["evidence_grade"] == "C" and row["prefit_rmspe_pct"] > 10
    assert row["demoted_because"] == f"the fit before the test misses the mean by {round(row['prefit_rmspe_pct'], 1)} %"


def test_too_few_donors_leave_a_p_without_an_interval(built: DbtWarehouse) -> None:
    row = read(built, "eight donors")
    assert (row["effect_lo"], row["effect_hi"], row["evidence_grade"]) == (None, None, "B")
    assert row["interval_reason"] == "8 donors: an interval of 95 % by placebos needs 19"
    assert row["p_value"] * 9 == pytest.approx(round(row["p_value"] * 9))


def test_money_that_was_taken_away_has_a_return_too(built: DbtWarehouse) -> None:
    row = read(built, "switched off", "roi.experiments")
    assert row["cost"] == -4 * 5 * 20, "the control units went on spending"
    assert row["iroas"] == pytest.approx(row["effect_total"] / -400, rel=1e-9)
    assert row["iroas_lo"] < 12 / 4 < row["iroas_hi"] and row["iroi_lo"] < row["iroi"] < row["iroi_hi"]
