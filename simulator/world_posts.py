"""Stage and people -> posts of the brand, who liked and shared them and when, their counters at any time, followers, campaigns."""

import numpy as np
import pandas as pd

from simulator.chance import BASE32, BASE32_SORTABLE, objects, only_where, words
from simulator.distributions import (
    COMMENTS_TO_REACTIONS,
    CORRELATION_COMMENTS,
    CORRELATION_SHARES,
    POST_KINDS,
    SD_LOG_REACTIONS,
    SHARES_TO_REACTIONS,
    growth_hours,
    growth_share,
    hour_of_day,
    spread_beside,
    weekday_factor,
)
from simulator.names import PLACES, POST_TEXTS, THINGS
from simulator.planted import LOUDER_FROM, POSTS_WHEN_LOUDER
from simulator.stage import NEVER, Stage, Times, later

# Platform -> (number, posts a week, median likes of a post at 400 companies)
PLATFORMS = {
    "bluesky": (1, 9.0, 16.0),
    "mastodon": (2, 8.0, 9.0),
    "linkedin": (3, 9.0, 34.0),
    "instagram": (4, 8.0, 52.0),
    "facebook": (5, 7.0, 27.0),
    "x": (6, 6.0, 14.0),
    "youtube": (7, 1.5, 38.0),
}
WITH_PEOPLE = ("bluesky", "mastodon")  # their APIs name everybody who likes; of the others only counters are known
NUMBERED = {"sponsored": 6040, "search": 2170}  # first digits of the campaigns' numbers
X_EPOCH = 1_288_834_974_657  # milliseconds; X's ids are counted from it
KEYS_A_PLATFORM = 1_000_000_000


def profiles(stage: Stage) -> pd.DataFrame:
    """Our account on each platform."""
    did = "did:plc:" + stage.chance.id("profile.did", 0, 24, BASE32)
    ids = {"bluesky": did, "mastodon": "109300000000000001", "linkedin": "urn:li:organization:5500001"}
    ids |= {"instagram": "17841400000000001", "facebook": "100900000000001", "x": "1590000000000000001"}
    ids["youtube"] = "UCfernwayfernwayfernway1"
    rows = [
        {"platform": name, "profile_id": ids[name], "name": "Fernway", "brand": "Fernway", "region": "global", "default_audience": "public"}
        for name in PLATFORMS
    ]
    return pd.DataFrame(rows)


