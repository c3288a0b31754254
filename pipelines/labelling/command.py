"""The commands `goodwill sentiment sample` and `goodwill sentiment labels`."""

from pathlib import Path

import click

from pipelines.told import on_warehouse, told


@click.group()
def sentiment() -> None:
    """What people read in a sample of messages, by which the machine's moods are corrected."""


@sentiment.command()
@click.option("--size", type=click.IntRange(1), default=600, show_default=True, help="Messages to draw.")
@click.option("--year", type=click.IntRange(1970, 9999), help="Year of the messages; without it the latest one.")
def sample(size: int, year: int | None) -> None:
    """Draw messages of a year for people to label, into a file beside the warehouse that only its owner may read.

    Fill its column label with positive, neutral or negative, as you read it, and leave out what you cannot tell.
    """
    with told():
        from pipelines.labelling.sample import draw

        made = on_warehouse("label", lambda settings: draw(settings, size, year))
        click.echo(f"{made.drawn:,} of {made.scored:,} scored messages of {made.year}: {made.path}")
        click.echo(f"fill its column label, then: goodwill sentiment labels {made.path}")
        click.echo("it holds people's words: `goodwill forget` keeps it clean here, copies of it are yours to remove")


@sentiment.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def labels(file: Path) -> None:
    """Take the labels of a file that was drawn: rows of inbox/sentiment_labels/, which the next run takes up."""
    with told():
        from pipelines.labelling.sample import take

        path, counts, gone = on_warehouse("label", lambda settings: take(settings, file))
        said = ", ".join(f"{number:,} {label}" for label, number in counts.items())
        click.echo(f"{said}: {path}, taken up by the next run")
        if gone:
            click.echo(f"{gone:,} of the file are of messages that are gone since, and were left out")
