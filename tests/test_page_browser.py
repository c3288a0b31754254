"""The page in a real browser: it fits every width, asks for nothing, runs nothing, prints on four sheets, and opens its definitions by key."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import PROGRAM, REQUESTS, SPOKEN, Browser, browser
from page_company import company, company_file

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


@pytest.fixture(scope="module")
def driven() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(company_file(tmp_path_factory.mktemp("page") / "goodwill.duckdb"))


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1024, 1920])
def test_it_fits_and_is_silent(driven: Browser, page: Path, width: int, is_dark: bool) -> None:
    driven.show(page, width, is_dark)
    assert driven.evaluate("document.documentElement.scrollWidth") == width
    assert driven.evaluate(TOO_WIDE) == [], "nothing sticks out"
    assert driven.evaluate(COVERED) == 0, "every figure can be hit"
    ground = driven.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 22, 26)" if is_dark else "rgb(247, 246, 242)")
    assert [asked["request"]["url"] for asked in driven.heard(REQUESTS)] == [page.as_uri()]
    assert driven.heard(*SPOKEN) == []


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


def test_it_prints_on_four_sheets_of_a4(driven: Browser, page: Path) -> None:
    driven.show(page, 1024, is_dark=True)
    paper = driven.paper()
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 4
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
