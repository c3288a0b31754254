"""Stripe's answers -> rows: lists of what is new, and events for what has changed since."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipelines.http import Client, Pages, expect, stamp, utc
from pipelines.raw import Extraction, RawTable
from pipelines.sources.stripe import records
from pipelines.sources.stripe.records import Keys, Object

NAME = "stripe"
LOOKBACK = timedelta(days=2)  # objects are listed by creation, some late
EVENTS_KEPT = timedelta(days=29)  # Stripe forgets events after 30 days
MUTABLE = timedelta(days=40)  # where no events may be read: how far back objects are read again


@dataclass(frozen=True)
class Kind:
    """A kind of object: where it is listed and how it becomes a row."""

    table: RawTable
    row: Callable[[Object, Keys], dict[str, Any]]
    params: tuple[tuple[str, str], ...] = ()
    object: str = ""  # as events call it
    open: tuple[tuple[str, str], ...] = ()  # lists those that may still change, whatever their age


KINDS = (
    Kind(records.CUSTOMERS, records.customer, object="customer"),
    Kind(records.SUBSCRIPTIONS, records.subscription, (("status", "all"),), "subscription", (("status", "all"),)),
    Kind(records.INVOICES, records.invoice, object="invoice", open=(("status", "open"),)),
    Kind(records.REFUNDS, records.refund, object="refund"),
    Kind(records.BALANCE, records.balance_transaction, (("expand[]", "data.source"),)),
)
# A subscription stays with its customer; of one who was forgotten the stored row says no more who it was.
OF_CUSTOMER = ("customer_id", "customer_key")
OBJECTS = {kind.object for kind in KINDS if kind.object}


class Stripe:
    def __init__(self, run: Extraction, client: Client) -> None:
        self.run, self.client = run, client
        self.keys = Keys(self._email_key, lambda id_: run.person_key(platform=NAME, platform_id=id_))
        self.not_addresses = 0
        self.latest: dict[str, dict[str, Any]] = {}  # what is known of each subscription

    def read(self) -> None:
        until = self.run.state.get("read_until")
        answer = self.client.get("/v1/customers", {"limit": 1})  # the time by Stripe's clock
        now = answer.answered_at
        if until and now - utc(until) > EVENTS_KEPT:
            until = None  # events between are lost: everything is listed again
        self._remember(is_first=until is None)
        events = self._events(utc(until) - LOOKBACK) if until else []
        for event in reversed(events or []):
            self._apply(event, now)
        for kind in KINDS:
            for params, since in self._lists(kind, until and utc(until), has_events=events is not None):
                self.run.listed(kind.table.name, ())
                for page_at, page in self._list("/v1/" + kind.table.name, [*kind.params, *params], since):
                    self.run.listed(kind.table.name, [object_["id"] for object_ in page])
                    self._write(kind, page, page_at)
        if self.not_addresses:
            self.run.warn(
                f"{self.not_addresses} customers or invoices have something else than an e-mail address as e-mail; they got no person key"
            )
        self.run.state["read_until"] = stamp(now)

    def _lists(self, kind: Kind, until: datetime | None, has_events: bool) -> Iterator[tuple[tuple[tuple[str, str], ...], datetime | None]]:
        """What to list of a kind: all at first, then what is new; without events also what may have changed."""
        if until is None:
            yield (), None
        elif has_events or not kind.object:
            yield (), until - LOOKBACK
        else:
            yield (), until - MUTABLE
            if kind.open:
                yield kind.open, None

    def _list(self, endpoint: str, params: list[tuple[str, str]], since: datetime | None) -> Iterator[tuple[datetime, list[Object]]]:
        pages = Pages(NAME, endpoint, "starting_after")
        asking = [("limit", "100"), *dict(params).items(), *([("created[gte]", str(int(since.timestamp())))] if since else [])]
        # A restricted key may lack the right to read fees; everything else is needed.
        allow = (403, 404) if endpoint.endswith("balance_transactions") else ()
        after: list[tuple[str, str]] = []
        while True:
            answer = self.client.get(endpoint, asking + after, allow=(400, 500, *allow) if since and not after else allow)
            if answer.body is None and answer.status in (400, 500):  # some servers that speak Stripe's API know no filter by time
                yield from self._list(endpoint, params, None)
                return
            if answer.body is None:
                self.run.warn("the key may not read balance transactions, so payment fees are not given: let it read `balance`")
                return
            page = expect(answer, NAME, endpoint, "data")
            yield answer.answered_at, page
            if not answer.body.get("has_more") or not page:
                return
            after = [("starting_after", page[-1]["id"])]
            pages.follow(after[0])

    def _events(self, since: datetime) -> list[Object] | None:
        """Events since, the newest first; None where the key may not read them."""
        endpoint, found = "/v1/events", list[Object]()
        pages = Pages(NAME, endpoint, "starting_after")
        params = [("limit", "100"), ("created[gte]", str(int(since.timestamp())))]
        after: list[tuple[str, str]] = []
        while True:
            answer = self.client.get(endpoint, params + after, allow=(400, 403, 404))
            if answer.body is None:
                self.run.warn("the key may not read events: changes of objects older than 40 days are not seen; let it read `events`")
                return None
            page = expect(answer, NAME, endpoint, "data")
            found += [event for event in page if event["data"]["object"].get("object") in OBJECTS and "id" in event["data"]["object"]]
            if not answer.body.get("has_more") or not page:
                return found
            after = [("starting_after", page[-1]["id"])]
            pages.follow(after[0])

    def _apply(self, event: Object, now: datetime) -> None:
        """An event holds the object as it was then; they come oldest first and before the lists, so the latest stands."""
        object_ = event["data"]["object"]
        kind = next(kind for kind in KINDS if kind.object == object_["object"])
        if event["type"] == "customer.deleted":
            object_ = {**object_, "deleted": True}
        if kind.table is records.SUBSCRIPTIONS:
            self._write_subscriptions([object_], now, changed=event["created"])
        else:
            self.run.write(kind.table.name, [kind.row(object_, self.keys)], now)

    def _write(self, kind: Kind, page: list[Object], at: datetime) -> None:
        if kind.table is records.SUBSCRIPTIONS:
            self._write_subscriptions(page, at)
        else:
            self.run.write(kind.table.name, [kind.row(object_, self.keys) for object_ in page], at)

    # Subscriptions have a history: Stripe tells only how they are now

    def _remember(self, is_first: bool) -> None:
        """What is stored; at a full refresh it is written again, since no list gives an earlier price."""
        items: dict[tuple[str, int], list[dict[str, Any]]] = {}
        for _, row in self._stored(records.ITEMS, "subscription_id, changed, position"):
            items.setdefault((row.pop("subscription_id"), row.pop("changed")), []).append(row)
        for observed_at, row in self._stored(records.SUBSCRIPTIONS, "subscription_id, changed"):
            row["items"] = items.get((row["subscription_id"], row["changed"]), [])
            self._keep(row, observed_at, is_new=is_first)

    def _stored(self, table: RawTable, order: str) -> Iterator[tuple[datetime, dict[str, Any]]]:
        for *values, observed_at in self.run.stored(f"select {', '.join(table.columns)}, _observed_at from {table.name} order by {order}"):
            yield utc(observed_at), dict(zip(table.columns, values, strict=True))

    def _write_subscriptions(self, page: list[Object], at: datetime, changed: int | None = None) -> None:
        for object_ in page:
            row = records.subscription(self._whole(object_), self.keys)
            self.run.listed("subscription_items", [object_["id"]] if row["items"] else [])
            known = self.latest.get(row["subscription_id"])
            if known is None:
                self._keep({**row, "changed": row["created"]}, at)
            elif any(known[name] != value for name, value in row.items() if name not in OF_CUSTOMER):
                moment = changed or int(at.timestamp())
                if moment >= known["changed"]:  # else an event from before what is stored
                    self._keep({**row, "changed": moment}, at)

    def _keep(self, row: dict[str, Any], at: datetime, is_new: bool = True) -> None:
        self.latest[row["subscription_id"]] = row
        if is_new:
            of = {name: row[name] for name in ("subscription_id", "changed")}
            self.run.write("subscription_items", [{**of, **item} for item in row["items"]], at)
            self.run.write("subscriptions", [{name: value for name, value in row.items() if name != "items"}], at)
            if any(item["amount"] is None for item in row["items"]):
                self.run.warn(
                    "some subscriptions are priced by tiers or use, so Stripe names no fixed amount; they are left out of recurring revenue"
                )

    def _whole(self, object_: Object) -> Object:
        """A subscription comes with its first ten items."""
        items = object_.get("items")
        if not isinstance(items, Mapping) or not items.get("has_more"):
            return object_
        rest = [item for _, page in self._list("/v1/subscription_items", [("subscription", object_["id"])], None) for item in page]
        return {**object_, "items": {"data": rest}}

    def _email_key(self, email: str | None) -> str | None:
        try:
            return self.run.person_key(email=email)
        except ValueError:
            self.not_addresses += 1
            return None
