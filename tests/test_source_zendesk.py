"""Zendesk: customers and the desk's one voice, notes that nobody outside reads, what is deleted, redacted or made private, and waits."""

from pathlib import Path
from typing import Any

import pytest
from demo_company import world
from faults.layer import Fault, Layer
from faults.loading import Loading
from faults.zendesk import ADAPTER

from pipelines.erase import forget
from pipelines.http import Client
from pipelines.keys import Keys
from pipelines.load import prepare
from pipelines.sources.zendesk import SOURCE
from simulator.apis.zendesk_records import ASIDE, NOTE


@pytest.fixture
def waits(days: list[tuple[Layer, str]], monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(Client, "sleep", staticmethod(slept.append))
    for layer, _ in days:
        layer.reset()
    return slept


def loading(folder: Path, day: tuple[Layer, str], **settings: str) -> Loading:
    return Loading(SOURCE, folder, **{**ADAPTER.settings, **settings}, base_url=day[1] + "zendesk")


def go_to(mine: Loading, day: tuple[Layer, str]) -> None:
    mine.settings._values["SOURCES__ZENDESK__BASE_URL"] = day[1] + "zendesk"  # type: ignore[index]


def test_who_said_what_to_whom(days: Any, waits: list[float], tmp_path: Path) -> None:
    mine = loading(tmp_path, days[0])
    run = mine.load()
    said = world(0).desk
    rows = {row["comment_id"]: row for row in mine.rows("comments")}
    assert {int(id_) for id_ in rows} == set(said["case"] * 100 + said["step"])
    desk = run.person_key(platform="zendesk", platform_id="desk")
    for case, step, actor, addressee, is_brand, is_bot, text in said[
        ["case", "step", "actor_email", "addressee_email", "is_brand", "is_bot", "text"]
    ].itertuples(index=False):
        row = rows[str(case * 100 + step)]
        assert (row["ticket_id"], row["text"], row["is_brand"], row["is_bot"]) == (str(case), text, is_brand, is_bot)
        assert row["actor_key"] == (desk if is_brand else run.person_key(email=actor))
        assert row["addressee_key"] == (run.person_key(email=addressee) if is_brand else None)
    totals = {table: run.api_totals[table] for table in ("organizations", "users", "tickets")}
    assert totals == {table: len(mine.rows(table)) for table in totals}, "reconciled with Zendesk's own counts"


def test_agents_are_no_persons_and_notes_stay_inside(days: Any, waits: list[float], tmp_path: Path) -> None:
    mine = loading(tmp_path, days[0])
    run = mine.load()
    answers = str([exchange.content for exchange in days[0][0].exchanges])
    assert NOTE in answers and ASIDE in answers, "the desk does say it"
    content = str(mine.content())
    staff = world(0).staff
    assert NOTE not in content and ASIDE not in content and "@" not in content
    assert not [email for email in staff["email"] if email in content or str(run.person_key(email=email)) in content]
    assert {row["person_key"] for row in mine.rows("users", "person_key", "role = 'agent'")} == {None}
    assert len(mine.rows("tickets", "ticket_id", "is_internal")) == 3


def test_a_deleted_ticket_loses_its_words_and_its_answers_stay_counted(days: Any, waits: list[float], tmp_path: Path) -> None:
    mine = loading(tmp_path, days[0])
    mine.load()
    go_to(mine, days[1])
    mine.load()
    (gone,) = mine.rows("tickets", "ticket_id", "deleted_at is not null")
    comments = mine.rows("comments", "text, deleted_at", f"ticket_id = '{gone['ticket_id']}'")
    assert comments and all(row["text"] is None and row["deleted_at"] for row in comments)
    again = loading(tmp_path / "again", days[1])
    again.load()
    assert again.rows("comments", "* exclude (_run, _observed_at)") == mine.rows("comments", "* exclude (_run, _observed_at)")


@pytest.mark.parametrize("is_known", [True, False])
def test_what_is_redacted_or_made_a_note_later_is_read_again(days: Any, waits: list[float], tmp_path: Path, is_known: bool) -> None:
    layer, mine = days[0][0], loading(tmp_path, days[0])
    if is_known:
        mine.load()
    first, second = [
        (event, child) for _, event, child in _comments(days) if child["public"] and child["author_id"] > 0 and event["ticket_id"] > 100
    ][:2]

    def change(path: str, body: Any) -> Any:
        if path.endswith("ticket_events.json"):
            for (event, child), kind in ((first, "CommentRedactionEvent"), (second, "CommentPrivacyChange")):
                late = {"event_type": kind, "comment_id": child["id"], "public": False}
                body["ticket_events"].append({**event, "timestamp": body["end_time"], "child_events": [late]})
        for comment in body.get("comments", []):
            if comment["id"] == first[1]["id"]:
                comment["plain_body"] = "▇▇▇"
            if comment["id"] == second[1]["id"]:
                comment["public"] = False
        return body

    layer.change = change
    mine.load()
    rows = {row["comment_id"]: row for row in mine.rows("comments")}
    assert rows[str(first[1]["id"])]["text"] == "▇▇▇"
    assert rows[str(second[1]["id"])]["text"] is None and rows[str(second[1]["id"])]["deleted_at"]


def _comments(days: Any) -> list[tuple[str, Any, Any]]:
    from simulator.apis.zendesk_records import Desk

    return [("", event, event["child_events"][0]) for _, _, event in Desk(world(0)).events]


def test_a_wait_of_93_seconds_is_kept_and_the_next_run_goes_on_where_this_one_stopped(
    days: Any, waits: list[float], tmp_path: Path
) -> None:
    layer, mine = days[0][0], loading(tmp_path, days[0])
    layer.sizes = {"per_page": 5}
    layer.faults = {3: Fault(429, {"error": "APIRateLimitExceeded"}, {"Retry-After": "93"})}
    mine.load()
    assert waits == [93.0]
    whole = {table.name: len(mine.rows(table.name)) for table in SOURCE.tables}
    asked, layer.exchanges = layer.exchanges, []
    mine.load()
    exports = [exchange for exchange in layer.exchanges if "incremental" in exchange.path]
    assert len(exports) == 4 < len([exchange for exchange in asked if "incremental" in exchange.path]), "nothing is exported twice"
    assert {table.name: len(mine.rows(table.name)) for table in SOURCE.tables} == whole


def test_an_oauth_token_is_enough(days: Any, waits: list[float], tmp_path: Path) -> None:
    mine = loading(tmp_path, days[0], email="")
    mine.load()
    assert len(mine.rows("tickets")) > 3 and days[0][0].exchanges[0].headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize("is_reload", [False, True])
def test_who_was_forgotten_stays_out_whatever_the_desk_knows_them_by(
    days: Any, waits: list[float], tmp_path: Path, only_raw: None, is_reload: bool
) -> None:
    """What they write next names their number alone; and the desk may have forgotten the address as well."""
    mine = loading(tmp_path, days[0])
    keys = Keys.of(mine.settings)
    prepare(mine.settings)
    mine.load()
    email = min(world(0).desk.query("not is_brand")["actor_email"])
    (user,) = mine.rows("users", "user_id", f"person_key = '{keys.email(email)}'")
    assert forget(mine.settings, [email]).is_clean
    before = {row["comment_id"] for row in mine.rows("comments", "comment_id")}
    wrote: set[str] = set()

    def anonymised(path: str, body: Any) -> Any:
        for each in body.get("users", []):
            each |= {"email": None} if str(each["id"]) == user["user_id"] else {}
        for event in body.get("ticket_events", []):
            for comment in (each for each in event["child_events"] if each.get("public") and str(each["id"]) not in before):
                comment["author_id"] = int(user["user_id"])
                wrote.add(str(comment["id"]))
        return body

    days[1][0].change = anonymised
    go_to(mine, days[1])
    mine.load(full_refresh=is_reload)
    content = str(mine.content())
    assert wrote and not wrote & {row["comment_id"] for row in mine.rows("comments", "comment_id")}
    assert keys.email(email) not in content and keys.account("zendesk", user["user_id"]) not in content
