"""core.accounts -> pairs that are probably one company (Fellegi and Sunter, by Splink), and attributed ROI with and without them.

Companies only: people are never matched by likeness. Nothing is stored or merged: who agrees merges them where they are kept.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.settings import Settings
from pipelines.warehouse import WarehouseError, literal

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.console import Console

REPLICATES, LEAST_CUSTOMERS = 499, 30  # as roi.channel_summary has them: dbt_project/macros/bootstrap.sql
POISSON = (24110, 48219, 60274, 64292, 65297, 65498, 65531)
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
    select conversions.conversion_id, conversions.customer_key, pairs.partner_id, conversions.own_window_starts_at, conversions.converted_at
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
moved as (
    select conversion_id, shares.channel, cast(margins.margin * shares.share as double) as margin from shares join margins using (conversion_id)
    union all
    select credits.conversion_id, credits.channel, -cast(credits.contribution_margin as double)
    from credits
    where credits.conversion_id in (select conversion_id from shares)
)
select moved.channel, customers.customer_key, sum(moved.margin)
from moved
join (select distinct conversion_id, customer_key from sales) as customers on moved.conversion_id = customers.conversion_id
group by all
order by all
"""
# What the interval of the quoted row is drawn from: a customer's margin in the trailing year, and what the customer is drawn by.
EARNED = """
select money.channel, money.customer_key, customers.draw_key, cast(sum(money.contribution_margin) as double)
from warehouse.intermediate.int_credit_money as money
join warehouse.intermediate.int_credit_customers as customers on money.customer_key = customers.customer_key
cross join (select max(month) as month from warehouse.roi.channel_summary) as last_month
where money.clock = 'cash' and money.model = 'linear' and money.lookback_rule = 'own'
    and money.month <= last_month.month and money.month > last_month.month - interval 12 month
group by all
order by all
"""
COSTS = """
select channel, cast(full_cost as double)
from warehouse.roi.channel_summary
where month = (select max(month) from warehouse.roi.channel_summary) and attributed_roi is not null
order by channel
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


@dataclass(frozen=True)
class Roi:
    """Attributed ROI of a channel in the latest trailing year with its 95 % interval, None where too few customers bear one."""

    channel: str
    value: float
    lo: float | None
    hi: float | None

    def __str__(self) -> str:
        width = "no interval: too few customers" if self.lo is None or self.hi is None else f"{self.lo:+.1%} to {self.hi:+.1%}"
        return f"{self.value:+.1%} ({width})"


def _weights(drawn_by: Sequence[str]) -> "NDArray[Any]":
    """Poisson(1) weights, replicates x customers, as dbt_project/macros/bootstrap.sql draws them: two bytes of an md5 each."""
    import numpy as np

    digests = b"".join(md5(f"goodwill|{block}|{key}".encode(), usedforsecurity=False).digest() for key in drawn_by for block in range(63))
    bits = np.frombuffer(digests, dtype="<u2").reshape(len(drawn_by), -1)[:, :REPLICATES]
    return np.searchsorted(POISSON, bits, side="right").T.astype(np.float64)


def roi_of(channel: str, margins: Mapping[str, float], cost: float) -> Roi:
    """ROI and its interval (bootstrap-t) from margins by what their customer is drawn by."""
    import numpy as np

    x = np.array([margins[key] for key in sorted(margins)], dtype=np.float64)
    total, squares = math.fsum(x), math.fsum(x**2)
    value = (total - cost) / cost
    if squares == 0 or total * total / squares < LEAST_CUSTOMERS:
        return Roi(channel, value, None, None)
    unit = np.abs(x).max() / 32767
    z = np.trunc(x / unit + np.copysign(0.5, x))
    weights = _weights(sorted(margins))
    t = np.sort((weights @ z - z.sum()) / np.sqrt(weights @ z**2))
    error, rank = math.sqrt(squares), (REPLICATES + 1) // 40
    lo, hi = ((total - t[place] * error - cost) / cost for place in (REPLICATES - rank, rank - 1))
    return Roi(channel, value, float(lo), float(hi))


def roi_with(connection: duckdb.DuckDBPyConnection, found: Iterable[Match]) -> list[tuple[Roi, Roi]]:
    """Attributed ROI of each channel that has one, as it is and as if each pair were one account, with intervals of one rule."""
    connection.execute("create or replace temp table pairs (account_id text, partner_id text)")
    both = [(match.account_id, match.other_id) for match in found]
    if both:
        connection.executemany("insert into pairs values (?, ?)", both + [(other, account) for account, other in both])
    one_of: dict[str, str] = {}  # an account -> the one that it is drawn as, through all pairs that hang together
    for account, other in both:
        first, second = (one_of.get(each, each) for each in (account, other))
        one_of |= {
            each: min(first, second) for each in (account, other, *(key for key, value in one_of.items() if value in (first, second)))
        }
    earned = connection.execute(EARNED).fetchall()
    drawn_by = {customer: drawn for _, customer, drawn, _ in earned}
    published: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    merged: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    rows = [(channel, customer, margin) for channel, customer, _, margin in earned]
    for channel, customer, margin in rows:
        published[channel][drawn_by[customer]] += margin
    for channel, customer, margin in rows + connection.execute(MOVED).fetchall():
        drawn = drawn_by.get(customer, customer)
        merged[channel][one_of.get(drawn, drawn)] += margin
    costs = connection.execute(COSTS).fetchall()
    return [(roi_of(channel, published[channel], cost), roi_of(channel, merged[channel], cost)) for channel, cost in costs]


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
        for published, merged in roi_with(connection, found) if found else ():
            console.print(
                f"{published.channel}: attributed ROI {published} as it is, {merged} if they were merged (12 months, credit, not effect)"
            )
