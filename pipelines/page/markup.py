"""Text of any origin -> HTML and SVG in which it stays text: whatever is not Markup already is escaped on its way in."""

import html
from collections.abc import Iterable, Sequence

from pipelines.progress import printable

VOID = {"meta", "link", "br"}


class Markup(str):
    """Text that is HTML already; made by `tag` and `text` alone."""

    __slots__ = ()


def text(content: object) -> Markup:
    """The content as it may stand between tags and in attributes; control characters and turned writing are dropped."""
    return content if isinstance(content, Markup) else Markup(html.escape(printable(content), quote=True))


def _spaced(content: object) -> Markup:
    """Like `text`, with the blanks at both ends kept: they stand between two words."""
    if isinstance(content, Markup):
        return content
    whole = str(content)
    return Markup(" " * whole[:1].isspace() + text(whole) + " " * (len(whole) > 1 and whole[-1:].isspace()))


def joined(parts: Iterable[object], between: object = "") -> Markup:
    """The parts one after the other, those that are None left out."""
    return Markup(_spaced(between).join(_spaced(part) for part in parts if part is not None))


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """An element. Attributes: a last `_` is dropped (`class_`), others become `-`; None and False leave it out, True gives it bare."""
    written = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        written.append(f" {key}" if value is True else f' {key}="{text(value)}"')
    opened = f"<{name}{''.join(written)}>"
    return Markup(opened) if name in VOID else Markup(f"{opened}{joined(children)}</{name}>")


def data_table(summary: object, heads: Sequence[object], rows: Iterable[Sequence[object]]) -> Markup:
    """A chart's numbers behind a summary that opens on click or Enter; the first column names the row."""
    return tag(
        "details", tag("summary", summary), tag("div", table(heads, rows), class_="wide", tabindex="0", role="region", aria_label=summary)
    )


def table(heads: Sequence[object], rows: Iterable[Sequence[object]], class_: str | None = None) -> Markup:
    """A table with a row of heads; cells that are no plain text are taken for figures and stand to the right."""
    body = [
        tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell, class_=None if type(cell) is str else "num") for cell in row[1:]))
        for row in rows
    ]
    head = tag("tr", *(tag("th", name, scope="col", class_=None if index == 0 else "num") for index, name in enumerate(heads)))
    return tag("table", tag("thead", head), tag("tbody", *body), class_=class_)
