"""Steps of a run -> what a person sees while it goes on: one line a step, and on a terminal what is being done right now."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status
from rich.text import Text

from pipelines.work import Listener, Step

MARKS = {"started": "…", "running": "…", "waiting": "…", "finished": "✓", "failed": "✗"}
ASCII_MARKS = {"started": "..", "running": "..", "waiting": "..", "finished": "ok", "failed": "!!"}
STYLES = {"finished": "green", "failed": "bold red"}


def printable(text: object) -> str:
    """Text of any origin on one line: what could move the cursor, colour the page or turn the writing direction is dropped."""
    one_line = " ".join(str(text).split())
    return "".join(character for character in one_line if unicodedata.category(character)[0] != "C")


def fitting(text: str, console: Console) -> str:
    """The text as the console's encoding can write it."""
    return text.encode(console.encoding or "utf-8", "replace").decode(console.encoding or "utf-8")


def _line(step: Step, console: Console) -> Text:
    is_ascii = console.options.ascii_only
    mark = (ASCII_MARKS if is_ascii else MARKS)[step.state]
    if step.state not in STYLES:
        return Text(fitting(printable(f"{mark} {step.name} {step.detail if step.state == 'waiting' else ''}"), console))
    line = Text.assemble((f"{mark} {step.name:<22}", STYLES[step.state]), f" {step.seconds:6.1f} s  ")
    return line.append(fitting(printable(step.detail), console))


@contextmanager
def shown(console: Console) -> Iterator[Listener]:
    """A listener for Work: on a terminal a line moves while a step runs, elsewhere each step says when it starts, waits and ends."""
    if not console.is_terminal:
        yield lambda step: None if step.state == "running" else console.print(_line(step, console), soft_wrap=True)
        return
    with Status("", console=console, spinner="line" if console.options.ascii_only else "dots") as status:

        def on_step(step: Step) -> None:
            if step.state in ("started", "running", "waiting"):
                status.update(Text(fitting(printable(f"{step.name}  {step.detail}"), console), overflow="ellipsis", no_wrap=True))
            else:
                status.update("")
                console.print(_line(step, console), soft_wrap=True)

        yield on_step
