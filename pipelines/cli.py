"""The program `goodwill`: a thin shell over the functions of the house."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.analysts.command import models, sandbox
from pipelines.digest.command import digest
from pipelines.labelling.command import sentiment
from pipelines.matching.command import match_accounts
from pipelines.told import console_on, on_warehouse, told

if TYPE_CHECKING:
    from pipelines.settings import Settings

PUBLISHED, NOT_PUBLISHED = 0, 1
CHAPTERS = {
    "From the sources to what people read": ("run", "sources", "check", "publish", "doctor"),
    "What it says": ("digest", "stories", "sentiment", "experiment", "match-accounts"),
    "Persons": ("forget", "rotate-key"),
    "Models of your own": ("sandbox", "models"),
}

EXAMPLES = """
\b
Examples
  goodwill doctor                     what could be wrong on this machine, and its cure
  goodwill sources                    which sources are configured, and what is missing
  goodwill run                        load what is new, build, check, publish
  goodwill run --inbox ~/exports      take files from another folder than inbox/
  goodwill digest --send              the week in ten lines, by mail and to a webhook
  goodwill forget ann@example.com     take a person out of everything, and keep them out
  goodwill publish --to xlsx          the same marts as workbooks; also csv, parquet, postgres
  goodwill stories review             stories that wait for a decision
  goodwill sentiment sample           messages for people to label, by which the machine's moods are corrected
  goodwill sandbox                    a copy of the warehouse to build models of your own in (docs/extending.md)
  goodwill models                     what a model of yours lacks before others can rely on it, and its cure

