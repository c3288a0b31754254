"""relationships.stories in the warehouse -> candidates on a terminal; a decision -> a row of inbox/story_reviews/."""

import csv
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipelines.settings import Settings
from pipelines.warehouse import WarehouseError

if TYPE_CHECKING:
    from rich.console import Console

DECISIONS = {"approve": "approved", "reject": "rejected"}
COLUMNS = ("story_id", "decision", "reviewer_role", "reviewed_at", "words_print")
FILE = Path("story_reviews") / "decided_here.csv"
STORIES = """
select
    stories.story_id, stories.rule, stories.state, stories.picked_because, stories.matched, stories.eligible, stories.indicator_ref, stories.roi_ref,
    coalesce(words.authors, 1), coalesce(words.consenting_authors, 1), coalesce(words.words, submissions.text) as shown,
    substr(md5(shown || '|' || salt.salt), 1, 16)
from relationships.stories as stories
left join intermediate.int_story_words as words on stories.story_id = words.story_id
cross join raw_goodwill.salt
left join intermediate.int_story_submissions as submissions
    on stories.rule = 'own' and ends_with(stories.story_id, '-own-' || substr(md5(submissions.story_id || '|' || salt.salt), 1, 8))
order by stories.quarter desc, stories.is_counter, stories.rule, stories.audience
"""


@dataclass(frozen=True)
class Story:
    """A story as its reviewer sees it: words are read here before anybody else may read them."""

    story_id: str
    rule: str
    state: str
    picked_because: str
    matched: int | None
    eligible: int | None
    indicator_ref: str | None
    roi_ref: str | None
    authors: int
    consenting_authors: int
    words: str | None
    words_print: str | None


def all_stories(settings: Settings) -> list[Story]:
    """Every story of the warehouse, the newest quarter first."""
    try:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            return [Story(*row) for row in connection.execute(STORIES).fetchall()]
    except duckdb.CatalogException:
        raise WarehouseError("the warehouse holds no stories yet: `goodwill run` makes them") from None


def _counted(story: Story) -> str:
    if story.matched is None:
        return ""
    if story.rule == "own":
        return f" {story.matched:,} of {story.eligible:,} submitted that quarter have the consent of everyone named."
    return f" Drawn from {story.matched:,} of {story.eligible:,} conversations that could have met the rule."


def print_candidates(found: list[Story], console: "Console") -> None:
    """Those that wait for a decision, with their words."""
    waiting = [story for story in found if story.state == "candidate"]
    for story in waiting:
        console.print(story.story_id, style="bold")
        console.print(f"  {story.picked_because}{_counted(story)}")
        if explains := [reference for reference in (story.indicator_ref, story.roi_ref) if reference]:
            console.print(f"  explains {' and '.join(explains)}")
        console.print(f"  {story.consenting_authors} of {story.authors} quoted have agreed to be")
        for line in (story.words or "(the words were not kept)").splitlines():
            console.print(f"    {line}")
    console.print(
        f"{len(waiting)} of {len(found)} stories wait for a decision: goodwill stories review STORY_ID approve|reject --role ROLE"
    )


def review(settings: Settings, decision: Sequence[str], role: str | None, console: "Console") -> None:
    """List what waits, or keep the decision (STORY_ID, approve or reject)."""
    if not decision:
        print_candidates(all_stories(settings), console)
        return
    if len(decision) != 2 or decision[1] not in DECISIONS or not role:
        raise WarehouseError(f"{' '.join(decision)!r} decides nothing: goodwill stories review STORY_ID approve|reject --role ROLE")
    path = decide(settings, decision[0], decision[1], role)
    console.print(f"{decision[1]}: {decision[0]}, by {role}; kept in {path}, taken up by the next run", soft_wrap=True)


def company_time(settings: Settings) -> datetime:
    """Now; where the warehouse lives in a time of its own (the demo company, or a fixed clock), the time of its last build."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        clocks = connection.execute("select as_of, is_demo from raw_goodwill.clock").fetchall()
    if clocks and (clocks[0][1] or settings.as_of):
        return clocks[0][0].replace(tzinfo=UTC)
    return datetime.now(UTC)


def decide(settings: Settings, story_id: str, decision: str, role: str, now: datetime | None = None) -> Path:
    """Write the decision into the inbox, where the next run takes it up -> the file.

    A decision is never changed, only followed by a later one. Raises WarehouseError where there is no such story, or no role.
    """
    known = {story.story_id: story for story in all_stories(settings)}
    if story_id not in known:
        raise WarehouseError(f"there is no story {story_id!r}: `goodwill stories review` lists those that wait")
    if not role.strip() or "@" in role:
        raise WarehouseError("--role takes the role of who decides, such as 'head of support', and never a person or an address")
    path = settings.inbox_path / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    reviewed_at = (now or company_time(settings)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = list[dict[str, str | None]]()
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    values = (story_id, DECISIONS[decision], role.strip(), reviewed_at, known[story_id].words_print)
    rows.append(dict(zip(COLUMNS, values, strict=True)))
    descriptor, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(temporary, path)
    return path
