"""`make run` -> one day of the demo company: its inbox and its APIs, and `goodwill run` on both, in data/demo/.

The day is a number in data/demo/day: how far the clock has advanced since the first one. It is written down only after
a successful run; a run that was killed left day.pending and is taken up again as its own day.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from simulator import inbox
from simulator.apis import SECRETS
from simulator.server import Served, serving
from simulator.stage import FIRST_CLOCK
from simulator.world import build

PROJECT = Path(__file__).resolve().parent.parent
KEY = "demo-company-key-0000000000000000"  # person keys of invented people need no secret


class DayError(Exception):
    """DAY or the day file cannot be used; the message holds the cure."""


def next_day(folder: Path, wish: str | None) -> int:
    """Number of the day to run: a pending one first, else the last one again (`same`), else the one after."""
    if wish not in (None, "", "same"):
        raise DayError(f"DAY={wish}: only DAY=same is known, which repeats the last day; leave it out for the next one")
    pending, done = _number(folder / "day.pending"), _number(folder / "day")
    if pending is not None:
        return pending
    if done is None:
        return 0
    return done if wish == "same" else done + 1


def _number(path: Path) -> int | None:
    if not path.exists():
        return None
    text = path.read_text(encoding="ascii").strip()
    if not text.isdigit():
        raise DayError(f"{path} does not hold a number: remove the folder {path.parent} to begin anew")
    return int(text)


def _write(path: Path, day: int) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(f"{day}\n", encoding="ascii")
    os.replace(temporary, path)


def environment(folder: Path, served: Served) -> dict[str, str]:
    """What `goodwill run` has to know to work on the demo company and nothing else."""
    variables = {
        "GOODWILL_DEMO": "1",
        "GOODWILL_KEY": KEY,
        "WAREHOUSE_PATH": str(folder / "warehouse.duckdb"),
        "PUBLISHED_PATH": str(folder / "goodwill.duckdb"),
        "INBOX_PATH": str(folder / "inbox"),
    }
    for vendor, settings in SECRETS.items():
        variables |= {f"SOURCES__{vendor.upper()}__{name}": value for name, value in settings.items()}
        variables[f"SOURCES__{vendor.upper()}__BASE_URL"] = served.base_url(vendor)
    return variables


def run(folder: Path = PROJECT / "data" / "demo", wish: str | None = None, command: list[str] | None = None) -> int:
    """Run one day and return the exit code of `goodwill run`; `command` stands in for it in tests."""
    folder.mkdir(parents=True, exist_ok=True)
    day = next_day(folder, wish)
    _write(folder / "day.pending", day)
    world = build(now=FIRST_CLOCK + timedelta(days=day))
    changed = inbox.write(world, folder / "inbox")
    print(
        f"The demo company, day {day}: {world.now:%A, %d %B %Y, %H:%M} UTC; {len(changed)} files of its inbox are new or changed.",
        flush=True,
    )
    with serving(world) as served:
        code = _call(command or [sys.executable, "-m", "pipelines.cli", "run"], environment(folder, served))
        if code == 0 and command is None:  # the run is done, whatever becomes of the copy for analysts
            _call([sys.executable, "-m", "pipelines.cli", "sandbox"], environment(folder, served))
    if code == 0:
        _write(folder / "day", day)
        (folder / "day.pending").unlink()
    return code


def _call(command: list[str], variables: Mapping[str, str]) -> int:
    """Run a program on our terminal and wait for it; it never outlives us."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SOURCES__") and name != "GOODWILL_AS_OF"}
    process = subprocess.Popen(
        command, cwd=PROJECT, env={**inherited, **variables}, preexec_fn=_die_with_parent if sys.platform == "linux" else None
    )
    try:
        return process.wait()
    except KeyboardInterrupt:
        # the terminal sent it to the program as well: give it time to stop by itself
        try:
            return process.wait(timeout=15) or 130
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            return 130
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _die_with_parent() -> None:
    """Linux: have the kernel end the program when we are killed (prctl PR_SET_PDEATHSIG)."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
