"""Words -> their mood: VADER's compound score (Hutto and Gilbert 2014), worked out where the words are at hand, for English alone."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

import duckdb
import pyarrow as pa
from duckdb.func import ARROW, SPECIAL

from pipelines.raw import RawTable

# VADER is made for sentences; its treatment of "but" takes the square of the number of words.
LONGEST = 5000
# A source that names no language: English unless another one is this likely. Short English texts stay below .15, whole German sentences above .9.
OTHER_LANGUAGE = 0.3


@cache
def _analyzer() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def is_english(text: str, language: str | None) -> bool:
    """By the language that the source names (BCP 47), else by the words."""
    if language:
        return language.lower().replace("_", "-").split("-")[0] in ("en", "eng")
    found, probability = _identifier().classify(text)
    return found == "en" or probability < OTHER_LANGUAGE


@lru_cache(maxsize=50_000)
def score(text: str | None, language: str | None) -> float | None:
    """Compound score in [-1, 1]; None without words and for other languages: they are not scored, which is no neutral mood."""
    words = (text or "")[:LONGEST]
    if not words.strip() or not is_english(words, language):
        return None
    return float(_analyzer().polarity_scores(words)["compound"])


def scored(table: RawTable, rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Rows of a table with a column `sentiment`, each with the score of its `text` unless one is given or the company wrote it.

    Where the table has no column for the words, they are scored and left out: the score and the language stay.
    """
    keeps_words = "text" in table.columns
    for row in rows:
        if row.get("sentiment") is None and not row.get("is_brand"):
            row = {**row, "sentiment": score(row.get("text"), row.get("language"))}
        yield row if keeps_words else {name: value for name, value in row.items() if name != "text"}


def add_to(connection: duckdb.DuckDBPyConnection) -> None:
    """`sentiment_of(text, language)` in SQL."""

    def scores(texts: pa.ChunkedArray, languages: pa.ChunkedArray) -> pa.Array:
        pairs = zip(texts.to_pylist(), languages.to_pylist(), strict=True)
        return pa.array([score(text, language) for text, language in pairs], pa.float64())

    connection.create_function("sentiment_of", scores, ["varchar", "varchar"], "double", type=ARROW, null_handling=SPECIAL)
