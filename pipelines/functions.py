"""Functions of the warehouse that models call beside DuckDB's own: what SQL cannot say, or says so that nobody can read it."""

from typing import TYPE_CHECKING, Any

from pipelines.overlaps import teams_in_turn
from pipelines.suppression import hidden_cells

if TYPE_CHECKING:
    import duckdb

_CELL = "struct(cell text, people bigint, is_hidden boolean, is_of_people boolean)"
_EDGE = "struct(family text, parent text, child text, loss bigint)"
_PEOPLE = "struct(part date, known text[], teams text[], people bigint)"
_TURN = "struct(team text, is_sum boolean)"
FUNCTIONS: dict[Any, tuple[list[Any], str]] = {
    hidden_cells: ([f"{_CELL}[]", f"{_EDGE}[]", "bigint"], "text[]"),
    teams_in_turn: ([f"{_PEOPLE}[]", f"{_TURN}[]", "bigint"], "struct(team text, is_shown boolean, is_rest boolean)[]"),
}


def register(connection: "duckdb.DuckDBPyConnection") -> None:
    """Give a warehouse the functions, unless another connection to it has done so."""
    from duckdb.func import FunctionNullHandling

    known = {name for (name,) in connection.execute("select distinct function_name from duckdb_functions()").fetchall()}
    for function, (parameters, returns) in FUNCTIONS.items():
        if function.__name__ not in known:
            connection.create_function(function.__name__, function, parameters, returns, null_handling=FunctionNullHandling.SPECIAL)
