"""The program goodwill: what it says, what it ends with, and what doctor finds."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from pipelines import cli, doctor, settings
from pipelines.sources import discover
from pipelines.warehouse import prepare, warehouse_lock


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine on which nothing is configured; its warehouse is below `tmp_path`."""
    for name in ("GOODWILL_KEY", "GOODWILL_AS_OF", "GOODWILL_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WAREHOUSE_PATH", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("PUBLISHED_PATH", str(tmp_path / "goodwill.duckdb"))
    monkeypatch.setenv("INBOX_PATH", str(tmp_path / "inbox"))
    yield tmp_path


def goodwill(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, arguments)


def test_help_teaches_and_is_quick() -> None:
    began = time.monotonic()
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pipelines.cli", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=settings.PROJECT,
    )
    assert time.monotonic() - began < 5  # half a second on a quiet machine
    for command in cli.main.commands:
        assert f"\n  {command} " in said.stdout
    assert "goodwill run --inbox" in said.stdout and said.stdout.count("...") == 1, "every command says its sentence to the end"
    assert {name for names in cli.CHAPTERS.values() for name in names} == set(cli.main.commands)
    imported = {line.split("|")[-1].strip() for line in said.stderr.splitlines()}
    assert not imported & {"dagster", "dbt", "dlt", "great_expectations", "duckdb", "pandas", "rich"}, "help waits for nothing"


@pytest.mark.parametrize("command", sorted(cli.main.commands))
def test_every_command_explains_itself(command: str) -> None:
    said = goodwill(command, "--help")
    assert said.exit_code == 0
    assert len(said.output) > 150


def test_a_source_that_is_none_is_named_with_the_one_that_was_meant(home: Path) -> None:
    said = goodwill("run", "--source", "blusky")
    assert said.exit_code == 1
    assert "did you mean 'bluesky'?" in said.output
    assert "Traceback" not in said.output


def test_an_inbox_that_is_not_there_is_refused_before_anything_begins(home: Path) -> None:
    said = goodwill("run", "--inbox", str(home / "nowhere"))
    assert said.exit_code == 2
    assert not (home / "warehouse.duckdb").exists()


def test_sources_say_what_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__MASTODON__ACCESS_TOKEN", "a secret that is never shown")
    said = goodwill("sources")
    assert said.exit_code == 0
    assert "set SOURCES__BLUESKY__ACCESS_TOKEN" in said.output
    assert "a secret" not in said.output
    words = said.output.split()
    assert not [name for name in discover() if name not in words], "a long list of settings leaves the names of sources whole"


@pytest.mark.parametrize("command", ["check", "publish"])
def test_without_a_warehouse_there_is_nothing_to_do(command: str, home: Path) -> None:
    said = goodwill(command)
    assert said.exit_code == 1
    assert "goodwill run" in said.output
    assert not (home / "warehouse.duckdb").exists()


def test_publish_without_marts_names_what_is_missing(home: Path) -> None:
    prepare(settings.read_settings(), {})
    said = goodwill("publish")
    assert said.exit_code == 1
    assert "Traceback" not in said.output
    assert not (home / "goodwill.duckdb").exists()


def findings(subject: str) -> list[doctor.Finding]:
    return [finding for finding in doctor.examine() if finding.subject == subject]


def test_doctor_finds_a_healthy_machine_healthy(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_packages", lambda: doctor.Finding("packages", "good", ""))
    (home / "inbox").mkdir()
    assert not [finding for finding in doctor.examine() if finding.state == "wrong"]
    assert goodwill("doctor").exit_code == 0
    assert not (home / "goodwill.key").exists(), "looking makes no key"


def test_doctor_says_which_setting_was_meant(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__BLUESKY__ACCES_TOKEN", "a secret that is never shown")
    (found,) = findings("settings")
    assert found.cure == "did you mean SOURCES__BLUESKY__ACCESS_TOKEN?"
    assert "a secret" not in goodwill("doctor").output


def test_doctor_says_who_holds_the_warehouse(home: Path) -> None:
    with warehouse_lock(settings.read_settings()):
        (found,) = findings("warehouse lock")
    assert "a run is at work" in found.what


def test_doctor_tells_demo_data_from_real(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOODWILL_DEMO", "1")
    prepare(settings.read_settings(), {})
    assert findings("warehouse")[0].state == "good"
    monkeypatch.setenv("GOODWILL_DEMO", "0")
    (found,) = findings("warehouse")
    assert found.state == "wrong"
    assert "WAREHOUSE_PATH" in found.cure


def test_doctor_misses_the_key_of_the_persons(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(settings.read_settings(), {})
    assert findings("key")[0].state == "mind", "a key that was made by itself is to be kept"
    (home / "goodwill.key").rename(home / "lost.key")
    assert findings("key")[0].state == "wrong"
    assert not (home / "goodwill.key").exists()
    monkeypatch.setenv("GOODWILL_KEY", "another one")
    assert findings("key")[0].state == "wrong"


def test_doctor_refuses_a_file_that_is_no_warehouse(home: Path) -> None:
    duckdb.connect(str(home / "warehouse.duckdb")).close()
    (found,) = findings("warehouse")
    assert found.state == "wrong"


def test_doctor_cannot_write_where_a_file_lies(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("", encoding="ascii")
    monkeypatch.setenv("WAREHOUSE_PATH", str(home / "file" / "warehouse.duckdb"))
    (found,) = findings("warehouse folder")
    assert found.state == "wrong"


def test_doctor_compares_the_packages_with_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "click==0.0.1 \\\n    --hash=sha256:00\nno-such-package-of-ours==1.0 ; python_version >= '3.11' \\\n    --hash=sha256:00\n"
        "only-elsewhere==1.0 ; sys_platform == 'nowhere' \\\n    --hash=sha256:00\n",
        encoding="utf-8",
    )
    differing = doctor.differing_packages(lock)
    assert len(differing) == 2
    assert "(locked: 0.0.1)" in differing[0]
    assert differing[1] == "no-such-package-of-ours is missing"
