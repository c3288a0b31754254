"""A platform as CONTRIBUTING adds it and a mart as docs/extending.md does, in one copy of the project; what is forgotten is named."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import chromium
import duckdb
import pytest
from demo_company import Company, nobody
from pigeon_post import SOURCE, SOURCES_YML, STAGING_SQL, STAGING_YML, SUITE
from project_copy import BLOCKS, PAGE, Inbox, copied, python, shell, walk
from roi_company import half_a_year

from pipelines.analysts.rules import faults, summed_ratio
from pipelines.analysts.sandbox import make_sandbox
from pipelines.settings import PROJECT
from pipelines.warehouse import WarehouseError

MART = "dbt_project/models/marts/roi/roi_channel_quarters"
HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); held.execute('begin; create table raw_goodwill.held (i int)'); print('held', flush=True); sys.stdin.read()"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project with one platform more: one source file, one staging folder, one line, one suite."""
    folder = copied(tmp_path_factory.mktemp("project"))
    staging = folder / "dbt_project" / "models" / "staging" / "pigeonpost"
    staging.mkdir()
    (folder / "pipelines" / "sources" / "pigeonpost.py").write_text(SOURCE, encoding="utf-8")
    (staging / "_pigeonpost__sources.yml").write_text(SOURCES_YML, encoding="utf-8")
    (staging / "stg_pigeonpost__posts.sql").write_text(STAGING_SQL, encoding="utf-8")
    (staging / "stg_pigeonpost__posts.yml").write_text(STAGING_YML, encoding="utf-8")
    dbt_project = folder / "dbt_project" / "dbt_project.yml"
    written = dbt_project.read_text(encoding="utf-8")
    dbt_project.write_text(written.replace("  sources:\n", "  sources:\n    pigeonpost: [posts]\n"), encoding="utf-8")
    suite = folder / "data_quality" / "suites" / "raw" / "pigeonpost__letters.json"
    suite.write_text(json.dumps(SUITE), encoding="utf-8")
    yield folder


@pytest.fixture(scope="module")
def built(copy: Path) -> Company:
    """One run of the copy: a letter by pigeon, and half a year of a small company's touches, orders and costs."""
    company = nobody(copy / "data" / "demo", GOODWILL_DEMO="1")
    half_a_year(Inbox(copy / "data" / "demo" / "inbox"))  # type: ignore[arg-type]
    run = python(copy, "-m", "pipelines.cli", "run", **company.variables)
    assert run.returncode == 0, run.stdout + run.stderr
    return company


def test_its_post_comes_out_of_the_published_file(built: Company) -> None:
    with duckdb.connect(str(built.published), read_only=True) as connection:
        posts = connection.execute("select platform, profile_id, post_id, posted_at::text, is_demo from core.posts").fetchall()
    assert posts == [("pigeonpost", "roof", "l-1", "2026-06-29 10:00:00", True)]


def test_the_rules_of_the_house_hold(copy: Path) -> None:
    rules = python(copy, "-m", "pytest", "-p", "no:cacheprovider", "tests/test_layout.py", "-k", "pigeonpost")
    assert rules.returncode == 0, rules.stdout


@pytest.mark.parametrize(
    ("forgotten", "named"),
    [
        ("data_quality/suites/raw/pigeonpost__letters.json", "lacks or has too many suites of pigeonpost"),
        ("dbt_project/models/staging/pigeonpost/stg_pigeonpost__posts.sql", "the staging models are not the entities of its line"),
    ],
)
def test_what_was_forgotten_is_named(copy: Path, tmp_path: Path, forgotten: str, named: str) -> None:
    away = shutil.move(copy / forgotten, tmp_path / "away")
    try:
        rules = python(
            copy, "-m", "pytest", "-p", "no:cacheprovider", "tests/test_layout.py", "-k", "one_name_at_every_stop and pigeonpost"
        )
    finally:
        shutil.move(away, copy / forgotten)
    assert rules.returncode == 1
    assert named in rules.stdout


# A mart.


