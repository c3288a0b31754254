"""The command `goodwill digest`."""

import sys

import click


@click.command()
@click.option(
    "--send", "is_sent", is_flag=True, help="Also by mail (GOODWILL_SMTP_URL) and to a webhook (GOODWILL_WEBHOOK_URL), each once a week."
)
def digest(is_sent: bool) -> None:
    """Tell the week in ten lines: what changed beyond its interval, money and people side by side, what needs a human.

    Reads the published file alone. Ends with 1 where a place did not take it; the same command tries that one again.
    """
    from datetime import UTC, datetime

    from pipelines.digest.tell import tell
    from pipelines.settings import SettingsError, read_settings

    try:
        sys.exit(not tell(read_settings(), datetime.now(UTC).date(), is_sent, click.echo))
    except SettingsError as fault:
        raise click.ClickException(str(fault)) from None
