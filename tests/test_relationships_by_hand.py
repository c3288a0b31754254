"""Plain files in the inbox, required columns and little more -> relationships.*: Davis's southern women, half-answered questionnaires, a lone supplier.

Everything was counted by hand or is a property of a published graph.
"""

from collections.abc import Iterator
from math import sqrt

import duckdb
import networkx as nx
import pytest

from tests.file_drop import built_of

DAVIS = nx.davis_southern_women_graph()
WOMEN, EVENTS = DAVIS.graph["top"], DAVIS.graph["bottom"]


def _csv(columns: str, rows: list[tuple[object, ...]]) -> str:
    return "\n".join([columns, *(",".join(map(str, row)) for row in rows)]) + "\n"


def _club() -> dict[str, str]:
    """Each woman writes twice, a day apart, to whoever keeps the list of an event she came to: 18 women, 14 lists, 89 attendances."""
    came = [(woman, event) if woman in WOMEN else (event, woman) for woman, event in DAVIS.edges]
    said = [
        ("chat", f"{woman} at {event} {day}", f"2026-03-0{day}T12:00:00Z", "message", woman, event)
        for woman, event in came
        for day in (3, 4)
    ]
    teams = [(name, team, "2026-01-01") for team, names in (("women", WOMEN), ("lists", EVENTS)) for name in names]
    return {
        "interactions/club.csv": _csv("platform,interaction_id,occurred_at,kind,actor_key,addressee_key", said),
        "memberships/club.csv": _csv("person_key,team,valid_from", teams),
    }


def _questionnaires() -> dict[str, str]:
    """120 employees asked for a recommendation: 60 say 9 or 10, 36 say 7 or 8, 24 say 6 or less.

    60 clients asked for trust by three items of 1 to 5, the third one the other way round. 40 answer all of them: 20 of these 5, 4 and 1
    (so 5), 20 of these 2, 3 and 4 (so 2). The other 20 answer the first item alone: 3.
    """
    asked = [("2026-Q1", "employees", f"colleague {n}", "nps", 9 + n % 2, 0, 10, "") for n in range(60)]
    asked += [("2026-Q1", "employees", f"colleague {60 + n}", "nps", 7 + n % 2, 0, 10, "") for n in range(36)]
    asked += [("2026-Q1", "employees", f"colleague {96 + n}", "nps", n % 7, 0, 10, "") for n in range(24)]
    for n in range(60):
        answers = (5, 4, 1) if n < 20 else (2, 3, 4) if n < 40 else (3,)
        asked += [
            ("2026-Q1", "clients", f"client {n}", f"trust_{place}", score, 1, 5, str(place == 3).lower())
            for place, score in enumerate(answers, 1)
        ]
    return {"surveys/all.csv": _csv("wave,audience,respondent_key,item,score,scale_min,scale_max,is_reversed", asked)}


def _mail() -> dict[str, str]:
    """Forty members of the public ask once each and twenty of them are answered after two hours; one supplier asks forty times and always is."""
    rows: list[tuple[object, ...]] = []
    for n in range(40):
        for who, audience, is_answered in ((f"reader {n}", "public", n % 2 == 0), ("the one supplier", "suppliers", True)):
            name = f"{audience}-{n}"
            rows.append(("mail", name, "2026-04-07T09:00:00Z", "message", who, name, audience, "false"))
            if is_answered:
                rows.append(("mail", f"{name}-answer", "2026-04-07T11:00:00Z", "message", "us", name, audience, "true"))
    return {"interactions/mail.csv": _csv("platform,interaction_id,occurred_at,kind,actor_key,thread_id,audience,is_brand", rows)}


def _kinds() -> dict[str, str]:
    """Eight suppliers and sixty clients write a comment, a mention, a direct message and a message each; half of the suppliers are answered, and two thirds of the clients."""
    rows: list[tuple[object, ...]] = []
    for audience, people, answered in (("suppliers", 8, 4), ("clients", 60, 40)):
        for n in range(people):
            for kind in ("comment", "mention", "dm", "message"):
                name = f"{audience}-{n}-{kind}"
                rows.append(("net", name, "2026-04-07T09:00:00Z", kind, f"{audience} {n}", name, audience, "false"))
                if n < answered:
                    rows.append(("net", f"{name}-answer", "2026-04-07T11:00:00Z", "reply", "us", name, audience, "true"))
    return {"interactions/kinds.csv": _csv("platform,interaction_id,occurred_at,kind,actor_key,thread_id,audience,is_brand", rows)}


def _feeds() -> dict[str, str]:
    """Two feeds of 40 posts, each commented on by somebody else, 30 of them answered. Of one nothing tells who these people are; of the other each row does."""
    posts: list[tuple[object, ...]] = []
    rows: list[tuple[object, ...]] = []
    for platform, audience in (("strangers", ""), ("readers", "public")):
        for n in range(40):
            posts.append((platform, "us", f"post {n}", "2026-04-07T08:00:00Z"))
            rows.append((platform, f"{n}", "2026-04-07T09:00:00Z", "comment", f"{platform} {n}", f"post {n}", "", audience, "false"))
            if n < 30:
                rows.append((platform, f"{n}-answer", "2026-04-07T11:00:00Z", "reply", "us", f"post {n}", f"{n}", audience, "true"))
    return {
        "posts/feeds.csv": _csv("platform,profile_id,post_id,posted_at", posts),
        "interactions/feeds.csv": _csv("platform,interaction_id,occurred_at,kind,actor_key,post_id,parent_id,audience,is_brand", rows),
    }


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    warehouse = built_of(
        _club() | _questionnaires() | _mail() | _kinds() | _feeds(), tmp_path_factory.mktemp("hand"), "+relationships_indicators"
    )
    with duckdb.connect(str(warehouse.path)) as connection:
        yield connection


