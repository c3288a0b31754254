"""World -> what a HubSpot portal holds: records with text properties, what is archived or merged, associations, owners, stages."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.apis.wire import stamps
from simulator.chance import Ints, only_where
from simulator.stage import Times, later
from simulator.world import World
from simulator.world_people import CRMS

KINDS = ("companies", "contacts", "deals")
INDEX_LAG = np.timedelta64(5, "m")  # a search does not see what was changed just now
STAGES = ["appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "contractsent"]
# HubSpot's first pipeline: stage, label, whether it is an end, probability to win
PIPELINE = [
    ("appointmentscheduled", "Appointment Scheduled", "false", "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", "false", "0.4"),
    ("presentationscheduled", "Presentation Scheduled", "false", "0.6"),
    ("contractsent", "Contract Sent", "false", "0.9"),
    ("closedwon", "Closed Won", "true", "1.0"),
    ("closedlost", "Closed Lost", "true", "0.0"),
]
SOURCES = {"organic_social": "SOCIAL_MEDIA", "paid_social": "PAID_SOCIAL", "influencer": "OTHER_CAMPAIGNS", "email": "EMAIL_MARKETING"}
SOURCES |= {"organic_search": "ORGANIC_SEARCH"}
# Association types: (from, to) -> (type of the primary one or None, type of any)
TYPES = {
    ("contact", "company"): (1, 279),
    ("company", "contact"): (2, 280),
    ("deal", "company"): (5, 341),
    ("company", "deal"): (6, 342),
    ("deal", "contact"): (None, 3),
    ("contact", "deal"): (None, 4),
}


@dataclass(frozen=True)
class Record:
    """A record; `number` is its id, `values` what a search compares."""

    number: int
    properties: dict[str, str | None]
    created: str
    modified: str
    archived: str | None

    def view(self, names: list[str]) -> dict[str, Any]:
        always = ["createdate", "hs_object_id", "lastmodifieddate" if "lastmodifieddate" in self.properties else "hs_lastmodifieddate"]
        shown = {name: self.properties.get(name) for name in dict.fromkeys([*always, *names]) if name}
        view: dict[str, Any] = {"id": str(self.number), "properties": shown, "createdAt": self.created, "updatedAt": self.modified}
        view["archived"] = self.archived is not None
        return view | ({"archivedAt": self.archived} if self.archived else {})


class Portal:
    def __init__(self, world: World) -> None:
        self.world, self.now = world, stamps(np.array([world.stage.clock]))[0]
        self.records: dict[str, dict[int, Record]] = {"companies": {}, "contacts": {}, "deals": {}}
        self.links: dict[tuple[str, str], dict[str, list[str]]] = {pair: {} for pair in TYPES}
        self.survivors: dict[str, str] = {}
        self._companies()
        self._contacts()
        self._deals()
        for kind in KINDS:
            self.records[kind] = dict(sorted(self.records[kind].items()))
        sales = world.staff[(world.staff["team"] == "sales") & world.stage.has_happened(world.staff["started_at"])]
        left = world.stage.known(sales["left_at"])
        self.owners: list[dict[str, Any]] = [
            {
                "id": str(row.owner_id),
                "email": row.email,
                "type": "PERSON",
                "firstName": row.first,
                "lastName": row.last,
                "userId": int(str(row.owner_id)) - 60_000_000,
                "createdAt": started,
                "updatedAt": str(gone or started),
                "archived": gone is not None,
                "teams": [{"id": "501", "name": "sales", "primary": True}],
            }
            for row, started, gone in zip(sales.itertuples(), stamps(sales["started_at"].to_numpy()), stamps(left), strict=True)
        ]
        day = {"createdAt": "2022-01-01T00:00:00.000Z", "updatedAt": "2022-01-01T00:00:00.000Z", "archived": False}
        self.pipelines = [
            {
                "id": "default",
                "label": "Sales Pipeline",
                "displayOrder": 0,
                **day,
                "stages": [
                    {"id": id_, "label": label, "displayOrder": k, "metadata": {"isClosed": closed, "probability": share}, **day}
                    for k, (id_, label, closed, share) in enumerate(PIPELINE)
                ],
            }
        ]

    def _add(self, kind: str, ids: list[str], properties: list[dict[str, Any]], created: Times, modified: Times, archived: Times) -> None:
        name = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        for id_, values, made, changed, gone in zip(ids, properties, stamps(created), stamps(modified), stamps(archived), strict=True):
            values |= {"hs_object_id": id_, "createdate": made, name: changed}
            self.records[kind][int(id_)] = Record(int(id_), values, str(made), str(changed), gone)

    def _is_ours(self, account: Ints) -> NDArray[np.bool_]:
        """Who is of a company that HubSpot has, or of none."""
        return (account < 0) | (self.world.accounts["crm"].to_numpy()[np.maximum(account, 0)] == CRMS[0])

    def _companies(self) -> None:
        companies, stage = self.world.accounts[self.world.accounts["crm"] == CRMS[0]], self.world.stage
        since, left = stage.known(companies["client_since"]), stage.known(companies["left_at"])
        is_client = ~np.isnat(since)
        owner = self.world.staff["owner_id"].to_numpy()[companies["owner"]]
        types = companies["role"].map({"supplier": "VENDOR", "partner": "PARTNER"}).to_numpy()
        types = np.where(companies["role"].isin(["supplier", "partner"]), types, only_where(~is_client, "PROSPECT"))
        names = ["name", "domain", "segment", "industry", "country"]
        properties = [
            dict(zip(names, row, strict=True))
            | {"type": type_, "lifecyclestage": "customer" if client else "lead" if type_ == "PROSPECT" else "other"}
            | {"hubspot_owner_id": owner_id, "hs_merged_object_ids": None}
            for row, type_, client, owner_id in zip(companies[names].itertuples(index=False), types, is_client, owner, strict=True)
        ]
        created = companies["created_at"].to_numpy().astype("datetime64[s]")
        modified = np.fmax(np.fmax(created, since), left)
        self._add(
            "companies", companies["account_id"].tolist(), properties, created, modified, np.full(len(created), np.datetime64("NaT", "s"))
        )

    def _contacts(self) -> None:
        people, companies = self.world.contacts, self.world.accounts
        ids = dict(zip(people["contact"], people["contact_id"], strict=True))
        merged = people[(people["merged_into"] >= 0) & self._is_ours(people["account"].to_numpy())]
        into: dict[str, list[str]] = {}
        when: dict[str, np.datetime64] = {}
        for double, survivor, at in zip(merged["contact_id"], merged["merged_into"], merged["merged_at"].to_numpy(), strict=True):
            into.setdefault(ids[survivor], []).append(double)
            when[ids[survivor]] = max(when.get(ids[survivor], at), at)
            self.survivors[double] = ids[survivor]
        people = people[(people["merged_into"] < 0) & self._is_ours(people["account"].to_numpy())]
        account = people["account"].to_numpy()
        company = only_where(account >= 0, companies["account_id"].to_numpy()[np.maximum(account, 0)])
        names = ["email", "firstname", "lastname"]
        properties = []
        for row, id_, company_id in zip(
            people[["email", "first", "last"]].itertuples(index=False), people["contact_id"], company, strict=True
        ):
            values = dict(zip(names, row, strict=True)) | {"lifecyclestage": "lead" if company_id else "subscriber"}
            values |= {"associatedcompanyid": company_id, "hs_merged_object_ids": ";".join(into.get(id_, [])) or None}
            properties.append(values)
            if company_id:
                self._link("contact", "company", id_, company_id)
        created = people["created_at"].to_numpy().astype("datetime64[s]")
        archived = self.world.stage.known(people["archived_at"])
        merged_at = np.array([when.get(id_, np.datetime64("NaT", "s")) for id_ in people["contact_id"]], dtype="datetime64[s]")
        self._add("contacts", people["contact_id"].tolist(), properties, created, np.fmax(np.fmax(created, merged_at), archived), archived)

    def _deals(self) -> None:
        companies, stage = self.world.accounts, self.world.stage
        deals = self.world.deals.assign(id=deal_ids(self.world))
        deals = deals[self._is_ours(deals["account"].to_numpy())]
        created = deals["created_at"].to_numpy().astype("datetime64[s]")
        ends = deals["closed_at"].to_numpy().astype("datetime64[s]")
        closed = stage.known(ends)
        hours = (ends - created).astype(np.int64) / 3600
        steps = np.array([later(created, hours * share) for share in (0.0, 0.25, 0.5, 0.75)]).reshape(4, -1)
        reached = (steps <= stage.clock).sum(axis=0) - 1
        account = deals["account"].to_numpy()
        contact_ids = self.world.contacts.set_index("contact")["contact_id"]
        modified = np.where(np.isnat(closed), steps[np.maximum(reached, 0), np.arange(len(deals))], closed)
        ids, properties = deals["id"].tolist(), []
        columns = zip(
            ids, account, deals["contact"], deals["source"], deals["amount"], deals["is_won"], reached, stamps(closed), strict=True
        )
        for id_, company, contact, source, amount, is_won, step, at in columns:
            state = STAGES[step] if at is None else "closedwon" if is_won else "closedlost"
            values = {"dealname": f"{companies['name'].iloc[company]} - plan", "pipeline": "default", "dealstage": state}
            values |= {"amount": f"{amount:.2f}", "deal_currency_code": companies["currency"].iloc[company], "closedate": at}
            values |= {"hs_is_closed": str(at is not None).lower(), "hs_is_closed_won": str(at is not None and bool(is_won)).lower()}
            values |= {"hs_analytics_source": SOURCES.get(source, "DIRECT_TRAFFIC"), "hs_merged_object_ids": None}
            values["hubspot_owner_id"] = self.world.staff["owner_id"].iloc[companies["owner"].iloc[company]]
            properties.append(values)
            self._link("deal", "company", id_, str(companies["account_id"].iloc[company]))
            self._link("deal", "contact", id_, str(contact_ids[contact]))
        self._add("deals", ids, properties, created, modified, np.full(len(deals), np.datetime64("NaT", "s")))

    def _link(self, source: str, target: str, id_: str, other: str) -> None:
        self.links[source, target].setdefault(id_, []).append(other)
        self.links[target, source].setdefault(other, []).append(id_)

    # Answers

    def live(self, kind: str) -> list[Record]:
        return [record for record in self.records[kind].values() if not record.archived]

    def archived(self, kind: str) -> list[Record]:
        return [record for record in self.records[kind].values() if record.archived]

    def by_id(self, kind: str, id_: str) -> Record | None:
        """A merged id gives its survivor."""
        return self.records[kind].get(int(self.survivors.get(id_, id_)))

    def associated(self, source: str, target: str, id_: str) -> list[dict[str, Any]]:
        primary, any_ = TYPES[source, target]
        types = [{"category": "HUBSPOT_DEFINED", "typeId": any_, "label": None}]
        if primary:
            types.insert(0, {"category": "HUBSPOT_DEFINED", "typeId": primary, "label": "Primary"})
        return [{"toObjectId": int(other), "associationTypes": types} for other in self.links[source, target].get(id_, [])]

    def search(self, kind: str, groups: list[dict[str, Any]], sorts: list[Any]) -> list[Record]:
        """Records that meet all filters of any group, sorted; what was changed within the index lag is not found."""
        seen = stamps(np.array([self.world.stage.clock - INDEX_LAG]))[0]
        found = [record for record in self.live(kind) if record.modified <= str(seen)]
        if groups:
            found = [record for record in found if any(all(_meets(record, f) for f in group["filters"]) for group in groups)]
        sort = sorts[0] if sorts else "createdate"
        name = sort["propertyName"] if isinstance(sort, dict) else sort
        is_down = isinstance(sort, dict) and sort.get("direction") == "DESCENDING"
        return sorted(found, key=lambda record: (_comparable(record.properties.get(name)), record.number), reverse=is_down)


def deal_ids(world: World) -> list[str]:
    """Ids of the deals in the order in which they were opened, by the CRM that has them."""
    crm = world.accounts["crm"].to_numpy()[world.deals["account"]]
    return [f"006Kq{row:013d}" if name == CRMS[1] else str(30_000_000_003 + 7 * row) for row, name in enumerate(crm)]


def _comparable(value: Any) -> float | str:
    """Numbers and times as numbers (times in milliseconds, as filters give them), else the text."""
    text = "" if value is None else str(value)
    try:
        return float(text)
    except ValueError:
        pass
    if len(text) > 10 and text[4] == "-" and text[10] == "T":
        return float(pd.Timestamp(text).value // 1_000_000)
    return text


def _meets(record: Record, condition: dict[str, Any]) -> bool:
    operator, value = condition["operator"], record.properties.get(condition["propertyName"])
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return (value is not None) == (operator == "HAS_PROPERTY")
    if value is None:
        return operator in ("NEQ", "NOT_IN")
    if operator in ("IN", "NOT_IN"):
        return (str(value) in condition["values"]) == (operator == "IN")
    mine, theirs = _comparable(value), _comparable(condition.get("value"))
    if type(mine) is not type(theirs):
        return operator == "NEQ"
    if operator == "BETWEEN":
        return bool(theirs <= mine <= _comparable(condition["highValue"]))  # type: ignore[operator]
    tests = {"EQ": mine == theirs, "NEQ": mine != theirs}
    tests |= {"GT": mine > theirs, "GTE": mine >= theirs, "LT": mine < theirs, "LTE": mine <= theirs}  # type: ignore[operator]
    if operator not in tests:
        raise ValueError(f"operator {operator}")
    return bool(tests[operator])
