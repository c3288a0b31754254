"""`goodwill forget` for who pays us: a vendor's number for a customer is the person's, unless a company is named; money stays."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from faults import NOW, Server, serve
from faults.loading import Loading
from faults.stripe import DAY, NOW_SECONDS, TOKEN, Stripe

from pipelines import erase
from pipelines.erase import Proof, forget
from pipelines.http import Client
from pipelines.keys import Keys
from pipelines.load import prepare
from pipelines.sources.stripe import SOURCE

ADDRESS = "ada@example.org"  # which is also whom Acme's invoices go to
ADA, ACME = "cus_AdaLovelace", "cus_AcmeLimited"


@pytest.fixture
def account() -> Stripe:
    stripe = Stripe()
    stripe.customer(ADA)
    stripe.customer(ACME, metadata={"hubspot_company_id": "910"})
    for number, customer in enumerate((ADA, ACME)):
        stripe.subscription(f"sub_{number}", customer=customer)
        stripe.invoice(f"in_{number}", customer=customer, subscription=f"sub_{number}")
    return stripe


@pytest.fixture
def server(account: Stripe, only_raw: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    with serve(account.answer) as server:
        yield server


@pytest.fixture
def loading(server: Server, tmp_path: Path) -> Loading:
    loading = Loading(SOURCE, tmp_path, base_url=server.url, access_token=TOKEN)
    prepare(loading.settings)
    loading.load()
    return loading


def _state(loading: Loading) -> dict[str, list[dict[str, object]]]:
    columns = {
        "customers": "customer_id, account_id, person_key",
        "subscriptions": "subscription_id, customer_id, customer_key",
        "invoices": "invoice_id, customer_id, customer_key, person_key, total",
    }
    return {table: loading.rows(table, names) for table, names in columns.items()}


def _expected(loading: Loading) -> dict[str, list[dict[str, object]]]:
    keys = Keys.of(loading.settings)
    nobody, acme = keys.remnant(ADA), keys.account("stripe", ACME)
    return {
        "customers": [{"customer_id": ACME, "account_id": "910", "person_key": None}],
        "subscriptions": [
            {"subscription_id": "sub_0", "customer_id": nobody, "customer_key": None},
            {"subscription_id": "sub_1", "customer_id": ACME, "customer_key": acme},
        ],
        "invoices": [
            {"invoice_id": "in_0", "customer_id": nobody, "customer_key": None, "person_key": None, "total": 1190},
            {"invoice_id": "in_1", "customer_id": ACME, "customer_key": acme, "person_key": None, "total": 1190},
        ],
    }


def _forget(loading: Loading, name: str) -> Proof:
    proof = forget(loading.settings, [name])
    assert proof.is_clean, list(proof.lines())
    return proof


@pytest.mark.parametrize("name", [ADDRESS, f"stripe:{ADA}"])
def test_a_private_customer_goes_and_a_company_stays(loading: Loading, name: str) -> None:
    """By the address or by Stripe's number, which lead to each other; that the address is Acme's too makes Acme nobody's."""
    proof = _forget(loading, name)
    assert proof.removed == 1 and proof.keys == 2
    assert _state(loading) == _expected(loading)
    assert not [path for path in loading.folder.rglob("*") if path.is_file() and ADA.encode() in path.read_bytes()]


def test_rows_from_before_the_number_had_a_key(loading: Loading) -> None:
    with erase.connect(loading.settings) as connection:
        for table in ("customers", "subscriptions", "invoices"):
            connection.execute(f"update raw_stripe.{table} set customer_key = null")
    _forget(loading, ADDRESS)
    assert loading.rows("customers", "customer_id") == [{"customer_id": ACME}]
    assert {row["customer_id"] for row in loading.rows("invoices")} == {Keys.of(loading.settings).remnant(ADA), ACME}


def test_neither_news_nor_a_reload_of_everything_bring_her_back(account: Stripe, loading: Loading, server: Server) -> None:
    """A subscription names no address: Stripe's number alone tells whose it is. Nor does her row in it become another one each time."""
    _forget(loading, ADDRESS)
    subscription = next(each for each in account.objects["subscriptions"] if each["id"] == "sub_0")
    server.now = NOW + timedelta(days=1)
    account.event("customer.subscription.updated", subscription, NOW_SECONDS + DAY - 60, status="past_due")
    account.invoice("in_2", customer=ADA, customer_email=None, created=NOW_SECONDS + DAY - 60)
    account.event("customer.updated", account.objects["customers"][1], NOW_SECONDS + DAY - 60, email="another@example.org")
    loading.load()
    after = loading.content()
    nobody = Keys.of(loading.settings).remnant(ADA)
    assert [row["status"] for row in after["subscriptions"] if row["customer_id"] == nobody] == ["active", "past_due"]
    assert [row["invoice_id"] for row in after["invoices"] if row["customer_id"] == nobody] == ["in_0", "in_2"]
    assert ADA not in str(after) and Keys.of(loading.settings).account("stripe", ADA) not in str(after)
    loading.load()
    assert loading.content() == after
    loading.load(full_refresh=True)
    assert ADA not in str(loading.content())
    assert [row["status"] for row in loading.rows("subscriptions", "status", f"customer_id = '{nobody}'")] == ["active", "past_due"]


def test_a_consent_given_afterwards_brings_her_back_with_her_number(loading: Loading) -> None:
    before = _state(loading)
    _forget(loading, ADDRESS)
    with erase.connect(loading.settings) as connection:
        key = Keys.of(loading.settings).email(ADDRESS)
        connection.execute("insert into raw_files.consents (person_key, is_granted, recorded_at) values (?, true, '2100-01-01')", [key])
    loading.load(full_refresh=True)
    after = _state(loading)
    assert after["customers"] == before["customers"] and after["invoices"] == before["invoices"]
    assert after["subscriptions"][0]["customer_id"] == Keys.of(loading.settings).remnant(ADA), "what no list tells again stays nobody's"
