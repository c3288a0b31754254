"""The warehouse -> a copy of it in which people build models of their own while runs go on: `sandbox/` beside the warehouse.

The copy is called like the warehouse, since views name the database that they read. Beside it lies the dbt project as
the run had it (state/manifest.json), against which dbt finds what an analyst has changed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from pipelines.settings import PROJECT, Settings
from pipelines.warehouse import WarehouseError, connect

DEFAULT = PROJECT / "data" / "demo" / "sandbox" / "warehouse.duckdb"  # the target `dev` of dbt_project/profiles.yml
COPY = "import shutil, sys; shutil.copyfile(*sys.argv[1:])"


def sandbox_folder(settings: Settings) -> Path:
    """Where the copy lies, and what analysts build in it."""
    return settings.warehouse_path.parent / "sandbox"


def sandbox_path(settings: Settings) -> Path:
    return sandbox_folder(settings) / settings.warehouse_path.name


def remove_sandbox(settings: Settings) -> None:
    """The copy and what was built in it: whoever is forgotten is in there as well."""
    shutil.rmtree(sandbox_folder(settings), ignore_errors=True)


def _refuse_if_open(path: Path) -> None:
    if not path.exists():
        return
    try:
        duckdb.connect(str(path)).close()
    except duckdb.IOException as fault:
        if "lock" in str(fault).lower():
            raise WarehouseError(
                f"{path} is open in another program: close it there (a dbt build, a notebook), or go on with the copy as it is"
            ) from None
        # what cannot be opened at all is of no use to anybody, and is replaced


def _manifest(settings: Settings) -> Path:
    home, stem = settings.warehouse_path.parent / "dbt", settings.warehouse_path.stem
    found = [path for path in home.glob(f"{stem}-*/manifest.json") if not path.parent.name.startswith(f"{stem}-building-")]
    if not found:
        raise WarehouseError(f"{settings.warehouse_path} has not been built yet: `goodwill run` does it")
    return max(found, key=lambda path: path.stat().st_mtime_ns)


def make_sandbox(settings: Settings) -> Path:
    """Copy the warehouse as the last run left it and swap the copy in; the caller holds the lock of the warehouse.

    WarehouseError where the warehouse or the former copy is open in another program, or nothing was built yet. What was
    built in the former copy is gone: one `dbt build` makes it anew.
    """
    manifest, path = _manifest(settings), sandbox_path(settings)
    _refuse_if_open(path)
    following = path.with_name(path.name + ".next")
    (path.parent / "state").mkdir(parents=True, exist_ok=True)
    try:
        # While the connection lives nobody else can write. The copying is another process's work: closing a file that
        # DuckDB has open would give up its lock in this one.
        with connect(settings) as connection:
            connection.execute("checkpoint")
            subprocess.run([sys.executable, "-S", "-c", COPY, settings.warehouse_path, following], check=True, capture_output=True)
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
        os.replace(following, path)
    except subprocess.CalledProcessError as fault:
        said = fault.stderr.decode(errors="replace").strip().splitlines()
        raise WarehouseError(f"{path} cannot be written: {said[-1] if said else 'no reason given'}") from None
    finally:
        following.unlink(missing_ok=True)
    shutil.copyfile(manifest, path.parent / "state" / "manifest.json")
    return path


def how_to_use(path: Path) -> str:
    """The commands of whoever builds a model in the copy."""
    variable = "" if path == DEFAULT else f"SANDBOX_PATH={path} "
    return f"build a model in it: cd dbt_project && {variable}../.venv/bin/dbt build --select my_model+   (docs/extending.md)"
