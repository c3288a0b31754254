"""Models and macros of the dbt project -> the same SQL on simulated rows, many worlds at once, without a warehouse.

`Product` builds a model and what it reads in an in-memory DuckDB, upstream first. Rows are given to models in the middle; whatever else they
read is built from no rows at all, so a column that a model gains needs nothing here. dbt's own functions are stood in for by the few that
the models use; tests/test_calibration.py holds the SQL made here against what dbt compiles.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import yaml
from jinja2.nativetypes import NativeEnvironment
from numpy.typing import NDArray

from pipelines.functions import register
from pipelines.notes import GOODWILL_TABLES
from pipelines.publish import TOLD
from pipelines.warehouse import make_table

DBT = Path(__file__).resolve().parent.parent / "dbt_project"
Columns = Mapping[str, Any]


def _concat(values: Any) -> Any:
    """What a macro gives: one value stays what it is (a list that was returned), several are text."""
    parts = list(values)
    return parts[0] if len(parts) == 1 else "".join(str(part) for part in parts)


class _SqlEnvironment(NativeEnvironment):
    concat = staticmethod(_concat)


class _Adapter:
    module: Any = None

    def dispatch(self, name: str) -> Any:
        return getattr(self.module, f"duckdb__{name}")


class _Dbt:
    """dbt's cross-database macros, as far as models use them."""

    type_string = staticmethod(lambda: "TEXT")
    type_timestamp = staticmethod(lambda: "TIMESTAMP")
    string_literal = staticmethod(lambda value: f"'{value}'")
    safe_cast = staticmethod(lambda field, type_: f"try_cast({field} as {type_})")
    dateadd = staticmethod(lambda part, interval, column: f"date_add({column}, interval ({interval}) {part})")


@cache
def _settings() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DBT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    return found | {"sources": {"files": found["sources"]["files"]}}


@cache
def _model_files() -> dict[str, Path]:
    return {path.stem: path for path in sorted((DBT / "models").rglob("*.sql"))}


