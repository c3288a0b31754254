"""People -> surveys by quarter, the geo test, objectives: what a company asks, tries and aims for."""

import numpy as np
import pandas as pd

from simulator.chance import objects
from simulator.planted import EXPERIMENT_MENTIONS_LIFT, EXPERIMENT_REVENUE_LIFT
from simulator.stage import Stage, Times, later

# Dimension -> (items, lowest, highest, mean of clients, of suppliers, of employees); the last item of trust is asked the other way round.
ITEMS = {
    "nps": (1, 0, 10, 8.3, 7.9, 8.0),
    "trust": (3, 1, 7, 5.2, 5.0, 5.4),
    "satisfaction": (2, 1, 7, 5.3, 5.1, 5.2),
    "commitment": (2, 1, 7, 4.9, 5.0, 5.3),
}
AUDIENCES = {"clients": (1.0, 3), "suppliers": (1.0, 4), "employees": (0.0, 5)}
ANSWER_RATE = {"clients": 0.46, "suppliers": 0.5, "employees": 0.85}
TRUST_FALLS = 0.14  # of clients, a quarter over the last three; the staff does not notice
GEOS = 40


def waves(stage: Stage) -> list[tuple[str, Times]]:
    """Quarters that have begun, each asked on its 40th day."""
    months = np.arange(stage.start.astype("datetime64[M]").astype(int) // 3 * 3, stage.clock.astype("datetime64[M]").astype(int) + 1, 3)
    result = []
    for month in months.tolist():
        asked = np.datetime64(month, "M").astype("datetime64[s]") + np.timedelta64(40, "D") + np.timedelta64(9, "h")
        if stage.start <= asked <= stage.clock:
            result.append((f"{1970 + month // 12}-Q{month % 12 // 3 + 1}", asked))
    return result


def surveys(
    stage: Stage, companies: pd.DataFrame, persons: pd.DataFrame, staff: pd.DataFrame, client_since: Times, left_at: Times
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(answers, invitations): clients, suppliers and employees on us; our staff on what it thinks that clients think."""
    answers, invitations = [], []
    last = len(waves(stage))
    known = persons[~persons["is_double"] & (persons["account"] >= 0)].sort_values("contact")
    account = known["account"].to_numpy()
    role = companies["role"].to_numpy()[account]
    for number, (wave, asked) in enumerate(waves(stage)):
        quarter = int(asked.astype("datetime64[M]").astype(int)) // 3
        made = known["created_at"].to_numpy() < asked
        is_client = (client_since[account] < asked) & ~(left_at[account] < asked) & made
        groups = {"clients": known[is_client], "suppliers": known[np.isin(role, ["supplier", "partner"]) & made]}
        groups["employees"] = staff[(staff["started_at"] < asked) & ~(staff["left_at"] < asked)]
        fall = TRUST_FALLS * max(0, number - (last - 4))
        for audience, group in groups.items():
            key = group["contact" if "contact" in group else "staff"].to_numpy()
            replies = stage.chance.uniform("surveys.replies", key, quarter) < ANSWER_RATE[audience]
            invited = pd.DataFrame({"wave": wave, "audience": audience, "respondent_email": group["email"].to_numpy(), "invited_at": asked})
            invitations.append(invited)
            trusts_less = fall if audience == "clients" else 0.0
            answers.append(_answers(stage, wave, asked, audience, group[replies], key[replies], quarter, "audience", "own", trusts_less))
        judges = groups["employees"]
        key = judges["staff"].to_numpy()
        for perspective in ("own", "meta"):
            answers.append(_answers(stage, wave, asked, "clients", judges, key, quarter + 7000, "staff", perspective, 0.0))
    frame = pd.concat(answers, ignore_index=True) if answers else pd.DataFrame()
    asked_frame = pd.concat(invitations, ignore_index=True) if invitations else pd.DataFrame()
    return (frame[frame["answered_at"] <= stage.clock].reset_index(drop=True) if answers else frame), asked_frame


def _answers(
    stage: Stage,
    wave: str,
    asked: Times,
    audience: str,
    group: pd.DataFrame,
    key: np.ndarray,
    quarter: int,
    side: str,
    perspective: str,
    fall: float,
) -> pd.DataFrame:
    frames = []
    shift = {"own": 0.35, "meta": 0.55}[perspective] if side == "staff" else -fall
    mood = stage.chance.normal("surveys.mood", key, quarter, int(perspective == "meta"))
    for number, (dimension, (items, lowest, highest, *means)) in enumerate(ITEMS.items()):
        if dimension == "nps" and side == "staff":
            continue
        row, item = objects(np.full(len(key), items))
        noise = stage.chance.normal("surveys.item", key[row], quarter, number * 10 + item + 100 * int(perspective == "meta"))
        width = (highest - lowest) / 6
        level = means[list(AUDIENCES).index(audience)] + width * (shift + 0.8 * mood[row] + 0.6 * noise)
        score = np.clip(np.rint(level), lowest, highest)
        reverse = (dimension == "trust") & (item == items - 1)
        frame = pd.DataFrame({"wave": wave, "audience": audience, "respondent_email": group["email"].to_numpy()[row]})
        frame["item"] = [f"{dimension}_{k + 1}" for k in item.tolist()]
        frame["score"] = np.where(reverse, lowest + highest - score, score)
        frame["scale_min"], frame["scale_max"], frame["dimension"], frame["is_reversed"] = lowest, highest, dimension, reverse
        frame["respondent_side"], frame["perspective"] = side, perspective
        frame["answered_at"] = later(np.full(len(row), asked), 24 * 9 * stage.chance.uniform("surveys.when", key, quarter)[row])
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def experiments(stage: Stage) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(test, outcomes): forty towns in pairs of like size, one of each pair drawn to see the ads for four weeks."""
    days = stage.history_days
    pre, test, after = (56, 28, 7) if days >= 180 else (max(days // 3, 2), max(days // 4, 2), max(days // 10, 1))
    ends = days - (68 if days >= 180 else max(days // 6, after + 1))
    begins = ends - test + 1
    day = np.arange(begins - pre, ends + after + 1)
    design = {
        "experiment_id": "towns-2026-spring",
        "design": "randomised",
        "unit_kind": "geo",
        "starts_on": stage.start + begins,
        "ends_on": stage.start + ends,
        "primary_outcome": "revenue",
        "channel": "paid_social",
        "cost": 11_500.0,
        "currency": "USD",
        "margin_rate": 0.62,
        "pre_starts_on": stage.start + (begins - pre),
        "cooldown_ends_on": stage.start + (ends + after),
        "assigned_at": stage.at(begins - pre - 3, 10.0),
        "expected_share": 0.5,
        "level": 0.95,
        "tails": 2,
        "registered_at": stage.at(begins - pre - 10, 15.0),
    }
    unit, day = np.repeat(np.arange(GEOS), len(day)), np.tile(day, GEOS)
    heads = stage.chance.uniform("towns.draw", unit // 2) < 0.5
    is_treated = np.where(unit % 2 == 0, heads, ~heads)
    during = is_treated & (day >= begins) & (day <= ends)
    size = 900 * np.exp(0.7 * stage.chance.normal("towns.size", unit // 2) + 0.12 * stage.chance.normal("towns.own", unit))
    season = np.where(stage.weekday(day) < 5, 1.12, 0.7) * np.exp(0.05 * stage.chance.normal("towns.day", day))
    revenue = size * season * np.exp(0.16 * stage.chance.normal("towns.noise", unit, day)) * (1 + EXPERIMENT_REVENUE_LIFT * during)
    mentions = stage.chance.poisson("towns.mentions", size / 160 * season * (1 + EXPERIMENT_MENTIONS_LIFT * during), unit, day)
    frames = []
    for outcome, kind, value in (("revenue", "money", np.round(revenue, 2)), ("mentions", "count", mentions.astype(np.float64))):
        frame = pd.DataFrame({"experiment_id": "towns-2026-spring", "unit_id": [f"town-{u + 1:02}" for u in unit.tolist()]})
        frame["is_treated"], frame["date"], frame["value"] = is_treated, stage.start + day, value
        frame["outcome"], frame["outcome_kind"] = outcome, kind
        frame["block_id"] = [f"pair-{u // 2 + 1:02}" for u in unit.tolist()]
        frames.append(frame)
    outcomes = pd.concat(frames, ignore_index=True)
    return pd.DataFrame([design]), outcomes[outcomes["date"] < pd.Timestamp(str(stage.clock.astype("datetime64[D]")))].reset_index(
        drop=True
    )


def objectives(stage: Stage) -> pd.DataFrame:
    """Aims of the company: one that is met, two that are missed or cannot be told, two that nothing measures."""
    due = np.datetime64("2026-12-31")
    rows = [
        (
            "O1",
            "Answer clients within a day",
            "relationships.indicators",
            "response_rate_24h",
            0.7,
            "up",
            "head of support",
            "clients",
            0.62,
        ),
        (
            "O2",
            "Talk with people, not at them",
            "relationships.indicators",
            "two_way_ratio",
            0.55,
            "up",
            "head of marketing",
            "public",
            0.5,
        ),
        ("O3", "Clients keep and extend what they pay", "roi.revenue_retention", "nrr", 1.0, "up", "head of sales", "clients", 0.98),
        ("O4", "Clients recommend us", "relationships.surveys", "nps", 15.0, "up", "head of support", "clients", 12.0),
        ("O5", "Suppliers trust us", "relationships.surveys", "opr_trust", 70.0, "up", "head of operations", "suppliers", None),
        (
            "O6",
            "The public understands what we stand for",
            "relationships.surveys",
            "opr_trust",
            60.0,
            "up",
            "head of marketing",
            "public",
            None,
        ),
    ]
    columns = ["objective_id", "title", "mart", "measure", "target", "direction", "owner_role", "audience", "baseline"]
    return pd.DataFrame(rows, columns=columns).assign(due_on=due)
