"""HubSpot: list and search, the wall of 10,000, associations, merges and deletions, and what is kept of people."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from faults import NOW, Reply, Server, serve
from faults.hubspot import TOKEN, HubSpot, at
from faults.loading import Loading

from pipelines.http import Client, SourceError
from pipelines.sources.hubspot import SOURCE, reading

NAIVE = NOW.replace(tzinfo=None)
LIST = "/crm/v3/objects/contacts"


@pytest.fixture
def portal() -> HubSpot:
    return HubSpot()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(Client, "sleep", staticmethod(slept.append))
    return slept


@pytest.fixture
def server(portal: HubSpot, waits: list[float]) -> Iterator[Server]:
    with serve(portal.answer) as server:
        yield server


@pytest.fixture
def loading(server: Server, tmp_path: Path) -> Loading:
    return Loading(SOURCE, tmp_path, base_url=server.url, access_token=TOKEN)


def test_a_first_load_lists_everything(portal: HubSpot, loading: Loading, server: Server) -> None:
    companies = [portal.add("companies", name=f"Company {n}", type="VENDOR", hubspot_owner_id="77") for n in range(5)]
    loading.load()
    assert {row["company_id"] for row in loading.rows("companies")} == set(companies)
    assert int(companies[0]) > 2**53
    assert loading.run.api_totals == {"companies": 5, "contacts": 0, "deals": 0}
    assert loading.rows("currency", "currency") == [{"currency": "EUR"}]
    assert loading.rows("stages", "stage_id, is_closed, probability") == [
        {"stage_id": "801", "is_closed": "false", "probability": "0.4"},
        {"stage_id": "802", "is_closed": "true", "probability": "1.0"},
        {"stage_id": "closedlost", "is_closed": "true", "probability": "0.0"},
    ]


def test_the_primary_company_is_the_company_and_lists_of_associations_have_pages(portal: HubSpot, loading: Loading) -> None:
    companies = [portal.add("companies") for _ in range(4)]
    contact, deal, lonely = portal.add("contacts"), portal.add("deals"), portal.add("deals")
    for company in companies:
        portal.tie("contacts", contact, "companies", company, 279)
        portal.tie("deals", deal, "companies", company, 5 if company == companies[3] else 341)
    portal.tie("deals", deal, "contacts", contact, 3)
    loading.load()
    assert loading.rows("contacts", "company_id") == [{"company_id": companies[0]}]
    ties = {row["deal_id"]: (row["company_id"], row["contact_id"]) for row in loading.rows("deals")}
    assert ties == {deal: (companies[3], contact), lonely: (None, None)}


def test_a_second_load_asks_only_for_what_was_modified(portal: HubSpot, loading: Loading, server: Server) -> None:
    ids = [portal.add("contacts", lifecyclestage="lead") for _ in range(5)]
    loading.load()
    server.now = NOW + timedelta(days=1)
    server.requests.clear()
    portal.change("contacts", ids[2], NOW + timedelta(hours=5), lifecyclestage="customer")
    new = portal.add("contacts", modified=NOW - timedelta(minutes=30))  # the index showed it late
    loading.load()
    assert loading.rows("contacts", "contact_id", "lifecyclestage = 'customer'") == [{"contact_id": ids[2]}]
    assert len(loading.rows("contacts", where=f"contact_id = '{new}'")) == 1
    assert not [request for request in server.asked(LIST) if request.first("archived") != "true"]


def test_a_second_load_without_news_changes_nothing(portal: HubSpot, loading: Loading) -> None:
    contact = portal.add("contacts", email="ada@example.org", hs_analytics_source="DIRECT_TRAFFIC", hs_analytics_first_timestamp=at(NOW))
    portal.tie("contacts", contact, "companies", portal.add("companies"), 1)
    loading.load()
    before = loading.content()
    loading.load()
    assert loading.content() == before


def test_more_modified_records_than_a_search_gives(
    portal: HubSpot, loading: Loading, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading.load()
    monkeypatch.setattr(reading, "WALL", 4)
    portal.wall = 4
    ids = {portal.add("contacts", modified=NOW) for _ in range(11)}  # all at one time: a date would not do as a place to go on from
    loading.load()
    assert {row["contact_id"] for row in loading.rows("contacts")} == ids


def test_deleted_records_become_tombstones_without_their_person(portal: HubSpot, loading: Loading, server: Server) -> None:
    contact = portal.add("contacts", email="ada@example.org")
    portal.add("contacts")
    loading.load()
    portal.delete("contacts", contact, NOW + timedelta(hours=1))
    server.now = NOW + timedelta(days=1)
    loading.load()
    assert loading.rows("contacts", "person_key, deleted_at", f"contact_id = '{contact}'") == [
        {"person_key": None, "deleted_at": NAIVE + timedelta(hours=1)}
    ]


def test_a_permanent_deletion_which_no_archive_shows_is_found_by_the_total(portal: HubSpot, loading: Loading, server: Server) -> None:
    contact, kept = portal.add("contacts", email="ada@example.org"), portal.add("contacts")
    loading.load()
    del portal.records["contacts"][contact]
    server.now = NOW + timedelta(days=1)
    loading.load()
    gone = {row["contact_id"]: (row["deleted_at"], row["person_key"]) for row in loading.rows("contacts")}
    assert gone[contact] == (NAIVE + timedelta(days=1), None)
    assert gone[kept][0] is None


def test_a_record_that_no_search_shows_is_found_by_the_total(portal: HubSpot, loading: Loading, server: Server) -> None:
    portal.add("deals")
    loading.load()
    portal.hidden_from_search.add(hidden := portal.add("deals", modified=NOW))
    server.now = NOW + timedelta(days=1)
    loading.load()
    assert len(loading.rows("deals", where=f"deal_id = '{hidden}'")) == 1


def test_merged_contacts_lead_to_the_survivor_and_keep_their_person(portal: HubSpot, loading: Loading, server: Server) -> None:
    survivor, other = portal.add("contacts", email="ada@example.org"), portal.add("contacts", email="ada@old.example")
    loading.load()
    key = {row["contact_id"]: row["person_key"] for row in loading.rows("contacts")}[other]
    portal.merge("contacts", survivor, other, NOW + timedelta(hours=1))
    for day in (1, 2):
        server.now = NOW + timedelta(days=day)
        loading.load()
        rows = {row["contact_id"]: (row["merged_into"], row["person_key"], row["deleted_at"]) for row in loading.rows("contacts")}
        assert rows[other] == (survivor, key, None)
        assert rows[survivor][0] is None
    assert not [request for request in server.asked(LIST)[2:] if request.first("archived") != "true"]  # the totals agree


def test_nobodys_address_or_name_is_stored(portal: HubSpot, loading: Loading) -> None:
    visit = "https://acme.example/?utm_source=newsletter&utm_campaign=may&email=ada%40example.org"
    portal.add(
        "contacts",
        email="Ada@Example.org",
        firstname="Ada",
        hs_analytics_source="EMAIL_MARKETING",
        hs_analytics_first_timestamp=at(NOW - timedelta(days=3)),
        hs_analytics_first_url=visit,
        hs_analytics_first_referrer="https://mail.example/read?to=ada@example.org",
    )
    loading.load()
    content = str(loading.content())
    assert not any(name in content for name in ("Ada", "ada", "Olga", "olga"))
    (touch,) = loading.rows("touches", "source, utm_source, utm_medium, utm_campaign, referrer")
    assert touch == {
        "source": "EMAIL_MARKETING",
        "utm_source": "newsletter",
        "utm_medium": None,
        "utm_campaign": "may",
        "referrer": "mail.example",
    }
    assert loading.rows("contacts", "person_key")[0]["person_key"] == loading.run.person_key(email="ada@example.org")


def test_each_visit_that_was_once_the_latest_is_kept_also_by_a_full_refresh(portal: HubSpot, loading: Loading, server: Server) -> None:
    first = {"hs_analytics_source": "SOCIAL_MEDIA", "hs_analytics_first_timestamp": at(NOW - timedelta(days=9))}
    contact = portal.add("contacts", **first)
    for day in (1, 2, 3):
        server.now = NOW + timedelta(days=day)
        latest = {"hs_latest_source": "DIRECT_TRAFFIC", "hs_latest_source_timestamp": str(int(server.now.timestamp() * 1000))}
        portal.change("contacts", contact, server.now, **latest)
        loading.load(full_refresh=day == 3)
    assert len(loading.rows("touches")) == 4


def test_something_else_than_an_address_is_counted_and_stops_nothing(portal: HubSpot, loading: Loading) -> None:
    portal.add("contacts", email="not given")
    loading.load()
    assert loading.rows("contacts", "person_key") == [{"person_key": None}]
    assert loading.warnings == ["1 contacts or owners have something else than an e-mail address as e-mail; they got no person key"]


def test_a_token_without_the_right_to_ask_for_the_currency(portal: HubSpot, loading: Loading) -> None:
    portal.has_account_info = False
    loading.load()
    assert loading.rows("currency") == []


def test_a_repeated_cursor_a_cut_page_and_the_rate_limit(portal: HubSpot, loading: Loading, server: Server, waits: list[float]) -> None:
    for _ in range(3):
        portal.add("contacts")
    used_up = {"X-HubSpot-RateLimit-Remaining": "0", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
    server.next(LIST, Reply(status=429, headers=used_up), Reply({"results": []}, is_cut=True))
    loading.load()
    assert len(loading.rows("contacts")) == 3 and waits[0] == 10
    loading.state = {}
    again = Reply({"results": [], "paging": {"next": {"after": "2"}}})
    server.next(LIST, again, again)
    with pytest.raises(SourceError, match=r"hubspot: /crm/v3/objects/contacts gave the same after twice"):
        loading.load()


def test_a_wrong_token_names_its_cure(server: Server, tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"answered 401 \(INVALID_AUTHENTICATION\); the token was not accepted: set SOURCES__HUBSPOT__ACCESS_TOKEN"
    ):
        Loading(SOURCE, tmp_path, base_url=server.url, access_token="wrong").load()
