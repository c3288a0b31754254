"""Posts, people and clients -> talk on public platforms: comments, mentions, the brand's answers, and what people say to each other."""

import numpy as np
import pandas as pd

from simulator.chance import Ints, objects, words
from simulator.distributions import growth_hours, hour_of_day
from simulator.names import (
    ANSWERS,
    CANNED_ANSWER,
    COMPLAINTS,
    PRAISE,
    QUESTIONS,
    REMARKS,
)
from simulator.planted import LOUDER_FROM, PUBLIC_ANSWERED_WHEN_LOUDER
from simulator.stage import NEVER, Stage, Times, later
from simulator.world_clients import answer_minutes
from simulator.world_posts import message_ids, things

# Platform -> (number, mentions a day at 400 companies); LinkedIn gives counters of the organisation only, never its members.
PLATFORMS = {"bluesky": (1, 2.2), "mastodon": (2, 1.8), "facebook": (3, 0.9), "instagram": (4, 0.8), "x": (5, 0.9), "youtube": (6, 0.0)}
BRAND = -1
NOBODY = -2
KEYS = 1_000_000_000_000
COLUMNS = ["platform", "message", "level", "occurred_at", "kind", "actor", "addressee", "parent", "root", "post", "is_brand"]


def audience_of(crowd: pd.DataFrame, actor: Ints, times: Times, roles: pd.DataFrame) -> np.ndarray:
    """Audience of each actor at a time: what its company was to us then; whoever belongs to no company is the public."""
    account = crowd["account"].to_numpy()[actor]
    known = np.maximum(account, 0)
    since = roles["client_since"].to_numpy().astype("datetime64[s]")[known]
    left = roles["left_at"].to_numpy().astype("datetime64[s]")[known]
    is_client = (account >= 0) & (since <= times) & ~(left <= times)
    is_supplier = (account >= 0) & roles["role"].isin(["supplier", "partner"]).to_numpy()[known]
    return np.where(is_client, "clients", np.where(is_supplier, "suppliers", "public")).astype(object)


