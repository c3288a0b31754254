"""An estimator and the worlds it is tried in -> one row for each: cover, width, bias, false positives, what was refused.

The estimator is always the product's own: a model or macro of dbt_project (calibration/product.py) or a function of pipelines/estimates.
"""

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
SEED = 20_120_402
SLOW = 500  # companies where one takes long
PASSED = (0.93, 0.97)
FALSE = 0.07  # share of companies in which a check at 5 % may find what is not there: 5 % and the simulation's own error
WEAK = 0.90  # below it a row says so wherever its interval is shown

# The worlds that are hostile by design, by the names that the marts use as well.
WORLDS = {
    "assumptions": "what the interval supposes holds",
    "ar_6": "neighbouring days go together, autocorrelation .6",
    "heavy_tails": "sizes differ wildly: standard deviation of their logarithm 1.6",
    "clusters_3": "within-cluster correlation .3: people, threads or clients answer alike",
    "hidden_confounder": "something nobody measured moves both the treatment, or the answering, and the outcome",
    "five_treated": "5 treated units",
    "interference": "a part of the effect reaches the units that stand for no effect",
    "auto_responder": "a machine answers everybody at once with one text",
}


@dataclass(frozen=True)
class Draws:
    """What an estimator said in each simulated company, and what was true. An interval that was refused is NaN."""

    value: Vector
    lo: Vector
    hi: Vector
    truth: Vector
    causal: Vector | None = None  # the effect, where the estimand is another
    p_value: Vector | None = None  # where a test decides and not the interval


@dataclass(frozen=True)
class World:
    """`simulate(random, n, planted)` gives n companies; `planted` False: companies in which there is nothing to be found."""

    name: str
    simulate: Callable[[np.random.Generator, int, bool], Draws]
    about: str = ""
    replicates: int | None = None  # where they are fewer than the estimator's
    chunk: int | None = None  # where a company takes more memory
    has_null: bool = True  # whether companies without an effect are drawn as well

    @property
    def description(self) -> str:
        return self.about or WORLDS[self.name]

    @property
    def is_hostile(self) -> bool:
        return self.name != "assumptions"


@dataclass(frozen=True)
class Estimator:
    """`no_effect` is the value that an interval must contain where nothing is planted; None where there is nothing to find falsely.

    `shows` names the published columns (or, after a colon, the indicators) that it makes; `is_check`: a p value alone, without an interval."""

    name: str
    title: str
    estimand: str
    code: str
    worlds: tuple[World, ...]
    replicates: int = 2000
    chunk: int = 500
    no_effect: float | None = 0.0
    note: str = ""
    shows: tuple[str, ...] = ()
    is_check: bool = False
    subject: str = ""  # heading on the page, given by the module


@dataclass(frozen=True)
class Row:
    """One estimator in one world. Shares are of the companies for which an interval was given."""

    estimator: str
    world: str
    replicates: int
    refused_share: float
    cover: float
    cover_error: float
    mean_width: float
    bias: float
    truth: float
    false_positive_rate: float | None
    false_positive_error: float | None
    causal_cover: float | None
    causal_bias: float | None
    found_rate: float | None  # share of the companies with something planted in which it is found at 5 %


def check(p_value: Vector, value: Vector | None = None) -> Draws:
    """What a check says: its p values; and a value of which the mean is shown as bias."""
    nothing = np.full(len(p_value), np.nan)
    return Draws(nothing if value is None else value, nothing, nothing, np.zeros(len(p_value)), p_value=p_value)


def chunks(estimator: Estimator, world: World, planted: bool, replicates: int | None = None) -> list[int]:
    """Sizes of the parts in which companies are drawn; none without an effect where there is nothing to be found falsely."""
    wanted = replicates or world.replicates or estimator.replicates
    if not planted and (estimator.no_effect is None or not world.has_null):
        return []
    size = world.chunk or estimator.chunk
    return [min(size, wanted - start) for start in range(0, wanted, size)]


def draw(estimator: Estimator, world: World, planted: bool, number: int, size: int) -> Draws:
    """One part. It has a seed of its own, so that it does not matter which process draws it, or after what."""
    names = zlib.crc32(f"{estimator.name}|{world.name}|{planted}".encode())
    with np.errstate(all="ignore"):
        return world.simulate(np.random.default_rng([SEED, names, number]), size, planted)


def _share(hits: NDArray[np.bool_]) -> tuple[float, float]:
    """A share and its Monte Carlo error; the error of 0 or 1 is that of one case in the drawn ones."""
    n = len(hits)
    if not n:
        return math.nan, math.nan
    share = float(hits.mean())
    return share, math.sqrt(max(share * (1 - share), (1 - 1 / n) / n) / n)


def _joined(parts: Sequence[Draws], name: str) -> Vector:
    return np.concatenate([np.asarray(getattr(part, name), dtype=np.float64) for part in parts])


def _found(estimator: Estimator, parts: Sequence[Draws]) -> tuple[float | None, float | None]:
    """Share of companies in which something is found at 5 %, with its error."""
    if estimator.no_effect is None or not parts:
        return None, None
    if parts[0].p_value is not None:
        p = _joined(parts, "p_value")
        return _share((p < 0.05)[np.isfinite(p)])
    lo, hi = _joined(parts, "lo"), _joined(parts, "hi")
    return _share(((lo > estimator.no_effect) | (hi < estimator.no_effect))[~(np.isnan(lo) | np.isnan(hi))])


def summarised(estimator: Estimator, world: World, parts: Sequence[Draws], null_parts: Sequence[Draws]) -> Row:
    """`parts` with the effect planted, `null_parts` without."""
    value, lo, hi, truth = (_joined(parts, name) for name in ("value", "lo", "hi", "truth"))
    shown = np.isfinite(_joined(parts, "p_value")) if estimator.is_check else np.isfinite(value) & ~(np.isnan(lo) | np.isnan(hi))
    cover, cover_error = (math.nan, math.nan) if estimator.is_check else _share(((lo <= truth) & (truth <= hi))[shown])
    causal_cover = causal_bias = None
    if parts[0].causal is not None:
        causal = _joined(parts, "causal")
        causal_cover, _ = _share(((lo <= causal) & (causal <= hi))[shown])
        causal_bias = float((value - causal)[shown].mean()) if shown.any() else math.nan
    false_rate, false_error = _found(estimator, null_parts)
    found_rate = _found(estimator, parts)[0] if null_parts else None
    width = (hi - lo)[shown & np.isfinite(hi - lo)]
    return Row(
        estimator=estimator.name,
        world=world.name,
        replicates=len(value),
        refused_share=float(1 - shown.mean()),
        cover=cover,
        cover_error=cover_error,
        mean_width=float(width.mean()) if len(width) else math.nan,
        bias=float(np.nanmean((value - truth)[shown])) if np.isfinite((value - truth)[shown]).any() else math.nan,
        truth=math.nan if estimator.is_check else float(truth.mean()),
        false_positive_rate=false_rate,
        false_positive_error=false_error,
        causal_cover=causal_cover,
        causal_bias=causal_bias,
        found_rate=found_rate,
    )


def row_of(estimator: Estimator, world: World, replicates: int | None = None) -> Row:
    """Draw the companies in this process and count."""
    planted, null = (
        [draw(estimator, world, kind, number, size) for number, size in enumerate(chunks(estimator, world, kind, replicates))]
        for kind in (True, False)
    )
    return summarised(estimator, world, planted, null)
