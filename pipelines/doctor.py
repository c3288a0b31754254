"""This machine -> findings: each thing that could be wrong, how it stands, and its cure."""

import difflib
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import duckdb
from filelock import FileLock, Timeout
from packaging.markers import Marker
from packaging.version import Version
from rich.console import Console

from pipelines.keys import Keys
from pipelines.retention import RETENTION
from pipelines.settings import PROJECT, Settings, SettingsError, read_settings
from pipelines.sources import discover
from pipelines.summary import Page

ENOUGH_BYTES = 2 * 1024**3
PAGE_PORT = 3000
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+?))?\s*\\?$")


@dataclass(frozen=True)
class Finding:
    """`wrong` stops a run, `mind` is something a person should know."""

    subject: str
    state: Literal["good", "mind", "wrong"]
    what: str
    cure: str = ""


def _python() -> Finding:
    name = ".".join(str(part) for part in sys.version_info[:3])
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding("Python", "good", name)
    return Finding("Python", "wrong", f"{name}; Goodwill needs 3.11 to 3.13", "make setup PYTHON=/path/to/python3.12, after removing .venv")


def differing_packages(lock: Path) -> list[str]:
    """Packages of the lock that this machine needs and has not, or has in another version."""
    differing = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        pin = PINNED.match(line)
        if pin is None or (pin["marker"] and not Marker(pin["marker"]).evaluate()):
            continue
        try:
            if Version(version(pin["name"])) != Version(pin["version"]):
                differing.append(f"{pin['name']} {version(pin['name'])} (locked: {pin['version']})")
        except PackageNotFoundError:
            differing.append(f"{pin['name']} is missing")
    return differing


def _packages() -> Finding:
    differing = differing_packages(PROJECT / "requirements.lock")
    if not differing:
        return Finding("packages", "good", "those of requirements.lock")
    return Finding(
        "packages",
        "wrong",
        "; ".join(differing[:4]) + (f"; and {len(differing) - 4} more" if len(differing) > 4 else ""),
        "touch requirements.lock; make setup",
    )


def _folders(settings: Settings) -> Iterator[Finding]:
    for subject, path in (("warehouse folder", settings.warehouse_path.parent), ("published folder", settings.published_path.parent)):
        try:
            path.mkdir(parents=True, exist_ok=True)
            probe = path / ".goodwill-doctor"
            probe.touch()
            probe.unlink()
        except OSError as fault:
            yield Finding(
                subject,
                "wrong",
                f"{path}: {fault.strerror}",
                "make it writable for you, or set WAREHOUSE_PATH and PUBLISHED_PATH elsewhere",
            )
            continue
        free = shutil.disk_usage(path).free
        room = f"{path}, {free / 1024**3:.1f} GB free"
        if free < ENOUGH_BYTES:
            yield Finding(subject, "mind", room, "a warehouse and its copy need room: free some, or set WAREHOUSE_PATH elsewhere")
        else:
            yield Finding(subject, "good", room)
    if settings.inbox_path.is_dir():
        yield Finding("inbox", "good", str(settings.inbox_path))
    else:
        yield Finding("inbox", "mind", f"{settings.inbox_path} does not exist, so that no file is loaded", "mkdir it, or set INBOX_PATH")


