"""Stripe's objects -> what its lists hold: collections with ids, times and filters, and the events of 30 days."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simulator.apis.stripe_objects import ACCOUNT_VERSION, Books
from simulator.world import World

EVENTS_KEPT = 30 * 86400
NOTHING = frozenset[str]()
Build = Callable[[int, str, frozenset[str]], dict[str, Any]]  # (row, API version, what to expand) -> object


@dataclass
class Collection:
    """Objects of one kind, the newest first: row -> object; `rows` finds an id, `filters` hold what a list can be asked for."""

    ids: list[str]
    created: Sequence[int]
    build: Build
    filters: dict[str, Sequence[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = {id_: row for row, id_ in enumerate(self.ids)}


def collections(world: World) -> dict[str, Collection]:
    """Every list of the account by its name below /v1/."""
    books = Books(world)
    periods, bills, paid, refunds = books.periods, books.bills, books.paid, books.given_back
    customer, charge, intent, invoice = books.customer_id, books.charge_id, books.intent_id, books.invoice_id
    customers = Collection(
        [customer[row] for row in books.customers], [books.customers_since[row] or 0 for row in books.customers], books.customer
    )
    subscriptions = Collection(
        [books.subscription_id[period.subscription] for period in periods],
        books.periods_created,
        books.subscription,
        {
            "customer": [customer[period.account] for period in periods],
            "status": ["canceled" if ended else "active" for ended in books.periods_ended],
            "hidden": [ended is not None for ended in books.periods_ended],  # from lists that ask for no status
        },
    )
    invoices = Collection(
        [invoice[bill.invoice] for bill in bills],
        books.bills_created,
        books.invoice,
        {
            "customer": [customer[bill.account] for bill in bills],
            "status": ["paid" if at else "open" for at in books.bills_paid],
            "subscription": [books.subscription_id.get(bill.subscription) for bill in bills],
        },
    )
    charges = Collection(
        [charge[bill.invoice] for bill in paid],
        books.paid_at,
        books.charge,
        {"customer": [customer[bill.account] for bill in paid], "payment_intent": [intent[bill.invoice] for bill in paid]},
    )
    refunded = Collection(
        books.refund_id,
        books.refunds_created,
        books.refund,
        {"charge": [charge[each.invoice] for each in refunds], "payment_intent": [intent[each.invoice] for each in refunds]},
    )
    payments = Collection(
        ["inpay_1" + invoice[bill.invoice][4:] for bill in paid],
        books.paid_at,
        lambda row, version, expand: books.payment(paid[row].invoice),
        {"invoice": [invoice[bill.invoice] for bill in paid], "status": ["paid"] * len(paid)},
    )
    return {
        "customers": customers,
        "subscriptions": subscriptions,
        "invoices": invoices,
        "charges": charges,
        "refunds": refunded,
        "invoice_payments": payments,
        "balance_transactions": _balance(books),
        "events": _events(books, customers),
    }


def _balance(books: Books) -> Collection:
    """Payments and refunds by the time at which they changed the balance."""
    rows = [(at, False, row) for row, at in enumerate(books.paid_at)] + [(at, True, row) for row, at in enumerate(books.refunds_created)]
    rows.sort(key=lambda each: (-each[0], each[1], each[2]))
    ids = [books.balance_id(is_refund, row) for _, is_refund, row in rows]

    def build(number: int, version: str, expand: frozenset[str]) -> dict[str, Any]:
        at, is_refund, row = rows[number]
        return books.balance_transaction(at, is_refund, row, version, "source" in expand)

    return Collection(ids, [at for at, _, _ in rows], build, {"type": ["refund" if is_refund else "charge" for _, is_refund, _ in rows]})


def _events(books: Books, customers: Collection) -> Collection:
    """What was made, paid, ended and given back in the last 30 days, each with the object as it was then."""
    now = int(books.world.stage.clock.astype(np.int64))
    rows: list[tuple[int, str, int]] = []  # (time, type, row of the object)

    def add(kind: str, times: Sequence[int | None]) -> None:
        rows.extend((at, kind, row) for row, at in enumerate(times) if at is not None and now - EVENTS_KEPT <= at <= now)

    add("customer.created", customers.created)
    add("customer.subscription.created", books.periods_created)
    add("customer.subscription.deleted", books.periods_ended)
    add("invoice.created", books.bills_created)
    add("invoice.paid", books.bills_paid)
    add("charge.succeeded", books.paid_at)
    add("refund.created", books.refunds_created)
    rows.sort(key=lambda each: (-each[0], each[1], each[2]))

    def object_(kind: str, row: int) -> dict[str, Any]:
        if kind == "customer.created":
            return books.customer(row, ACCOUNT_VERSION, NOTHING)
        if kind.startswith("customer.subscription"):
            return books.subscription(row, ACCOUNT_VERSION, NOTHING, is_before_its_end=kind.endswith("created"))
        if kind.startswith("invoice"):
            return books.invoice(row, ACCOUNT_VERSION, NOTHING, is_before_payment=kind.endswith("created"))
        return (books.charge if kind.startswith("charge") else books.refund)(row, ACCOUNT_VERSION, NOTHING)

    ids = [f"evt_1{kind.replace('.', '')}{at}{object_(kind, row)['id'][-8:]}" for at, kind, row in rows]

    def build(number: int, version: str, expand: frozenset[str]) -> dict[str, Any]:
        at, kind, row = rows[number]
        body = {"id": ids[number], "object": "event", "api_version": ACCOUNT_VERSION, "created": at, "livemode": False}
        body |= {"pending_webhooks": 0, "request": {"id": None, "idempotency_key": None}, "type": kind}
        return body | {"data": {"object": object_(kind, row)}}

    return Collection(ids, [at for at, _, _ in rows], build, {"type": [kind for _, kind, _ in rows]})
