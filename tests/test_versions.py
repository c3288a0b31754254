"""No table of the marts loses or retypes a column without a word: the change is refused, or it is a version beside the old one."""

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pg8000.native
import pytest
from dbt_warehouse import DbtWarehouse
from postgres_server import connected, serving

from pipelines import contracts
from pipelines.postgres import publish_to_postgres
from pipelines.publish import publish, read_marts
from pipelines.settings import PROJECT, Secret, Settings

TODAY = date(2026, 7, 1)
CHANNELS = Path("core") / "core_channels.yml"
VERSIONS = """    latest_version: 1
    versions:
      - {v: 1, defined_in: core_channels, deprecation_date: 2026-12-31}
      - v: 2
        columns:
          - {include: all, exclude: [is_used]}
          - {name: position, data_type: bigint, description: Order in which it is shown.}
    columns:
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """dbt's project in a copy, that something is done to."""
    return Path(shutil.copytree(PROJECT / "dbt_project", tmp_path / "dbt_project", ignore=shutil.ignore_patterns("target", "logs")))


def marts(project: Path) -> Path:
    return project / "models" / "marts"


def changed(project: Path, old: str, new: str) -> None:
    path = marts(project) / CHANNELS
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def said(project: Path, today: date = TODAY) -> list[str]:
    return contracts.broken(contracts.recorded(), contracts.contracts(marts(project)), today)


def test_what_is_promised_is_recorded_and_holds() -> None:
    now = contracts.contracts()
    broken = contracts.broken(contracts.recorded(), now, date.today())
    assert not broken, "\n".join(broken)
    written = contracts.RECORDED.read_text(encoding="utf-8")
    assert written == contracts.text(now), (
        "something was added: .venv/bin/python -m pipelines.metrics records it in dbt_project/contracts.json"
    )


def test_a_column_of_another_type_is_refused_with_the_way_out(project: Path) -> None:
    changed(project, "position, data_type: integer", "position, data_type: text")
    (message,) = said(project)
    assert message.startswith("core.channels.position was integer and is text, and whoever reads it would not be told")
    assert "new version" in message and "docs/versions.md" in message
    with pytest.raises(contracts.ContractError, match=r"core\.channels\.position"):
        contracts.record(marts(project), project / "contracts.json", TODAY)
    assert (project / "contracts.json").read_text(encoding="utf-8") == contracts.RECORDED.read_text(encoding="utf-8")


def test_a_column_or_a_table_that_goes_is_refused_and_one_that_comes_is_recorded(project: Path) -> None:
    changed(project, "      - {name: is_used, ", "      - {name: is_named, ")
    assert [message.split(",")[0] for message in said(project)] == ["core.channels.is_used is gone"]
    (marts(project) / CHANNELS).unlink()
    assert [message.split(":")[0] for message in said(project)] == ["core.channels is gone without a day on which it was to go"]
    shutil.copyfile(PROJECT / "dbt_project" / "models" / "marts" / CHANNELS, marts(project) / CHANNELS)
    changed(project, "      - {name: is_used, ", "      - {name: hue, data_type: text, description: Hue.}\n      - {name: is_used, ")
    contracts.record(marts(project), project / "contracts.json", TODAY)
    assert contracts.recorded(project / "contracts.json")["core.channels"]["columns"]["hue"] == "text"


