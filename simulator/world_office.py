"""Employees and suppliers -> what they write: the channels of the office, and letters to and from suppliers."""

import numpy as np
import pandas as pd

from simulator.chance import Ints, objects, only_where, words
from simulator.distributions import OFFICE_WEEKDAY_SHARE, office_hour, weekday_factor
from simulator.names import ANSWERS, SUPPLIER_MESSAGES
from simulator.stage import Stage, later
from simulator.world_clients import answer_minutes
from simulator.world_people import TEAMS

MESSAGES_A_DAY = 78.0
LETTERS_A_DAY = 4.6
SLACK_SHOWS_DAYS = 90
ROOMS = ["general", "help", "product", *TEAMS]


def is_in_slack(stage: Stage, frame: pd.DataFrame) -> "pd.Series[bool]":
    """Threads that began in the last 90 days before the first clock or later: the workspace shows no older ones, which an export kept."""
    began = frame.groupby("thread_id")["occurred_at"].transform("min")
    return began >= stage.at(stage.history_days - SLACK_SHOWS_DAYS, 0.0)


def _there(staff: pd.DataFrame, writer: Ints, times: np.ndarray) -> np.ndarray:
    started, left = (staff[name].to_numpy().astype("datetime64[s]")[writer] for name in ("started_at", "left_at"))
    return (started <= times) & ~(left <= times)


def chat(stage: Stage, staff: pd.DataFrame) -> pd.DataFrame:
    """Messages in the channels of the office: who wrote, in which room, and whom it answers; no words are kept."""
    chance = stage.chance
    rate = MESSAGES_A_DAY * weekday_factor(stage.weekday(stage.days), OFFICE_WEEKDAY_SHARE)
    day, slot = objects(chance.poisson("chat.count", rate, stage.days))
    key = day * 1000 + slot
    when = stage.at(day, office_hour(chance.uniform("chat.hour", key)))
    writer = chance.pick("chat.who", staff["weight"].to_numpy(), key)
    moved = staff["moved_at"].to_numpy().astype("datetime64[s]")[writer] <= when
    team = np.where(moved, staff["moved_to"].to_numpy()[writer], staff["team"].to_numpy()[writer])
    open_room = words(["general", "help", "product"], chance.pick("chat.open", [0.4, 0.35, 0.25], key))
    room = np.where(chance.uniform("chat.room", key) < 0.55, team, open_room)
    frame = pd.DataFrame({"message": key, "occurred_at": when, "writer": writer, "team": team, "room_id": room})
    frame = frame[_there(staff, writer, when)].sort_values(["room_id", "occurred_at", "message"], ignore_index=True)
    key, when, room, writer = (frame[name].to_numpy() for name in ("message", "occurred_at", "room_id", "writer"))
    rows = np.arange(len(frame))
    above = rows - 1 - (3 * chance.uniform("chat.above", key) ** 2).astype(np.int64)
    near = np.maximum(above, 0)
    answers = (above >= 0) & (room[near] == room) & (chance.uniform("chat.answers", key) < 0.6) & (writer[near] != writer)
    answers &= (when - when[near]).astype("timedelta64[s]").astype(np.int64) < 30 * 3600
    ids = np.array([f"m{number}" for number in key.tolist()], dtype=object)
    frame["interaction_id"], frame["actor_email"] = ids, staff["email"].to_numpy()[writer]
    frame["kind"] = "message"
    frame["parent_id"] = only_where(answers, ids[near])
    frame["addressee_email"] = only_where(answers, staff["email"].to_numpy()[writer[near]])
    thread = rows.copy()
    for row in np.flatnonzero(answers):  # a parent stands before its answers
        thread[row] = thread[near[row]]
    frame["thread_id"] = ids[thread]
    frame["is_question"] = ~answers & (chance.uniform("chat.question", key) < np.where(room == "help", 0.7, 0.12))
    frame = frame[frame["occurred_at"] <= stage.clock]
    return frame.sort_values(["occurred_at", "message"], ignore_index=True)


def letters(stage: Stage, staff: pd.DataFrame, companies: pd.DataFrame, persons: pd.DataFrame) -> pd.DataFrame:
    """E-mails of suppliers and the answers of our operations team."""
    chance = stage.chance
    suppliers = companies[companies["role"].isin(["supplier", "partner"])]
    day, slot = objects(
        chance.poisson(
            "letters.count", LETTERS_A_DAY * stage.scale**0.5 * weekday_factor(stage.weekday(stage.days), OFFICE_WEEKDAY_SHARE), stage.days
        )
    )
    key = day * 1000 + slot
    when = stage.at(day, office_hour(chance.uniform("letters.hour", key)))
    company = suppliers["key"].to_numpy()[chance.pick("letters.who", np.exp(0.8 * suppliers["warmth"].to_numpy()), key)]
    known = persons[~persons["is_double"]].set_index("contact")
    size = companies.set_index("key")["contacts"].reindex(company).to_numpy()
    person = company * 8 + (chance.uniform("letters.person", key) * size).astype(np.int64)
    made = known["created_at"].reindex(person).to_numpy()
    writer = known["email"].reindex(np.where(made <= when, person, company * 8)).to_numpy()
    crew = staff[(staff["team"] == "operations") & staff["left_at"].isna() & (staff["started_at"] < stage.start)]
    minutes = answer_minutes(stage, "letters", "email", "suppliers", key)
    done = ~np.isnan(minutes)
    threads = np.array([f"letter-{number}" for number in key.tolist()], dtype=object)
    inbound = pd.DataFrame({"message": key, "occurred_at": when, "is_brand": False, "actor_email": writer, "thread_id": threads})
    inbound["interaction_id"] = threads + "-0"
    inbound["is_shared"] = company % 4 == 0  # of these suppliers each shares a channel of our chat with us
    agent = crew["email"].to_numpy()[chance.pick("letters.agent", crew["weight"].to_numpy(), key)]
    outbound = inbound[done].copy()
    outbound["occurred_at"] = later(outbound["occurred_at"], minutes[done] / 60)
    outbound["is_brand"], outbound["actor_email"], outbound["addressee_email"] = True, agent[done], writer[done]
    outbound["parent_id"], outbound["interaction_id"] = outbound["interaction_id"], threads[done] + "-1"
    said = words(SUPPLIER_MESSAGES, chance.pick("letters.text", np.ones(len(SUPPLIER_MESSAGES)), key))
    inbound["text"] = [text.format(n=number) for text, number in zip(said, key.tolist(), strict=True)]
    reply = words(ANSWERS, chance.pick("letters.reply", np.ones(len(ANSWERS)), key[done]))
    outbound["text"] = [text.format(n=number, name="there", thing="order") for text, number in zip(reply, key[done].tolist(), strict=True)]
    frame = pd.concat([inbound, outbound], ignore_index=True)
    frame["kind"], frame["audience"], frame["team"] = "message", "suppliers", "operations"
    frame = frame[frame["occurred_at"] <= stage.clock]
    return frame.sort_values(["occurred_at", "interaction_id"], ignore_index=True)