def talk(stage: Stage, brand: pd.DataFrame, crowd: pd.DataFrame, roles: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """Every public message that is not a post of ours; actor and addressee are rows of `crowd`, BRAND or NOBODY."""
    levels = []
    for platform, (number, mentions) in PLATFORMS.items():
        opening = _opening(stage, brand, crowd, platform, number, mentions)
        answers = _answers(stage, opening, crowd, roles, 1)
        peers = _peers(stage, opening, crowd, platform)
        back = _back(stage, answers)
        levels += [opening, answers, peers, back, _answers(stage, back, crowd, roles, 4)]
    frame = pd.concat(levels, ignore_index=True)
    frame = frame[frame["occurred_at"] <= stage.clock].sort_values(["occurred_at", "message"], ignore_index=True)
    return _worded(stage, frame, crowd, ours)


def _frame(
    platform: str, message: Ints, level: int, times: Times, kind: str, actor: Ints, addressee: Ints, above: pd.DataFrame
) -> pd.DataFrame:
    """Messages below those of `above`, row by row."""
    values = [platform, message, level, times, kind, actor, addressee, above["message"].to_numpy(), above["root"].to_numpy()]
    values += [above["post"].to_numpy(), actor == BRAND]
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def _opening(stage: Stage, brand: pd.DataFrame, crowd: pd.DataFrame, platform: str, number: int, mentions: float) -> pd.DataFrame:
    """Comments on posts, and mentions out of the blue."""
    chance = stage.chance
    mine = brand[brand["platform"] == platform]
    there = crowd[crowd["platform"] == platform]
    row, slot = objects(mine["comments"].to_numpy())
    post = mine["post"].to_numpy()[row]
    when = later(mine["posted_at"].to_numpy()[row], growth_hours(chance.uniform("talk.when", post, slot)))
    day, place = objects(chance.poisson("talk.mentions", mentions * stage.scale, stage.days, number))
    mention = number * KEYS * 10 + 9 * KEYS + day * 1000 + place
    mentioned = stage.at(day, hour_of_day(chance.uniform("talk.hour", mention)))
    message = np.concatenate([number * KEYS * 10 + post % KEYS * 100 + slot, mention])
    times = np.concatenate([when, mentioned])
    gone = mine["deleted_at"].to_numpy().astype("datetime64[s]")[row]
    keep = np.concatenate([~(when >= gone), np.ones(len(mention), dtype=bool)])
    # contacts talk more often than strangers: every third message is theirs
    is_contact = chance.uniform("talk.contact", message) < 0.34
    actor = np.zeros(len(message), dtype=np.int64)
    for theirs in (True, False):
        pool = there[(there["contact"] > 0) == theirs]
        chosen = is_contact == theirs
        existing = np.maximum(np.searchsorted(pool["since"].to_numpy(), times[chosen]), 1)
        position = chance.pick_among_first("talk.who", pool["weight"].to_numpy(), existing, message[chosen])
        actor[chosen] = pool["actor"].to_numpy()[position]
    frame = pd.DataFrame(
        {
            "platform": platform,
            "message": message,
            "level": 0,
            "occurred_at": times,
            "kind": np.where(np.arange(len(message)) < len(post), "comment", "mention").astype(object),
            "actor": actor,
            "addressee": BRAND,
            "parent": np.concatenate([post, np.full(len(mention), NOBODY)]),
            "root": np.concatenate([post, mention]),
            "post": np.concatenate([post, np.full(len(mention), NOBODY)]),
            "is_brand": False,
        }
    )
    return frame[keep & (times <= stage.clock)].reset_index(drop=True)


def _answers(stage: Stage, inbound: pd.DataFrame, crowd: pd.DataFrame, roles: pd.DataFrame, level: int) -> pd.DataFrame:
    """Answers of the brand by the planted behaviour; the louder the brand is, the fewer of the public it answers."""
    platform = inbound["platform"].iloc[0] if len(inbound) else "bluesky"
    key, times = inbound["message"].to_numpy(), inbound["occurred_at"].to_numpy().astype("datetime64[s]")
    audience = audience_of(crowd, inbound["actor"].to_numpy(), times, roles)
    minutes = np.full(len(inbound), np.nan)
    for name in ("clients", "public"):
        mine = (audience == name) | ((name == "clients") & (audience == "suppliers"))
        minutes[mine] = answer_minutes(stage, "talk.answer", platform, name, key[mine])
    ignored = (audience == "public") & (times >= LOUDER_FROM) & (stage.chance.uniform("talk.ignored", key) > PUBLIC_ANSWERED_WHEN_LOUDER)
    answered = np.flatnonzero(~np.isnan(minutes) & ~ignored)
    above = inbound.iloc[answered]
    when = later(times[answered], minutes[answered] / 60)
    message = above["message"].to_numpy() + level * KEYS
    return _frame(platform, message, level, when, "reply", np.full(len(above), BRAND), above["actor"].to_numpy(), above)


def _peers(stage: Stage, opening: pd.DataFrame, crowd: pd.DataFrame, platform: str) -> pd.DataFrame:
    """People answer each other."""
    key = opening["message"].to_numpy()
    above = opening[stage.chance.uniform("talk.peer", key) < 0.1]
    key = above["message"].to_numpy()
    pool = crowd[crowd["platform"] == platform]
    times = above["occurred_at"].to_numpy().astype("datetime64[s]")
    existing = np.maximum(np.searchsorted(pool["since"].to_numpy(), times), 1)
    actor = pool["actor"].to_numpy()[stage.chance.pick_among_first("talk.peer.who", pool["weight"].to_numpy(), existing, key)]
    when = later(times, 8 * stage.chance.uniform("talk.peer.when", key))
    other = actor != above["actor"].to_numpy()
    above, message = above[other], key[other] + 2 * KEYS
    return _frame(platform, message, 2, when[other], "reply", actor[other], above["actor"].to_numpy(), above)


def _back(stage: Stage, answers: pd.DataFrame) -> pd.DataFrame:
    """Some who got an answer write again."""
    above = answers[stage.chance.uniform("talk.back", answers["message"].to_numpy()) < 0.28]
    key = above["message"].to_numpy()
    when = later(above["occurred_at"], 12 * stage.chance.uniform("talk.back.when", key) ** 2)
    platform = answers["platform"].iloc[0] if len(answers) else "bluesky"
    message = key + 2 * KEYS
    return _frame(platform, message, 3, when, "reply", above["addressee"].to_numpy(), np.full(len(above), BRAND), above)


def _worded(stage: Stage, frame: pd.DataFrame, crowd: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """Texts, the platform's ids, and what their authors deleted."""
    chance, key = stage.chance, frame["message"].to_numpy()
    mood = chance.pick("talk.mood", [0.42, 0.3, 0.13, 0.15], key)
    choices = [QUESTIONS, PRAISE, COMPLAINTS, REMARKS]
    said = np.array(
        [choices[m][n % len(choices[m])] for m, n in zip(mood.tolist(), (key * 7 + key // 1000).tolist(), strict=True)], dtype=object
    )
    reply = words(ANSWERS, chance.pick("talk.reply", np.ones(len(ANSWERS)), key))
    is_canned = frame["is_brand"].to_numpy() & (frame["platform"] == "facebook").to_numpy() & (chance.uniform("talk.canned", key) < 0.25)
    template = np.where(is_canned, CANNED_ANSWER, np.where(frame["is_brand"], reply, said))
    about = things(stage, "talk.thing", frame["root"].to_numpy())
    name = crowd["first"].to_numpy()[np.maximum(frame["addressee"].to_numpy(), 0)]
    number = (key % 99_991 + key // KEYS).tolist()
    frame["text"] = [a.format(thing=b, name=c, n=n) for a, b, c, n in zip(template, about, name, number, strict=True)]
    frame["is_canned"] = is_canned
    frame["is_question"] = ~frame["is_brand"] & frame["text"].str.contains("?", regex=False)
    own_id = ours.set_index("platform")["profile_id"]
    frame["profile_id"] = frame["platform"].map(own_id)
    frame["actor_id"] = np.where(
        frame["is_brand"], frame["profile_id"], crowd["actor_id"].to_numpy()[np.maximum(frame["actor"].to_numpy(), 0)]
    )
    ids = pd.Series(index=frame.index, dtype=object)
    for platform, rows in frame.groupby("platform"):
        times = rows["occurred_at"].to_numpy().astype("datetime64[s]")
        ids[rows.index] = message_ids(str(platform), rows["actor_id"].tolist(), times, rows["message"].to_numpy() % 10**13)
    frame["message_id"] = ids
    deleted = ~frame["is_brand"] & (chance.uniform("talk.deleted", key) < 0.01)
    gone = later(frame["occurred_at"], 24 * 10 * chance.uniform("talk.deleted.after", key))
    frame["deleted_at"] = stage.known(np.where(deleted, gone, NEVER))
    return frame
