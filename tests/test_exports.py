"""Exports of the published file: equal content in every format, nothing that a spreadsheet would run, nothing torn or left over."""

import csv
import hashlib
import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import openpyxl
import pytest
from page_company import company_file

from pipelines.exports import export
from pipelines.publish import Mart, PublishError, read_marts

NOTES = Mart("core", "notes", "published", "Notes. Grain: one row per id.", {"id": "Id."}, None, ("id",))
FORMULAS = ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", '=HYPERLINK("x")']
HARMLESS = ["plain", "a=b", "", "5 - 3", "é 👋", 'a "quote", a comma', "two\nlines"]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "company.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema core")
        connection.execute(
            "create table core.notes (id integer, said text, amount decimal(18,4), rate double, day date, read_at timestamp, is_so boolean)"
        )
        for id_, said in enumerate([*FORMULAS, *HARMLESS, None]):
            connection.execute("insert into core.notes values (?, ?, -5.25, -0.5, '2026-01-02', '2026-01-02 03:04:05', true)", [id_, said])
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_parquet_holds_exactly_what_is_published(tmp_path: Path) -> None:
    path = company_file(tmp_path / "company.duckdb")
    marts = [mart for mart in read_marts() if mart.tier == "published"]
    made = export(path, marts, "parquet")
    assert set(made.tables) == {mart.table for mart in marts} and made.left_out == ()
    with duckdb.connect(str(path), read_only=True) as connection:
        for mart in marts:
            file = f"'{made.folder / mart.schema / mart.name / mart.name}.parquet'"
            for one, other in ((mart.table, file), (file, mart.table)):
                assert connection.execute(f"select count(*) from (from {one} except all from {other})").fetchone() == (0,), mart.table


def test_text_that_a_spreadsheet_would_run_is_text_in_csv(notes: Path) -> None:
    rows = read_csv(export(notes, [NOTES], "csv").folder / "core" / "notes.csv")
    assert [row["said"] for row in rows[: len(FORMULAS)]] == [f"'{said}" for said in FORMULAS]
    assert [row["said"] for row in rows[len(FORMULAS) : -1]] == HARMLESS
    assert {(row["amount"], row["rate"]) for row in rows} == {("-5.2500", "-0.5")}  # numbers stay numbers


def test_a_workbook_holds_text_as_text_and_numbers_and_days_as_what_they_are(notes: Path) -> None:
    book = openpyxl.load_workbook(export(notes, [NOTES], "xlsx").folder / "core.xlsx")
    heading, *rows = book["notes"].iter_rows()
    assert [cell.value for cell in heading] == ["id", "said", "amount", "rate", "day", "read_at", "is_so"]
    assert heading[0].comment is not None and heading[0].font.bold
    said = [row[1] for row in rows]
    assert {cell.data_type for cell in said[: len(FORMULAS)]} == {"s"}
    assert [cell.value for cell in said[:4]] == FORMULAS[:4]
    assert [cell.value for cell in rows[0]][2:] == [-5.25, -0.5, datetime(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5), True]
    assert said[-1].value is None


@pytest.mark.parametrize("kind", ["parquet", "csv", "xlsx"])
def test_the_manifest_tells_what_belongs_together_and_again_is_the_same(notes: Path, kind: str) -> None:
    folder = export(notes, [NOTES], kind).folder
    said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    mart = said["marts"]["core.notes"]
    assert (mart["rows"], mart["grain"], mart["columns"][4]) == (17, ["id"], {"name": "day", "type": "DATE", "description": ""})
    for name, sum_ in said["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sum_
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    export(notes, [NOTES], kind)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_mart_that_is_gone_leaves_no_file_and_other_files_stay(notes: Path) -> None:
    other = replace(NOTES, name="others")
    with duckdb.connect(str(notes)) as connection:
        connection.execute("create table core.others as select date '2026-01-01' as id")
    folder = export(notes, [NOTES, other], "csv").folder
    (folder / "mine.txt").write_text("kept")
    export(notes, [NOTES], "csv")
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        "core/notes.csv",
        "manifest.json",
        "mine.txt",
    ]


def test_more_rows_than_a_sheet_has_are_named_and_not_cut(notes: Path) -> None:
    with duckdb.connect(str(notes)) as connection:
        connection.execute("create table core.others as select i as id from range(1048576) t(i)")
    made = export(notes, [NOTES, replace(NOTES, name="others")], "xlsx")
    assert made.left_out == ("core.others has more rows than a sheet holds: take it as CSV or Parquet",)
    assert openpyxl.load_workbook(made.folder / "core.xlsx").sheetnames == ["notes"]


def test_a_folder_that_cannot_be_written_is_named(notes: Path) -> None:
    (notes.parent / "exports").write_text("in the way")
    with pytest.raises(PublishError, match="exports"):
        export(notes, [NOTES], "csv")


def test_days_before_a_spreadsheets_first_one_do_not_stop_it(tmp_path: Path) -> None:
    path = tmp_path / "company.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema core")
        connection.execute("create table core.notes as select date '1815-06-18' as id, 'nan'::double as rate")
    book = openpyxl.load_workbook(export(path, [NOTES], "xlsx").folder / "core.xlsx")
    assert [[cell.value for cell in row] for row in book["notes"].iter_rows()][1] == [str(date(1815, 6, 18)), "nan"]
