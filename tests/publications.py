"""A warehouse whose publications are kept by name, as whoever reads them may keep them."""

from pathlib import Path
from typing import Any

import duckdb
from dbt_warehouse import DbtWarehouse

from pipelines.publish import TOLD, publish, read_marts
from pipelines.settings import Settings

MARTS = [mart for mart in read_marts() if mart.table in TOLD]


class Publications:
    """Of all marts that are held against what was told before."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.warehouse = folder, DbtWarehouse(folder)

    def publish(self, name: str) -> None:
        self.warehouse.build("+relationships_indicators")
        publish(Settings(warehouse_path=self.warehouse.path, published_path=self.folder / f"{name}.duckdb", inbox_path=self.folder), MARTS)

    def rows(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / f"{name}.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()
