"""`goodwill match-accounts`: planted doubles are found and nobody else, and what they would move is counted by hand."""

import random
import sys
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from pipelines import cli
from pipelines.matching.accounts import Match, matches, roi_with
from pipelines.warehouse import WarehouseError
from simulator.names import COUNTRIES, INDUSTRIES, TRADE

FIRST = "Acme Birch Cedar Delta Ember Falcon Garnet Harbor Indigo Juniper Kestrel Lark Maple North Onyx Quartz".split()
TABLES = """
create schema core; create schema intermediate; create schema roi; create schema raw_goodwill;
create table core.accounts (account_id text, name text, country text, industry text, is_listed boolean);
create table intermediate.int_conversions (conversion_id text, customer_key text, account_id text, own_window_starts_at timestamp, converted_at timestamp);
create table intermediate.int_attribution_touches (touch_id text, account_id text, channel text, occurred_at timestamp);
create table roi.attribution_credits (
    conversion_id text, touch_id text, channel text, model text, lookback_rule text, contribution_margin decimal(18, 4), converted_month date
);
create table intermediate.int_credit_money (
    clock text, month date, channel text, customer_key text, model text, lookback_rule text, contribution_margin decimal(18, 4)
);
create table intermediate.int_credit_customers (customer_key text, draw_key text);
create table roi.channel_summary (month date, channel text, attributed_roi double, full_cost decimal(18, 4));
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """300 companies; every sixth one stands twice, under another spelling of its name, some without an industry."""
    path, dice = tmp_path / "w.duckdb", random.Random(5)
    names = [f"{first} {trade}" for first in FIRST for trade in TRADE]
    dice.shuffle(names)
    with duckdb.connect(str(path)) as connection:
        connection.execute(TABLES)
        for number, name in enumerate(names[:300]):
            country, industry = dice.choice(list(COUNTRIES.values())), dice.choice(INDUSTRIES)
            rows = [(f"crm-{number}", name, country, industry)]
            if number % 6 == 0:
                other = (f"{name} Ltd.", f"{name.upper()}, Inc", f"{name} GmbH", name[:-1])[number // 6 % 4]
                rows.append((f"ledger-{number}", other, country, industry if number % 5 else None))
            connection.executemany("insert into core.accounts values (?, ?, ?, ?, true)", rows)
        # the sale of the ledger's account 0 rests on nothing, one of the CRM's account 6 on an e-mail; a post stands with the other entry of each
        connection.execute(
            """
            insert into intermediate.int_conversions values
                ('sale 0', 'ledger-0', 'ledger-0', '2026-05-01', '2026-05-31'), ('sale 6', 'crm-6', 'crm-6', '2026-05-01', '2026-05-31');
            insert into intermediate.int_attribution_touches values
                ('post 0', 'crm-0', 'organic_social', '2026-05-20'), ('too early', 'crm-0', 'email', '2026-04-20'),
                ('mail 6', 'crm-6', 'email', '2026-05-20'), ('post 6', 'ledger-6', 'organic_social', '2026-05-21');
            insert into roi.attribution_credits values
                ('sale 0', null, 'unattributed', 'linear', 'own', 100, '2026-05-01'),
                ('sale 6', 'mail 6', 'email', 'linear', 'own', 60, '2026-05-01'),
                ('sale 6', 'mail 6', 'email', 'last', 'own', 60, '2026-05-01');
            insert into roi.channel_summary values
                ('2026-05-01', 'organic_social', 0.0, 200), ('2026-05-01', 'email', -0.4, 100),
                ('2026-05-01', 'direct', null, null), ('2026-04-01', 'email', 9.0, 6);
            insert into intermediate.int_credit_money values
                ('cash', '2026-05-01', 'email', 'crm-6', 'linear', 'own', 60), ('accrual', '2026-05-01', 'email', 'crm-6', 'linear', 'own', 7),
                ('cash', '2025-05-01', 'email', 'crm-6', 'linear', 'own', 7), ('cash', '2026-05-01', 'email', 'crm-6', 'last', 'own', 7);
            insert into intermediate.int_credit_money
                select 'cash', '2026-04-01', 'organic_social', 'crm-' || (1 + n % 50 * 6), 'linear', 'own', 1 from range(200) t(n);
            insert into intermediate.int_credit_customers
                select customer_key, customer_key from (select distinct customer_key from intermediate.int_credit_money) union select 'ledger-0', 'ledger-0';
            """
        )
    return path


def test_doubles_are_found_and_nobody_else(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_PATH", str(warehouse))
    monkeypatch.setenv("GOODWILL_KEY", "a key for tests")
    said = CliRunner().invoke(cli.main, ["match-accounts"])
    assert said.exit_code == 0, said.output
    pairs = [line.split() for line in said.output.splitlines() if line.startswith(("0.", "1."))]
    found = {(words[1], words[words.index("=") + 1]) for words in pairs}
    assert all(one.partition("-")[2] == other.partition("-")[2] for one, other in found)
    # all under another legal form, most of those spelt otherwise
    assert len(found) >= 38, f"{len(found)} of 50"
    again = CliRunner().invoke(cli.main, ["match-accounts"])
    assert again.output == said.output
    # 200 and the whole 100 and half of 60 to the posts, 60 less its half to the mails, where one customer bears no interval: nor do the posts,
    # once the 100 of one customer stand among 4 of each other
    published, merged = (
        word.strip()
        for word in next(line for line in said.output.splitlines() if line.startswith("organic_social")).split("ROI")[1].split(" as it is,")
    )
    assert published.startswith("+0.0% (") and "to" in published and "no interval" not in published
    assert merged.startswith("+65.0% (no interval: too few customers) if they were merged")
    assert "email: attributed ROI -40.0% (no interval: too few customers) as it is, -70.0% (no interval" in said.output
    assert "direct" not in said.output


def test_without_a_pair_nothing_moves(warehouse: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        pairs = roi_with(connection, [])
        assert [(one.channel, one.value) for one, _ in pairs] == [("email", -0.4), ("organic_social", 0.0)]
        assert all(published == merged for published, merged in pairs)
        assert roi_with(connection, [Match("crm-1", "crm-2", 0.99)]) == pairs


def test_two_accounts_that_are_one_are_drawn_together(warehouse: Path) -> None:
    """25 pairs of customers of equal margin: 25 customers are too few for an interval, 50 are not."""
    doubles = [Match(f"crm-{1 + place * 12}", f"crm-{7 + place * 12}", 0.99) for place in range(25)]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        (_, (published, merged)) = roi_with(connection, doubles)
        assert published.lo is not None and published.lo < 0.0 < published.hi and (merged.value, merged.lo, merged.hi) == (0.0, None, None)
        (_, (_, merged)) = roi_with(connection, doubles[:5])
        assert merged.lo < published.lo and merged.hi > published.hi, "45 customers, five of them twice as large"


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "splink", None)
    with duckdb.connect() as connection, pytest.raises(WarehouseError, match=r"pip install 'goodwill\[probabilistic\]'"):
        matches(connection, 0.9)
