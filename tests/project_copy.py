"""A copy of the project -> programs run in it, and docs/extending.md followed in it to the letter."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from pipelines.settings import PROJECT

COPIED = (
    "pipelines",
    "dbt_project",
    "data_quality",
    "simulator",
    "tests",
    "pyproject.toml",
    ".dlt",
    ".env.example",
    "requirements.lock",
    ".sqlfluff",
)
PAGE = (PROJECT / "docs" / "extending.md").read_text(encoding="utf-8")
# A file's name before its content, or commands with what they say; in the order of the page.
BLOCKS = re.compile(r"(?:^`([\w/.]+)`\n\n)?^```(\w+)( fails)?\n(.*?)^```$", re.S | re.M)


def copied(folder: Path) -> Path:
    """The project without its history, its data and what programs left in it; its .venv is ours."""
    for name in COPIED:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("target", "logs", "__pycache__"))
        else:
            shutil.copy(PROJECT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


class Inbox:
    """A folder of files that is filled like a warehouse of the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def insert(self, entity: str, *rows: dict[str, object]) -> None:
        (self.folder / entity).mkdir(parents=True, exist_ok=True)
        with (self.folder / entity / "company.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row, default=str) + "\n" for row in rows)


def python(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SOURCES__", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env={**inherited, **variables}, capture_output=True, text=True, check=False, timeout=300
    )


def shell(command: str, folder: Path, home: Path) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SOURCES__", "PYTEST_", "DBT_"))}
    variables = {**inherited, "PYTHONPATH": str(home), "NO_COLOR": "1"}
    return subprocess.run(["bash", "-c", command], cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=600)


def walk(project: Path) -> list[str]:
    """Write the page's files and run its commands; gives what they said. A line that the page shows, without digits, must be among it."""
    at, said = project, []
    for file, language, fails, content in BLOCKS.findall(PAGE):
        if language != "console":
            (project / file).write_text(content, encoding="utf-8")
            continue
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", content, re.M):
            if command.startswith("cd "):
                at /= command.removeprefix("cd ")
                continue
            done = shell(command, at, project)
            output = " ".join((done.stdout + done.stderr).split())
            assert bool(done.returncode) == bool(fails), f"{command}\n{done.stdout}{done.stderr}"
            for line in expected.splitlines():
                assert re.search(r"\d", line) or " ".join(line.split()) in output, f"{command} does not say: {line}\n{done.stdout}"
            said.append(output)
    return said
