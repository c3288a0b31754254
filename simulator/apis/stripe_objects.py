"""World -> Stripe's objects in the shape of the API version that is asked for."""

from typing import Any

import numpy as np

from simulator.apis.hubspot_records import deal_ids
from simulator.world import World
from simulator.world_money import ZERO_DECIMAL

ACCOUNT_VERSION = "2024-06-20"  # of the account, for requests that name none
PAYMENTS_APART_SINCE = "2025-03-31"  # then invoices lost charge, payment_intent, subscription and tax, and charges lost invoice


def seconds(times: Any) -> list[int | None]:
    """Times as Stripe's whole seconds."""
    values = np.asarray(times, dtype="datetime64[s]")
    return [
        None if is_missing else second
        for second, is_missing in zip(values.astype(np.int64).tolist(), np.isnat(values).tolist(), strict=True)
    ]


def known(times: Any) -> list[int]:
    """Times that are all given."""
    return [int(second or 0) for second in seconds(times)]


def smallest(amount: float, currency: str) -> int:
    """An amount in the smallest unit of its currency; the yen has none."""
    return round(amount if currency in ZERO_DECIMAL else amount * 100)


def _is_new(version: str) -> bool:
    return version >= PAYMENTS_APART_SINCE


class Books:
    """Rows of the world as lists, the newest first, with Stripe's ids; each method builds one object from a row."""

    def __init__(self, world: World) -> None:
        self.world = world
        ids = world.stage.chance.ids
        self.account_id = world.accounts["account_id"].tolist()
        self.names = world.accounts["name"].tolist()
        self.customer_id = [f"cus_{text}" for text in ids("stripe.customer", world.accounts["key"].to_numpy(), 14)]
        emails = world.contacts.set_index("contact")["email"]
        self.emails = emails.reindex(world.accounts["key"] * 8).tolist()
        # the newest first, as every list gives them
        subscriptions = world.subscriptions.iloc[::-1].reset_index(drop=True)
        bills = world.invoices.iloc[::-1].reset_index(drop=True)
        paid = bills[bills["paid_at"].notna()].sort_values(["paid_at", "invoice"], ascending=False, ignore_index=True)
        given_back = world.refunds.iloc[::-1].reset_index(drop=True)
        key = bills["invoice"].to_numpy()
        self.invoice_id = dict(zip(key.tolist(), [f"in_1{text}" for text in ids("stripe.invoice", key, 23)], strict=True))
        self.charge_id = {number: "ch_3" + text[4:] for number, text in self.invoice_id.items()}
        self.intent_id = {number: "pi_3" + text[4:] for number, text in self.invoice_id.items()}
        key_of_period = subscriptions["subscription"].to_numpy()
        names = [f"sub_1{text}" for text in ids("stripe.subscription", key_of_period, 23)]
        self.subscription_id = dict(zip(key_of_period.tolist(), names, strict=True))
        self.refund_id = [f"re_3{text}" for text in ids("stripe.refund", given_back["refund"].to_numpy(), 23)]
        self.row_of_bill = {number: row for row, number in enumerate(key.tolist())}
        refunded = given_back.groupby("invoice")["amount"].sum()
        self.refunded: dict[Any, float] = refunded.to_dict()
        rates = world.rates[world.rates["date"] <= world.stage.clock.astype("datetime64[D]")]
        self.rates = {(str(date)[:10], code): rate for date, code, rate in rates.itertuples(index=False)}
        won = world.deals.assign(deal_id=deal_ids(world))[world.deals["is_won"]]
        self.deal_of = dict(zip(won["account"].tolist(), won["deal_id"], strict=True))
        self.periods, self.bills, self.paid, self.given_back = (list[Any](f.itertuples()) for f in (subscriptions, bills, paid, given_back))
        self.periods_created, self.periods_ended = known(subscriptions["started_at"]), seconds(subscriptions["ended_at"])
        self.bills_created, self.bills_paid = known(bills["created_at"]), seconds(bills["paid_at"])
        self.paid_at, self.refunds_created = known(paid["paid_at"]), known(given_back["created_at"])
        self.customers_since = seconds(world.accounts["client_since"])
        made = [(since, row) for row, since in enumerate(self.customers_since) if since is not None]
        self.customers = [row for _, row in sorted(made, reverse=True)]

    def customer(self, number: int, version: str, expand: frozenset[str]) -> dict[str, Any]:
        row = self.customers[number]
        return {
            "id": self.customer_id[row],
            "object": "customer",
            "created": self.customers_since[row],
            "currency": self.world.accounts["currency"].iloc[row].lower(),
            "delinquent": False,
            "description": None,
            "email": self.emails[row],
            "livemode": False,
            "metadata": {"hubspot_company_id": self.account_id[row]},
            "name": self.names[row],
        }

    def subscription(self, row: int, version: str, expand: frozenset[str], is_before_its_end: bool = False) -> dict[str, Any]:
        plan = self.periods[row]
        id_ = self.subscription_id[int(plan.subscription)]
        ended = None if is_before_its_end else self.periods_ended[row]
        price = self._price(str(plan.plan), float(plan.monthly), str(plan.currency))
        item = {"id": "si_" + id_[5:19], "object": "subscription_item", "created": self.periods_created[row], "metadata": {}}
        item |= {"price": price, "quantity": 1, "subscription": id_}
        return {
            "id": id_,
            "object": "subscription",
            "billing_cycle_anchor": self.periods_created[row],
            "cancel_at_period_end": False,
            "canceled_at": ended,
            "collection_method": "charge_automatically",
            "created": self.periods_created[row],
            "currency": str(plan.currency).lower(),
            "customer": self.customer_id[int(plan.account)],
            "ended_at": ended,
            "items": {"object": "list", "data": [item], "has_more": False, "url": f"/v1/subscription_items?subscription={id_}"},
            "livemode": False,
            "metadata": {},
            "start_date": self.periods_created[row],
            "status": "canceled" if ended else "active",
            "trial_end": None,
        }

    def _price(self, plan: str, monthly: float, currency: str) -> dict[str, Any]:
        amount = smallest(monthly, currency)
        price = {"id": f"price_{plan}_{currency.lower()}_{amount}", "object": "price", "active": True, "billing_scheme": "per_unit"}
        price |= {"created": 1640995200, "currency": currency.lower(), "livemode": False, "metadata": {}, "product": f"prod_{plan}"}
        recurring = {"interval": "month", "interval_count": 1, "usage_type": "licensed"}
        return price | {"recurring": recurring, "type": "recurring", "unit_amount": amount, "unit_amount_decimal": str(amount)}

    def invoice(self, row: int, version: str, expand: frozenset[str], is_before_payment: bool = False) -> dict[str, Any]:
        bill = self.bills[row]
        number, currency, account = int(bill.invoice), str(bill.currency), int(bill.account)
        paid_at = None if is_before_payment else self.bills_paid[row]
        total, tax, discount = (smallest(float(getattr(bill, name)), currency) for name in ("total", "tax", "discount"))
        subscription = self.subscription_id.get(int(bill.subscription))
        is_first = bool(bill.is_new) and account in self.deal_of
        body: dict[str, Any] = {
            "id": self.invoice_id[number],
            "object": "invoice",
            "amount_due": total,
            "amount_paid": total if paid_at else 0,
            "amount_remaining": 0 if paid_at else total,
            "billing_reason": str(bill.reason),
            "collection_method": "charge_automatically",
            "created": self.bills_created[row],
            "currency": currency.lower(),
            "customer": self.customer_id[account],
            "customer_email": self.emails[account],
            "customer_name": self.names[account],
            "discounts": ["di_loyal"] if discount else [],
            "lines": self._lines(bill, currency, version),
            "livemode": False,
            "metadata": {"hubspot_deal_id": self.deal_of[account]} if is_first else {},
            "number": f"FW-{len(self.bills) - row:06d}",
            "pre_payment_credit_notes_amount": 0,
            "status": "paid" if paid_at else "open",
            "status_transitions": {
                "finalized_at": self.bills_created[row],
                "paid_at": paid_at,
                "marked_uncollectible_at": None,
                "voided_at": None,
            },
            "subtotal": smallest(float(bill.subtotal), currency),
            "total": total,
            "total_discount_amounts": [{"amount": discount, "discount": "di_loyal"}] if discount else [],
        }
        if not _is_new(version):
            charge = {"charge": self.charge_id[number], "payment_intent": self.intent_id[number]} if paid_at else {"charge": None}
            tax_amounts = [{"amount": tax, "inclusive": False, "tax_rate": "txr_demo"}] if tax else []
            return body | charge | {"paid": paid_at is not None, "subscription": subscription, "tax": tax, "total_tax_amounts": tax_amounts}
        body["total_taxes"] = [{"amount": tax, "tax_behavior": "exclusive", "type": "tax_rate_details"}] if tax else []
        details: dict[str, Any] = {
            "type": "subscription_details",
            "quote_details": None,
            "subscription_details": {"subscription": subscription, "metadata": {}},
        }
        body["parent"] = details if subscription else None
        if "payments" in expand:
            data = [self.payment(number)] if paid_at else []
            body["payments"] = {"object": "list", "data": data, "has_more": False, "url": "/v1/invoice_payments"}
        return body

    def _lines(self, bill: Any, currency: str, version: str) -> dict[str, Any]:
        parts = [(f"prod_{self.world.accounts['segment'].iloc[int(bill.account)]}", "Subscription", float(bill.monthly))]
        parts.append(("prod_onboarding" if bill.monthly else "prod_" + str(bill.product).replace(" ", "_"), "One-off", float(bill.once)))
        data = []
        for k, (product, text, amount) in enumerate(part for part in parts if part[2]):
            id_ = f"il_{self.invoice_id[int(bill.invoice)][4:]}_{k}"
            line = {
                "id": id_,
                "object": "line_item",
                "amount": smallest(amount, currency),
                "currency": currency.lower(),
                "description": text,
            }
            price = {"id": "price_" + product[5:], "object": "price", "product": product, "currency": currency.lower()}
            new: dict[str, Any] = {"pricing": {"type": "price_details", "price_details": {"price": price["id"], "product": product}}}
            data.append(line | {"quantity": 1, "metadata": {}} | (new if _is_new(version) else {"price": price}))
        return {"object": "list", "data": data, "has_more": False, "url": f"/v1/invoices/{self.invoice_id[int(bill.invoice)]}/lines"}

    def payment(self, number: int) -> dict[str, Any]:
        """An invoice payment, which newer versions have in place of an invoice's charge."""
        bill = self.bills[self.row_of_bill[int(number)]]
        total = smallest(float(bill.total), str(bill.currency))
        at = self.bills_paid[self.row_of_bill[int(number)]]
        body: dict[str, Any] = {
            "id": "inpay_1" + self.invoice_id[int(number)][4:],
            "object": "invoice_payment",
            "amount_paid": total,
            "amount_requested": total,
        }
        body |= {"created": at, "currency": str(bill.currency).lower(), "invoice": self.invoice_id[int(number)], "is_default": True}
        payment = {"type": "payment_intent", "payment_intent": self.intent_id[int(number)]}
        return body | {"livemode": False, "payment": payment, "status": "paid", "status_transitions": {"canceled_at": None, "paid_at": at}}

    def charge(self, row: int, version: str, expand: frozenset[str]) -> dict[str, Any]:
        bill = self.paid[row]
        number, currency = int(bill.invoice), str(bill.currency)
        total, back = smallest(float(bill.total), currency), smallest(self.refunded.get(number, 0.0), currency)
        body: dict[str, Any] = {
            "id": self.charge_id[number],
            "object": "charge",
            "amount": total,
            "amount_captured": total,
            "amount_refunded": back,
        }
        body |= {
            "captured": True,
            "created": self.paid_at[row],
            "currency": currency.lower(),
            "customer": self.customer_id[int(bill.account)],
        }
        body |= {"balance_transaction": self.balance_id(False, row), "disputed": False, "livemode": False, "metadata": {}}
        body |= {"paid": True, "payment_intent": self.intent_id[number], "refunded": back >= total, "status": "succeeded"}
        return body if _is_new(version) else body | {"invoice": self.invoice_id[number]}

    def refund(self, row: int, version: str, expand: frozenset[str]) -> dict[str, Any]:
        given = self.given_back[row]
        number, currency = int(given.invoice), str(given.currency)
        body: dict[str, Any] = {
            "id": self.refund_id[row],
            "object": "refund",
            "amount": smallest(float(given.amount), currency),
            "currency": currency.lower(),
        }
        body |= {"charge": self.charge_id[number], "payment_intent": self.intent_id[number], "created": self.refunds_created[row]}
        return body | {
            "balance_transaction": self.balance_id(True, row),
            "metadata": {},
            "reason": None,
            "status": "succeeded",
        }

    def balance_id(self, is_refund: bool, row: int) -> str:
        source = self.refund_id[row] if is_refund else self.charge_id[self.paid[row].invoice]
        return "txn_3" + source[4:] + ("c" if is_refund else "b")

    def balance_transaction(self, at: int, is_refund: bool, row: int, version: str, is_expanded: bool) -> dict[str, Any]:
        """The account is held in US dollars: other currencies are converted at the rate of the day."""
        entry: Any = (self.given_back if is_refund else self.paid)[row]
        currency = str(entry.currency)
        rate = 1.0 if currency == "USD" else self.rates[str(np.datetime64(at, "s").astype("datetime64[D]")), currency]
        amount = -round(entry.amount * rate * 100) if is_refund else round(entry.total * rate * 100)
        fee = 0 if is_refund else round(entry.fee * rate * 100)
        source = (self.refund if is_refund else self.charge)(row, version, frozenset())
        kind = "refund" if is_refund else "charge"
        body: dict[str, Any] = {
            "id": self.balance_id(is_refund, row),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": at + 172_800,
        }
        body |= {"created": at, "currency": "usd", "description": None, "exchange_rate": None if currency == "USD" else rate, "fee": fee}
        body |= {"net": amount - fee, "reporting_category": kind, "status": "available", "type": kind}
        return body | {"source": source if is_expanded else source["id"]}
