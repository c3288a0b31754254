"""Seed and keys -> draws: every random value is a hash of what it belongs to, so that a later clock appends and never draws again."""

import zlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
BASE32_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finaliser of splitmix64 (Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


class Chance:
    """Draws of one world; `subject` names what is drawn, `keys` (numbers or equally long arrays) say for which object."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def bits(self, subject: str, *keys: ArrayLike) -> NDArray[np.uint64]:
        """64 random bits for each object."""
        state = _mix(np.asarray([self.seed * 0x1F123BB5 + zlib.crc32(subject.encode())], dtype=np.int64).astype(np.uint64))
        for key in keys:
            state = _mix(state ^ np.atleast_1d(np.asarray(key, dtype=np.int64)).astype(np.uint64))
        return state

    def uniform(self, subject: str, *keys: ArrayLike) -> Floats:
        """Values strictly between 0 and 1."""
        return ((self.bits(subject, *keys) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53

    def normal(self, subject: str, *keys: ArrayLike) -> Floats:
        """Standard normal values (Box and Muller 1958)."""
        radius = np.sqrt(-2.0 * np.log(self.uniform(subject + "|radius", *keys)))
        return radius * np.cos(2.0 * np.pi * self.uniform(subject + "|angle", *keys))

    def poisson(self, subject: str, mean: ArrayLike, *keys: ArrayLike) -> Ints:
        """Counts by inversion; meant for means below a few hundred."""
        u = self.uniform(subject, *keys)
        means = np.broadcast_to(np.asarray(mean, dtype=np.float64), u.shape)
        term = np.exp(-means)
        reached = term.copy()
        counts = np.zeros(u.shape, dtype=np.int64)
        step = 0
        while (open_ := (u > reached) & (step < means * 3 + 60)).any():
            step += 1
            term = term * means / step
            counts[open_] += 1
            reached = reached + term
        return counts

    def pick(self, subject: str, weights: ArrayLike, *keys: ArrayLike) -> Ints:
        """Positions drawn in proportion to `weights`."""
        edges = np.cumsum(np.asarray(weights, dtype=np.float64))
        return np.minimum(np.searchsorted(edges, self.uniform(subject, *keys) * edges[-1], side="right"), len(edges) - 1)

    def pick_among_first(self, subject: str, weights: ArrayLike, lengths: ArrayLike, *keys: ArrayLike) -> Ints:
        """Positions drawn in proportion to `weights` among the first `lengths` of them: those that are there already."""
        edges = np.concatenate([[0.0], np.cumsum(np.asarray(weights, dtype=np.float64))])
        limits = edges[np.asarray(lengths)]
        return np.minimum(np.searchsorted(edges, self.uniform(subject, *keys) * limits, side="right") - 1, len(edges) - 2)

    def id(self, subject: str, key: int, length: int, alphabet: str = BASE62) -> str:
        """An identifier that looks like a vendor's, the same for the same object."""
        letters: list[str] = []
        block = 0
        while len(letters) < length:
            number = int(self.bits(subject, key, block)[0])
            block += 1
            for _ in range(10):
                number, digit = divmod(number, len(alphabet))
                letters.append(alphabet[digit])
        return "".join(letters[:length])

    def ids(self, subject: str, keys: ArrayLike, length: int, alphabet: str = BASE62) -> list[str]:
        """One identifier for each key; like `id`, in bulk."""
        keys = np.atleast_1d(np.asarray(keys, dtype=np.int64))
        blocks = [self.bits(subject, keys, np.full(len(keys), block)).tolist() for block in range(-(-length // 10))]
        size = len(alphabet)
        result = []
        for numbers in zip(*blocks, strict=True):
            letters: list[str] = []
            for number in numbers:
                for _ in range(10):
                    number, digit = divmod(number, size)
                    letters.append(alphabet[digit])
            result.append("".join(letters[:length]))
        return result


def objects(counts: Ints) -> tuple[Ints, Ints]:
    """Counts a group -> (group, slot) of every object: 2, 0, 1 gives (0, 0), (0, 1), (2, 0)."""
    group = np.repeat(np.arange(len(counts)), counts)
    slot = np.arange(len(group)) - np.repeat(np.cumsum(counts) - counts, counts)
    return group, slot


def words(choices: list[str], positions: Any) -> NDArray[np.object_]:
    """Words at positions, as an object array."""
    return np.array(choices, dtype=object)[positions]


def only_where(condition: ArrayLike, values: Any) -> NDArray[np.object_]:
    """Values where the condition holds, None elsewhere."""
    chosen = np.asarray(condition, dtype=bool)
    kept = np.full(chosen.shape, None, dtype=object)
    kept[chosen] = np.broadcast_to(np.asarray(values, dtype=object), chosen.shape)[chosen]
    return kept
