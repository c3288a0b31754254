"""The age of a post -> whether its counters are read again: often while it is young, seldom when it is old."""

from datetime import datetime, timedelta

from pipelines.http import SourceError
from pipelines.raw import Setting

# Age of a post -> how long its last reading may be ago. A little less than a day and a week: a job that starts every
# day at the same hour starts some seconds earlier now and then, and must not skip a day for it.
CADENCE = (
    (timedelta(days=7), timedelta(0)),
    (timedelta(days=30), timedelta(hours=20)),
    (timedelta(days=90), timedelta(days=6, hours=12)),
)
YOUNG, DAILY = CADENCE[0][0], CADENCE[1][1]
LOOKBACK = timedelta(days=3)  # platforms show some posts and notifications late

OLDER = Setting(
    "older_posts_every_days",
    "How often posts of more than 90 days are read again, in days; 0 = never. Finds late deletions too.",
    default="30",
)


def is_due(posted_at: datetime, last_observed: datetime | None, now: datetime, older_every: timedelta | None) -> bool:
    """Whether a post is to be read again; beyond the cadence's reach every `older_every` (None: never)."""
    pause = next((pause for reach, pause in CADENCE if now - posted_at <= reach), older_every)
    return last_observed is None or (pause is not None and now - last_observed >= pause)


def older_every(days: str) -> timedelta | None:
    """The setting as a pause; None: never."""
    try:
        return timedelta(days=float(days)) if float(days) > 0 else None
    except (ValueError, OverflowError):
        raise SourceError(f"{OLDER.name} is no number of days: set it to one, or to 0") from None
