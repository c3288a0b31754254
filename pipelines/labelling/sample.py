"""Scored messages of a year -> a seeded sample for people to label, in a file of this machine; their labels -> rows of inbox/sentiment_labels/.

The sample is self-weighting: every message of the year is as likely to be drawn, and platforms, months and verdicts are drawn from
in proportion, so that the labels may be counted as they are. The machine's verdict is not shown to who labels.
"""

import csv
import io
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.exports import harmless
from pipelines.settings import Settings
from pipelines.stories import company_time
from pipelines.warehouse import WarehouseError, literal

LABELS = ("positive", "neutral", "negative")
COLUMNS = ("sample_id", "text", "label")
FILE = Path("sentiment_labels") / "labelled_here.csv"
STORED = ("platform", "interaction_id", "label", "labelled_at")
SEED = "goodwill"
# Ids of platforms have up to 20 digits, which a spreadsheet rounds: a message is known by a hash.
SAMPLE_ID = f"'s' || substr(md5({literal(SEED)} || '|' || platform || '|' || interaction_id), 1, 14)"
# Direct messages and colleagues' words are nobody's to read.
READABLE = """
intermediate.int_interaction_audiences
where text is not null and sentiment is not null and audience <> 'employees' and not is_brand and not is_bot and not is_deleted
    and kind in ('comment', 'reply', 'mention', 'message')
"""
DRAW = f"""
with scored as (
    select
        platform, month, text, {SAMPLE_ID} as sample_id,
        case when sentiment >= 0.05 then 1 when sentiment <= -0.05 then -1 else 0 end as verdict
    from {READABLE} and extract('year' from date) = $year
),
placed as (
    select *, row_number() over (order by platform, month, verdict, sample_id) + 0.5 as place, count(*) over () as total
    from scored
)
select sample_id, text from placed
where floor(place * least($size, total) / total) > floor((place - 1) * least($size, total) / total)
order by md5(sample_id)
"""


@dataclass(frozen=True)
class Sample:
    """What was written: messages drawn, and out of how many."""

    path: Path
    drawn: int
    scored: int
    year: int


def sample_path(settings: Settings, year: int) -> Path:
    return settings.warehouse_path.parent / f"sentiment_sample_{year}.csv"


def _ask(settings: Settings, sql: str, values: dict[str, int] | None = None) -> list[tuple]:
    try:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            return connection.execute(sql, values).fetchall()
    except duckdb.CatalogException:
        raise WarehouseError("the warehouse holds no messages yet: `goodwill run` loads them") from None


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Whole or not at all, for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    os.replace(temporary, path)


def _read(path: Path) -> list[dict[str, str]]:
    """Rows of a file that a spreadsheet may have written: with commas or semicolons. WarehouseError where it is none of ours."""
    text = path.read_bytes().decode("utf-8-sig")
    header = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",")
    if missing := {"sample_id", "label"} - set(reader.fieldnames or ()):
        raise WarehouseError(f"{path.name}: the column {min(missing)} is missing; label the file that `goodwill sentiment sample` writes")
    return [{name: (row.get(name) or "").strip() for name in COLUMNS} for row in reader]


def draw(settings: Settings, size: int, year: int | None = None) -> Sample:
    """Write the sample of a year (by default that of the company's clock). WarehouseError where labels in the file would be lost."""
    year = year or company_time(settings).year
    path = sample_path(settings, year)
    if path.exists() and (labelled := sum(bool(row["label"]) for row in _read(path))):
        raise WarehouseError(f"{path} holds {labelled} labels: `goodwill sentiment labels {path}` takes them; remove it to draw again")
    rows = _ask(settings, DRAW, {"year": year, "size": size})
    if not rows:
        raise WarehouseError(f"no message of {year} has words that were scored: nothing to label")
    ((scored,),) = _ask(settings, f"select count(*) from {READABLE} and extract('year' from date) = {year}")
    _write(path, COLUMNS, [(sample_id, harmless(text), "") for sample_id, text in rows])
    return Sample(path, len(rows), scored, year)


def take(settings: Settings, path: Path) -> tuple[Path, dict[str, int], int]:
    """Labels of a file -> (file of the inbox, labels of each mood now there, labels whose message is gone). Later labels replace former ones.

    WarehouseError names the line where a label is none, and nothing is taken.
    """
    labels = {}
    for line, row in enumerate(_read(path), 2):
        label = row["label"].lower()
        if label and label not in LABELS:
            raise WarehouseError(f"{path.name}, row {line}, column label: give one of {', '.join(LABELS)}, or nothing")
        if label:
            labels[row["sample_id"]] = label
    if not labels:
        raise WarehouseError(f"{path.name} holds no label yet: fill the column label with {', '.join(LABELS)}")
    known = {id_: (platform, key) for platform, key, id_ in _ask(settings, f"select platform, interaction_id, {SAMPLE_ID} from {READABLE}")}
    if not labels.keys() & known.keys():
        raise WarehouseError(f"{path.name}: none of its messages is in this warehouse: it was drawn from another one")
    target = settings.inbox_path / FILE
    stored: dict[tuple[str, str], tuple[str, ...]] = {}
    if target.exists():
        with target.open(encoding="utf-8", newline="") as file:
            stored = {(row["platform"], row["interaction_id"]): tuple(row[name] for name in STORED) for row in csv.DictReader(file)}
    labelled_at = company_time(settings).strftime("%Y-%m-%dT%H:%M:%SZ")
    for id_, label in labels.items():
        if id_ in known and stored.get(known[id_], ("", "", ""))[2] != label:
            stored[known[id_]] = (*known[id_], label, labelled_at)
    _write(target, STORED, (stored[key] for key in sorted(stored)))
    found = Counter(row[2] for row in stored.values())
    return target, {label: found[label] for label in LABELS}, len(labels.keys() - known.keys())


def purge(settings: Settings) -> None:
    """Take out of every sample what the warehouse no longer holds, and say the rest as it now stands there: `goodwill forget` ends with it."""
    paths = sorted(settings.warehouse_path.parent.glob("sentiment_sample_*.csv"))
    if not paths:
        return
    words = dict(_ask(settings, f"select {SAMPLE_ID}, text from {READABLE}"))
    for path in paths:
        kept = [row for row in _read(path) if row["sample_id"] in words]
        if kept:
            _write(path, COLUMNS, [(row["sample_id"], harmless(words[row["sample_id"]]), row["label"]) for row in kept])
        else:
            path.unlink()
