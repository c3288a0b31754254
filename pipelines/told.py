"""What a command says to whoever called it: its console, and faults that have a cure."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 132  # of what is written into a file or a pipe
FAILED, INTERRUPTED = 1, 130


def console_on(stream: Any = None) -> "Console":
    from rich.console import Console

    file = stream or sys.stdout
    return Console(file=file, highlight=False, markup=False, width=None if file.isatty() else WIDTH)


@contextmanager
def told() -> Iterator[None]:
    """Faults that have a cure are told in one line; a program that was interrupted says so."""
    from pipelines.progress import fitting, printable
    from pipelines.settings import SettingsError
    from pipelines.warehouse import WarehouseError

    console = console_on(sys.stderr)
    try:
        yield
    except (SettingsError, WarehouseError) as fault:
        console.print(fitting(printable(fault), console), style="bold red", soft_wrap=True)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        said = "\ninterrupted: what was published before stands as it was; the same command goes on from here"
        console.print(said, style="bold", soft_wrap=True)
        sys.exit(INTERRUPTED)
