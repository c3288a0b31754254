"""The table of contents: what Dagster finds when it opens the house."""

import dagster as dg

from pipelines import assets, schedule
from pipelines.settings import Settings, read_settings


def build(settings: Settings, work: dg.ResourceDefinition = assets.work_resource) -> dg.Definitions:
    """The whole house for these settings; needs no secret and opens no warehouse. `work` is the run that it works for."""
    return dg.Definitions(
        assets=assets.build_assets(settings),
        jobs=schedule.jobs(settings),
        schedules=schedule.schedules(settings),
        resources={"work": work},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    return build(read_settings())
