"""Consent and identity: default deny, the terms of platforms, one person an account, and what is told of what was left out."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from dbt_warehouse import DbtWarehouse

MARCH, MAY = datetime(2026, 3, 1), datetime(2026, 5, 1)


def _link(person: str, platform: str = "bluesky", **more: Any) -> dict[str, Any]:
    method = {"method": "verified_email", "evidence": "desk", "matched_at": MARCH}
    return {"person_key": person, "platform": platform, "actor_key": f"{platform}/{person}"} | method | more


def _consent(person: str, is_granted: bool, at: datetime = MARCH, **more: Any) -> dict[str, Any]:
    return {"person_key": person, "purpose": "identity_join", "is_granted": is_granted, "recorded_at": at} | more


# Person -> the link, the consents, and why the link is not used (None: it is).
LINKS: dict[str, tuple[dict[str, Any], list[dict[str, Any]], str | None]] = {
    "never asked": ({}, [], "neither a consent nor a basis is given"),
    "empty basis": ({"consent_basis": " "}, [], "neither a consent nor a basis is given"),
    "with a basis": ({"consent_basis": "contract"}, [], None),
    "said yes": ({}, [_consent("said yes", True)], None),
    "basis but no": ({"consent_basis": "contract"}, [_consent("basis but no", False)], "denied, withdrawn, expired or forgotten"),
    "withdrawn": ({}, [_consent("withdrawn", True), _consent("withdrawn", False, MAY)], "denied, withdrawn, expired or forgotten"),
    "tie": ({}, [_consent("tie", True), _consent("tie", False, evidence="same time")], "denied, withdrawn, expired or forgotten"),
    "tie, denial first": (
        {},
        [_consent("tie, denial first", False), _consent("tie, denial first", True, evidence="same time")],
        "denied, withdrawn, expired or forgotten",
    ),
    "tie of terms": (
        {},
        [_consent("tie of terms", True), _consent("tie of terms", True, platform="bluesky", expires_at=MAY)],
        "denied, withdrawn, expired or forgotten",
    ),
    "by the account": (
        {"consent_basis": "contract"},
        [_consent("bluesky/by the account", False)],
        "denied, withdrawn, expired or forgotten",
    ),
    "in the future": ({}, [_consent("in the future", True), _consent("in the future", False, datetime(2026, 7, 1))], None),
    "expired": ({}, [_consent("expired", True, expires_at=MAY)], "denied, withdrawn, expired or forgotten"),
    "not yet expired": ({}, [_consent("not yet expired", True, expires_at=datetime(2027, 1, 1))], None),
    "elsewhere": ({}, [_consent("elsewhere", True, platform="mastodon")], "neither a consent nor a basis is given"),
    "here after all": ({}, [_consent("here after all", False), _consent("here after all", True, MAY, platform="bluesky")], None),
    "all withdrawn": (
        {},
        [_consent("all withdrawn", True, platform="bluesky"), _consent("all withdrawn", False, MAY)],
        "denied, withdrawn, expired or forgotten",
    ),
    "x by contract": ({"platform": "x", "consent_basis": "contract"}, [], "on X only with the opt-in of the person"),
    "x by opt-in": ({"platform": "x", "consent_basis": "consent"}, [], None),
    "x by consent": ({"platform": "x"}, [_consent("x by consent", True, platform="x")], None),
    "linkedin": (
        {"platform": "linkedin", "consent_basis": "consent"},
        [_consent("linkedin", True)],
        "persons on LinkedIn are never linked",
    ),
    "revoked": ({"consent_basis": "contract", "revoked_at": MAY}, [], "the link was revoked"),
    "link expired": ({"consent_basis": "contract", "expires_at": MAY}, [], "the link has expired"),
    "erased": ({}, [_consent("erased", True)], "denied, withdrawn, expired or forgotten"),
    "came back": ({}, [_consent("came back", True, MAY)], None),
    "employee": ({}, [], None),
}


# Actor -> whether the mood of what it writes may be read.
MOODS = {
    "by account": False,
    "bluesky/with a basis": False,
    "elsewhere only": True,
    "not here": False,
    "back again": True,
    "said nothing": True,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DbtWarehouse]:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("consent"))
    for person, (link, consents, _) in LINKS.items():
        warehouse.insert("identity_links", _link(person, **link))
        for consent in consents:
            warehouse.insert("consents", {"platform": None, "expires_at": None, "evidence": "form"} | consent)
    warehouse.insert("people", {"person_key": "employee"})
    for person in ("erased", "came back"):
        warehouse.insert("erasures", {"person_key": person, "requested_at": datetime(2026, 4, 1)})
    # one account, claimed by several with unequal evidence; and an account that a platform handed on
    for person, method in (("by login", "community_login"), ("by word", "self_declared"), ("by mail", "verified_email")):
        warehouse.insert("identity_links", _link(person, actor_key="shared", method=method, consent_basis="contract"))
    warehouse.insert(
        "identity_links",
        _link("former", actor_key="handed on", consent_basis="contract", expires_at=datetime(2026, 4, 15)),
        _link("present", actor_key="handed on", consent_basis="contract", matched_at=MAY),
    )
    message = {"platform": "bluesky", "kind": "mention"}
    warehouse.insert(
        "interactions",
        *(
            {**message, "interaction_id": f"h{month}", "occurred_at": datetime(2026, month, 20), "actor_key": "handed on"}
            for month in (3, 5)
        ),
        *({**message, "interaction_id": f"s{i}", "occurred_at": MAY + timedelta(days=i), "actor_key": "shared"} for i in range(5)),
    )
    # an address that two companies share
    for contact, account in (("c1", "acme"), ("c2", "globex")):
        warehouse.insert("accounts", {"account_id": account, "role": "client"})
        warehouse.insert("contacts", {"contact_id": contact, "account_id": account, "person_key": "by word", "created_at": MARCH})
    # a person says no by the account itself, or by the address behind an account; elsewhere, or taken back, a no counts for nothing here
    for actor in MOODS:
        scored = {"interaction_id": f"mood of {actor}", "occurred_at": MAY, "actor_key": actor, "sentiment": 0.5}
        warehouse.insert("interactions", {**message, "kind": "comment", "is_bot": None, "sentiment": None} | scored)
        label = {"platform": "bluesky", "interaction_id": scored["interaction_id"], "label": "positive"}
        warehouse.insert("sentiment_labels", {**label, "labelled_at": MAY})
    for person, is_granted, place in (
        ("by account", False, None),
        ("with a basis", False, None),
        ("elsewhere only", False, "mastodon"),
        ("not here", False, "bluesky"),
        ("not here", True, None),
        ("back again", False, None),
        ("back again", True, "bluesky"),
    ):
        at = MAY if person == "back again" and is_granted else MARCH
        warehouse.insert("consents", _consent(person, is_granted, at, purpose="sentiment", platform=place))
    for person, is_granted in (("never wants surveys", False), ("wants them", True), ("said nothing", None)):
        answer = {
            "wave": "2026",
            "audience": "clients",
            "respondent_key": person,
            "item": "nps",
            "score": 9,
            "scale_min": 0,
            "scale_max": 10,
        }
        warehouse.insert("surveys", answer)
        if is_granted is not None:
            warehouse.insert("consents", _consent(person, is_granted, purpose="survey"))
    # visits: 12 people never asked, 11 who said no, 3 who said yes
    for number in range(26):
        person = f"visitor {number}"
        warehouse.insert("touches", {"touch_id": f"t{number}", "person_key": person, "occurred_at": MARCH})
        if number >= 12:
            warehouse.insert("consents", _consent(person, number >= 23, purpose="attribution"))
    marts = ("+core_identity_links", "+core_interactions")
    warehouse.build(*marts, "+int_consent_coverage", "+int_touch_channels", "+int_survey_scores", "+int_sentiment_confusions")
    return warehouse


def test_a_link_needs_a_consent_or_a_basis_and_obeys_the_platform(world: DbtWarehouse) -> None:
    reasons = dict(world.rows("select person_key, left_out_because from intermediate.int_link_choices"))
    assert {person: reasons[person] for person in LINKS} == {person: why for person, (_, _, why) in LINKS.items()}
    used = {row[0] for row in world.rows("select person_key from intermediate.int_actor_persons")}
    assert used & set(LINKS) == {person for person, (_, _, why) in LINKS.items() if why is None}


def test_the_mart_says_why_a_link_is_not_used_and_has_no_employee(world: DbtWarehouse) -> None:
    rows = dict(world.rows("select person_key, left_out_because from core.identity_links"))
    assert "employee" not in rows and rows["never asked"] == "neither a consent nor a basis is given"


def test_an_account_has_one_person_and_joins_do_not_fan_out(world: DbtWarehouse) -> None:
    assert world.rows("select person_key from intermediate.int_actor_persons where actor_key = 'shared'") == [("by word",)]
    assert world.rows("select count(*), count(distinct interaction_id) from core.interactions") == [(7 + len(MOODS), 7 + len(MOODS))]


def test_what_was_said_before_an_account_was_handed_on_is_not_the_new_owners(world: DbtWarehouse) -> None:
    said = "select interaction_id, person_key from intermediate.int_interaction_parties where party_key = 'handed on' order by all"
    assert world.rows(said) == [("h3", "handed on"), ("h5", "present")]


def test_the_mood_of_who_does_not_want_it_is_not_read(world: DbtWarehouse) -> None:
    rows = world.rows("select actor_key, sentiment is not null from core.interactions where interaction_id like 'mood of%'")
    assert dict(rows) == MOODS
    # nor is the machine's verdict on their words held against a label
    assert world.rows("select labels from intermediate.int_sentiment_confusions where replicate = 0") == [(sum(MOODS.values()),)]


def test_answers_of_who_does_not_want_it_are_not_used(world: DbtWarehouse) -> None:
    assert world.rows("select respondent_key from intermediate.int_survey_scores order by all") == [("said nothing",), ("wants them",)]


def test_where_only_a_yes_counts_silence_is_a_no(world: DbtWarehouse, tmp_path) -> None:
    strict = dict.fromkeys(("identity_join", "attribution", "sentiment", "story_text", "survey"), "deny")
    copy = world.copy(tmp_path)
    copy.variables = {"consent_default": strict}
    copy.build("int_sentiment_choices", "int_interaction_audiences", "int_survey_scores")
    read = copy.rows("select actor_key from intermediate.int_interaction_audiences where sentiment is not null")
    assert read == [("back again",)]
    assert copy.rows("select respondent_key from intermediate.int_survey_scores") == [("wants them",)]


def test_a_link_that_is_revoked_is_undone_at_the_next_build(world: DbtWarehouse, tmp_path) -> None:
    copy = world.copy(tmp_path)
    copy.execute("update raw_files.identity_links set revoked_at = timestamp '2026-06-01' where person_key = 'by word'")
    copy.build("+int_actor_persons")
    assert copy.rows("select person_key from intermediate.int_actor_persons where actor_key = 'shared'") == [("by mail",)]


def test_what_is_left_out_and_what_is_used_without_a_consent_is_counted(world: DbtWarehouse) -> None:
    touches = "select because, is_used, row_count, people from intermediate.int_consent_coverage where entity = 'touches' order by all"
    assert world.rows(touches) == [
        ("denied, withdrawn, expired or forgotten", False, 11, 11),
        ("used without a consent, on the basis on which the company recorded it", True, 12, 12),
    ]
