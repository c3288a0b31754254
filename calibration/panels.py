"""Units by days with a known effect, for tests of every design."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from calibration.study import Vector


def autoregressive(random: np.random.Generator, shape: tuple[int, ...], rho: float) -> Vector:
    """Unit variance along the last axis, neighbours correlated by rho, begun long before."""
    innovations = random.normal(size=(*shape[:-1], shape[-1] + 100)) * np.sqrt(1 - rho**2)
    return np.asarray(lfilter([1.0], [1.0, -rho], innovations, axis=-1)[..., 100:])


@dataclass(frozen=True)
class Market:
    """What the units of a test live in. Sizes are lognormal; days move all units by `shared`, each unit by `own` (shares of its size);
    units of one region share `cluster` of their own moves; `trend`: growth over the test that the treated have anyway, the hidden
    confounder; `spillover`: the part of the effect that reaches the others."""

    treated: int = 20
    control: int = 20
    before: int = 28
    test: int = 28
    spread: float = 0.6
    shared: float = 0.05
    own: float = 0.15
    rho: float = 0.2
    cluster: float = 0.0
    trend: float = 0.0
    spillover: float = 0.0
    region: int = 5

    @property
    def days(self) -> int:
        return self.before + self.test

    @property
    def is_treated(self) -> NDArray[np.bool_]:
        return np.arange(self.treated + self.control) < self.treated

    def draw(self, random: np.random.Generator, lift: float, drift: float = 0.0) -> tuple[Vector, Vector]:
        """Values (units, days), and sizes (units). `lift` is the effect as a share of the size; `drift`: sd over the period of the
        steady growth of a unit."""
        n = self.treated + self.control
        size = 100 * np.exp(self.spread * random.normal(size=n) - self.spread**2 / 2)
        order = random.permutation(n)  # regions are mixed among the arms
        regions = autoregressive(random, (-(-n // self.region), self.days), self.rho)[order // self.region]
        own = np.sqrt(self.cluster) * regions + np.sqrt(1 - self.cluster) * autoregressive(random, (n, self.days), self.rho)
        move = self.shared * autoregressive(random, (1, self.days), self.rho) + self.own * own
        move = move + drift * random.normal(size=(n, 1)) * (np.arange(self.days) / self.days - 0.5)
        in_test = np.arange(self.days) >= self.before
        gain = np.where(self.is_treated, lift + self.trend, lift * self.spillover)[:, None] * in_test
        return size[:, None] * np.maximum(1 + move, 0.01) * (1 + gain), size
