"""Salesforce: what was modified since, merged, deleted or gone from the bin, a session that ends in mid page, and fields that an org lacks."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from demo_company import world
from faults import Reply, Request, serve
from faults.layer import Fault, Layer
from faults.loading import Loading
from faults.salesforce import ADAPTER

from pipelines.extraction import Run
from pipelines.http import Client, NetworkError, SourceError
from pipelines.sources import salesforce as salesforce_source
from pipelines.sources.salesforce import SOURCE
from simulator.apis import salesforce
from simulator.apis.salesforce_records import Org

EXPIRED = Fault(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])


@pytest.fixture
def waits(days: list[tuple[Layer, str]], monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(Client, "sleep", staticmethod(slept.append))
    monkeypatch.setattr(salesforce, "PAGE", 3)
    for layer, _ in days:
        layer.reset()
    return slept


def loading(folder: Path, day: tuple[Layer, str], **settings: str) -> Loading:
    return Loading(SOURCE, folder, **{**ADAPTER.settings, **settings}, base_url=day[1] + "salesforce")


def test_everything_is_read_and_counted_as_salesforce_counts(days: Any, waits: list[float], tmp_path: Path) -> None:
    mine = loading(tmp_path, days[0])
    run = mine.load()
    org = Org(world(0))
    for table, name in (
        ("accounts", "Account"),
        ("contacts", "Contact"),
        ("opportunities", "Opportunity"),
        ("campaign_members", "CampaignMember"),
    ):
        live = [record for record in org.records[name] if not record["IsDeleted"]]
        assert len(mine.rows(table)) == len(org.records[name]) > 0, table
        assert run.api_totals[table] == len(live) == len(mine.rows(table, "1", "deleted_at is null")), table
    assert not any("@" in str(row) for row in mine.content().values())
    assert {row["segment"] for row in mine.rows("accounts")} <= {"workshop", "factory", "group"}


def test_a_session_that_ends_in_mid_page_is_renewed_and_loses_nothing(days: Any, waits: list[float], tmp_path: Path) -> None:
    layer, whole = days[0][0], loading(tmp_path / "whole", days[0])
    whole.load()
    asked = [number for number, exchange in enumerate(layer.exchanges, start=1) if "/query/01g" in exchange.path]
    layer.reset()
    layer.faults = {asked[2]: EXPIRED}
    mine = loading(tmp_path / "mine", days[0])
    mine.load()
    assert len([exchange for exchange in layer.exchanges if exchange.path.endswith("/token")]) == 2
    assert {name: len(rows) for name, rows in mine.content().items()} == {name: len(rows) for name, rows in whole.content().items()}


def test_a_signed_assertion_is_made_anew_when_the_session_ends(days: Any, waits: list[float], tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    shown: list[dict[str, Any]] = []

    def answer(request: Request) -> Reply:
        """The token endpoint of the vendor, which knows the certificate; all else is the demo company."""
        assert request.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        shown.append(jwt.decode(request.form["assertion"], key.public_key(), algorithms=["RS256"], audience="https://login.salesforce.com"))
        return Reply({"access_token": f"session-{len(shown)}", "token_type": "Bearer"})

    with serve(answer) as server:
        mine = Loading(
            SOURCE, tmp_path, client_id="app", username="us@example.org", private_key=pem.replace("\n", "\\n"), base_url=server.url
        )
        assert mine.settings.missing("salesforce", SOURCE.settings) == []
        run = Run(SOURCE, mine.settings, {}, "1")
        authorization = salesforce_source.authorization(run)
        first = authorization.headers()
        assert authorization.renew(Client("salesforce", server.url), 401, "INVALID_SESSION_ID")
        assert [first, authorization.headers()] == [{"Authorization": f"Bearer session-{number}"} for number in (1, 2)]
    assert all((claims["iss"], claims["sub"]) == ("app", "us@example.org") and claims["exp"] > 0 for claims in shown) and len(shown) == 2
    broken = Loading(SOURCE, tmp_path / "broken", client_id="app", username="us@example.org", private_key="no key", base_url=server.url)
    with pytest.raises(SourceError, match="set SOURCES__SALESFORCE__PRIVATE_KEY to one"):
        broken.load()


def test_later_runs_ask_for_what_was_modified_since(days: Any, waits: list[float], tmp_path: Path) -> None:
    layer, mine = days[0][0], loading(tmp_path, days[0])
    mine.load()
    before, layer.exchanges = mine.content(), []
    mine.load()
    queries = [parse_qs(exchange.query)["q"][0] for exchange in layer.exchanges if exchange.path.endswith("queryAll")]
    assert len(queries) == 9 and all(
        " WHERE SystemModstamp >= 2026-06-30T11:30:00Z ORDER BY SystemModstamp, Id" in query for query in queries
    )
    assert mine.content() == before


def test_merged_deleted_and_vanished_records(days: Any, waits: list[float], tmp_path: Path) -> None:
    layer, mine = days[0][0], loading(tmp_path, days[0])
    mine.load()
    ids = [row["contact_id"] for row in mine.rows("contacts", "contact_id", "deleted_at is null")]
    survivor, merged, deleted, vanished = ids[:4]
    late = "2026-06-30T11:59:00.000+0000"

    def change(path: str, body: Any) -> Any:
        """The third of the objects is Contact."""
        if path.endswith("/queryAll"):
            asked.append(path)
            if len(asked) == 3:
                known = {"attributes": {"type": "Contact"}, "IsDeleted": True, "SystemModstamp": late, "CreatedDate": late}
                body["records"] = [known | {"Id": merged, "MasterRecordId": survivor}, known | {"Id": deleted, "MasterRecordId": None}]
        elif path.endswith("/query") and not body["records"]:
            counted.append(path)
            body["totalSize"] -= 3 * (len(counted) == 3)
        elif "/query" in path:
            body["records"] = [record for record in body["records"] if record["Id"] not in (merged, deleted, vanished)]
        return body

    asked: list[str] = []
    counted: list[str] = []
    layer.change = change
    mine.load()
    gone = {row["contact_id"]: row["merged_into"] for row in mine.rows("contacts", "contact_id, merged_into", "deleted_at is not null")}
    assert {merged: survivor, deleted: None, vanished: None}.items() <= gone.items()


def test_what_an_org_does_not_have_is_not_asked_for(days: Any, waits: list[float], tmp_path: Path) -> None:
    def change(path: str, body: Any) -> Any:
        if path.endswith("Opportunity/describe"):
            body["fields"] = [field for field in body["fields"] if field["name"] not in ("CurrencyIsoCode", "ContactId")]
        return body

    days[0][0].change = change
    mine = loading(tmp_path, days[0], currency="eur", segment_field="Nothing__c")
    mine.load()
    assert {(row["currency"], row["contact_id"]) for row in mine.rows("opportunities")} == {(None, None)}
    assert mine.rows("currency", "currency") == [{"currency": "EUR"}]
    assert {row["segment"] for row in mine.rows("accounts")} == {None}


def test_an_object_that_may_not_be_read_is_said_and_the_rest_goes_on(days: Any, waits: list[float], tmp_path: Path) -> None:
    days[0][0].faults = {2: Fault(403, [{"message": "no", "errorCode": "INSUFFICIENT_ACCESS"}])}
    mine = loading(tmp_path, days[0])
    mine.load()
    assert mine.warnings == ["User may not be read: give the user of the connected app the right to"]
    assert not mine.rows("users") and mine.rows("contacts")


def test_the_limit_of_a_day_ends_the_load_until_tomorrow(days: Any, waits: list[float], tmp_path: Path) -> None:
    days[0][0].faults = {3: Fault(403, [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}])}
    with pytest.raises(NetworkError, match="run again later"):
        loading(tmp_path, days[0]).load()
    assert not waits
