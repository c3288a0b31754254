"""The marts' own descriptions -> docs/metrics.md: every number with its unit, formula, grain, interval, grade and source.

`python -m pipelines.metrics` (part of `make docs`) writes it, and records the contracts (contracts.py); a test says so when it is
older than the descriptions.
"""

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines import contracts
from pipelines.contracts import MARTS
from pipelines.settings import PROJECT

PAGE = PROJECT / "docs" / "metrics.md"
MODELS = PROJECT / "dbt_project" / "models"
NUMBERS = ("decimal", "double", "bigint", "integer", "hugeint")
# The first that fits a column's name says its unit where its own `meta: {unit: ...}` does not.
NO_MONEY = r"^(.*conversions|new_customers|credit|hours|rate_to_reporting)$"
UNITS = (
    (r"(conversions|^new_customers|^credit)$", "conversions"),
    (r"purchases", "purchases"),
    (r"hours$", "hours"),
    (r"^rate_to_reporting$", "reporting currency for 1"),
    (r"minutes", "minutes"),
    (r"(_days|days_before|^days|days_spanned)$", "days"),
    (r"(_weeks|^age|^recency)$", "weeks"),
    (r"(_months|month_number|^age_months)$", "months"),
    (r"_pct(_lo|_hi)?$", "per cent"),
    (r"(^cac|_value|margin|revenue|cost)$", "reporting currency"),
    (r"^(p_value|q_value|srm_p|pretrend_p|.*_p)$", "probability"),
    (r"^(deff|n_eff|log_likelihood|smd.*|e_value.*|alpha)$", "no unit"),
    (r"(rate|share|ratio|roi|roas|nrr|grr|churn|survival|density|reciprocity|gini|ei_index|level|cover|p_alive|p_conversion)", "ratio"),
    (r"^(naive|adjusted|stratified)", "difference of shares"),
    (r"^(removal_effect|sentiment|plan_detectable_effect)", "ratio"),
    (r"^(position|from_start|tails|year|quarter|day_of_week|fiscal_.*)$", "number"),
    (r"^(effect|value|lo|hi|change|baseline|target)", "of the row: `unit`, `outcome_kind` or `measure`"),
    (r"^(incremental_margin)", "reporting currency"),
)

LEGEND = """# Metrics: every number of the marts

Made from the descriptions in `dbt_project/models/marts/` by `make docs`; do not edit it here.

- **Interval**: the columns that hold it. "exact" is a count or a ledger sum; "none" is arithmetic on such, or a diagnostic.
- **Grade** of evidence, for numbers about money won: A randomised, B quasi-experiment with a control (B- without), C adjusted comparison,
  D attribution (credit, not effect), E what a platform claims. A number whose grade is not told makes no claim about an effect.
- **Source**: the entities of the file drop or of a platform that it is worked out from.
- A number that cannot be told honestly is NULL, and `suppressed_reason` says why. Money is in the currency that the row's `currency` names;
  that is the reporting one where the mart says so, and always in columns that end in `_reporting`.
"""


def unit(column: dict[str, Any]) -> str | None:
    """Unit of a number: its own meta, else by its name, else what its type is used for; None where nothing fits."""
    if given := column.get("config", {}).get("meta", {}).get("unit"):
        return str(given)
    if column["data_type"].startswith("decimal") and not re.search(NO_MONEY, column["name"]):
        return "money"
    for pattern, name in UNITS:
        if re.search(pattern, column["name"]):
            return name
    return "count" if column["data_type"] in ("bigint", "integer", "hugeint") else None


def numbers(model: dict[str, Any]) -> list[dict[str, Any]]:
    """Columns that are numbers, without the limits of another one's interval."""
    names = {column["name"] for column in model["columns"]}
    limits = {
        name for name in names for base in [re.sub(r"_?(lo|hi)$", "", name)] if re.search(r"(^|_)(lo|hi)$", name) and base in {"", *names}
    }
    return [column for column in model["columns"] if column["data_type"].split("(")[0] in NUMBERS and column["name"] not in limits]


def interval(model: dict[str, Any], column: dict[str, Any]) -> str:
    """The columns of a number's interval, else `exact` or `none`."""
    names, name = {other["name"] for other in model["columns"]}, column["name"]
    if f"{name}_lo" in names:
        return f"{name}_lo, {name}_hi"
    if "lo" in names and name == interval_of(model):
        return "lo, hi" + (" and model_lo, model_hi" if "model_lo" in names else "")
    return "none" if column["data_type"] == "double" else "exact"


def interval_of(model: dict[str, Any]) -> str:
    """The number whose limits the columns lo and hi are."""
    return str(model["config"]["meta"].get("interval_of", "value"))


@cache
def sources(model: str) -> frozenset[str]:
    """Entities that a model is worked out from, by following its ref()s through the SQL and the macros' own."""
    path = next(MODELS.rglob(f"{model}.sql"), None)
    if path is None:
        return frozenset()  # a seed: a setting, not a source
    text = path.read_text(encoding="utf-8")
    found = set(re.findall(r"union_entity\('(\w+)'\)", text))
    for name in re.findall(r"ref\(\s*'(\w+)'\s*\)", text):
        found |= sources(name)
    return frozenset(found)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def section(schema: str, model: dict[str, Any]) -> str:
    """One mart as Markdown."""
    about, grain = " ".join(model["description"].split()).rsplit("Grain: ", 1)
    columns = {column["name"]: column for column in model["columns"]}
    facts = [f"*Grain*: {grain}", f"*Source*: {', '.join(sorted(sources(model['name']))) or 'none yet'}."]
    if "evidence_grade" in columns:
        facts.append(f"*Grade*: {_cell(columns['evidence_grade']['description'])}")
    if "method" in columns:
        facts.append(f"*Method*: {_cell(columns['method']['description'])}")
    lines = [f"## {schema}.{model['name'].removeprefix(schema + '_')}", about.strip(), "  ".join(facts)]
    if rows := numbers(model):
        table = ["| number | unit | what it is, how it is worked out | interval |", "|---|---|---|---|"]
        table += [f"| {row['name']} | {unit(row)} | {_cell(row['description'])} | {interval(model, row)} |" for row in rows]
        lines.append("\n".join(table))
    return "\n\n".join(lines)


def marts(folder: Path = MARTS) -> list[tuple[str, dict[str, Any]]]:
    """Schema and yml of every mart that holds a number."""
    read = [
        (path.parent.name, yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]) for path in sorted(folder.glob("*/[!_]*.yml"))
    ]
    return [(schema, model) for schema, model in read if numbers(model)]


def page() -> str:
    """The text of docs/metrics.md."""
    order = {"roi": 0, "relationships": 1, "board": 2, "core": 3}
    parts = [section(schema, model) for schema, model in sorted(marts(), key=lambda mart: (order.get(mart[0], 9), mart[1]["name"]))]
    return "\n\n".join([LEGEND.rstrip(), *parts]) + "\n"


if __name__ == "__main__":
    try:
        contracts.record()
    except contracts.ContractError as fault:
        sys.exit(str(fault))
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.relative_to(PROJECT))
