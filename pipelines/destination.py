"""dlt package -> DuckDB: a Parquet file takes the place of the rows it replaces in one transaction, right at every kill.

dlt itself copies a file into a staging table and merges from there: the data is written twice, and a kill between the
copy's COMMIT and its marker leaves it in the staging table twice. Here the job is the merge: running it again deletes
what it had added. The hints stay dlt's own (merge, delete-insert, destination_scope), so that other destinations of dlt
do the same in their own way.
"""

from collections.abc import Sequence
from typing import Any

from dlt.common.destination.client import (
    FollowupJobRequest,
    LoadJob,
    PreparedTableSchema,
)
from dlt.common.storages.load_package import LoadJobInfo
from dlt.destinations import duckdb
from dlt.destinations.impl.duckdb.duck import DuckDbClient, DuckDbCopyJob

from pipelines.warehouse import literal, quoted


class KeyedCopyJob(DuckDbCopyJob):
    """Delete what the file replaces, add its rows; the file holds each key once."""

    def run(self) -> None:
        client = self._job_client.sql_client
        table = client.make_qualified_table_name(self.load_table_name)
        rows = f"read_parquet({literal(self._file_path)})"
        scope = str(self._load_table["x-merge-destination-scope"]).format(table=table, staging_table=rows)  # type: ignore[typeddict-item]
        retired = [quoted(name) for name, column in self._load_table["columns"].items() if column.get("hard_delete")]
        kept = " and ".join(f"{column} is not true" for column in retired) or "true"
        known = ", ".join(literal(name) for name in self._load_table["columns"])
        # What is large goes into the file when it is committed, where else it goes into the log first (dlt allows it 1 GB).
        client.execute_sql("set global checkpoint_threshold = '1MB'")
        with client.begin_transaction():
            client.execute_sql(f"delete from {table} where {scope}")
            client.execute_sql(f"insert into {table} by name select columns(name -> name in ({known})) from {rows} where {kept}")


class KeyedDuckDbClient(DuckDbClient):
    """Merges without a staging dataset."""

    def should_load_data_to_staging_dataset(self, table_name: str) -> bool:
        return False

    def create_table_chain_completed_followup_jobs(
        self, table_chain: Sequence[PreparedTableSchema], completed_table_chain_jobs: Sequence[LoadJobInfo] | None = None
    ) -> list[FollowupJobRequest]:
        return []

    def create_load_job(self, table: PreparedTableSchema, file_path: str, load_id: str, restore: bool = False) -> LoadJob:
        if table["write_disposition"] == "merge":
            return KeyedCopyJob(file_path)
        return super().create_load_job(table, file_path, load_id, restore)


class keyed_duckdb(duckdb):
    """dlt.destinations.duckdb with keyed loads in one transaction."""

    @property
    def client_class(self) -> type[Any]:
        return KeyedDuckDbClient
