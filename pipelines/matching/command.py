"""The command `goodwill match-accounts`."""

import click

from pipelines.told import console_on, on_warehouse, told


@click.command(name="match-accounts")
@click.option(
    "--least", type=click.FloatRange(0.5, 1.0), default=0.7, show_default=True, help="Least probability that two accounts are one company."
)
def match_accounts(least: float) -> None:
    """Name accounts that are probably one company, and the attributed ROI with and without them. Needs the extra `probabilistic`.

    Companies only, never people. Nothing is merged: whoever agrees merges them in the CRM.
    """
    with told():
        from pipelines.matching.accounts import report

        on_warehouse("match", lambda settings: report(settings, least, console_on()))