\b
Files need no code: inbox/<entity>/*.{csv,parquet,jsonl}, also .gz and .zst.
Tokens stand in .env (see .env.example). People read data/goodwill.duckdb.
"""


class Chapters(click.Group):
    """Commands in the order in which somebody meets them, each with its first sentence in full."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in CHAPTERS.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(limit=250)) for name in names])


def perform(settings: "Settings", sources: Sequence[str] = (), full_refresh: bool = False) -> int:
    """One run with its progress and its page on standard output -> 0 where it published, else 1.

    KeyboardInterrupt and SettingsError go through.
    """
    from pipelines import progress, run, summary

    console = console_on()
    with progress.shown(console) as on_step:
        report = run.run(settings, sources or None, full_refresh, on_step)
    summary.print_page(settings, report, console)
    return PUBLISHED if report.is_published else NOT_PUBLISHED


@click.group(cls=Chapters, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """What is our social activity worth, in money, and what does it do to the people we deal with?

    Loads posts, conversations, deals and money from platforms, CRM, ledger and files into a warehouse, computes both
    answers with their intervals, checks them, and publishes one file that may be read at any time.
    """


@main.command(name="run")
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="NAME",
    help="Ask only this source (may be repeated); everything is built and published all the same.",
)
@click.option(
    "--inbox",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take files from this folder instead of inbox/ or INBOX_PATH.",
)
@click.option(
    "--full-refresh",
    is_flag=True,
    help="Forget the place in every source and build every model anew. Snapshots of counters are kept: nobody gives yesterday's again.",
)
def run_command(sources: tuple[str, ...], inbox: Path | None, full_refresh: bool) -> None:
    """Load what is new, build, check and publish.

    A source that is not configured or does not answer is named in the page and stops nobody else. The program ends with
    0 where it published and 1 where it did not; then what was published before stands as it was.
    """
    with told():
        from pipelines.settings import read_settings

        sys.exit(perform(read_settings(inbox_path=inbox), sources, full_refresh))


@main.command()
def sources() -> None:
    """Say of each source whether it is configured, what is missing, and when it last answered."""
    with told():
        from pipelines import status
        from pipelines.settings import read_settings

        status.print_sources(read_settings(), console_on())


@main.command()
def check() -> None:
    """Judge what came in and what goes out against the suites of data_quality, without loading or building anything.

    Ends with 1 where something blocking failed.
    """
    with told():
        from pipelines import status
        from pipelines.check import check_marts, check_raw

        results = on_warehouse("check", lambda settings: check_raw(settings) + check_marts(settings))
        status.print_checks(results, console_on())
        sys.exit(any(result.is_blocking and not result.passed for result in results))


@main.command()
@click.option(
    "--to",
    "targets",
    multiple=True,
    type=click.Choice(["postgres", "parquet", "csv", "xlsx"]),
    help="Copy the same build there too (may be repeated): PostgreSQL at GOODWILL_POSTGRES_DSN, or files below data/exports/.",
)
@click.option(
    "--restricted",
    is_flag=True,
    help="Put the rows of persons, by key, into a second file that only its owner may read; with `--to postgres` there too.",
)
def publish(targets: tuple[str, ...], restricted: bool) -> None:
    """Publish the marts as they stand in the warehouse, if every blocking check on them holds.

    The published file always; it is what `--to` copies. In PostgreSQL the marts stand in the schemas core, roi,
    relationships and board; `grant goodwill_reader to <login>` lets a BI tool's user read them and nothing else. Rows of
    persons need a grant of their own, `goodwill_restricted_reader`, and stand there until a publication without --restricted.
    """
    with told():
        from pipelines import publish as publication
        from pipelines import status
        from pipelines.check import check_marts
        from pipelines.page import refresh_page

        def act(settings: "Settings") -> Any:
            failed = [result for result in check_marts(settings) if result.is_blocking and not result.passed]
            # Both tiers while nobody else works on the warehouse, so that they are of one build
            return failed or (publication.publish(settings), publication.publish_restricted(settings) if restricted else None)

        try:
            outcome = on_warehouse("publish", act)
        except publication.PublishError as fault:
            raise click.ClickException(str(fault)) from None
        if isinstance(outcome, list):
            status.print_checks(outcome, console_on())
            raise click.ClickException("nothing is published: what goes out does not hold")
        outcome, second = outcome
        click.echo(f"{len(outcome.tables)} marts, {outcome.rows:,} rows: {outcome.path}")
        if second:
            click.echo(f"{len(second.tables)} restricted marts, {second.rows:,} rows: {second.path}")
        if unwritten := refresh_page(outcome.path):
            click.echo(unwritten, err=True)
        try:
            for target in targets:
                click.echo(_copied(target, restricted))
        except publication.PublishError as fault:
            raise click.ClickException(str(fault)) from None


def _copied(target: str, restricted: bool) -> str:
    """The published file is copied to `target` -> what stands there, in words. Rows of persons go to PostgreSQL alone."""
    from pipelines.exports import export
    from pipelines.postgres import ROLES, publish_to_postgres
    from pipelines.publish import read_marts, restricted_path
    from pipelines.settings import read_settings

    settings, marts = read_settings(), read_marts()
    files = {"published": settings.published_path} | ({"restricted": restricted_path(settings)} if restricted else {})
    if target == "postgres":
        tables = publish_to_postgres(settings.postgres_dsn, files, marts)
        roles = " and ".join(ROLES[tier] for tier in files)
        return f"{len(tables)} marts, {sum(tables.values()):,} rows: PostgreSQL, for whom {roles} is granted to"
    exported = export(settings.published_path, [mart for mart in marts if mart.tier == "published"], target)
    said = f"{len(exported.tables)} marts, {sum(exported.tables.values()):,} rows: {exported.folder}"
    return "\n".join((said, *exported.left_out))


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--requested", is_flag=True, help="Forget everybody who stands in the entity erasures.")
def forget(names: tuple[str, ...], requested: bool) -> None:
    """Take a person out of the warehouse, of everything made of it and of the inbox, and keep them out.

    Name the person by an e-mail address, by platform:id or by platform:@handle; several names are one person. Revenue and
    costs keep amount and date. Prints a proof of counts, and ends with 1 until nothing within reach holds the person and
    every file of the inbox can be looked into (an archive or a workbook cannot).
    """
    if not names and not requested:
        raise click.UsageError("name a person, or give --requested")
    with told():
        from pipelines.erase import forget as forget_person
        from pipelines.settings import read_settings

        proof = forget_person(read_settings(), list(names), requested=requested, on_wait=lambda message: click.echo(message, err=True))
        click.echo("\n".join(proof.lines()))
        sys.exit(not proof.is_clean)


@main.command(name="rotate-key")
def rotate_key() -> None:
    """Give every person a key of the newest secret (GOODWILL_KEY; those before it are GOODWILL_PREVIOUS_KEY_1, _2 and so on)."""
    with told():
        from pipelines.erase.rotation import rotate
        from pipelines.settings import read_settings

        click.echo(rotate(read_settings(), on_wait=lambda message: click.echo(message, err=True)))


@main.group()
def experiment() -> None:
    """What would give a causal estimate."""


@experiment.command(name="plan")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A history of your own: a CSV with the columns unit, date, value. Without it the warehouse's own history is taken.",
)
def experiment_plan(path: Path | None) -> None:
    """Say which experiment would tell an effect: units, weeks, and the least effect it would find."""
    with told():
        from pipelines import plan

        try:
            found = plan.plans_of(plan.read_history(path)) if path else on_warehouse("plan", plan.plans_of_warehouse)
        except plan.PlanError as fault:
            raise click.ClickException(str(fault)) from None
        plan.print_plans(found, console_on())


@main.command()
def doctor() -> None:
    """Look at each thing that could be wrong on this machine, and name its cure. Ends with 1 where something must be cured."""
    with told():
        from pipelines.doctor import examine, print_findings

        findings = examine()
        print_findings(findings, console_on())
        sys.exit(any(finding.state == "wrong" for finding in findings))


@main.group()
def stories() -> None:
    """Stories behind the figures: drawn by written rules, told only after a review and with consent of everyone quoted."""


@stories.command()
@click.argument("decision", nargs=-1, metavar="[STORY_ID approve|reject]")
@click.option("--role", metavar="ROLE", help="Role of who decides, such as 'head of support'; kept with the time. A person never is.")
def review(decision: tuple[str, ...], role: str | None) -> None:
    """List the stories that wait for a decision, or decide on one: a row of inbox/story_reviews/. Nothing is drawn anew for a rejected one."""
    with told():
        from pipelines.stories import review

        on_warehouse("review", lambda settings: review(settings, decision, role, console_on()))


for command in (digest, match_accounts, models, sandbox, sentiment):
    main.add_command(command)
if __name__ == "__main__":
    main()
