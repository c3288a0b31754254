"""What is asked of Salesforce and stored of it: kinds of records with their fields, and the raw tables."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.raw import RawTable


@dataclass(frozen=True)
class Kind:
    """A kind of record: its object, and column -> (field, type). Every kind has SystemModstamp and IsDeleted."""

    name: str
    object: str
    id: str
    fields: Mapping[str, tuple[str, str]]
    entities: tuple[str, ...]
    holds_persons: bool = False

    def table(self) -> RawTable:
        columns = {self.id: "VARCHAR", **{column: type_ for column, (_, type_) in self.fields.items()}}
        columns |= {"person_key": "VARCHAR"} if self.holds_persons else {}
        return RawTable(self.name, (self.id,), columns | {"modified_at": "TIMESTAMP", "deleted_at": "TIMESTAMP"}, self.entities, True)


def _texts(**fields: str) -> dict[str, tuple[str, str]]:
    return {column: (field, "VARCHAR") for column, field in fields.items()}


def _times(**fields: str) -> dict[str, tuple[str, str]]:
    return {column: (field, "TIMESTAMP") for column, field in fields.items()}


def _flags(**fields: str) -> dict[str, tuple[str, str]]:
    return {column: (field, "BOOLEAN") for column, field in fields.items()}


SEGMENT = "segment"
ACCOUNTS = Kind(
    "accounts",
    "Account",
    "account_id",
    {
        **_texts(name="Name", type="Type", industry="Industry", country="BillingCountry", owner_id="OwnerId", segment=SEGMENT),
        **_texts(merged_into="MasterRecordId"),
        **_times(created_at="CreatedDate"),
    },
    ("accounts",),
)
CONTACTS = Kind(
    "contacts",
    "Contact",
    "contact_id",
    {**_texts(account_id="AccountId", merged_into="MasterRecordId", lead_source="LeadSource"), **_times(created_at="CreatedDate")},
    ("contacts",),
    holds_persons=True,
)
LEADS = Kind(
    "leads",
    "Lead",
    "lead_id",
    {
        **_texts(merged_into="MasterRecordId", converted_contact_id="ConvertedContactId", lead_source="LeadSource"),
        **_times(created_at="CreatedDate"),
    },
    ("contacts",),
    holds_persons=True,
)
OPPORTUNITIES = Kind(
    "opportunities",
    "Opportunity",
    "opportunity_id",
    {
        **_texts(account_id="AccountId", contact_id="ContactId", stage="StageName", amount="Amount", currency="CurrencyIsoCode"),
        **_texts(lead_source="LeadSource", campaign_id="CampaignId", owner_id="OwnerId"),
        **_flags(is_won="IsWon", is_closed="IsClosed"),
        **_times(closes_on="CloseDate", created_at="CreatedDate"),
    },
    ("opportunities",),
)
HISTORY = Kind(
    "opportunity_history",
    "OpportunityHistory",
    "history_id",
    {**_texts(opportunity_id="OpportunityId", stage="StageName", amount="Amount"), **_times(created_at="CreatedDate")},
    ("opportunities",),
)
STAGES = Kind(
    "stages",
    "OpportunityStage",
    "stage_id",
    {**_texts(stage="ApiName"), **_flags(is_won="IsWon", is_closed="IsClosed")},
    ("opportunities",),
)
CAMPAIGNS = Kind(
    "campaigns",
    "Campaign",
    "campaign_id",
    {
        **_texts(name="Name", type="Type", budget="BudgetedCost", currency="CurrencyIsoCode"),
        **_times(starts_on="StartDate", ends_on="EndDate", created_at="CreatedDate"),
    },
    ("campaigns",),
)
MEMBERS = Kind(
    "campaign_members",
    "CampaignMember",
    "member_id",
    {
        **_texts(campaign_id="CampaignId", contact_id="ContactId", lead_id="LeadId", status="Status"),
        **_flags(has_responded="HasResponded"),
        **_times(responded_on="FirstRespondedDate", created_at="CreatedDate"),
    },
    ("touches",),
)
USERS = Kind(
    "users", "User", "user_id", {**_flags(is_active="IsActive"), **_times(created_at="CreatedDate")}, ("accounts",), holds_persons=True
)
KINDS = (USERS, ACCOUNTS, CONTACTS, LEADS, OPPORTUNITIES, HISTORY, STAGES, CAMPAIGNS, MEMBERS)
CURRENCY = RawTable("currency", ("org",), {"org": "VARCHAR", "currency": "VARCHAR"}, ("opportunities",))
