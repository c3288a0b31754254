"""A platform that there is not: the files that somebody would write to add it."""

SOURCE = '''"""Pigeon post -> letters that we sent, and how often they were read."""

from datetime import UTC, datetime

from pipelines.raw import Extraction, RawTable, Source

LETTERS = RawTable("letters", ("letter",), {"letter": "VARCHAR", "loft": "VARCHAR", "sent": "TIMESTAMP", "words": "VARCHAR"}, ("posts",))


def extract(run: Extraction) -> None:
    answered_at = datetime(2026, 6, 30, 12, tzinfo=UTC)
    run.write("letters", [{"letter": "l-1", "loft": "roof", "sent": "2026-06-29T10:00:00Z", "words": "coo"}], answered_at)


SOURCE = Source("pigeonpost", "Pigeon post", (LETTERS,), extract)
'''
STAGING_SQL = """with letters as (
    select * from {{ source('pigeonpost', 'letters') }}
)

select
    'pigeonpost' as platform,
    loft as profile_id,
    letter as post_id,
    sent as posted_at,
    words as text,
    'pigeonpost' as source,
    _observed_at
from letters
"""
STAGING_YML = """version: 2
models:
  - name: stg_pigeonpost__posts
    description: "A letter. From pigeon post. Grain: one row per letter."
    config: {contract: {enforced: true}}
    columns:
      - {name: platform, data_type: text, description: Platform.}
      - {name: profile_id, data_type: text, description: Loft.}
      - {name: post_id, data_type: text, description: Letter.}
      - {name: posted_at, data_type: timestamp, description: "When it flew, UTC."}
      - {name: text, data_type: text, description: Words.}
      - {name: source, data_type: text, description: Source.}
      - {name: _observed_at, data_type: timestamp, description: "When the source gave the row, UTC."}
"""
SOURCES_YML = """version: 2
sources:
  - name: pigeonpost
    schema: raw_pigeonpost
    tables:
      - name: letters
"""
SUITE = {
    "name": "pigeonpost__letters",
    "meta": {"table": "raw_pigeonpost.letters"},
    "expectations": [
        {
            "type": "expect_column_max_to_be_between",
            "kwargs": {"column": "repeated_keys", "max_value": 0},
            "severity": "critical",
            "notes": "Every letter is stored once.",
            "meta": {"aggregate": "count(*) - count(distinct letter)", "spoil": "insert into {table} from {table}"},
        }
    ],
}
