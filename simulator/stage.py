"""Seed, clock and size -> the stage on which a world is drawn: its days, its present moment and its chance."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.chance import Chance, Ints

FIRST_CLOCK = datetime(2026, 6, 30, 12)
DAYS = 546
ACCOUNTS = 400
SEED = 7

Times = NDArray[np.datetime64]
NEVER = np.datetime64("NaT", "s")


@dataclass(frozen=True)
class Stage:
    """Days are numbered from the first of the history; `now` is SIM_NOW, UTC and naive. A later `now` adds days at the end."""

    seed: int
    now: datetime
    history_days: int
    accounts: int

    @cached_property
    def chance(self) -> Chance:
        return Chance(self.seed)

    @cached_property
    def start(self) -> np.datetime64:
        """First day: so many days before the demo's first clock, whatever the clock is now."""
        return np.datetime64(FIRST_CLOCK.date(), "D") - self.history_days

    @cached_property
    def clock(self) -> np.datetime64:
        return np.datetime64(self.now, "s")

    @cached_property
    def days(self) -> Ints:
        """Numbers of all days up to today, today included; what of today has not happened yet is cut off at the end."""
        return np.arange((np.datetime64(self.now.date(), "D") - self.start).astype(int) + 1)

    @property
    def scale(self) -> float:
        """Size beside the company that every rate is stated for; a tiny world keeps some traffic, so that no table of it is empty."""
        return max(self.accounts / ACCOUNTS, 0.15)

    def weekday(self, day: ArrayLike) -> Ints:
        """Monday = 0."""
        return (np.asarray(day) + (self.start.astype("datetime64[D]").astype(int) + 3)) % 7

    def at(self, day: ArrayLike, hour: ArrayLike) -> Times:
        """Day number and hour as a fraction -> time, to the second."""
        seconds = np.rint(np.asarray(hour, dtype=np.float64) * 3600).astype(np.int64)
        return self.start.astype("datetime64[s]") + (np.asarray(day, dtype=np.int64) * 86400 + seconds).astype("timedelta64[s]")

    def day_of(self, times: Any) -> Ints:
        return (np.asarray(times, dtype="datetime64[s]").astype("datetime64[D]") - self.start).astype(np.int64)

    def is_eventful(self, day: ArrayLike) -> NDArray[np.bool_]:
        """Days after the first clock: each brings a deletion, a refund, a merged contact and a reopened case, so that a new day is seen."""
        return np.asarray(day) > self.history_days

    def has_happened(self, times: Any) -> NDArray[np.bool_]:
        return np.asarray(times, dtype="datetime64[s]") <= self.clock

    def known(self, times: Any) -> Times:
        """Times still to come -> NaT."""
        times = np.asarray(times, dtype="datetime64[s]")
        return np.where(times <= self.clock, times, NEVER)


def later(times: Any, hours: ArrayLike) -> Times:
    """Times moved by hours, to the second."""
    return np.asarray(times, dtype="datetime64[s]") + np.rint(np.asarray(hours, dtype=np.float64) * 3600).astype("timedelta64[s]")
