"""Matomo: visits by what brought them, keys instead of people, a token in no address, and days that come late, move or are deleted."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from demo_company import world
from faults.layer import Fault, Layer, speaking
from faults.loading import Loading
from faults.matomo import ADAPTER

from pipelines.erase import forget
from pipelines.http import Client, SourceError
from pipelines.keys import Keys
from pipelines.load import prepare
from pipelines.sources.matomo import SOURCE
from simulator.apis.matomo import Site

LISTING = "/Live.getLastVisitsDetails"


@pytest.fixture
def site(days: list[tuple[Layer, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loading:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    for layer, _ in days:
        layer.reset()
    return Loading(SOURCE, tmp_path, **ADAPTER.settings, base_url=days[0][1] + "matomo")


def visited(day: int) -> dict[str, tuple[Any, ...]]:
    """Visit -> when, and what brought it, as the company's own log knows it."""
    names = ("utm_source", "utm_medium", "utm_campaign")
    found = {}
    for row in Site(world(day)).rows:
        brought = tuple(None if row[name] != row[name] else row[name] for name in names)
        found[str(int(row["touch_id"][1:], 16) >> 16)] = (row["occurred_at"].to_pydatetime(), *brought)
    return found


def stored(site: Loading, where: str = "is_deleted is distinct from true") -> dict[str, tuple[Any, ...]]:
    rows = site.rows("visits", "visit_id, occurred_at, utm_source, utm_medium, utm_campaign", where)
    return {row.pop("visit_id"): tuple(row.values()) for row in rows}


def listed(layer: Layer) -> list[str]:
    """Days whose visits were asked for."""
    asked = [exchange.query for exchange in layer.exchanges if exchange.path.endswith(LISTING)]
    return sorted({query.partition("date=")[2][:10] for query in asked})


def test_every_visit_with_what_brought_it_and_the_last_days_again(site: Loading, days: list[tuple[Layer, str]]) -> None:
    site.load()
    assert stored(site) == visited(0) and not site.warnings
    assert site.run.api_totals == {"visits": len(visited(0))}
    site.settings._values["SOURCES__MATOMO__BASE_URL"] = days[1][1] + "matomo"  # type: ignore[index]
    site.load()
    assert stored(site) == visited(1) and len(visited(1)) > len(visited(0))
    assert listed(days[1][0]) == ["2026-06-27", "2026-06-28", "2026-06-29", "2026-06-30", "2026-07-01"]


def test_people_are_keys_and_the_token_stands_in_no_address(site: Loading, days: list[tuple[Layer, str]]) -> None:
    site.load()
    content = str(site.content())
    assert "@" not in content and all(row["person_email"] not in content for row in Site(world(0)).rows)
    keys = Keys.of(site.settings)
    emails = {keys.email(row["person_email"]) for row in Site(world(0)).rows}
    users = {row["user_key"] for row in site.rows("visits", "distinct user_key")} - {None}
    assert users <= emails and len(users) > 5, "the same key as in every other source"
    sent = days[0][0].exchanges
    assert all(ADAPTER.settings["access_token"] not in exchange.query + str(exchange.headers) for exchange in sent)
    assert {exchange.method for exchange in sent} == {"POST"}


def test_visitors_users_and_numbers_are_those_of_a_file_of_visits(site: Loading, days: list[tuple[Layer, str]]) -> None:
    """Whoever also drops an export gets one touch for each visit, of the same person."""

    def change(path: str, body: Any) -> Any:
        return [visit | {"userId": "customer-7"} for visit in body] if path.endswith(LISTING) else body

    days[0][0].change = change
    site.load()
    keys = Keys.of(site.settings)
    assert site.rows("visits", "distinct user_key") == [{"user_key": keys.given("customer-7")}]
    visitors = {row["visitor_key"] for row in site.rows("visits", "visitor_key")}
    assert len(visitors) > 5 and all(len(key) == 64 for key in visitors)


def test_who_was_forgotten_stays_out_and_the_visits_count_on(site: Loading, only_raw: None) -> None:
    prepare(site.settings)
    site.load()
    keys, all_visits = Keys.of(site.settings), len(site.rows("visits"))
    (user,) = site.rows("visits", "min(user_key) as key")
    email = next(row["person_email"] for row in Site(world(0)).rows if keys.email(row["person_email"]) == user["key"])
    hers = site.rows("visits", "visit_id", f"visitor_key in (select visitor_key from raw_matomo.visits where user_key = '{user['key']}')")
    assert forget(site.settings, [email]).is_clean
    for reload in (False, True):
        site.load(full_refresh=reload)
        assert site.rows("visits", "visit_id", "visitor_key is null and user_key is null") == hers, reload
        assert len(site.rows("visits")) == all_visits


