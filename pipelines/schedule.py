"""When: a daily job for the whole house and an hourly one for what is lost if nobody looks, both by group, never by name; the digest weekly."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from pipelines.digest.deliver import channels
from pipelines.digest.tell import tell
from pipelines.settings import Settings
from pipelines.sources import discover


def _weekly(settings: Settings) -> dg.JobDefinition:
    @dg.op
    def digest(context: dg.OpExecutionContext) -> None:
        """The week in ten lines, by mail and to the webhook; a run again sends only what was not sent."""
        if not tell(settings, datetime.now(UTC).date(), True, context.log.info):
            raise dg.Failure("the digest did not reach every place; the log says which")

    @dg.job(description="The week in ten lines, to everybody who is configured to get them.")
    def weekly() -> None:
        digest()

    return weekly


def jobs(settings: Settings) -> list[Any]:
    """`daily` goes from the sources to the page; `hourly` asks the sources, since counters are snapshots and posts get deleted; `weekly` tells."""
    told = [_weekly(settings)] if channels(settings) else []
    return [
        *told,
        dg.define_asset_job("daily", dg.AssetSelection.all(), description="From the sources to the published file and its page."),
        dg.define_asset_job(
            "hourly",
            dg.AssetSelection.groups(*discover(), "goodwill"),
            description="The sources alone: what came, and whether it is plausible.",
        ),
    ]


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Stopped until somebody starts them on Dagster's page; the digest's is there where a mail server or a webhook is configured."""
    weekly = dg.ScheduleDefinition(name="every_week", job_name="weekly", cron_schedule="0 7 * * 1", execution_timezone="UTC")
    return [
        *([weekly] if channels(settings) else []),
        dg.ScheduleDefinition(name="every_day", job_name="daily", cron_schedule="0 5 * * *", execution_timezone="UTC"),
        dg.ScheduleDefinition(name="every_hour", job_name="hourly", cron_schedule="30 * * * *", execution_timezone="UTC"),
    ]
