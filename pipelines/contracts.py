"""The marts' contracts -> dbt_project/contracts.json: what readers were promised, so that no table loses or retypes a column without a word.

A breaking change is a new version of the model (dbt versions): a table of its own (`core.posts_v2`), beside which the old one
stays, as it was, until its deprecation date. `python -m pipelines.metrics` (part of `make docs`) records what was added.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from pipelines.settings import PROJECT

MARTS = PROJECT / "dbt_project" / "models" / "marts"
RECORDED = PROJECT / "dbt_project" / "contracts.json"
CURE = "keep it, and give the model a new version (docs/versions.md)"


class ContractError(Exception):
    """What readers rely on would break; the message names table and column, and the cure."""


@dataclass(frozen=True)
class Version:
    """One version of a mart: the first bears the mart's name, each later one a name of its own."""

    table: str
    number: int
    file: str
    columns: list[dict[str, Any]]
    deprecated_on: date | None

    @property
    def types(self) -> dict[str, str]:
        return {column["name"]: column["data_type"] for column in self.columns}


def _columns(model: dict[str, Any], version: dict[str, Any]) -> list[dict[str, Any]]:
    """dbt's rule: those of the model that `include` names and `exclude` does not, and the version's own instead of or after them."""
    said = version.get("columns", [{"include": "all"}])
    taken: dict[str, dict[str, Any]] = {}
    for item in said:
        if "include" in item or "exclude" in item:
            included, excluded = item.get("include", "all"), item.get("exclude", ())
            taken |= {
                each["name"]: each
                for each in model["columns"]
                if (included in ("all", "*") or each["name"] in included) and each["name"] not in excluded
            }
    return list((taken | {item["name"]: item for item in said if "name" in item}).values())


def versions(model: dict[str, Any], schema: str) -> list[Version]:
    """Every version of a mart as its yml has them; a model without versions is the first."""
    name = model["name"].removeprefix(f"{schema}_")
    found = []
    for version in model.get("versions") or [{"v": 1, "defined_in": model["name"]}]:
        number, until = int(version["v"]), version.get("deprecation_date", model.get("deprecation_date"))
        found.append(
            Version(
                table=f"{schema}.{name}" + (f"_v{number}" if number > 1 else ""),
                number=number,
                file=version.get("defined_in", f"{model['name']}_v{number}"),
                columns=_columns(model, version),
                deprecated_on=date.fromisoformat(str(until)[:10]) if until else None,
            )
        )
    return found


def contracts(folder: Path = MARTS) -> dict[str, Version]:
    """Every version of every mart by the table that readers know."""
    return {
        version.table: version
        for path in sorted(folder.glob("*/[!_]*.yml"))
        for version in versions(yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0], path.parent.name)
    }


def broken(recorded: Mapping[str, Mapping[str, Any]], now: Mapping[str, Version], today: date) -> list[str]:
    """What of the recorded promises does not hold any more, in words; empty where readers lose nothing."""
    said = []
    for table, was in recorded.items():
        until = date.fromisoformat(was["deprecated_on"]) if was.get("deprecated_on") else None
        if table not in now:
            if until is None:
                said.append(
                    f"{table} is gone without a day on which it was to go: bring it back, and give it a deprecation_date (docs/versions.md)"
                )
            elif today < until:
                said.append(f"{table} is gone, and its readers have it until {until}: bring it back until then")
            continue
        types = now[table].types
        for column, type_ in was["columns"].items():
            if column not in types:
                said.append(f"{table}.{column} is gone, and whoever reads it would break: {CURE}")
            elif types[column] != type_:
                said.append(f"{table}.{column} was {type_} and is {types[column]}, and whoever reads it would not be told: {CURE}")
        if until and (now[table].deprecated_on or date.max) < until:
            said.append(f"{table} was promised until {until}: its deprecation_date may be put off, not brought forward")
    for version in now.values():
        if version.number > 1:
            first = version.table.removesuffix(f"_v{version.number}")
            before = now.get(first + (f"_v{version.number - 1}" if version.number > 2 else ""))
            if before and before.deprecated_on is None:
                said.append(
                    f"{before.table} has a successor, {version.table}, and no deprecation_date: say until when it stays (docs/versions.md)"
                )
    return said


def recorded(path: Path = RECORDED) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def text(now: Mapping[str, Version]) -> str:
    """The file's text: a line for each table, so that two changes meet only where they touch the same one."""
    lines = []
    for table in sorted(now):
        until = {"deprecated_on": str(now[table].deprecated_on)} if now[table].deprecated_on else {}
        lines.append(f"{json.dumps(table)}: {json.dumps({**until, 'columns': now[table].types})}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def record(folder: Path = MARTS, path: Path = RECORDED, today: date | None = None) -> None:
    """Write down what is promised now. ContractError where something of what was promised before does not hold."""
    now = contracts(folder)
    if said := broken(recorded(path), now, today or date.today()):
        raise ContractError("\n".join(said))
    path.write_text(text(now), encoding="utf-8")
