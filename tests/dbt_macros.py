"""Macros of the dbt project -> SQL text for DuckDB, so that a formula can be held against another implementation of it."""

from pathlib import Path
from typing import Any

import jinja2

MACROS = Path(__file__).resolve().parent.parent / "dbt_project" / "macros"


class _Adapter:
    module: Any = None

    def dispatch(self, name: str) -> Any:
        return getattr(self.module, f"duckdb__{name}")


def macros(*files: str) -> Any:
    """A module whose attributes are the macros of these files (names without .sql)."""
    adapter = _Adapter()
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    source = "\n".join((MACROS / f"{file}.sql").read_text(encoding="utf-8") for file in files)
    adapter.module = environment.from_string(source).make_module({"adapter": adapter, "return": lambda value: value})
    return adapter.module
