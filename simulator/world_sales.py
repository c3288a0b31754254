"""People and posts -> visits, deals and orders: each deal and order has one planted cause, a touch of a channel or none."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulator.chance import Chance, Ints, objects, only_where, words
from simulator.distributions import (
    SD_LOG_ORDER,
    deal_cycle_days,
    hour_of_day,
    weekday_factor,
)
from simulator.planted import (
    CHANNELS,
    DEALS_ANYWAY,
    ORDERS_ANYWAY,
    VISITS_BEFORE,
    WIN_RATE,
)
from simulator.stage import NEVER, Stage, Times, later
from simulator.world_people import CRMS, PER_DOLLAR
from simulator.world_posts import campaign_id

SOCIAL_SHARE = {"linkedin": 0.34, "instagram": 0.2, "facebook": 0.16, "bluesky": 0.16, "mastodon": 0.14}
UTM_SOURCE = {"bluesky": "bsky", "mastodon": "mastodon", "linkedin": "linkedin", "instagram": "instagram", "facebook": "facebook"}
PRODUCTS = ["training day", "data import", "label printer", "extra seats", "site audit"]
ORDER_MEDIAN = 840.0  # US dollars
ANYWAY = 9  # where a channel's number would stand: no touch was the cause
KEYS = 1_000_000_000
LOOKING_AROUND = 10  # days
MATOMO_SHOWS_DAYS = 90


@dataclass(frozen=True)
class Sales:
    """What was sold; `client_since` has one time for each company, NaT where it never became a client."""

    touches: pd.DataFrame
    deals: pd.DataFrame
    orders: pd.DataFrame
    client_since: Times


def _existing(companies: pd.DataFrame, day: Ints) -> Ints:
    """How many companies were known before each day; they stand in that order."""
    return np.searchsorted(np.maximum(companies["first_day"].to_numpy(), -1), day, side="left")


def _someone(chance: Chance, persons: pd.DataFrame, companies: pd.DataFrame, account: Ints, when: Times, key: Ints) -> pd.DataFrame:
    """A person of each company who is known by then, else its first."""
    known = persons[~persons["is_double"]].set_index("contact")
    first = companies["key"].to_numpy()[account] * 8
    chosen = first + (chance.uniform("touch.person", key) ** 1.5 * companies["contacts"].to_numpy()[account]).astype(np.int64)
    made = known["created_at"].reindex(chosen).to_numpy()
    return known.loc[np.where(made <= when, chosen, first)].reset_index()


def sales(stage: Stage, companies: pd.DataFrame, persons: pd.DataFrame, brand: pd.DataFrame, without: str | None = None) -> Sales:
    """Draw all visits and what they lead to; `without` leaves out what one channel causes (the counterfactual of truth.py)."""
    chance, days, frames = stage.chance, stage.days, []
    weights = np.where(companies["role"].isin(["client", "prospect"]), np.exp(0.5 * companies["warmth"]), 0.0)
    for number, (channel, (a_day, *_)) in enumerate(CHANNELS.items()):
        trend = np.where((channel == "paid_social") & (days > 0.75 * stage.history_days), 1.3, 1.0)
        day, slot = objects(
            chance.poisson("touches.count", a_day * stage.scale * weekday_factor(stage.weekday(days)) * trend, days, number)
        )
        key = number * KEYS + day * 10_000 + slot
        account = chance.pick_among_first("touches.account", weights, _existing(companies, day), key)
        when = stage.at(day, hour_of_day(chance.uniform("touches.hour", key)))
        frames.append(pd.DataFrame({"key": key, "channel": channel, "account": account, "occurred_at": when}))
    anyway = pd.concat([_anyway(stage, companies, weights, "deal"), _anyway(stage, companies, weights, "order")], ignore_index=True)
    visits = _visits_before(stage, anyway)
    touches = pd.concat([*frames, visits], ignore_index=True)
    caused = pd.concat([*frames], ignore_index=True)
    prospects, clients = (_caused(stage, caused, companies, outcome, without) for outcome in ("deal", "order"))
    candidates = pd.concat([prospects, clients, anyway], ignore_index=True)
    candidates = candidates[candidates["at"] <= stage.clock].reset_index(drop=True)
    person = _someone(
        chance, persons, companies, candidates["account"].to_numpy(), candidates["at"].to_numpy(), candidates["touch"].to_numpy()
    )
    candidates["contact"] = person["contact"].to_numpy()
    deals, since = _deals(stage, companies, candidates[candidates["outcome"] == "deal"])
    orders = _orders(stage, companies, candidates[candidates["outcome"] == "order"])
    touches = touches[touches["occurred_at"] <= stage.clock].reset_index(drop=True)
    deals["source"] = _last_seen(touches, deals)
    return Sales(_dressed(stage, touches, persons, companies, brand), deals, orders, since)


def _anyway(stage: Stage, companies: pd.DataFrame, weights: np.ndarray, outcome: str) -> pd.DataFrame:
    """Purchases that come without any touch as their cause."""
    number, a_day = {"deal": (0, DEALS_ANYWAY * 2.2), "order": (1, ORDERS_ANYWAY * 2.2)}[outcome]
    # who will buy within the next days already looks around now, so those days are drawn too
    days = np.arange(len(stage.days) + LOOKING_AROUND)
    day, slot = objects(stage.chance.poisson("anyway.count", a_day * stage.scale, days, number))
    key = ANYWAY * KEYS + number * KEYS // 2 + day * 1000 + slot
    known = np.maximum(_existing(companies, day - LOOKING_AROUND), 1)
    account = stage.chance.pick_among_first("anyway.account", weights, known, key)
    at = stage.at(day, hour_of_day(stage.chance.uniform("anyway.hour", key)))
    return pd.DataFrame({"touch": key, "outcome": outcome, "cause": "anyway", "account": account, "at": at})


def _visits_before(stage: Stage, anyway: pd.DataFrame) -> pd.DataFrame:
    """Who is about to buy anyway looks us up first: visits by search and direct that cause nothing."""
    row, slot = objects(stage.chance.poisson("visits.count", VISITS_BEFORE, anyway["touch"].to_numpy()))
    purchase = anyway["touch"].to_numpy()[row]
    before = later(anyway["at"].to_numpy()[row], -24 * (LOOKING_AROUND - 1) * stage.chance.uniform("visits.before", purchase, slot))
    key = 10 * KEYS + (purchase - ANYWAY * KEYS) * 20 + slot
    channel = words(["organic_search", "direct"], stage.chance.pick("visits.channel", [0.6, 0.4], key))
    frame = pd.DataFrame({"key": key, "channel": channel, "account": anyway["account"].to_numpy()[row], "occurred_at": before})
    return frame[(frame["occurred_at"] >= stage.start)]


def _caused(stage: Stage, touches: pd.DataFrame, companies: pd.DataFrame, outcome: str, without: str | None) -> pd.DataFrame:
    """Touches that lead to a deal or order some days later, if the company is in a state to make one."""
    number, mean_days, most = {"deal": (1, 6.0, 28.0), "order": (2, 3.0, 25.0)}[outcome]
    key = touches["key"].to_numpy()
    rate = touches["channel"].map({channel: rates[number] for channel, rates in CHANNELS.items()}).to_numpy()
    frame = touches[(stage.chance.uniform("caused." + outcome, key) < rate) & (touches["channel"] != without).to_numpy()]
    lag = np.minimum(-mean_days * np.log(stage.chance.uniform("caused.lag." + outcome, frame["key"].to_numpy())), most)
    return pd.DataFrame(
        {
            "touch": frame["key"].to_numpy(),
            "outcome": outcome,
            "cause": frame["channel"].to_numpy(),
            "account": frame["account"].to_numpy(),
            "at": later(frame["occurred_at"].to_numpy(), 24 * lag),
        }
    )


def _deals(stage: Stage, companies: pd.DataFrame, candidates: pd.DataFrame) -> tuple[pd.DataFrame, Times]:
    """A company has one open deal at a time and none once it is a client; the rest of the candidates comes to nothing."""
    candidates = candidates.sort_values(["at", "touch"])
    key = candidates["touch"].to_numpy()
    created = candidates["at"].to_numpy().astype("datetime64[s]")
    ends = later(created, 24 * deal_cycle_days(stage.chance.uniform("deals.cycle", key)))
    wins = stage.chance.uniform("deals.won", key) < WIN_RATE
    since = np.where(companies["role"] == "client", companies["created_at"].to_numpy().astype("datetime64[s]"), NEVER)
    is_prospect = (companies["role"] == "prospect").to_numpy()
    busy: dict[int, np.datetime64] = {}
    kept = []
    for row, account in enumerate(candidates["account"].tolist()):
        if not is_prospect[account] or not np.isnat(since[account]) or (account in busy and created[row] < busy[account]):
            continue
        busy[account] = ends[row]
        if wins[row]:
            since[account] = ends[row]
        kept.append(row)
    frame = candidates.iloc[kept].reset_index(drop=True)
    monthly = companies["monthly"].to_numpy()[frame["account"]]
    frame["closed_at"], frame["is_won"] = ends[kept], wins[kept]
    frame["amount"] = np.rint(monthly * (12 + onboarding(stage, frame["account"].to_numpy(), companies)))
    return frame.rename(columns={"at": "created_at"}), stage.known(since)


def _last_seen(touches: pd.DataFrame, deals: pd.DataFrame) -> pd.Series:
    """Channel by which each company came last before its deal: what a CRM sees, whatever the cause was."""
    seen = touches.sort_values(["occurred_at", "key"])[["occurred_at", "account", "channel"]]
    found = pd.merge_asof(deals[["created_at", "account"]], seen, left_on="created_at", right_on="occurred_at", by="account")
    return found["channel"]


def onboarding(stage: Stage, account: Ints, companies: pd.DataFrame) -> np.ndarray:
    """What a new client pays once, in months of its subscription."""
    return 1.0 + 2.0 * stage.chance.uniform("onboarding", companies["key"].to_numpy()[account])


def _orders(stage: Stage, companies: pd.DataFrame, candidates: pd.DataFrame) -> pd.DataFrame:
    """One-off purchases of whoever is a client at the time (world_clients.py cuts those before and after)."""
    key = candidates["touch"].to_numpy()
    dollars = ORDER_MEDIAN * np.exp(SD_LOG_ORDER * stage.chance.normal("orders.amount", key))
    per_dollar = companies["currency"].map(PER_DOLLAR).to_numpy()[candidates["account"]]
    frame = candidates.rename(columns={"at": "created_at"}).reset_index(drop=True)
    frame["amount"] = np.rint(dollars * per_dollar)
    frame["product"] = words(PRODUCTS, stage.chance.pick("orders.product", [0.3, 0.2, 0.2, 0.2, 0.1], key))
    return frame


def _dressed(stage: Stage, touches: pd.DataFrame, persons: pd.DataFrame, companies: pd.DataFrame, brand: pd.DataFrame) -> pd.DataFrame:
    """What a web log knows of a touch: marks in the address, the referring page, the post that was clicked."""
    touches = touches.sort_values(["occurred_at", "key"], ignore_index=True)
    key, when = touches["key"].to_numpy(), touches["occurred_at"].to_numpy().astype("datetime64[s]")
    chance, channel = stage.chance, touches["channel"].to_numpy()
    person = _someone(chance, persons, companies, touches["account"].to_numpy(), when, key)
    touches["person_email"] = person["email"].to_numpy()
    is_logged = chance.uniform("touches.logged", key) < 0.4
    touches["account_id"] = only_where(is_logged, companies["account_id"].to_numpy()[touches["account"]])
    organic, paid, creator, mail = (channel == name for name in ("organic_social", "paid_social", "influencer", "email"))
    platform = words(list(SOCIAL_SHARE), chance.pick("touches.platform", list(SOCIAL_SHARE.values()), key))
    advert = words(["facebook", "linkedin"], chance.pick("touches.advert", [0.6, 0.4], key))
    untagged = chance.uniform("touches.untagged", key) < 0.06
    source = np.where(organic, words_of(UTM_SOURCE, platform), np.where(paid, advert, np.where(creator, "instagram", "newsletter")))
    medium = np.where(organic, "social", np.where(paid, "paid_social", np.where(creator, "influencer", "email")))
    marked = (organic | paid | creator | mail) & ~untagged
    touches["utm_source"] = only_where(marked, source)
    touches["utm_medium"] = only_where(marked, medium)
    ads = np.where(advert == "facebook", campaign_id("feed-ads", when), campaign_id("sponsored", when))
    campaign = np.where(paid, ads, np.where(creator, campaign_id("creators", when), campaign_id("newsletter", when)))
    touches["utm_campaign"] = only_where(marked & ~organic, campaign)
    touches["campaign_id"] = only_where(marked & ~organic, campaign)
    pages = {"bluesky": "https://bsky.app/", "mastodon": "https://mastodon.example/", "linkedin": "https://www.linkedin.com/"}
    pages |= {"instagram": "https://l.instagram.com/", "facebook": "https://l.facebook.com/"}
    referrer = np.where(organic, words_of(pages, platform), only_where(paid, words_of(pages, advert)))
    touches["referrer"] = np.where(channel == "organic_search", "https://www.google.com/", referrer)
    touches["platform"] = only_where(organic & marked, platform)
    touches["post_id"] = only_where(organic & marked, _clicked_post(stage, brand, platform, when, key))
    engagement = organic & (chance.uniform("touches.kind", key) < 0.25)
    touches["kind"] = np.where(engagement, "engagement", np.where(organic | paid | creator | mail, "click", "visit"))
    # a key tells what a touch will lead to, so the log shows a hash of it
    touches["touch_id"] = [f"t{number:016x}" for number in chance.bits("touches.id", key).tolist()]
    return touches


def is_answered_campaign(touches: pd.DataFrame, companies: pd.DataFrame) -> "pd.Series[bool]":
    """The first click of a person on a link of each newsletter, where the person's company is in Salesforce, which tells of it."""
    crm = companies["crm"].to_numpy()[touches["account"]]
    told = (touches["channel"] == "email") & touches["campaign_id"].notna() & (crm == CRMS[1])
    return told & ~touches[told].duplicated(["campaign_id", "person_email"]).reindex(touches.index, fill_value=False)


