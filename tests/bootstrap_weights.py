"""Customers and replicates -> Poisson weights and limits of t by METRICS section 3, written anew in numpy: what the SQL is held against."""

import hashlib

import numpy as np


def weights(customers: list[str], replicates: int = 499) -> np.ndarray:
    """Poisson(1) at 16 bits of the md5 of seed, block of 8 replicates and customer, written anew from METRICS: replicates x customers."""
    blocks = range((replicates + 7) // 8)
    digests = b"".join(hashlib.md5(f"goodwill|{block}|{customer}".encode()).digest() for customer in customers for block in blocks)
    uniform = np.frombuffer(digests, dtype="<u2").reshape(len(customers), -1)[:, :replicates] / 65536
    terms = np.cumprod([np.exp(-1.0)] + [1 / k for k in range(1, 8)])
    return np.minimum(np.searchsorted(np.cumsum(terms), uniform, side="right"), 7).T


def limits(x: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """The 12th and the 488th of 499 values of t, METRICS section 3."""
    t = np.sort((w @ x - x.sum()) / np.sqrt(w @ x**2))
    rank = (len(t) + 1) // 40
    return t[rank - 1], t[len(t) - rank]
