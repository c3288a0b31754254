"""The demo company's inbox: it keeps the contracts of the entities, the same bytes for the same day, and old files stay as they are."""

import re
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipelines.entities import entities
from simulator import inbox
from simulator.stage import FIRST_CLOCK
from simulator.world import build

TINY = {"days": 30, "accounts": 20}


@pytest.fixture(scope="module")
def two_days() -> tuple[inbox.Files, inbox.Files]:
    return inbox.files(build()), inbox.files(build(now=FIRST_CLOCK + timedelta(days=1)))


def test_every_file_keeps_the_contract_of_its_entity(two_days: tuple[inbox.Files, inbox.Files]):
    for name, frame in two_days[0].items():
        entity = entities()[name.partition("/")[0]]
        known = {column.name for column in entity.columns}
        persons = {column.stem for column in entity.columns if column.is_person}
        for column in frame.columns:
            stem = re.sub(r"_(email|platform_id)$", "", column)
            assert column in known or (stem != column and stem in persons), f"{name}: {column}"
        for column in entity.columns:
            given = column.name if not column.is_person else next((c for c in frame if c.startswith(column.stem + "_")), column.name)
            if column.is_required:
                assert frame[given].notna().all(), f"{name}: {given}"
            if column.values and column.name in frame:
                assert set(frame[column.name].dropna()) <= set(column.values), f"{name}: {column.name}"


def test_no_key_is_given_twice(two_days: tuple[inbox.Files, inbox.Files]):
    by_entity: dict[str, list[pd.DataFrame]] = {}
    for name, frame in two_days[0].items():
        by_entity.setdefault(name.partition("/")[0], []).append(frame)
    for name, frames in by_entity.items():
        every = pd.concat(frames, ignore_index=True)
        key = []
        for column in entities()[name].key:
            given = [
                c
                for c in every
                if c == column or (c.startswith(column.removesuffix("_key") + "_") and c.endswith(("_email", "_platform_id")))
            ]
            key += given
        assert not every.duplicated(key).any(), f"{name}: {key}"


def test_no_planted_truth_in_the_inbox(two_days: tuple[inbox.Files, inbox.Files]):
    hidden = {"cause", "warmth", "is_timely", "weight", "is_canned", "monthly"}
    assert not any(hidden & set(frame.columns) for frame in two_days[0].values())
    touches = pd.concat([frame for name, frame in two_days[0].items() if name.startswith("touches/")])
    assert "channel" not in touches


def test_a_day_more_leaves_old_files_alone(two_days: tuple[inbox.Files, inbox.Files]):
    today, tomorrow = two_days
    changed = [name for name in tomorrow if name not in today or inbox.encoded(name, today[name]) != inbox.encoded(name, tomorrow[name])]
    assert set(today) <= set(tomorrow)
    dated = [name for name in changed if re.search(r"\d{4}", name)]
    assert dated and all(re.search(r"2026(-Q[23])?\.", name) for name in dated), dated
    assert any("2026-Q3" in name for name in dated)  # the next day begins a quarter
    assert len(changed) < len(tomorrow) / 2


def test_writing_again_touches_nothing(tmp_path: Path):
    world = build(**TINY)
    assert len(inbox.write(world, tmp_path)) > 20
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*") if path.is_file()}
    assert inbox.write(build(**TINY), tmp_path) == []
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_next_day_writes_only_what_changed(tmp_path: Path):
    every = inbox.write(build(**TINY), tmp_path)
    changed = inbox.write(build(now=FIRST_CLOCK + timedelta(days=1), **TINY), tmp_path)
    assert 0 < len(changed) < len(every)
    assert "objectives/objectives.csv" not in changed


def test_a_cost_is_missing_in_one_recent_month(two_days: tuple[inbox.Files, inbox.Files]):
    costs = pd.concat([frame for name, frame in two_days[0].items() if name.startswith("costs/")])
    months = costs[costs["kind"] == "creator"]["period_start"].dt.strftime("%Y-%m").tolist()
    assert "2026-05" not in months and {"2026-04", "2026-06"} <= set(months)
