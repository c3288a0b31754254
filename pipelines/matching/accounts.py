"""core.accounts -> pairs that are probably one company (Fellegi and Sunter, by Splink), and attributed ROI with and without them.

Companies only: people are never matched by likeness. Nothing is stored or merged: who agrees merges them where they are kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from pipelines.settings import Settings
from pipelines.warehouse import WarehouseError, literal

if TYPE_CHECKING:
    from rich.console import Console

LEGAL_FORMS = "ag|bv|co|company|corp|corporation|gmbh|inc|kk|limited|llc|llp|ltd|nv|oy|plc|pty|sa|sarl|sas|se|spa|srl"
NAMED = f"""
create temp table named_accounts as
select account_id, name, country, industry from (
    select
        account_id, country, industry,
        trim(regexp_replace(regexp_replace(lower(name), '[^\\p{{L}}\\p{{N}} ]', '', 'g'), '\\b({LEGAL_FORMS})\\b', '', 'g')) as name
    from warehouse.core.accounts
    where is_listed and name is not null
) as accounts
where name <> ''
order by account_id
"""
# The rule that roi.channel_summary quotes: each touch in the sale's own window counts alike. A sale of one account may now rest on the other's touches.
MOVED = """
with sales as (
    select conversions.conversion_id, pairs.partner_id, conversions.own_window_starts_at, conversions.converted_at
    from warehouse.intermediate.int_conversions as conversions
    join pairs on conversions.account_id = pairs.account_id
),
last_month as (
    select max(month) as month from warehouse.roi.channel_summary
),
credits as (
    select credits.conversion_id, credits.touch_id, credits.channel, credits.contribution_margin
    from warehouse.roi.attribution_credits as credits, last_month
    where credits.model = 'linear' and credits.lookback_rule = 'own' and credits.conversion_id in (select conversion_id from sales)
        and credits.converted_month <= last_month.month and credits.converted_month > last_month.month - interval 12 month
),
margins as (
    select conversion_id, sum(contribution_margin) as margin from credits group by all
),
touches as (
    select conversion_id, touch_id, channel from credits where touch_id is not null
    union
    select sales.conversion_id, touches.touch_id, touches.channel
    from sales
    join warehouse.intermediate.int_attribution_touches as touches
        on touches.account_id = sales.partner_id and touches.occurred_at between sales.own_window_starts_at and sales.converted_at
    where sales.conversion_id in (select conversion_id from margins)
),
shares as (
    select distinct
        conversion_id, channel,
        count(*) over (partition by conversion_id, channel) / count(*) over (partition by conversion_id) as share
    from touches
),
changes as (
    select shares.channel, margins.margin * shares.share as margin from shares join margins using (conversion_id)
    union all
    select credits.channel, -credits.contribution_margin
    from credits
    where credits.conversion_id in (select conversion_id from shares)
),
moved as (
    select channel, sum(margin) as margin from changes group by channel
)
select
    summary.channel,
    summary.attributed_roi,
    case when summary.attributed_roi is not null
        then cast((summary.contribution_margin + coalesce(moved.margin, 0) - summary.full_cost) / summary.full_cost as double) end as with_matches
from warehouse.roi.channel_summary as summary
join last_month on summary.month = last_month.month
left join moved on summary.channel = moved.channel
order by summary.channel
"""


@dataclass(frozen=True)
class Match:
    """Two accounts, and the probability that they are one company."""

    account_id: str
    other_id: str
    probability: float


def matches(connection: duckdb.DuckDBPyConnection, least: float) -> list[Match]:
    """Pairs of the table `named_accounts` (account_id, name, country, industry) with at least this probability, the surest first.

    How often unlike companies agree is measured on random pairs; how often one company's two entries agree is set, since a company's
    own duplicates are too few to learn it from.
    """
    try:
        import splink.comparison_level_library as levels
        import splink.comparison_library as comparisons
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    except ImportError:
        raise WarehouseError("matching accounts needs an extra that is not installed: pip install 'goodwill[probabilistic]'") from None
    (accounts,) = connection.execute("select count(*) from named_accounts").fetchone() or (0,)
    if accounts < 2:
        return []
    name = comparisons.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            levels.NullLevel("name"),
            levels.ExactMatchLevel("name").configure(m_probability=0.7),
            levels.JaroWinklerLevel("name", 0.95).configure(m_probability=0.2),
            levels.JaroWinklerLevel("name", 0.9).configure(m_probability=0.07),
            levels.ElseLevel().configure(m_probability=0.03),
        ],
    )
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="account_id",
        blocking_rules_to_generate_predictions=[block_on("substr(name, 1, 4)"), block_on("substr(name, -4)", "country")],
        comparisons=[
            name,
            comparisons.ExactMatch("country").configure(m_probabilities=[0.95, 0.05]),
            comparisons.ExactMatch("industry").configure(m_probabilities=[0.8, 0.2]),
        ],
        # as if one account in ten stood twice
        probability_two_random_records_match=min(0.5, 0.2 / accounts),
    )
    linker = Linker(DuckDBAPI(connection=connection).register("named_accounts"), settings, log_level=40)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    predicted = linker.inference.predict(threshold_match_probability=least)
    found = connection.execute(
        f"select least(account_id_l, account_id_r), greatest(account_id_l, account_id_r), match_probability from {predicted.physical_name}"
    ).fetchall()
    return sorted((Match(*row) for row in found), key=lambda match: (-match.probability, match.account_id, match.other_id))


def roi_with(connection: duckdb.DuckDBPyConnection, found: Iterable[Match]) -> list[tuple[str, float | None, float | None]]:
    """(channel, attributed ROI as published, and as if each pair were one account) of the latest month's trailing year."""
    connection.execute("create or replace temp table pairs (account_id text, partner_id text)")
    both = [(match.account_id, match.other_id) for match in found]
    if both:
        connection.executemany("insert into pairs values (?, ?)", both + [(other, account) for account, other in both])
    return connection.execute(MOVED).fetchall()


def report(settings: Settings, least: float, console: "Console") -> None:
    """Print what probably is one company, and what it would change."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(settings.warehouse_path))} as warehouse (read_only)")
        try:
            connection.execute(NAMED)
        except duckdb.CatalogException:
            raise WarehouseError("the warehouse holds no accounts yet: `goodwill run` loads them") from None
        names = dict(connection.execute("select account_id, name from warehouse.core.accounts").fetchall())
        found = matches(connection, least)
        for match in found:
            console.print(
                f"{match.probability:.3f}  {match.account_id} {names[match.account_id]}  =  {match.other_id} {names[match.other_id]}"
            )
        console.print(
            f"{len(found)} pairs of accounts are probably one company each: merge them where they are kept, nothing is merged here"
        )
        for channel, published, merged in roi_with(connection, found) if found else ():
            if published is not None and merged is not None:
                console.print(
                    f"{channel}: attributed ROI {published:+.1%} as published, {merged:+.1%} if they were merged (credit, not effect)"
                )
