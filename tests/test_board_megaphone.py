"""board.scorecard and .objectives on measures given as such: the megaphone flag both ways, and what belongs to an experiment."""

from datetime import date
from typing import Any

import pytest

from tests.dbt_warehouse import DbtWarehouse

INDICATORS, SURVEYS = "relationships.indicators", "relationships.surveys"
UP, DOWN, UNCLEAR = (0.2, None, None), (-0.2, -0.3, -0.1), (-0.2, -0.5, 0.1)
QUARTERS = {
    name: date(2024 + n // 4, 1 + n % 4 * 3, 1) for n, name in enumerate(("ratio", "unclear", "both", "trust", "running", "nps", "twice"))
}


def measure(quarter: str, mart: str, name: str, audience: str, change: tuple[Any, ...], **more: Any) -> dict[str, Any]:
    row = {"mart": mart, "measure": name, "audience": audience, "period_kind": "quarter", "period_start": QUARTERS[quarter], "n": 100}
    row |= {"value": 0.5, "lo": 0.4, "hi": 0.6, "method": "Wilson", "is_complete": True}
    return row | dict(zip(("change", "change_lo", "change_hi"), change, strict=True)) | more


def roi(quarter: str, change: float) -> dict[str, Any]:
    return measure(quarter, "roi.channel_summary", "attributed_roi", "company", (change, None, None), evidence_grade="D")


MEASURES = [
    *(roi(quarter, -0.1 if quarter == "both" else 0.1) for quarter in QUARTERS),
    measure("ratio", INDICATORS, "two_way_ratio", "public", DOWN),
    measure("ratio", INDICATORS, "two_way_ratio", "clients", UP),
    measure("ratio", INDICATORS, "response_rate_24h", "public", DOWN),
    measure("unclear", INDICATORS, "two_way_ratio", "public", UNCLEAR),
    measure("both", INDICATORS, "two_way_ratio", "public", DOWN),
    measure("trust", SURVEYS, "opr_trust", "suppliers", DOWN, period_kind="wave", period_start=date(2024, 11, 20)),
    measure("trust", INDICATORS, "two_way_ratio", "public", UP),
    measure("running", INDICATORS, "two_way_ratio", "public", DOWN, is_complete=False),
    measure("nps", SURVEYS, "nps", "clients", DOWN, period_kind="wave"),
    measure("twice", INDICATORS, "two_way_ratio", "public", DOWN),
    measure("twice", SURVEYS, "opr_trust", "employees", DOWN, period_kind="wave"),
    measure("twice", "roi.experiments", "iroi/portal", "company", (None, None, None), value=2.0, lo=1.0, hi=3.0, evidence_grade="A"),
    measure("twice", "roi.experiments", "iroi", "company", (None, None, None), value=4.0, lo=3.0, hi=5.0, evidence_grade="A"),
    measure("twice", "roi.experiments", "iroi/shop", "company", (None, None, None), value=7.0, lo=6.0, hi=8.0, evidence_grade="A"),
    measure("twice", "core.experiments", "effect_pct/portal/orders", "company", (None, None, None), value=8.0, lo=-1.0, hi=17.0),
    measure("ratio", INDICATORS, "reciprocity_dyad", "public", UP, value=0.1, lo=0.0, hi=0.2),
    measure("unclear", INDICATORS, "reciprocity_dyad", "public", UP, value=0.9, lo=0.8, hi=1.0),
    measure("ratio", INDICATORS, "reciprocity_dyad", "public", UP, value=0.9, lo=0.8, hi=1.0, period_kind="year"),
    measure("twice", "core.experiments", "effect/next/orders", "company", UP, period_start=date(2027, 1, 1), value=None, is_complete=False),
]


def aim(number: str, mart: str, name: str, target: float, audience: str | None) -> dict[str, Any]:
    return {"objective_id": number, "title": "An aim", "mart": mart, "measure": name, "target": target, "due_on": date(2026, 1, 1)} | {
        "direction": "up",
        "audience": audience,
    }


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("megaphone"))
    warehouse.insert(
        "objectives",
        aim("met", "roi.experiments", "iroi/portal", 0.5, "suppliers"),
        aim("missed", "roi.experiments", "iroi", 9, None),
        aim("missed too", "roi.experiments", "iroi/shop", 9, "suppliers"),
        aim("one channel", "roi.channel_summary", "attributed_roi/paid_social", 1, None),
        aim("due in its quarter", INDICATORS, "reciprocity_dyad", 0.5, "public") | {"due_on": date(2024, 5, 15)},
        aim("due with its year", INDICATORS, "reciprocity_dyad", 0.5, "public") | {"due_on": date(2024, 3, 31)},
        aim("cannot tell", "core.experiments", "effect_pct/portal/orders", 5, "public"),
        aim("not measured", "roi.experiments", "iroi/another", 1, "public"),
        aim("unknown", "core.posts", "happiness", 1, "public"),
    )
    warehouse.build("+board_scorecard", "+board_objectives")
    warehouse.execute("delete from intermediate.int_measures")
    for row in MEASURES:
        names, values = ", ".join(row), ", ".join("null" if value is None else f"'{value}'" for value in row.values())
        warehouse.execute(f"insert into intermediate.int_measures ({names}) values ({values})")
    warehouse.build("board_scorecard", "board_objectives")
    return warehouse


