"""The dbt project's files -> what its models lack by the rules of the house, each with the file and the cure.

`goodwill models` tells it, `make lint` and the tests ask for it. What only the built model shows (whether its columns are
those of its contract, whether its grain is unique) is told by `dbt build`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from pipelines.publish import TIERS, person_columns
from pipelines.settings import PROJECT

CLOCKS = re.compile(
    r"\b(current_timestamp|current_date|current_time|localtimestamp|get_current_timestamp|now\s*\(|today\s*\(|_dlt_load_id|_run\b)", re.I
)
# What a double is called that is no sum: a share of something, or the limit of an interval.
RATIO = re.compile(
    r"(^|_)(rate|ratio|share|i?roi|i?roas|cac|nrr|grr|churn|density|reciprocity|index|gini|parity|pct|p_alive|survival|lo|hi)$"
    r"|_rate_by_|^roi_|^attributed_roi"
)
SUMMED = re.compile(r"\b(sum|avg|mean)\s*\(", re.I)
MADE_HERE = re.compile(r"\bratio\((?:(?!\}\}).)*\}\}\s+as\s+(\w+)", re.S)
OF_ANY_KIND = re.compile(r"ref\(\s*'(relationships_indicators|board_scorecard)'")  # their `value` may be a share
COMMENTS = re.compile(r"\{#.*?#\}|--[^\n]*", re.S)
HOW_TO_SUM = "write {{ ratio('sum(numerator)', 'sum(denominator)') }} over what the ratio was made of"


@dataclass(frozen=True)
class Fault:
    """What is wrong in a file (below the project's folder), and what to write instead."""

    file: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}\n        cure: {self.cure}"


@dataclass(frozen=True)
class Model:
    """One model as its files have it; `said` is empty where nothing describes it."""

    sql_path: Path
    yml_path: Path
    said: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.sql_path.stem

    @property
    def is_mart(self) -> bool:
        return "marts" in self.sql_path.parts

    @cached_property
    def columns(self) -> dict[str, Mapping[str, Any]]:
        return {column["name"]: column for column in self.said.get("columns") or ()}

    @cached_property
    def sql(self) -> str:
        return COMMENTS.sub(lambda comment: "\n" * comment[0].count("\n"), self.sql_path.read_text(encoding="utf-8"))

    @property
    def meta(self) -> Mapping[str, Any]:
        return (self.said.get("config") or {}).get("meta") or {}


def _yaml(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}


def _files(model: Mapping[str, Any]) -> list[str]:
    """Stems of the SQL files of a model: one, or one a version."""
    return [version.get("defined_in", f"{model['name']}_v{version['v']}") for version in model.get("versions") or ()] or [model["name"]]


def _models(folder: Path) -> list[Model]:
    said = {
        path.with_name(f"{file}.sql"): (path, model)
        for path in folder.rglob("*.yml")
        for model in _yaml(path).get("models") or ()
        if model["name"] == path.stem
        for file in _files(model)
    }
    return [Model(path, *said.get(path, (path.with_suffix(".yml"), {}))) for path in sorted(folder.rglob("*.sql"))]


def _of_description(model: Model) -> Iterator[tuple[Path, str, str]]:
    if not model.said:
        yield (
            model.yml_path,
            f"nothing describes {model.name}",
            f"a yml of the same name beside it; `dbt build --select {model.name}` drafts that of a mart",
        )
        return
    description = " ".join(str(model.said.get("description", "")).split())
    if not re.search(r"\w.* Grain: [^.]+\.$", description) or "TODO" in description:
        yield (
            model.yml_path,
            f"the description of {model.name} does not say what it is and end with its grain",
            'description: "What it answers. Grain: one row per month and channel."',
        )


def _of_contract(model: Model) -> Iterator[tuple[Path, str, str]]:
    """What a mart promises to whoever queries it."""
    for name, column in model.columns.items():
        lacks = [part for part in ("data_type", "description") if not column.get(part) or "TODO" in str(column[part])]
        if lacks:
            yield (
                model.yml_path,
                f"the column {name} has no {' and no '.join(lacks)}",
                "say what it is, its unit, and when it is NULL: readers see it as the column's COMMENT",
            )
    if "is_demo" not in model.columns:
        yield model.yml_path, "the mart has no column is_demo", "select is_demo from int_clock, or take it from the mart that is read"
    grains = [test["unique_combination"] for test in model.said.get("data_tests") or () if "unique_combination" in test]
    if not grains:
        yield (
            model.yml_path,
            f"nothing tests the grain of {model.name}: a join that doubles rows would double the money",
            "data_tests: [{unique_combination: {arguments: {columns: [month, channel]}}}], with the columns that the grain names",
        )
    for grain in grains:
        for name in set(grain["arguments"]["columns"]) - set(model.columns):
            yield model.yml_path, f"unique_combination names {name}, which is no column of the mart", "name columns of the contract"
    yield from _of_tier(model)


