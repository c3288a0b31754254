"""What stories are drawn from: colleagues' own ones, suppliers' cases, and the people whom an answer to somebody else helped."""

import numpy as np
import pandas as pd

from simulator.chance import objects, words
from simulator.stage import ACCOUNTS, DAYS, NEVER, SEED, Stage, later

A_WEEK = 0.8
PAGES = ("instagram", "facebook")  # who likes what is said there comes by the file drop
LIKES_OF_AN_ANSWER = 0.9
OWN_STORIES = [
    "A workshop could not print its labels on the last day before a fair. Two of us stayed on the phone until the first box was out.",
    "A supplier warned us of a bad batch before it left the yard. We had asked how their own week was going, that is all.",
    "I joined in spring and knew nobody. Somebody from another team answered every one of my questions in the help channel.",
    "A client wrote in anger and signed the next mail with a joke. In between we had only told her what went wrong.",
    "We were wrong about a delivery and said so in public. The thread that I feared became the kindest of the month.",
]
# What `goodwill stories review` wrote down: stories of the demo company with all its days, as its seed and key draw them. (story, decision, time)
REVIEWS = [
    ("2025-Q4-solved-suppliers-db3e0783", "approved", "2026-05-20T14:30"),
    ("2025-Q4-help-clients-8343c57d", "approved", "2026-05-20T14:30"),
    ("2025-Q4-rescue-clients-e15f83f2", "rejected", "2026-05-20T14:30"),
    ("2026-Q1-rescue-clients-27ee82aa", "approved", "2026-06-30T09:15"),
    ("2026-Q1-lost-clients-d23119cd", "approved", "2026-06-30T09:15"),
    ("2026-Q1-neglected-suppliers-1b02c403", "approved", "2026-06-30T09:15"),
    ("2026-Q1-welcome-clients-46b523f6", "rejected", "2026-06-30T09:15"),
    ("2026-Q1-own-3e184f19", "approved", "2026-06-30T09:15"),
]


def reviews(stage: Stage) -> pd.DataFrame:
    """Decisions so far; another seed, or fewer days or clients, have other stories."""
    is_whole = (stage.seed, stage.history_days, stage.accounts) == (SEED, DAYS, ACCOUNTS)
    frame = pd.DataFrame(REVIEWS if is_whole else [], columns=["story_id", "decision", "reviewed_at"])
    frame["reviewed_at"] = frame["reviewed_at"].to_numpy().astype("datetime64[s]")
    return frame[frame["reviewed_at"] <= stage.clock].assign(reviewer_role="head of communications")


def submissions(stage: Stage, staff: pd.DataFrame) -> pd.DataFrame:
    """Stories as they were submitted so far; not everyone named has agreed to each, and some are taken back."""
    chance = stage.chance
    week = np.arange(len(stage.days) // 7)
    week = week[chance.uniform("own.told", week) < A_WEEK]
    when = stage.at(week * 7 + 2, 9 + 7 * chance.uniform("own.hour", week))
    author = (chance.uniform("own.who", week) * len(staff)).astype(np.int64)
    there = (staff["started_at"].to_numpy()[author] <= when) & ~(staff["left_at"].to_numpy()[author] <= when)
    week, when, author = week[there], when[there], author[there]
    withdrawn = np.where(chance.uniform("own.withdrawn", week) < 0.08, later(when, 24 * 40 * chance.uniform("own.back", week)), NEVER)
    frame = pd.DataFrame(
        {
            "story_id": [f"own-{number}" for number in week.tolist()],
            "person_email": staff["email"].to_numpy()[author],
            "submitted_at": when,
            "text": words(OWN_STORIES, chance.pick("own.text", np.ones(len(OWN_STORIES)), week)),
            "audience": "employees",
            "is_consented_by_all": chance.uniform("own.agreed", week) < 0.8,
            "withdrawn_at": stage.known(withdrawn),
        }
    )
    return frame[frame["submitted_at"] <= stage.clock].reset_index(drop=True)


def supplier_cases(letters: pd.DataFrame) -> pd.DataFrame:
    """What the operations team keeps of each letter of a supplier: solved once it was answered."""
    asked = letters[~letters["is_brand"]].set_index("thread_id")["occurred_at"]
    answered = letters[letters["is_brand"]].groupby("thread_id")["occurred_at"].min().reindex(asked.index)
    frame = pd.DataFrame({"platform": "email", "thread_id": asked.index, "opened_at": asked.to_numpy(), "resolved_at": answered.to_numpy()})
    frame["status"] = np.where(frame["resolved_at"].notna(), "solved", "open")
    return frame.assign(team="operations", audience="suppliers")


def likes_of_answers(stage: Stage, talk: pd.DataFrame, crowd: pd.DataFrame) -> pd.DataFrame:
    """People who liked an answer of ours on a page, in the words of `interactions`; each at most once."""
    chance, frames = stage.chance, []
    for platform in PAGES:
        answers = talk[talk["is_brand"] & (talk["platform"] == platform)]
        there = crowd[crowd["platform"] == platform]
        row, slot = objects(chance.poisson("answers.likes", LIKES_OF_AN_ANSWER, answers["message"].to_numpy()))
        answers = answers.iloc[row]
        key, answered = answers["message"].to_numpy(), answers["occurred_at"].to_numpy().astype("datetime64[s]")
        existing = np.maximum(np.searchsorted(there["since"].to_numpy(), answered), 1)
        who = chance.pick_among_first("answers.likes.who", there["weight"].to_numpy(), existing, key, slot)
        frame = pd.DataFrame(
            {
                "platform": platform,
                "occurred_at": later(answered, 48 * chance.uniform("answers.likes.when", key, slot) ** 2),
                "kind": "reaction",
                "actor_platform_id": there["actor_id"].to_numpy()[who],
                "addressee_platform_id": answers["profile_id"].to_numpy(),
                "profile_id": answers["profile_id"].to_numpy(),
                "is_brand": False,
                "parent_id": answers["message_id"].to_numpy(),
            }
        )
        # never by whom: an id is stored as it is given
        frame["interaction_id"] = [f"{answer}-like-{number}" for answer, number in zip(frame["parent_id"], slot.tolist(), strict=True)]
        frames.append(frame.drop_duplicates(["parent_id", "actor_platform_id"]))
    frame = pd.concat(frames, ignore_index=True)
    return frame[frame["occurred_at"] <= stage.clock].sort_values(["occurred_at", "interaction_id"], ignore_index=True)
