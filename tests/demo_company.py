"""A tiny demo company (30 days, about 20 clients) -> runs on it: settings, servers, and the content of what was published."""

import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb

from pipelines.run import RunReport, run
from pipelines.settings import PROJECT, Settings, read_settings
from simulator import demo, inbox
from simulator.server import Served, serving
from simulator.stage import FIRST_CLOCK
from simulator.world import World, build

DAYS, ACCOUNTS = 30, 20


@cache
def world(day: int) -> World:
    return build(now=FIRST_CLOCK + timedelta(days=day), days=DAYS, accounts=ACCOUNTS)


def advertised(platform: str, day: int) -> dict[tuple[str, date], tuple[Decimal, float]]:
    """What the world knows of a platform's ads until `day`: (ad, date) -> spend, and the conversions that it claims."""
    ads = world(day).advertising
    of_it = ads[ads["platform"] == platform]
    rows = zip(of_it["ad_id"], of_it["date"].dt.date, of_it["spend"], of_it["claimed_conversions"], strict=True)
    return {(ad, date): (Decimal(f"{spend:.2f}"), claimed) for ad, date, spend, claimed in rows}


@dataclass(frozen=True)
class Company:
    """One day of the company, on one warehouse."""

    folder: Path
    variables: Mapping[str, str]

    @property
    def settings(self) -> Settings:
        return read_settings(folder=self.folder, environ=self.variables)

    @property
    def published(self) -> Path:
        return self.folder / "goodwill.duckdb"

    def run(self) -> RunReport:
        """A run in this process; it must publish."""
        report = run(self.settings)
        assert report.is_published, f"{report.failure}; see {report.log_path}"
        return report

    def start(self) -> "subprocess.Popen[str]":
        """`goodwill run` as a program of its own; what it prints comes line by line."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SOURCES__")}
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "pipelines.cli", "run"],
            cwd=PROJECT,
            env={**inherited, **self.variables, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )


@contextmanager
def company(folder: Path, day: int, has_faults: bool = False, sources: Collection[str] | None = None) -> Iterator[Company]:
    """The company on `day`, its inbox written and its APIs answering, with its warehouse in `folder`; of its APIs only `sources` are configured."""
    inbox.write(world(day), folder / "inbox")
    with serving(world(day), has_faults=has_faults) as served:
        variables = demo.environment(folder, served)
        left_out = () if sources is None else tuple(f"SOURCES__{vendor.upper()}__" for vendor in set(demo.SECRETS) - set(sources))
        yield Company(folder, {name: value for name, value in variables.items() if not name.startswith(left_out)})


def nobody(folder: Path, **variables: str) -> Company:
    """A company of which nothing is configured and whose inbox is empty."""
    (folder / "inbox").mkdir(parents=True, exist_ok=True)
    paths = {"WAREHOUSE_PATH": "warehouse.duckdb", "PUBLISHED_PATH": "goodwill.duckdb", "INBOX_PATH": "inbox"}
    return Company(folder, {name: str(folder / path) for name, path in paths.items()} | {"GOODWILL_KEY": "a key for tests"} | variables)


def content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of a published file, in an order of its own."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        return {
            f"{schema}.{table}": connection.execute(f'select * from "{schema}"."{table}" order by all').fetchall()
            for schema, table in tables
        }


def differing(one: Path, other: Path) -> list[str]:
    """Tables whose content differs, with a row that only one of them has."""
    ours, theirs = content(one), content(other)
    found = [f"{table} is in one file only" for table in sorted(set(ours) ^ set(theirs))]
    for table in sorted(set(ours) & set(theirs)):
        if ours[table] != theirs[table]:
            odd = next(
                (row for row in ours[table] + theirs[table] if (row in ours[table]) != (row in theirs[table])), "the same rows, repeated"
            )
            found.append(f"{table}: {len(ours[table])} and {len(theirs[table])} rows, for instance {odd}")
    return found


def restore(folder: Path, saved: Path) -> None:
    """Bring a folder back to what was saved of it; the parsed dbt project stays, since it has not changed."""
    for entry in folder.iterdir():
        if entry.name != "dbt":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    shutil.copytree(saved, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("dbt"))


__all__ = ["Company", "Served", "advertised", "company", "content", "differing", "nobody", "restore", "world"]
