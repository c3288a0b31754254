"""What a command says to whoever called it: its console, faults that have a cure, and whom it waits for."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

    from pipelines.settings import Settings

WIDTH = 132  # of what is written into a file or a pipe
FAILED, INTERRUPTED = 1, 130
Done = TypeVar("Done")


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


def on_warehouse(name: str, act: "Callable[[Settings], Done]") -> Done:
    """Something other than a run, on the warehouse that `goodwill run` left, while nobody else works on it."""
    from pipelines.settings import read_settings
    from pipelines.warehouse import WarehouseError, warehouse_lock

    settings = read_settings()
    if not settings.warehouse_path.exists():
        raise WarehouseError(f"there is nothing to {name}: {settings.warehouse_path} does not exist yet; `goodwill run` makes it")
    with warehouse_lock(settings, on_wait=lambda message: click.echo(message, err=True)):
        return act(settings)
