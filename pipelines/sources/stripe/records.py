"""Stripe's objects -> rows: an allow-list of fields, since invoices and customers hold names and addresses."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.raw import RawTable

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Keys:
    """Of an e-mail address, and of Stripe's own number for a customer: a subscription names no address."""

    email: Callable[[str | None], str | None]
    customer: Callable[[str | None], str | None]


CUSTOMERS = RawTable(
    "customers",
    ("customer_id",),
    {**dict.fromkeys(["customer_id", "customer_key", "account_id", "person_key"], "VARCHAR"), "created": "BIGINT", "is_deleted": "BOOLEAN"},
    ("contacts", "revenue", "subscriptions"),
    holds_persons=True,
)
SUBSCRIPTIONS = RawTable(
    "subscriptions",
    ("subscription_id", "changed"),
    {
        "subscription_id": "VARCHAR",
        "changed": "BIGINT",  # since when it is as this row says
        **dict.fromkeys(["customer_id", "customer_key", "account_id", "status", "currency"], "VARCHAR"),
        **dict.fromkeys(["created", "start_date", "trial_end", "ended_at"], "BIGINT"),
    },
    ("subscriptions",),
    holds_persons=True,
)
ITEMS = RawTable(
    "subscription_items",
    ("subscription_id", "changed", "position"),
    {
        "subscription_id": "VARCHAR",
        "changed": "BIGINT",  # as of its subscription
        "position": "BIGINT",
        **dict.fromkeys(["price_id", "product_id", "amount", "interval"], "VARCHAR"),
        **dict.fromkeys(["quantity", "interval_count"], "BIGINT"),
    },
    ("subscriptions",),
)
INVOICES = RawTable(
    "invoices",
    ("invoice_id",),
    {
        **dict.fromkeys(
            ["invoice_id", "customer_id", "customer_key", "account_id", "person_key", "opportunity_id", "subscription_id"], "VARCHAR"
        ),
        **dict.fromkeys(["status", "billing_reason", "currency", "product_id", "charge_id", "payment_intent_id"], "VARCHAR"),
        **dict.fromkeys(["created", "paid_at", "total", "discount", "tax", "credited_before_payment"], "BIGINT"),
    },
    ("revenue",),
    holds_persons=True,
)
REFUNDS = RawTable(
    "refunds",
    ("refund_id",),
    {
        **dict.fromkeys(["refund_id", "charge_id", "payment_intent_id", "status", "currency"], "VARCHAR"),
        **dict.fromkeys(["created", "amount"], "BIGINT"),
    },
    ("revenue",),
    holds_persons=True,
)
BALANCE = RawTable(
    "balance_transactions",
    ("balance_transaction_id",),
    {
        **dict.fromkeys(["balance_transaction_id", "type", "currency", "source_id", "payment_intent_id", "invoice_id"], "VARCHAR"),
        **dict.fromkeys(["created", "amount", "fee"], "BIGINT"),
        "exchange_rate": "DOUBLE",
    },
    ("revenue",),
    holds_persons=True,
)
TABLES = (CUSTOMERS, SUBSCRIPTIONS, ITEMS, INVOICES, REFUNDS, BALANCE)

ACCOUNT_NAMES = ("account_id", "hubspot_company_id", "company_id")  # metadata by which companies tie Stripe to their CRM
DEAL_NAMES = ("opportunity_id", "hubspot_deal_id", "deal_id")


def customer(object_: Object, keys: Keys) -> dict[str, Any]:
    return {
        "customer_id": object_["id"],
        "customer_key": keys.customer(object_["id"]),
        "account_id": _named(object_, ACCOUNT_NAMES),
        "person_key": keys.email(object_.get("email")),
        "created": object_.get("created"),
        "is_deleted": bool(object_.get("deleted")),
    }


def subscription(object_: Object, keys: Keys) -> dict[str, Any]:
    """With its `items`, which are rows of a table of their own."""
    items = [(item, item.get("price") or item.get("plan") or {}) for item in _data(object_.get("items"))]
    customer_id = identifier(object_.get("customer"))
    return {
        "subscription_id": object_["id"],
        "customer_id": customer_id,
        "customer_key": keys.customer(customer_id),
        "account_id": _named(object_, ACCOUNT_NAMES),
        "status": object_.get("status"),
        "currency": object_.get("currency") or _first(price.get("currency") for _, price in items),
        "created": object_["created"],
        "start_date": object_.get("start_date", object_.get("start")),
        "trial_end": object_.get("trial_end"),
        "ended_at": object_.get("ended_at"),
        "items": [_item(item, price, position) for position, (item, price) in enumerate(items)],
    }


