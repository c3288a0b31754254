"""A row that cannot be, such as a period that ends before it begins, refuses its file with line, field and cure; the rest is loaded. How words are spelt refuses none."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.settings import Settings
from pipelines.warehouse import connect
from tests.file_drop import assert_refused_alone, drop, load

REVENUE = "revenue_id,occurred_at,amount,currency"
COSTS = "cost_id,period_start,period_end,kind,currency"
CASES = [
    (
        "costs/a.csv",
        f"{COSTS},amount\n1,2026-01-31,2026-01-31,staff,USD,5\n2,2026-01-31,2026-01-01,staff,USD,5\n",
        3,
        "period_end",
        "the value lies before period_start",
    ),
    ("costs/a.csv", f"{COSTS},amount\n1,2026-01-01,2026-01-31,staff,USD,-5\n", 2, "amount", "is below 0: give what was spent"),
    ("costs/a.csv", f"{COSTS},amount\n1,2026-01-01,2026-01-31,staff,usd,5\n", 2, "currency", "no code of ISO 4217: three capital letters"),
    (
        "subscriptions/a.csv",
        "subscription_id,account_id,started_at,monthly_amount,currency,ended_at\n1,a,2026-02-01,9,USD,2026-02-01\n2,a,2026-02-01,9,USD,2026-01-01\n",
        3,
        "ended_at",
        "lies before started_at",
    ),
    (
        "experiments/a.csv",
        "experiment_id,design,unit_kind,starts_on,ends_on\n1,did,geo,2026-02-01,2026-02-01\n2,did,geo,2026-02-01,2026-01-01\n",
        3,
        "ends_on",
        "lies before starts_on",
    ),
    (
        "experiments/a.jsonl",
        '{"experiment_id":"1","design":"did","unit_kind":"geo","starts_on":"2026-02-01","ends_on":"2026-02-09","level":95}\n',
        1,
        "level",
        "give a level such as 0.95",
    ),
    (
        "experiment_outcomes/a.csv",
        "experiment_id,unit_id,is_treated,date,value,denominator\n1,u,true,2026-02-01,0,1\n1,v,true,2026-02-01,0,0\n",
        3,
        "denominator",
        "leave out days on which nothing was counted",
    ),
    ("revenue/a.csv", f"{REVENUE},kind\n1,2026-01-01,0,USD,refund\n2,2026-01-01,5,USD,refund\n", 3, "amount", "the sign of another kind"),
    ("revenue/a.csv", f"{REVENUE},kind\n1,2026-01-01,0,USD,order\n2,2026-01-01,-5,USD,invoice\n", 3, "amount", "the sign of another kind"),
    (
        "revenue/a.csv",
        f"{REVENUE},tax\n1,2026-01-01,-5,USD,-1\n2,2026-01-01,5,USD,-1\n",
        3,
        "tax",
        "what lessens a sale as a positive amount",
    ),
    ("opportunities/a.csv", "opportunity_id,created_at,amount\n1,2026-01-01,\n2,2026-01-01,9\n", 3, "amount", "its currency beside it"),
    ("exchange_rates/a.csv", "date,currency,rate_to_reporting\n2026-06-30,EUR,0\n", 2, "rate_to_reporting", "is not above 0"),
    (
        "surveys/a.csv",
        "wave,audience,respondent_key,item,score,scale_min,scale_max\n1,clients,k,q,7,1,7\n1,clients,k,q,8,1,7\n",
        3,
        "score",
        "lies outside scale_min to scale_max",
    ),
    ("memberships/a.csv", "person_key,team,valid_from\n1,a,2026-01-01\n2,all,2026-01-01\n", 3, "team", "give the team another name"),
    (
        "interactions/a.csv",
        "platform,interaction_id,occurred_at,kind,actor_key\nx,1,2026-01-01,mention,a\nall,2,2026-01-01,mention,a\n",
        3,
        "platform",
        "give the platform another name",
    ),
    (
        "interactions/a.csv",
        "platform,interaction_id,occurred_at,kind,actor_key\nx,1,2026-01-01,mention,a\nx,2,0001-01-01,mention,a\n",
        3,
        "occurred_at",
        "before 1970, as an empty date is written",
    ),
    ("posts/a.csv", "platform,post_id,profile_id,posted_at\nx,1,p,2026-01-01\nx,2,p,1601-01-01\n", 3, "posted_at", "is before 1970"),
    ("revenue/a.csv", f"{REVENUE}\n1,2026-01-01,5,USD\n2,2206-01-01,5,USD\n", 3, "occurred_at", "lies in the future: mend its year"),
    (
        "opportunities/a.csv",
        "opportunity_id,created_at,closed_at\n1,2026-01-01,\n2,2026-01-01,2206-01-01\n",
        3,
        "closed_at",
        "leave it empty until it has happened",
    ),
]


@pytest.mark.parametrize(("name", "content", "line", "field", "reason"), CASES)
def test_a_row_that_cannot_be_is_named_and_the_rest_is_loaded(
    settings: Settings, name: str, content: str, line: int, field: str, reason: str
) -> None:
    assert_refused_alone(settings, name, content, line, field, reason)


def test_what_may_lie_ahead_refuses_no_file(settings: Settings) -> None:
    drop(
        settings,
        "subscriptions/s.csv",
        "subscription_id,account_id,started_at,monthly_amount,currency,ended_at\n1,a,2026-02-01,9,USD,2999-02-01\n",
    )
    local = datetime.now(UTC) + timedelta(hours=14)  # the clock on a wall of Kiribati, written without its zone
    drop(settings, "revenue/r.csv", f"{REVENUE}\n1,{local:%Y-%m-%d %H:%M:%S},5,USD\n")
    assert load(settings).warnings == []


def test_words_of_a_closed_list_however_they_are_spelt(settings: Settings) -> None:
    rows = "x,1,2026-01-01,Mention,a,Clients\nx,2,2026-01-01, REPLY ,b,\nx,3,2026-01-01,Shout,c,public\n"
    drop(settings, "interactions/i.csv", f"platform,interaction_id,occurred_at,kind,actor_key,audience\n{rows}")
    assert load(settings).warnings == []
    with connect(settings) as connection:
        found = connection.execute("select kind, audience from raw_files.interactions order by interaction_id").fetchall()
    assert found == [("mention", "clients"), ("reply", None), ("shout", "public")]
