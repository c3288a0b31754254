"""A small company of touches, orders, deals and costs, for the tests of the roi marts; its clock stands at 2026-06-30 12:00."""

from datetime import date, datetime, timedelta

from tests.dbt_warehouse import DbtWarehouse, Row

END = datetime(2026, 6, 30, 12)


def touch(touch_id: str, person: str, at: datetime, channel: str = "email", **columns: object) -> Row:
    return {"touch_id": touch_id, "person_key": person, "occurred_at": at, "channel": channel, "kind": "click", **columns}


def order(revenue_id: str, person: str, at: datetime, amount: float = 100, **columns: object) -> Row:
    money = {"amount": amount, "currency": "USD", "cost_of_goods": 0, "kind": "order"}
    return {"revenue_id": revenue_id, "occurred_at": at, "person_key": person, **money, **columns}


def refund(revenue_id: str, parent: str, at: datetime, amount: float, **columns: object) -> Row:
    return {
        "revenue_id": revenue_id,
        "occurred_at": at,
        "parent_revenue_id": parent,
        "amount": amount,
        "currency": "USD",
        "kind": "refund",
        **columns,
    }


def month_cost(cost_id: str, month: date, kind: str, amount: float, channel: str | None = None, **columns: object) -> Row:
    last_day = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    period = {"period_start": month, "period_end": last_day}
    return {"cost_id": cost_id, **period, "kind": kind, "amount": amount, "currency": "USD", "channel": channel, **columns}


def half_a_year(warehouse: DbtWarehouse) -> None:
    """Six months: 40 buyers in paid social and e-mail, one account with a deal invoiced, a refund months later."""
    start = datetime(2026, 1, 25, 9)
    touches, orders = [], []
    for buyer in range(40):
        bought_at = start + timedelta(days=4 * buyer)
        person = f"p{buyer}"
        touches.append(touch(f"{person}-a", person, bought_at - timedelta(days=20), "paid_social", campaign_id="spring"))
        touches.append(touch(f"{person}-b", person, bought_at - timedelta(days=3), ("email", "direct")[buyer % 2]))
        orders.append(order(f"o{buyer}", person, bought_at, 50 + buyer, cost_of_goods=10))
    warehouse.insert("touches", *touches)
    warehouse.insert("revenue", *orders)
    warehouse.insert("accounts", {"account_id": "acme", "segment": "smb"})
    warehouse.insert("contacts", {"contact_id": "c1", "account_id": "acme", "person_key": "ann", "created_at": datetime(2026, 1, 10)})
    warehouse.insert(
        "touches",
        touch("ann-1", "ann", datetime(2026, 1, 8), "organic_social"),
        touch("ann-2", "ann", datetime(2026, 2, 1), "email"),
        touch("ann-3", "ann", datetime(2026, 4, 1), "paid_social"),
    )
    warehouse.insert(
        "opportunities",
        {
            "opportunity_id": "deal",
            "created_at": datetime(2026, 2, 10),
            "account_id": "acme",
            "contact_id": "c1",
            "is_won": True,
            "closed_at": datetime(2026, 5, 2),
            "amount": 5000,
            "currency": "USD",
        },
    )
    warehouse.insert(
        "revenue",
        order("inv-1", "ann", datetime(2026, 5, 5), 5000, kind="invoice", account_id="acme", opportunity_id="deal", cost_of_goods=4960),
        order("inv-2", "ann", datetime(2026, 6, 5), 5000, kind="invoice", account_id="acme", cost_of_goods=4960),
        refund("r-1", "o0", datetime(2026, 4, 4), -20),
    )
    for month in range(1, 7):
        first = date(2026, month, 1)
        warehouse.insert("costs", month_cost(f"ads-{month}", first, "ad_spend", 300, "paid_social", campaign_id="spring"))
        warehouse.insert("costs", month_cost(f"staff-{month}", first, "staff", 100.01, "paid_social", hours=5))
        warehouse.insert("costs", month_cost(f"tools-{month}", first, "tools", 60))
