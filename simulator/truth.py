"""World -> the planted truth: what each channel, each answer and the geo test really did, to hold the marts' figures against.

Nothing in here is served by an API or written into the inbox. An effect is the difference between the world and the same
world, with the same chance, in which one cause is taken away.
"""

from dataclasses import dataclass
from math import erf, exp, log, sqrt

import numpy as np
import pandas as pd

from simulator import world_clients, world_money, world_sales
from simulator.planted import (
    ANSWER_SD_LOG,
    ANSWERED,
    CHANNELS,
    COMPLAINS,
    COMPLAINS_AFTER_NEGLECT,
    EXPERIMENT_MENTIONS_LIFT,
    EXPERIMENT_REVENUE_LIFT,
    NO_ANSWER_AFTER_MINUTES,
    PUBLIC_ANSWERED_WHEN_LOUDER,
    answer_median_minutes,
)
from simulator.world import World

REASONS_OF_SALES = ("subscription_create", "manual")  # invoices that begin something; the others repeat or change it


@dataclass(frozen=True)
class ChannelEffect:
    """What a channel caused in the window: sales (new clients and orders) and their amount in US dollars, tax included."""

    touches: int
    sales: int
    revenue: float


@dataclass(frozen=True)
class ResponseBehaviour:
    """Share of messages answered within 60 minutes and 24 hours, and ever; median minutes over all messages, NaN where most get no answer."""

    within_60_minutes: float
    within_24_hours: float
    answered: float
    median_minutes: float


@dataclass(frozen=True)
class Truth:
    channels: dict[str, ChannelEffect]
    sales: int
    revenue: float
    retention_if_answered: float  # probability to stay 180 days, mean over clients, every case answered within 24 hours
    retention_if_not: float
    response: dict[tuple[str, str], ResponseBehaviour]
    public_response_when_louder: dict[str, ResponseBehaviour]  # of the public by platform, from planted.LOUDER_FROM on
    two_way_ratio: pd.DataFrame  # month, platform, posts, replies, ratio
    complaints_after_neglect: float  # more of the cases begin with a complaint where the client's last one was left waiting for a day
    experiment_revenue_lift: float
    experiment_mentions_lift: float

    @property
    def retention_effect(self) -> float:
        return self.retention_if_answered - self.retention_if_not


def truth(world: World, months: int = 12) -> Truth:
    """The truth over the last `months` up to the world's clock (all that is not about sales does not depend on the window)."""
    since = world.stage.clock - np.timedelta64(round(months * 30.4375), "D")
    sales, revenue = _sold(world, world.invoices, since)
    channels = {}
    for channel in CHANNELS:
        other_sales, other_revenue = _sold(world, _invoices_without(world, channel), since)
        mine = world.touches[(world.touches["channel"] == channel) & (world.touches["occurred_at"] >= since)]
        channels[channel] = ChannelEffect(len(mine), sales - other_sales, revenue - other_revenue)
    stay, leave = _retention(world)
    return Truth(
        channels=channels,
        sales=sales,
        revenue=revenue,
        retention_if_answered=stay,
        retention_if_not=leave,
        response={pair: response(*pair) for pair in ANSWERED},
        public_response_when_louder={
            platform: response(platform, audience, PUBLIC_ANSWERED_WHEN_LOUDER) for platform, audience in ANSWERED if audience == "public"
        },
        two_way_ratio=two_way_ratio(world),
        complaints_after_neglect=COMPLAINS_AFTER_NEGLECT - COMPLAINS,
        experiment_revenue_lift=EXPERIMENT_REVENUE_LIFT,
        experiment_mentions_lift=EXPERIMENT_MENTIONS_LIFT,
    )


def _sold(world: World, bills: pd.DataFrame, since: np.datetime64) -> tuple[int, float]:
    """(number, US dollars) of invoices of sales since a time."""
    frame = bills[bills["reason"].isin(REASONS_OF_SALES) & (bills["created_at"] >= since)]
    rates = world.rates.set_index(["date", "currency"])["rate_to_reporting"].to_dict()
    days = frame["created_at"].dt.floor("D")
    dollars = [
        total * (1.0 if currency == "USD" else rates[day, currency])
        for total, currency, day in zip(frame["total"], frame["currency"], days, strict=True)
    ]
    return len(frame), float(np.sum(dollars))


def _invoices_without(world: World, channel: str) -> pd.DataFrame:
    """Invoices of the same world had the channel caused nothing."""
    stage, staff = world.stage, world.staff
    sold = world_sales.sales(stage, world.accounts, world.contacts, world.posts, without=channel)
    crew = staff[(staff["team"] == "support") & staff["left_at"].isna() & (staff["started_at"] < stage.start)]
    served = world_clients.clients(stage, world.accounts, world.contacts, crew, sold.client_since)
    periods = world_money.subscriptions(stage, world.accounts, sold.client_since, served.left_at)
    return world_money.invoices(stage, world.accounts, periods, sold, served.left_at)


def _retention(world: World) -> tuple[float, float]:
    """Probability that a client of today stays six months if its cases are answered within a day, and if they are not."""
    companies = world.accounts
    active = companies[companies["client_since"].notna() & companies["left_at"].isna()]
    warmth = active["warmth"].to_numpy()
    stays = [float(((1 - world_clients.monthly_hazard(warmth, np.full(len(warmth), side))) ** 6).mean()) for side in (1, -1)]
    return stays[0], stays[1]


def response(platform: str, audience: str, share: float = 1.0) -> ResponseBehaviour:
    """Planted behaviour in closed form; an answer that would take more than a month is none."""
    answered, median = ANSWERED[platform, audience] * share, answer_median_minutes(platform, audience)

    def within(minutes: float) -> float:
        return answered * 0.5 * (1 + erf(log(minutes / median) / ANSWER_SD_LOG / sqrt(2)))

    ever = within(NO_ANSWER_AFTER_MINUTES)
    low, high = 1e-3, float(NO_ANSWER_AFTER_MINUTES)
    for _ in range(80):
        middle = exp((log(low) + log(high)) / 2)
        low, high = (middle, high) if within(middle) < 0.5 else (low, middle)
    return ResponseBehaviour(within(60), within(24 * 60), ever, low if ever > 0.5 else float("nan"))


def two_way_ratio(world: World) -> pd.DataFrame:
    """Brand answers over brand posts and answers, by month and platform; what was said in one wording to everybody is left out."""
    posts = world.posts[world.posts["platform"].isin(world.talk["platform"].unique())]
    replies = world.talk[world.talk["is_brand"] & ~world.talk["is_canned"]]
    counts = pd.DataFrame(
        {
            "posts": posts.groupby([posts["posted_at"].dt.strftime("%Y-%m"), "platform"]).size(),
            "replies": replies.groupby([replies["occurred_at"].dt.strftime("%Y-%m"), "platform"]).size(),
        }
    )
    counts = counts.fillna(0).astype(int).rename_axis(["month", "platform"]).reset_index()
    return counts.assign(ratio=counts["replies"] / (counts["posts"] + counts["replies"]))