def _holder(path: Path) -> str:
    """Who holds a lock on a file, where the system says so (Linux)."""
    with suppress(OSError, ValueError):
        inode = path.stat().st_ino
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            fields = line.split()
            if fields[1] != "->" and fields[5].split(":")[-1] == str(inode):
                command = Path(f"/proc/{fields[4]}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"process {fields[4]} ({command})"
    return "another process"


def _lock(settings: Settings) -> Iterator[Finding]:
    path = settings.warehouse_path.with_name(settings.warehouse_path.name + ".lock")
    if path.exists():
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield Finding(
                "warehouse lock", "mind", f"a run is at work: {_holder(path)}", "wait until it has finished; a new run does so by itself"
            )
            return
        lock.release()
    if not settings.warehouse_path.exists():
        yield Finding("warehouse", "good", f"{settings.warehouse_path} does not exist yet; `goodwill run` makes it")
        return
    try:
        with duckdb.connect(str(settings.warehouse_path)) as connection:
            row = connection.execute("select is_demo, key_check from raw_goodwill.stamp").fetchone()
    except duckdb.CatalogException:
        yield Finding("warehouse", "wrong", f"{settings.warehouse_path} was not made by Goodwill", "give another WAREHOUSE_PATH")
        return
    except duckdb.Error as fault:
        yield Finding("warehouse", "wrong", str(fault).splitlines()[0], f"close it there; readers open {settings.published_path}")
        return
    yield from _stamp(settings, row)


def _stamp(settings: Settings, row: tuple[bool, str] | None) -> Iterator[Finding]:
    if row is None:
        yield Finding("warehouse", "good", "empty")
        return
    holds = "the demo company" if row[0] else "real data"
    if row[0] != settings.is_demo:
        yield Finding(
            "warehouse",
            "wrong",
            f"it holds {holds}, and this is {'not ' if row[0] else ''}the demo",
            "give another WAREHOUSE_PATH: the two never share one",
        )
    else:
        yield Finding("warehouse", "good", f"holds {holds}")
    if settings.is_key_made and not settings.key_path.exists():
        yield Finding(
            "key",
            "wrong",
            "the key of the persons in the warehouse is gone",
            f"put {settings.key_path} back, or set the GOODWILL_KEY it was begun with",
        )
    elif Keys.of(settings).check != row[1]:
        yield Finding(
            "key", "wrong", "the persons in the warehouse have keys made with another secret", "set the GOODWILL_KEY it was begun with"
        )
    elif settings.is_key_made:
        yield Finding("key", "mind", f"made by itself: {settings.key_path}", "keep a copy: without it no person would be recognised again")
    else:
        yield Finding("key", "good", "GOODWILL_KEY")


def _sources(settings: Settings) -> Iterator[Finding]:
    known = {f"SOURCES__{source.name}__ACCOUNTS".upper() for source in discover().values()}
    for source in discover().values():
        prefixes = [source.name, *(f"{source.name}__{account}" for account in settings.accounts(source.name) if account)]
        known |= {f"SOURCES__{prefix}__{setting.name}".upper() for prefix in prefixes for setting in source.settings}
        known.add(f"SOURCES__{source.name}__{RETENTION.name}".upper())
    for name in settings.source_variables:
        if name.upper() not in known:
            close = difflib.get_close_matches(name.upper(), known, n=1)
            yield Finding(
                "settings", "mind", f"{name} is a setting of no source", f"did you mean {close[0]}?" if close else "see .env.example"
            )
    configured = [
        f"{source.name} {account or ''}".rstrip()
        for source in discover().values()
        for account in settings.accounts(source.name)
        if source.name != "files" and not settings.missing(source.name, source.settings, account)
    ]
    if configured:
        yield Finding("sources", "good", ", ".join(configured))
    else:
        yield Finding("sources", "mind", "none has its token", "set tokens in .env (see .env.example); files alone work too")
    secrets = PROJECT / ".env"
    if secrets.exists() and secrets.stat().st_mode & 0o077:
        yield Finding(".env", "mind", "others on this machine can read it", "chmod 600 .env")


def _port() -> Finding:
    with socket.socket() as probe:
        is_taken = probe.connect_ex(("127.0.0.1", PAGE_PORT)) == 0
    if is_taken:
        return Finding(
            "port 3000", "mind", "is taken, so that `make dev` cannot have it", "stop what listens there (perhaps `make dev` itself)"
        )
    return Finding("port 3000", "good", "free for `make dev`")


def examine() -> list[Finding]:
    """Everything that is looked at, in the order in which it would hurt. Opens the warehouse, changes nothing in it."""
    findings = [_python(), _packages()]
    try:
        settings = read_settings()
    except SettingsError as fault:
        return [*findings, Finding("settings", "wrong", str(fault), "correct it in .env or .dlt/config.toml")]
    return [*findings, *_folders(settings), *_lock(settings), *_sources(settings), _port()]


def print_findings(findings: list[Finding], console: Console) -> None:
    """A line for each finding, and below it the cure."""
    page = Page(console)
    styles = {"good": "green", "mind": "yellow", "wrong": "bold red"}
    for finding in findings:
        page.say(f"{finding.state:<6}{finding.subject}: {finding.what}", styles[finding.state], indent="")
        if finding.cure:
            page.say(f"cure: {finding.cure}", indent=" " * 8)
