"""`goodwill forget` on a tiny demo company: no byte of the person is left, money stays, a re-load brings nobody back."""

import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from demo_company import Company, company, world

from pipelines import erase
from pipelines.analysts.sandbox import make_sandbox, sandbox_path
from pipelines.erase import Proof, forget
from pipelines.erase.rotation import rotate
from pipelines.keys import Keys
from pipelines.labelling.sample import draw, sample_path
from pipelines.publish import person_columns, publish_restricted, read_marts
from pipelines.run import RunReport
from pipelines.settings import SettingsError, read_settings
from simulator import inbox

TEXTS = ("The lamp of my grandmother Zebediah went out", "Zebediah again, and thank you")
MENTION = "As {handle} says, whose address is {email}, all is well"
ORDER = "revenue_id,occurred_at,amount,currency,person_email,kind\nzebediah-1,2026-05-01,12.5,USD,{email},order\n"


@dataclass(frozen=True)
class Ann:
    """Somebody of whom much is stored: an address, a linked account on Bluesky, words at the desk, money."""

    email: str
    did: str
    handle: str


@pytest.fixture(scope="module")
def ann() -> Ann:
    everybody = world(0)
    linked = everybody.identity_links[everybody.identity_links["platform"] == "bluesky"]
    handles = everybody.actors[everybody.actors["platform"] == "bluesky"].set_index("actor_id")["handle"]
    wrote, at_desk = set(everybody.talk["actor_id"]), set(everybody.desk["actor_email"])
    chosen = next(row for row in linked.itertuples() if row.person_email in at_desk and row.actor_platform_id in wrote)
    return Ann(chosen.person_email, chosen.actor_platform_id, handles[chosen.actor_platform_id])


def _write_inbox(folder: Path, ann: Ann) -> None:
    inbox.write(world(0), folder)
    (folder / "revenue").mkdir(exist_ok=True)
    (folder / "revenue" / "shop.csv").write_text(ORDER.format(email=ann.email))
    mention = MENTION.format(handle=f"@{ann.handle}", email=ann.email.upper())
    rows = [(ann.email, "desk", TEXTS[0]), ("other@example.org", "bluesky", mention), (ann.email, "desk", TEXTS[1])]
    lines = [
        f'{platform},zebediah-{i},2026-05-0{i + 1}T10:00:00Z,message,{email},"{text}"' for i, (email, platform, text) in enumerate(rows)
    ]
    header = "platform,interaction_id,occurred_at,kind,actor_email,text"
    (folder / "interactions" / "shop.csv.gz").write_bytes(gzip.compress("\r\n".join([header, *lines]).encode()))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, ann: Ann) -> Iterator[Company]:
    with company(tmp_path_factory.mktemp("forget") / "data", day=0) as made:
        _write_inbox(made.folder / "inbox", ann)
        made.run()
        make_sandbox(made.settings)
        draw(made.settings, size=100_000)
        yield made


