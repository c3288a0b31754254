"""CONTRIBUTING, "Add a platform", followed in a copy of the project: its post comes out of the published file, and what is forgotten is named."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from demo_company import nobody

from pipelines.settings import PROJECT

COPIED = ("pipelines", "dbt_project", "data_quality", "simulator", "tests", "pyproject.toml", ".dlt", ".env.example", "requirements.lock")

SOURCE = '''"""Pigeon post -> letters that we sent, and how often they were read."""

from datetime import UTC, datetime

from pipelines.raw import Extraction, RawTable, Source

LETTERS = RawTable("letters", ("letter",), {"letter": "VARCHAR", "loft": "VARCHAR", "sent": "TIMESTAMP", "words": "VARCHAR"}, ("posts",))


def extract(run: Extraction) -> None:
    answered_at = datetime(2026, 6, 30, 12, tzinfo=UTC)
    run.write("letters", [{"letter": "l-1", "loft": "roof", "sent": "2026-06-29T10:00:00Z", "words": "coo"}], answered_at)


SOURCE = Source("pigeonpost", "Pigeon post", (LETTERS,), extract)
'''
STAGING_SQL = """with letters as (
    select * from {{ source('pigeonpost', 'letters') }}
)

select
    'pigeonpost' as platform,
    loft as profile_id,
    letter as post_id,
    sent as posted_at,
    words as text,
    'pigeonpost' as source,
    _observed_at
from letters
"""
STAGING_YML = """version: 2
models:
  - name: stg_pigeonpost__posts
    description: "A letter. From pigeon post. Grain: one row per letter."
    config: {contract: {enforced: true}}
    columns:
      - {name: platform, data_type: text, description: Platform.}
      - {name: profile_id, data_type: text, description: Loft.}
      - {name: post_id, data_type: text, description: Letter.}
      - {name: posted_at, data_type: timestamp, description: "When it flew, UTC."}
      - {name: text, data_type: text, description: Words.}
      - {name: source, data_type: text, description: Source.}
      - {name: _observed_at, data_type: timestamp, description: "When the source gave the row, UTC."}
"""
SOURCES_YML = """version: 2
sources:
  - name: pigeonpost
    schema: raw_pigeonpost
    tables:
      - name: letters
"""
SUITE = {
    "name": "pigeonpost__letters",
    "meta": {"table": "raw_pigeonpost.letters"},
    "expectations": [
        {
            "type": "expect_column_max_to_be_between",
            "kwargs": {"column": "repeated_keys", "max_value": 0},
            "severity": "critical",
            "notes": "Every letter is stored once.",
            "meta": {"aggregate": "count(*) - count(distinct letter)", "spoil": "insert into {table} from {table}"},
        }
    ],
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project with one platform more: one source file, one staging folder, one line, one suite."""
    folder = tmp_path_factory.mktemp("project")
    for name in COPIED:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("target", "logs", "__pycache__"))
        else:
            shutil.copy(PROJECT / name, folder / name)
    staging = folder / "dbt_project" / "models" / "staging" / "pigeonpost"
    staging.mkdir()
    (folder / "pipelines" / "sources" / "pigeonpost.py").write_text(SOURCE, encoding="utf-8")
    (staging / "_pigeonpost__sources.yml").write_text(SOURCES_YML, encoding="utf-8")
    (staging / "stg_pigeonpost__posts.sql").write_text(STAGING_SQL, encoding="utf-8")
    (staging / "stg_pigeonpost__posts.yml").write_text(STAGING_YML, encoding="utf-8")
    dbt_project = folder / "dbt_project" / "dbt_project.yml"
    written = dbt_project.read_text(encoding="utf-8")
    dbt_project.write_text(written.replace("  sources:\n", "  sources:\n    pigeonpost: [posts]\n"), encoding="utf-8")
    suite = folder / "data_quality" / "suites" / "raw" / "pigeonpost__letters.json"
    suite.write_text(json.dumps(SUITE), encoding="utf-8")
    yield folder


def python(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SOURCES__", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env={**inherited, **variables}, capture_output=True, text=True, check=False, timeout=300
    )


def test_its_post_comes_out_of_the_published_file(copy: Path) -> None:
    empty = nobody(copy / "data")
    run = python(copy, "-m", "pipelines.cli", "run", **empty.variables)
    assert run.returncode == 0, run.stdout + run.stderr
    with duckdb.connect(str(empty.published), read_only=True) as connection:
        posts = connection.execute("select platform, profile_id, post_id, posted_at::text, is_demo from core.posts").fetchall()
    assert posts == [("pigeonpost", "roof", "l-1", "2026-06-29 10:00:00", False)]


def test_the_rules_of_the_house_hold(copy: Path) -> None:
    rules = python(copy, "-m", "pytest", "-p", "no:cacheprovider", "tests/test_layout.py", "-k", "pigeonpost")
    assert rules.returncode == 0, rules.stdout


@pytest.mark.parametrize(
    ("forgotten", "named"),
    [
        ("data_quality/suites/raw/pigeonpost__letters.json", "lacks or has too many suites of pigeonpost"),
        ("dbt_project/models/staging/pigeonpost/stg_pigeonpost__posts.sql", "the staging models are not the entities of its line"),
    ],
)
def test_what_was_forgotten_is_named(copy: Path, tmp_path: Path, forgotten: str, named: str) -> None:
    away = shutil.move(copy / forgotten, tmp_path / "away")
    try:
        rules = python(
            copy, "-m", "pytest", "-p", "no:cacheprovider", "tests/test_layout.py", "-k", "one_name_at_every_stop and pigeonpost"
        )
    finally:
        shutil.move(away, copy / forgotten)
    assert rules.returncode == 1
    assert named in rules.stdout
