"""How fast credit is worked out: all rules beside last touch alone, a Markov chain beside counting its steps, the bootstrap within 2 GB.

    python -m bench.attribution                    all three at the sizes of the goal (1,000,000 conversions: 138,000,000 credits)
    python -m bench.attribution credits 0.1        one of markov, bootstrap, credits, at a tenth of its size

The SQL is what dbt compiles from the models; each figure comes from a process of its own with two threads and a memory_limit, what does
not fit goes to a file beside the warehouse; both sides of a ratio come from one run.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import duckdb

from tests.dbt_warehouse import DbtWarehouse

CONVERSIONS, TOUCHES, JOURNEYS, CHANNELS, ACCOUNTS, REPLICATES = 1_000_000, 8, 1_000_000, 12, 100_000, 1_000

COMPANY = f"""
create schema if not exists intermediate;
create table intermediate.int_clock as select timestamp '2026-06-30 12:00' as as_of, date '2026-06-30' as as_of_date, false as is_demo;
create table intermediate.int_conversions as
select
    'order|' || n as conversion_id, 'order' as kind, null::text as opportunity_id, 'p' || n as customer_key, null::text as account_id,
    'p' || n as person_key, timestamp '2026-01-01' + to_seconds(n) as converted_at,
    date_trunc('month', timestamp '2026-01-01' + to_seconds(n))::date as converted_month, 'booked_at' as conversion_clock,
    'new' as sale_kind, cast(0.01 * (1 + n % 50000) as decimal(18, 4)) as revenue, cast(0.01 * (n % 20000) as decimal(18, 4)) as contribution_margin,
    'actual' as margin_basis, true as is_new_customer, null::timestamp as opportunity_created_at, null::timestamp as contact_created_at,
    timestamp '2026-01-01' + to_seconds(n) - interval 30 day as own_window_starts_at
from range($conversions) as numbers(n);
create table intermediate.int_journeys as
select
    conversion_id, converted_month, conversion_id || '-' || i as touch_id, 'channel' || hash(n, i) % {CHANNELS} as channel, null::text as platform,
    null::text as campaign_id, converted_at - to_seconds(seconds) as touched_at, converted_month as touched_month, seconds as seconds_before
from (
    select conversion_id, converted_at, converted_month, i, n, (hash(n, i, 1) % 2500000)::bigint as seconds
    from (select *, row_number() over () as n from intermediate.int_conversions), range({TOUCHES}) as places(i)
);
create table intermediate.int_refund_credits as
select null::text as conversion_id, null::text as model, null::text as lookback_rule, null::integer as lookback_days, null::bigint as from_start,
    null::decimal(18, 4) as refunded_revenue, null::decimal(18, 4) as refunded_margin
