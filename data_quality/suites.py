"""data_quality/suites/{raw,marts}/<table>.json -> the suites of expectations, without importing Great Expectations.

A suite is JSON in Great Expectations' own format, severity `critical` means blocking. What is in `meta` is ours: the
suite's `table` and `where` (the rows that are judged; all where absent), and for each expectation the `aggregate` in
SQL that makes the column it judges, `which` where it helps (SQL that names the offenders, never persons), and a
`spoil`, the statement after which a test sees exactly this expectation fail. `{table}` stands for the table, `{rows}`
for those of its rows that are judged, `{as_of}` for the clock of the build.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "suites"
AS_OF = "(select as_of from raw_goodwill.clock)"
BLOCKING = "critical"  # Great Expectations' severities are critical, warning and info


@dataclass(frozen=True)
class Expectation:
    """One promise: `name` is the column of the measured row, `aggregate` the SQL expression that measures it."""

    name: str
    is_blocking: bool
    notes: str
    aggregate: str
    which: str | None
    spoil: str
    bounds: tuple[float | None, float | None]


@dataclass(frozen=True)
class Suite:
    """All promises about one table; `config` is the suite as Great Expectations reads it."""

    name: str
    layer: str
    table: str
    where: str | None
    expectations: tuple[Expectation, ...]
    config: dict[str, Any]

    @property
    def query(self) -> str:
        """One aggregate query of one row: a column for each expectation."""
        columns = ", ".join(f'{self.in_sql(expectation.aggregate)} as "{expectation.name}"' for expectation in self.expectations)
        return f"select {columns} from {self._rows}"

    @property
    def _rows(self) -> str:
        return f"(select * from {self.table} where {self.where})" if self.where else self.table

    def in_sql(self, text: str) -> str:
        """An aggregate or spoil with its placeholders filled in."""
        return text.replace("{table}", self.table).replace("{rows}", self._rows).replace("{as_of}", AS_OF)


def _expectation(config: dict[str, Any]) -> Expectation:
    kwargs, meta = config["kwargs"], config["meta"]
    return Expectation(
        name=kwargs["column"],
        is_blocking=config["severity"] == BLOCKING,
        notes=config["notes"],
        aggregate=meta["aggregate"],
        which=meta.get("which"),
        spoil=meta["spoil"],
        bounds=(kwargs.get("min_value"), kwargs.get("max_value")),
    )


def read_suite(path: Path) -> Suite:
    """The suite of a file. ValueError where its name is not that of the file, or two expectations have one name."""
    config = json.loads(path.read_text(encoding="utf-8"))
    expectations = tuple(_expectation(entry) for entry in config["expectations"])
    names = [expectation.name for expectation in expectations]
    if config["name"] != path.stem:
        raise ValueError(f"{path.name} holds the suite {config['name']!r}: a suite and its file have one name")
    if len(set(names)) < len(names):
        raise ValueError(f"{path.name} measures a column twice: each expectation has a name of its own")
    return Suite(path.stem, path.parent.name, config["meta"]["table"], config["meta"].get("where"), expectations, config)


def read_suites(layer: str, folder: Path = FOLDER) -> list[Suite]:
    """Every suite of a layer (`raw` or `marts`), in alphabetical order."""
    return [read_suite(path) for path in sorted((folder / layer).glob("*.json"))]
