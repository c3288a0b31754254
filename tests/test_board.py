"""board.objectives, .scorecard and .data_trust: what is met, what is not measured, and when money rises while people turn away."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from calibration.product import macros
from tests.dbt_warehouse import PROJECT, DbtWarehouse
from tests.relationship_worlds import World

JANUARY, APRIL = datetime(2026, 1, 12, 9), datetime(2026, 4, 13, 9)
INDICATORS = "relationships.indicators"


def talk(platform: str, at: datetime, people: int, answered: int) -> World:
    """A post of the brand and a comment of somebody below it, for each of `people`; the first of them get a reply."""
    world = World(platform, "public")
    for number in range(people):
        post = f"{at:%j} {number}"
        world.posts.append(
            {"platform": platform, "profile_id": "us", "post_id": post, "posted_at": at, "kind": "text", "audience": "public"}
        )
        comment = world.say(f"p{number}", at + timedelta(hours=1), "comment", post_id=post, needs_reply=True)
        if number < answered:
            world.say("brand", at + timedelta(hours=2), "reply", post_id=post, parent_id=comment, is_brand=True)
    return world


def objective(number: int, measure: str, target: float, **more: Any) -> dict[str, Any]:
    return {"objective_id": str(number), "title": "An aim", "mart": INDICATORS, "measure": measure, "target": target} | {
        "due_on": date(2026, 12, 31),
        "direction": "up",
        "audience": "public",
        **more,
    }


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    """Two quarters: fewer replies in the second, while what social costs buys more."""
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("board"))
    for world in (talk("mastodon", JANUARY, 60, 45), talk("bluesky", APRIL, 60, 15)):
        warehouse.insert("interactions", *world.interactions)
        warehouse.insert("posts", *world.posts)
    for month, sales in ((2, 2), (5, 6)):
        person = [f"buyer {month} {number}" for number in range(sales)]
        at = datetime(2026, month, 10)
        # every second buyer buys for a company
        account = {p: f"company of {p}" if number % 2 else None for number, p in enumerate(person)}
        touch = {"occurred_at": at, "channel": "organic_social"}
        warehouse.insert("touches", *(touch | {"touch_id": p, "person_key": p, "account_id": account[p]} for p in person))
        warehouse.insert(
            "revenue",
            *(
                {"revenue_id": p, "order_id": p, "kind": "order", "person_key": p, "account_id": account[p]}
                | {"occurred_at": at + timedelta(days=1), "amount": 100}
                | {"currency": "USD", "cost_of_goods": 40, "discount": 0, "tax": 0, "fees": 0, "fulfilment_cost": 0}
                for p in person
            ),
        )
    for month in range(1, 7):
        first, last = date(2026, month, 1), date(2026, month + 1, 1) - timedelta(days=1)
        for channel in ("organic_social", "paid_social", "influencer", "community", "employee_advocacy", "support"):
            for kind in ("ad_spend", "staff", "tools", "content", "creator"):
                warehouse.insert(
                    "costs",
                    {"cost_id": f"{month} {channel} {kind}", "period_start": first, "period_end": last, "kind": kind, "channel": channel}
                    | {"amount": 20 if (channel, kind) == ("organic_social", "staff") else 0, "currency": "USD"},
                )
    warehouse.insert(
        "objectives",
        objective(1, "two_way_ratio", 0.15),
        objective(2, "two_way_ratio", 0.15, direction="down"),
        objective(3, "two_way_ratio", 0.35),
        objective(4, "two_way_ratio", 0.21),
        objective(5, "two_way_ratio", 0.5, audience="suppliers"),
        objective(6, "happiness'; drop table core.posts; --", 0.5),
        objective(7, "two_way_ratio", 0.4, due_on=date(2026, 3, 31)),
        objective(8, "replies_total", 15),
        objective(9, "posts", 50, mart="core.posts"),
        objective(10, "likes_delta", 10, mart="core.post_days"),
        objective(11, "followers", 350, mart="core.profile_days"),
        objective(12, "failed_checks", 0, mart="board.data_trust", direction="down", audience=None),
        objective(13, "failed_checks/files", 0, mart="board.data_trust", direction="down", audience=None),
        objective(14, "happiness", 1, mart="core.nothing"),
        objective(15, "opr_trust", 60, audience="suppliers"),
    )
    for wave, score in (("wave 9", 2), ("wave 10", 6)):
        asked = {"wave": wave, "audience": "suppliers", "item": "trust", "scale_min": 1, "scale_max": 7}
        warehouse.insert("surveys", *(asked | {"respondent_key": f"s{number}", "score": score + number % 2} for number in range(40)))
    for platform, followers in (("mastodon", 100), ("bluesky", 250)):
        warehouse.insert("profiles", {"platform": platform, "profile_id": "us"})
        read = {"platform": platform, "profile_id": "us"}
        for month, less in ((2, 60), (6, 0)):
            warehouse.insert("profile_metrics", read | {"observed_at": datetime(2026, month, 20), "followers": followers - less})
    for days, likes in ((1, 5), (4, 9)):
        liked = {"platform": "bluesky", "post_id": f"{APRIL:%j} 1", "observed_at": APRIL + timedelta(days=days), "likes": likes}
        warehouse.insert("post_metrics", liked)
    warehouse.execute("update raw_goodwill.clock set as_of = timestamp '2026-07-15 12:00'")
    warehouse.execute(
        """
        insert into raw_goodwill.loads values
            ('files', 'posts', 'posts', 'loaded', null, 120, null, null, null),
            ('bluesky', 'posts', 'posts', 'loaded', null, 90, 100, timestamp '2026-07-15 12:00', null),
            ('bluesky', 'likes', null, 'loaded', null, 5000, null, timestamp '2026-07-15 11:00', null);
        insert into raw_goodwill.refused_files values ('posts/bad.csv', 'posts', 3, 'posted_at', 'not a time');
        insert into raw_goodwill.failed_checks values ('bluesky', 'posts', 'volume', false);
        """
    )
    warehouse.insert("touches", {"touch_id": "x", "person_key": "nobody", "occurred_at": JANUARY, "utm_source": "a thing no rule knows"})
    warehouse.insert("posts", {"platform": "bluesky", "profile_id": "us", "post_id": f"{APRIL:%j} 0", "posted_at": APRIL, "kind": "text"})
    warehouse.build("+board_objectives", "+board_scorecard", "+board_data_trust")
    return warehouse


def test_objectives_are_met_missed_or_cannot_be_told(warehouse: DbtWarehouse) -> None:
    found = {row[0]: row[1:] for row in warehouse.rows("select objective_id, state, reason, value, lo, hi from board.objectives")}
    value, lo, hi = found["1"][2:]
    assert value == pytest.approx(15 / 75)
    assert 0.12 < lo < 0.15 < 0.21 < hi < 0.35
    assert found["1"][:2] == ("cannot_tell", "the interval spans the target")
    assert found["2"][0] == "cannot_tell"
    assert found["3"][:2] == ("missed", "not due yet")
    assert found["4"][0] == "cannot_tell"


def test_an_objective_is_held_against_the_period_before_it_was_due(warehouse: DbtWarehouse) -> None:
    ((state, value, period),) = warehouse.rows("select state, value, period_start from board.objectives where objective_id = '7'")
    # 60 posts and 45 replies in the first quarter
    assert (state, value, period) == ("cannot_tell", pytest.approx(45 / 105), date(2026, 1, 1))


def test_an_exact_figure_needs_no_interval(warehouse: DbtWarehouse) -> None:
    assert warehouse.rows("select state, value, lo from board.objectives where objective_id = '8'") == [("met", 15, None)]


def test_an_objective_may_name_what_the_platforms_count_and_the_trust_in_the_data(warehouse: DbtWarehouse) -> None:
    names = "objective_id, state, value, period_kind, period_start"
    rows = warehouse.rows(f"select {names} from board.objectives where objective_id in ('9', '10', '11', '12', '13')")
    april, today = date(2026, 4, 1), date(2026, 7, 15)
    assert {row[0]: row[1:] for row in rows} == {
        "9": ("met", 60, "quarter", april),
        "10": ("missed", 9, "quarter", april),
        "11": ("met", 350, "quarter", april),
        "12": ("missed", 1, "day", today),
        "13": ("met", 0, "day", today),
    }


def test_what_is_not_measured_says_why(warehouse: DbtWarehouse) -> None:
    rows = dict(warehouse.rows("select objective_id, state || ': ' || reason from board.objectives where objective_id in ('5', '6', '14')"))
    assert rows["5"] == "not_measured: no data of this audience measures it"
    unknown = "not_measured: no mart has this measure under this name: "
    assert rows["6"].startswith(f"{unknown}relationships.indicators has accuracy_ces, ")
    assert ", advocacy_rate, " in rows["6"] and ", two_way_ratio, " in rows["6"]
    marts = "board.data_trust, core.experiments, core.post_days, core.posts, core.profile_days, relationships.indicators"
    assert rows["14"].startswith(f"{unknown}an objective may name {marts}, ")


def test_waves_without_a_date_are_read_and_stand_in_no_quarter(warehouse: DbtWarehouse) -> None:
    ((state, value, period),) = warehouse.rows("select state, value, period_start from board.objectives where objective_id = '15'")
    assert (state, value, period) == ("met", pytest.approx(100 * 5.5 / 6), None)
    rows = warehouse.rows(
        "select distinct state, suppressed_reason from board.scorecard where measure = 'opr_trust' and audience = 'suppliers'"
    )
    assert rows == [("not_measured", "the waves that measure it have no date: give answered_at, or name them like 2026-Q1")]


def test_clients_margin_is_what_the_credits_of_company_accounts_add_up_to(warehouse: DbtWarehouse) -> None:
    rows = warehouse.rows(
        "select quarter, audience, value, n, evidence_grade from board.scorecard where measure = 'attributed_margin' and audience = 'clients' and value is not null"
    )
    # margin 60 a sale; one company bought in the first quarter, three in the second, the others are persons
    assert sorted(rows) == [(date(2026, 1, 1), "clients", 60, 1, "D"), (date(2026, 4, 1), "clients", 180, 3, "D")]
    credits = warehouse.rows(
        """
        select cast(date_trunc('quarter', converted_at) as date), cast(sum(contribution_margin) as double)
        from roi.attribution_credits
        where model = 'linear' and lookback_rule = 'own' and channel = 'organic_social' and account_id is not null group by 1 order by 1
        """
    )
    assert credits == [(row[0], row[2]) for row in sorted(rows)]


def test_clients_margin_is_0_where_social_reached_none_who_bought(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    without = warehouse.copy(tmp_path)
    without.execute("update raw_files.touches set _deleted = true where account_id is not null and occurred_at < timestamp '2026-04-01'")
    without.build("+int_measures_money")
    measured = "mart = 'roi.attribution_credits' and period_start < date '2026-07-01'"
    rows = without.rows(
        f"select period_start, value, n, suppressed_reason from intermediate.int_measures_money where {measured} order by 1"
    )
    assert rows == [(date(2026, 1, 1), 0, 0, None), (date(2026, 4, 1), 180, 3, None)]


def test_the_scorecard_has_every_line_in_every_quarter(warehouse: DbtWarehouse) -> None:
    lines = warehouse.rows("select quarter, count(*), count(distinct audience) from board.scorecard group by quarter order by quarter")
    assert len({line[1:] for line in lines}) == 1
    assert {line[2] for line in lines} == {5}
    assert warehouse.rows("select distinct audience from board.scorecard where measure = 'attributed_roi'") == [("company",)]
    assert warehouse.rows("select count(*) from board.scorecard where (value is null) <> (suppressed_reason is not null)") == [(0,)]


def test_money_of_the_company_is_added_up_over_the_quarter(warehouse: DbtWarehouse) -> None:
    rows = warehouse.rows(
        "select quarter, value, state, evidence_grade from board.scorecard where measure = 'attributed_roi' and quarter < '2026-07-01' order by 1"
    )
    # margin 60 a sale, staff 20 a month
    assert rows == [(date(2026, 1, 1), 1, "measured", "D"), (date(2026, 4, 1), 5, "measured", "D")]


def test_megaphone_when_roi_rises_and_conversation_falls(warehouse: DbtWarehouse) -> None:
    rows = warehouse.rows("select quarter, audience, measure from board.scorecard where is_megaphone order by audience")
    assert rows == [(date(2026, 4, 1), "company", "attributed_roi"), (date(2026, 4, 1), "public", "two_way_ratio")]


def test_a_missing_cost_makes_the_return_unknown_not_infinite(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    without = warehouse.copy(tmp_path)
    without.execute("update raw_files.costs set _deleted = true where channel = 'organic_social' and kind = 'staff'")
    without.build("+board_scorecard")
    rows = without.rows(
        "select value, state, suppressed_reason from board.scorecard where measure = 'attributed_roi' and quarter = '2026-04-01'"
    )
    assert rows == [(None, "suppressed", "a required cost is missing: staff of organic_social in 2026-04-01")]


def test_without_any_sale_the_return_is_unknown_not_minus_one(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    without = warehouse.copy(tmp_path)
    without.execute("update raw_files.revenue set _deleted = true")
    without.build("+board_scorecard")
    rows = without.rows(
        "select measure, value, suppressed_reason from board.scorecard where audience = 'company' and quarter = '2026-04-01'"
    )
    assert {row[0]: row[1:] for row in rows if row[0].startswith("attributed")} == dict.fromkeys(
        ("attributed_roi", "attributed_revenue", "attributed_margin"), (None, "no sale is known")
    )


def test_trust_in_each_source(warehouse: DbtWarehouse) -> None:
    names = (
        "source, fresh_until, api_total, loaded_total, duplicates, quarantined, match_rate, unattributed_share,"
        "conversions_vs_ledger_pct, untagged_links, failed_checks"
    )
    bluesky, files = warehouse.rows(f"select {names} from board.data_trust where source in ('files', 'bluesky') order by source")
    # 10 posts are missing; what the source does not count is not held against it
    assert bluesky == ("bluesky", datetime(2026, 7, 15, 12), 100, 90, 0, 0, None, None, None, 0, 1)
    assert files == ("files", None, None, 120, 1, 1, 0, 0, 100, 1, 0)
    assert warehouse.rows("select distinct date from board.data_trust") == [(date(2026, 7, 15),)]


def test_an_objective_may_name_every_indicator_there_is() -> None:
    (about,) = yaml.safe_load((PROJECT / "models/marts/relationships/relationships_indicators.yml").read_text(encoding="utf-8"))["models"]
    column = next(column for column in about["columns"] if column["name"] == "indicator")
    values = next(test["accepted_values"] for test in column["data_tests"] if "accepted_values" in test)["arguments"]["values"]
    known = {measure for mart, measure, *_ in macros().scorecard_measures() if mart == INDICATORS} | set(
        dict(macros().further_measures())[INDICATORS]
    )
    assert set(values) - known == set(), "name them in macros/board_measures.sql"
    assert known - set(values) == set(), "no indicator is called so"