def test_an_old_day_that_counts_otherwise_is_read_again(site: Loading, days: list[tuple[Layer, str]]) -> None:
    """A log that was imported late: at first three visits of an early day are missing, in the list and in the count."""
    missing = {id_ for id_, (when, *_) in visited(0).items() if when.date() == date(2026, 6, 5)}
    assert missing

    def without(path: str, body: Any) -> Any:
        if path.endswith(LISTING):
            return [visit for visit in body if str(visit["idVisit"]) not in missing]
        return body | {"2026-06-05": 0} if "2026-06-05" in body else body

    days[0][0].change = without
    site.load()
    assert stored(site) == {id_: visit for id_, visit in visited(0).items() if id_ not in missing}
    days[0][0].reset()
    site.load()
    assert stored(site) == visited(0)
    assert "2026-06-05" in listed(days[0][0]) and "2026-06-06" not in listed(days[0][0])


def test_a_visit_that_was_deleted_is_gone_and_one_that_was_only_purged_stays(site: Loading, days: list[tuple[Layer, str]]) -> None:
    site.load()
    gone = next(id_ for id_, (when, *_) in visited(0).items() if when.date() == date(2026, 6, 28))
    old = {id_ for id_, (when, *_) in visited(0).items() if when.date() == date(2026, 6, 5)}

    def without(path: str, body: Any) -> Any:
        if path.endswith(LISTING):  # the raw log of the old day is purged: its count stays, and another one made it differ
            return [visit for visit in body if str(visit["idVisit"]) not in {gone, *old}]
        if "2026-06-28" in body:
            return body | {"2026-06-28": body["2026-06-28"] - 1, "2026-06-05": body["2026-06-05"] + 1}
        return body

    days[0][0].change = without
    site.load()
    assert set(stored(site)) == set(visited(0)) - {gone}
    (row,) = site.rows("visits", "*", "is_deleted")
    assert row["visit_id"] == gone and row["visitor_key"] is None and row["occurred_at"] is None


def test_a_visit_that_goes_on_while_the_pages_are_read_is_not_lost(
    site: Loading, days: list[tuple[Layer, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages of two: after each one its first visit moves to the end of the day, and all behind it one place to the front."""
    listing, moved = Site.visits, set[int]()

    def visits(self: Site, query: dict[str, str]) -> Any:
        found = listing(self, query)
        for visit in found[:1] if query["date"] == "2026-06-30" else []:
            place = next(n for n, row in enumerate(self.rows) if int(row["touch_id"][1:], 16) >> 16 == visit["idVisit"])
            moved.add(visit["idVisit"])
            self.rows.append(self.rows.pop(place))
            self.times[place:-1], self.days[place:-1] = self.times[place + 1 :], self.days[place + 1 :].copy()
            self.times[-1] += 1
            self.rows[-1]["last"] = int(self.times[-1])
        return found

    monkeypatch.setattr(Site, "visits", visits)
    with speaking(world(0)) as (layer, base):
        layer.sizes = {"filter_limit": 2}
        site.settings._values["SOURCES__MATOMO__BASE_URL"] = base + "matomo"  # type: ignore[index]
        monkeypatch.setattr("pipelines.sources.matomo.PAGE", 2)
        moves = 0

        def change(path: str, body: Any) -> Any:
            nonlocal moves
            moves += path.endswith(LISTING) and bool(body)
            if moves > 300:  # everybody has moved often enough
                monkeypatch.setattr(Site, "visits", listing)
            return body

        layer.change = change
        site.load()
    assert len(moved) > 3 and stored(site) == visited(0)


def test_zones_with_an_offset_and_a_first_day_that_is_set(site: Loading, days: list[tuple[Layer, str]]) -> None:
    days[0][0].change = lambda path, body: body | {"timezone": "UTC+13"} if "timezone" in body else body
    site.settings._values["SOURCES__MATOMO__START_DATE"] = "2026-06-20"  # type: ignore[index]
    site.load()
    assert site.state["sites"]["1"] == {"first": "2026-06-20", "until": "2026-07-01"}
    assert listed(days[0][0])[0] == "2026-06-20"
    days[0][0].change = lambda path, body: body | {"timezone": "Mars/Olympus"} if "timezone" in body else body
    with pytest.raises(SourceError, match="time zone has a name"):
        site.load(full_refresh=True)


@pytest.mark.parametrize(("name", "value"), [("ACCESS_TOKEN", "wrong"), ("SITE_ID", "7")])
def test_what_is_set_wrong_is_named(site: Loading, name: str, value: str) -> None:
    site.settings._values[f"SOURCES__MATOMO__{name}"] = value  # type: ignore[index]
    with pytest.raises(SourceError, match=r"set SOURCES__MATOMO__ACCESS_TOKEN .* and SOURCES__MATOMO__SITE_ID"):
        site.load()


def test_what_matomo_says_of_an_error_is_not_repeated(site: Loading, days: list[tuple[Layer, str]]) -> None:
    days[0][0].faults = {2: Fault(200, {"result": "error", "message": "ann@example.org may not"})}
    with pytest.raises(SourceError) as fault:
        site.load()
    assert "ann" not in str(fault.value)
