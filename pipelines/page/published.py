"""The published file -> rows with named fields, and what its comments say of each mart and column."""

from types import SimpleNamespace
from typing import Any

import duckdb

from pipelines.warehouse import BEFORE_ALL_DATA

Row = SimpleNamespace
# Of board.data_trust: the day of the build; NULL where nothing in the data says when it was, as where a survey gives the required columns alone.
ON_DAY = f"nullif(max(date), date '{BEFORE_ALL_DATA:%Y-%m-%d}')"

# Whether people are measured of whom nothing tells an audience: then it is not that too few wrote.
IS_UNKNOWN = "select count(value) > 0 as is_unknown from relationships.indicators where audience = 'unknown'"
UNKNOWN = (
    "nothing tells which audience writes: give audience with the interactions, or people, accounts and contacts with the keys of who writes"
)
# quarters in which people turned away and nobody knows whether the return rose
UNTOLD = """
select distinct people.quarter from board.scorecard as people
inner join board.scorecard as money on people.quarter = money.quarter and money.audience = 'company' and money.measure = 'attributed_roi'
where people.side = 'people' and people.measure in ('two_way_ratio', 'opr_trust') and people.state = 'measured' and people.change_hi < 0
    and (money.state <> 'measured' or money.change is null)
order by people.quarter desc
"""


class Published:
    """Reads one published file, which stays open read-only while the page is made."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        said = connection.execute(
            "select schema_name || '.' || table_name, column_name, comment from duckdb_columns() where not internal"
        ).fetchall()
        self._columns = {(mart, column): comment for mart, column, comment in said}
        self._marts = dict(
            connection.execute("select schema_name || '.' || table_name, comment from duckdb_tables() where not internal").fetchall()
        )

    def rows(self, sql: str, *parameters: Any) -> list[Row]:
        """All rows of a query, which must order them wholly: the page is the same for the same file."""
        relation = self._connection.execute(sql, list(parameters))
        names = [column[0] for column in relation.description or ()]
        return [Row(**dict(zip(names, row, strict=True))) for row in relation.fetchall()]

    def about(self, mart: str, column: str) -> str | None:
        """The column's comment; None where the mart has no such column."""
        return self._columns.get((mart, column))

    def of_mart(self, mart: str) -> tuple[str, str]:
        """What a mart is, and its grain, from its comment."""
        what, _, grain = (self._marts.get(mart) or "").partition("Grain: ")
        return what.strip(), grain.strip()
