"""The page's finer points of honesty: naive beside adjusted, effects without interval, changes among many, words that are withheld."""

import html
import re
from collections.abc import Iterator
from datetime import date

import duckdb
import pytest
from page_company import company, insert
from page_rows import EXPERIMENT, QUARTERS, score

from pipelines.page import render

LIFT = {"quarter": QUARTERS[0], "segment": "all", "landmark": QUARTERS[0], "horizon_days": 180, "evidence_grade": "C", "method": "AIPW"}
FOUND = {"n1": 120, "n0": 340, "naive": 0.152, "naive_lo": 0.1, "naive_hi": 0.2, "adjusted": 0.043, "lo": -0.01, "hi": 0.09}


@pytest.fixture
def made() -> Iterator[duckdb.DuckDBPyConnection]:
    with company() as connection:
        yield connection


def part(made: duckdb.DuckDBPyConnection, name: str) -> str:
    """One section, with plain blanks."""
    document = render(made).replace("\u00a0", " ")
    return document[document.index(f'id="{name}"') :].split("</section>")[0]


def test_naive_stands_beside_adjusted_in_points_and_what_cannot_be_told_says_why(made) -> None:
    later = {"quarter": QUARTERS[1], "landmark": QUARTERS[1], "suppressed_reason": "the 180 days after the landmark are not over"}
    insert(made, "roi.retention_lift", LIFT | FOUND | {"exposure": "two_way_thread"}, LIFT | later | {"exposure": "two_way_thread"})
    insert(
        made,
        "roi.retention_lift",
        LIFT | later | {"exposure": "any_touch"},
        LIFT | FOUND | {"exposure": "answered_24h", "segment": "factory"},
    )
    seen = part(made, "retention")
    naive, adjusted = (
        seen.index("<b>+15.2 points</b> <small>+10.0 to +20.0</small>"),
        seen.index("<b>+4.3 points</b> <small>−1.0 to +9.0</small>"),
    )
    assert naive < adjusted < seen.index("120</button> engaged")
    assert "120 engaged, 340 not; from 1 Oct 2025, 180 days" in re.sub("<[^>]+>", "", seen)
    assert seen.count("Both sides spoke</th>") == 1, "of each exposure the latest quarter that can be told"
    assert "cannot be told" in seen and "the 180 days after the landmark are not over" in seen
    assert "Answered within a day</th>" not in seen, "a segment is not all clients"
    assert not any(word in seen for word in ("caused", "drove", "led to"))


def test_the_curves_of_engaged_and_others_stand_beside_each_other(made) -> None:
    made.execute("delete from roi.retention_curves_by_exposure")
    curve = {"segment": "all", "exposure": "two_way_thread", "compared_with": "all other clients", "method": "Kaplan-Meier", "at_risk": 20}
    tenure = curve | {"landmark_kind": "tenure", "lo": 0.5, "hi": 0.95}
    quarter = curve | {"landmark_kind": "quarter", "landmark": QUARTERS[0], "is_engaged": True, "day": 180, "n": 77, "survival": 0.3}
    rows = [tenure | {"is_engaged": True, "n": 60, "day": day, "survival": kept} for day, kept in ((100, 0.9), (400, 0.8))]
    rows += [tenure | {"is_engaged": False, "n": 45, "day": day, "survival": kept} for day, kept in ((30, 0.75), (380, 0.6))]
    insert(made, "roi.retention_curves_by_exposure", *rows, quarter, tenure | {"segment": "factory", "is_engaged": True, "day": 9, "n": 13})
    seen = part(made, "retention")
    assert (
        "After 365 days: engaged 90.0 %, interval 50.0 to 95.0; others 75.0 %, interval 50.0 to 95.0. As they are, not adjusted</desc>"
        in seen
    )
    assert "after 365 days; 60 engaged, 45 not, from each client's 90th day" in html.unescape(re.sub("<[^>]+>", "", seen))
    assert seen.count('class="band people"') == seen.count('class="band others"') == 1
    assert "who engages was a better client before" in seen
    assert not any(word in seen for word in ("caused", "drove", "led to"))


@pytest.mark.parametrize(
    ("design", "named", "grade"),
    [("its", "interrupted time series", "B-"), ("tbr", "time-based regression", "B"), ("synthetic_control", "synthetic control", "B")],
)
def test_an_effect_without_interval_says_why(made, design: str, named: str, grade: str) -> None:
    row = EXPERIMENT | {"design": design, "evidence_grade": grade, "iroi": None, "iroi_lo": None, "iroi_hi": None}
    bare = {"effect_pct": 4.2, "effect_pct_lo": None, "effect_pct_hi": None, "interval_reason": "fewer than 19 donors"}
    insert(made, "roi.experiments", row | bare)
    seen = part(made, "roi")
    assert f"{named}, 1 Feb 2026 to 1 Mar 2026, 40 units, no interval: fewer than 19 donors" in re.sub("<[^>]+>", "", seen)
    assert f"no interval: fewer than 19 donors; grade {grade}</desc>" in seen, "the drawing says it too"


