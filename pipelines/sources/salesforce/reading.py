"""Salesforce's answers -> rows: what was modified since, by SOQL; deleted and merged records come with it, until their bin is emptied."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.exchange import Response
from pipelines.http import Client, Pages, SourceError, error_code, expect, stamp, utc
from pipelines.known import known_rows
from pipelines.raw import Extraction, literals
from pipelines.sources.salesforce.records import KINDS, SEGMENT, Kind

NAME = "salesforce"
LOOKBACK = timedelta(minutes=30)  # a transaction that commits late has an earlier SystemModstamp
DAILY = timedelta(hours=20)
UNTIL_TOMORROW = 24 * 3600.0


def busy(response: Response) -> float | None:
    """An org has so many requests a day: what it refuses today it gives tomorrow."""
    return UNTIL_TOMORROW if response.status_code == 403 and error_code(response) == "REQUEST_LIMIT_EXCEEDED" else None


class Salesforce:
    def __init__(self, run: Extraction, client: Client) -> None:
        self.run, self.client = run, client
        self.root = f"/services/data/v{run.settings['api_version']}"
        self.pages = Pages(NAME, "query", "nextRecordsUrl")
        self.not_addresses = 0

    def read(self) -> None:
        for kind in KINDS:
            self.records(kind)
        if self.not_addresses:
            self.run.warn(f"{self.not_addresses} persons have something else than an e-mail address as e-mail; they got no key")

    def records(self, kind: Kind) -> None:
        answer = self.client.get(f"{self.root}/sobjects/{kind.object}/describe", allow=(403, 404))
        if answer.body is None:
            self.run.warn(f"{kind.object} may not be read: give the user of the connected app the right to")
            return
        now, there = answer.answered_at, {field["name"] for field in expect(answer, NAME, kind.object, "fields")}
        place = self.run.state.setdefault(kind.name, {})
        since = place.get("since")
        asked = {"Id", "SystemModstamp", *({"Email"} if kind.holds_persons else ()), *({"IsDeleted"} & there)}
        asked |= {self._field(field) for field, _ in kind.fields.values()} & there
        where = f" WHERE SystemModstamp >= {_literal(utc(since) - LOOKBACK)}" if since and "SystemModstamp" in there else ""
        asked &= there
        order = "SystemModstamp, Id" if "SystemModstamp" in there else "Id"
        seen: set[str] = set()
        gone: set[str] = set()
        for at, page in self._query("queryAll", kind, f"SELECT {', '.join(sorted(asked))} FROM {kind.object}{where} ORDER BY {order}"):
            rows = [self._row(kind, record) for record in page]
            seen |= {row[kind.id] for row in rows}
            gone |= {row[kind.id] for row in rows if row["deleted_at"]}
            self.run.write(kind.name, rows, at)
        place["since"] = stamp(now)
        self._reconcile(kind, place, now, seen, gone, is_first=since is None)
        if kind.object == "OpportunityStage" and self.run.settings.get("currency"):
            self.run.write("currency", [{"org": "own", "currency": self.run.settings["currency"].upper()}], now)

    def _reconcile(self, kind: Kind, place: dict[str, Any], now: datetime, seen: set[str], gone: set[str], is_first: bool) -> None:
        """What left the bin is told by nobody: where Salesforce counts otherwise, its ids are listed, at most once a day."""
        answer = self.client.get(f"{self.root}/query", {"q": f"SELECT COUNT() FROM {kind.object}"})
        total = expect(answer, NAME, "query", kind=dict).get("totalSize")
        if not isinstance(total, int):
            return
        self.run.reconcile(kind.name, total)
        stored = {id_ for (id_,) in self.run.stored(f"select {kind.id} from {kind.name} where deleted_at is null")}
        last = place.get("listed_at")
        if is_first or total == len((stored | seen) - gone) or (last and now - utc(last) < DAILY):
            return
        place["listed_at"] = stamp(now)
        listed = {record["Id"] for _, page in self._query("query", kind, f"SELECT Id FROM {kind.object} ORDER BY Id") for record in page}
        missing = stored - seen - listed - gone
        columns = [name for name in kind.table().columns if name != "person_key"]
        where = f"{kind.id} in ({literals(sorted(missing))})" if missing else "false"
        for row in known_rows(self.run, kind.name, columns, where):
            self.run.write(kind.name, [{**row, "deleted_at": stamp(now)}], now)

    def _query(self, endpoint: str, kind: Kind, soql: str) -> Iterator[tuple[datetime, list[Mapping[str, Any]]]]:
        answer = self.client.get(f"{self.root}/{endpoint}", {"q": soql})
        while True:
            records = expect(answer, NAME, endpoint, "records")
            yield answer.answered_at, [record for record in records if record["attributes"]["type"] == kind.object]
            following = answer.body.get("nextRecordsUrl")
            if answer.body.get("done") is not False or not following:
                return
            if not following.startswith("/services/data/"):
                raise SourceError(f"{NAME}: {endpoint} names its next page by an address that is none of its own")
            self.pages.follow(following)
            answer = self.client.get(following)

    def _field(self, field: str) -> str:
        return self.run.settings["segment_field"] if field == SEGMENT else field

    def _row(self, kind: Kind, record: Mapping[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {kind.id: record["Id"], "modified_at": stamp(record.get("SystemModstamp"))}
        for column, (field, type_) in kind.fields.items():
            value = record.get(self._field(field))
            row[column] = stamp(value) if type_ == "TIMESTAMP" else value if type_ == "BOOLEAN" or value is None else str(value)
        if kind.holds_persons:
            row["person_key"] = self._key(record.get("Email"))
        return row | {"deleted_at": stamp(record.get("SystemModstamp")) if record.get("IsDeleted") else None}

    def _key(self, email: str | None) -> str | None:
        try:
            return self.run.person_key(email=email)
        except ValueError:
            self.not_addresses += 1
            return None


def _literal(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
