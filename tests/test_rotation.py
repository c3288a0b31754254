"""Rotation of the secret: in place, all or nothing, every join as it was, and whoever is loaded afterwards has the same key."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.erase import rotation
from pipelines.keys import Keys
from pipelines.load import load_source, prepare
from pipelines.run import RunReport
from pipelines.settings import Settings, read_settings
from pipelines.sources.files import SOURCE
from pipelines.warehouse import WarehouseError, connect

TOUCHES = "touch_id,person_email,occurred_at\nt1,ann@example.com,2026-03-01\nt2,bob@example.com,2026-03-02\nt3,ann@example.com,2026-03-03\n"
LINKS = "person_email,platform,actor_platform_id,method,evidence\nann@example.com,bluesky,did:plc:ann,self_declared,crm\n"
JOIN = (
    "select touch_id, identity_links.platform, method from raw_files.touches left join raw_files.identity_links using (person_key) order by all",
    "select count(distinct person_key) from raw_files.touches",
)


@dataclass
class House:
    folder: Path

    def settings(self, *keys: str) -> Settings:
        names = [*(f"GOODWILL_PREVIOUS_KEY_{place + 1}" for place in range(len(keys) - 1)), "GOODWILL_KEY"]
        return read_settings(folder=self.folder, environ=dict(zip(names, keys, strict=True)) if keys else {})

    def load(self, settings: Settings) -> None:
        prepare(settings, {"files": SOURCE})
        assert load_source(SOURCE, settings).state == "loaded"

    def drop(self, name: str, content: str) -> None:
        path = self.folder / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def rows(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with connect(settings) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(rotation, "run", lambda *_, **__: RunReport(0, tmp_path))  # the build is not what is tested here
    made = House(tmp_path)
    made.drop("touches/t.csv", TOUCHES)
    made.drop("identity_links/l.csv", LINKS)
    return made


def test_joins_and_later_loads_are_the_same_before_and_after(house: House) -> None:
    first, both = house.settings("one"), house.settings("one", "two")
    house.load(first)
    with connect(first) as connection:
        tombstone = Keys.of(first).tombstone(Keys.of(first).email("gone@example.com"))
        connection.execute("insert into raw_goodwill.tombstones values (?, timestamp '2026-01-01')", [tombstone])
    before = [rows(first, sql) for sql in JOIN]
    rotation.rotate(both)
    assert [rows(both, sql) for sql in JOIN] == before
    assert rows(both, "select distinct person_key from raw_files.identity_links") == [(Keys.of(both).email("ann@example.com"),)]
    # a new file joins to the old rows, and whoever was forgotten under the first secret stays forgotten under the second
    house.drop("touches/more.csv", "touch_id,person_email,occurred_at\nt4,ann@example.com,2026-03-04\nt5,gone@example.com,2026-03-05\n")
    house.load(both)
    assert rows(both, "select touch_id from raw_files.touches join raw_files.identity_links using (person_key) order by all") == [
        ("t1",),
        ("t3",),
        ("t4",),
    ]
    assert rows(both, "select count(*) from raw_files.touches") == [(4,)]


def test_another_secret_is_refused_and_a_second_rotation_goes_on(house: House) -> None:
    house.load(house.settings("one"))
    for wrong in (house.settings("two"), house.settings("two", "three")):
        with pytest.raises(WarehouseError):
            prepare(wrong)
        with pytest.raises(WarehouseError, match="none of these secrets"):
            rotation.rotate(wrong)
    rotation.rotate(house.settings("one", "two"))
    with pytest.raises(WarehouseError, match="already under the newest"):
        rotation.rotate(house.settings("one", "two"))
    with pytest.raises(WarehouseError):
        prepare(house.settings("one"))
    thrice = house.settings("one", "two", "three")
    rotation.rotate(thrice)
    assert rows(thrice, "select distinct person_key from raw_files.identity_links") == [(Keys.of(thrice).email("ann@example.com"),)]


def test_a_kill_leaves_it_wholly_under_the_former_secret(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.load(house.settings("one"))
    before = rows(house.settings("one"), "select * from raw_files.touches order by all")
    wrap, wrapped = rotation._wrap, []

    def killed(*arguments: Any) -> None:
        wrapped.append(arguments)
        wrap(*arguments)
        if len(wrapped) == 10:
            raise KeyboardInterrupt

    monkeypatch.setattr(rotation, "_wrap", killed)
    with pytest.raises(KeyboardInterrupt):
        rotation.rotate(house.settings("one", "two"))
    prepare(house.settings("one"))
    assert rows(house.settings("one"), "select * from raw_files.touches order by all") == before
    monkeypatch.setattr(rotation, "_wrap", wrap)
    rotation.rotate(house.settings("one", "two"))
    prepare(house.settings("one", "two"))


def test_a_key_file_gets_a_secret_by_itself_and_says_no_secret(house: House) -> None:
    house.load(house.settings())
    said = rotation.rotate(house.settings())
    lines = house.settings().key_path.read_text().split()
    assert len(lines) == 2 and house.settings().key_path.stat().st_mode & 0o077 == 0
    assert not [line for line in lines if line in said]
    prepare(house.settings())
