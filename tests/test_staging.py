"""Staging of every platform: the unit tests that stand beside its models, run by dbt on raw tables as the loaders declare them."""

from pathlib import Path

import duckdb

from pipelines.sources import discover
from pipelines.warehouse import quoted
from tests.dbt_warehouse import DbtWarehouse


def test_every_unit_test_beside_a_staging_model_holds(tmp_path: Path) -> None:
    warehouse = DbtWarehouse(tmp_path)
    with duckdb.connect(str(warehouse.path)) as connection:
        for source in discover().values():
            for table in source.tables if source.name != "files" else ():
                columns = ", ".join(f"{quoted(name)} {type_}" for name, type_ in table.stored.items())
                connection.execute(
                    f"create schema if not exists raw_{source.name}; create table raw_{source.name}.{table.name} ({columns})"
                )
    result = warehouse.run("test", "--select", "path:models/staging,test_type:unit")
    assert result.result is not None, result.exception
    assert [f"{item.node.name}: {item.message}" for item in result.result if item.status != "pass"] == []
    assert {"unit_test.goodwill.stg_meta_ads__campaigns.meta_ads_budgets_in_smallest_units"} <= {
        item.node.unique_id for item in result.result
    }
