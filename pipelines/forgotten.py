"""Rows of a source -> rows without anybody who asked to be forgotten: tombstones keep a re-load from bringing a person back.

A tombstone is HMAC(tombstone key, person_key) and says nothing without the secret, so a person is recognised when a key
is made of an address or an account, and nowhere else. Rows about the person are dropped; rows that hold money or somebody
else's doing stay, without the person.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipelines.entities import entities
from pipelines.keys import REMOVED, Keys
from pipelines.raw import RawTable
from pipelines.settings import Settings
from pipelines.warehouse import connect, literal, quoted, stored_columns

# Entities whose rows say something about one person, and the column that holds that person.
SUBJECTS = {
    "interactions": "actor_key",
    "interaction_addressees": "addressee_key",
    "touches": "person_key",
    "identity_links": "person_key",
    "people": "person_key",
    "memberships": "person_key",
    "surveys": "respondent_key",
    "survey_invitations": "respondent_key",
    "consents": "person_key",
    "erasures": "person_key",
    "story_submissions": "person_key",
}
LINKS = ("identity_links", "actor_key")  # a link is about both of its ends
WORDS = ("text", "permalink", "name", "evidence", "title", "label")
# An account named in a text, and the id of a Bluesky account inside the address of a post.
MENTION = re.compile(r"did:[a-z]+:[A-Za-z0-9._%-]+|@[A-Za-z0-9_](?:[\w.-]*\w)?(?:@[\w-]+(?:\.[\w-]+)+)?")


def person_columns(table: RawTable) -> list[str]:
    """Columns of a raw table that hold keys of persons."""
    of_entities = (
        {column.name for name in table.entities for column in entities()[name].columns if column.is_person} if table.scope else set()
    )
    return [name for name in table.columns if name in of_entities or name.endswith("_key")]


def vendor_ids(table: RawTable) -> dict[str, str]:
    """Column of a key -> column of the vendor's own number that it is made of, where both are stored: who is forgotten loses both."""
    twins = {name: f"{name.removesuffix('_key')}_id" for name in table.columns if name.endswith("_key")}
    return {key: id_ for key, id_ in twins.items() if id_ in table.columns}


def is_of_one_person(table: RawTable) -> bool:
    """Whether all keys of a row are the same person's, as of a browser and of who signed in: a row that loses one loses all."""
    return table.entities == ("touches",)


def subjects(table: RawTable) -> list[str]:
    """Columns whose person the row is about: it goes with any of them."""
    entity = table.entities[0] if table.entities else ""
    found = [SUBJECTS[entity]] if SUBJECTS.get(entity) in table.columns else []
    found += [key for key, id_ in vendor_ids(table).items() if id_ in table.key]
    return [*found, LINKS[1]] if entity == LINKS[0] else found


def worded(table: RawTable) -> list[str]:
    """Columns of a raw table that may name a person in words or in the address of a post."""
    if not table.holds_persons:
        return []
    of_text = [name for name, type_ in table.columns.items() if type_ in ("VARCHAR", "JSON")]
    return [name for name in of_text if name not in (*person_columns(table), "_file", "platform")]


