"""A small Stripe: objects listed newest first, events, and amounts in smallest units; in an older or a newer version of the API."""

from datetime import timedelta
from typing import Any

from faults import NOW, Reply, Request
from faults.layer import Adapter, Fault

TOKEN = "rk_test_token"
DAY = 86_400
START = int((NOW - timedelta(days=100)).timestamp())
NOW_SECONDS = int(NOW.timestamp())


class Stripe:
    """An account; pages hold `page` objects."""

    def __init__(self) -> None:
        self.objects: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("customers", "subscriptions", "invoices", "refunds", "balance_transactions", "events")
        }
        self.page = 2
        self.refused: set[str] = set()
        self.is_new = True  # where an invoice keeps its subscription, tax and payment differs by version

    def add(self, kind: str, id_: str, created: int = START, **fields: Any) -> dict[str, Any]:
        name = {"balance_transactions": "balance_transaction"}.get(kind, kind.removesuffix("s"))
        object_ = {"id": id_, "object": name, "created": created, "livemode": False, **fields}
        self.objects[kind].insert(0, object_)
        return object_

    def event(self, type_: str, object_: dict[str, Any], created: int, **changes: Any) -> None:
        object_ |= changes
        self.add("events", f"evt_{len(self.objects['events'])}", created, type=type_, data={"object": dict(object_)})

    def customer(self, id_: str, **fields: Any) -> dict[str, Any]:
        return self.add("customers", id_, **({"name": "Ada Lovelace", "email": "ada@example.org", "metadata": {}} | fields))

    def subscription(self, id_: str, amount: int | None = 1000, interval: str = "month", count: int = 1, **fields: Any) -> dict[str, Any]:
        items = {"object": "list", "has_more": False, "data": [self.item(amount, interval, count)]}
        known: dict[str, Any] = {
            "customer": "cus_1",
            "status": "active",
            "currency": "eur",
            "items": items,
            "ended_at": None,
            "trial_end": None,
        }
        created = fields.pop("created", START)
        return self.add("subscriptions", id_, created, **(known | {"start_date": created, "metadata": {}} | fields))

    def item(self, amount: int | None, interval: str = "month", count: int = 1, quantity: int = 1) -> dict[str, Any]:
        price = {
            "id": f"price_{amount}",
            "unit_amount": amount,
            "product": "prod_1",
            "recurring": {"interval": interval, "interval_count": count},
        }
        return {"id": "si_1", "object": "subscription_item", "quantity": quantity, "price": price}

    def invoice(self, id_: str, total: int = 1190, **fields: Any) -> dict[str, Any]:
        payment = {"type": "payment_intent", "payment_intent": f"pi_{id_}"}
        subscription, tax, charge = fields.pop("subscription", None), fields.pop("tax", None), f"ch_{id_}"
        newer = {
            "parent": {"type": "subscription_details", "subscription_details": {"subscription": subscription, "metadata": {}}}
            if subscription
            else None,
            "total_taxes": [{"amount": tax}] if tax is not None else None,
            "payments": {"object": "list", "data": [{"status": "paid", "payment": payment}]},
        }
        older = {"subscription": subscription, "tax": tax, "charge": charge, "payment_intent": f"pi_{id_}"}
        created = fields.pop("created", START)
        known = {"customer": "cus_1", "status": "paid", "currency": "eur", "total": total, "billing_reason": "manual", "metadata": {}}
        names = {"customer_email": "ada@example.org", "customer_name": "Ada Lovelace", "status_transitions": {"paid_at": created + 60}}
        return self.add("invoices", id_, created, **(known | names | (newer if self.is_new else older) | fields))

    def fee(self, invoice: str, fee: int, **fields: Any) -> dict[str, Any]:
        """The movement of an invoice's charge."""
        charge = {"id": f"ch_{invoice}", "object": "charge", "receipt_email": "ada@example.org"}
        charge |= {"payment_intent": f"pi_{invoice}"} if self.is_new else {"invoice": invoice}
        known = {"type": "charge", "amount": 1190, "fee": fee, "currency": "eur", "exchange_rate": None, "source": charge}
        return self.add("balance_transactions", f"txn_{invoice}", **(known | fields))

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply({"error": {"type": "invalid_request_error", "message": "Invalid API Key provided: rk_test_****"}}, 401)
        kind = request.path.removeprefix("/v1/")
        if kind in self.refused:
            return Reply(
                {"error": {"type": "invalid_request_error", "message": "The provided key does not have the required permissions"}}, 403
            )
        found = [object_ for object_ in self.objects[kind] if object_["created"] >= int(request.first("created[gte]", "0"))]
        if request.first("status", "all") != "all":
            found = [object_ for object_ in found if object_["status"] == request.first("status")]
        if kind == "customers":
            found = [object_ for object_ in found if not object_.get("deleted")]
        if kind == "balance_transactions" and request.first("expand[]") != "data.source":
            found = [object_ | {"source": object_["source"]["id"]} for object_ in found]
        ids = [object_["id"] for object_ in found]
        start = ids.index(request.first("starting_after")) + 1 if "starting_after" in request.query else 0
        page = found[start : start + min(self.page, int(request.first("limit", "10")))]
        return Reply({"object": "list", "url": request.path, "data": page, "has_more": start + len(page) < len(found)})


ADAPTER = Adapter(
    settings={"access_token": "rk_test_demo"},
    feed="/v1/invoices",
    refusal=Fault(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}),
    sizes=("limit",),
    least=25,
    counters=("total",),
    histories=frozenset({"subscriptions", "subscription_items"}),
)
