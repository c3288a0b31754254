"""A small warehouse in which every expectation holds: a few rows for each table, made from its contract."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256

import duckdb
import yaml
from checks_marts import MARTS as MART_ROWS

from pipelines.entities import entities
from pipelines.notes import GOODWILL_TABLES
from pipelines.publish import MARTS, TOLD
from pipelines.sources import discover
from pipelines.warehouse import quoted

AS_OF = datetime(2026, 6, 30, 12)
ROWS = 3
ENDS = {"closed_at", "resolved_at", "deleted_at", "cooldown_ends_on", "valid_to", "due_on", "period_end", "converted_at"}
ENDS |= {"ended_at", "left_at", "expires_at", "revoked_at", "withdrawn_at", "ends_on"}
BEFORE = {"assigned_at", "registered_at", "pre_starts_on", "invited_at"}
NUMBERS = {"impressions": 1000, "reach": 900, "video_views": 500, "likes": 30, "comments": 5, "shares": 4, "saves": 3, "clicks": 20}
NUMBERS |= {"followers": 2000, "score": 5, "scale_min": 1, "scale_max": 7, "sentiment": 0.5, "level": 0.95, "expected_share": 0.5}
NUMBERS |= {"margin_rate": 0.6, "tails": 2, "claimed_conversions": 1, "discount": 1, "tax": 1, "rate_to_reporting": 1.1}

NUMBERS |= {"value": 0.5, "lo": 0.4, "hi": 0.6, "p_value": 0.01, "q_value": 0.02, "n": 200, "n_clusters": 100, "n_eff": 100}
NUMBERS |= dict.fromkeys(("created", "start_date", "changed", "trial_end"), 1_782_000_000) | dict.fromkeys(
    ("paid_at", "ended_at"), 1_782_500_000
)

# What the contract alone does not tell: rows that belong together, by table.
OVERRIDES = {
    "raw_bluesky.posts": {"deleted_at": None},
    "raw_facebook.posts": {"deleted_at": None},
    "raw_google_ads.campaigns": {"total_budget": "2400", "start_time": "2026-04-01 00:00:00", "end_time": "2026-06-30 23:59:59"},
    "raw_google_ads.insights": {"impressions": "1000", "link_clicks": "20", "spend": "12.5"},
    "raw_hubspot.companies": {"deleted_at": None},
    "raw_hubspot.contacts": {"deleted_at": None},
    "raw_hubspot.deals": {"deleted_at": None, "amount": "100.50", "deal_currency_code": "EUR", "dealstage": "stage_id_1"},
    "raw_hubspot.stages": {"is_closed": "true", "probability": "0.5", "pipeline_id": "pipeline_1"},
    "raw_instagram.posts": {"deleted_at": None},
    "raw_linkedin.posts": {"deleted_at": None},
    "raw_linkedin_ads.campaigns": {"total_budget": "9500"},
    "raw_linkedin_ads.campaign_groups": {"total_budget": "9500"},
    "raw_linkedin_ads.insights": {"impressions": "1000", "link_clicks": "20", "spend": "12.5"},
    "raw_mastodon.posts": {"deleted_at": None},
    "raw_meta_ads.campaigns": {"lifetime_budget": "1350000"},
    "raw_meta_ads.insights": {"impressions": "1000", "link_clicks": "20", "spend": "12.5"},
    "raw_x.posts": {"deleted_at": None},
    "raw_youtube.posts": {"deleted_at": None},
    "raw_salesforce.accounts": {"deleted_at": None},
    "raw_salesforce.contacts": {"deleted_at": None, "account_id": "account_id_1"},
    "raw_salesforce.opportunities": {"deleted_at": None, "amount": "100.50", "account_id": "account_id_1", "is_closed": True},
    "raw_salesforce.opportunity_history": {"opportunity_id": "opportunity_id_1"},
    "raw_salesforce.stages": {"is_closed": True},
    "raw_salesforce.campaign_members": {"campaign_id": "campaign_id_1"},
    "raw_salesforce.currency": {"currency": "USD"},
    "raw_slack.messages": {"channel_id": "channel_id_1"},
    "raw_stripe.subscription_items": {"amount": "1999.5"},
    "raw_stripe.balance_transactions": {"type": "charge", "amount": 1000, "fee": 30},
    "raw_zendesk.users": {"role": "end-user", "deleted_at": None, "organization_id": "organization_id_1"},
    "raw_zendesk.tickets": {"deleted_at": None, "requester_id": "user_id_1"},
    "raw_zendesk.comments": {"deleted_at": None, "ticket_id": "ticket_id_1"},
    "raw_zendesk.ratings": {"score": "good"},
    "raw_zendesk.organizations": {"deleted_at": None},
    "raw_files.contacts": {"merged_into": [None, None, "contact_id_1"]},
    "raw_files.costs": {"kind": "ad_spend"},
    "raw_files.identity_links": {"revoked_at": None},
    "raw_files.interactions": {"addressee_key": None},
    "raw_files.objectives": {"mart": "roi.channel_months", "direction": "up", "target": 2, "baseline": 1},
    "raw_files.revenue": {
        "kind": ["order", "order", "refund"],
        "amount": [100, 100, -5],
        "parent_revenue_id": [None, None, "revenue_id_1"],
    },
}


def _value(column: str, type_: str, row: int, values: tuple[str, ...]) -> object:
    type_ = type_.lower()
    if values:
        return values[0]
    if type_ in ("timestamp", "date"):
        days = 0 if column == "_observed_at" else 2 if column in ENDS else 20 if column in BEFORE else 5
        day = AS_OF - timedelta(days=days + ROWS - row)
        return day if type_ == "timestamp" else date(day.year, day.month, day.day)
    if type_ in ("bigint", "double", "integer") or type_.startswith("decimal"):
        return NUMBERS.get(column, 10)
    if type_ == "boolean":
        return column in ("is_demo", "is_listed", "is_complete", "is_mature")
    if type_ == "json" or column == "suppressed_reason":
        return None
    if column.endswith("_key") or column == "owner_id":
        return sha256(f"{column} {row}".encode()).hexdigest()
    return {"currency": "USD", "platform": "bluesky"}.get(column, f"{column}_{row}")


def fill(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], values: Mapping[str, tuple[str, ...]], rows: int
) -> None:
    """Make the table with its rows, by the names and types of its columns and OVERRIDES."""
    schema = table.split(".")[0]
    connection.execute(f"create schema if not exists {schema}")
    described = ", ".join(f"{quoted(name)} {type_}" for name, type_ in columns.items())
    connection.execute(f"create table {table} ({described})")
    given = {"_file": "a.csv", "_line": [1, 2, 3]} | (OVERRIDES | MART_ROWS).get(table, {})
    for row in range(1, rows + 1):
        made = [
            (given[name][row - 1] if isinstance(given[name], list) else given[name])
            if name in given
            else _value(name, type_, row, values.get(name, ()))
            for name, type_ in columns.items()
        ]
        connection.execute(f"insert into {table} values ({', '.join('?' * len(made))})", made)


def make_warehouse(rows: int = ROWS) -> duckdb.DuckDBPyConnection:
    """In memory, with every raw table of every source, every mart, and the tables below them that sum rules compare with or readers were told."""
    connection = duckdb.connect()
    connection.execute("create schema raw_goodwill")
    for name, columns in GOODWILL_TABLES.items():
        connection.execute(f"create table raw_goodwill.{name} ({', '.join(f'{column} {type_}' for column, type_ in columns.items())})")
    connection.execute("create schema intermediate")
    for told, model in TOLD.values():
        connection.execute(f"create table intermediate.{model} as from raw_goodwill.{told}")
    connection.execute("insert into raw_goodwill.clock values (?, true)", [AS_OF])
    for entity in entities().values():
        columns = {column.name: column.type for column in entity.columns}
        columns |= {"_file": "text", "_line": "bigint", "_deleted": "boolean", "_run": "text"}
        fill(connection, f"raw_files.{entity.name}", columns, {column.name: column.values for column in entity.columns}, rows)
    for source in discover().values():
        for table in source.tables if source.name != "files" else ():
            fill(connection, f"raw_{source.name}.{table.name}", table.stored, {}, rows)
    for path in sorted(MARTS.glob("*/[!_]*.yml")):
        model = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
        columns = {column["name"]: column["data_type"] for column in model["columns"]}
        fill(connection, f"{path.parent.name}.{path.stem.removeprefix(path.parent.name + '_')}", columns, {}, rows)
    connection.execute("create table intermediate.int_costs as select cost_id, sum(amount) as amount from core.costs group by cost_id")
    connection.execute("create table intermediate.int_revenue as select revenue_id, amount from core.revenue")
    return connection
