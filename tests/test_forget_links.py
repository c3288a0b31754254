"""`goodwill forget` follows what is one person: browsers that signed in as nobody else, records of a CRM that live on in another."""

from pathlib import Path

import pytest
from file_drop import drop

from pipelines.erase import forget
from pipelines.keys import Keys
from pipelines.load import load_source, prepare
from pipelines.settings import Settings, read_settings
from pipelines.sources.files import SOURCE as FILES
from pipelines.warehouse import connect

ANN, FORMERLY, BOB = "ann@example.org", "ann.before@example.org", "bob@example.org"


@pytest.fixture
def settings(tmp_path: Path, only_raw: None) -> Settings:
    made = read_settings(folder=tmp_path, environ={"GOODWILL_KEY": "a key for tests"})
    prepare(made)
    return made


def _insert(settings: Settings, table: str, *rows: dict[str, str]) -> None:
    with connect(settings) as connection:
        for row in rows:
            connection.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values()))


def _rows(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with connect(settings) as connection:
        return connection.execute(sql).fetchall()


def test_browsers_of_one_person_go_and_a_shared_one_stays(settings: Settings) -> None:
    """Visits count on, of nobody: a day that counts otherwise than at Matomo would be read again for ever."""
    keys = Keys.of(settings)
    ann, bob, phone, kiosk, other = (
        keys.email(ANN),
        keys.email(BOB),
        *(keys.given(f"matomo|{name}") for name in ("phone", "kiosk", "other")),
    )
    visits = [(phone, None), (phone, ann), (kiosk, ann), (kiosk, bob), (kiosk, None), (other, None)]
    for number, (visitor, user) in enumerate(visits):
        row = {"instance": "stats", "visit_id": f"visit {number}", "visitor_key": visitor}
        _insert(settings, "raw_matomo.visits", row | ({"user_key": user} if user else {}))
    proof = forget(settings, [ANN])
    assert proof.is_clean and (proof.keys, proof.shared, proof.removed, proof.kept) == (2, 1, 0, 3)
    left = _rows(settings, "select visitor_key, user_key from raw_matomo.visits order by visit_id")
    assert left == [*[(None, None)] * 3, (kiosk, bob), (kiosk, None), (other, None)], "and what she did at the kiosk does not become Bob's"
    assert _rows(settings, "select count(*) from raw_goodwill.tombstones") == [(2,)], "which keeps out what the browser does next"


@pytest.mark.parametrize("name", [ANN, FORMERLY])
def test_a_lead_is_the_contact_it_became(settings: Settings, name: str) -> None:
    keys = Keys.of(settings)
    _insert(settings, "raw_salesforce.leads", {"lead_id": "lead", "person_key": keys.email(FORMERLY), "converted_contact_id": "contact"})
    _insert(settings, "raw_salesforce.contacts", {"contact_id": "contact", "person_key": keys.email(ANN)})
    _insert(settings, "raw_salesforce.contacts", {"contact_id": "another", "person_key": keys.email(BOB)})
    assert forget(settings, [name]).is_clean
    assert _rows(settings, "select person_key from raw_salesforce.leads") == [(None,)]
    assert _rows(settings, "select person_key from raw_salesforce.contacts order by contact_id") == [(keys.email(BOB),), (None,)]


def test_a_browser_that_signed_in_under_two_addresses_of_one_person_is_shared_with_nobody(settings: Settings) -> None:
    keys = Keys.of(settings)
    _insert(settings, "raw_hubspot.contacts", {"contact_id": "1", "person_key": keys.email(FORMERLY), "merged_into": "2"})
    _insert(settings, "raw_hubspot.contacts", {"contact_id": "2", "person_key": keys.email(ANN)})
    for number, name in enumerate((ANN, FORMERLY)):
        row = {"instance": "stats", "visit_id": f"visit {number}", "visitor_key": keys.given("matomo|tablet"), "user_key": keys.email(name)}
        _insert(settings, "raw_matomo.visits", row)
    proof = forget(settings, [ANN])
    assert proof.is_clean and (proof.keys, proof.shared) == (3, 0)
    assert _rows(settings, "select distinct visitor_key, user_key from raw_matomo.visits") == [(None, None)]


def test_an_address_inside_the_address_of_a_page_is_neither_stored_nor_left_in_a_file(settings: Settings) -> None:
    file = settings.inbox_path / "touches" / "visits.csv"
    file.parent.mkdir(parents=True)
    header = "touch_id,person_email,occurred_at,utm_campaign,referrer"
    file.write_text(f"{header}\n1,{BOB},2026-01-01,spring,https://shop.example/?friend=ann%40example.org&a=1\n")
    assert load_source(FILES, settings).state == "loaded"
    assert _rows(settings, "select referrer from raw_files.touches") == [("https://shop.example/?friend=<address>&a=1",)]
    proof = forget(settings, [ANN])
    assert proof.is_clean and proof.rewritten == ["touches/visits.csv"]
    assert "ann" not in file.read_text() and "https://shop.example/?friend=<forgotten>&a=1" in file.read_text()


def test_an_address_that_files_give_as_a_key_is_the_person(settings: Settings) -> None:
    """Whoever has no other key writes the address there, as it comes: what is stored under it goes, the file loses her, and a backup does not bring her back."""
    said = "platform,interaction_id,occurred_at,kind,actor_key,addressee_key,text\n"
    said += f"desk,1,2026-05-01,message,Ann@Example.ORG,,Hello\ndesk,2,2026-05-01,message,us,{ANN},Hello to you\ndesk,3,2026-05-02,message,{BOB},,Hi\n"
    file = drop(settings, "interactions/a.csv", said)
    gone = drop(settings, "touches/a.csv", f"touch_id,person_key,occurred_at\n1,{ANN},2026-05-01\n2,{BOB},2026-05-01\n")
    load_source(FILES, settings)
    gone.unlink()  # what is stored of it is retired by the next load alone
    proof = forget(settings, [ANN])
    assert proof.is_clean, list(proof.lines())
    assert proof.rewritten == ["interactions/a.csv"] and (proof.removed, proof.kept) == (2, 1)
    for content in (file.read_text(), said):
        file.write_text(content)
        load_source(FILES, settings)
        assert _rows(
            settings,
            "select interaction_id, addressee_key is null from raw_files.interactions where not coalesce(_deleted, false) order by 1",
        ) == [
            ("2", True),
            ("3", True),
        ]
