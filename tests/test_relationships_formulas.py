"""Formulas of the relationship room against other implementations: Wilson, Student, Newcombe, clusters, Kaplan-Meier, Cronbach."""

import duckdb
import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from scipy import stats

from tests.dbt_macros import macros

FORMULAS = macros("student", "wilson", "cluster_variance", "kaplan_meier", "exact_variance")
CELL = ["brand"]

SIX_MP_EVENTS = [6, 6, 6, 7, 10, 13, 16, 22, 23]
SIX_MP_CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO_EVENTS = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def value(sql: str) -> float | None:
    return duckdb.sql(f"select cast({sql} as double)").fetchall()[0][0]


def curve(times: list[tuple[str, float, bool]]) -> list[tuple]:
    """(brand, t, survival, lower, upper) of observed times; True is an event."""
    with duckdb.connect() as connection:
        connection.execute("create table observed (brand text, t double, is_event boolean)")
        connection.executemany("insert into observed values (?, ?, ?)", times)
        counts = "count(*) filter (is_event) as events, count(*) as leaving"
        connection.execute(f"create table leaving as select brand, t, {counts} from observed group by brand, t")
        sql = FORMULAS.kaplan_meier_curve("leaving", CELL)
        return connection.sql(f"select brand, t, survival, lower, upper, events from ({sql}) order by brand, t").fetchall()


def medians(times: list[tuple[str, float, bool]]) -> dict[str, tuple]:
    rows = curve(times)
    with duckdb.connect() as connection:
        connection.execute("create table curve (brand text, t double, survival double, lower double, upper double, events bigint)")
        connection.executemany("insert into curve values (?, ?, ?, ?, ?, ?)", rows)
        crossings = ", ".join(FORMULAS.kaplan_meier_crossing(limit) for limit in ("survival", "lower", "upper"))
        return {row[0]: row[1:] for row in connection.sql(f"select brand, {crossings} from curve group by brand").fetchall()}


@pytest.mark.parametrize("degrees", [8, 15, 29, 30, 57.3, 400, 10**6])
def test_quantile_of_t_is_right_to_four_digits(degrees: float) -> None:
    assert value(FORMULAS.t_quantile(degrees)) == pytest.approx(stats.t.ppf(0.975, degrees), abs=1e-4)


def test_quantile_of_t_is_not_given_where_it_would_be_wrong() -> None:
    assert value(FORMULAS.t_quantile(5)) is None


@pytest.mark.parametrize("z", [0.0, 0.5, -1.0, 1.959963984540054, -3.7, 8.0])
def test_tail_area_of_the_normal(z: float) -> None:
    assert value(FORMULAS.two_sided_p(f"({z})")) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=2e-7)


def test_wilson_of_ten_in_twenty() -> None:
    z = FORMULAS.normal_quantile()
    assert value(FORMULAS.wilson_lower(0.5, 20, z)) == pytest.approx(0.299298, abs=1e-6)
    assert value(FORMULAS.wilson_upper(0.5, 20, z)) == pytest.approx(0.700702, abs=1e-6)


def test_wilson_limits_of_none_and_all_are_exact() -> None:
    z = FORMULAS.normal_quantile()
    assert value(FORMULAS.wilson_lower(0, 100, z)) == 0
    assert value(FORMULAS.wilson_upper(1, 100, z)) == 1
    assert value(FORMULAS.wilson_lower("0.5", "0", z)) is None


@pytest.mark.parametrize("hits, n", [(0, 31), (3, 47), (17, 60), (41, 41)])
def test_wilson_against_scipy(hits: int, n: int) -> None:
    expected = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert value(FORMULAS.wilson_lower(f"({hits} / {n})", n, FORMULAS.normal_quantile())) == pytest.approx(expected.low, abs=1e-9)
    assert value(FORMULAS.wilson_upper(f"({hits} / {n})", n, FORMULAS.normal_quantile())) == pytest.approx(expected.high, abs=1e-9)


def test_newcombe_of_his_own_example() -> None:
    # Newcombe (1998), Statistics in Medicine 17, 873, example (a): 56/70 against 48/80, method 10: .0524 to .3339
    z = FORMULAS.normal_quantile()
    p1, p0 = 56 / 70, 48 / 80
    l1, u1 = (value(limit(p1, 70, z)) for limit in (FORMULAS.wilson_lower, FORMULAS.wilson_upper))
    l0, u0 = (value(limit(p0, 80, z)) for limit in (FORMULAS.wilson_lower, FORMULAS.wilson_upper))
    assert p1 - p0 - value(FORMULAS.newcombe_half_width(p1 - l1, u0 - p0, 0)) == pytest.approx(0.0524, abs=1e-4)
    assert p1 - p0 + value(FORMULAS.newcombe_half_width(u1 - p1, p0 - l0, 0)) == pytest.approx(0.3339, abs=1e-4)


