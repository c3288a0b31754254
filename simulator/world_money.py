"""Companies, deals and orders -> money: subscriptions, invoices with their payments, refunds, what advertising and social work cost, rates."""

from typing import Any

import numpy as np
import pandas as pd

from simulator.chance import Ints, objects
from simulator.stage import NEVER, Stage, Times, later
from simulator.world_people import OLDEST_CLIENT
from simulator.world_posts import campaign_of
from simulator.world_sales import Sales, onboarding

PLANS = {"workshop": "starter", "factory": "team", "group": "company"}
TAX = {"USD": 0.0, "EUR": 0.2, "GBP": 0.2, "JPY": 0.1}
ZERO_DECIMAL = frozenset({"JPY"})  # Stripe's amounts are in the smallest unit, and the yen has none
RATES = {"EUR": (1.09, 1), "GBP": (1.27, 2), "JPY": (0.0066, 3)}
# Campaign, ads, spend a day, currency, channel. Nobody ever came by a search ad: what it costs buys nothing, whatever is claimed for it.
ADS = {
    "meta_ads": ("feed-ads", 4, 148.0, "USD", "paid_social"),
    "linkedin_ads": ("sponsored", 3, 96.0, "EUR", "paid_social"),
    "google_ads": ("search", 2, 24.0, "GBP", "paid_search"),
}
HOURS = {"linkedin": 40.0, "instagram": 34.0, "facebook": 24.0, "bluesky": 28.0, "mastodon": 24.0}  # a month
HOURLY_RATE = 48.0
COMES_BACK = 0.15  # of those who left


def subscriptions(stage: Stage, companies: pd.DataFrame, client_since: Times, left_at: Times) -> pd.DataFrame:
    """Paid periods: a change of plan ends one and begins the next, as a subscription of its own."""
    first, last = stage.start.astype("datetime64[M]").astype(int), stage.clock.astype("datetime64[M]").astype(int)
    months = np.arange(first + 1, last + 1)
    key = companies["key"].to_numpy()
    u = stage.chance.uniform("plans.change", np.repeat(key, len(months)), np.tile(months, len(key))).reshape(len(key), -1)
    comes_back = stage.chance.uniform("plans.back", key) < COMES_BACK
    rows = []
    for account in np.flatnonzero(~np.isnat(client_since)).tolist():
        begins, amount = client_since[account], float(companies["monthly"].iloc[account])
        ends = left_at[account]
        changes = []
        for month in np.flatnonzero(u[account] < 0.018).tolist():
            at = np.datetime64(int(months[month]), "M").astype("datetime64[s]") + np.timedelta64(int(key[account]) % 27, "D")
            if at > begins + np.timedelta64(60, "D") and not at >= ends and at <= stage.clock:
                changes.append((at, 1.3 if u[account, month] < 0.013 else 0.8))
        for number, (at, factor) in enumerate([*changes, (ends, 1.0)]):
            rows.append((account, int(key[account]) * 100 + number, number, begins, at, amount))
            begins, amount = at, float(np.rint(amount * factor))
        # some who left come back after two to five months
        back = ends + np.timedelta64(60 + int(key[account]) % 90, "D")
        if comes_back[account] and back <= stage.clock:
            rows.append((account, int(key[account]) * 100 + 99, 99, back, NEVER, rows[-1][5]))
    frame = pd.DataFrame(rows, columns=["account", "subscription", "number", "started_at", "ended_at", "monthly"])
    frame["started_at"], frame["ended_at"] = frame["started_at"].astype("datetime64[s]"), stage.known(frame["ended_at"])
    frame["currency"] = companies["currency"].to_numpy()[frame["account"]]
    frame["plan"] = companies["segment"].map(PLANS).to_numpy()[frame["account"]]
    return frame.sort_values(["started_at", "subscription"], ignore_index=True)