where false;
create table intermediate.int_markov_effects as
select chain_id, 'channel' || n as channel, 100000000000 + n * 70000000000 as weight from range(4) as chains(chain_id), range({CHANNELS}) as numbers(n)
"""
LAST_TOUCH = """
create table last_touch as
select conversion_id, touch_id, channel, revenue
from (
    select journeys.conversion_id, journeys.touch_id, journeys.channel, conversions.revenue,
        row_number() over (partition by journeys.conversion_id order by journeys.touched_at desc, journeys.touch_id desc) as place
    from intermediate.int_journeys as journeys
    inner join intermediate.int_conversions as conversions on journeys.conversion_id = conversions.conversion_id
)
where place = 1
"""
VISITS = f"""
create table touches as
select 1 as chain_id, j as journey_no, i as place, 'channel' || hash(j, i) % {CHANNELS} as channel, hash(j) % 10 = 0 as is_converted
from range($journeys) as journeys(j), range(1, 9) as places(i) where i <= 1 + hash(j, 'n') % 8
"""
STEPS = """
create table steps as
select chain_id, channel, later, count(*) as journeys
from (select *, lead(channel) over (partition by chain_id, journey_no order by place) as later from touches)
group by all
"""
MONEY = """
create table customers as select n as customer_no, 'a' || n as customer_key from range($accounts) as numbers(n);
create table steps as
select 1 as series_id, date '2026-01-01' as month, customer_no, 0 as margin_before, (100 + hash(customer_no) % 1000000)::bigint as margin_after
from customers
"""


def _run(path: Path, statements: list[str], memory: str) -> tuple[list[float], float]:
    """Seconds of each statement, and the peak memory of this process in MB."""
    connection = duckdb.connect(str(path))
    connection.execute(
        f"set threads = 2; set memory_limit = '{memory}'; set preserve_insertion_order = false; set enable_progress_bar = false"
    )
    seconds = []
    for statement in statements:
        started = time.perf_counter()
        connection.execute(statement)
        seconds.append(time.perf_counter() - started)
    connection.close()
    unit = 1_000_000 if sys.platform == "darwin" else 1_000
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def measure(path: Path, statements: list[str], memory: str = "2GB") -> tuple[list[float], float]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(_run, path, statements, memory).result()


def compiled(warehouse: DbtWarehouse, *what: str) -> str:
    with redirect_stdout(StringIO()):  # dbt prints what it compiles
        result = warehouse.run("compile", *what)
    assert result.success, result.exception
    return str(result.result.results[0].node.compiled_code).replace('"company".', "")


def markov(folder: Path, share: float) -> None:
    journeys = round(JOURNEYS * share)
    template = "with transitions as ({{ markov_transitions('touches') }}) select * from ({{ markov_effects('transitions') }})"
    sql = compiled(DbtWarehouse(folder), "--inline", template)
    visits = VISITS.replace("$journeys", str(journeys))
    (_made, steps, effects), memory = measure(folder / "chain.duckdb", [visits, STEPS, f"create table effects as {sql}"])
    print(f"Markov removal effects of {CHANNELS} channels from {journeys:,} journeys")
    print(f"  counting steps alone                             {steps:8.1f} s")
    print(f"  steps, chain and removal effects                 {effects:8.1f} s  {memory:,.0f} MB; {effects / steps:.1f} times")


def bootstrap(folder: Path, share: float) -> None:
    accounts = round(ACCOUNTS * share)
    warehouse = DbtWarehouse(folder)
    warehouse.variables = {"bootstrap_replicates": REPLICATES}
    sql = compiled(warehouse, "--inline", "select * from ({{ bootstrap_t('steps', 'customers') }})")
    made = MONEY.replace("$accounts", str(accounts)).split(";")
    (*_made, seconds), memory = measure(folder / "bootstrap.duckdb", [*made, f"create table limits as {sql}"], "1600MB")
    print(f"Bootstrap-t of {REPLICATES:,} replicates over {accounts:,} accounts, memory_limit 1600MB")
    print(f"  weights, sums and limits                         {seconds:8.1f} s  peak of the process {memory:,.0f} MB (goal: below 2,000)")


def credits(folder: Path, share: float) -> None:
    conversions = round(CONVERSIONS * share)
    warehouse = DbtWarehouse(folder)
    models = {
        name: compiled(warehouse, "--select", name) for name in ("int_credit_touches", "int_credit_shares", "roi_attribution_credits")
    }
    path = folder / "credits.duckdb"
    measure(path, [part for part in COMPANY.replace("$conversions", str(conversions)).split(";") if part.strip()])
    tables = [f"create table intermediate.{name} as {sql}" for name, sql in models.items() if name.startswith("int_")]
    (last, places, rules), memory = measure(path, [LAST_TOUCH, *tables], "4GB")
    mart = f"create view credits as {models['roi_attribution_credits']}"
    sums = "create table sums as select model, lookback_days, channel, converted_month, sum(credit), sum(revenue) from credits "
    (*_, one_rule, rows), _ = measure(
        path,
        [
            mart,
            f"{sums} where model = 'linear' and lookback_rule = 'own' group by all",
            "create table counted as select count(*) as n from credits",
        ],
        "4GB",
    )
    with duckdb.connect(str(path)) as connection:
        (n,) = connection.execute("select n from counted").fetchone() or (0,)
    together = places + rules
    print(f"Attribution of {conversions:,} conversions with {TOUCHES} touches each, memory_limit 4GB")
    print(f"  last touch alone, one lookback, window function  {last:8.1f} s")
    print(f"  order of the touches                             {places:8.1f} s")
    print(f"  7 rules x 4 lookbacks, to the cent               {rules:8.1f} s  {n:,} credits, {memory:,.0f} MB")
    print(f"  both: {together / last:.0f} times last touch in all, {together / last / 28:.2f} times for each rule and lookback")
    print(f"  reading roi.attribution_credits: months and channels of one rule {one_rule:.1f} s, counting all rows {rows:.1f} s")


PARTS: dict[str, Callable[[Path, float], None]] = {"markov": markov, "bootstrap": bootstrap, "credits": credits}


def main(share: float = 1, names: Sequence[str] = tuple(PARTS)) -> None:
    """Print the parts that are named, at a share of the sizes of the goal."""
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[name](Path(folder), share)


if __name__ == "__main__":
    given = sys.argv[1:]
    if unknown := [word for word in given if word not in PARTS and not word.replace(".", "", 1).isdigit()]:
        sys.exit(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}, and a share of their size such as 0.1")
    size = next((float(word) for word in given if word not in PARTS), 1)
    main(size, [word for word in given if word in PARTS] or tuple(PARTS))
