"""relationships.indicators on small worlds, one a platform: who is answered, how fast, and what does not count as an answer."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times
from scipy import stats

from tests.dbt_warehouse import DbtWarehouse, manifest
from tests.relationship_worlds import (
    WORLDS,
    answer_times,
    half_fast,
    half_fast_of_metrics,
    nearly_all,
    nearly_all_of_metrics,
    unequal_askers,
)

AS_OF = datetime(2026, 6, 30, 12)
# What reads a row for each message or person, and is a table built at once: rows pass one after the other, or what is kept of them is narrow or small.
BUILT_WHOLE = {
    "rows pass": "int_interactions int_interactions_numbered int_interaction_parties int_party_audiences int_interaction_audiences "
    "int_messages_numbered int_voices",
    "a few groups are kept": "int_message_places int_message_cells int_brand_actors int_working_days int_indicator_cuts int_indicator_counts int_response_ends "
    "int_indicator_prints",
    "numbers are sorted on the disk": "int_automatic_answers int_repeated_texts int_person_sums int_parity_estimates int_response_summaries_month "
    "int_response_summaries_quarter int_response_summaries_year int_response_summaries_all",
    "only a few of the rows are read": "int_sentiment_choices int_sentiment_confusions int_questions int_room_members int_employee_addresses",
}
AS_LONG_AS_ALL_THAT_WAS_SAID = BUILT_WHOLE["rows pass"].split()
NUMBERS = (
    "numerator",
    "denominator",
    "n",
    "n_clusters",
    "deff",
    "value",
    "lo",
    "hi",
    "change",
    "change_lo",
    "change_hi",
    "p_value",
    "q_value",
)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    warehouse = DbtWarehouse(tmp_path_factory.mktemp("indicators"))
    for world in WORLDS:
        warehouse.insert("interactions", *world.interactions)
        warehouse.insert("posts", *world.posts)
    warehouse.build("+relationships_indicators")
    return warehouse


@pytest.fixture(scope="module")
def indicators(warehouse: DbtWarehouse) -> dict[tuple, dict[str, Any]]:
    """Rows by indicator, platform, kind of period and its first day."""
    with duckdb.connect(str(warehouse.path)) as connection:
        found = connection.execute(
            "select *, strftime(period_start, '%m') as month from relationships.indicators where profile_id = 'all' and dimension = 'all'"
        )
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {(row["indicator"], row["platform"], row["period_kind"], row["month"], row["audience"]): row for row in rows}


def whole(indicators: dict, indicator: str, platform: str, audience: str = "clients") -> dict[str, Any]:
    return indicators[indicator, platform, "all", None, audience]


def test_median_over_answered_ranks_the_brands_wrongly() -> None:
    answered = {
        world.platform: np.median(
            [(b["occurred_at"] - a["occurred_at"]).seconds for a, b in pairwise(world.interactions) if b.get("is_brand")]
        )
        for world in (half_fast(), nearly_all())
    }
    assert answered["half_fast"] < answered["nearly_all"]


def test_kaplan_meier_ranks_them_rightly(indicators: dict) -> None:
    fast_half, slow_all = (whole(indicators, "response_time_median_km", platform) for platform in ("half_fast", "nearly_all"))
    assert slow_all["value"] == pytest.approx(25 + 29 / 6)
    # half of 60 are answered with the 30th answer
    assert fast_half["value"] == pytest.approx(329)
    within = {p: whole(indicators, "response_within_60min_km", p) for p in ("half_fast", "nearly_all")}
    assert within["half_fast"]["value"] == pytest.approx(27 / 60)
    assert within["nearly_all"]["lo"] > within["half_fast"]["hi"]


def test_the_example_of_the_definitions_to_its_digits(indicators: dict) -> None:
    """Median over answered ones 7.2 against 27.5 minutes, Kaplan-Meier 39.4 against 29.2: the order turns round."""
    answered, censored = [], []
    for world in (half_fast_of_metrics(), nearly_all_of_metrics()):
        waits = [(b["occurred_at"] - a["occurred_at"]).total_seconds() / 60 for a, b in pairwise(world.interactions) if b.get("is_brand")]
        answered.append(round(float(np.median(waits)), 1))
        censored.append(round(whole(indicators, "response_time_median_km", world.platform)["value"], 1))
    assert answered == [7.2, 27.5]
    assert censored == [39.4, 29.2]


def test_curve_of_random_answers_equals_lifelines(indicators: dict) -> None:
    times, events = [], []
    for before, after in zip(answer_times().interactions, [*answer_times().interactions[1:], {}], strict=True):
        if before.get("is_brand"):
            continue
        events.append(bool(after.get("is_brand")))
        times.append(((after["occurred_at"] if events[-1] else AS_OF) - before["occurred_at"]).total_seconds() / 60)
    fitted = KaplanMeierFitter().fit(times, events)
    row = whole(indicators, "response_time_median_km", "answer_times")
    assert row["n"] == 120
    assert row["value"] == pytest.approx(fitted.median_survival_time_)
    assert (row["lo"], row["hi"]) == pytest.approx(tuple(median_survival_times(fitted.confidence_interval_).iloc[0]))
    assert whole(indicators, "response_within_60min_km", "answer_times")["value"] == pytest.approx(1 - fitted.predict(60))


def test_an_answer_after_the_cut_is_none_for_its_month(indicators: dict) -> None:
    # asked on 30 May, answered six days later: the month is watched until the end of 3 June, all time until the clock
    may = indicators["response_within_60min_km", "late", "month", "05", "clients"]
    assert may["suppressed_reason"] == "fewer than 10 answers"
    assert whole(indicators, "response_time_median_km", "late")["value"] == 6 * 24 * 60


def test_bot_and_template_do_not_raise_the_two_way_ratio(indicators: dict) -> None:
    ratio = {p: whole(indicators, "two_way_ratio", p, "public") for p in ("bot", "template", "persons", "five_messages")}
    assert (ratio["bot"]["value"], ratio["template"]["value"]) == (0, 0)
    # 40 posts and 40 replies, each to somebody else
    assert (ratio["persons"]["numerator"], ratio["persons"]["denominator"]) == (40, 80)
    # 40 posts and 200 messages that are 40 replies
    assert (ratio["five_messages"]["numerator"], ratio["five_messages"]["denominator"]) == (40, 240)


def test_what_was_not_counted_is_shown_beside(indicators: dict) -> None:
    assert whole(indicators, "replies_total", "template", "public")["value"] == 40
    assert whole(indicators, "distinct_reply_share", "template", "public")["value"] == pytest.approx(1 / 40)
    assert whole(indicators, "distinct_reply_share", "persons", "public")["value"] == 1
    assert whole(indicators, "distinct_reply_share", "bot", "public")["suppressed_reason"] == "the source gives no text"


def test_broadcast_is_the_rest(indicators: dict) -> None:
    two_way, broadcast = (whole(indicators, name, "persons", "public") for name in ("two_way_ratio", "broadcast_share"))
    assert broadcast["value"] == pytest.approx(1 - two_way["value"])
    assert (broadcast["lo"], broadcast["hi"]) == pytest.approx((1 - two_way["hi"], 1 - two_way["lo"]))


def test_desk_messages_are_not_public_conversation(indicators: dict) -> None:
    assert ("two_way_ratio", "nearly_all", "all", None, "clients") not in indicators


def test_bots_answer_nobody(indicators: dict) -> None:
    assert whole(indicators, "reciprocity_dyad", "bot", "public")["value"] == 0
    assert whole(indicators, "reciprocity_dyad", "persons", "public")["value"] == 1


def test_design_effect_and_interval_from_the_rows_themselves(indicators: dict) -> None:
    requests: dict[str, list[bool]] = {}
    rows = unequal_askers().interactions
    for request, following in zip(rows, [*rows[1:], {}], strict=True):
        if not request.get("is_brand"):
            requests.setdefault(request["actor_key"], []).append(bool(following.get("is_brand")))
    x, m = np.array([sum(hits) for hits in requests.values()]), np.array([len(hits) for hits in requests.values()])
    p, n, k = x.sum() / m.sum(), m.sum(), len(m)
    deff = max(1, k / (k - 1) * ((x - p * m) ** 2).sum() / n**2 / (p * (1 - p) / (n - 1)))
    size, t = n / deff, stats.t.ppf(0.975, k - 1)
    centre, half = (
        (p + t * t / (2 * size)) / (1 + t * t / size),
        t * np.sqrt(p * (1 - p) / size + t * t / (4 * size**2)) / (1 + t * t / size),
    )
    row = whole(indicators, "response_rate_1h", "unequal_askers", "suppliers")
    assert (row["n"], row["n_clusters"]) == (n, k)
    assert (row["deff"], row["value"], row["lo"], row["hi"]) == pytest.approx((deff, p, centre - half, centre + half), abs=1e-5)


def test_all_platforms_are_recomputed_from_sums(indicators: dict) -> None:
    parts = [
        row
        for key, row in indicators.items()
        if key[0] == "reciprocity_dyad" and key[1] != "all" and key[2] == "all" and key[4] == "public"
    ]
    together = whole(indicators, "reciprocity_dyad", "all", "public")
    assert together["denominator"] == sum(row["denominator"] for row in parts)
    assert together["value"] == pytest.approx(sum(row["numerator"] for row in parts) / together["denominator"])


def test_what_is_too_few_carries_no_number_at_all(indicators: dict) -> None:
    reasons = {p: whole(indicators, "response_rate_1h", p)["suppressed_reason"] for p in ("nine_people", "twenty_nine_people")}
    assert reasons == {"nine_people": "fewer than 10 people", "twenty_nine_people": "fewer than 30 independent clusters"}
    for row in indicators.values():
        assert (row["suppressed_reason"] is None) == (row["value"] is not None)
        if row["suppressed_reason"]:
            assert [row[name] for name in NUMBERS] == [None] * len(NUMBERS)


def test_change_between_months_of_the_same_people(indicators: dict) -> None:
    april, may = (indicators["response_rate_1h", "two_months", "month", month, "public"] for month in ("04", "05"))
    assert april["change"] is None
    assert may["change"] == pytest.approx(may["value"] - april["value"])
    assert may["change_lo"] < may["change"] < may["change_hi"] < 0
    # people who are answered in both months make the two figures go together: narrower than for independent ones
    lower, upper = may["value"] - may["lo"], april["hi"] - april["value"]
    assert may["change"] - may["change_lo"] < np.hypot(lower, upper)


def test_changes_are_corrected_for_how_many_were_tested(indicators: dict) -> None:
    tested = [row for row in indicators.values() if row["period_kind"] == "month" and row["p_value"] is not None]
    assert {row["platform"] for row in tested} == {"all"}
    month = [row for row in tested if row["period_start"].month == 5]
    assert len(month) >= 4
    assert [row["q_value"] for row in month] == pytest.approx(list(stats.false_discovery_control([row["p_value"] for row in month])))
    for row in month:
        assert row["is_changed"] == (row["q_value"] <= 0.10 and not row["change_lo"] <= 0 <= row["change_hi"])


def test_an_unfinished_period_says_so(indicators: dict) -> None:
    assert {row["is_complete"] for key, row in indicators.items() if key[2] == "month" and key[3] == "05"} == {True}
    assert {row["is_complete"] for key, row in indicators.items() if key[2] == "quarter"} == {False}


def test_a_chain_of_answers_is_one_conversation(indicators: dict) -> None:
    """20 chains of five messages (3 turns begin with a person, 4 in all) and 20 of three (2 turns), all by their parents alone; what is added is no second request."""
    assert [
        whole(indicators, name, "chains")[column] for name in ("thread_depth_mean", "thread_depth_share_3") for column in ("numerator", "n")
    ] == [
        20 * 5 + 20 * 3,
        40,
        20,
        40,
    ]
    for name in ("first_response_within_60min", "response_rate_1h", "first_touch_human", "reciprocity_dyad"):
        row = whole(indicators, name, "chains")
        assert (row["numerator"], row["n"]) == (40, 40), name
    assert (
        whole(indicators, "response_time_median_km", "chains")["value"]
        == whole(indicators, "first_response_median_km", "chains")["value"]
        == 30
    )
    # 60 answers, each to a message of its own
    assert [whole(indicators, "two_way_ratio", "chains")[column] for column in ("numerator", "n")] == [60, 60]


def test_parts_give_what_the_whole_gives(warehouse: DbtWarehouse, tmp_path: Path) -> None:
    """With more messages than are worked on at once, threads and people are taken one part after the other; every figure stays."""
    parts = warehouse.copy(tmp_path)
    parts.variables = {"rows_at_a_time": 200}
    parts.build("int_interactions_numbered+,+relationships_indicators")
    assert parts.rows("select count(*) > 10 * 200 from intermediate.int_messages_placed") == [(True,)]
    assert parts.rows(
        "select count(*) > (select count(*) from intermediate.int_indicator_sums) from intermediate.int_indicator_sums_all"
    ) == [(True,)]
    everything = "select * from relationships.indicators order by all"
    assert parts.rows(everything) == warehouse.rows(everything)


def test_what_grows_with_all_that_was_said_is_built_in_parts() -> None:
    """Each table of the indicators that reads a row for each message, thread or person is built in parts, or stands above with the reason why not."""
    nodes = {name: node for name, node in manifest().nodes.items() if node.resource_type == "model"}
    path, reached = {"model.goodwill.relationships_indicators"}, 0
    while reached < len(path):
        reached = len(path)
        path |= {name for reader in path for name in nodes[reader].depends_on.nodes if name in nodes}
    in_parts = {nodes[name].name for name in path if nodes[name].config.materialized == "in_parts"}
    reads = {nodes[name].name: {nodes[of].name for of in nodes[name].depends_on.nodes if of in nodes} for name in path}
    reading = {name for name, read in reads.items() if read & (in_parts | set(AS_LONG_AS_ALL_THAT_WAS_SAID))}
    whole = {name for names in BUILT_WHOLE.values() for name in names.split()}
    assert len(in_parts) > 15 and whole <= set(reads)
    # the sums of the parts
    assert reading - in_parts - whole == {"int_indicator_sums"}
