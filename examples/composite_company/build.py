"""Public data sets -> an inbox: each sql/<entity>__<data set>.sql becomes <inbox>/<entity>/<data set>.parquet.

python examples/composite_company/build.py DATA INBOX
"""

import os
import sys
from pathlib import Path

import duckdb

SQL = Path(__file__).parent / "sql"


def build(data: Path, inbox: Path) -> dict[str, int]:
    """Write the inbox; returns rows by file. A data set that is absent is an error that names its file."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET VARIABLE data = ?", [str(data)])
    rows = {}
    for query in sorted(SQL.glob("*.sql")):
        entity, name = query.stem.split("__")
        target = inbox / entity / f"{name}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".unfinished")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE result AS {query.read_text(encoding='utf-8')}")
        connection.execute("SET VARIABLE target = ?", [str(unfinished)])
        connection.execute("COPY result TO (getvariable('target')) (FORMAT parquet)")
        os.replace(unfinished, target)
        rows[f"{entity}/{target.name}"] = connection.sql("FROM result").count("*").fetchall()[0][0]
    return rows


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    for file, count in build(Path(sys.argv[1]), Path(sys.argv[2])).items():
        print(f"{count:>8,}  {file}")
