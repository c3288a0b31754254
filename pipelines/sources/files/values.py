"""Text of a file -> SQL that yields its typed value, or NULL where it does not parse."""

import re
from collections.abc import Iterable

import duckdb

from pipelines.sources.files.lines import Fault
from pipelines.warehouse import PARTY_IDS, masked, quoted, unless_an_address

# Words are masked; ids are joined on and are not.
IDENTIFIER = re.compile(r"(^|_)(id|key|platform|currency|language)$")


def duckdb_type(contract_type: str) -> str:
    """The contract's type by DuckDB's own name."""
    name = contract_type.upper().replace(" ", "")
    return {"TEXT": "VARCHAR", "DOUBLEPRECISION": "DOUBLE", "NUMERIC": "DECIMAL(18,4)"}.get(name, name)


def value(name: str, type_: str, text: str) -> str:
    """SQL expression of the value of the column `name` of DuckDB type `type_`, from the SQL expression of its text.

    A whole number may be written 12 or 12.0; money must not lose a digit; times are ISO 8601, in UTC where no zone is given.
    """
    if type_ == "VARCHAR":
        if name in PARTY_IDS:
            return unless_an_address(text)
        if name == "platform":  # whose terms hold however it is spelt
            return f"lower(trim({text}))"
        return text if IDENTIFIER.search(name) else masked(text)
    if type_ == "BIGINT":
        return (
            f"case when try_cast({text} as bigint)::varchar = {text} then try_cast({text} as bigint) "
            f"when regexp_full_match({text}, '\\s*[+-]?[0-9]+(\\.0*)?\\s*') then try_cast(split_part({text}, '.', 1) as bigint) end"
        )
    if type_ == "DOUBLE":
        return f"case when isfinite(try_cast({text} as double)) then try_cast({text} as double) end"
    if type_ == "TIMESTAMP":
        # By way of the zoned type: a cast to TIMESTAMP drops the zone without a word.
        # ISO 8601 allows a zone after hours and minutes alone; DuckDB does not.
        seconds = f"regexp_replace({text}, '^(.{{10}}[T ]\\d\\d:\\d\\d)(Z|[+-].*)$', '\\1:00\\2')"
        zoned = f"coalesce(try_cast({text} as timestamptz), try_cast({seconds} as timestamptz))"
        return f"case when substr({text}, 5, 1) = '-' then {zoned}::timestamp end"
    if type_ == "DATE":
        return f"case when substr({text}, 5, 1) = '-' then try_cast({text} as date) end"
    if type_.startswith("DECIMAL"):
        return f"case when try_cast({text} as decimal(38,12)) = try_cast({text} as {type_}) then try_cast({text} as {type_}) end"
    return f"try_cast({text} as {type_})"


def check_ids(connection: duckdb.DuckDBPyConnection, query: str, columns: Iterable[str]) -> None:
    """Fault at a column of ids that are all written 12.0: whom another file calls 12 would be somebody else."""
    for column in columns:
        if column.endswith(("_id", "_key")):
            is_spoilt = f"regexp_full_match({quoted(column)}, '[0-9]+\\.0')"
            # nearly every column is cleared by its first id; only the others are read to their end
            first = connection.execute(f"select {is_spoilt} from ({query}) where {quoted(column)} is not null limit 1").fetchone()
            if first == (True,) and not connection.execute(f"select 1 from ({query}) where not {is_spoilt} limit 1").fetchone():
                cure = "holds 12.0 for 12, as programs write whole numbers of which some are missing: store it as text or as whole numbers"
                raise Fault(None, column, cure)


def demand(name: str, type_: str) -> str:
    """What a value of this type must look like, for the person who mends the file."""
    if type_ == "VARCHAR":
        return "is an e-mail address: give the party's own id, never an address"
    if type_.startswith("DECIMAL"):
        scale = type_.rstrip(")").rpartition(",")[2]
        return f"is not a decimal number with a point and at most {scale} places after it"
    demands = {
        "BIGINT": "is not a whole number of at most 64 bits",
        "DOUBLE": "is not a finite number with a decimal point",
        "BOOLEAN": "is neither true nor false",
        "DATE": "is not a date like 2026-06-30",
        "TIMESTAMP": "is not a time like 2026-06-30T12:00:00Z or 2026-06-30",
    }
    return demands[type_]
