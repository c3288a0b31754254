"""A company whose clients' loyalty makes them both engage and stay, as rows of the file drop; what engagement itself does is planted.

Interactions reach an account by identity_links and contacts. The clock stands at 2026-06-30 12:00, so that the landmark of
2025-10-01 is the only one with clients throughout and an outcome (2026-03-30)."""

from datetime import datetime, timedelta

import duckdb
import numpy as np
import pandas as pd
from scipy.special import expit

from tests.dbt_warehouse import DbtWarehouse, Row

LANDMARK = datetime(2025, 10, 1)
START, EFFECT = 0.2, 0.35
SEGMENTS = ("large", "small")


def planted(clients: int = 1_000_000) -> float:
    """The difference that engagement itself makes, as a mean over clients."""
    large, amount = _loyalty(np.random.default_rng(0), clients)
    good = 1.2 * large + 0.9 * amount
    return float((expit(START + good + EFFECT) - expit(START + good)).mean())


def _loyalty(draw: np.random.Generator, clients: int) -> tuple[np.ndarray, np.ndarray]:
    return (draw.random(clients) < 0.5).astype(float), draw.normal(size=clients)


class Clients:
    """`large` and `amount` are what a source tells of a client; `is_engaged` and `is_kept` what the tests plant."""

    def __init__(self, seed: int, clients: int) -> None:
        draw = np.random.default_rng(seed)
        self.large, self.amount = _loyalty(draw, clients)
        good = 1.2 * self.large + 0.9 * self.amount
        self.is_engaged = draw.random(clients) < expit(-0.6 + good)
        self.is_kept = draw.random(clients) < expit(START + good + EFFECT * self.is_engaged)
        self.days = draw.integers(1, 80, clients)
        self.left = draw.integers(1, 170, clients)

    def accounts(self) -> list[Row]:
        return [{"account_id": f"a{i}", "segment": SEGMENTS[0 if large else 1]} for i, large in enumerate(self.large)]

    def identities(self) -> list[Row]:
        return [
            {
                "person_key": f"p{i}",
                "platform": "forum",
                "actor_key": f"f{i}",
                "method": "self_declared",
                "evidence": "profile",
                "consent_basis": "consent",
            }
            for i in range(len(self.large))
        ]

    def contacts(self) -> list[Row]:
        return [{"contact_id": f"c{i}", "account_id": f"a{i}", "person_key": f"p{i}"} for i in range(len(self.large))]

    def subscriptions(self) -> list[Row]:
        return [
            {
                "subscription_id": f"s{i}",
                "account_id": f"a{i}",
                "started_at": datetime(2025, 6, 1) + timedelta(days=i % 25),
                "ended_at": None if kept else LANDMARK + timedelta(days=int(left)),
                "monthly_amount": round(float(np.exp(4 + amount)), 2),
                "currency": "USD",
            }
            for i, (kept, left, amount) in enumerate(zip(self.is_kept, self.left, self.amount, strict=True))
        ]

    def orders(self) -> list[Row]:
        """The same clients as persons who order: the amount tells, and so does how often they ordered before."""
        rows = []
        for i, (kept, left, amount, large) in enumerate(zip(self.is_kept, self.left, self.amount, self.large, strict=True)):
            days = [datetime(2025, 2, 1) + timedelta(days=i % 25)]
            days += [datetime(2025, 5, 1) + timedelta(days=i % 25)] * int(large)
            days += [LANDMARK + timedelta(days=int(left))] * int(kept)
            rows += [
                {"revenue_id": f"o{i}-{n}", "occurred_at": day, "person_key": f"p{i}", "kind": "order", "currency": "USD"}
                | {"amount": round(float(np.exp(4 + amount)), 2)}
                for n, day in enumerate(days)
            ]
        return rows

    def conversations(self, waiting: float = 0.0) -> list[Row]:
        """The engaged ask and are answered in an hour; of the others that share asks and waits for three days."""
        rows = []
        for i, (engaged, day) in enumerate(zip(self.is_engaged, self.days, strict=True)):
            if not engaged and i % 100 >= 100 * waiting:
                continue
            at = LANDMARK - timedelta(days=int(day))
            said = {"platform": "forum", "thread_id": f"t{i}", "kind": "message"}
            answer = at + (timedelta(hours=1) if engaged else timedelta(days=3))
            rows.append({**said, "interaction_id": f"q{i}", "occurred_at": at, "actor_key": f"f{i}"})
            rows.append({**said, "interaction_id": f"r{i}", "occurred_at": answer, "actor_key": "us", "is_brand": True})
        return rows


def insert_fast(warehouse: DbtWarehouse, entity: str, rows: list[Row]) -> None:
    """Many rows in one statement."""
    frame = pd.DataFrame([{**row, "_file": f"{entity}.csv", "_line": line, "_deleted": False} for line, row in enumerate(rows, 1)])
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.register("frame", frame)
        connection.execute(f"insert into raw_files.{entity} by name select * from frame")