def _indicators(path: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("from relationships.indicators order by all").fetchall()


def _rows_told(path: Path) -> list[tuple[object, ...]]:
    """What is told of how many rows were loaded, and of how many people are known; money is told as it is, and so is what holds."""
    with duckdb.connect(str(path), read_only=True) as connection:
        coverage = connection.execute("from core.coverage order by all").fetchall()
        trust = "select * exclude (unattributed_share, conversions_vs_ledger_pct, failed_checks) from board.data_trust order by all"
        return coverage + connection.execute(trust).fetchall()


@pytest.fixture(scope="module")
def rows_told_before(tiny: Company) -> list[tuple[object, ...]]:
    return _rows_told(tiny.published)


@pytest.fixture(scope="module")
def told_before(tiny: Company) -> list[tuple[object, ...]]:
    """What yesterday's file says of people."""
    return _indicators(tiny.published)


@pytest.fixture(scope="module")
def forgotten(tiny: Company, ann: Ann, told_before: list[tuple[object, ...]], rows_told_before: list[tuple[object, ...]]) -> Proof:
    """The first attempt is killed after the raw rows are gone, the second one takes it up and completes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erase, "run", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            forget(tiny.settings, [ann.email, f"bluesky:@{ann.handle}"])
    return forget(tiny.settings, [ann.email, f"bluesky:@{ann.handle}"])


def _bytes(path: Path) -> bytes:
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".parquet":
        return json.dumps(pq.read_table(path).to_pylist(), default=str).encode()
    return path.read_bytes()


def _traces(folder: Path, words: list[str]) -> list[tuple[str, str]]:
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = _bytes(path).lower()
            found += [(path.name, word) for word in words if word.lower().encode() in content]
    return found


def _values(path: Path) -> set[str]:
    """Every text in every table and view of a database."""
    values: set[str] = set()
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where data_type in ('VARCHAR', 'JSON') and not internal"
        ).fetchall()
        for schema, table, column in columns:
            values |= {
                row[0] for row in connection.execute(f'select distinct "{column}"::varchar from "{schema}"."{table}"').fetchall() if row[0]
            }
    return values


def _words(settings, ann: Ann) -> list[str]:
    keys = Keys.of(settings)
    return [ann.email, ann.did, ann.handle, keys.email(ann.email), keys.account("bluesky", ann.did), "grandmother Zebediah"]


def test_before_there_is_much_to_find(tiny: Company, ann: Ann) -> None:
    keys = Keys.of(tiny.settings)
    with duckdb.connect(str(tiny.settings.warehouse_path), read_only=True) as connection:
        at_desk, on_bluesky = (
            connection.execute(f"select count(*) from {table} where actor_key = ?", [key]).fetchone()
            for table, key in (
                ("raw_files.interactions", keys.email(ann.email)),
                ("raw_bluesky.interactions", keys.account("bluesky", ann.did)),
            )
        )
    assert at_desk > (0,) and on_bluesky > (0,)
    assert keys.email(ann.email) in _values(sandbox_path(tiny.settings)), "and in the copy that analysts work in"
    assert TEXTS[0] in sample_path(tiny.settings, 2026).read_text(encoding="utf-8"), "and in what people label"
    assert {word for _, word in _traces(tiny.settings.inbox_path, [ann.email, ann.did])} == {ann.email, ann.did}


def test_no_byte_is_left_in_any_file(tiny: Company, ann: Ann, forgotten: Proof) -> None:
    assert forgotten.is_clean, list(forgotten.lines())
    assert _traces(tiny.folder, _words(tiny.settings, ann)) == []
    for path in (tiny.settings.warehouse_path, tiny.published):
        held = " ".join(_values(path)).lower()
        assert [word for word in _words(tiny.settings, ann) if word.lower() in held] == []


def test_yesterdays_file_minus_todays_does_not_tell_who_it_was(
    tiny: Company, forgotten: Proof, told_before: list[tuple[object, ...]]
) -> None:
    """One person less is no news: every row reads as before, until ten are more or less."""
    with duckdb.connect(str(tiny.settings.warehouse_path), read_only=True) as connection:
        (waiting,) = connection.execute(
            "select count(*) from intermediate.int_indicators_shown as shown join intermediate.int_indicators_told as told using (cell) "
            "where shown.n is distinct from told.n"
        ).fetchone()
    assert waiting > 0, "the person was in no figure, so that this shows nothing"
    assert _indicators(tiny.published) == told_before


def test_rows_that_were_loaded_go_on_counting(tiny: Company, forgotten: Proof, rows_told_before: list[tuple[object, ...]]) -> None:
    """Else yesterday's count less today's is how many rows the person had, of each source, and with which columns."""
    with duckdb.connect(str(tiny.settings.warehouse_path), read_only=True) as connection:
        (more,) = connection.execute("select count(*) from intermediate.int_counts_told where told > counted").fetchone()
    assert more > 10, "the person had no row, so that this shows nothing"
    assert _rows_told(tiny.published) == rows_told_before


def test_money_and_the_words_of_others_stay(tiny: Company, forgotten: Proof) -> None:
    with duckdb.connect(str(tiny.settings.warehouse_path), read_only=True) as connection:
        revenue = connection.execute(
            "select occurred_at::date::text, amount::text, person_key from core.revenue where revenue_id = 'zebediah-1'"
        ).fetchall()
        texts = connection.execute("select text from raw_files.interactions where interaction_id like 'zebediah%'").fetchall()
    assert revenue == [("2026-05-01", "12.5000", None)]
    assert texts == [("As <forgotten> says, whose address is <address>, all is well",)]


def test_a_second_time_changes_nothing_and_the_tombstones_stay(tiny: Company, ann: Ann, forgotten: Proof) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erase, "run", lambda *_, **__: RunReport(0, tiny.folder))
        again = forget(tiny.settings, [ann.email])
    assert again.is_clean and again.removed == again.kept == 0 and again.rewritten == []
    with duckdb.connect(str(tiny.settings.warehouse_path), read_only=True) as connection:
        (tombstones,) = connection.execute("select count(*) from raw_goodwill.tombstones").fetchone()
        assert connection.execute("select count(*) from raw_goodwill.forgetting").fetchone() == (0,)
    assert tombstones >= 2


def test_a_reload_of_everything_brings_nobody_back(
    tiny: Company, ann: Ann, forgotten: Proof, rows_told_before: list[tuple[object, ...]]
) -> None:
    """The APIs still know the person, and the inbox comes back from a backup."""
    _write_inbox(tiny.folder / "inbox", ann)
    tiny.run()
    assert _rows_told(tiny.published) == rows_told_before
    keys = Keys.of(tiny.settings)
    held = _values(tiny.settings.warehouse_path)
    assert not held & {keys.email(ann.email), keys.account("bluesky", ann.did)}
    assert not [text for text in held if ann.did in text or f"@{ann.handle}" in text]
    assert not held & set(TEXTS)
    assert "As <forgotten> says, whose address is <address>, all is well" in held


def test_no_published_column_holds_a_key_a_handle_an_address_or_somebodys_words(tiny: Company) -> None:
    """Of all persons that the demo company knows, and of every column of every published mart."""
    everybody = world(0)
    people = {*everybody.actors["handle"], *everybody.actors["actor_id"], *everybody.actors["email"], *everybody.desk["actor_email"]}
    people |= {*everybody.staff["email"], *everybody.identity_links["person_email"], *everybody.touches["person_email"]}
    said = {*everybody.desk["text"], *everybody.talk["text"], *everybody.letters["text"], *TEXTS}
    published = _values(tiny.published)
    joined = "\n".join(published).lower()
    assert not [person for person in people if isinstance(person, str) and len(person) > 5 and person.lower() in joined]
    ours = set(everybody.posts["text"])  # what the company itself published is no secret
    assert not published & {text for text in said - ours if isinstance(text, str) and len(text) > 12}
    assert not [value for value in published if len(value) == 64 and not set(value) - set("0123456789abcdef")]
    assert not [value for value in published if "@" in value and not value.startswith("https://")]  # links to posts of ours


def test_the_restricted_tier_is_a_file_of_its_own_for_its_owner(tiny: Company, ann: Ann) -> None:
    result = publish_restricted(tiny.settings)
    assert result.path != tiny.published and result.path.stat().st_mode & 0o077 == 0
    assert "core.interactions" in result.tables and not set(result.tables) & {"core.posts", "relationships.indicators"}
    result.path.unlink()


def test_a_handle_that_nobody_is_stored_under_proves_nothing(tiny: Company, ann: Ann) -> None:
    """People stand under their ids: a proof for the handle alone would be one of nothing."""
    other = next(row for row in world(0).actors.itertuples() if row.platform == "bluesky" and row.handle != ann.handle)
    with pytest.raises(SettingsError, match="kept by the platform's own id") as refusal:
        forget(tiny.settings, [f"bluesky:@{other.handle}"])
    assert other.handle not in str(refusal.value)


def test_names_that_are_none_are_refused_without_repeating_them(tiny: Company) -> None:
    with pytest.raises(SettingsError) as refusal:
        forget(tiny.settings, ["somebody"])
    assert "somebody" not in str(refusal.value)


def test_a_rotation_changes_nothing_in_any_mart_but_the_keys(tiny: Company, tmp_path: Path) -> None:
    """Every mart of both tiers, all columns that are no person's key, row by row."""
    copy = shutil.copytree(tiny.folder, tmp_path / "data")
    copied = {name: value.replace(str(tiny.folder), str(copy)) for name, value in tiny.variables.items()}
    later = {**copied, "GOODWILL_PREVIOUS_KEY_1": copied["GOODWILL_KEY"], "GOODWILL_KEY": "another secret for tests"}
    settings = read_settings(folder=copy, environ=later)
    rotate(settings)
    changed, rows = [], 0
    with duckdb.connect() as connection:
        for name, path in (("before", tiny.settings.warehouse_path), ("rotated", settings.warehouse_path)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        for mart in read_marts():
            columns = [f'"{name}"' for name in mart.columns if name not in person_columns(mart.columns)]
            ours, theirs = (f"select {', '.join(columns)} from {place}.{mart.schema}.{mart.name}" for place in ("before", "rotated"))
            for one, other in ((ours, theirs), (theirs, ours)):
                (odd,) = connection.execute(f"select count(*) from ({one} except all {other})").fetchone()
                changed += [mart.table] if odd else []
            rows += connection.execute(f"select count(*) from ({ours})").fetchone()[0]
        keys = "select distinct actor_key from {}.core.interactions where actor_key is not null"
        (kept,) = connection.execute(f"select count(*) from ({keys.format('before')} intersect {keys.format('rotated')})").fetchone()
    assert changed == [] and rows > 1000 and kept == 0
