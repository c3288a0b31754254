"""What one extraction delivers -> raw_<source>: one dlt package of Parquet files, merged on keys, with the source's state beside its rows."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dlt
from dlt.pipeline.exceptions import PipelineStepFailed

from pipelines.raw import RawTable, Source
from pipelines.spool import Delivery
from pipelines.warehouse import quoted


def is_history(table: RawTable) -> bool:
    return "_observed_at" in table.key


def _hint(type_: str) -> dict[str, Any]:
    """DuckDB type -> dlt column hint; it must make the very column that prepare() made."""
    simple = {"VARCHAR": "text", "BIGINT": "bigint", "DOUBLE": "double", "BOOLEAN": "bool", "DATE": "date", "JSON": "json"}
    if type_ in simple:
        return {"data_type": simple[type_], "nullable": True}
    if type_ == "TIMESTAMP":
        return {"data_type": "timestamp", "timezone": False, "precision": 6, "nullable": True}
    precision, scale = type_.removeprefix("DECIMAL(").removesuffix(")").split(",")
    return {"data_type": "decimal", "precision": int(precision), "scale": int(scale), "nullable": True}


def _scope(table: RawTable, account: str | None, is_full: bool) -> str:
    """Which stored rows a load takes away before it adds its own, in one transaction. Always given, since dlt keeps the last one."""
    is_anew = is_full and not is_history(table)
    if is_anew and account is None:
        return "1 = 1"
    if table.scope:
        column = quoted(table.scope)
        return f"{column} IN (SELECT {column} FROM {{staging_table}})"
    same = " AND ".join(f"s.{quoted(name)} = {{table}}.{quoted(name)}" for name in table.key)
    keyed = f"EXISTS (SELECT 1 FROM {{staging_table}} AS s WHERE {same})"
    return f"_account = '{account}' OR {keyed}" if is_anew else keyed


def load_package(
    pipeline: dlt.Pipeline, source: Source, account: str | None, state: Mapping[str, Any], deliveries: list[Delivery], is_full: bool
) -> None:
    """One package: a file of each table and the new state. Right under kill at any point: see ARCHITECTURE decision 10. The caller holds the warehouse open."""
    schema = dlt.Schema(source.name, normalizers={"names": "direct", "json": {"module": "dlt.common.normalizers.json.relational"}})

    def resource(name: str, path: Path | None, rows: int, **hints: Any) -> dlt.sources.DltResource:
        def items() -> Iterator[Any]:
            kept = dlt.current.source_state()
            kept.clear()
            kept.update(state)
            if path is not None:
                yield dlt.mark.with_file_import(str(path), "parquet", items_count=rows)

        return dlt.resource(items, name=name, **hints)

    resources = []
    for delivery in deliveries:
        columns = {name: _hint(type_) for name, type_ in delivery.columns.items()}
        if delivery.table.scope:
            columns["_deleted"]["hard_delete"] = True
        resources.append(
            resource(
                delivery.table.name,
                delivery.path,
                delivery.rows,
                columns=columns,
                primary_key=list(delivery.table.key),
                write_disposition={
                    "disposition": "merge",
                    "strategy": "delete-insert",
                    "destination_scope": _scope(delivery.table, account, is_full),
                },
            )
        )
    package = dlt.sources.DltSource(schema, "pipelines", resources or [resource("place", None, 0)])
    package.max_table_nesting = 0
    pipeline.activate()
    try:
        pipeline.extract(package)
        pipeline.normalize()
        pipeline.load()
    except PipelineStepFailed:
        pipeline.drop()
        raise
    shutil.rmtree(Path(pipeline.working_dir) / "load" / "loaded", ignore_errors=True)
