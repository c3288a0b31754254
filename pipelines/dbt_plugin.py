"""What dbt's connections to the warehouse know beyond DuckDB: named under `plugins` in dbt_project/profiles.yml."""

from typing import TYPE_CHECKING

from dbt.adapters.duckdb.plugins import BasePlugin

from pipelines.functions import register

if TYPE_CHECKING:
    import duckdb


class Plugin(BasePlugin):
    """Functions that models call."""

    def configure_connection(self, conn: "duckdb.DuckDBPyConnection") -> None:
        register(conn)