@cache
def _about(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(_model_files()[name].with_suffix(".yml").read_text(encoding="utf-8"))["models"][0]
    return found


class _Node:
    """A model as dbt's context shows it."""

    def __init__(self, name: str) -> None:
        self.name, self.raw_code = name, _model_files()[name].read_text(encoding="utf-8")

    @property
    def columns(self) -> Mapping[str, Any]:
        return {column["name"]: column for column in _about(self.name).get("columns", ())}

    @property
    def config(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = _about(self.name).get("config", {})
        return found


class _Nodes:
    def __getitem__(self, key: str) -> _Node:
        return _Node(key.rsplit(".", 1)[1])


def _context(**more: Any) -> dict[str, Any]:
    settings = _settings() | more.pop("settings", {})
    return {
        "adapter": _Adapter(),
        "config": lambda *_, **__: "",
        "dbt": _Dbt(),
        "execute": True,
        "graph": {"nodes": _Nodes()},
        "is_incremental": lambda: False,
        "load_relation": lambda _: None,
        "local_md5": lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        "ref": str,
        "return": lambda value: value,
        "source": lambda source, table: f"{source}__{table}",
        "var": lambda name, default=None: settings.get(name, default),
    } | more


@cache
def _macro_template() -> Any:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted((DBT / "macros").glob("*.sql"))
        if not path.stem.startswith(("test_", "materialization_"))
    )
    # tests and materializations stand in files of their own; every other file holds macros alone
    return _SqlEnvironment(extensions=["jinja2.ext.do"]).from_string(source)


def macros(**context: Any) -> Any:
    """A module whose attributes are all macros of the project."""
    given = _context(**context)
    given["adapter"].module = _macro_template().make_module(given)
    return given["adapter"].module


@cache
def _model_template(name: str) -> Any:
    return _SqlEnvironment(extensions=["jinja2.ext.do"]).from_string(_Node(name).raw_code)


def sql_of(name: str, lists: Mapping[str, list[Any]] | None = None, **context: Any) -> str:
    """The SQL of a model; relations are named by their model alone. `settings` overrides variables of dbt_project.yml, `lists` what a
    macro lists for the model to loop over (such as credit rules), so that less is built."""
    module = macros(**context, model=_Node(name))
    exported = {key: value for key, value in vars(module).items() if not key.startswith("_")}
    exported |= {key: (lambda value=value: value) for key, value in (lists or {}).items()}
    return str(_model_template(name).render(_context(**context, model=_Node(name)) | exported))


class Product:
    """Rows given to models by name -> rows of any other model, as arrays by column."""

    def __init__(self, lists: Mapping[str, list[Any]] | None = None, **settings: Any) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("set enable_progress_bar = false")
        register(self.connection)
        self.connection.execute("set threads to 1")  # worlds are spread over processes
        self._settings, self._lists = settings, lists
        self._built: set[str] = set()
        self.clock("2026-06-30 12:00")
        for told, _ in TOLD.values():  # nothing was told before
            make_table(self.connection, "main", f"goodwill__{told}", GOODWILL_TABLES[told])

    def clock(self, as_of: str) -> None:
        self.connection.execute(f"create or replace table goodwill__clock as select timestamp '{as_of}' as as_of, false as is_demo")

    def give(self, name: str, columns: Columns) -> None:
        """Rows of a model; a column that is not given is NULL, one that the model does not have is an error."""
        self._build(name, "limit 0")
        table = pa.table({key: pa.array(value) if not isinstance(value, np.ndarray) else value for key, value in columns.items()})
        self.connection.register("given_rows", table)
        self.connection.execute(f"insert into {name} by name select * from given_rows")
        self.connection.unregister("given_rows")

    def replace(self, name: str, columns: Columns) -> None:
        """The same in the place of rows that were given before."""
        self._build(name, "limit 0")
        self.connection.execute(f"delete from {name}")
        self.give(name, columns)

    def forget(self, *names: str) -> None:
        """Models that are to be made anew of what their upstream holds by now."""
        for name in names:
            self._built.discard(name)
            self.connection.execute(f"drop table if exists {name}")

    def rows(self, name: str, sql: str = "select * from {name}") -> dict[str, NDArray[Any]]:
        """Columns of a model, or of a query on it; NULL numbers are NaN."""
        self._build(name)
        columns: dict[str, Any] = self.connection.execute(sql.format(name=name)).fetchnumpy()
        return {
            key: np.ma.filled(value.astype(np.float64), np.nan) if value.dtype.kind in "iuf" else np.asarray(value)
            for key, value in columns.items()
        }

    def _build(self, name: str, limit: str = "") -> None:
        if name in self._built:
            return
        self._built.add(name)
        if name.startswith("stg_files__"):
            columns = ", ".join(f'"{column}" {about["data_type"]}' for column, about in _Node(name).columns.items())
            self.connection.execute(f"create table {name} ({columns})")
        elif name in _model_files():
            sql = sql_of(name, self._lists, settings=self._settings)
            for upstream in sorted(set(re.findall(r"\b(?:from|join)\s+([a-z_][a-z_0-9]*)", sql))):
                if upstream in _model_files() or (DBT / "seeds" / f"{upstream}.csv").exists():
                    self._build(upstream)
                elif upstream.startswith("goodwill__") and upstream != "goodwill__clock" and not upstream.startswith("goodwill__told_"):
                    raise LookupError(f"{name} reads {upstream}, which no world has")
            self.connection.execute(f"create table {name} as select * from ({sql}) {limit}")
        else:
            seeds = yaml.safe_load((DBT / "seeds" / "_seeds.yml").read_text(encoding="utf-8"))["seeds"]
            types = next(seed for seed in seeds if seed["name"] == name)["config"]["column_types"]
            self.connection.execute(
                f"create table {name} as select * from read_csv(?, header = true, columns = ?)", [str(DBT / "seeds" / f"{name}.csv"), types]
            )
