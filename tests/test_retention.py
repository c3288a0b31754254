"""How long rows about persons are kept: whole months, each source by itself, and money stays."""

from datetime import datetime
from pathlib import Path

import pytest

from pipelines.forgotten import person_columns
from pipelines.load import load_source, prepare
from pipelines.retention import DATED, expire
from pipelines.settings import Settings, SettingsError, read_settings
from pipelines.sources import discover
from pipelines.sources.files import SOURCE
from pipelines.warehouse import connect

AS_OF = datetime(2026, 6, 15, 12)
FILES = {
    "interactions": "platform,interaction_id,occurred_at,kind,actor_key\n"
    "p,march,2026-03-31 23:59:59,mention,ann\np,april,2026-04-01 00:00:00,mention,ann\np,june,2026-06-01,mention,bob\n",
    "interaction_addressees": "platform,interaction_id,addressee_key\np,march,bob\np,june,ann\n",
    "touches": "touch_id,person_key,occurred_at\nold,ann,2026-01-01\nnew,ann,2026-05-01\n",
    "revenue": "revenue_id,occurred_at,amount,currency,person_key\n1,2020-01-01,9,USD,ann\n",
}


def _house(folder: Path, **given: str) -> Settings:
    settings = read_settings(folder=folder, environ={"GOODWILL_KEY": "one", **given})
    for entity, content in FILES.items():
        path = settings.inbox_path / entity / "f.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    prepare(settings, {"files": SOURCE})
    assert load_source(SOURCE, settings).state == "loaded"
    return settings


def _kept(settings: Settings) -> dict[str, list[str]]:
    ids = {"interactions": "interaction_id", "interaction_addressees": "interaction_id", "touches": "touch_id", "revenue": "revenue_id"}
    with connect(settings) as connection:
        return {
            table: [
                row[0] for row in connection.execute(f"select {name} from raw_files.{table} where not _deleted order by all").fetchall()
            ]
            for table, name in ids.items()
        }


def test_months_that_are_wholly_too_old_go_and_money_stays(tmp_path: Path) -> None:
    settings = _house(tmp_path, SOURCES__FILES__RETENTION_DAYS="60")  # to 16 April: April stays whole
    assert expire(settings, {"files": SOURCE}, AS_OF) == 3
    kept = {"interactions": ["april", "june"], "interaction_addressees": ["june"], "touches": ["new"], "revenue": ["1"]}
    assert _kept(settings) == kept
    assert expire(settings, {"files": SOURCE}, AS_OF) == 0
    # a file that changed brings its old rows again, and they go again
    path = settings.inbox_path / "touches" / "f.csv"
    path.write_text(FILES["touches"] + "newer,ann,2026-06-01\n")
    assert load_source(SOURCE, settings).state == "loaded"
    assert expire(settings, {"files": SOURCE}, AS_OF) == 1
    assert _kept(settings) == {**kept, "touches": ["new", "newer"]}


def test_everything_is_kept_where_nothing_is_said(tmp_path: Path) -> None:
    settings = _house(tmp_path)
    before = _kept(settings)
    assert expire(settings, {"files": SOURCE}, AS_OF) == 0 and _kept(settings) == before


def test_a_number_that_is_none_is_refused(tmp_path: Path) -> None:
    settings = _house(tmp_path, SOURCES__FILES__RETENTION_DAYS="two years")
    with pytest.raises(SettingsError, match="SOURCES__FILES__RETENTION_DAYS is 'two years': give a whole number of days"):
        expire(settings, {"files": SOURCE}, AS_OF)


def test_no_source_keeps_longer_what_somebody_did(tmp_path: Path) -> None:
    """Every raw table of every API that says who did what on which day, with a row of January and one of June, which stays."""
    sources = {name: source for name, source in discover().items() if source is not SOURCE}
    given = {f"SOURCES__{name.upper()}__RETENTION_DAYS": "60" for name in sources}
    settings = read_settings(folder=tmp_path, environ={"GOODWILL_KEY": "one", **given})
    prepare(settings)
    dated = [(name, table) for name, source in sources.items() for table in source.tables if DATED & set(table.entities)]
    assert len({name for name, _ in dated}) == 11
    with connect(settings) as connection:
        for name, table in dated:
            for when in ("2026-01-15", "2026-06-01"):
                row = {column: when for column, type_ in table.columns.items() if type_ == "TIMESTAMP" and column != "deleted_at"}
                row |= dict.fromkeys([*table.key, *person_columns(table), "platform", "interaction_id"], when)
                row = {column: value for column, value in row.items() if column in table.stored}
                connection.execute(
                    f"insert into raw_{name}.{table.name} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values())
                )
    assert expire(settings, sources, AS_OF) == len(dated)
    with connect(settings) as connection:
        for name, table in dated:
            left = connection.execute(f"select {table.key[-1]} from raw_{name}.{table.name}").fetchall()
            if (name, table.name) == ("matomo", "visits"):
                left = connection.execute("select visit_id from raw_matomo.visits where visitor_key is not null").fetchall()
                assert connection.execute("select count(*) from raw_matomo.visits").fetchone() == (2,), "a visit is still one, of nobody"
            assert left == [("2026-06-01",)], (name, table.name)
    assert expire(settings, sources, AS_OF) == 0