def test_southern_women(marts: duckdb.DuckDBPyConnection) -> None:
    """89 ties among 32: .179435. Women write to lists alone, so that every tie crosses the border: E-I index 1. Lists write nothing."""
    columns = "n, messages, ties, density, tie_density, reciprocity, ei_index, cross_team_share, gini"
    found = marts.execute(f"select team, {columns} from relationships.internal_network where month is null").fetchall()
    n, messages, ties, density, tie_density, reciprocity, _, _, gini = next(row[1:] for row in found if row[0] == "all")
    assert (n, messages, ties, reciprocity) == (32, 178, 89, None), "nobody ever wrote back, so that whose name comes first says nothing"
    assert density == tie_density == pytest.approx(nx.density(DAVIS), abs=1e-9) == pytest.approx(0.179435, abs=1e-6)
    wrote = sorted([2 * DAVIS.degree[woman] for woman in WOMEN] + [0] * len(EVENTS))
    assert gini == pytest.approx(2 * sum(place * x for place, x in enumerate(wrote, 1)) / (n * sum(wrote)) - (n + 1) / n)
    for team, size in (("women", 18), ("lists", 14)):
        row = next(row[1:] for row in found if row[0] == team)
        assert (row[0], row[2], row[6], row[7]) == (size, 0, 1, 1)


def test_employees_recommendation(marts: duckdb.DuckDBPyConnection) -> None:
    """(60 - 24) / 120 = 30 points; with one more answer in each class (61 - 25) / 123 and its standard error."""
    row = marts.execute("select n, value, lo, hi, unit from relationships.surveys where measure = 'enps'").fetchone()
    p, q = 61 / 123, 25 / 123
    width = 1.959963985 * sqrt((p + q - (p - q) ** 2) / 123)
    assert row == (120, 30.0, pytest.approx(100 * (p - q - width)), pytest.approx(100 * (p - q + width)), "points, -100 to 100")
    (numerator, denominator) = marts.execute(
        "select numerator, denominator from relationships.indicators where indicator = 'enps'"
    ).fetchone()
    assert (numerator, denominator) == (36, 120)


def test_half_answered_questionnaires(marts: duckdb.DuckDBPyConnection) -> None:
    """Of 100: 5, 4 and a turned 1 are 100, 75, 100 (mean 275/3); 2, 3 and a turned 4 are 25, 50, 25 (100/3); 3 is 50. Mean (20 x 275/3 + 20 x 100/3 + 20 x 50)/60 =
    525/9. Complete are 40: the items' variances are as 75^2, 25^2, 75^2 and that of their sum as 175^2: alpha = 3/2 (1 - 11875/30625)."""
    row = marts.execute("select n, value, alpha, alpha_n, is_alpha_low from relationships.surveys where measure = 'opr_trust'").fetchone()
    assert row == (60, pytest.approx(525 / 9), pytest.approx(1.5 * (1 - 11875 / 30625)), 40, False)


def test_a_group_of_one_is_not_told_and_the_others_are(marts: duckdb.DuckDBPyConnection) -> None:
    """20 of 40 readers were answered within four hours, none within one; of a supplier who is alone nothing is said, however often they wrote."""
    rows = marts.execute(
        "select audience, indicator, numerator, denominator, value, suppressed_reason from relationships.indicators "
        "where period_kind = 'all' and platform = 'mail' and dimension = 'all' and profile_id = 'all' and indicator like 'response_rate%'"
    ).fetchall()
    found = {(audience, indicator): rest for audience, indicator, *rest in rows}
    assert found["public", "response_rate_1h"] == [0, 40, 0.0, None]
    assert found["public", "response_rate_4h"] == [20, 40, 0.5, None]
    assert found["suppliers", "response_rate_4h"] == [None, None, None, "fewer than 10 people"]
    assert marts.execute("select count(*) from relationships.indicators where audience = 'suppliers' and n is not null").fetchone() == (0,)


def test_eight_suppliers_are_eight_however_they_write(marts: duckdb.DuckDBPyConnection) -> None:
    """32 messages of 4 kinds, and one supplier who wrote of another: nine people, of whom nothing is said."""
    of_parity = "where indicator = 'sup_response_parity'"
    assert marts.execute(f"select people from intermediate.int_indicators_shown {of_parity}").fetchall() == [(9,)]
    rows = marts.execute(f"select n_clusters, value, lo, suppressed_reason from relationships.indicators {of_parity}").fetchall()
    assert rows == [(None, None, None, "fewer than 10 people")]


def test_posts_are_for_those_who_answer_them_where_nobody_tells_of_either(marts: duckdb.DuckDBPyConnection) -> None:
    """30 replies in 70 messages, whoever the others are: nothing says that the 40 posts are for one audience and the comments below them of another."""
    rows = marts.execute(
        "select platform, audience, numerator, denominator from relationships.indicators "
        "where indicator = 'two_way_ratio' and period_kind = 'all' and profile_id = 'all' and platform in ('strangers', 'readers') order by 1"
    ).fetchall()
    assert rows == [("readers", "public", 30, 70), ("strangers", "unknown", 30, 70)]
