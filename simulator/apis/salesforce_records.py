"""World -> what a Salesforce org holds: the companies of one line of business with contacts, opportunities and their history, campaigns and members."""

from typing import Any

import numpy as np

from simulator.apis.hubspot_records import deal_ids
from simulator.apis.wire import stamps
from simulator.stage import Times, later
from simulator.world import World
from simulator.world_people import CRMS
from simulator.world_sales import is_answered_campaign

ENDING = ".000+0000"
STAGES = ["Prospecting", "Qualification", "Proposal/Price Quote", "Negotiation/Review"]
WON, LOST = "Closed Won", "Closed Lost"
SOURCES = {
    "organic_social": "Social Media",
    "paid_social": "Paid Social",
    "influencer": "Other",
    "email": "Email",
    "organic_search": "Organic Search",
}
TYPES = {"supplier": "Supplier", "partner": "Partner"}
Record = dict[str, Any]


class Org:
    """Records by object, each in the order of SystemModstamp and Id."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.records: dict[str, list[Record]] = {}
        self._accounts()
        self._contacts()
        self._opportunities()
        self._campaigns()
        sales = world.staff[(world.staff["team"] == "sales") & world.stage.has_happened(world.staff["started_at"])]
        started = sales["started_at"].to_numpy()
        gone = ~np.isnat(world.stage.known(sales["left_at"]))
        rows = [
            {"Id": _user(owner), "Email": email, "IsActive": not has_left}
            for owner, email, has_left in zip(sales["owner_id"], sales["email"], gone, strict=True)
        ]
        self._add("User", rows, started, started)
        made = np.full(6, world.stage.at(0, 0.0))
        ends = {WON: (True, True), LOST: (False, True)}
        rows = [
            {"Id": f"01JKq{number:013d}", "ApiName": name, "IsWon": ends.get(name, (False, False))[0], "IsClosed": name in ends}
            for number, name in enumerate([*STAGES, WON, LOST])
        ]
        self._add("OpportunityStage", rows, made, made, can_be_deleted=False)
        for found in self.records.values():
            found.sort(key=lambda record: (record["SystemModstamp"], record["Id"]))
        self.records.setdefault("Lead", [])

    def _add(self, name: str, rows: list[Record], created: Times, modified: Times, can_be_deleted: bool = True) -> None:
        kept = self.records.setdefault(name, [])
        url = f"/services/data/v60.0/sobjects/{name}/"
        for row, made, changed in zip(rows, stamps(created, ENDING), stamps(modified, ENDING), strict=True):
            flags = {"IsDeleted": False} if can_be_deleted else {}
            known = {"attributes": {"type": name, "url": url + row["Id"]}, "CreatedDate": made, "SystemModstamp": changed}
            kept.append(known | flags | row)

    def _accounts(self) -> None:
        world = self.world
        companies = world.accounts[world.accounts["crm"] == CRMS[1]]
        since = world.stage.known(companies["client_since"])
        owners = world.staff["owner_id"].to_numpy()[companies["owner"]]
        names = ["account_id", "name", "role", "segment", "industry", "country"]
        rows = [
            {"Id": id_, "Name": name, "Type": TYPES.get(role, "Customer - Direct" if is_client else "Prospect"), "Segment__c": segment}
            | {"Industry": industry, "BillingCountry": country, "OwnerId": _user(owner), "MasterRecordId": None}
            for (id_, name, role, segment, industry, country), is_client, owner in zip(
                companies[names].itertuples(index=False), ~np.isnat(since), owners, strict=True
            )
        ]
        created = companies["created_at"].to_numpy().astype("datetime64[s]")
        self._add("Account", rows, created, np.fmax(created, since))

    def _contacts(self) -> None:
        world = self.world
        account = world.contacts["account"].to_numpy()
        ids, crm = world.accounts["account_id"].to_numpy(), world.accounts["crm"].to_numpy()
        people = world.contacts[(account >= 0) & (crm[np.maximum(account, 0)] == CRMS[1])]
        by_key = dict(zip(people["contact"], people["contact_id"], strict=True))
        merged = people["merged_into"].to_numpy()
        rows = [
            {
                "Id": id_,
                "AccountId": ids[company],
                "Email": email,
                "LeadSource": None,
                "IsDeleted": into >= 0,
                "MasterRecordId": by_key.get(into),
            }
            for id_, company, email, into in zip(people["contact_id"], people["account"], people["email"], merged.tolist(), strict=True)
        ]
        created = people["created_at"].to_numpy().astype("datetime64[s]")
        self._add("Contact", rows, created, np.fmax(created, people["merged_at"].to_numpy().astype("datetime64[s]")))

    def _opportunities(self) -> None:
        world, stage = self.world, self.world.stage
        crm, currency = world.accounts["crm"].to_numpy(), world.accounts["currency"].to_numpy()
        deals = world.deals.assign(id=deal_ids(world))[crm[world.deals["account"]] == CRMS[1]]
        created, ends = (deals[name].to_numpy().astype("datetime64[s]") for name in ("created_at", "closed_at"))
        closed = stage.known(ends)
        hours = (ends - created).astype(np.int64) / 3600
        steps = np.array([later(created, hours * share) for share in (0.0, 0.25, 0.5, 0.75)]).reshape(4, -1)
        contacts = world.contacts.set_index("contact")["contact_id"]
        history: list[tuple[Record, np.datetime64]] = []
        rows, changed = [], []
        columns = (deals[name].tolist() for name in ("id", "account", "contact", "source", "amount", "is_won"))
        for place, (id_, account, contact, source, amount, is_won) in enumerate(zip(*columns, strict=True)):
            reached = [(STAGES[number], steps[number, place]) for number in range(4) if steps[number, place] <= stage.clock]
            is_closed = not np.isnat(closed[place])
            reached += [(WON if is_won else LOST, closed[place])] if is_closed else []
            for number, (name, at) in enumerate(reached):
                step = {"Id": f"008Kq{int(id_[5:]) * 10 + number:013d}", "OpportunityId": id_, "StageName": name, "Amount": float(amount)}
                history.append((step, at))
            known = {"Id": id_, "AccountId": world.accounts["account_id"].iloc[account], "ContactId": contacts[contact], "CampaignId": None}
            known |= {"StageName": reached[-1][0], "Amount": float(amount), "CurrencyIsoCode": currency[account]}
            known |= {"LeadSource": SOURCES.get(source, "Web"), "IsClosed": is_closed, "IsWon": is_closed and bool(is_won)}
            rows.append(
                known
                | {
                    "CloseDate": str(ends[place])[:10],
                    "OwnerId": _user(world.staff["owner_id"].iloc[world.accounts["owner"].iloc[account]]),
                }
            )
            changed.append(reached[-1][1])
        self._add("Opportunity", rows, created, np.array(changed, dtype="datetime64[s]"))
        times = np.array([at for _, at in history], dtype="datetime64[s]")
        self._add("OpportunityHistory", [row for row, _ in history], times, times)

    def _campaigns(self) -> None:
        """The newsletter: who opened a link of it answered the campaign; the web log leaves these clicks to Salesforce."""
        world, stage = self.world, self.world.stage
        every = world.campaigns[world.campaigns["channel"] == "email"]
        every = every[every["starts_on"] <= stage.clock.astype("datetime64[D]")]
        ids = {name: f"701Kq{number:013d}" for number, name in enumerate(every["campaign_id"])}
        starts = every["starts_on"].to_numpy().astype("datetime64[s]")
        rows = [
            {"Id": ids[name], "Name": name, "Type": "Email", "StartDate": str(start)[:10], "EndDate": str(end)[:10], "BudgetedCost": None}
            | {"CurrencyIsoCode": "USD"}
            for name, start, end in zip(every["campaign_id"], starts, every["ends_on"].to_numpy().astype("datetime64[D]"), strict=True)
        ]
        self._add("Campaign", rows, starts, starts)
        answers = world.touches[is_answered_campaign(world.touches, world.accounts)]
        contact = dict(zip(world.contacts["email"], world.contacts["contact_id"], strict=True))
        at = answers["occurred_at"].to_numpy().astype("datetime64[s]")
        rows = [
            {"Id": f"00vKq{number:013d}", "CampaignId": ids[campaign], "ContactId": contact[email], "LeadId": None, "Status": "Responded"}
            | {"HasResponded": True, "FirstRespondedDate": str(when)[:10]}
            for number, (campaign, email, when) in enumerate(zip(answers["campaign_id"], answers["person_email"], at, strict=True))
        ]
        self._add("CampaignMember", rows, at, at)


def _user(owner: str) -> str:
    return f"005Kq{int(owner):013d}"
