"""The commands of analysts: `goodwill sandbox` and `goodwill models`."""

import sys

import click

from pipelines.told import on_warehouse, told


@click.command()
def sandbox() -> None:
    """Copy the warehouse, so that people build models of their own while runs go on.

    The copy lies in sandbox/ beside the warehouse, of one moment: a run that is at work is waited for. What was built in
    the former copy goes with it. `make run` makes one of the demo company; `goodwill forget` removes it.
    """
    with told():
        from pipelines.analysts.sandbox import how_to_use, make_sandbox

        path = on_warehouse("copy", make_sandbox)
        click.echo(f"a copy of the warehouse for models of your own: {path}")
        click.echo(how_to_use(path))


@click.command()
def models() -> None:
    """Say what the dbt models lack, each with its file and the cure: description and grain, contract, ratios that are summed.

    Reads the files of dbt_project alone. Ends with 1 where something is wrong; what only data show is told by `dbt build`.
    """
    from pipelines.analysts.rules import faults

    found = faults()
    for fault in found:
        click.echo(str(fault))
    click.echo(f"{len(found)} faults" if found else "the models keep the rules")
    sys.exit(bool(found))
