"""docs/sources.md is what the code and core.coverage say: whoever adds a source or a column writes it anew."""

import re

from pipelines import matrix


def given_in(text: str) -> list[tuple[str, str, str]]:
    """(source, entity, measure) of every **yes** of the page."""
    found, entity, sources = [], "", []
    for line in text.splitlines():
        if line.startswith("## "):
            entity = line.removeprefix("## ")
        elif line.startswith("| measure"):
            sources = [cell.strip() for cell in line.strip("| ").split("|")][1:]
        elif line.startswith("| "):
            measure, *cells = [cell.strip() for cell in re.split(r"(?<=\s)\|(?=\s)|^\||\|$", line) if cell is not None][1:-1]
            found += [(source, entity, measure) for source, cell in zip(sources, cells, strict=True) if cell == "**yes**"]
    return found


def test_the_page_is_what_the_contracts_say() -> None:
    text = matrix.PAGE.read_text(encoding="utf-8")
    given = given_in(text)
    assert {source for source, _, _ in given} >= {"bluesky", "hubspot", "linkedin", "mastodon", "stripe", "x", "youtube"}
    assert matrix.page(given) == text, "docs/sources.md is older than the staging contracts: python -m pipelines.matrix"
    can = matrix.declared()
    assert not [(s, e, m) for s, e, m in given if m not in can[e, s]]
