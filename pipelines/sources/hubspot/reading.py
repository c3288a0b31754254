"""HubSpot's answers -> rows: the list first, then what was modified since; the archive and merges for what is gone."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pipelines.http import Client, Pages, expect, stamp, utc
from pipelines.known import known_rows
from pipelines.raw import Extraction, literals
from pipelines.sources.hubspot.records import CONTACTS, KINDS, TOUCHES, Kind
from pipelines.sources.hubspot.visits import moment, visits

NAME = "hubspot"
LOOKBACK = timedelta(hours=1)  # the search index lags behind the records
WALL = 10_000  # results that one search gives, whatever it finds
DAILY = timedelta(hours=20)
PRIMARY = {1, 5}  # HubSpot's own association types of contacts and deals with the company that is marked as primary


class HubSpot:
    def __init__(self, run: Extraction, client: Client) -> None:
        self.run, self.client = run, client
        self.not_addresses = 0
        self.segment = run.settings.get("segment_property") or "segment"

    def read(self) -> None:
        is_first = not self.run.state
        self.account()
        self.stages()
        self.owners()
        if is_first:
            self.keep_touches()
        for kind in KINDS:
            self.records(kind)
        if self.not_addresses:
            self.run.warn(
                f"{self.not_addresses} contacts or owners have something else than an e-mail address as e-mail; they got no person key"
            )

    def account(self) -> None:
        """The portal's own currency, in which deals stand that name none. A token may lack the right to ask."""
        answer = self.client.get("/account-info/v3/details", allow=(401, 403, 404))
        if answer.body is not None:
            details = expect(answer, NAME, "account-info", kind=dict)
            row = {"portal_id": str(details["portalId"]), "currency": details.get("companyCurrency")}
            self.run.write("currency", [row], answer.answered_at)

    def stages(self) -> None:
        answer = self.client.get("/crm/v3/pipelines/deals")
        rows = [
            {
                "pipeline_id": str(pipeline["id"]),
                "stage_id": str(stage["id"]),
                "label": stage.get("label"),
                "is_closed": _text((stage.get("metadata") or {}).get("isClosed")),
                "probability": _text((stage.get("metadata") or {}).get("probability")),
            }
            for pipeline in expect(answer, NAME, "pipelines", "results")
            for stage in pipeline.get("stages") or []
        ]
        self.run.listed("stages", [str(pipeline["id"]) for pipeline in answer.body["results"] if pipeline.get("stages")])
        self.run.write("stages", rows, answer.answered_at)

    def owners(self) -> None:
        """Owners who have left stay owners of what they owned, so the archived ones are read too."""
        for archived in ("false", "true"):
            for at, page in self._list("/crm/v3/owners", {"limit": 100, "archived": archived}):
                rows = [{"owner_id": str(owner["id"]), "person_key": self._key(owner.get("email")), "team": _team(owner)} for owner in page]
                self.run.listed("owners", [str(owner["id"]) for owner in page])
                self.run.write("owners", rows, at)

    def keep_touches(self) -> None:
        """HubSpot knows a contact's first and latest visit only; those between were stored when they were the latest, and are not given again."""
        columns = list(TOUCHES.columns)
        rows = self.run.stored(f"select {', '.join(columns)}, _observed_at from touches")
        for *values, observed_at in rows:
            row = dict(zip(columns, values, strict=True))
            self.run.write("touches", [{**row, "occurred_at": stamp(row["occurred_at"])}], utc(observed_at))

    def records(self, kind: Kind) -> None:
        endpoint, asking = f"/crm/v3/objects/{kind.name}", {"limit": 100, "properties": ",".join(self._properties(kind))}
        place = self.run.state.setdefault(kind.name, {})
        since = place.get("since")
        total, now = self._total(kind)
        stored = {id_ for (id_,) in self.run.stored(f"select {kind.id} from {kind.name} where deleted_at is null and merged_into is null")}
        merged: set[str] = set()
        seen: set[str] = set()

        def take(pages: Iterator[tuple[datetime, list[Any]]]) -> None:
            for at, page in pages:
                seen.update(self._write(kind, page, at))
                merged.update(self._write_merged(kind, page, at))

        take(self._search(kind, utc(since) - LOOKBACK) if since else self._list(endpoint, asking))
        if not place.get("archive_read_at") or now - utc(place["archive_read_at"]) >= DAILY:
            place["archive_read_at"] = stamp(now)
            archived: set[str] = set()
            for at, page in self._list(endpoint, {**asking, "archived": "true"}):
                self.run.write(kind.name, [self._tombstone(kind, record) for record in page], at)
                archived |= {str(record["id"]) for record in page}
            if since and total is not None and total != len((stored | seen) - archived - merged):
                # Something came or went that no search and no archive showed (a permanent deletion is one): what is not listed is gone.
                seen.clear()
                take(self._list(endpoint, asking))
                gone = stored - seen - archived - merged
                self.run.write(kind.name, [{kind.id: id_, "deleted_at": stamp(now)} for id_ in sorted(gone)], now)
        if total is not None:
            self.run.reconcile(kind.name, total)
        place["since"] = stamp(now)

    # Asking

    def _properties(self, kind: Kind) -> list[str]:
        return [self.segment if name == "segment" else name for name in (*kind.properties, *kind.hidden)]

    def _list(self, endpoint: str, params: Mapping[str, Any]) -> Iterator[tuple[datetime, list[Any]]]:
        pages, after = Pages(NAME, endpoint, "after"), None
        while True:
            answer = self.client.get(endpoint, {**params, **({"after": after} if after else {})})
            yield answer.answered_at, expect(answer, NAME, endpoint, "results")
            after = _after(answer.body)
            if after is None:
                return
            pages.follow(after)

    def _search(self, kind: Kind, since: datetime) -> Iterator[tuple[datetime, list[Any]]]:
        """What was modified since, by id: a search ends at 10,000 results, the next one starts behind the last id, which no two records share."""
        endpoint = f"/crm/v3/objects/{kind.name}/search"
        modified = {"propertyName": kind.modified, "operator": "GTE", "value": str(int(since.timestamp() * 1000))}
        starts, behind, last_id = Pages(NAME, endpoint, "last id"), list[dict[str, str]](), ""
        while True:
            pages, count = Pages(NAME, endpoint, "after"), 0
            asking: dict[str, Any] = {
                "filterGroups": [{"filters": [modified, *behind]}],
                "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
                "properties": self._properties(kind),
                "limit": 100,
            }
            while count < WALL:
                answer = self.client.post(endpoint, asking)
                page = expect(answer, NAME, endpoint, "results")
                yield answer.answered_at, page
                count += len(page)
                last_id = str(page[-1]["id"]) if page else last_id
                after = _after(answer.body)
                if after is None:
                    return
                pages.follow(after)
                asking["after"] = after
            starts.follow(last_id)
            behind = [{"propertyName": "hs_object_id", "operator": "GT", "value": last_id}]

    def _total(self, kind: Kind) -> tuple[int | None, datetime]:
        answer = self.client.post(f"/crm/v3/objects/{kind.name}/search", {"filterGroups": [], "limit": 1, "properties": ["hs_object_id"]})
        total = answer.body.get("total")
        return total if isinstance(total, int) else None, answer.answered_at

    def _associated(self, kind: Kind, other: str, ids: Sequence[str]) -> dict[str, str]:
        """id -> id of the other kind: the primary one, else the first by number. Records without any are not in the answer."""
        endpoint = f"/crm/v4/associations/{kind.name}/{other}/batch/read"
        found: dict[str, list[tuple[bool, int, str]]] = {}
        asking: list[dict[str, str]] = [{"id": id_} for id_ in ids]
        pages = Pages(NAME, endpoint, "after")
        while asking:
            answer = self.client.post(endpoint, {"inputs": asking})
            asking = []
            for result in expect(answer, NAME, endpoint, "results"):
                id_ = str((result.get("from") or result["_from"])["id"])
                for target in result["to"]:
                    is_primary = any(type_.get("typeId") in PRIMARY for type_ in target.get("associationTypes") or [])
                    target_id = str(target["toObjectId"])
                    found.setdefault(id_, []).append((not is_primary, len(target_id), target_id))
                if after := _after(result):
                    pages.follow((id_, after))
                    asking.append({"id": id_, "after": after})
        return {id_: min(targets)[2] for id_, targets in found.items()}

    # Writing

    def _write(self, kind: Kind, records: list[Any], at: datetime) -> set[str]:
        ids = [str(record["id"]) for record in records]
        targets = {column: self._associated(kind, other, ids) if ids else {} for other, column in kind.associations}
        rows = []
        for id_, record in zip(ids, records, strict=True):
            row = self._row(kind, record)
            for column, found in targets.items():
                row[column] = found.get(id_)
            if kind is CONTACTS:
                row["company_id"] = row["company_id"] or record["properties"].get("associatedcompanyid") or None
                came = list(visits(id_, record["properties"]))
                self.run.listed("touches", [visit["touch_id"] for visit in came])
                self.run.write("touches", came, at)
            rows.append(row)
        self.run.write(kind.name, rows, at)
        return set(ids)

    def _write_merged(self, kind: Kind, records: list[Any], at: datetime) -> set[str]:
        """Who was merged into these: their rows stay, with the survivor's id, since their person may stand in revenue."""
        into = {
            id_.strip(): str(record["id"])
            for record in records
            for id_ in (record["properties"].get("hs_merged_object_ids") or "").split(";")
            if id_.strip()
        }
        if into:
            rows: dict[str, dict[str, Any]] = {id_: {kind.id: id_} for id_ in into}
            for row in known_rows(self.run, kind.name, kind.table().columns, f"{kind.id} in ({literals(into)})"):
                rows[row[kind.id]] = row
            self.run.write(kind.name, [{**row, "merged_into": into[id_], "deleted_at": None} for id_, row in rows.items()], at)
        return set(into)

    def _row(self, kind: Kind, record: Mapping[str, Any]) -> dict[str, Any]:
        properties = record["properties"]
        row: dict[str, Any] = {kind.id: str(record["id"])}
        for name, type_ in kind.properties.items():
            value = properties.get(self.segment if name == "segment" else name)
            row[name] = moment(value) if type_ == "TIMESTAMP" else value or None  # an emptied property is an empty text
        if kind.holds_persons:
            row["person_key"] = self._key(properties.get("email"))
        return row

    def _tombstone(self, kind: Kind, record: Mapping[str, Any]) -> dict[str, Any]:
        created_at = moment(record["properties"].get("createdate")) or stamp(record.get("createdAt"))
        return {kind.id: str(record["id"]), "createdate": created_at, "deleted_at": stamp(record.get("archivedAt")) or created_at}

    def _key(self, email: str | None) -> str | None:
        try:
            return self.run.person_key(email=email)
        except ValueError:
            self.not_addresses += 1
            return None


def _text(value: Any) -> str | None:
    return None if value is None else str(value).lower()


def _team(owner: Mapping[str, Any]) -> str | None:
    teams = owner.get("teams") or []
    return next((team.get("name") for team in teams if team.get("primary")), teams[0].get("name") if teams else None)


def _after(part: Mapping[str, Any]) -> str | None:
    after = ((part.get("paging") or {}).get("next") or {}).get("after")
    return None if after is None else str(after)
