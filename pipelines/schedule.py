"""When: a daily job for the whole house and an hourly one for what is lost if nobody looks; both by group, never by name."""

from typing import Any

import dagster as dg

from pipelines.sources import discover


def jobs() -> list[Any]:
    """`daily` goes from the sources to the published file; `hourly` asks the sources, since counters are snapshots and posts get deleted."""
    return [
        dg.define_asset_job("daily", dg.AssetSelection.all(), description="From the sources to the published file."),
        dg.define_asset_job(
            "hourly",
            dg.AssetSelection.groups(*discover(), "goodwill"),
            description="The sources alone: what came, and whether it is plausible.",
        ),
    ]


def schedules() -> list[dg.ScheduleDefinition]:
    """Stopped until somebody starts them on Dagster's page."""
    return [
        dg.ScheduleDefinition(name="every_day", job_name="daily", cron_schedule="0 5 * * *", execution_timezone="UTC"),
        dg.ScheduleDefinition(name="every_hour", job_name="hourly", cron_schedule="30 * * * *", execution_timezone="UTC"),
    ]