def is_in_matomo(stage: Stage, touches: pd.DataFrame) -> "pd.Series[bool]":
    """Visits of the web site in the last 90 days before the first clock or later; the log of older ones, and of clicks on posts, is a file."""
    since = stage.at(stage.history_days - MATOMO_SHOWS_DAYS, 0.0)
    return (touches["occurred_at"] >= since) & touches["post_id"].isna() & (touches["kind"] != "engagement")


def words_of(mapping: dict[str, str], names: np.ndarray) -> np.ndarray:
    return np.array([mapping[name] for name in names.tolist()], dtype=object)


def _clicked_post(stage: Stage, brand: pd.DataFrame, platform: np.ndarray, when: Times, key: Ints) -> np.ndarray:
    """One of the last ten posts of the platform."""
    clicked = np.full(len(when), None, dtype=object)
    for name in SOCIAL_SHARE:
        mine = brand[brand["platform"] == name]
        chosen = platform == name
        before = np.searchsorted(mine["posted_at"].to_numpy(), when[chosen])
        row = before - 1 - (10 * stage.chance.uniform("touches.post", key[chosen]) ** 2).astype(np.int64)
        clicked[chosen] = only_where((row >= 0) & (before > 0), mine["post_id"].to_numpy()[np.maximum(row, 0)] if len(mine) else None)
    return clicked
