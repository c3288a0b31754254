"""A warehouse whose publications are kept by name, as whoever reads them may keep them."""

from pathlib import Path
from typing import Any

import duckdb
from dbt_warehouse import DbtWarehouse

from pipelines.publish import TOLD, publish, read_marts
from pipelines.settings import Settings

STORIES = "relationships.stories"


class Publications:
    """Of all marts of people that are held against what was told before; stories, which hang on money as well, where they are asked for."""

    def __init__(self, folder: Path, *, of_stories: bool = False) -> None:
        self.folder, self.warehouse = folder, DbtWarehouse(folder)
        self.models = ("+relationships_stories",) if of_stories else ("+relationships_indicators",)
        of_people = [mart for mart in read_marts() if mart.table in TOLD and mart.schema == "relationships"]
        self.marts = [mart for mart in of_people if (mart.table == STORIES) == of_stories]

    def publish(self, name: str, *models: str) -> None:
        """Build all, or where only some can differ those."""
        self.warehouse.build(*(models or self.models))
        publish(
            Settings(warehouse_path=self.warehouse.path, published_path=self.folder / f"{name}.duckdb", inbox_path=self.folder), self.marts
        )

    def rows(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / f"{name}.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()
