"""One number per unit and the draw of a test -> the share of other draws that would have shown as much."""

import math
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

DRAWS = 9_999
SEED = 20_120_402
LARGE = 2_000  # units from which on the t of the difference and its permutation p agree to the digits shown
CELLS = 4_000_000  # of one chunk of draws: 32 MB


def _all_draws(is_treated: NDArray[np.bool_], starts: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """Every assignment with as many treated units in each block, a row each; None where they are more than `DRAWS`. Blocks lie together."""
    blocks = [(start, len(part), int(part.sum())) for start, part in zip(starts, np.split(is_treated, starts[1:]), strict=True)]
    count = math.prod(math.comb(size, treated) for _, size, treated in blocks)
    if count > DRAWS:
        return None
    masks = np.zeros((count, len(is_treated)), dtype=np.bool_)
    for row, chosen in enumerate(product(*(combinations(range(start, start + size), treated) for start, size, treated in blocks))):
        masks[row, [unit for part in chosen for unit in part]] = True
    return masks


def permutation_p(
    y: NDArray[np.float64], is_treated: NDArray[np.bool_], block: NDArray[np.int64], weight: NDArray[np.float64], tails: int
) -> tuple[float | None, str]:
    """The p value of the difference of (weighted) means over all assignments that keep the blocks, or over 9,999 seeded ones, which
    count the one that was made (Phipson and Smyth 2010). Two-sided by absolute difference; one-sided for more. With how it was got;
    None for so many units that the t does as well. Arrays per unit."""
    # a block without one of the arms has one assignment, and tells nothing
    both = np.isin(block, np.intersect1d(block[is_treated], block[~is_treated]))
    y, is_treated, block, weight = y[both], is_treated[both], block[both], weight[both]
    if len(y) > LARGE:
        return None, "p of t"
    order = np.argsort(block, kind="stable")
    y, is_treated, block, weight = y[order], is_treated[order], block[order], weight[order]
    starts = np.flatnonzero(np.r_[True, block[1:] != block[:-1]])
    share = np.add.reduceat(weight, starts) * np.add.reduceat(is_treated.astype(np.float64), starts) / np.diff(np.r_[starts, len(y)])
    share /= share.sum()

    def differences(masks: NDArray[np.bool_]) -> NDArray[np.float64]:
        treated = np.add.reduceat(masks * weight, starts, axis=1)
        sums = np.add.reduceat(masks * (weight * y), starts, axis=1)
        all_weight, all_sums = np.add.reduceat(weight, starts), np.add.reduceat(weight * y, starts)
        return np.asarray((sums / treated - (all_sums - sums) / (all_weight - treated)) @ share)

    made = float(differences(is_treated[None, :])[0])
    least = 1e-9 * (abs(made) + float(np.abs(y).max()))  # two draws that differ by rounding alone are as extreme

    def as_extreme(masks: NDArray[np.bool_]) -> int:
        drawn = differences(masks)
        return int(((np.abs(drawn) >= abs(made) - least) if tails == 2 else (drawn >= made - least)).sum())

    masks = _all_draws(is_treated, starts)
    if masks is not None:
        return as_extreme(masks) / len(masks), f"p over all {len(masks)} assignments"
    random, extreme, chunk = np.random.default_rng(SEED), 0, max(1, CELLS // len(y))
    for first in range(0, DRAWS, chunk):
        # sorting by block and chance shuffles the units within each block
        places = np.argsort(block + random.random((min(chunk, DRAWS - first), len(y))), axis=1)
        masks = np.zeros(places.shape, dtype=np.bool_)
        np.put_along_axis(masks, places, np.broadcast_to(is_treated, places.shape), axis=1)
        extreme += as_extreme(masks)
    return (extreme + 1) / (DRAWS + 1), f"p over {DRAWS:,} seeded assignments"
