"""Companies and sales -> what clients do with us: support cases, answers, and whether they stay; both hang together by the planted effect."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulator.chance import Ints, objects, words
from simulator.distributions import hour_of_day
from simulator.names import ANSWERS, AUTOMATIC_ANSWER, COMPLAINTS, PRAISE, QUESTIONS
from simulator.planted import (
    ANSWER_SD_LOG,
    ANSWERED,
    COMPLAINS,
    COMPLAINS_AFTER_NEGLECT,
    HAZARD_BY_WARMTH,
    HAZARD_IF_ANSWERED,
    HAZARD_IF_NOT,
    LEAVING_A_MONTH,
    NO_ANSWER_AFTER_MINUTES,
    answer_median_minutes,
)
from simulator.stage import NEVER, Stage, Times, later
from simulator.world_posts import things

CASES_A_DAY = 0.021  # of a client of average warmth
DESK = "desk"


@dataclass(frozen=True)
class Clients:
    """Cases and their messages; `left_at` has one time for each company, NaT where it is (still) no former client."""

    conversations: pd.DataFrame
    messages: pd.DataFrame
    left_at: Times


def monthly_hazard(warmth: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """Probability of leaving within a month; exposure 1 answered within 24 hours, -1 not, 0 no case."""
    factor = np.where(exposure > 0, HAZARD_IF_ANSWERED, np.where(exposure < 0, HAZARD_IF_NOT, 1.0))
    return np.minimum(LEAVING_A_MONTH * factor * np.exp(HAZARD_BY_WARMTH * warmth), 0.5)


def answer_minutes(stage: Stage, subject: str, platform: str, audience: str, key: Ints) -> np.ndarray:
    """Minutes to the answer of each message, NaN where none ever comes; after a month nobody answers any more."""
    chance = stage.chance
    minutes = answer_median_minutes(platform, audience) * np.exp(ANSWER_SD_LOG * chance.normal(subject + ".time", key))
    answered = (chance.uniform(subject + ".answered", key) < ANSWERED[platform, audience]) & (minutes < NO_ANSWER_AFTER_MINUTES)
    return np.where(answered, minutes, np.nan)


def clients(stage: Stage, companies: pd.DataFrame, persons: pd.DataFrame, agents: pd.DataFrame, client_since: Times) -> Clients:
    """Cases of all companies as if they were clients, who then leaves month by month, and the cases that remain."""
    cases = _possible_cases(stage, companies)
    left = _leaving(stage, companies, cases, client_since)
    account = cases["account"].to_numpy()
    opened = cases["opened_at"].to_numpy().astype("datetime64[s]")
    is_client = (opened >= client_since[account]) & ~(opened >= left[account]) & (opened <= stage.clock)
    cases = cases[is_client].reset_index(drop=True)
    key = cases["case"].to_numpy()
    cases["thread_id"] = [f"case-{number}" for number in key.tolist()]
    reopened = (stage.chance.uniform("cases.reopened", key) < 0.04) & cases["answered_at"].notna().to_numpy()
    again = later(cases["answered_at"], 24 * (1 + 9 * stage.chance.uniform("cases.reopened.after", key)))
    cases["reopened_at"] = np.where(reopened, again, NEVER)
    cases["reopened_at"] = _reopened_each_day(stage, cases)
    messages = _messages(stage, cases, companies, persons, agents)
    last = messages.groupby("case")["occurred_at"].max().reindex(key).to_numpy()
    answered = cases["answered_at"].notna() & (cases["answered_at"] <= stage.clock)
    open_again = cases["reopened_at"].notna() & (cases["reopened_at"] <= stage.clock) & ~(last > cases["reopened_at"].to_numpy())
    is_solved = answered & ~open_again & (later(last, 0.5) <= stage.clock)
    cases["resolved_at"] = np.where(is_solved, later(last, 0.5), NEVER)
    cases["status"] = np.where(is_solved, "solved", np.where(open_again, "reopened", np.where(answered, "pending", "open")))
    return Clients(cases, messages, stage.known(left))


def _possible_cases(stage: Stage, companies: pd.DataFrame) -> pd.DataFrame:
    n, days = len(companies), len(stage.days)
    account, day = np.repeat(np.arange(n), days), np.tile(stage.days, n)
    rate = CASES_A_DAY * np.exp(0.3 * companies["warmth"].to_numpy())[account] * np.where(stage.weekday(day) < 5, 1.2, 0.5)
    key = companies["key"].to_numpy()[account] * 10_000 + day
    happens = stage.chance.uniform("cases.count", key) < rate
    account, day, key = account[happens], day[happens], key[happens]
    opened = stage.at(day, hour_of_day(stage.chance.uniform("cases.hour", key)))
    minutes = answer_minutes(stage, "cases", DESK, "clients", key)
    answered = np.where(np.isnan(minutes), NEVER, later(opened, np.nan_to_num(minutes) / 60))
    frame = pd.DataFrame({"case": key, "account": account, "opened_at": opened, "answered_at": answered})
    frame["is_timely"] = np.nan_to_num(minutes, nan=np.inf) <= 24 * 60
    return frame.sort_values(["opened_at", "case"], ignore_index=True)


def _leaving(stage: Stage, companies: pd.DataFrame, cases: pd.DataFrame, since: Times) -> Times:
    """Month by month: who was answered in the 90 days before stays longer."""
    left = np.full(len(companies), NEVER)
    warmth, key = companies["warmth"].to_numpy(), companies["key"].to_numpy()
    first, last = stage.start.astype("datetime64[M]").astype(int), stage.clock.astype("datetime64[M]").astype(int)
    opened = cases["opened_at"].to_numpy().astype("datetime64[s]")
    for month in range(first + 1, last + 1):
        starts, ends = (np.datetime64(number, "M").astype("datetime64[s]") for number in (month, month + 1))
        recent = cases[(opened >= starts - np.timedelta64(90, "D")) & (opened < starts)]
        account = recent["account"].to_numpy()
        counts = np.bincount(account[opened[recent.index] >= since[account]], minlength=len(companies))
        timely = np.bincount(account[(opened[recent.index] >= since[account]) & recent["is_timely"]], minlength=len(companies))
        exposure = np.where(counts == 0, 0, np.where(timely == counts, 1, -1))
        active = (since < starts) & np.isnat(left)
        leaves = active & (stage.chance.uniform("leaving", key, month) < monthly_hazard(warmth, exposure))
        when = starts + ((ends - starts).astype(np.int64) * stage.chance.uniform("leaving.when", key, month)).astype("timedelta64[s]")
        left = np.where(leaves, when, left)
    return left


def _reopened_each_day(stage: Stage, cases: pd.DataFrame) -> Times:
    """Each day after the first clock one case of the last days is opened again in the morning."""
    reopened = cases["reopened_at"].to_numpy().astype("datetime64[s]").copy()
    answered = cases["answered_at"].to_numpy().astype("datetime64[s]")
    for day in stage.days[stage.is_eventful(stage.days)]:
        recent = np.flatnonzero((answered >= stage.at(day - 8, 0.0)) & (answered < stage.at(day - 1, 0.0)) & np.isnat(reopened))
        if len(recent):
            reopened[recent[int(stage.chance.uniform("cases.reopened.today", day)[0] * len(recent))]] = stage.at(day, 8.35)
    return reopened


def _messages(stage: Stage, cases: pd.DataFrame, companies: pd.DataFrame, persons: pd.DataFrame, agents: pd.DataFrame) -> pd.DataFrame:
    """Messages of the cases so far: the question, often a machine's receipt, the answer, more turns, a reopening and its answer."""
    chance, key = stage.chance, cases["case"].to_numpy()
    opened, answered = (cases[name].to_numpy().astype("datetime64[s]") for name in ("opened_at", "answered_at"))
    reopened = cases["reopened_at"].to_numpy().astype("datetime64[s]")
    agent = agents["email"].to_numpy()[chance.pick("cases.agent", agents["weight"].to_numpy(), key)]
    emails = persons.set_index("contact")["email"]
    writer = emails.loc[companies["key"].to_numpy()[cases["account"]] * 8].to_numpy()
    frames = []

    def add(rows: np.ndarray, times: Times, step: Ints | int, is_brand: bool, is_bot: bool = False) -> None:
        frame = pd.DataFrame({"case": key[rows], "occurred_at": times, "step": step, "is_brand": is_brand, "is_bot": is_bot})
        frame["thread_id"] = cases["thread_id"].to_numpy()[rows]
        frame["actor_email"] = "desk-robot@fernway.example" if is_bot else (agent if is_brand else writer)[rows]
        frame["addressee_email"] = writer[rows] if is_brand else None
        frames.append(frame)

    everyone = np.arange(len(cases))
    add(everyone, opened, 0, False)
    receipt = everyone[chance.uniform("cases.receipt", key) < 0.2]
    add(receipt, later(opened[receipt], 0.004), 1, True, is_bot=True)
    done = everyone[~np.isnat(answered)]
    add(done, answered[done], 2, True)
    row, turn = objects(np.minimum(chance.poisson("cases.turns", 0.8, key), 4))
    going, turn = row[~np.isnat(answered[row])], turn[~np.isnat(answered[row])]
    back = later(answered[going], (turn + 1) * (0.4 + 3 * chance.uniform("cases.turn", key[going], turn)))
    add(going, back, 3 + 2 * turn, False)
    add(going, later(back, 0.1 + 0.25 * chance.uniform("cases.turn.answer", key[going], turn)), 4 + 2 * turn, True)
    again = everyone[~np.isnat(reopened)]
    add(again, reopened[again], 20, False)
    taken = again[(chance.uniform("cases.again", key[again]) < 0.8) | (stage.day_of(reopened[again]) > stage.history_days)]
    add(taken, later(reopened[taken], 0.3 + 1.4 * chance.uniform("cases.again.after", key[taken])), 21, True)
    frame = pd.concat(frames, ignore_index=True)
    frame = frame[frame["occurred_at"] <= stage.clock].sort_values(["occurred_at", "case", "step"], ignore_index=True)
    frame["interaction_id"] = [f"{case}-{step}" for case, step in zip(frame["thread_id"], frame["step"], strict=True)]
    number = frame["case"].to_numpy() * 100 + frame["step"].to_numpy()
    asked = _openings(stage, cases, frame["case"].to_numpy(), number)
    said = np.where(frame["step"] >= 3, words(PRAISE, chance.pick("cases.thanks", np.ones(len(PRAISE)), number)), asked)
    reply = words(ANSWERS, chance.pick("cases.reply", np.ones(len(ANSWERS)), number))
    template = np.where(frame["is_bot"], AUTOMATIC_ANSWER, np.where(frame["is_brand"], reply, said))
    about = things(stage, "cases.thing", frame["case"].to_numpy())
    frame["text"] = [a.format(thing=b, name="there", n=n % 9973) for a, b, n in zip(template, about, number.tolist(), strict=True)]
    frame["is_question"] = ~frame["is_brand"] & frame["text"].str.contains("?", regex=False)
    return frame


def _openings(stage: Stage, cases: pd.DataFrame, case: Ints, number: Ints) -> np.ndarray:
    """How each message would begin its case: whom we left waiting the last time complains more often."""
    was_timely = cases.groupby("account")["is_timely"].shift(fill_value=True).to_numpy().astype(bool)
    share = pd.Series(np.where(was_timely, COMPLAINS, COMPLAINS_AFTER_NEGLECT), index=cases["case"]).reindex(case).to_numpy()
    complains = stage.chance.uniform("cases.complains", case) < share
    questions, complaints = (
        words(texts, stage.chance.pick("cases.text", np.ones(len(texts)), number)) for texts in (QUESTIONS, COMPLAINTS)
    )
    return np.where(complains, complaints, questions)