@pytest.mark.parametrize(("is_changed", "said"), [(None, 1), (True, 1), (False, 0)])
def test_a_change_is_clear_only_among_all_that_were_tested(made, is_changed: bool | None, said: int) -> None:
    row = {"indicator": "two_way_ratio", "period_kind": "quarter", "period_start": QUARTERS[1], "audience": "public"}
    insert(made, "relationships.indicators", row | {"platform": "all", "profile_id": "all", "dimension": "all", "is_changed": is_changed})
    assert part(made, "scorecard").count("a clear change") == said


def test_a_difference_of_shares_is_told_in_points(made) -> None:
    mart = "relationships.indicators"
    insert(made, "board.scorecard", score(QUARTERS[1], "suppliers", "people", mart, "sup_response_parity", -0.053, 0.01))
    insert(made, "board.scorecard", score(QUARTERS[1], "public", "people", mart, "repeat_engagement", 0.2, 0.01))
    seen = part(made, "scorecard")
    assert "Suppliers answered within a day, less clients" in seen and "<b>−5.3 points</b> <small>−6.3 to −4.3</small>" in seen
    assert "People who come back" in seen and "<b>20.0 %</b>" in seen


def test_a_measure_of_the_scorecard_alone_opens_its_own_definition(made) -> None:
    insert(made, "board.scorecard", score(QUARTERS[1], "clients", "money", "roi.attribution_credits", "attributed_margin", 1000.0))
    html = render(made)
    defined = html[html.index(">Credited margin</h3>") :].split("</div>")[0]
    assert "Credit, not effect." in defined and "board.scorecard.value, from roi.attribution_credits" in defined


def test_words_that_are_withheld_say_the_real_reason_and_lead_to_their_figures(made) -> None:
    made.execute(
        "update relationships.stories set text = null, state = 'candidate', withheld_because = 'nobody has reviewed it', picked_because = 'Answered late, then solved.', "
        "indicator_ref = 'relationships.indicators/response_rate_24h/quarter/2026-01-01/clients', roi_ref = 'roi.revenue_retention/2026-03-01/all/12'"
    )
    seen = part(made, "stories")
    assert "The words are not shown: nobody has reviewed it." in seen and "not everyone" not in seen
    assert "Answered late, then solved." in seen
    assert '<a href="#answers">answered within a day<small> (Q1 2026, clients)' in seen
    assert '<a href="#retention">revenue retention<small> (Mar 2026)' in seen


def test_colleagues_own_stories_are_submitted_and_not_drawn(made) -> None:
    made.execute("update relationships.stories set rule = 'own', audience = 'employees', eligible = 7, matched = 6")
    seen = part(made, "stories")
    assert "6 of 7" in seen and "submitted that quarter have the consent of everyone named" in seen and "drawn by chance" not in seen
    made.execute("update relationships.stories set eligible = null, matched = null")
    assert "Too few to say how many were submitted." in part(made, "stories")


def test_no_flag_is_told_apart_from_what_nobody_can_tell(made) -> None:
    made.execute("update board.scorecard set is_megaphone = false, change = -0.2 where measure = 'attributed_roi'")
    made.execute("update board.scorecard set is_megaphone = false")
    assert "No megaphone flag: in no quarter did the credited return rise while" in render(made)
    made.execute(
        "update board.scorecard set value = null, change = null, state = 'suppressed' where measure = 'attributed_roi' and quarter = ?",
        [QUARTERS[1]],
    )
    assert "No megaphone flag, but none could be told of Q1 2026: the two-way ratio or trust fell" in render(made)


def test_what_is_held_back_is_neither_nothing_nor_always_too_few(made) -> None:
    made.execute("update board.objectives set n = null")
    assert "0 observations" not in part(made, "objectives")
    waits = {"state": "suppressed", "suppressed_reason": "the 180 days after the landmark are not over"}
    insert(made, "board.scorecard", score(QUARTERS[1], "clients", "money", "roi.retention_lift", "retention_lift", None, **waits))
    assert "not shown: the 180 days after the landmark are not over" in part(made, "scorecard")


def test_an_account_that_could_not_be_read_is_named(made) -> None:
    made.execute("update board.data_trust set failed_accounts = 'emea', date = ? where source = 'bluesky'", [date(2026, 6, 30)])
    assert "bluesky<small> not read: emea</small>" in part(made, "trust")


def test_people_of_no_known_audience_are_not_too_few(made) -> None:
    made.execute("delete from board.scorecard")
    assert "no quarter has enough conversation" in part(made, "scorecard")
    insert(made, "relationships.indicators", {"audience": "unknown", "indicator": "response_rate_24h", "value": 0.5, "n": 200})
    assert "nothing tells which audience writes" in part(made, "scorecard")


@pytest.mark.parametrize(("state", "is_told"), [("not_given", False), ("unknown_field", True)])
def test_a_source_without_rows_gives_no_field_and_is_not_reproached_with_it(made, state: str, is_told: bool) -> None:
    reason = "not configured: set SOURCES__X__ACCESS_TOKEN (in .env or the environment)"
    row = {"source": "x", "entity": "posts", "measure": "reach", "row_count": 0}
    insert(made, "core.coverage", row | {"state": state, "reason": reason})
    assert ("x, posts" in part(made, "not-measured")) == is_told
