"""What is asked of HubSpot and stored of it: kinds of records with their properties, and the raw tables."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.raw import RawTable


@dataclass(frozen=True)
class Kind:
    """A kind of record: what is asked for, by property name and type, and which records it is associated with."""

    name: str
    id: str
    modified: str
    properties: Mapping[str, str]
    associations: tuple[tuple[str, str], ...] = ()  # (kind, column)
    entities: tuple[str, ...] = ()
    holds_persons: bool = False
    hidden: tuple[str, ...] = ()  # asked for, but not stored as they are

    def table(self) -> RawTable:
        columns = {
            self.id: "VARCHAR",
            **self.properties,
            **{column: "VARCHAR" for _, column in self.associations},
            "merged_into": "VARCHAR",
            "deleted_at": "TIMESTAMP",
        }
        if self.holds_persons:
            columns["person_key"] = "VARCHAR"
        return RawTable(self.name, (self.id,), columns, self.entities, self.holds_persons)


COMPANIES = Kind(
    "companies",
    "company_id",
    "hs_lastmodifieddate",
    {
        **dict.fromkeys(
            ["name", "type", "lifecyclestage", "industry", "country", "segment", "hubspot_owner_id", "hs_merged_object_ids"], "VARCHAR"
        ),
        **dict.fromkeys(["createdate", "hs_lastmodifieddate"], "TIMESTAMP"),
    },
    entities=("accounts",),
)
CONTACTS = Kind(
    "contacts",
    "contact_id",
    "lastmodifieddate",
    {
        **dict.fromkeys(["lifecyclestage", "hs_merged_object_ids", "hs_analytics_source", "hs_analytics_source_data_1"], "VARCHAR"),
        **dict.fromkeys(["createdate", "lastmodifieddate"], "TIMESTAMP"),
    },
    (("companies", "company_id"),),
    ("contacts",),
    holds_persons=True,
    hidden=(
        "email",
        "associatedcompanyid",
        "hs_analytics_first_timestamp",
        "hs_analytics_first_referrer",
        "hs_analytics_first_url",
        "hs_latest_source",
        "hs_latest_source_data_1",
        "hs_latest_source_timestamp",
    ),
)
DEALS = Kind(
    "deals",
    "deal_id",
    "hs_lastmodifieddate",
    {
        **dict.fromkeys(["pipeline", "dealstage", "amount", "deal_currency_code", "hs_is_closed", "hs_is_closed_won"], "VARCHAR"),
        **dict.fromkeys(["hs_analytics_source", "hs_analytics_source_data_1", "hubspot_owner_id", "hs_merged_object_ids"], "VARCHAR"),
        **dict.fromkeys(["createdate", "closedate", "hs_lastmodifieddate"], "TIMESTAMP"),
    },
    (("companies", "company_id"), ("contacts", "contact_id")),
    ("opportunities",),
)
KINDS = (COMPANIES, CONTACTS, DEALS)
TOUCHES = RawTable(
    "touches",
    ("touch_id",),
    {
        "touch_id": "VARCHAR",
        "contact_id": "VARCHAR",
        "occurred_at": "TIMESTAMP",
        **dict.fromkeys(["source", "source_detail", "utm_source", "utm_medium", "utm_campaign", "referrer"], "VARCHAR"),
    },
    ("touches",),
    holds_persons=True,
)
STAGES = RawTable(
    "stages",
    ("pipeline_id", "stage_id"),
    dict.fromkeys(["pipeline_id", "stage_id", "label", "is_closed", "probability"], "VARCHAR"),
    ("opportunities",),
)
OWNERS = RawTable("owners", ("owner_id",), dict.fromkeys(["owner_id", "person_key", "team"], "VARCHAR"), ("accounts",), holds_persons=True)
CURRENCY = RawTable("currency", ("portal_id",), dict.fromkeys(["portal_id", "currency"], "VARCHAR"), ("opportunities",))
