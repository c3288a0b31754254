"""Entity contracts -> Python: the columns, keys and closed vocabularies of every entity, read from dbt_project/models/staging/files."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

CONTRACTS = Path(__file__).resolve().parent.parent / "dbt_project" / "models" / "staging" / "files"
PREFIX = "stg_files__"


@dataclass(frozen=True)
class Column:
    """One column of an entity; `type` is a DuckDB type, `is_person` means that its value becomes a key before it is stored."""

    name: str
    type: str
    is_required: bool
    is_person: bool
    values: tuple[str, ...]
    unless: tuple[str, ...] = ()  # what may be given in place of a required column, all of them
    holds: str = ""  # SQL over the columns of a row that must not be false, or the file is refused
    cure: str = ""  # what to say then, after "the value"

    @property
    def stem(self) -> str:
        """`actor_key` -> `actor`: a file may give `actor_email`, `actor_platform_id` or `actor_key`."""
        return self.name.removesuffix("_key").removesuffix("_id")


@dataclass(frozen=True)
class Entity:
    """One entity of the model: what a file below inbox/<name>/ may contain."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def _entity(path: Path) -> Entity:
    model = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
    columns = []
    for column in model["columns"]:
        if column["name"] == "source" or column["name"].startswith("_"):
            continue
        meta = column.get("config", {}).get("meta", {})
        columns.append(
            Column(
                name=column["name"],
                type=column["data_type"],
                is_required=meta.get("required", False),
                is_person=meta.get("person", False),
                values=tuple(meta.get("values", ())),
                unless=tuple(meta.get("unless", ())),
                holds=meta.get("holds", ""),
                cure=meta.get("cure", ""),
            )
        )
    return Entity(
        name=path.stem.removeprefix(PREFIX),
        description=model["description"],
        key=tuple(model["config"]["meta"]["key"]),
        columns=tuple(columns),
    )


@cache
def entities() -> dict[str, Entity]:
    """Every entity by name, in alphabetical order."""
    return {(entity := _entity(path)).name: entity for path in sorted(CONTRACTS.glob(f"{PREFIX}*.yml"))}