def _design_effect(x: np.ndarray, m: np.ndarray) -> float | None:
    sums = (m.sum(), (x * x).sum(), (x * m).sum(), (m * m).sum())
    return value(FORMULAS.design_effect(f"({x.sum()} / {m.sum()})", len(m), *sums))


def test_design_effect_of_single_messages_is_one() -> None:
    hits = np.array([1] * 12 + [0] * 28)
    assert _design_effect(hits, np.ones(40, dtype=int)) == 1


def test_design_effect_of_clusters_that_agree_within_is_their_size() -> None:
    # 40 people with 5 messages each, all or none answered: 200 messages tell as much as 40
    m = np.full(40, 5)
    x = np.array([5, 0] * 20)
    assert _design_effect(x, m) == pytest.approx(5 * (40 / 39) * (199 / 200))


def test_design_effect_where_all_were_answered_counts_people() -> None:
    m = np.array([10] * 30 + [1] * 10)
    assert _design_effect(m, m) == pytest.approx((m * m).sum() / m.sum())


def test_interval_covers_under_clustering_where_plain_wilson_does_not() -> None:
    # 1,000 worlds of 60 people with 8 messages each, answered with a person's own probability (within-cluster correlation .3)
    random = np.random.default_rng(7)
    own = random.beta(0.5 * 7 / 3, 0.5 * 7 / 3, (1000, 60))
    answered = random.binomial(8, own)
    with duckdb.connect() as connection:
        connection.execute("create table worlds (hits bigint, sum_xx bigint)")
        connection.executemany("insert into worlds values (?, ?)", [(int(x.sum()), int((x * x).sum())) for x in answered])
        deff = FORMULAS.design_effect("(hits / 480)", 60, 480, "sum_xx", "(8 * hits)", 60 * 64)
        covered = {}
        for name, size, quantile in (("plain", "480", FORMULAS.normal_quantile()), ("clustered", "(480 / deff)", FORMULAS.t_quantile(59))):
            lower, upper = (limit("(hits / 480)", size, f"({quantile})") for limit in (FORMULAS.wilson_lower, FORMULAS.wilson_upper))
            sql = f"select avg(case when 0.5 between {lower} and {upper} then 1 else 0 end) from (select *, {deff} as deff from worlds)"
            covered[name] = connection.sql(sql).fetchall()[0][0]
    assert 0.93 < covered["clustered"] < 0.97
    assert covered["plain"] < 0.80


def test_survival_of_freireich_6mp() -> None:
    times = [("6-MP", t, True) for t in SIX_MP_EVENTS] + [("6-MP", t, False) for t in SIX_MP_CENSORED]
    survival = {t: s for _, t, s, _, _, events in curve(times) if events}
    published = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    assert {t: round(s, 4) for t, s in survival.items()} == published


def test_median_of_freireich_is_23_against_8() -> None:
    times = [("6-MP", t, True) for t in SIX_MP_EVENTS] + [("6-MP", t, False) for t in SIX_MP_CENSORED]
    times += [("placebo", t, True) for t in PLACEBO_EVENTS]
    found = medians(times)
    assert (found["6-MP"][0], found["placebo"][0]) == (23, 8)
    # survival's own limits for 6-MP: 13 and not reached
    assert found["6-MP"][1:] == (13, None)


def test_limits_are_not_given_at_none_and_all() -> None:
    rows = curve([("a", 1, False), ("a", 2, True), ("a", 3, True)])
    assert [(survival, lower is None) for _, _, survival, lower, _, _ in rows] == [(1, True), (0.5, False), (0, True)]


@pytest.mark.parametrize("seed", range(5))
def test_curve_against_lifelines_with_ties(seed: int) -> None:
    random = np.random.default_rng(seed)
    answered, cut = random.geometric(0.08, 80), random.integers(1, 40, 80)
    t, event = np.minimum(answered, cut), answered <= cut
    theirs = KaplanMeierFitter().fit(t, event)
    for _, at, survival, lower, upper, _ in curve([("a", float(a), bool(b)) for a, b in zip(t, event, strict=True)]):
        assert survival == pytest.approx(theirs.predict(at), abs=1e-9)
        if 0 < survival < 1:
            limits = theirs.confidence_interval_.loc[at]
            assert (lower, upper) == pytest.approx(tuple(limits), abs=1e-6)


def test_variance_does_not_depend_on_the_order() -> None:
    scores = np.random.default_rng(1).random(200).round(12)
    forward, backward = (
        duckdb.sql(
            f"select {FORMULAS.exact_variance('x')} from (select cast(unnest(?) as decimal(18, 12)) as x)", params=[list(order)]
        ).fetchall()[0][0]
        for order in (scores, scores[::-1])
    )
    assert forward == backward == pytest.approx(scores.var(ddof=1), rel=1e-9)
