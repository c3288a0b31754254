"""World -> the social part of the inbox: Instagram and Facebook, and what the others counted before their APIs were asked."""

import numpy as np
import pandas as pd

from simulator.world import World
from simulator.world_posts import APIS, WITH_PEOPLE, counted, counters, snapshots

PAGES = ("instagram", "facebook")
UNKNOWN = {
    "linkedin": ["saves", "video_views"],
    "x": ["reach", "saves", "video_views"],
    "youtube": ["impressions", "reach", "shares", "saves", "clicks"],
}
# Platform -> followers at the start and at the end of the first 18 months
FOLLOWERS = {"linkedin": (5200, 7900), "instagram": (6100, 8800), "facebook": (9400, 9900), "x": (3900, 4600), "youtube": (1200, 2100)}


def profiles(world: World) -> pd.DataFrame:
    return world.profiles[world.profiles["platform"].isin(PAGES)]


def posts(world: World) -> pd.DataFrame:
    mine = world.posts[world.posts["platform"].isin(PAGES)]
    columns = ["platform", "profile_id", "post_id", "posted_at", "kind", "campaign_id", "text", "deleted_at"]
    frame = mine[columns].assign(is_paid=False, language="en")
    return frame.assign(text=frame["text"].where(frame["deleted_at"].isna(), None))


def post_metrics(world: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(Instagram and Facebook so far; the others before the day of the first clock, when their APIs took over)."""
    row, when = snapshots(world.stage, world.posts)
    platform = world.posts["platform"].to_numpy()[row]
    on_page = np.isin(platform, PAGES)
    names = pd.DataFrame({"platform": platform, "post_id": world.posts["post_id"].to_numpy()[row], "observed_at": when})
    pages = pd.concat([names[on_page].reset_index(drop=True), counters(world.posts, row[on_page], when[on_page])], axis="columns")
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
    order = ["platform", "post_id", "observed_at"]
    return pages.sort_values(["observed_at", *order[:2]]), older.sort_values(["observed_at", *order[:2]])


def profile_metrics(world: World) -> pd.DataFrame:
    """Followers every morning; where there is an API, until it took over."""
    stage, frames = world.stage, []
    mornings = stage.at(stage.days, 6.0)
    mornings = mornings[mornings <= stage.clock]
    for platform, profile_id in world.profiles[["platform", "profile_id"]].itertuples(index=False):
        times = mornings[: stage.history_days] if platform in APIS else mornings
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


def interactions(world: World) -> pd.DataFrame:
    """Comments, mentions and answers on Instagram and Facebook; people by the ids that the platforms gave them."""
    talk = world.talk[world.talk["platform"].isin(PAGES)]
    every = world.talk.set_index("message")
    post_ids = world.posts.set_index("post")["post_id"]
    addressee = talk["addressee"].to_numpy()
    names = np.where(addressee < 0, talk["profile_id"], world.actors["actor_id"].to_numpy()[np.maximum(addressee, 0)])
    above = every["message_id"].reindex(talk["parent"]).to_numpy()
    frame = pd.DataFrame(
        {
            "platform": talk["platform"],
            "interaction_id": talk["message_id"],
            "occurred_at": talk["occurred_at"],
            "kind": talk["kind"],
            "actor_platform_id": talk["actor_id"],
            "addressee_platform_id": names,
            "profile_id": talk["profile_id"],
            "is_brand": talk["is_brand"],
            "post_id": post_ids.reindex(talk["post"]).to_numpy(),
            "parent_id": np.where(talk["kind"] == "comment", post_ids.reindex(talk["post"]), above),
            # a comment and what is said below it is one conversation
            "thread_id": every["message_id"].reindex(_opening(talk, every)).to_numpy(),
            "is_question": talk["is_question"],
            "is_deleted": talk["deleted_at"].notna(),
            "text": talk["text"].where(talk["deleted_at"].isna(), None),
            "language": "en",
        }
    )
    return frame.reset_index(drop=True)


def _opening(talk: pd.DataFrame, every: pd.DataFrame) -> np.ndarray:
    """The message that opened the conversation of each message: up from parent to parent."""
    opening, parent, level = (talk[name].to_numpy().copy() for name in ("message", "parent", "level"))
    while (level > 0).any():
        opening = np.where(level > 0, parent, opening)
        above = every.reindex(opening)
        parent, level = above["parent"].fillna(-2).to_numpy(), above["level"].fillna(0).to_numpy()
    return opening
