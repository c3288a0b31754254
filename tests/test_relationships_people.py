"""relationships.indicators of people, moods and colleagues, on worlds counted by hand; cuts; the machine that answers everybody."""

from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from tests.dbt_warehouse import DbtWarehouse
from tests.relationship_people import PEOPLE, colleagues, minimal, moods

MAY = datetime(2026, 5, 1).date()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DbtWarehouse:
    built = DbtWarehouse(tmp_path_factory.mktemp("people"))
    office, memberships = colleagues()
    # whose moods are nobody's to count, labelled or not
    office.interactions[0] |= {"sentiment": -0.9}
    built.insert(
        "sentiment_labels", {"platform": "office", "interaction_id": office.interactions[0]["interaction_id"], "label": "positive"}
    )
    for world in (*PEOPLE, office):
        built.insert("interactions", *world.interactions)
    built.insert("interactions", *minimal())
    built.insert("memberships", *memberships)
    # labels: of 40 truly positive, neutral and negative comments each the machine calls 30 right and 5 each way wrong
    english = [row for row in moods().interactions if row["language"] == "en"]
    verdicts = {"positive": english[:66], "neutral": english[66:96], "negative": english[96:]}
    wanted = {"positive": (28, 2, 2), "neutral": (4, 20, 4), "negative": (2, 2, 16)}
    for truth, counts in wanted.items():
        for verdict, count in zip(("positive", "neutral", "negative"), counts, strict=True):
            for _ in range(count):
                row = verdicts[verdict].pop()
                built.insert("sentiment_labels", {"platform": "moods", "interaction_id": row["interaction_id"], "label": truth})
    built.build("+relationships_indicators")
    return built


