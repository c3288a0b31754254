"""World -> the social part of the inbox: what the platforms counted before their APIs were asked, from the first clock on."""

import numpy as np
import pandas as pd

from simulator.world import World
from simulator.world_posts import WITH_PEOPLE, counted, counters, snapshots

UNKNOWN = {
    "facebook": ["saves"],
    "instagram": ["clicks", "video_views"],
    "linkedin": ["saves", "video_views"],
    "x": ["reach", "saves", "video_views"],
    "youtube": ["impressions", "reach", "shares", "saves", "clicks"],
}
# Platform -> followers at the start and at the end of the first 18 months
FOLLOWERS = {"linkedin": (5200, 7900), "instagram": (6100, 8800), "facebook": (9400, 9900), "x": (3900, 4600), "youtube": (1200, 2100)}


def post_metrics(world: World) -> pd.DataFrame:
    """Readings before the day of the first clock, when the APIs took over."""
    row, when = snapshots(world.stage, world.posts)
    platform = world.posts["platform"].to_numpy()[row]
    names = pd.DataFrame({"platform": platform, "post_id": world.posts["post_id"].to_numpy()[row], "observed_at": when})
    past = world.stage.day_of(when) < world.stage.history_days
    shown = np.isin(platform, list(UNKNOWN)) & past
    counts = counters(world.posts, row[shown], when[shown]).astype("Int64")
    for name, unknown in UNKNOWN.items():
        counts.loc[platform[shown] == name, unknown] = pd.NA
    before = np.isin(platform, WITH_PEOPLE) & past
    post, times = world.posts["post"].to_numpy()[row[before]], when[before]
    older = names[before].reset_index(drop=True)
    replies = world.talk.loc[world.talk["level"] == 0, ["post", "occurred_at", "deleted_at"]]
    replies = replies.rename(columns={"occurred_at": "at", "deleted_at": "removed_at"})
    for column, kind in (("likes", "likes"), ("shares", "shares")):
        older[column] = counted(world.reactions[world.reactions["kind"] == kind], post, times)
    older["comments"] = counted(replies[replies["post"] > 0], post, times)
    older = pd.concat([older, pd.concat([names[shown].reset_index(drop=True), counts], axis="columns")], ignore_index=True)
    return older.sort_values(["observed_at", "platform", "post_id"])


def profile_metrics(world: World) -> pd.DataFrame:
    """Followers every morning until the APIs took over."""
    stage, frames = world.stage, []
    mornings = stage.at(stage.days, 6.0)
    times = mornings[mornings <= stage.clock][: stage.history_days]
    for platform, profile_id in world.profiles[["platform", "profile_id"]].itertuples(index=False):
        if platform in WITH_PEOPLE:
            crowd = world.actors[world.actors["platform"] == platform]
            came = np.sort(crowd["followed_at"].dropna().to_numpy())
            left = np.sort(crowd["unfollowed_at"].dropna().to_numpy())
            followers = np.searchsorted(came, times, side="right") - np.searchsorted(left, times, side="right")
        else:
            followers = followers_on(world, platform, np.arange(len(times)))
        posted = np.sort(world.posts.loc[world.posts["platform"] == platform, "posted_at"].to_numpy())
        frame = pd.DataFrame({"platform": platform, "profile_id": profile_id, "observed_at": times})
        frames.append(frame.assign(followers=followers.astype(np.int64), posts_total=np.searchsorted(posted, times)))
    return pd.concat(frames, ignore_index=True).sort_values(["observed_at", "platform"], ignore_index=True)


def followers_on(world: World, platform: str, days: np.ndarray) -> np.ndarray:
    """Followers of a profile on days of the history, where nobody knows who they are."""
    first, last = FOLLOWERS[platform]
    wobble = world.stage.chance.normal("followers", days, len(platform)) * 3
    return np.rint(first + (last - first) * days / 546 + wobble)