def campaigns(stage: Stage) -> pd.DataFrame:
    """One organic and one paid campaign a quarter, creators twice a year, the newsletter always."""
    first, last = stage.start, stage.start + len(stage.days) - 1
    quarters = np.arange(first.astype("datetime64[M]").astype(int) // 3 * 3, last.astype("datetime64[M]").astype(int) + 1, 3)
    rows = []
    for month in quarters:
        starts, ends = (np.datetime64(int(m), "M").astype("datetime64[D]") for m in (month, month + 3))
        name = f"{starts.astype(object).year}-Q{month % 12 // 3 + 1}"
        for kind, channel, platform, budget in (
            ("season", "organic_social", None, None),
            ("feed-ads", "paid_social", "meta_ads", 13_500),
            ("sponsored", "paid_social", "linkedin_ads", 9_500),
            ("search", "paid_search", "google_ads", 2_400),
            ("creators", "influencer", "instagram", 5_400),
            ("newsletter", "email", None, None),
        ):
            row = {"campaign_id": campaign_of(kind, name), "name": f"{kind} {name}", "platform": platform, "channel": channel}
            rows.append(row | {"starts_on": starts, "ends_on": ends - 1, "budget": budget, "currency": "USD"})
    return pd.DataFrame(rows)


def campaign_of(kind: str, quarter: str) -> str:
    """Id of the campaign of a kind in a quarter (2026-Q2); LinkedIn's and Google's are numbers."""
    return f"{NUMBERED[kind]}{quarter.replace('-Q', '')}" if kind in NUMBERED else f"{kind}-{quarter}"


def campaign_id(kind: str, times: Times) -> list[str]:
    """The campaign of a kind that runs at each time."""
    months = times.astype("datetime64[M]").astype(int)
    return [campaign_of(kind, f"{1970 + m // 12}-Q{m % 12 // 3 + 1}") for m in months.tolist()]


def tid(times: Times, keys: np.ndarray) -> list[str]:
    """Bluesky's record keys: 13 sortable characters, from microseconds and a clock id."""
    numbers = (times.astype("datetime64[us]").astype(np.int64) + keys % 999_983) << 10 | keys % 1021
    return ["".join(BASE32_SORTABLE[(number >> shift) & 31] for shift in range(60, -1, -5)) for number in numbers.tolist()]


def snowflake(times: Times, keys: np.ndarray) -> list[str]:
    """Mastodon's status ids: milliseconds and 16 bits."""
    return [str(number) for number in (((times.astype("datetime64[ms]").astype(np.int64) + keys % 997) << 16) + keys % 65_521).tolist()]


def message_ids(platform: str, owner: list[str], times: Times, keys: np.ndarray) -> list[str]:
    """What the platform calls a post or message of each owner."""
    if platform == "bluesky":
        return [f"at://{did}/app.bsky.feed.post/{rkey}" for did, rkey in zip(owner, tid(times, keys), strict=True)]
    if platform == "mastodon":
        return snowflake(times, keys)
    if platform == "x":
        return [
            str(((at - X_EPOCH) << 22) + key)
            for at, key in zip(times.astype("datetime64[ms]").astype(int).tolist(), (keys % 4_194_301).tolist(), strict=True)
        ]
    if platform == "youtube":
        return [f"Y{key:x}".ljust(11, "_") if len(f"Y{key:x}") <= 11 else f"Ug{key:x}" for key in keys.tolist()]
    if platform == "linkedin":
        return [f"urn:li:share:{7_000_000_000_000_000_000 + key}" for key in keys.tolist()]
    return [f"{platform[0]}{10_000_000_000_000 + key}" for key in keys.tolist()]


def posts(stage: Stage, ours: pd.DataFrame) -> pd.DataFrame:
    """Posts of the brand with what each will reach in the end."""
    chance, frames = stage.chance, []
    for platform, (number, a_week, median) in PLATFORMS.items():
        louder = np.where(stage.at(stage.days, 0.0) >= LOUDER_FROM, POSTS_WHEN_LOUDER, 1.0)
        rate = a_week / 7 * weekday_factor(stage.weekday(stage.days)) * louder
        day, slot = objects(chance.poisson("posts.count", rate, stage.days, number))
        key = number * KEYS_A_PLATFORM + day * 100 + slot
        posted = stage.at(day, hour_of_day(chance.uniform("posts.hour", key)))
        kind = words(list(POST_KINDS), chance.pick("posts.kind", list(POST_KINDS.values()), key))
        if platform == "instagram":
            kind = words(["photo", "reel", "video"], chance.pick("posts.picture", [0.5, 0.35, 0.15], key))
        if platform == "youtube":
            kind = words(["video"], np.zeros(len(key), dtype=np.int64))
        size = chance.normal("posts.size", key)
        likes = median * stage.scale**0.5 * np.exp(SD_LOG_REACTIONS * size)
        likes = np.minimum(np.rint(likes), 300 if platform in WITH_PEOPLE else 20_000).astype(np.int64)
        comments = likes * COMMENTS_TO_REACTIONS * np.exp(spread_beside(CORRELATION_COMMENTS) * chance.normal("posts.comments", key))
        shares = likes * SHARES_TO_REACTIONS * np.exp(spread_beside(CORRELATION_SHARES) * chance.normal("posts.shares", key))
        shown = (likes + 3) / (0.02 * np.exp(0.5 * chance.normal("posts.rate", key)))
        text = words(POST_TEXTS, chance.pick("posts.text", np.ones(len(POST_TEXTS)), key))
        place = words(PLACES, chance.pick("posts.place", np.ones(len(PLACES)), key))
        in_campaign = chance.uniform("posts.campaign", key) < 0.3
        deleted = later(posted, 24 * (0.2 + 12 * chance.uniform("posts.deleted.after", key)))
        frame = pd.DataFrame({"platform": platform, "post": key, "posted_at": posted, "kind": kind, "likes": likes})
        frame["profile_id"] = str(ours.set_index("platform").loc[platform, "profile_id"])
        frame["post_id"] = message_ids(platform, frame["profile_id"].tolist(), posted, key)
        frame["campaign_id"] = only_where(in_campaign, campaign_id("season", posted))
        frame["text"] = [a.format(place=b) for a, b in zip(text, place, strict=True)]
        frame["comments"] = np.minimum(chance.poisson("posts.comment.count", np.minimum(comments, 40), key), 40)
        frame["shares"] = np.minimum(chance.poisson("posts.share.count", np.minimum(shares, 200), key), 200)
        frame["impressions"] = np.rint(shown).astype(np.int64)
        frame["clicks"] = np.rint(shown * 0.008).astype(np.int64)
        frame["views"] = np.where(np.isin(kind, ["video", "reel"]), np.rint(shown * 0.4), -1).astype(np.int64)
        # a purge of false accounts takes a share of the counters away, on a day of its own
        frame["purged_at"] = np.where(
            chance.uniform("posts.purged", key) < 0.03, later(posted, 24 * (3 + 25 * chance.uniform("posts.purged.after", key))), NEVER
        )
        frame["deleted_at"] = np.where(chance.uniform("posts.deleted", key) < 0.008, deleted, NEVER)
        frames.append(frame)
    frame = pd.concat(frames, ignore_index=True).sort_values(["posted_at", "post"], ignore_index=True)
    frame["deleted_at"] = _deleted_each_day(stage, frame)
    frame = frame[frame["posted_at"] <= stage.clock].reset_index(drop=True)
    frame["deleted_at"] = stage.known(frame["deleted_at"])
    return frame


def _deleted_each_day(stage: Stage, frame: pd.DataFrame) -> Times:
    """Each day after the first clock takes away one recent post on Bluesky and one on Mastodon."""
    deleted = frame["deleted_at"].to_numpy().astype("datetime64[s]").copy()
    posted = frame["posted_at"].to_numpy()
    for day in stage.days[stage.is_eventful(stage.days)]:
        for platform in WITH_PEOPLE:
            recent = (posted >= stage.at(day - 12, 0.0)) & (posted < stage.at(day - 1, 0.0)) & np.isnat(deleted)
            recent = np.flatnonzero(recent & (frame["platform"] == platform).to_numpy())
            if len(recent):
                which = int(stage.chance.uniform("posts.deleted.today", day, len(platform))[0] * len(recent))
                deleted[recent[which]] = stage.at(day, 3.3)
    return deleted


def reactions(stage: Stage, brand: pd.DataFrame, crowd: pd.DataFrame) -> pd.DataFrame:
    """Likes and shares by name on Bluesky and Mastodon: when each came, and when some were taken back."""
    chance, frames = stage.chance, []
    for platform in WITH_PEOPLE:
        mine = brand[brand["platform"] == platform]
        there = crowd[crowd["platform"] == platform]
        since = there["since"].to_numpy()
        for number, kind in enumerate(("likes", "shares")):
            row, slot = objects(mine[kind].to_numpy())
            post = mine["post"].to_numpy()[row]
            when = later(mine["posted_at"].to_numpy()[row], growth_hours(chance.uniform("reactions.when", post, slot, number)))
            existing = np.searchsorted(since, mine["posted_at"].to_numpy())[row]
            who = chance.pick_among_first("reactions.who", there["weight"].to_numpy(), existing, post, slot, number)
            undone = chance.uniform("reactions.undone", post, slot, number) < 0.02
            frame = pd.DataFrame({"platform": platform, "kind": kind, "post": post, "actor": there["actor"].to_numpy()[who], "at": when})
            away = later(when, 24 * (0.5 + 20 * chance.uniform("reactions.undone.after", post, slot, number)))
            frame["removed_at"] = np.where(undone, away, NEVER)
            frame["deleted_at"] = mine["deleted_at"].to_numpy()[row]
            frames.append(frame.sort_values(["post", "at", "actor"]).drop_duplicates(["post", "actor"]))
    frame = pd.concat(frames, ignore_index=True)
    frame = frame[(frame["at"] <= stage.clock) & ~(frame["at"] > frame["deleted_at"])].reset_index(drop=True)
    frame["removed_at"] = stage.known(frame["removed_at"])
    return frame.drop(columns="deleted_at")


def counted(events: pd.DataFrame, post: np.ndarray, times: Times) -> np.ndarray:
    """Events (post, at, removed_at) -> how many each post had at each time."""
    origin = np.datetime64("2020-01-01", "s")
    span = 10**9

    def place(posts_: np.ndarray, moments: Times) -> np.ndarray:
        return posts_.astype(np.int64) * span + (moments - origin).astype(np.int64)

    came = np.sort(place(events["post"].to_numpy(), events["at"].to_numpy().astype("datetime64[s]")))
    gone = events[events["removed_at"].notna()]
    went = np.sort(place(gone["post"].to_numpy(), gone["removed_at"].to_numpy().astype("datetime64[s]")))
    ends = place(post, np.asarray(times, dtype="datetime64[s]"))
    starts = post.astype(np.int64) * span
    total = np.searchsorted(came, ends, side="right") - np.searchsorted(came, starts)
    return total - (np.searchsorted(went, ends, side="right") - np.searchsorted(went, starts))


def snapshots(stage: Stage, brand: pd.DataFrame) -> tuple[np.ndarray, Times]:
    """Row of the post and time of each reading: daily for a week, every third day for a month, weekly for three months, at 06:00."""
    ages = np.concatenate([np.arange(1, 8), np.arange(10, 31, 3), np.arange(37, 91, 7)])
    row = np.repeat(np.arange(len(brand)), len(ages))
    when = stage.at(stage.day_of(brand["posted_at"])[row] + np.tile(ages, len(brand)), 6.0)
    deleted = brand["deleted_at"].to_numpy().astype("datetime64[s]")[row]
    keep = (when <= stage.clock) & ~(when >= deleted)
    return row[keep], when[keep]


def counters(brand: pd.DataFrame, row: np.ndarray, when: Times) -> pd.DataFrame:
    """Counters of posts whose people are not known, as read at a time: what a post reaches in the end, grown so far, minus a purge."""
    posted = brand["posted_at"].to_numpy()[row]
    purged = brand["purged_at"].to_numpy().astype("datetime64[s]")[row]
    grown = growth_share((when - posted).astype("timedelta64[s]").astype(np.int64) / 3600)
    kept = np.where(when >= purged, 0.9, 1.0)

    def so_far(column: str, share: np.ndarray) -> np.ndarray:
        return np.floor(brand[column].to_numpy()[row] * share + 1e-9).astype(np.int64)

    impressions, views = so_far("impressions", grown), so_far("views", grown)
    return pd.DataFrame(
        {
            "impressions": impressions,
            "reach": np.floor(impressions * 0.78).astype(np.int64),
            "video_views": pd.arrays.IntegerArray(np.maximum(views, 0), brand["views"].to_numpy()[row] < 0),
            "likes": so_far("likes", grown * kept),
            "comments": so_far("comments", grown),
            "shares": so_far("shares", grown),
            "saves": np.floor(so_far("likes", grown) * 0.05).astype(np.int64),
            "clicks": so_far("clicks", grown),
        }
    )


def things(stage: Stage, subject: str, keys: np.ndarray) -> np.ndarray:
    """What a message is about."""
    return words(THINGS, stage.chance.pick(subject, np.ones(len(THINGS)), keys))
