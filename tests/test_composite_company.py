"""The composite company of public data: figures that others published come out of the published marts."""

import importlib.util
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.reference import DATA

PROJECT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"public data sets are not beside the project ({DATA.name} missing)")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    from pipelines.run import run
    from pipelines.settings import read_settings

    spec = importlib.util.spec_from_file_location("composite_build", PROJECT / "examples" / "composite_company" / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    home = tmp_path_factory.mktemp("composite")
    build.build(DATA, home / "inbox")
    settings = read_settings(warehouse_path=home / "warehouse.duckdb", published_path=home / "published.duckdb", inbox_path=home / "inbox")
    run(settings, sources=["files"])
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        yield connection


def one(connection, sql):
    return connection.execute(sql).fetchone()


def test_live_sellers_posts_are_counted_once(published):
    assert one(
        published,
        "select count(*) from core.posts where posted_at >= '2012-07-15' and profile_id in (select profile_id from core.profiles where name like 'Live seller%')",
    ) == (6997,)


def test_repeated_rows_are_counted_as_duplicates(published):
    # 53 of the live sellers and the repeats among the brand posts, each in posts and in post_metrics
    with duckdb.connect() as connection:
        surplus = connection.execute(
            "select count(*) - count(distinct status_id) from read_csv(?, all_varchar = true)",
            [str(DATA / "fb_brand_posts_2016" / "brand_posts.csv")],
        ).fetchone()[0]
    assert one(published, "select sum(duplicates) from board.data_trust where source = 'files'") == (2 * (53 + surplus),)


def test_starbucks_reactions_comments_and_shares(published):
    assert one(
        published,
        "select count(*), sum(likes), sum(comments), sum(shares) from core.posts where profile_id = (select profile_id from core.profiles where name = 'starbucks')",
    ) == (5, 501888, 9390, 12726)


def test_won_deals(published):
    assert one(published, "select count(*), sum(amount) from core.opportunities where is_won") == (4238, 10005534)


def test_cdnow_cohort_of_january_1997(published):
    active = published.execute(
        "select month_number, active from roi.cohorts where cohort_month = '1997-01-01' and month_number in (0, 1, 12, 17) order by 1"
    ).fetchall()
    assert active == [(0, 7846), (1, 1157), (12, 528), (17, 498)]
    assert one(published, "select customers from roi.cohorts where cohort_month = '1997-01-01' and month_number = 1") == (7846,)


def test_first_response_of_support(published):
    figures = dict(
        published.execute(
            """
            select indicator, round(value, 4) from relationships.indicators
            where platform = 'twitter' and audience = 'clients' and period_kind = 'all' and profile_id = 'all' and dimension_value = 'all'
              and indicator in ('first_response_median_km', 'first_response_within_60min')
            """
        ).fetchall()
    )
    assert figures["first_response_median_km"] == pytest.approx(124.69, abs=0.01)
    assert figures["first_response_within_60min"] == pytest.approx(0.4254, abs=0.0001)


def test_ads_spend_and_approved_conversions(published):
    assert one(published, "select sum(spend), sum(claimed_conversions) from core.ad_days") == (Decimal("58705.23"), 1079)


def test_slack_messages_show_no_person(published):
    messages, edges = one(published, "select messages, edges from relationships.internal_network where month is null and team = 'all'")
    assert messages > 1000 and edges > 0


def test_a_platform_that_gives_posts_alone_is_not_called_a_megaphone(published):
    assert one(published, "select count(*) from relationships.indicators where indicator in ('two_way_ratio', 'broadcast_share')") == (0,)
