"""Descriptions of the marts -> docs/metrics.md: it is up to date, and says of every number what a reader must know."""

import pytest

from pipelines.metrics import PAGE, interval_of, marts, numbers, page, section, sources, unit

NUMBERS = [(f"{schema}.{model['name']}", model, column) for schema, model in marts() for column in numbers(model)]


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "docs/metrics.md is older than the descriptions of the marts: make docs"


@pytest.mark.parametrize(("mart", "model", "column"), NUMBERS, ids=[f"{mart}.{column['name']}" for mart, _, column in NUMBERS])
def test_every_number_has_a_unit_and_a_description(mart: str, model: dict, column: dict) -> None:
    assert unit(column), f"{mart}.{column['name']} has no unit: give it config: {{meta: {{unit: ...}}}}"
    assert len(column["description"]) > 3


@pytest.mark.parametrize(("schema", "model"), marts(), ids=lambda given: given if isinstance(given, str) else given["name"])
def test_limits_belong_to_a_number(schema: str, model: dict) -> None:
    names = {column["name"] for column in model["columns"]}
    assert "lo" not in names or interval_of(model) in names, f"{model['name']}: say whose limits lo and hi are: config: meta: interval_of"
    assert all(name[:-2] + "hi" in names for name in names if name.endswith(("_lo", "lo")) and (name == "lo" or name.endswith("_lo")))


def test_a_mart_is_told_with_grain_source_grade_and_interval() -> None:
    text = section("roi", next(model for _, model in marts() if model["name"] == "roi_channel_months"))
    assert "*Grain*: one row per month, channel, model, lookback_rule, lookback_days and basis." in text
    assert "*Grade*: D: attribution" in text
    assert "| attributed_roi | ratio | (contribution_margin - full_cost) / full_cost" in text
    assert "| lo, hi and model_lo, model_hi |" in text
    assert {"touches", "revenue", "costs", "campaigns"} <= sources("roi_channel_months")
