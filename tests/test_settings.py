"""Settings come from the environment, .env and config.toml, in this order; secrets never show."""

import stat
from pathlib import Path

import pytest

from pipelines.raw import Setting
from pipelines.settings import Secret, SettingsError, read_settings

DECLARED = (
    Setting("access_token", "Token", is_secret=True, is_required=True),
    Setting("base_url", "Where the API is", default="https://api.example"),
    Setting("handle", "Whose posts"),
)


def test_defaults_lie_in_the_project_folder(tmp_path: Path) -> None:
    settings = read_settings(folder=tmp_path, environ={})
    assert settings.warehouse_path == tmp_path / "data" / "warehouse.duckdb"
    assert settings.published_path == tmp_path / "data" / "goodwill.duckdb"
    assert settings.inbox_path == tmp_path / "inbox"
    assert settings.as_of is None
    assert not settings.is_demo
    assert list(tmp_path.iterdir()) == [], "reading settings writes nothing"


def test_environment_wins_over_env_file_and_config(tmp_path: Path) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text('[sources.bluesky]\nbase_url = "toml"\nhandle = "toml"\naccess_token = "toml"\n')
    (tmp_path / ".env").write_text("SOURCES__BLUESKY__BASE_URL=file\nSOURCES__BLUESKY__HANDLE=file\n")
    settings = read_settings(folder=tmp_path, environ={"SOURCES__BLUESKY__HANDLE": "environment"})
    assert settings.source("bluesky", DECLARED) == {"access_token": "toml", "base_url": "file", "handle": "environment"}


def test_missing_names_the_variables_that_are_required(tmp_path: Path) -> None:
    settings = read_settings(folder=tmp_path, environ={})
    assert settings.missing("bluesky", DECLARED) == ["SOURCES__BLUESKY__ACCESS_TOKEN"]
    assert settings.source("bluesky", DECLARED) == {"base_url": "https://api.example"}
    given = read_settings(folder=tmp_path, environ={"SOURCES__BLUESKY__ACCESS_TOKEN": "t"})
    assert given.missing("bluesky", DECLARED) == []


def test_no_secret_in_any_representation(tmp_path: Path) -> None:
    settings = read_settings(folder=tmp_path, environ={"GOODWILL_KEY": "hush-key", "SOURCES__BLUESKY__ACCESS_TOKEN": "hush-token"})
    shown = f"{settings!r} {settings} {settings.key!r} {settings.key} {[settings.key]} {Secret('hush-too')!r:>20}"
    assert "hush" not in shown
    assert settings.key.reveal() == "hush-key"


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = read_settings(folder=tmp_path, environ={})
    key = settings.key.reveal()
    assert len(key) == 64
    assert settings.is_key_made
    assert stat.S_IMODE(settings.key_path.stat().st_mode) == 0o600
    assert read_settings(folder=tmp_path, environ={}).key.reveal() == key
    assert not read_settings(folder=tmp_path, environ={"GOODWILL_KEY": "given"}).is_key_made


def test_as_of_is_utc_whatever_its_zone(tmp_path: Path) -> None:
    settings = read_settings(folder=tmp_path, environ={"GOODWILL_AS_OF": "2026-06-30T14:00:00+02:00"})
    assert str(settings.as_of) == "2026-06-30 12:00:00"
    with pytest.raises(SettingsError, match="GOODWILL_AS_OF is not an ISO 8601 time"):
        read_settings(folder=tmp_path, environ={"GOODWILL_AS_OF": "yesterday"})


@pytest.mark.parametrize("name", ["core.duckdb", "ROI.duckdb", "raw_files.duckdb", "staging.db"])
def test_a_file_called_like_a_schema_is_refused_with_the_cure(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="call it otherwise"):
        read_settings(folder=tmp_path, environ={"WAREHOUSE_PATH": name})


def test_warehouse_and_published_are_two_files(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="give them two names"):
        read_settings(folder=tmp_path, environ={"WAREHOUSE_PATH": "a.duckdb", "PUBLISHED_PATH": "a.duckdb"})


def test_overrides_win_and_are_relative_to_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read_settings(folder=tmp_path / "project", environ={"INBOX_PATH": "x", "GOODWILL_DEMO": "1"}, inbox_path=Path("drop"))
    assert settings.inbox_path == tmp_path / "drop"
    assert settings.is_demo


def test_broken_config_is_named(tmp_path: Path) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text("[sources\n")
    with pytest.raises(SettingsError, match=r"config\.toml is not valid TOML"):
        read_settings(folder=tmp_path, environ={})
