"""The published file -> one self-contained HTML file beside it, for somebody who has two minutes: works from disk, by mail and on paper."""

import os
import sys
import traceback
from importlib.resources import files
from pathlib import Path

import duckdb

from pipelines.page import curves, money, objectives, retention, scorecard, trust, words
from pipelines.page.glossary import Glossary
from pipelines.page.markup import Markup, joined, tag
from pipelines.page.published import ON_DAY, Published

# Nothing may be fetched and nothing may run, whatever a text in the data says.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
CLOCK = f"select {ON_DAY} as on_day, bool_or(is_demo) as is_demo, sum(rows) as rows from board.data_trust"
QUESTION = "What is our social activity worth, in money, and what does it do to the people we deal with?"
START = "Nothing to show yet, because no source gave a row: put files below inbox/<entity>/, or set a token in .env (see .env.example), and run again."


def _document(published: Published) -> Markup:
    glossary = Glossary(published)
    clock = published.rows(CLOCK)[0]
    as_of = f"As of {words.day(clock.on_day)}" if clock.on_day else "Data without a date" if clock.rows else "No data yet"
    demo = tag("span", "Demo company: invented people, invented money", class_="demo") if clock.is_demo else None
    head = tag(
        "header",
        tag("p", tag("b", "Goodwill"), tag("span", as_of), demo, class_="mast"),
        tag("h1", QUESTION),
        objectives.counts(published, glossary) if clock.rows else None,
        tag("p", "Each underlined figure opens what it means." if clock.rows else START, class_="lead" if clock.rows else "empty"),
    )
    parts = [
        objectives.megaphone(published, glossary),
        objectives.section(published, glossary),
        scorecard.section(published, glossary),
        money.section(published, glossary),
        money.claims(published, glossary),
        curves.two_way(published, glossary),
        curves.answered(published, glossary),
        retention.section(published, glossary),
        trust.unmeasured(published, glossary),
        trust.stories(published, glossary),
        trust.data_trust(published, glossary),
    ]
    foot = tag(
        "footer",
        tag(
            "p",
            "Made from the published marts alone. Nothing on this page is fetched from anywhere; it may be mailed as it is.",
        ),
    )
    return joined((head, tag("main", *(part for part in parts if part is not None), id="main"), foot, glossary.section()))


def render(connection: duckdb.DuckDBPyConnection) -> str:
    """The whole document; the same published file gives the same text."""
    style = Markup(files(__package__).joinpath("page.css").read_text(encoding="utf-8"))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name_="color-scheme", content="light dark"),
        tag("link", rel="icon", href="data:,"),
        tag("title", "Goodwill"),
        tag("style", style),
    )
    skip = tag("a", "To the figures", href="#main", class_="skip")
    return f"<!doctype html>\n{tag('html', head, tag('body', skip, _document(Published(connection))), lang='en')}\n"


def page_path(published_path: Path) -> Path:
    """The page of `goodwill.duckdb` is `goodwill.html` beside it."""
    return published_path.with_suffix(".html")


def write_page(published_path: Path) -> Path:
    """Make the page of a published file and put it in its place whole, or leave the former one; gives its path."""
    path = page_path(published_path)
    with duckdb.connect(str(published_path), read_only=True) as connection:
        content = render(connection)
    following = path.with_name(f"{path.name}.{os.getpid()}.next")
    try:
        following.write_text(content, encoding="utf-8", newline="\n")
        os.replace(following, path)
    finally:
        following.unlink(missing_ok=True)
    return path


def refresh_page(published_path: Path) -> str | None:
    """Make the page anew after a publication; where that fails, what was published stands all the same, and a warning says so."""
    try:
        write_page(published_path)
    except Exception as fault:
        traceback.print_exc(file=sys.stderr)
        return f"{page_path(published_path).name} is not of this publication: {type(fault).__name__}: {' '.join(str(fault).split())}"
    return None
