"""Rows of the inbox -> the same rows without a person, told by their values as the loader tells them."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.entities import Entity
from pipelines.erase.persons import Person
from pipelines.erase.spellings import Words
from pipelines.forgotten import LINKS, SUBJECTS
from pipelines.keys import REMOVED, Keys
from pipelines.settings import Settings

GONE: dict[str, Any] = {}  # what `Rows.edited` gives for a row that goes


class Finder:
    """Tells a person's columns by their values, as the loader would, and words in texts by themselves."""

    def __init__(self, settings: Settings, person: Person, is_trial: bool = False) -> None:
        self.person = person
        self._words = Words(() if is_trial else person.words)  # which a trial only collects
        self._keys = Keys.of(settings)
        self._known: dict[tuple[str, str, str], bool] = {}

    def is_person(self, way: str, value: str, platform: str) -> bool:
        asked = (way.rpartition("_")[2], value, platform)
        if asked not in self._known:
            self._known[asked] = self._key(way, value, platform) in self.person.keys
            if (
                not self._known[asked]
                and way.endswith("_key")
                and self._key(f"{way.removesuffix('_key')}_email", value, platform) in self.person.keys
            ):
                self._known[asked] = True  # an address that is given as a key
                self.person.keys.add(self._keys.given(value))
                self.person.name_address(value)
            if self._known[asked] and not way.endswith("_key"):
                if way.endswith("_email"):
                    self.person.name_address(value)
                else:
                    self.person.name(value.strip())
                if way.endswith("_platform_id"):
                    self.person.accounts.add((platform.lower(), value.strip()))
        return self._known[asked]

    def _key(self, way: str, value: str, platform: str) -> str | None:
        try:
            if way.endswith("_platform_id"):
                return self._keys.account(platform, value)
            return self._keys.email(value) if way.endswith("_email") else self._keys.given(value)
        except ValueError:
            return None

    def unnamed(self, value: Any, is_id: bool = False) -> Any:
        """The value without words of the person, the very same where there are none. Ids are joined on: in one a remnant tells persons apart."""
        if isinstance(value, dict):
            changed = {self.unnamed(name): self.unnamed(of_name) for name, of_name in value.items()}
            return changed if changed != value else value
        if isinstance(value, list):
            items = [self.unnamed(item) for item in value]
            return items if items != value else value
        if not isinstance(value, str) or not (standing := self._words.standing(value)):
            return value
        return self._words.taken_out(value, self._keys.remnant(standing[0]) if is_id else REMOVED)


class Rows:
    """The rows of one file. Of an event export the numbers of those that go are given, since whose one is depends on the others."""

    def __init__(self, entity: Entity, finder: Finder, of_export: set[int] | None) -> None:
        self._entity = entity
        self._finder = finder
        self._of_export = of_export
        self._about = {SUBJECTS.get(entity.name)} | ({LINKS[1]} if entity.name == LINKS[0] else set())

    def ways(self, columns: Iterable[str]) -> dict[str, list[str]]:
        """Person column of the entity -> columns of the file that give it."""
        given = set() if self._of_export is not None else set(columns)
        of_people = (column for column in self._entity.columns if column.is_person)
        ways = {c.name: [w for w in (f"{c.stem}_platform_id", f"{c.stem}_email", c.name) if w in given] for c in of_people}
        return {name: found for name, found in ways.items() if found}

    def edited(self, number: int, row: Mapping[str, Any], ways: Mapping[str, list[str]] | None = None) -> Mapping[str, Any]:
        """The row itself where the person is not in it, GONE where it is about the person, else the row without the person. Rows count from 1."""
        if self._of_export is not None:
            # the loader takes who stands as REMOVED in an export for nobody, so that a remnant would only make a person of them
            return GONE if number in self._of_export else self._finder.unnamed(row)
        ways = self.ways(row) if ways is None else ways
        platform = str(row.get("platform") or "")
        named = [
            name
            for name, given in ways.items()
            if any(row.get(way) and self._finder.is_person(way, str(row[way]), platform) for way in given)
        ]
        if self._about & set(named) or ("author_key" in named and str(row.get("is_brand")).lower() == "false"):
            return GONE
        changed: dict[str, Any] = {way: None for name in named for way in ways[name]}
        if named and row.get("text"):
            changed["text"] = None
        people = {way for given in ways.values() for way in given}
        for name, value in row.items():
            if name not in people and name not in changed and (clean := self._finder.unnamed(value, name.endswith("_id"))) is not value:
                changed[name] = clean
        return {**row, **changed} if changed else row