def test_the_flag_stands_where_roi_rises_and_people_turn_away_beyond_the_interval(warehouse: DbtWarehouse) -> None:
    flagged: dict[date, set[tuple[str, str]]] = {}
    for quarter, audience, name in warehouse.rows("select quarter, audience, measure from board.scorecard where is_megaphone"):
        flagged.setdefault(quarter, set()).add((audience, name))
    money = ("company", "attributed_roi")
    assert flagged == {
        QUARTERS["ratio"]: {money, ("public", "two_way_ratio")},
        QUARTERS["trust"]: {money, ("suppliers", "opr_trust")},
        QUARTERS["twice"]: {money, ("public", "two_way_ratio"), ("employees", "opr_trust")},
    }
    assert warehouse.rows("select count(*) from board.scorecard where is_megaphone is null") == [(0,)]


def test_money_of_an_audience_is_what_an_objective_ties_to_it(warehouse: DbtWarehouse) -> None:
    rows = warehouse.rows(
        f"select audience, value, state, objective_id from board.scorecard where measure = 'iroi' and quarter = '{QUARTERS['twice']}'"
    )
    assert sorted(rows, key=str) == [
        ("company", 4, "measured", "missed"),
        ("employees", None, "not_measured", None),
        ("public", None, "not_measured", "not measured"),
        ("suppliers", 2, "measured", "met"),
    ]


def test_a_line_names_an_objective_of_its_own_figure(warehouse: DbtWarehouse) -> None:
    """What another objective of suppliers wants of another experiment, or the company of one channel, is not what the line shows."""
    named = "select measure, audience, value, objective_id from board.scorecard where objective_id is not null and quarter = "
    twice = warehouse.rows(f"{named} '{QUARTERS['twice']}' and audience in ('suppliers', 'company') order by audience")
    assert twice == [("iroi", "company", 4, "missed"), ("iroi", "suppliers", 2, "met")]


def test_a_quarter_to_come_has_no_lines(warehouse: DbtWarehouse) -> None:
    assert warehouse.rows("select max(quarter) from board.scorecard") == [(QUARTERS["twice"],)]


def test_what_came_after_the_due_date_decides_nothing(warehouse: DbtWarehouse) -> None:
    """The first quarter lies at .1; the second, which is not over at the due date, and the year that begins with the first lie at .9."""
    rows = warehouse.rows("select objective_id, state, value, period_kind from board.objectives where objective_id like 'due %' order by 1")
    assert rows == [("due in its quarter", "missed", 0.1, "quarter"), ("due with its year", "missed", 0.1, "quarter")]


def test_company_credit_stands_on_the_company_alone_and_nothing_is_left_out(warehouse: DbtWarehouse) -> None:
    assert warehouse.rows(
        "select distinct audience from board.scorecard where measure in ('attributed_roi', 'attributed_revenue', 'full_cost')"
    ) == [("company",)]
    assert warehouse.rows("select distinct audience from board.scorecard where measure in ('nrr', 'grr', 'retention_lift')") == [
        ("clients",)
    ]
    ((silent,),) = warehouse.rows(
        "select count(*) from board.scorecard where value is null and (suppressed_reason is null or state = 'measured')"
    )
    assert silent == 0
    per_quarter = warehouse.rows("select count(*), count(distinct (audience, measure)) from board.scorecard group by quarter")
    assert len(set(per_quarter)) == 1 and per_quarter[0][0] == per_quarter[0][1]
    assert not warehouse.rows("select 1 from board.scorecard where measure like '%score%' or measure like '%index%'")


def test_objectives_name_experiments_too(warehouse: DbtWarehouse) -> None:
    told = "split_part(reason, ': ', 1)"
    rows = warehouse.rows(
        f"select objective_id, state, {told}, value from board.objectives where mart like '%.experiments' or objective_id = 'unknown' order by 1"
    )
    assert rows == [
        ("cannot tell", "cannot_tell", "the interval spans the target", 8),
        ("met", "met", None, 2),
        ("missed", "missed", None, 4),
        ("missed too", "missed", None, 7),
        ("not measured", "not_measured", "no data of this audience measures it", None),
        ("unknown", "not_measured", "no mart has this measure under this name", None),
    ]