def test_a_version_passes_and_the_old_one_stays_until_its_day(project: Path) -> None:
    changed(project, "    columns:\n", VERSIONS)
    assert said(project) == []
    path = project / "contracts.json"
    contracts.record(marts(project), path, TODAY)
    recorded = json.loads(path.read_text(encoding="utf-8"))
    assert recorded["core.channels"]["deprecated_on"] == "2026-12-31"
    assert recorded["core.channels_v2"]["columns"]["position"] == "bigint" and "is_used" not in recorded["core.channels_v2"]["columns"]
    changed(project, ", deprecation_date: 2026-12-31", ", deprecation_date: 2026-08-01")
    now = contracts.contracts(marts(project))
    assert ["put off, not brought forward" in message for message in contracts.broken(recorded, now, TODAY)] == [True]
    changed(project, ", deprecation_date: 2026-08-01", "")
    assert any("no deprecation_date" in message for message in contracts.broken(recorded, contracts.contracts(marts(project)), TODAY))
    changed(project, "      - {v: 1, defined_in: core_channels}\n", "")
    only_new = contracts.contracts(marts(project))
    (message,) = contracts.broken(recorded, only_new, TODAY)
    assert message.startswith("core.channels is gone, and its readers have it until 2026-12-31")
    assert contracts.broken(recorded, only_new, date(2026, 12, 31)) == []


def types_of(connection: pg8000.native.Connection) -> dict[str, str]:
    """The type of `position` in each table that a BI tool of the readers' role sees."""
    connection.run("set role goodwill_reader")
    rows = connection.run(
        "select table_schema || '.' || table_name, data_type from information_schema.columns where column_name = 'position'"
    )
    connection.run("reset role")
    return dict(rows or ())


def test_both_versions_are_published_to_file_and_postgres_and_the_old_one_goes_on_its_day(project: Path, tmp_path: Path) -> None:
    changed(project, "    columns:\n", VERSIONS)
    first = (marts(project) / CHANNELS).with_suffix(".sql")
    second = first.read_text(encoding="utf-8").replace(
        "    coalesce(listed.position, 1000) as position,\n", "    coalesce(listed.position, 1000)::bigint as position,\n"
    )
    second = second.replace("    used.channel is not null as is_used,\n", "")
    (marts(project) / "core" / "core_channels_v2.sql").write_text(second, encoding="utf-8")
    contracts.record(marts(project), project / "contracts.json", TODAY)
    settings = Settings(warehouse_path=tmp_path / "company.duckdb", published_path=tmp_path / "goodwill.duckdb", inbox_path=tmp_path)

    def publications() -> tuple[dict[str, int], dict[str, int]]:
        warehouse = DbtWarehouse(tmp_path, project=project)
        assert warehouse.run("parse", "--no-partial-parse").success
        warehouse.build("+core_channels")
        channels = [mart for mart in read_marts(marts(project)) if mart.name.startswith("channels")]
        return publish(settings, channels).tables, publish_to_postgres(dsn, {"published": settings.published_path}, channels)

    with serving() as folder, connected(folder) as connection:
        dsn = Secret(f"postgresql://postgres@/postgres?host={folder}")
        file, postgres = publications()
        assert file == postgres and file["core.channels"] == file["core.channels_v2"] > 5
        with duckdb.connect(str(settings.published_path), read_only=True) as published:
            types = dict(published.execute("select table_name, data_type from duckdb_columns() where column_name = 'position'").fetchall())
            assert types == {"channels": "INTEGER", "channels_v2": "BIGINT"}
            comment = dict(published.execute("select table_name, comment from duckdb_tables()").fetchall())
        assert types_of(connection) == {"core.channels": "integer", "core.channels_v2": "bigint"}
        there = dict(
            connection.run("select relname, obj_description(oid) from pg_class where relname in ('channels', 'channels_v2')") or ()
        )
        assert there == comment
        assert comment["channels"].startswith("Stays until 2026-12-31; then read the newer version. ")
        assert not comment["channels_v2"].startswith("Stays")

        # its day has come: the old version is taken out as docs/versions.md says, and the new one keeps its name
        changed(project, "      - {v: 1, defined_in: core_channels, deprecation_date: 2026-12-31}\n", "")
        changed(project, "latest_version: 1", "latest_version: 2")
        first.unlink()
        contracts.record(marts(project), project / "contracts.json", date(2026, 12, 31))
        assert "core.channels" not in contracts.recorded(project / "contracts.json")
        file, postgres = publications()
        assert file == postgres and list(file) == ["core.channels_v2"]
        assert types_of(connection) == {"core.channels_v2": "bigint"}