def _of_tier(model: Model) -> Iterator[tuple[Path, str, str]]:
    tier = model.meta.get("tier")
    if tier not in TIERS:
        yield (
            model.yml_path,
            f"config.meta.tier is {tier!r}",
            "config: {meta: {tier: restricted}} for rows of persons and for marts of your own, published for aggregates that everybody may read",
        )
    held = person_columns(set(model.columns) - set(model.meta.get("unpublished_columns", ())))
    if tier == "published" and held:
        yield (
            model.yml_path,
            f"{', '.join(sorted(held))} would be published and tells persons apart",
            "tier: restricted, or name it in config.meta.unpublished_columns",
        )
    suites = model.sql_path.parents[4] / "data_quality" / "suites" / "marts"
    schema = model.sql_path.parent.name
    suite = suites / f"{schema}__{model.name.removeprefix(schema + '_')}.json"
    if tier == "published" and not suite.exists():
        yield (
            model.yml_path,
            f"{model.name} is published and nothing says what is plausible in it",
            f"data_quality/suites/marts/{suite.name} with the expectations that its readers rely on",
        )


def _of_sql(model: Model) -> Iterator[tuple[Path, str, str]]:
    if found := CLOCKS.search(model.sql):
        yield (
            model.sql_path,
            f"it asks {found[0].strip('( ')}, which differs at each build",
            "as_of of {{ ref('int_clock') }} is the only clock",
        )
    if model.is_mart:
        for name in re.findall(r"ref\(\s*'(stg_\w+)'\s*\)", model.sql):
            yield (
                model.sql_path,
                f"a mart reads {name}",
                f"read int_{name.split('__')[-1]}, where every source is united and nobody stands twice",
            )
        schema = model.sql_path.parent.name
        if not model.name.startswith(f"{schema}_"):
            yield model.sql_path, f"a mart in {schema}/ is called {model.name}", f"call file and model {schema}_{model.name}"


def _argument(text: str, start: int) -> str:
    """What stands between the parenthesis that opens before `start` and the one that closes it."""
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if not depth:
            return text[start:place]
    return text[start:]


def summed_ratio(sql: str, ratios: frozenset[str]) -> tuple[int, str, str] | None:
    """Line, call and column of the first sum or average of a ratio; one that is weighted (by * or /) is none."""
    for call in SUMMED.finditer(sql):
        argument = _argument(sql, call.end())
        value = re.sub(r"\bwhen\b.*?\bthen\b", " ", argument, flags=re.S | re.I)
        if not re.search(r"[*/]", value):
            for name in re.findall(r"\w+", value):
                if name in ratios:
                    return sql[: call.start()].count("\n") + 1, f"{call[1]}({' '.join(argument.split())})", name
    return None


def _of_ratios(model: Model, ratios: frozenset[str]) -> Iterator[tuple[Path, str, str]]:
    here = {*MADE_HERE.findall(model.sql), *(["value"] if OF_ANY_KIND.search(model.sql) else [])}
    if found := summed_ratio(model.sql, ratios | here):
        line, call, name = found
        yield (
            model.sql_path,
            f"line {line}: {call} takes the ratio {name} for an amount; a small row would weigh as much as a large one",
            HOW_TO_SUM,
        )


def _of_semantics(path: Path, ratios: frozenset[str]) -> Iterator[tuple[Path, str, str]]:
    for of in _yaml(path).get("semantic_models") or ():
        for measure in of.get("measures") or ():
            if measure["agg"] in ("sum", "average") and summed_ratio(f"sum({measure.get('expr', measure['name'])})", ratios):
                yield (
                    path,
                    f"the measure {measure['name']} takes a ratio for an amount ({measure['agg']})",
                    "measures of its numerator and of its denominator, and a metric of type ratio over both",
                )


def faults(project: Path = PROJECT) -> list[Fault]:
    """Everything that the models below project/dbt_project lack, in the order of the files."""
    folder = project / "dbt_project" / "models"
    models = _models(folder)
    doubles = {
        name
        for model in models
        if model.is_mart
        for name, column in model.columns.items()
        if column.get("data_type") == "double" and RATIO.search(name)
    }
    ratios = frozenset(doubles)
    found: list[tuple[Path, str, str]] = []
    for model in models:
        found += _of_description(model)
        found += _of_sql(model)
        if model.is_mart and model.said:
            found += _of_contract(model)
        if "staging" not in model.sql_path.parts:
            found += _of_ratios(model, ratios)
    known = {model.name for model in models}
    for path in sorted(folder.rglob("*.yml")):
        found += [
            (path, f"it describes {file}, which is not there", f"{file}.sql beside the yml of its model")
            for model in _yaml(path).get("models") or ()
            for file in _files(model)
            if file not in known
        ]
        found += _of_semantics(path, ratios)
    for path in sorted((project / "dbt_project" / "macros").rglob("*.sql")):
        if clock := CLOCKS.search(COMMENTS.sub("", path.read_text(encoding="utf-8"))):
            found.append((path, f"it asks {clock[0]}, which differs at each build", "as_of of {{ ref('int_clock') }} is the only clock"))
    return [Fault(path.relative_to(project).as_posix(), what, cure) for path, what, cure in found]
