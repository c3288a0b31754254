"""Random companies of touches, orders, deals and costs, and who is credited by METRICS section 3, written anew in plain Python."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np

from tests.dbt_warehouse import DbtWarehouse, Row
from tests.roi_company import month_cost, order, refund, touch

CHANNELS = ("organic_social", "paid_social", "email", "direct", "community")
MODELS = ("first", "last", "linear", "position", "time_decay", "w_shaped", "shapley")
LOOKBACKS: tuple[int | None, ...] = (7, 30, 90, None)
World = dict[str, list[Row]]


def random_world(seed: int, customers: int = 60) -> World:
    """Half a year: persons who order once or more, accounts with a contact and a deal, refunds, costs. Seconds may coincide."""
    draw = np.random.default_rng(seed)
    world: World = {entity: [] for entity in ("touches", "revenue", "costs", "accounts", "contacts", "opportunities")}
    start = datetime(2026, 1, 20, 12)

    def at(first: float, last: float) -> datetime:
        return start + timedelta(days=int(draw.integers(first, last)), seconds=int(draw.choice([0, 0, 43_200, 86_399])))

    for number in range(customers):
        person, account = f"p{number:03}", f"a{number:03}"
        for place in range(draw.integers(0, 9)):
            channel = str(draw.choice(CHANNELS, p=[0.2, 0.3, 0.2, 0.2, 0.1]))
            campaign = {"campaign_id": "spring"} if channel == "paid_social" and draw.random() < 0.5 else {}
            world["touches"].append(touch(f"{person}-{place}", person, at(-60, 150), channel, **campaign))
        if number % 3:
            for sale in range(draw.integers(0, 3)):
                revenue_id, amount = f"{person}-o{sale}", float(draw.integers(1, 30_000)) / 100
                world["revenue"].append(order(revenue_id, person, at(0, 150), amount, cost_of_goods=round(amount / 3, 2)))
                if draw.random() < 0.2:
                    world["revenue"].append(refund(f"{revenue_id}-back", revenue_id, at(150, 160), -round(amount / 4, 2)))
        else:
            world["accounts"].append({"account_id": account, "segment": "smb"})
            contact = {"contact_id": f"c{number}", "account_id": account, "person_key": person}
            world["contacts"].append(contact | {"created_at": at(-30, 60) if draw.random() < 0.8 else None})
            created = at(0, 100)
            deal = {
                "opportunity_id": f"d{number}",
                "account_id": account,
                "contact_id": f"c{number}",
                "created_at": created,
                "is_won": True,
            }
            world["opportunities"].append(
                deal | {"closed_at": created + timedelta(days=int(draw.integers(0, 50))), "amount": 777.77, "currency": "USD"}
            )
    for month in range(1, 7):
        for channel in CHANNELS:
            for kind in ("ad_spend", "staff"):
                amount = float(draw.integers(0, 50_000)) / 100
                world["costs"].append(
                    month_cost(f"{channel}-{kind}-{month}", date(2026, month, 1), kind, amount, channel, hours=float(draw.integers(1, 9)))
                )
        world["costs"].append(month_cost(f"shared-{month}", date(2026, month, 1), "tools", 100.01))
    return world


def insert(warehouse: DbtWarehouse, world: World) -> None:
    for entity, rows in world.items():
        warehouse.insert(entity, *rows)


def _weights(model: str, touches: Sequence[Row], sale: Row) -> list[float] | None:
    n, channels = len(touches), [touch_["channel"] for touch_ in touches]
    if model == "first":
        return [1.0] + [0.0] * (n - 1)
    if model == "last":
        return [0.0] * (n - 1) + [1.0]
    if model == "linear":
        return [1.0] * n
    if model == "position":
        return [1.0] * n if n < 3 else [0.4, *[0.2 / (n - 2)] * (n - 2), 0.4]
    if model == "time_decay":
        return [2 ** (-(sale["at"] - touch_["occurred_at"]).total_seconds() / (7 * 86_400)) for touch_ in touches]
    if model == "shapley":
        return [1 / channels.count(channel) for channel in channels]
    if sale["deal_at"] is None:
        return None
    shares = Counter({0: 0.3})
    for milestone in (sale["contact_at"], sale["deal_at"]):
        before = [place for place, touch_ in enumerate(touches) if milestone is not None and touch_["occurred_at"] <= milestone]
        if before:
            shares[before[-1]] += 0.3
    others = [place for place in range(n) if place not in shares]
    return [shares[place] if place in shares else 0.1 / len(others) for place in range(n)]


def sales(world: World) -> dict[str, dict[str, Any]]:
    """conversion_id -> when, whose touches, and the start of its own lookback."""
    found = {}
    for row in world["revenue"]:
        if row["kind"] == "order":
            at = row["occurred_at"]
            found[f"order|{row['revenue_id']}"] = {"person": row["person_key"], "at": at, "own": at - timedelta(days=30), "deal_at": None}
    contacts = {row["contact_id"]: row for row in world["contacts"]}
    for row in world["opportunities"]:
        contact, at = contacts[row["contact_id"]], row["closed_at"]
        own = min(row["created_at"], at) - timedelta(days=90)
        times = {"at": at, "own": own, "deal_at": row["created_at"], "contact_at": contact["created_at"]}
        found[f"deal|{row['opportunity_id']}"] = {"person": contact["person_key"], **times}
    return found


def credits(world: World) -> dict[tuple[str, str, int | None, str | None], float]:
    """(conversion, model, lookback or None for its own, touch or None for nobody) -> credit, zeros left out."""
    found: dict[tuple[str, str, int | None, str | None], float] = {}
    touches = sorted(world["touches"], key=lambda row: (row["occurred_at"], row["touch_id"]))
    for conversion, sale in sales(world).items():
        for lookback in LOOKBACKS:
            start = sale["own"] if lookback is None else sale["at"] - timedelta(days=lookback)
            inside = [row for row in touches if row["person_key"] == sale["person"] and start <= row["occurred_at"] <= sale["at"]]
            for model in MODELS:
                weights = _weights(model, inside, sale) if inside else ([] if model != "w_shaped" or sale["deal_at"] else None)
                if weights is None:
                    continue
                if not inside:
                    found[conversion, model, lookback, None] = 1.0
                for row, weight in zip(inside, weights, strict=True):
                    if weight:
                        found[conversion, model, lookback, row["touch_id"]] = weight / sum(weights)
    return found


def shapley_values(coalitions: list[frozenset[str]]) -> dict[str, float]:
    """By the definition, over all subsets: v(S) = conversions whose channels all lie in S."""
    players = sorted(frozenset().union(*coalitions))
    n, values = len(players), {}
    for player in players:
        rest, value = [other for other in players if other != player], 0.0
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for subset in combinations(rest, size):
                without, whole = frozenset(subset), frozenset(subset) | {player}
                value += weight * sum(channels <= whole and not channels <= without for channels in coalitions)
        values[player] = value
    return values
