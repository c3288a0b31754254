"""Files in the inbox -> what the real loader makes of them: rows, a refusal that names its cure, or a warehouse that dbt has built of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.load import LoadResult, fix_clock, load_source, prepare
from pipelines.settings import Settings, read_settings
from pipelines.sources.files import SOURCE
from pipelines.warehouse import connect
from tests.dbt_warehouse import DbtWarehouse

METRICS = "platform,post_id,observed_at,likes"
GOOD = f"{METRICS}\nx,good,2026-01-01,1\n"


def drop(settings: Settings, name: str, content: str | bytes) -> Path:
    path = settings.inbox_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def load(settings: Settings) -> LoadResult:
    prepare(settings, {"files": SOURCE})
    return load_source(SOURCE, settings)


def refused(settings: Settings) -> list[tuple[Any, ...]]:
    with connect(settings) as connection:
        return connection.execute("select file, entity, line, field, reason from raw_goodwill.refused_files order by file").fetchall()


def assert_refused_alone(settings: Settings, name: str, content: str | bytes, line: int | None, field: str | None, reason: str) -> None:
    """The file is refused by its place and cure, in a warning as well, and a good one beside it is loaded."""
    drop(settings, name, content)
    drop(settings, "post_metrics/good.csv", GOOD)
    result = load(settings)
    assert result.state == "loaded", result.reason
    assert result.rows == {"post_metrics": 1}
    ((file, entity, at_line, at_field, why),) = refused(settings)
    assert (file, entity, at_line, at_field) == (name, name.partition("/")[0], line, field)
    assert reason in why
    (warning,) = result.warnings
    assert warning.startswith(name)
    assert (f", line {line}" in warning) == (line is not None)
    assert not any(value in warning for value in ("ann at example", "bob@client", "many", "maybe"))


def built_of(files: Mapping[str, str], home: Path, *selection: str) -> DbtWarehouse:
    """Name below the inbox -> content; the warehouse at the end of June 2026, with the selected models in it."""
    settings = read_settings(warehouse_path=home / "company.duckdb", inbox_path=home / "inbox", as_of="2026-06-30T12:00:00")
    for name, content in files.items():
        drop(settings, name, content)
    assert load(settings).state == "loaded"
    fix_clock(settings, {"files": SOURCE})
    (home / "built").mkdir()
    warehouse = DbtWarehouse(home / "built", settings.warehouse_path)
    assert warehouse.run("seed").success
    warehouse.build(*selection)
    return warehouse