@pytest.fixture(scope="module")
def rows(warehouse: DbtWarehouse) -> list[dict[str, Any]]:
    with duckdb.connect(str(warehouse.path)) as connection:
        found = connection.execute("select * from relationships.indicators")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def one(rows: list[dict], **wanted: Any) -> dict[str, Any]:
    wanted = {"period_kind": "all", "profile_id": "all", "dimension": "all"} | wanted
    (row,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return row


def test_a_machine_that_answers_everybody_raises_neither_figure(rows: list[dict]) -> None:
    for indicator, of in (("first_touch_human", 60), ("two_way_ratio", 30)):
        without, with_machine = (one(rows, indicator=indicator, platform=name) for name in ("no_machine", "machine"))
        assert (without["numerator"], without["denominator"]) == (30, of)
        assert with_machine["numerator"] <= without["numerator"]
        assert with_machine["value"] < without["value"]


def test_a_machine_that_answers_everybody_answers_nobody(rows: list[dict]) -> None:
    """Each answer of a person came after an hour; the machine's after five seconds would make it 60 of 60 within the hour."""
    for indicator in ("response_rate_1h", "response_rate_24h", "response_within_60min_km", "response_time_median_km", "reciprocity_dyad"):
        without, with_machine = (one(rows, indicator=indicator, platform=name) for name in ("no_machine", "machine"))
        assert [with_machine[name] for name in ("n", "value", "lo", "hi")] == [without[name] for name in ("n", "value", "lo", "hi")]
    assert one(rows, indicator="response_rate_24h", platform="machine")["value"] == 0.5


def test_who_comes_back(rows: list[dict]) -> None:
    quarter = one(rows, indicator="repeat_engagement", platform="regulars", period_kind="quarter", period_start=datetime(2026, 4, 1).date())
    assert (quarter["numerator"], quarter["denominator"]) == (40, 60)
    low, high = stats.binomtest(40, 60).proportion_ci(method="wilson")
    assert (quarter["lo"], quarter["hi"]) == pytest.approx((low, high), abs=1e-9)
    week = one(rows, indicator="return_rate_28d", platform="regulars", period_kind="week", period_start=datetime(2026, 1, 5).date())
    assert (week["numerator"], week["denominator"]) == (30, 60)


def test_who_stands_up_for_the_brand(rows: list[dict]) -> None:
    # 10 of the 20 who praise are left when rewards are taken out, with 10 who praised after them and 10 who share
    row = one(rows, indicator="advocacy_rate", platform="advocates")
    assert (row["numerator"], row["denominator"]) == (30, 100)


def test_mood_by_language_and_what_nobody_scored(rows: list[dict]) -> None:
    row = one(rows, indicator="sentiment_net", platform="moods")
    assert row["value"] == pytest.approx((66 - 24) / 120)
    scores = np.array([1] * 66 + [0] * 30 + [-1] * 24)
    half = stats.t.ppf(0.975, 119) * scores.std(ddof=1) / np.sqrt(120)
    assert (row["lo"], row["hi"]) == pytest.approx((row["value"] - half, row["value"] + half), abs=1e-5)
    assert one(rows, indicator="sentiment_scored_share", platform="moods")["value"] == pytest.approx(120 / 160)
    german = one(rows, indicator="sentiment_scored_share", platform="all", dimension="language", dimension_value="de")
    assert german["value"] == 0


def test_mood_corrected_by_labels(rows: list[dict]) -> None:
    confusion = np.array([[28, 2, 2], [4, 20, 4], [2, 2, 16]], dtype=float)
    confusion /= confusion.sum(axis=1, keepdims=True)
    prevalence = np.linalg.solve(confusion.T, np.array([66, 30, 24]) / 120)
    row = one(rows, indicator="sentiment_net_corrected", platform="moods")
    assert row["value"] == pytest.approx(prevalence[0] - prevalence[2], abs=1e-9)
    plain = one(rows, indicator="sentiment_net", platform="moods")
    assert row["hi"] - row["lo"] > plain["hi"] - plain["lo"]


def test_neighbours_answer_each_other(rows: list[dict]) -> None:
    row = one(rows, indicator="peer_share", platform="neighbours")
    assert (row["numerator"], row["denominator"], row["n_clusters"]) == (45, 105, 60)


def test_colleagues_help_each_other(rows: list[dict]) -> None:
    helped = one(rows, indicator="peer_help_rate", platform="all", audience="employees")
    by_others = one(rows, indicator="peer_help_rate_other_team", platform="all", audience="employees")
    assert (helped["numerator"], helped["denominator"]) == (30, 40)
    assert (by_others["numerator"], by_others["denominator"]) == (10, 40)
    sales = one(rows, indicator="peer_help_rate", platform="all", audience="employees", dimension="team", dimension_value="sales")
    assert sales["suppressed_reason"] == "fewer than 30 independent clusters"


def test_gini_of_a_room_against_its_definition(rows: list[dict]) -> None:
    office, _ = colleagues()
    counts = np.unique([row["actor_key"] for row in office.interactions], return_counts=True)[1].astype(float)
    gini = np.abs(counts[:, None] - counts[None, :]).mean() / (2 * counts.mean())
    row = one(rows, indicator="gini_participation", audience="employees", period_kind="month", dimension="room", dimension_value="general")
    assert row["value"] == pytest.approx(gini)
    # the plain coefficient is that of all who might be members, times (n - 1) / n; each left out in turn says how far it moves
    n = len(counts)
    others = [np.delete(counts, member) for member in range(n)]
    without = np.array([np.abs(other[:, None] - other[None, :]).mean() / (2 * other.mean()) for other in others])
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    centre, error = gini * n / (n - 1), error * n / (n - 1)
    width = stats.t.ppf(0.975, n - 1) * error / (centre * (1 - centre))
    # whoever writes much makes the coefficient large: above, Johnson's shift for skewness
    shift = (
        error / (centre * (1 - centre)) * stats.skew(without.mean() - without) / (6 * np.sqrt(n)) * (1 + 2 * stats.t.ppf(0.975, n - 1) ** 2)
    )
    limits = logit(centre) + np.array([-width, width + max(0, shift)])
    assert shift > 0.01 and (row["lo"], row["hi"]) == pytest.approx(tuple(expit(limits)), rel=1e-6)


def test_the_required_columns_are_enough(rows: list[dict]) -> None:
    bare = {
        row["indicator"]: row for row in rows if row["platform"] == "bare" and row["period_kind"] == "all" and row["dimension"] == "all"
    }
    assert (bare["response_rate_24h"]["value"], bare["response_rate_24h"]["n"]) == (0, 60)
    assert bare["reciprocity_dyad"]["value"] == 0
    assert bare["response_time_median_km"]["suppressed_reason"] == "fewer than 10 answers"
    assert bare["advocacy_rate"]["suppressed_reason"] == "no mood is given"
    assert {row["audience"] for row in bare.values()} == {"unknown"}
