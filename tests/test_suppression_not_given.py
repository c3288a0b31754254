"""Where only some messages name a language, a profile, a team or a room: what is left of a total without them is nobody or a group, too."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from calibration.product import Product

MONTH = date(2026, 5, 1)
Group = tuple[dict[str, str], Iterable[int], int]  # what their messages name, who they are, how many of them are answered
DIMENSIONS = {"language": "en", "team": "care", "room_id": "lobby", "profile_id": "us"}


def asked(*groups: Group) -> Product:
    """Everybody asks once in May, on x."""
    product = Product({"indicator_period_kinds": ["month"]})
    cells: dict[str, list[Any]] = {name: [] for name in ("cell_no", "platform", "audience", *DIMENSIONS)}
    months: dict[str, list[Any]] = {name: [] for name in ("month", "cell_no", "actor_no", "asked_24h", "answered_24h", "bursts")}
    for number, (named, people, answered) in enumerate(groups, 1):
        cell = {"cell_no": number, "platform": "x", "audience": "clients"}
        for name, values in cells.items():
            values.append(cell.get(name, named.get(name)))
        for place, person in enumerate(people):
            said = {
                "month": MONTH,
                "cell_no": number,
                "actor_no": person,
                "asked_24h": 1,
                "answered_24h": int(place < answered),
                "bursts": 1,
            }
            for name, values in months.items():
                values.append(said[name])
    product.give("int_message_cells", cells)
    product.give("int_actor_months", months)
    return product


def shown(
    product: Product, name: str, columns: str = "numerator, denominator", model: str = "int_indicators_shown", of: str = "response_rate_24h"
) -> dict[str, Any]:
    """Rows of a cut in May by its values, and the total of x, or of all, as `all`."""
    column = "profile_id" if name == "profile_id" else "dimension_value"
    of_all = "platform = '{}' and profile_id = 'all' and dimension = 'all'".format("x" if name in ("profile_id", "room_id") else "all")
    of_cut = "profile_id <> 'all'" if name == "profile_id" else f"dimension = '{name.removesuffix('_id')}'"
    product.rows(model)
    rows = product.connection.execute(
        f"select {column}, {columns} from {model} where indicator = '{of}' and period_kind = 'month' and (({of_all}) or ({of_cut}))"
    ).fetchall()
    return {value: tuple(numbers) for value, *numbers in rows}


@pytest.mark.parametrize(("name", "value"), DIMENSIONS.items())
def test_five_who_name_none_cannot_be_told_by_subtraction(name: str, value: str) -> None:
    """63 of 100 were answered; 60 of the 95 beside it would say that 3 of the other 5 were."""
    product = asked(({name: value}, range(95), 60), ({}, range(95, 100), 3))
    rows = shown(product, name)
    assert rows.pop("all") == (63, 100)
    assert len(rows) == 2 and set(rows.values()) == {(None, None)}


@pytest.mark.parametrize(("name", "value"), DIMENSIONS.items())
def test_many_who_name_none_are_a_row_of_their_own(name: str, value: str) -> None:
    product = asked(({name: value}, range(60), 40), ({}, range(60, 100), 20))
    assert shown(product, name) == {"all": (60, 100), value: (40, 60), "(not given)": (20, 40)}


def test_somebody_who_writes_with_and_without_is_left_over() -> None:
    """What is said without a language is of 12 people, though all but 5 of them write English, too."""
    product = asked(({"language": "en"}, range(95), 60), ({}, range(88, 100), 3))
    rows = shown(product, "language", "people, suppressed_reason")
    assert rows == {"all": (100, None), "en": (95, None), "(not given)": (12, "fewer than 30 independent clusters")}


def test_few_who_name_none_stand_with_the_small_languages() -> None:
    product = asked(({"language": "en"}, range(60), 40), ({"language": "fi"}, range(60, 69), 1), ({}, range(69, 75), 1))
    rows = shown(product, "language", "people")
    assert rows == {"all": (75,), "en": (60,), "other (small groups)": (15,)}


def test_no_row_is_made_where_nobody_names_any() -> None:
    product = asked(({}, range(60), 40))
    for name in DIMENSIONS:
        assert set(shown(product, name)) == {"all"}


def test_two_publications_tell_nothing_of_those_who_name_none() -> None:
    """Twelve who write English and five who name no language come: English would be told anew, and the total less it would tell of the five."""
    before = asked(({"language": "en"}, range(60), 40), ({}, range(60, 100), 20))
    first = shown(before, "language", model="int_indicators_told")
    after = asked(({"language": "en"}, [*range(60), *range(200, 212)], 40), ({}, [*range(60, 100), *range(300, 305)], 20))
    after.connection.register("told", before.connection.execute("select * from int_indicators_told").to_arrow_table())
    after.connection.execute("insert into goodwill__told_indicators by name from told")
    assert shown(after, "language", model="int_indicators_told") == first | {"all": (60, 117)}


def test_whoever_answers_in_the_language_of_another_message_is_counted_there() -> None:
    """12 answer English without naming a language, and their messages count as English: all other messages without one are of three people."""
    product = Product({"indicator_period_kinds": ["month"]})
    said = [(1, thread, thread) for thread in range(60)] + [(1, thread, 100 + thread) for thread in range(12)]
    said += [(2, thread, 200 + thread % 3) for thread in range(60, 120)]
    product.give(
        "int_message_cells", {"cell_no": [1, 2], "platform": ["x", "x"], "audience": ["clients", "clients"], "language": ["en", None]}
    )
    columns = {"cell_no": [cell for cell, *_ in said], "actor_no": [person for *_, person in said], "month": [MONTH] * len(said)}
    more = {name: [False] * len(said) for name in ("is_brand", "is_bot", "is_inbound", "is_public_social", "is_peer_reply")}
    product.give("int_message_answers", columns | more | {"thread_no": [thread for _, thread, _ in said], "kind": ["comment"] * len(said)})
    named = {"cell_no": [1 if person < 100 else 2 for *_, person in said], "is_message": [True] * len(said)}
    product.give("int_voices", columns | named)
    rows = shown(product, "language", "denominator, suppressed_reason", of="peer_share")
    assert rows == {
        "all": (132, None),
        "en": (None, "would tell a group of fewer than 10 people by subtraction"),
        "(not given)": (None, "fewer than 10 people"),
    }
