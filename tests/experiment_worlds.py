"""Data of published studies, and small worlds that are whole or want something, as rows of experiments and experiment_outcomes."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

PUBLISHED = Path(__file__).parent / "published"
DESIGNED = ("synthetic_control", "its", "tbr")
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
    for design in DESIGNED:
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
    for design in (*DESIGNED, "did", "randomised"):
        for kind, size in (("count", 1.0), ("score", 0.01)):
            name = f"{design} {kind}"
            plans.append(plan(name, design, margin_rate=0.5, cost=600, currency="USD", primary_outcome="sales", assigned_at=DAYS[0]))
            rows.append(geos(name).assign(value=lambda frame, size=size: frame["value"] * size, outcome="answers", outcome_kind=kind))
    for name, design in (("moved before in trust", "tbr"), ("moved apart in answers", "did"), ("outside in answers", "synthetic_control")):
        plans.append(plan(name, design, margin_rate=0.5, cost=600, currency="USD"))
        moving = geos(name, n_treated=2 if design == "tbr" else 1 if design == "synthetic_control" else 5)
        treated = moving["is_treated"]
        if design == "tbr":
            moving.loc[treated & (moving["date"] >= DAYS[40]), "value"] += 15
        elif design == "did":
            moving.loc[treated, "value"] += np.tile(np.arange(70) * 0.8, 5)
        else:
            moving.loc[treated, "value"] *= 1.5 + 0.4 * (np.arange(70) % 2)
        kind = (
            {"outcome_kind": "score"}
            if design == "tbr"
            else {"outcome_kind": "rate", "denominator": 1000}
            if design == "did"
            else {"outcome_kind": "count"}
        )
        rows.append(moving.assign(outcome="answers", **kind))
    plans.append(plan("two without a kind", "did", margin_rate=0.5, cost=600, currency="USD"))
    rows += [geos("two without a kind").assign(outcome=outcome) for outcome in ("revenue", "mentions")]
    for design in (*DESIGNED, "did", "randomised"):
        plans.append(plan(f"{design} still", design))
        rows.append(geos(f"{design} still").assign(value=5.0))
    plans.append(plan("backwards", "did", starts_on=DAYS[-1], ends_on=STARTS))
    rows.append(geos("backwards"))
    plans.append(plan("margin in per cent", "did", margin_rate=50, cost=600, currency="USD"))
    rows.append(geos("margin in per cent"))
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
    # one after the other in the same regions, with a cooldown or without; in other regions; and of another kind that bears the same names
    for name, ends_on, columns in (
        ("first of two", DAYS[59], {"cooldown_ends_on": DAYS[64]}),
        ("first of two without a cooldown", DAYS[59], {}),
        ("shops", DAYS[-1], {"unit_kind": "shop"}),
        ("controls in both", DAYS[-1], {}),
    ):
        plans.append(plan(name, "did", ends_on=ends_on) | columns)
    plans.append(plan("second of two", "did", starts_on=DAYS[60]))
    rows += [
        geos(name).assign(unit_id=lambda frame: "shared " + frame["unit_id"])
        for name in ("first of two", "first of two without a cooldown")
    ]
    rows += [geos(name).assign(unit_id=lambda frame: "shared " + frame["unit_id"]) for name in ("second of two", "shops")]
    rows.append(geos("controls in both").assign(unit_id=lambda frame: np.where(frame["is_treated"], "own ", "shared ") + frame["unit_id"]))
    return pd.DataFrame(plans), pd.concat(rows, ignore_index=True)