def invoices(stage: Stage, companies: pd.DataFrame, periods: pd.DataFrame, sold: Sales, left_at: Times) -> pd.DataFrame:
    """Invoices of subscriptions (monthly, on the day of the start, since each began) and of one-off orders; whole units of the currency."""
    rows = []
    for period in list[Any](periods.itertuples()):
        start, ends = np.datetime64(period.started_at, "s"), np.datetime64(period.ended_at, "s") if period.ended_at is not pd.NaT else NEVER
        month, day = start.astype("datetime64[M]"), (start - start.astype("datetime64[M]")).astype("timedelta64[s]")
        day = min(day, np.timedelta64(27 * 86400, "s"))
        for k in range(int((stage.clock.astype("datetime64[M]") - month).astype(int)) + 1):
            at = start if k == 0 else (month + k).astype("datetime64[s]") + day
            if at > stage.clock or at >= ends:
                break
            reason = "subscription_cycle" if k else "subscription_create"
            is_new = k == 0 and period.number == 0
            rows.append((period.account, period.subscription * 1000 + k, period.subscription, at, reason, period.monthly, is_new, None))
    frame = pd.DataFrame(rows, columns=["account", "invoice", "subscription", "created_at", "reason", "monthly", "is_new", "product"])
    frame["created_at"] = frame["created_at"].astype("datetime64[s]")
    account = frame["account"].to_numpy()
    frame["once"] = np.where(frame["is_new"], np.rint(frame["monthly"] * onboarding(stage, account, companies)), 0.0)
    frame = pd.concat([frame, _orders(companies, sold, left_at)], ignore_index=True)
    frame = frame.sort_values(["created_at", "invoice"], ignore_index=True)
    key, chance = frame["invoice"].to_numpy(), stage.chance
    frame["currency"] = companies["currency"].to_numpy()[frame["account"]]
    frame["subtotal"] = frame["monthly"] + frame["once"]
    frame["discount"] = np.where(chance.uniform("invoices.discount", key) < 0.05, np.rint(frame["subtotal"] * 0.1), 0.0)
    frame["tax"] = np.rint((frame["subtotal"] - frame["discount"]) * frame["currency"].map(TAX))
    frame["total"] = frame["subtotal"] - frame["discount"] + frame["tax"]
    slow = chance.uniform("invoices.slow", key)
    hours = np.where(slow < 0.8, 1.0, 24 * 18 * chance.uniform("invoices.slow.days", key))
    frame["paid_at"] = stage.known(np.where(slow < 0.985, later(frame["created_at"], hours), NEVER))
    frame["fee"] = np.round(frame["total"] * 0.029 + np.where(frame["currency"] == "JPY", 40, 0.3), 2)
    return frame


def _orders(companies: pd.DataFrame, sold: Sales, left_at: Times) -> pd.DataFrame:
    """Orders of those who are clients at the time."""
    orders = sold.orders
    account, at = orders["account"].to_numpy(), orders["created_at"].to_numpy().astype("datetime64[s]")
    valid = orders[(at >= sold.client_since[account]) & ~(at >= left_at[account])]
    frame = pd.DataFrame({"account": valid["account"], "invoice": 10**15 + valid["touch"] * 10, "subscription": -1})
    frame["created_at"], frame["reason"], frame["monthly"], frame["is_new"] = valid["created_at"], "manual", 0.0, False
    frame["product"], frame["once"], frame["cause"] = valid["product"], valid["amount"], valid["cause"]
    return frame


def refunds(stage: Stage, bills: pd.DataFrame) -> pd.DataFrame:
    """Money given back: now and then, and once on each day after the first clock."""
    paid = bills["paid_at"].to_numpy().astype("datetime64[s]")
    days = stage.days[stage.is_eventful(stage.days) | (stage.chance.uniform("refunds.day", stage.days) < 0.09)]
    taken: set[int] = set()
    rows = []
    for day in days.tolist():
        recent = np.flatnonzero((paid >= stage.at(day - 20, 0.0)) & (paid < stage.at(day - 1, 0.0)))
        recent = np.array([row for row in recent.tolist() if row not in taken], dtype=np.int64)
        if len(recent):
            row = int(recent[int(stage.chance.uniform("refunds.which", day)[0] * len(recent))])
            taken.add(row)
            share = 1.0 if stage.chance.uniform("refunds.share", day)[0] < 0.5 else 0.5
            amount = float(np.rint(bills["total"].iloc[row] * share))
            rows.append((day, int(bills["invoice"].iloc[row]), stage.at(day, 9.0), amount, bills["currency"].iloc[row]))
    frame = pd.DataFrame(rows, columns=["refund", "invoice", "created_at", "amount", "currency"])
    frame["created_at"] = frame["created_at"].astype("datetime64[s]")
    return frame[frame["created_at"] <= stage.clock].reset_index(drop=True)


def rates(stage: Stage) -> pd.DataFrame:
    """US dollars for one unit of each currency and day, from a week before the oldest subscription on."""
    days = np.arange(-OLDEST_CLIENT - 8, len(stage.days))
    frames = []
    for currency, (level, number) in RATES.items():
        steps = stage.chance.normal("rates", days, number) * 0.003
        value = np.round(level * np.exp(np.cumsum(steps) * 0.4), 8)
        frames.append(pd.DataFrame({"date": stage.start + days, "currency": currency, "rate_to_reporting": value}))
    return pd.concat(frames, ignore_index=True)


