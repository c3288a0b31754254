"""Sources, their staging contracts and core.coverage -> docs/sources.md: what each source can give, and what of it came.

`python -m pipelines.matrix` writes it from what is published (WAREHOUSE_PATH and so on as for a run).
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import duckdb
import yaml

from pipelines.entities import entities
from pipelines.settings import PROJECT, read_settings
from pipelines.sources import discover

STAGING = PROJECT / "dbt_project" / "models" / "staging"
PAGE = PROJECT / "docs" / "sources.md"
GIVEN = "select source, entity, measure from core.coverage where state = 'given' and source <> 'goodwill'"
HEAD = """# What each source gives

Written by `python -m pipelines.matrix` from the code and from `core.coverage` of the demo company; not by hand.
**yes** came from the demo company, *can* is declared and did not come from it, an empty cell is not given by that source.
The file drop takes every column of [the model](../dbt_project/models/staging/files) and is left out here.
"""


def declared() -> dict[tuple[str, str], list[str]]:
    """(entity, source) -> measures that its staging model declares."""
    found = {}
    for source in discover():
        for path in sorted((STAGING / source).glob("stg_*.yml")) if source != "files" else ():
            columns = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]["columns"]
            names = [column["name"] for column in columns if column["name"] != "source" and not column["name"].startswith("_")]
            found[path.stem.partition("__")[2], source] = names
    return found


def page(given: Iterable[tuple[str, str, str]]) -> str:
    """The matrix as Markdown; `given` are (source, entity, measure) of core.coverage."""
    came, of_contracts = set(given), declared()
    of_entity: dict[str, list[str]] = defaultdict(list)
    for entity, source in sorted(of_contracts):
        of_entity[entity].append(source)
    parts = [HEAD]
    for entity, sources in of_entity.items():
        can = {source: set(of_contracts[entity, source]) for source in sources}
        parts.append(f"## {entity}\n\n| measure | {' | '.join(sources)} |\n|---|{'---|' * len(sources)}")
        for column in entities()[entity].columns:
            cells = ["**yes**" if (s, entity, column.name) in came else "*can*" if column.name in can[s] else "" for s in sources]
            if any(cells):
                parts[-1] += f"\n| {column.name} | {' | '.join(cells)} |"
        parts[-1] += "\n"
    return "\n".join(parts)


def read_given(published: Path) -> list[tuple[str, str, str]]:
    with duckdb.connect(str(published), read_only=True) as connection:
        return [(source, entity, measure) for source, entity, measure in connection.execute(GIVEN).fetchall()]


if __name__ == "__main__":
    PAGE.write_text(page(read_given(read_settings().published_path)), encoding="utf-8")