class Forgotten:
    """Who is not to come back, in one extraction of one source."""

    def __init__(self, settings: Settings, source: str) -> None:
        self.keys: dict[str, datetime] = {}  # of the forgotten persons that this extraction met: when they asked for it
        self._back: set[str] = set()  # who was forgotten, and has consented since
        self._contacts: set[str] = set()
        self._source = source
        self._keys = Keys.of(settings)
        with connect(settings) as connection:
            present = stored_columns(connection)
            self._tombstones: dict[str, datetime] = {}
            if ("raw_goodwill", "tombstones") in present:
                self._tombstones = dict(
                    connection.execute("select tombstone, max(requested_at) from raw_goodwill.tombstones group by all").fetchall()
                )
            self._returned: dict[str, datetime] = {}
            if self._tombstones and ("raw_files", "consents") in present:
                granted = "select person_key, max(recorded_at) from raw_files.consents where is_granted group by all"
                self._returned = dict(connection.execute(granted).fetchall())

    def __bool__(self) -> bool:
        return bool(self._tombstones)

    def meet(self, made: str, **person: Any) -> None:
        """Remember a key that has just been made, where its person asked to be forgotten and has not come back."""
        if not self._tombstones or made in self.keys or made in self._back:
            return
        requests = [self._tombstones[found] for found in self._keys.tombstones(**person) if found in self._tombstones]
        if requests and made in self._returned and self._returned[made] > max(requests):
            self._back.add(made)
        elif requests:
            self.keys[made] = max(requests)

    def rows(self, table: RawTable, rows: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Rows of an API without the forgotten."""
        persons, about, texts, numbers = person_columns(table), subjects(table), worded(table), vendor_ids(table)
        for row in rows:
            if numbers and any(row.get(name) in self._back for name in persons):
                self._back |= {row[name] for name in numbers}  # the consent is theirs whatever they are called
                self.keys = {key: requested_at for key, requested_at in self.keys.items() if key not in self._back}
            named = [name for name in persons if row.get(name) in self.keys]
            if "contact_id" in table.columns:
                if named and "contact_id" in table.key:
                    self._contacts.add(row["contact_id"])
                if table.entities == ("touches",) and row.get("contact_id") in self._contacts:
                    continue
            if any(name in about for name in named):
                continue
            changed: dict[str, Any] = dict.fromkeys(persons if named and is_of_one_person(table) else named)
            changed |= {numbers[name]: self._keys.remnant(row[numbers[name]]) for name in named if name in numbers}
            if named and "text" in table.columns:
                changed["text"] = None
            for name in texts:
                value = row.get(name)
                if isinstance(value, str) and ("@" in value or "did:" in value) and name not in table.key:
                    clean = self.clean(value, is_text=name in WORDS, platform=self._source)
                    if clean != value:
                        changed[name] = clean
            yield {**row, **changed} if changed else row

    def clean(self, text: str, is_text: bool, platform: str) -> str:
        """A text without mentions of the forgotten; an id keeps telling things apart, without telling whose they are."""

        def replaced(found: re.Match[str]) -> str:
            name = found[0]
            if not self._is_forgotten(platform, name.removeprefix("@")):
                return name
            return REMOVED if is_text else self._keys.remnant(name)

        return MENTION.sub(replaced, text)

    @cache  # noqa: B019, one extraction long
    def _is_forgotten(self, platform: str, name: str) -> bool:
        return any(found in self._tombstones for found in self._keys.tombstones(account=(platform, name)))

    def parquet(self, table: RawTable, path: Path) -> None:
        """The rows of a file of the drop without the forgotten; the file is replaced. A consent given afterwards brings its person back."""
        with duckdb.connect() as connection:
            if self.keys and table.entities == ("consents",):
                granted = f"select person_key, max(recorded_at) from {literal(str(path))} where is_granted group by all"
                for key, recorded_at in connection.execute(granted).fetchall():
                    if key in self.keys and recorded_at > self.keys[key]:
                        del self.keys[key]
                        self._returned[key] = recorded_at
            selected = self._without(table, connection, path)
            if selected is not None:
                whole = path.with_suffix(".all.parquet")
                path.rename(whole)
                connection.execute(
                    f"copy ({selected} from read_parquet({literal(str(whole))}) as given {self._kept(table)}) to {literal(str(path))} (format parquet)"
                )
                whole.unlink()

    def _list(self) -> str:
        return f"[{', '.join(literal(key) for key in sorted(self.keys))}]::varchar[]"

    def _kept(self, table: RawTable) -> str:
        gone = [f"coalesce(list_contains({self._list()}, {quoted(name)}), false)" for name in subjects(table)]
        return f"where not ({' or '.join(gone)})" if gone else ""

    def _without(self, table: RawTable, connection: duckdb.DuckDBPyConnection, path: Path) -> str | None:
        """The rows of a file, as the beginning of a query; None where nobody in them is forgotten."""
        persons = [f"coalesce(list_contains({self._list()}, {quoted(name)}), false)" for name in person_columns(table)]
        replaced = {
            name: f"case when not {is_named} then {quoted(name)} end" for name, is_named in zip(person_columns(table), persons, strict=True)
        }
        texts = worded(table)
        if "text" in texts and persons:
            replaced["text"] = f"case when not ({' or '.join(persons)}) then text end"
        mentions = f"select distinct unnest(regexp_extract_all(concat_ws(' ', {', '.join(map(quoted, texts))}), {literal(MENTION.pattern)})) as name"
        platform = "platform" if "platform" in table.columns else "null::varchar"
        found = (
            connection.execute(
                f"select distinct name, platform from ({mentions}, {platform} as platform from {literal(str(path))})"
            ).fetchall()
            if texts
            else []
        )
        for name, of_platform in found:
            if of_platform is None or not self._is_forgotten(of_platform, name.removeprefix("@")):
                continue
            for column in texts:
                new = REMOVED if column in WORDS else self._keys.remnant(name)
                before = replaced.get(column, quoted(column))
                replaced[column] = f"replace({before}, {literal(name)}, {literal(new)})"
        if (
            not self.keys
            and not replaced.keys() - set(person_columns(table)) - {"text"}
            and not any("replace(" in sql for sql in replaced.values())
        ):
            return None
        return f"select * replace ({', '.join(f'{sql} as {quoted(name)}' for name, sql in replaced.items())})" if replaced else "select *"
