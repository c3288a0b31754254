"""`make run`: which day comes next, what a run is told, and that nothing outlives it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator import demo
from simulator.demo import DayError, next_day
from simulator.stage import FIRST_CLOCK
from simulator.world import World, build


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    def small(now=FIRST_CLOCK) -> World:
        return build(now=now, days=10, accounts=5)

    monkeypatch.setattr(demo, "build", small)


def running(folder: Path, code: str) -> list[str]:
    """A program in place of `goodwill run` that notes what it was told."""
    note = f"import json, os, pathlib; pathlib.Path({str(folder / 'told.json')!r}).write_text(json.dumps(dict(os.environ)))"
    return [sys.executable, "-c", f"{note}\n{code}"]


def days(folder: Path) -> tuple[str | None, str | None]:
    return tuple((folder / name).read_text().strip() if (folder / name).exists() else None for name in ("day", "day.pending"))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("done", "pending", "wish", "expected"),
    [
        (None, None, None, 0),
        (None, None, "same", 0),
        ("0", None, None, 1),
        ("4", None, "same", 4),
        ("4", "5", None, 5),  # killed: its own day again
        ("4", "5", "same", 5),  # the warehouse may hold the fifth already, and time does not run backwards
        (None, "0", None, 0),
    ],
)
def test_which_day_comes_next(tmp_path: Path, done: str | None, pending: str | None, wish: str | None, expected: int):
    for name, value in (("day", done), ("day.pending", pending)):
        if value is not None:
            (tmp_path / name).write_text(value)
    assert next_day(tmp_path, wish) == expected


@pytest.mark.parametrize(("wish", "text"), [("tomorrow", None), (None, "Tuesday")])
def test_a_day_that_is_none_is_refused_with_a_cure(tmp_path: Path, wish: str | None, text: str | None):
    if text:
        (tmp_path / "day").write_text(text)
    with pytest.raises(DayError, match=r"DAY=same|begin anew"):
        next_day(tmp_path, wish)


def test_the_day_is_written_down_after_success_only(tmp_path: Path, tiny: None):
    assert demo.run(tmp_path, command=running(tmp_path, "raise SystemExit(3)")) == 3
    assert days(tmp_path) == (None, "0")
    assert demo.run(tmp_path, command=running(tmp_path, "")) == 0
    assert days(tmp_path) == ("0", None)
    assert demo.run(tmp_path, command=running(tmp_path, "")) == 0
    assert days(tmp_path) == ("1", None)
    assert demo.run(tmp_path, wish="same", command=running(tmp_path, "")) == 0
    assert days(tmp_path) == ("1", None)


def test_a_run_is_told_of_the_demo_and_of_nothing_else(tmp_path: Path, tiny: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOURCES__BLUESKY__ACCESS_TOKEN", "a real one")
    monkeypatch.setenv("SOURCES__REDDIT__ACCESS_TOKEN", "another real one")
    monkeypatch.setenv("GOODWILL_AS_OF", "2020-01-01")
    ask = "import urllib.request; urllib.request.urlopen(os.environ['SOURCES__HUBSPOT__BASE_URL'] + '/crm/v3/owners')"
    code = f"try:\n    {ask}\nexcept urllib.error.HTTPError as fault:\n    raise SystemExit(0 if fault.code == 401 else 1)"
    assert demo.run(tmp_path, command=running(tmp_path, "import urllib.error\n" + code)) == 0
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["GOODWILL_DEMO"] == "1" and told["WAREHOUSE_PATH"] == str(tmp_path / "warehouse.duckdb")
    assert Path(told["INBOX_PATH"]).is_dir() and told["PUBLISHED_PATH"] == str(tmp_path / "goodwill.duckdb")
    assert told["SOURCES__BLUESKY__ACCESS_TOKEN"] != "a real one"
    assert "SOURCES__REDDIT__ACCESS_TOKEN" not in told and "GOODWILL_AS_OF" not in told


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_a_run(tmp_path: Path, how: signal.Signals):
    if how is signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux ends a program together with the one that started it")
    child = tmp_path / "child"
    code = f"import os, pathlib, time; pathlib.Path({str(child)!r}).write_text(str(os.getpid())); time.sleep(60)"
    # a test run in the background may ignore Ctrl-C and hands that down; a terminal's programs do not
    script = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pathlib import Path; from simulator import demo; from simulator.world import build\n"
        "demo.build = lambda now: build(now=now, days=10, accounts=5)\n"
        f"sys.exit(demo.run(Path({str(tmp_path)!r}), command=[sys.executable, '-c', {code!r}]))"
    )
    # a session of its own, as a terminal gives it: Ctrl-C reaches every program in it
    process = subprocess.Popen([sys.executable, "-c", script], cwd=demo.PROJECT, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while not (child.exists() and child.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)
        pid = int(child.read_text())
        if how is signal.SIGINT:
            os.killpg(process.pid, how)
        else:
            process.kill()
        process.wait(timeout=30)
        while _is_running(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not _is_running(pid)
        assert process.returncode != 0 and (tmp_path / "day.pending").exists() and not (tmp_path / "day").exists()
    finally:
        if process.poll() is None:
            process.kill()
