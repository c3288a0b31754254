"""Stripe: lists and events, the history of subscriptions, versions of the API, and what is kept of people."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from faults import NOW, Reply, Server, serve
from faults.loading import Loading
from faults.stripe import DAY, NOW_SECONDS, START, TOKEN, Stripe

from pipelines.http import Client, SourceError
from pipelines.sources.stripe import SOURCE


@pytest.fixture
def account() -> Stripe:
    return Stripe()


@pytest.fixture
def server(account: Stripe, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    with serve(account.answer) as server:
        yield server


@pytest.fixture
def loading(server: Server, tmp_path: Path) -> Loading:
    return Loading(SOURCE, tmp_path, base_url=server.url, access_token=TOKEN)


def test_a_first_load_reads_every_page(account: Stripe, loading: Loading) -> None:
    for n in range(5):
        account.customer(f"cus_{n}", metadata={"hubspot_company_id": str(9_100_000_000_000_000_000 + n)})
        account.subscription(f"sub_{n}")
        account.invoice(f"in_{n}")
        account.add("refunds", f"re_{n}", amount=5, currency="eur", charge=f"ch_in_{n}", payment_intent=None, status="succeeded")
    loading.load()
    counts = {table: len(loading.rows(table)) for table in ("customers", "subscriptions", "subscription_items", "invoices", "refunds")}
    assert counts == dict.fromkeys(counts, 5)
    assert loading.rows("customers", "max(account_id) as id") == [{"id": "9100000000000000004"}]


@pytest.mark.parametrize("is_new", [True, False], ids=["newer", "older"])
def test_both_versions_of_an_invoice_give_one_row(account: Stripe, loading: Loading, is_new: bool) -> None:
    account.is_new = is_new
    account.invoice("in_1", 1190, tax=190, subscription="sub_1", total_discount_amounts=[{"amount": 100}, {"amount": 10}])
    account.fee("in_1", 42)
    loading.load()
    columns = "subscription_id, total, tax, discount, payment_intent_id, paid_at - created as paid_after"
    assert loading.rows("invoices", columns) == [
        {"subscription_id": "sub_1", "total": 1190, "tax": 190, "discount": 110, "payment_intent_id": "pi_in_1", "paid_after": 60}
    ]
    ties = {"payment_intent_id": "pi_in_1", "invoice_id": None} if is_new else {"payment_intent_id": None, "invoice_id": "in_1"}
    assert loading.rows("balance_transactions", "source_id, payment_intent_id, invoice_id, fee") == [
        {"source_id": "ch_in_1", **ties, "fee": 42}
    ]


def test_nobodys_address_or_name_is_stored(account: Stripe, loading: Loading) -> None:
    account.customer("cus_1", address={"line1": "St James's Square"}, phone="+441234", metadata={"account_id": "ada@example.org"})
    account.invoice("in_1")
    account.fee("in_1", 5)
    loading.load()
    content = str(loading.content())
    assert not any(name in content for name in ("Ada", "ada", "James", "441234"))
    key = loading.run.person_key(email="ada@example.org")
    assert loading.rows("customers", "person_key") == loading.rows("invoices", "person_key") == [{"person_key": key}]


def test_a_second_load_sees_what_changed_by_its_event(account: Stripe, loading: Loading, server: Server) -> None:
    old = account.invoice("in_old", status="open")
    account.invoice("in_other")
    customer = account.customer("cus_1")
    loading.load()
    server.now = NOW + timedelta(days=1)
    account.event("invoice.updated", old, NOW_SECONDS + 5, total=5)
    account.event("invoice.paid", old, NOW_SECONDS + 9, total=7, status="paid")
    account.event("invoice.upcoming", {"object": "invoice", "total": 9}, NOW_SECONDS + 9)
    account.event("customer.deleted", customer, NOW_SECONDS + 9)
    account.event("charge.succeeded", {"id": "ch_x", "object": "charge"}, NOW_SECONDS + 9)
    account.objects["customers"].clear()
    server.requests.clear()
    loading.load()
    assert loading.rows("invoices", "status, total", "invoice_id = 'in_old'") == [{"status": "paid", "total": 7}]
    assert loading.rows("customers", "is_deleted") == [{"is_deleted": True}]
    assert {request.first("created[gte]") != "" for request in server.asked("/v1/invoices")} == {True}


def test_a_second_load_without_news_changes_nothing(account: Stripe, loading: Loading) -> None:
    account.customer("cus_1")
    account.event("customer.subscription.updated", account.subscription("sub_1"), NOW_SECONDS - 9)
    account.fee(account.invoice("in_1")["id"], 7)
    loading.load()
    before = loading.content()
    loading.load()
    assert loading.content() == before


def test_the_history_of_a_subscription_is_kept_also_by_a_full_refresh(account: Stripe, loading: Loading, server: Server) -> None:
    subscription = account.subscription("sub_1", 1000)
    loading.load()
    for day, amount in ((1, 2000), (2, 3000)):
        server.now = NOW + timedelta(days=day)
        changed = {"items": {"data": [account.item(amount)]}}
        account.event("customer.subscription.updated", subscription, NOW_SECONDS + day * DAY - 60, **changed)
        loading.load()
    loading.load(full_refresh=True)
    history = loading.rows("subscription_items", "changed, amount")
    assert history == [
        {"changed": START, "amount": "1000"},
        {"changed": NOW_SECONDS + DAY - 60, "amount": "2000"},
        {"changed": NOW_SECONDS + 2 * DAY - 60, "amount": "3000"},
    ]


def test_a_new_subscription_is_dated_by_its_events(account: Stripe, loading: Loading, server: Server) -> None:
    loading.load()
    server.now = NOW + timedelta(days=1)
    subscription = account.subscription("sub_1", 1000, created=NOW_SECONDS + 10)
    account.event("customer.subscription.created", subscription, NOW_SECONDS + 10)
    account.event("customer.subscription.updated", subscription, NOW_SECONDS + 500, items={"data": [account.item(1500)]})
    loading.load()
    assert [(row["changed"] - NOW_SECONDS, row["amount"]) for row in loading.rows("subscription_items")] == [(10, "1000"), (500, "1500")]


def test_after_a_month_without_a_load_everything_is_listed_again(account: Stripe, loading: Loading, server: Server) -> None:
    old = account.invoice("in_1", status="open")
    loading.load()
    old["status"] = "paid"
    server.now = NOW + timedelta(days=30)
    loading.load()
    assert loading.rows("invoices", "status") == [{"status": "paid"}]


def test_a_key_that_may_not_read_events_reads_again_what_may_have_changed(account: Stripe, loading: Loading, server: Server) -> None:
    account.refused = {"events", "balance_transactions"}
    old, young, subscription = (
        account.invoice("in_old", status="open"),
        account.invoice("in_1", created=NOW_SECONDS - 30 * DAY),
        account.subscription("sub_1"),
    )
    loading.load()
    assert loading.warnings == ["the key may not read balance transactions, so payment fees are not given: let it read `balance`"]
    old["total"], young["status"], subscription["status"] = 1, "void", "canceled"
    server.now = NOW + timedelta(days=1)
    loading.load()
    assert {row["invoice_id"]: (row["total"], row["status"]) for row in loading.rows("invoices")} == {
        "in_old": (1, "open"),
        "in_1": (1190, "void"),
    }
    assert loading.rows("subscriptions", "max_by(status, changed) as status") == [{"status": "canceled"}]
    assert "the key may not read events: changes of objects older than 40 days are not seen; let it read `events`" in loading.warnings


def test_a_server_that_knows_no_filter_by_time_is_read_whole(account: Stripe, loading: Loading, server: Server) -> None:
    account.customer("cus_1")
    loading.load()
    account.customer("cus_2")
    server.next("/v1/customers", Reply({"data": []}), Reply({"error": {"type": "invalid_request_error"}}, 400))
    loading.load()
    assert len(loading.rows("customers")) == 2


def test_a_subscription_with_many_items_is_read_whole(account: Stripe, loading: Loading) -> None:
    account.objects["subscription_items"] = [account.item(n) | {"id": f"si_{n}", "created": START} for n in range(12)]
    account.subscription("sub_1", items={"object": "list", "has_more": True, "data": account.objects["subscription_items"][:10]})
    loading.load()
    assert len(loading.rows("subscription_items")) == 12


def test_a_price_by_tiers_has_no_amount_and_says_so(account: Stripe, loading: Loading) -> None:
    account.subscription("sub_1", None)
    loading.load()
    assert loading.rows("subscription_items", "amount") == [{"amount": None}]
    assert any("priced by tiers or use" in warning for warning in loading.warnings)


def test_pages_that_shift_and_one_that_goes_round(account: Stripe, loading: Loading, server: Server) -> None:
    for n in range(4):
        account.invoice(f"in_{n}")
    first = account.objects["invoices"][:2]
    server.next(
        "/v1/invoices", Reply({"data": first, "has_more": True}), Reply({"data": account.objects["invoices"][1:], "has_more": False})
    )
    loading.load()
    assert len(loading.rows("invoices")) == 4
    loading.state = {}
    again = Reply({"data": first, "has_more": True})
    server.next("/v1/invoices", again, again)
    with pytest.raises(SourceError, match=r"stripe: /v1/invoices gave the same starting_after twice"):
        loading.load()


def test_an_amount_of_another_type_stops_the_load(account: Stripe, loading: Loading) -> None:
    account.invoice("in_1", total="11.90")  # type: ignore[arg-type]
    with pytest.raises(Exception, match="source stripe, table invoices, column total: declared BIGINT, now VARCHAR"):
        loading.load()


def test_a_wrong_key_names_its_cure(server: Server, tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"answered 401 \(invalid_request_error\); the token was not accepted: set SOURCES__STRIPE__ACCESS_TOKEN"
    ):
        Loading(SOURCE, tmp_path, base_url=server.url, access_token="wrong").load()
