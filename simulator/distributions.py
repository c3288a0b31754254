"""Published measurements -> figures: how engagement, growth, orders, deals, answers and office messages are distributed in real data.

Every figure names the data it was measured on; what is assumed because nothing was measured says so.
"""

import numpy as np
from numpy.typing import ArrayLike

from simulator.chance import Floats

# 233,248 posts of Facebook news pages (2012-2016), within a page: spread of reactions, and how comments and shares go with them.
SD_LOG_REACTIONS = 1.267
CORRELATION_COMMENTS = 0.762
CORRELATION_SHARES = 0.746
COMMENTS_TO_REACTIONS = 0.0535
SHARES_TO_REACTIONS = 0.0892
POST_KINDS = {"link": 0.6319, "video": 0.1816, "photo": 0.1754, "text": 0.0111}
_NIGHT = (0.0233, 0.0198, 0.0175, 0.0171, 0.0185, 0.0216, 0.0270, 0.0352, 0.0448, 0.0514, 0.0558, 0.0570)
_DAY = (0.0583, 0.0595, 0.0588, 0.0583, 0.0589, 0.0550, 0.0516, 0.0504, 0.0478, 0.0441, 0.0380, 0.0303)
HOUR_SHARE = np.array([*_NIGHT, *_DAY])  # midnight first
WEEKDAY_SHARE = np.array([0.1490, 0.1536, 0.1640, 0.1629, 0.1464, 0.1100, 0.1142])  # Monday first

# Growth of a post: News Popularity in Multiple Social Media Platforms (2018), Facebook, items with at least 10 at 48 hours.
# What comes after 48 hours was not measured there: 8 % over the following three months is assumed.
GROWTH_HOURS = np.array([2.0, 4.0, 8.0, 12.0, 24.0, 36.0, 48.0])
GROWTH_SHARE = np.array([0.0, 0.024, 0.198, 0.41, 0.775, 0.938, 1.0])
SHARE_AT_48_HOURS = 0.92
TAIL_HOURS = np.array([168.0, 720.0, 2160.0])
TAIL_SHARE = np.array([0.965, 0.99, 1.0])

# CDNOW (1997-1998): value of an order. Maven CRM: days from the opening of a deal to its end, quantiles 0, 10, 50, 90, 100 %.
SD_LOG_ORDER = 0.734
DEAL_CYCLE_QUANTILES = ((0.0, 0.1, 0.5, 0.9, 1.0), (1.0, 4.0, 45.0, 104.0, 138.0))

# Customer support on Twitter, 1,025 conversations of 25 companies (2018-2020): first response, median 124.69 and P90 3,334.6 minutes;
# a log-normal through both gives 39 % within 60 minutes and 83 % within 24 hours (measured: 42.5 and 82.5).
ANSWER_MEDIAN_MINUTES = 124.69
SD_LOG_ANSWER = float(np.log(3334.6 / 124.69) / 1.2815515655446004)

# Enron e-mail: how unequally employees write, and when. A log-normal of this spread has the measured Gini coefficient of 0.726.
SD_LOG_MESSAGES_SENT = 1.546
OFFICE_WEEKDAY_SHARE = np.array([0.1882, 0.2096, 0.2123, 0.1789, 0.1720, 0.0128, 0.0262])
OFFICE_SHARE_8_TO_18 = 0.692

_HOURS = np.concatenate([GROWTH_HOURS, TAIL_HOURS])
_SHARES = np.concatenate([GROWTH_SHARE * SHARE_AT_48_HOURS, TAIL_SHARE])
_OFFICE_HOUR_SHARE = np.where((np.arange(24) >= 8) & (np.arange(24) < 18), OFFICE_SHARE_8_TO_18 / 10, (1 - OFFICE_SHARE_8_TO_18) / 14)


def growth_share(hours: Floats) -> Floats:
    """Share of its final engagement that a post has after `hours`."""
    return np.interp(hours, _HOURS, _SHARES)


def growth_hours(u: Floats) -> Floats:
    """Uniform values -> hours after publication at which an engagement happens (inverse of growth_share)."""
    return np.interp(u, _SHARES, _HOURS)


def hour_of_day(u: ArrayLike, share: Floats = HOUR_SHARE) -> Floats:
    """Uniform values -> hour of the day as a fraction, by a profile of 24 shares."""
    edges = np.concatenate([[0.0], np.cumsum(share)])
    return np.interp(np.asarray(u) * edges[-1], edges, np.arange(25.0))


def office_hour(u: ArrayLike) -> Floats:
    """Uniform values -> hour of the day at which employees write."""
    return hour_of_day(u, _OFFICE_HOUR_SHARE)


def weekday_factor(weekday: ArrayLike, share: Floats = WEEKDAY_SHARE) -> Floats:
    """Weekday (Monday = 0) -> how much more than an average day."""
    return share[np.asarray(weekday)] * 7 / share.sum()


def spread_beside(correlation: float, sd_log: float = SD_LOG_REACTIONS) -> float:
    """Sd of the log of a ratio to reactions so that both logs correlate by `correlation`."""
    return float(sd_log * np.sqrt(1 / correlation**2 - 1))


def deal_cycle_days(u: Floats) -> Floats:
    """Uniform values -> days from the opening of a deal to its end."""
    return np.interp(u, *DEAL_CYCLE_QUANTILES)
