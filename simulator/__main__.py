"""python -m simulator -> the demo company from the command line: serve its APIs, write its inbox, or run a day of it."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from simulator.stage import ACCOUNTS, DAYS, FIRST_CLOCK, SEED
from simulator.world import World, build


def _clock(text: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text} is not a time like 2026-06-30T12:00:00Z") from None
    return when if when.tzinfo is None else when.astimezone(UTC).replace(tzinfo=None)


def _world(now: str, seed: int, days: int, accounts: int) -> World:
    return build(now=_clock(now), seed=seed, days=days, accounts=accounts)


def _sized(command: click.Command) -> click.Command:
    """The options that make a world."""
    for option in (
        click.Option(["--accounts"], type=int, default=ACCOUNTS, show_default=True, help="Client companies, about."),
        click.Option(["--days"], type=int, default=DAYS, show_default=True, help="Days of history before the first clock."),
        click.Option(["--seed"], type=int, default=SEED, show_default=True, help="Another seed is another company."),
        click.Option(
            ["--now"], default=FIRST_CLOCK.isoformat() + "Z", envvar="SIM_NOW", show_default=True, help="Its present moment, UTC."
        ),
    ):
        command.params.append(option)
    return command


@click.group()
def main() -> None:
    """The demo company: invented people and numbers, spoken through each vendor's API."""


@_sized
@main.command()
@click.option("--port", type=int, default=0, show_default=True, help="0 takes a free port.")
@click.option("--port-file", type=click.Path(path_type=Path), help="Where to write the port that was taken.")
@click.option("--no-faults", is_flag=True, help="No 429 and 500 now and then.")
def serve(port: int, port_file: Path | None, no_faults: bool, now: str, seed: int, days: int, accounts: int) -> None:
    """Serve the APIs on 127.0.0.1 until stopped."""
    from simulator.server import serve as serve_world

    serve_world(_world(now, seed, days, accounts), port, port_file, has_faults=not no_faults)


@_sized
@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def inbox(folder: Path, now: str, seed: int, days: int, accounts: int) -> None:
    """Write the inbox into FOLDER; only files that changed are touched."""
    from simulator.inbox import write

    for name in write(_world(now, seed, days, accounts), folder):
        click.echo(name)


@main.command()
def run() -> None:
    """Run the next day of the demo company through the pipelines, in data/demo/; DAY=same repeats the last one."""
    from simulator import demo

    try:
        raise SystemExit(demo.run(wish=os.environ.get("DAY")))
    except demo.DayError as fault:
        raise click.ClickException(str(fault)) from None


if __name__ == "__main__":
    main(prog_name="python -m simulator")
