"""kill -9 in the middle of a load, of dbt and of the publication, and two runs at once: what is published in the end is what an undisturbed run publishes."""

import os
import random
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from demo_company import Company, company, differing, restore

STAGES = ("load", "dbt", "publish")
LOADS = ("bluesky", "files", "hubspot", "mastodon", "stripe")
PATIENCE = 300  # seconds; a run that takes longer hangs


@dataclass(frozen=True)
class Second:
    """The company's second day: what lay in its folder before, and what an undisturbed run published."""

    company: Company
    saved: Path
    undisturbed: Path

    def restore(self) -> None:
        restore(self.company.folder, self.saved)


@pytest.fixture(scope="module")
def second_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Second]:
    folder, saved = tmp_path_factory.mktemp("killed") / "data", tmp_path_factory.mktemp("saved")
    with company(folder, day=0, sources=LOADS) as first:
        first.run()
    with company(folder, day=1, sources=LOADS) as tiny:
        shutil.copytree(folder, saved, dirs_exist_ok=True, ignore=shutil.ignore_patterns("dbt"))
        first_published = shutil.copy(tiny.published, saved / "first.duckdb")
        tiny.run()
        undisturbed = saved / "undisturbed.duckdb"
        shutil.copy(tiny.published, undisturbed)
        assert differing(Path(first_published), undisturbed), "a day changes what is published"
        yield Second(tiny, saved, undisturbed)


def dbt_log_lines(folder: Path) -> int:
    log = folder / "logs" / "dbt.log"
    return len(re.findall(r"\bOK (?:created|loaded)", log.read_text(encoding="utf-8"))) if log.exists() else 0


def kill_in(stage: str, seed: int, tiny: Company) -> str:
    """Start a run and kill it at a moment that the seed chooses; what it had printed until then."""
    chance = random.Random(f"{stage} {seed}")
    source, share = chance.choice(LOADS), chance.random()
    begins = {"load": f"load {source}", "dbt": "dbt", "publish": "publish"}[stage]
    process = tiny.start()
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    printed = ""
    try:
        assert process.stdout is not None
        for line in process.stdout:
            printed += line
            if line.rstrip().endswith(f"… {begins}"):
                break
        else:
            raise AssertionError(f"the run ended before it came to {begins}:\n{printed}")
        done = dbt_log_lines(tiny.folder)
        if stage == "dbt":
            while process.poll() is None and dbt_log_lines(tiny.folder) - done < 1 + int(share * 120):
                pass
        elif stage == "load":
            # moments of a load are not told from outside: let the seed choose one within its first second
            with_timeout(process, share)
        else:
            with_timeout(process, share * 0.05)
        assert process.poll() is None, f"the run was over before it could be killed:\n{printed}"
        os.kill(process.pid, signal.SIGKILL)
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    return printed


def with_timeout(process: "subprocess.Popen[str]", seconds: float) -> None:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return


def kill_after_restoring(stage: str, seed: int, second_day: Second) -> None:
    second_day.restore()
    kill_in(stage, seed, second_day.company)
    with duckdb.connect(str(second_day.company.published), read_only=True) as connection:
        assert connection.execute("select count(*) from core.posts").fetchone() != (0,), "readers still have a whole file"


def is_made_good(second_day: Second) -> bool:
    assert differing(second_day.undisturbed, second_day.company.published) == []
    return not second_day.company.published.with_name("goodwill.duckdb.next").exists()


def test_after_a_kill_in_a_load_two_runs_at_once_do_it_one_after_the_other(second_day: Second) -> None:
    kill_after_restoring("load", 1, second_day)
    both = [second_day.company.start(), second_day.company.start()]
    said = [process.communicate(timeout=PATIENCE)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("another run works on" in text for text in said) == 1
    assert is_made_good(second_day)


def test_after_a_kill_in_dbt_a_run_that_is_interrupted_there_ends_cleanly_and_the_next_makes_it_good(second_day: Second) -> None:
    kill_after_restoring("dbt", 1, second_day)
    process = second_day.company.start()
    assert process.stdout is not None
    for line in process.stdout:
        if line.rstrip().endswith("… dbt"):
            process.send_signal(signal.SIGINT)
            break
    rest = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 130
    assert "Traceback" not in rest
    assert "what was published before stands as it was" in rest
    second_day.company.run()
    assert is_made_good(second_day)


def test_a_run_killed_in_the_publication_is_made_good_by_the_next(second_day: Second) -> None:
    kill_after_restoring("publish", 1, second_day)
    second_day.company.run()
    assert is_made_good(second_day)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(2, 13))
@pytest.mark.parametrize("stage", STAGES)
def test_a_run_killed_anywhere_is_made_good_by_the_next(stage: str, seed: int, second_day: Second) -> None:
    kill_after_restoring(stage, seed, second_day)
    second_day.company.run()
    assert is_made_good(second_day)
