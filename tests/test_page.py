"""The page at the end of a run: what stands on it and in which order, that data stays text, and that every figure opens its definition."""

import re
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from page_company import company, company_file, contracts, insert
from page_rows import EXPERIMENT

from pipelines import page
from pipelines.page import page_path, render, words, write_page
from pipelines.page.markup import Markup, tag, text

HOSTILE = '<script>alert(\'{0}\')</script>"onload="x()" [{0}]'
# Columns that the page selects or joins by: planted one at a time, since a row whose state is unknown is not shown at all.
KEYS = "audience channel currency entity kind mart measure segment source".split()
CHOSEN = {"state", "side", "period_kind", "indicator", "platform", "profile_id", "dimension", "cost_coverage", *KEYS}
SHOWN = """board.objectives.title board.objectives.reason board.scorecard.suppressed_reason core.channels.name core.coverage.reason
roi.channel_summary.suppressed_reason relationships.indicators.suppressed_reason relationships.indicators.method relationships.stories.text
relationships.stories.rule relationships.stories.conversation_ref relationships.stories.indicator_ref""".split()
ORDER = "megaphone objectives scorecard roi claims two-way answers retention not-measured stories trust".split()


class Read(HTMLParser):
    """Elements of a page with what stands above them, and its texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, list[int]]] = []
        self._open: list[int] = []
        self.feed(html)
        assert not self._open, "every element is closed"

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))
        if name not in ("meta", "link", "br"):
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, name):
        assert self.elements[self._open.pop()][0] == name

    def handle_data(self, said):
        if said.strip():
            self.texts.append((said, list(self._open)))

    def named(self, name):
        return [attributes for element, attributes in self.elements if element == name]

    def classes(self, index):
        return (self.elements[index][1].get("class") or "").split()


@pytest.fixture(scope="module")
def made():
    with company() as connection:
        yield connection


@pytest.fixture
def filled(made):
    """The company, as it was again after the test."""
    made.execute("begin")
    yield made
    made.execute("rollback")


@pytest.fixture(scope="module")
def html(made):
    return render(made)


@pytest.fixture(scope="module")
def read(html):
    return Read(html)


def part(html: str, name: str) -> str:
    """One section of the page."""
    start = html.rindex("<section", 0, html.index(f'id="{name}"'))
    return html[start : html.index("</section>", start) + len("</section>")]


def shown(html: str) -> str:
    """The words of a page or of a part of it."""
    return " ".join(" ".join(said.split()) for said, _ in Read(html).texts)


def test_flag_and_aims_come_first_then_money_beside_people_and_data_trust_last(read):
    assert [attributes["id"] for name, attributes in read.elements if name in ("section", "p") and "id" in attributes] == ORDER


def test_the_megaphone_names_what_rose_and_what_fell(html):
    said = shown(html)
    assert re.search(
        r"Megaphone\s+Q1 2026 : credited return on social cost rose by \+20\.0 points , while two-way ratio among public fell", said
    )
    assert "−10.0 −14.0 to −6.0" in said


def test_objectives_are_counted_by_state_and_none_is_filled_in(read, html):
    tally = [said for said, above in read.texts if any("tally" in read.classes(index) for index in above)]
    assert tally == ["✓", "1", " met", "✕", "0", " missed", "≈", "1", " cannot tell", "○", "1", " not measured"]
    card = html[html.index("Be trusted") : html.index("</li>", html.index("Be trusted"))]
    assert "<svg" not in card and "nobody was asked" in card, "what is not measured is neither drawn nor 0"


def test_money_stands_beside_people_of_each_audience_and_gaps_are_said(html):
    said = shown(html)
    clients = said[said.index("Clients", said.index("Money and people, Q1 2026")) :]
    assert (
        clients.index("Money") < clients.index("Net revenue retention") < clients.index("People") < clients.index("Answered within a day")
    )
    assert "too few to show: fewer than 30 respondents" in said
    assert "−10.0 , a clear change" in said and "+1.0 , no clear change" in said


def test_a_credited_return_is_never_without_its_interval_nor_called_an_effect(html):
    roi = part(html, "roi")
    strips = [drawn for drawn in roi.split("<svg")[1:] if "credited return" in drawn]
    assert len(strips) == 2 and all(drawn.count("whisker grade-d") == 3 for drawn in strips), "a line and its two ends"
    said = shown(roi)
    assert said.index("No causal estimate.") < said.index("What would give one") < said.index("Credit, not effect")
    assert "cost missing: 2026-05: creator missing" in said
    assert not re.search(r"\b(caused|drove|led to)\b", html)


def test_an_experiment_stands_above_credit_with_its_units_dates_and_grade(filled):
    insert(
        filled,
        "roi.experiments",
        EXPERIMENT,
        EXPERIMENT | {"experiment_id": "x2", "iroi_lo": -0.4, "channel": "email", "headline": "tested, not conclusive"},
    )
    mentions = {"experiment_id": "x3", "outcome": "mentions", "iroi": None, "effect_pct": 8.4, "effect_pct_lo": 2.0, "effect_pct_hi": 15.1}
    insert(filled, "roi.experiments", EXPERIMENT | mentions)
    filled.execute("update roi.channel_summary set headline = 'tested' where channel = 'paid_social'")
    html = render(filled)
    said = shown(part(html, "roi"))
    assert "No causal estimate for E-mail, Influencer." in said and "+8.4 % +2.0 to +15.1" in said
    assert said.index("Effect, from experiments") < said.index("Attributed ROI")
    assert "40 units" in said and "1 Feb 2026 to 1 Mar 2026" in said and html.count("whisker grade-a") == 9
    assert html.count('"small">tested, not conclusive, geo, ') == 1, "an interval that spans 0 says so"


def test_a_planned_experiment_is_named_where_there_is_one(filled):
    filled.execute("update roi.channel_summary set plan_units = 24, plan_weeks = 6, plan_detectable_effect = 0.05 where channel = 'email'")
    assert "E-mail: a randomised test of 24 units for 6 weeks would show a difference of 5.0 % with a chance of 80 %." in shown(
        render(filled)
    ).replace("\u00a0", " ").replace(" .", ".")


def test_a_month_nobody_can_tell_interrupts_the_line(html):
    two_way = part(html, "two-way")
    assert two_way.count("<polyline") == 2 and "fewer than 10 people" in two_way


def test_claims_stand_beside_findings(html):
    assert re.search(r"Paid social\s+Paid social\s+the platforms claim 3.1 conversions for each one found here", shown(html))


def test_every_figure_opens_its_definition(read):
    targets = {attributes["popovertarget"] for attributes in read.named("button")}
    definitions = {attributes["id"] for attributes in read.named("div") if "popover" in attributes}
    assert targets == definitions and len(definitions) > 20
    opening = {index for said, above in read.texts for index in above if any("n" in read.classes(inner) for inner in above)}
    silent = []
    for said, above in read.texts:
        kinds = [read.elements[index][0] for index in above]
        names = {name for index in above for name in read.classes(index)}
        is_figure = re.search(r"\d", said) and ("td" in kinds or names & {"big", "goal", "score"}) and "main" in kinds
        # drawings, words about a figure, and reasons why there is none
        is_said = "svg" in kinds or kinds[-1] == "small" or names & {"change", "gaps", "none"} or re.fullmatch(r" by \d+ \w+ \d{4}", said)
        tables = {index for index, kind in zip(above, kinds, strict=True) if kind == "table"}
        if is_figure and not is_said and "n" not in names and not tables & opening:
            silent.append(said)
    assert not silent


def test_definitions_are_the_comments_of_the_published_file(html):
    models = contracts()
    nrr = next(column for column in models["roi.revenue_retention"]["columns"] if column["name"] == "nrr")
    definition = next(each for each in html.split('<div id="d')[1:] if "roi.revenue_retention.nrr" in each)
    assert " ".join(nrr["description"].split()) in definition
    assert "Grain" in definition and "Method" in definition and ">exact<" in definition
    assert "Our replies /" in html, "what is no column has its formula"


def test_every_drawing_has_words_and_its_numbers(read, html):
    for drawn in re.findall(r"<svg[^>]*role=\"img\".*?<desc>(.*?)</desc>", html):
        assert drawn
    images = html.count('role="img"')
    assert images == len(re.findall(r'role="img"[^>]*><title>[^<]+</title><desc>[^<]+</desc>', html)) > 10
    for section in ("objectives", "scorecard", "roi", "claims", "two-way", "answers", "retention"):
        assert "<details>" in part(html, section), f"{section} has no table of its numbers"


def test_nothing_runs_and_nothing_is_fetched(read, html):
    assert "default-src 'none'" in [attributes.get("content", "") for attributes in read.named("meta")][1]
    names = {name for name, _ in read.elements}
    assert not names & {"script", "img", "iframe", "object", "embed", "form", "base"}
    assert not [key for _, attributes in read.elements for key in attributes if key.startswith("on")]
    assert {attributes["href"] for attributes in read.named("link")} == {"data:,"}
    assert not re.search(r"url\(|@import", html)


def plant(connection: duckdb.DuckDBPyConnection, key: str | None) -> None:
    """A hostile text at the end of every text column, or of those called `key`."""
    columns = "select schema_name || '.' || table_name, column_name from duckdb_columns() where not internal and data_type = 'VARCHAR' order by all"
    for mart, column in connection.execute(columns).fetchall():
        if column == key if key else column not in CHOSEN:
            mark = HOSTILE.format(key or f"{mart}.{column}")
            connection.execute(f"update {mart} set {column} = {column} || ? where {column} is not null", [mark])


@pytest.mark.parametrize("key", [None, *KEYS])
def test_text_of_the_data_stays_text(filled, key):
    plant(filled, key)
    html = render(filled)
    assert "<script" not in html and '"onload=' not in html
    assert "script" not in {name for name, _ in Read(html).elements}
    expected = [f"[{key}]"] if key else [f"[{column}]" for column in SHOWN]
    assert not [mark for mark in expected if mark not in html], "is planted, and not on the page at all"


def test_only_addresses_of_the_web_become_links(filled):
    filled.execute("update relationships.stories set conversation_ref = 'javascript:alert(1)'")
    assert "javascript:alert(1)" in (html := render(filled)) and 'href="javascript' not in html
    filled.execute("update relationships.stories set conversation_ref = 'https://social.example/1'")
    assert '<a href="https://social.example/1" rel="noreferrer">' in render(filled)


def test_markup_escapes_what_it_is_given():
    assert tag("p", "<b>", tag("i", "&"), title='"') == '<p title="&quot;">&lt;b&gt;<i>&amp;</i></p>'
    assert text("a\x00\u202eb\ud800") == "ab", "control characters, turned writing and halves of letters are dropped"
    assert isinstance(tag("p"), Markup)


def test_the_same_file_gives_the_same_bytes(html):
    with company(is_reversed=True) as other:
        assert render(other) == html, "the order of rows in the file does not matter"


def test_an_empty_file_says_what_to_do(tmp_path: Path):
    with company(is_filled=False) as connection:
        html = render(connection)
    said = shown(html)
    assert said.count("Nothing to show yet, because") == 8 and "inbox/" in said and "No data yet" in said
    assert "None" not in said and "<svg" not in html and "Demo" not in said


def test_data_without_a_date_are_not_of_1970(filled):
    filled.execute("update board.data_trust set date = date '1970-01-01'")
    said = shown(render(filled))
    assert "Data without a date" in said and "As of" not in said


def test_a_page_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    published = company_file(tmp_path / "goodwill.duckdb")
    path = write_page(published)
    assert path == page_path(published) == tmp_path / "goodwill.html"
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(page.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_page(published)
    assert path.read_bytes() == before and sorted(file.name for file in tmp_path.iterdir()) == ["goodwill.duckdb", "goodwill.html"]


@pytest.mark.parametrize(
    ("value", "kind", "seen"),
    [
        (0.807, "share", "80.7\u00a0%"),
        (-0.35, "return", "−35\u00a0%"),
        (-13.84, "signed", "−13.8"),
        (1234567.8, "money", "1,234,568"),
        (3.1128, "number", "3.11"),
    ],
)
def test_figures_are_written_as_they_are_read(value, kind, seen):
    assert words.figure(value, kind) == seen


def test_a_limit_beside_zero_does_not_look_like_zero():
    assert words.change(-0.0201, "points") == "−0.02" and words.change(0, "points") == "+0.0"


def test_a_page_that_cannot_be_made_is_a_warning(tmp_path: Path):
    published = tmp_path / "goodwill.duckdb"
    duckdb.connect(str(published)).close()
    assert "goodwill.html is not of this publication: CatalogException" in page.refresh_page(published)
    company_file(tmp_path / "whole.duckdb")
    assert page.refresh_page(tmp_path / "whole.duckdb") is None and (tmp_path / "whole.html").exists()