@pytest.fixture(scope="module")
def sandbox(copy: Path, built: Company) -> Path:
    said = python(copy, "-m", "pipelines.cli", "sandbox", **built.variables)
    assert said.returncode == 0 and "dbt build --select my_model+" in said.stdout, said.stdout + said.stderr
    return copy / "data" / "demo" / "sandbox" / "warehouse.duckdb"


@pytest.fixture(scope="module")
def walked(copy: Path, built: Company, sandbox: Path) -> list[str]:
    """The page to the letter, with the warehouse in the hands of a process that writes; gives what the commands said."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(built.settings.warehouse_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        said = walk(copy)
        with pytest.raises(WarehouseError, match="is open in another program"):
            make_sandbox(built.settings)
        assert holder.poll() is None
        holder.communicate()
    return said


def test_the_page_leads_to_a_mart_with_its_figures_and_a_chart(copy: Path, walked: list[str], sandbox: Path) -> None:
    for path in (sandbox, copy / "data" / "mine.duckdb"):
        with duckdb.connect(str(path)) as connection:
            sums = "select quarter, channel, attributed_roi, rules_lo, rules_hi from roi.channel_quarters order by all"
            rows = connection.execute(sums).fetchall()
        assert {row[1] for row in rows} >= {"paid_social"} and all(low <= value <= high for *_, value, low, high in rows)
    with duckdb.connect(str(sandbox)) as connection:
        known = connection.execute(
            "select (sum(contribution_margin) - sum(full_cost)) / sum(full_cost) from roi.channel_months where channel = 'paid_social'"
            " and model = 'linear' and lookback_rule = 'own' and basis = 'cash' and month between '2026-04-01' and '2026-06-01'"
        ).fetchone()
        found = connection.execute(
            "select attributed_roi from roi.channel_quarters where channel = 'paid_social' and quarter = '2026-04-01'"
        ).fetchone()
    assert known is not None and found is not None and found[0] == pytest.approx(float(known[0]))
    assert "<svg" in (copy / "data" / "channel_quarters.svg").read_text(encoding="utf-8")


def test_a_mart_costs_an_analyst_less_than_15_lines(walked: list[str]) -> None:
    blocks = {file: content.splitlines() for file, _, _, content in BLOCKS.findall(PAGE) if file}
    drafted = " ".join(said for said in walked if "has no contract yet" in said)
    own = [line for line in blocks[f"{MART}.yml"] if " ".join(line.split()) not in drafted and "is_demo" not in line]
    assert len(own) == 5, own
    assert len([line for line in blocks[f"{MART}.sql"] if line.strip()]) + len(own) < 15


def test_the_warehouse_has_not_been_touched(built: Company, walked: list[str]) -> None:
    with duckdb.connect(str(built.settings.warehouse_path)) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where table_name in ('channel_quarters', 'held')").fetchall()
    assert tables == []


def test_the_documentation_opens_without_a_network(copy: Path, walked: list[str]) -> None:
    """`make docs`, of the sandbox and with the new mart in it."""
    said = re.search(r"dbt (--quiet docs generate .*)", (PROJECT / "Makefile").read_text(encoding="utf-8"))
    assert said is not None
    done = shell(f"../.venv/bin/dbt {said[1]}", copy / "dbt_project", copy)
    assert done.returncode == 0, done.stdout
    page = copy / "docs" / "site" / "static_index.html"
    written = page.read_text(encoding="utf-8")
    assert "Least return that any credit rule gives." in written
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=.?(https?:)?//", written)
    if chromium.PROGRAM is not None:
        with chromium.browser() as browser:
            browser.show(page, 1280)
            asked = [event["request"]["url"] for event in browser.heard(chromium.REQUESTS)]
            shown = browser.evaluate("document.body.innerText")
        assert "goodwill" in shown.lower()
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


SPOILED = {
    "no description": (f"{MART}.yml", r"Return that is .*? \(grade D\)\. ", "", "does not say what it is and end with its grain"),
    "a column without a word": (
        f"{MART}.yml",
        "description: Least return that any credit rule gives.",
        "description: TODO",
        "rules_lo has no description",
    ),
    "no grain": (f"{MART}.yml", r" Grain: one row per quarter and channel\.", "", "end with its grain"),
    "a grain that nothing tests": (f"{MART}.yml", r".*unique_combination.*\n", "", "nothing tests the grain"),
    "a ratio averaged": (f"{MART}.sql", r"min\(roi\) filter", "avg(roi) filter", "line 8: avg(roi) takes the ratio roi for an amount"),
    "a ratio of another mart summed": (
        f"{MART}.sql",
        r"\{\{ ratio.*\}\} as roi",
        "sum(attributed_roi) as roi",
        "line 3: sum(attributed_roi) takes",
    ),
    "a mart on staging": (f"{MART}.sql", "'roi_channel_months'", "'stg_files__costs'", "read int_costs"),
    "a clock of its own": (f"{MART}.sql", "full_cost is not null", "month < current_date", "it asks current_date"),
    "a ratio as a measure": (
        "dbt_project/models/semantic/money.yml",
        "agg: sum, expr: amount,",
        "agg: average, expr: attributed_roi,",
        "the measure cost takes a ratio for an amount (average)",
    ),
    "persons published": (f"{MART}.yml", r"restricted\}\}", "published}}", "nothing says what is plausible in it"),
}


@pytest.fixture
def spoil(copy: Path, walked: list[str]) -> Iterator[object]:
    kept: dict[Path, str] = {}

    def spoiled(file: str, pattern: str, instead: str) -> None:
        path = copy / file
        kept[path] = path.read_text(encoding="utf-8")
        path.write_text(re.sub(pattern, instead, kept[path], count=1), encoding="utf-8")
        assert path.read_text(encoding="utf-8") != kept[path]

    yield spoiled
    for path, text in kept.items():
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("way", SPOILED)
def test_what_an_analyst_forgets_is_named_with_its_cure(copy: Path, spoil, way: str) -> None:
    file, pattern, instead, named = SPOILED[way]
    spoil(file, pattern, instead)
    found = [str(fault) for fault in faults(copy)]
    assert [fault for fault in found if fault.startswith(f"{file}: ") and named in fault and "cure: " in fault], found


def test_a_broken_contract_says_what_to_write(copy: Path, spoil) -> None:
    spoil(f"{MART}.sql", r"max\(roi\) as rules_hi", "max(roi)::decimal(10, 2) as rules_hi, count(*) as n")
    done = shell("../.venv/bin/dbt build --select roi_channel_quarters", copy / "dbt_project", copy)
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert "The contract in models/marts/roi/roi_channel_quarters.yml is broken" in said
    assert "rules_hi is promised as double and the SQL gives decimal(10,2): write cast(... as double) as rules_hi" in said
    assert "the SQL gives n, which the contract does not know: add - {name: n, data_type: bigint," in said


def test_goodwill_models_ends_with_1_where_something_is_wrong(copy: Path, spoil) -> None:
    assert python(copy, "-m", "pipelines.cli", "models").returncode == 0
    spoil(f"{MART}.yml", "description: First day of the quarter.", "description: TODO")
    said = python(copy, "-m", "pipelines.cli", "models")
    assert said.returncode == 1 and "1 faults" in said.stdout


@pytest.mark.parametrize(
    ("sql", "is_wrong"),
    [
        ("select avg(attributed_roi) from x", True),
        ("select sum(case when model = 'linear' then x.attributed_roi end)", True),
        ("select sum(coalesce(attributed_roi, 0))", True),
        ("select sum(case when attributed_roi > 0 then revenue end)", False),
        ("select sum(attributed_roi * full_cost) / sum(full_cost)", False),
        ("select max(attributed_roi), sum(revenue) from x", False),
    ],
)
def test_only_a_ratio_taken_for_an_amount_is_refused(sql: str, is_wrong: bool) -> None:
    assert (summed_ratio(sql, frozenset({"attributed_roi"})) is not None) == is_wrong
