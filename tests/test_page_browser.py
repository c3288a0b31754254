"""The page in a real browser: it fits every width, asks for nothing, runs nothing, prints on four sheets, and opens its definitions by key."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from chromium import PROGRAM, REQUESTS, SPOKEN, Browser, browser
from page_company import company, company_file, insert
from page_rows import EXPERIMENT, QUARTERS, STORY, score

from pipelines.page import render, write_page

pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium on the PATH: the page is looked at only where there is one"),
    pytest.mark.xdist_group("browser"),
]
TOO_WIDE = """
[...document.querySelectorAll('main *')].filter(each => each.getBoundingClientRect().right > innerWidth + 1
    && !each.closest('.wide') && !each.closest('svg') && each.checkVisibility()).map(each => each.outerHTML.slice(0, 80))
"""
COVERED = """
[...document.querySelectorAll('.n')].filter(each => { const box = each.getBoundingClientRect(); return box.width && box.height < 14 }).length
"""
# Text with a digit that opens nothing, less days and periods, thresholds of a reason, and what a sentence explains.
SILENT = r"""
(() => {
    const months = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec'
    const said = new RegExp([`(\\d{1,2} )?(${months}) \\d{4}`, 'Q\\d \\d{4}', '\\d{4}-\\d\\d(-\\d\\d)?', '(after|within) \\d+ (days|h)\\b',
        '90th day', 'fewer than \\d+', 'the \\d+ days after the landmark'].join('|'), 'g')
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), silent = []
    while (walker.nextNode()) {
        const text = walker.currentNode
        if (!text.parentElement.closest('.n, .definitions, svg, th, .lead, .key, #stories a, #stories span') && /\d/.test(text.data.replace(said, '')))
            silent.push(text.data)
    }
    return silent
})()
"""
# Text whose contrast to what lies behind it is below WCAG AA: 4.5, or 3 where it is large.
FAINT = r"""
(() => {
    const read = colour => (colour.match(/[\d.]+/g) || []).map(Number)
    const light = ([...parts]) => parts.slice(0, 3).map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0)
    const behind = each => { for (; each; each = each.parentElement) { const found = read(getComputedStyle(each).backgroundColor)
        if (found.length === 3 || found[3] === 1) return found } return [255, 255, 255] }
    document.querySelectorAll('details').forEach(each => each.open = true)
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), faint = []
    while (walker.nextNode()) {
        const each = walker.currentNode.parentElement, style = getComputedStyle(each)
        if (!walker.currentNode.data.trim() || !each.checkVisibility() || each.closest('title, desc')) continue
        const [one, other] = [light(read(each.closest('svg') ? style.fill : style.color)), light(behind(each))].sort((a, b) => b - a)
        const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700)
        if ((one + 0.05) / (other + 0.05) < (isLarge ? 3 : 4.5)) faint.push(walker.currentNode.data)
    }
    return faint
})()
"""


@pytest.fixture(scope="module")
def driven() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(company_file(tmp_path_factory.mktemp("page") / "goodwill.duckdb"))


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1024, 3840])
def test_it_fits_and_is_silent(driven: Browser, page: Path, width: int, is_dark: bool) -> None:
    driven.show(page, width, is_dark)
    assert driven.evaluate("document.documentElement.scrollWidth") == width
    assert driven.evaluate(TOO_WIDE) == [], "nothing sticks out"
    assert driven.evaluate(COVERED) == 0, "every figure can be hit"
    ground = driven.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 22, 26)" if is_dark else "rgb(247, 246, 242)")
    assert [asked["request"]["url"] for asked in driven.heard(REQUESTS)] == [page.as_uri()]
    assert driven.heard(*SPOKEN) == []
    assert driven.evaluate(FAINT) == [], "all text can be read"
    driven.evaluate("document.querySelector('h1').style.color = 'var(--ground)'")
    assert len(driven.evaluate(FAINT)) == 1, "what cannot would be found"


def test_every_number_opens_its_definition(driven: Browser, page: Path) -> None:
    driven.show(page, 1024)
    assert driven.evaluate(SILENT) == []
    driven.evaluate("document.querySelector('#retention').append('146 engaged, 12 days after 3 May 2026')")
    assert driven.evaluate(SILENT) == ["146 engaged, 12 days after 3 May 2026"], "one that opened nothing would be found"
    empty = "[...document.querySelectorAll('.n')].filter(each => !document.getElementById(each.getAttribute('popovertarget')).querySelector('p').innerText.trim())"
    driven.evaluate("document.querySelectorAll('[popover]').forEach(each => each.removeAttribute('popover'))")
    assert driven.evaluate(f"{empty}.map(each => each.outerHTML)") == []


def test_a_figure_opens_its_definition_by_key_and_gives_the_focus_back(driven: Browser, page: Path) -> None:
    driven.show(page, 1024)
    driven.evaluate("document.querySelector('#roi .n').focus()")
    driven.press("Enter", 13)
    opened = driven.evaluate("document.querySelector(':popover-open').innerText")
    assert opened.startswith("Attributed ROI") and "one row per month and channel" in opened
    driven.press("Escape", 27)
    assert driven.evaluate(
        "document.querySelector(':popover-open') === null && document.activeElement === document.querySelector('#roi .n')"
    )


def grow(made: duckdb.DuckDBPyConnection) -> None:
    """As much as the demo company has to say: people's measures of each audience, sources, channels, segments, aims."""
    people = "two_way_ratio response_rate_24h accuracy_trust nps opr_trust reciprocity_dyad repeat_engagement response_within_60min_km thread_depth_share_3"
    for audience, count in (("clients", 9), ("public", 8), ("employees", 6), ("suppliers", 8)):
        for measure in people.split()[:count]:
            rows = [
                score(quarter, audience, "people", "relationships.indicators", measure, 0.5, 0.1, change=0.01, change_lo=-1, change_hi=1)
                for quarter in QUARTERS
            ]
            made.execute("delete from board.scorecard where audience = ? and measure = ?", [audience, measure])
            insert(made, "board.scorecard", *rows)
    for quarter in QUARTERS:
        money = [
            score(quarter, "clients", "money", "roi.revenue_retention", measure, 0.9, change=0.01) for measure in ("grr", "logo_churn")
        ]
        money.append(score(quarter, "clients", "money", "roi.retention_lift", "retention_lift", 0.02, 0.1))
        insert(made, "board.scorecard", *money)
    aim = {
        "mart": "relationships.indicators",
        "measure": "two_way_ratio",
        "state": "met",
        "target": 0.4,
        "value": 0.5,
        "lo": 0.4,
        "hi": 0.6,
    }
    for number in range(3):
        insert(
            made, "board.objectives", aim | {"objective_id": f"more {number}", "title": "Talk with people, not at them", "direction": "up"}
        )
        curve = {"segment": f"segment {number}", "survival": 0.9, "lo": 0.8, "hi": 0.95, "at_risk": 20, "events": 2}
        insert(made, "roi.retention_curves", *(curve | {"month_number": month} for month in (2, 14)))
        known = {
            "indicator": "two_way_ratio",
            "period_kind": "month",
            "audience": "clients",
            "value": 0.5,
            "platform": "all",
            "dimension": "all",
        }
        insert(
            made, "relationships.indicators", known | {"profile_id": "all", "is_complete": True, "period_start": date(2026, 3 + number, 1)}
        )
    for number in range(12):
        trust = {
            "source": f"source {number}",
            "rows": 300,
            "date": date(2026, 6, 30),
            "fresh_until": datetime(2026, 6, 30, 12),
            "duplicates": 0,
        }
        insert(made, "board.data_trust", trust | {"match_rate": 0.2, "quarantined": 0, "failed_checks": 0})
    channel = {
        "month": date(2026, 5, 1),
        "is_mature": True,
        "revenue": 34_963,
        "n": 178,
        "headline": "no causal estimate",
        "currency": "EUR",
    }
    for name in ("direct", "organic_search", "organic_social", "unattributed"):
        insert(made, "roi.channel_summary", channel | {"channel": name, "suppressed_reason": "no cost belongs to it"})
    lift = {"segment": "all", "quarter": QUARTERS[1], "landmark": QUARTERS[1], "horizon_days": 180, "n1": 120, "n0": 340}
    for exposure in ("answered_24h", "two_way_thread", "any_touch", "community_active"):
        insert(made, "roi.retention_lift", lift | {"exposure": exposure, "naive": 0.1, "adjusted": 0.02, "lo": -0.1, "hi": 0.2})
        reason = {"suppressed_reason": f"nobody was asked about {exposure} in this quarter, neither by us nor by anybody else"}
        insert(made, "board.scorecard", score(QUARTERS[1], "suppliers", "people", "relationships.surveys", exposure, None, **reason))
    told = {"text": "You were quicker than the fire brigade, and you wrote again a week later to ask whether it still held. It does. " * 2}
    insert(made, "roi.experiments", EXPERIMENT, EXPERIMENT | {"experiment_id": "x2"})
    insert(made, "relationships.stories", *(STORY | told | {"story_id": f"more {number}", "rule": f"rule {number}"} for number in range(5)))