def advertising(stage: Stage) -> pd.DataFrame:
    """Ads by day, of today what has been so far; the platform corrects spend for 28 days and claims conversions of its own."""
    days, so_far = stage.days, stage.now.hour / 24
    frames = []
    for number, (platform, (campaign, ads, a_day, currency, _)) in enumerate(ADS.items()):
        day, slot = objects(np.full(len(days), ads))
        key: Ints = day * 100 + number * 10 + slot
        date = stage.start + day
        months = date.astype("datetime64[M]").astype(int)
        quarter = [f"{1970 + m // 12}-Q{m % 12 // 3 + 1}" for m in months.tolist()]
        age = len(stage.days) - 1 - day
        final = a_day / ads * (1 + 0.3 * (day > 0.75 * stage.history_days)) * np.exp(0.3 * stage.chance.normal("ads.spend", key))
        final = final * np.where(age > 0, 1.0, so_far)
        wrong = np.where(age < 28, 0.07 * np.exp(-age / 6.0) * stage.chance.normal("ads.wrong", key), 0.0)
        clicks = stage.chance.poisson("ads.clicks", final / 1.9, key)
        claimed = stage.chance.poisson("ads.claimed", final / 260, key)
        frames.append(
            pd.DataFrame(
                {
                    "platform": platform,
                    "ad_id": [ad_id(platform, campaign, q, s + 1) for q, s in zip(quarter, slot.tolist(), strict=True)],
                    "date": date,
                    "campaign_id": [campaign_of(campaign, q) for q in quarter],
                    "impressions": np.rint(final * 140).astype(np.int64),
                    "clicks": clicks,
                    "spend": np.round(final * (1 + wrong), 2),
                    "currency": currency,
                    "claimed_conversions": claimed.astype(np.float64),
                    "claimed_value": np.round(claimed * 830.0, 2),
                    "claim_window": "7d_click_1d_view",
                    "restated_at": np.minimum(stage.at(day + np.minimum(age, 28), 5.0), stage.clock),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def ad_id(platform: str, kind: str, quarter: str, slot: int) -> str:
    """As the platform writes it: Google's ads are told apart within their ad group."""
    campaign = campaign_of(kind, quarter)
    numbers = {"linkedin_ads": f"{campaign}{slot}", "google_ads": f"{campaign}0~{campaign}{slot}"}
    return numbers.get(platform, f"{platform}-{quarter}-{slot}")


def costs(stage: Stage, ads: pd.DataFrame) -> pd.DataFrame:
    """What social work costs by month; of the month before the first clock the creators' bill was never entered."""
    first, last = stage.start.astype("datetime64[M]"), stage.clock.astype("datetime64[M]")
    forgotten = (stage.start + stage.history_days).astype("datetime64[M]") - 1
    rows = []

    def add(month: np.datetime64, kind: str, amount: float, **more: object) -> None:
        ends = (month + 1).astype("datetime64[D]") - 1
        place = more.get("campaign_id") or more.get("platform") or more.get("channel") or "shared"
        row = {"cost_id": f"{month}-{kind}-{place}", "period_start": month.astype("datetime64[D]"), "period_end": ends}
        rows.append(row | {"kind": kind, "amount": round(amount, 2), "currency": "USD"} | more)

    for month in np.arange(first, last + 1):
        number = int(month.astype(int))
        for k, (platform, hours) in enumerate(HOURS.items()):
            worked = round(hours * float(np.exp(0.08 * stage.chance.normal("costs.hours", number, k)[0])), 1)
            rate = {"hours": worked, "hourly_rate": HOURLY_RATE, "channel": "organic_social", "platform": platform}
            add(month, "staff", worked * HOURLY_RATE, **rate)
        add(month, "staff", 20 * HOURLY_RATE, hours=20.0, hourly_rate=HOURLY_RATE, channel="paid_social")
        add(month, "staff", 12 * HOURLY_RATE, hours=12.0, hourly_rate=HOURLY_RATE, channel="email")
        add(month, "tools", 880.0)
        add(month, "content", 2100.0 + 400 * float(stage.chance.uniform("costs.content", number)[0]))
        add(month, "tools", 310.0, channel="email")
        if month != forgotten:
            add(month, "creator", 1800.0, channel="influencer", platform="instagram")
    # what the platforms bill replaces what they report once the month is closed, on the third
    closed = (stage.clock - np.timedelta64(2, "D")).astype("datetime64[M]")
    billed = ads[ads["date"] < pd.Timestamp(str(closed))]
    monthly = billed.groupby([billed["date"].to_numpy().astype("datetime64[M]"), "platform", "campaign_id", "currency"])["spend"].sum()
    for (month, platform, campaign, currency), amount in dict[Any, float](monthly).items():
        of = {"channel": ADS[platform][4], "platform": platform, "campaign_id": campaign, "currency": currency}
        add(np.datetime64(month, "M"), "ad_spend", amount, **of)
    return pd.DataFrame(rows)
