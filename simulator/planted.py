"""What is true in the demo company, and only there: the numbers that marts are scored against. Never served, never in the inbox."""

import numpy as np

from simulator.distributions import ANSWER_MEDIAN_MINUTES, SD_LOG_ANSWER

# Channel -> (touches a day at 400 companies, probability that a touch of a prospect opens a deal, that a touch of a client brings an order).
# Search and direct bring next to nothing themselves: who is about to buy anyway comes that way, so attribution credits them too much.
CHANNELS = {
    "organic_social": (24.0, 0.022, 0.035),
    "paid_social": (13.0, 0.013, 0.020),
    "influencer": (4.0, 0.018, 0.020),
    "email": (9.0, 0.010, 0.055),
    "organic_search": (7.0, 0.001, 0.002),
    "direct": (6.0, 0.0, 0.0),
}
DEALS_ANYWAY = 0.42  # a day at 400 companies, without any touch as cause
ORDERS_ANYWAY = 0.95
VISITS_BEFORE = 2.2  # visits by search or direct that announce a purchase which comes anyway
WIN_RATE = 0.45

# Retention: monthly hazard of leaving, and what being answered does to it.
LEAVING_A_MONTH = 0.016
HAZARD_IF_ANSWERED = 0.55  # every conversation of the last 90 days answered within 24 hours
HAZARD_IF_NOT = 1.9
HAZARD_BY_WARMTH = -0.5  # log hazard for one standard deviation: the confounder

# Response behaviour: (platform, audience) -> share of messages to the brand that is answered at all; medians of the time it takes.
ANSWERED = {
    ("bluesky", "clients"): 0.74,
    ("bluesky", "public"): 0.46,
    ("mastodon", "clients"): 0.78,
    ("mastodon", "public"): 0.52,
    ("facebook", "clients"): 0.66,
    ("facebook", "public"): 0.40,
    ("instagram", "clients"): 0.60,
    ("instagram", "public"): 0.34,
    ("x", "clients"): 0.58,
    ("x", "public"): 0.36,
    ("youtube", "clients"): 0.62,
    ("youtube", "public"): 0.38,
    ("desk", "clients"): 0.95,
    ("email", "suppliers"): 0.72,
}
NO_ANSWER_AFTER_MINUTES = 30 * 24 * 60
PLATFORM_FACTOR = {"bluesky": 0.8, "mastodon": 1.0, "facebook": 1.3, "instagram": 1.6, "x": 0.9, "youtube": 1.8, "desk": 0.6, "email": 3.0}
AUDIENCE_FACTOR = {"clients": 0.8, "public": 1.1, "suppliers": 1.0}
COMPLAINS = 0.25  # share of cases that begin with a complaint
COMPLAINS_AFTER_NEGLECT = 0.6  # where the client's last case was not answered within 24 hours
LOUDER_FROM = np.datetime64("2026-04-01", "s")  # from then on the brand posts a third more and answers the public less
POSTS_WHEN_LOUDER = 1.35
PUBLIC_ANSWERED_WHEN_LOUDER = 0.62  # times the share above

# The geo test: what the treatment adds.
EXPERIMENT_REVENUE_LIFT = 0.08
EXPERIMENT_MENTIONS_LIFT = 0.12


def answer_median_minutes(platform: str, audience: str) -> float:
    """Median time to an answer, where one comes."""
    return ANSWER_MEDIAN_MINUTES * PLATFORM_FACTOR[platform] * AUDIENCE_FACTOR[audience]


ANSWER_SD_LOG = SD_LOG_ANSWER