def _item(item: Object, price: Object, position: int) -> dict[str, Any]:
    """One price of a subscription; `amount` in smallest units may have decimals, so it is a text. Older answers call a price plan."""
    recurring = price.get("recurring") or price
    amount = next(
        (price[name] for name in ("unit_amount_decimal", "unit_amount", "amount_decimal", "amount") if price.get(name) is not None), None
    )
    return {
        "position": position,
        "price_id": price.get("id"),
        "product_id": identifier(price.get("product")),
        "amount": None if amount is None else str(amount),
        "quantity": item.get("quantity"),
        "interval": recurring.get("interval"),
        "interval_count": recurring.get("interval_count"),
    }


def invoice(object_: Object, keys: Keys) -> dict[str, Any]:
    parent = (object_.get("parent") or {}).get("subscription_details") or {}
    payments = [entry.get("payment") or {} for entry in _data(object_.get("payments")) if entry.get("status") in (None, "paid")]
    line: Object = next(iter(_data(object_.get("lines"))), {})
    price = line.get("price") or line.get("plan") or {}
    product = identifier(price.get("product")) if isinstance(price, Mapping) else None
    customer_id = identifier(object_.get("customer"))
    return {
        "invoice_id": object_["id"],
        "customer_id": customer_id,
        "customer_key": keys.customer(customer_id),
        "account_id": _named(object_, ACCOUNT_NAMES),
        "person_key": keys.email(object_.get("customer_email")),
        "opportunity_id": _named(object_, DEAL_NAMES),
        "subscription_id": identifier(object_.get("subscription") or parent.get("subscription")),
        "status": object_.get("status"),
        "billing_reason": object_.get("billing_reason"),
        "currency": object_["currency"],
        "product_id": product or ((line.get("pricing") or {}).get("price_details") or {}).get("product"),
        "charge_id": identifier(object_.get("charge")) or _first(identifier(payment.get("charge")) for payment in payments),
        "payment_intent_id": identifier(object_.get("payment_intent"))
        or _first(identifier(payment.get("payment_intent")) for payment in payments),
        "created": object_.get("created", object_.get("date")),
        "paid_at": (object_.get("status_transitions") or {}).get("paid_at"),
        "total": object_["total"],
        "discount": _sum(object_, "total_discount_amounts"),
        "tax": _sum(object_, "total_taxes", "total_tax_amounts") if object_.get("tax") is None else object_["tax"],
        "credited_before_payment": object_.get("pre_payment_credit_notes_amount"),
    }


def refund(object_: Object, keys: Keys) -> dict[str, Any]:
    return {
        "refund_id": object_["id"],
        "charge_id": identifier(object_.get("charge")),
        "payment_intent_id": identifier(object_.get("payment_intent")),
        "status": object_.get("status"),
        "currency": object_["currency"],
        "created": object_["created"],
        "amount": object_["amount"],
    }


def balance_transaction(object_: Object, keys: Keys) -> dict[str, Any]:
    """`source` comes expanded: its charge names the payment, and in older versions the invoice."""
    source = object_.get("source")
    charge = source if isinstance(source, Mapping) else {}
    rate = object_.get("exchange_rate")
    return {
        "balance_transaction_id": object_["id"],
        "type": object_.get("type"),
        "currency": object_["currency"],
        "source_id": identifier(source),
        "payment_intent_id": identifier(charge.get("payment_intent")),
        "invoice_id": identifier(charge.get("invoice")),
        "created": object_["created"],
        "amount": object_["amount"],
        "fee": object_.get("fee"),
        "exchange_rate": None if rate is None else float(rate),
    }


def identifier(value: Any) -> str | None:
    """The id of a field that may be expanded to the whole object."""
    return value.get("id") if isinstance(value, Mapping) else value


def _data(list_: Any) -> list[Any]:
    return (list_.get("data") or []) if isinstance(list_, Mapping) else list_ or []


def _first(values: Iterable[str | None]) -> str | None:
    return next(filter(None, values), None)


def _named(object_: Object, names: tuple[str, ...]) -> str | None:
    metadata = object_.get("metadata") or {}
    return _first(str(metadata[name]) for name in names if metadata.get(name))


def _sum(object_: Object, *names: str) -> int | None:
    """Of a list of amounts, whichever field this version has; None where it has none."""
    amounts = next((object_[name] for name in names if object_.get(name) is not None), None)
    return None if amounts is None else sum(entry["amount"] for entry in amounts)