def test_it_prints_on_four_sheets_of_a4(driven: Browser, tmp_path: Path) -> None:
    with company() as made:
        grow(made)
        page = tmp_path / "goodwill.html"
        page.write_text(render(made), encoding="utf-8")
    driven.show(page, 1024, is_dark=True)
    paper = driven.paper()
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 4
    assert re.search(rb"/MediaBox\s*\[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]", paper)
    driven.ask("Emulation.setEmulatedMedia", media="print")
    assert driven.evaluate("getComputedStyle(document.body).color") == "rgb(27, 29, 33)", "dark ink, whatever the screen"


def test_text_that_wants_to_run_does_not(driven: Browser, tmp_path: Path) -> None:
    hostile = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script><a href=\"https://elsewhere.example\">"
    with company() as made:
        made.execute("update board.objectives set title = ?", [hostile])
        made.execute("update core.channels set name = ?", ['"><svg onload="document.title=1">'])
        path = tmp_path / "goodwill.html"
        path.write_text(render(made), encoding="utf-8")
    driven.show(path, 1024)
    assert driven.evaluate("document.title") == "Goodwill"
    assert driven.evaluate("document.querySelector('#objectives h3').innerText") == hostile
    assert len(driven.heard(REQUESTS)) == 1 and driven.heard(*SPOKEN) == []


def test_the_page_of_an_empty_file_fits_too(driven: Browser, tmp_path: Path) -> None:
    driven.show(write_page(company_file(tmp_path / "goodwill.duckdb", is_filled=False)), 360)
    assert driven.evaluate("document.documentElement.scrollWidth") == 360
    assert driven.evaluate("document.querySelectorAll('.empty').length") == 9
    assert driven.heard(*SPOKEN) == []
