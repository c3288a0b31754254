"""World -> inbox: what no API gives, as files of the file drop; a day more adds a file or changes one of the running or last quarter."""

import gzip
import io
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from simulator import inbox_social, world_office, world_sales, world_stories
from simulator.stage import Times
from simulator.world import World
from simulator.world_money import ADS

# What the web log tells of a touch; the channel is left to the channel rules.
TOUCH_COLUMNS = ["touch_id", "person_email", "occurred_at", "platform", "campaign_id", "post_id", "kind", "utm_source", "utm_medium"]
TOUCH_COLUMNS += ["utm_campaign", "referrer", "account_id"]
Files = dict[str, pd.DataFrame]


def write(world: World, folder: Path) -> list[str]:
    """Write the inbox; each file is put in place whole, and one with the same bytes is left alone. Returns the names written."""
    written = []
    for name, frame in files(world).items():
        content = encoded(name, frame)
        path = folder / name
        if path.exists() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
        written.append(name)
    return written


def files(world: World) -> Files:
    """Every file of the inbox by its name."""
    found: Files = {}
    for part in (_social(world), _conversations(world), _people(world), _money(world), _asked(world)):
        found.update((name, frame) for name, frame in part if len(frame))
    return found


def by_quarter(entity: str, name: str, suffix: str, frame: pd.DataFrame, times: Any) -> Iterator[tuple[str, pd.DataFrame]]:
    """One file for each quarter of `times`."""
    months = np.asarray(times, dtype="datetime64[M]").astype(int)
    for quarter in np.unique(months // 3).tolist():
        label = f"{1970 + quarter // 4}-Q{quarter % 4 + 1}"
        yield f"{entity}/{name}_{label}.{suffix}", frame[months // 3 == quarter]


def by_year(entity: str, name: str, frame: pd.DataFrame, times: Any) -> Iterator[tuple[str, pd.DataFrame]]:
    """One file for each year of `times`."""
    years = np.asarray(times, dtype="datetime64[Y]").astype(int) + 1970
    for year in np.unique(years).tolist():
        yield f"{entity}/{name}_{year}.csv", frame[years == year]


def _social(world: World) -> Iterator[tuple[str, pd.DataFrame]]:
    older = inbox_social.post_metrics(world)
    yield from by_quarter("post_metrics", "before_the_apis", "parquet", older, older["observed_at"])
    followers = inbox_social.profile_metrics(world)
    yield from by_year("profile_metrics", "followers", followers, followers["observed_at"])
    likes = world.likes_of_answers
    yield from by_quarter("interactions", "likes", "csv.gz", likes, likes["occurred_at"])
    told = world_sales.is_answered_campaign(world.touches, world.accounts) | world_sales.is_in_matomo(world.stage, world.touches)
    touches = world.touches[~told][TOUCH_COLUMNS]
    yield from by_quarter("touches", "web_log", "jsonl", touches, touches["occurred_at"])
    campaigns = world.campaigns[~world.campaigns["platform"].isin(list(ADS))]
    yield "campaigns/campaigns.csv", campaigns[campaigns["starts_on"] <= world.stage.clock.astype("datetime64[D]")]


def _conversations(world: World) -> Iterator[tuple[str, pd.DataFrame]]:
    older = world.chat[~world_office.is_in_slack(world.stage, world.chat)]
    names = ["interaction_id", "occurred_at", "kind", "actor_email", "addressee_email", "parent_id", "thread_id", "room_id", "team"]
    chat = older[[*names, "is_question"]].assign(platform="slack", audience="employees")
    yield from by_quarter("interactions", "office", "parquet", chat, chat["occurred_at"])
    written = world.letters[~(world.letters["is_shared"] & world_office.is_in_slack(world.stage, world.letters))]
    letters = written.drop(columns=["message", "is_shared"]).assign(platform="email", language="en")
    yield from by_quarter("interactions", "suppliers", "csv", letters, letters["occurred_at"])
    cases = world_stories.supplier_cases(written)
    yield from by_quarter("conversations", "suppliers", "csv", cases, cases["opened_at"])


def _people(world: World) -> Iterator[tuple[str, pd.DataFrame]]:
    stage = world.stage
    staff = world.staff[stage.has_happened(world.staff["started_at"])]
    left, moved = stage.known(staff["left_at"]), stage.known(staff["moved_at"])
    yield "people/people.csv", staff.rename(columns={"email": "person_email"})[["person_email", "started_at"]].assign(left_at=left)
    first = pd.DataFrame({"person_email": staff["email"], "team": staff["team"], "valid_from": staff["started_at"]})
    first["valid_to"] = np.where(np.isnat(moved), left, moved)
    second = pd.DataFrame({"person_email": staff["email"], "team": staff["moved_to"], "valid_from": moved, "valid_to": left})
    teams = pd.concat([first, second[~np.isnat(moved)]], ignore_index=True)
    yield "memberships/teams.csv", teams.assign(unit="Fernway", location=np.where(teams["team"] == "operations", "Leeds", "Boston"))
    yield from by_year("identity_links", "links", world.identity_links, world.identity_links["matched_at"])
    yield from by_year("consents", "consents", world.consents, world.consents["recorded_at"])


def _money(world: World) -> Iterator[tuple[str, pd.DataFrame]]:
    yield from by_quarter("costs", "costs", "csv", world.costs, world.costs["period_start"])
    yield from by_year("exchange_rates", "rates", world.rates, world.rates["date"])


def _asked(world: World) -> Iterator[tuple[str, pd.DataFrame]]:
    for entity, frame in (("surveys", world.surveys), ("survey_invitations", world.survey_invitations)):
        for wave, rows in frame.groupby("wave") if len(frame) else ():
            yield f"{entity}/{wave}.csv", rows
    yield "experiments/experiments.csv", world.experiments[world.stage.has_happened(world.experiments["registered_at"])]
    yield "experiment_outcomes/towns.parquet", world.experiment_outcomes
    yield "objectives/objectives.csv", world.objectives
    yield "story_reviews/decided.csv", world_stories.reviews(world.stage)
    yield from by_year("story_submissions", "told", world.story_submissions, world.story_submissions["submitted_at"])


def encoded(name: str, frame: pd.DataFrame) -> bytes:
    """A frame as the bytes of a file, by the ending of its name; times are UTC, a column without any value is left out."""
    frame = frame.dropna(axis="columns", how="all")
    if name.endswith(".parquet"):
        table = pa.table({column: _arrow(frame[column]) for column in frame})
        sink = io.BytesIO()
        pyarrow.parquet.write_table(table, sink, compression="zstd")
        return sink.getvalue()
    columns = {column: _text(frame[column]) for column in frame}
    if name.endswith(".jsonl"):
        rows = zip(*columns.values(), strict=True)
        keys = list(columns)
        lines = (json.dumps({k: v for k, v in zip(keys, row, strict=True) if v is not None}, ensure_ascii=False) for row in rows)
        return ("\n".join(lines) + "\n").encode()
    sink = io.BytesIO()
    pyarrow.csv.write_csv(pa.table(columns), sink, pyarrow.csv.WriteOptions(quoting_style="needed"))
    content = sink.getvalue()
    return gzip.compress(content, 6, mtime=0) if name.endswith(".gz") else content


def _is_time(values: pd.Series) -> bool:
    return values.dtype.kind == "M"


def _arrow(values: pd.Series) -> pa.Array:
    if _is_time(values):
        return pa.array(values.to_numpy().astype("datetime64[us]"))
    return pa.array(values, from_pandas=True)


def _text(values: pd.Series) -> list[Any]:
    """Values as a text file gives them; None where there is none."""
    if _is_time(values):
        return [None if text == "NaT" else text for text in _stamps(values.to_numpy())]
    missing = values.isna().tolist()
    return [None if is_missing else value for value, is_missing in zip(values.tolist(), missing, strict=True)]


def _stamps(times: Times) -> list[str]:
    """Whole days as dates, anything finer as times."""
    days = times.astype("datetime64[D]")
    known = times[~np.isnat(times)]
    if (known == known.astype("datetime64[D]")).all():
        return [str(day) for day in days]
    return [text if text == "NaT" else text + "Z" for text in np.datetime_as_string(times.astype("datetime64[s]")).tolist()]
