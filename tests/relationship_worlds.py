"""Small worlds of interactions, one a platform, each made for one property of an indicator."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np

MAY = datetime(2026, 5, 4, 9)


class World:
    """Interactions of one platform; a request of a person and, after some minutes, the brand's answer."""

    def __init__(self, platform: str, audience: str = "clients") -> None:
        self.platform, self.audience = platform, audience
        self.interactions: list[dict[str, Any]] = []
        self.posts: list[dict[str, Any]] = []

    def say(self, actor: str, at: datetime, kind: str = "message", **more: Any) -> str:
        interaction_id = f"{len(self.interactions):05}"
        self.interactions.append(
            {
                "platform": self.platform,
                "interaction_id": interaction_id,
                "occurred_at": at,
                "kind": kind,
                "actor_key": f"{self.platform}/{actor}",
            }
            | {"audience": self.audience}
            | more
        )
        return interaction_id

    def ask(self, person: str, minutes: float | None, at: datetime = MAY, **more: Any) -> None:
        """A conversation of its own; `minutes` until the answer, None for never."""
        thread = f"{person}/{at:%j}"
        self.say(person, at, thread_id=thread, **more)
        if minutes is not None:
            self.say("brand", at + timedelta(minutes=minutes), thread_id=thread, is_brand=True)

    def comment_and_reply(self, number: int, text: str | None, **reply: Any) -> None:
        """A post of the brand, a comment of somebody below it, and the brand's reply."""
        post = f"post {number}"
        self.posts.append(
            {"platform": self.platform, "profile_id": "us", "post_id": post, "posted_at": MAY, "kind": "text", "audience": self.audience}
        )
        comment = self.say(f"person {number}", MAY + timedelta(hours=1), "comment", post_id=post)
        self.say("brand", MAY + timedelta(hours=2), "reply", post_id=post, parent_id=comment, is_brand=True, text=text, **reply)


def half_fast() -> World:
    """Brand A: answers half, at once; a few more after hours; the rest never."""
    world = World("half_fast")
    for number in range(60):
        world.ask(f"p{number}", 5 + number / 60 if number < 27 else 300 + number if number < 33 else None)
    return world


def half_fast_of_metrics() -> World:
    """METRICS section 4, brand A: 31 of 60 are answered, the 16th after 7.2 minutes and the 30th after 39.4."""
    world = World("half_fast_of_metrics")
    for number in range(60):
        minutes = 7.2 + (number - 15) * (0.4 if number < 15 else 2.3)
        world.ask(f"p{number}", minutes if number < 29 else {29: 39.4, 30: 44.0}.get(number))
    return world


def nearly_all_of_metrics() -> World:
    """Brand B: 56 of 60 are answered, the middle two after 25.8 and 29.2 minutes with 27.5 between them, the 30th of all after 29.2."""
    world = World("nearly_all_of_metrics")
    waits = [*(1 + 0.9 * number for number in range(27)), 25.8, 29.2, 29.2, *(30.0 + number for number in range(26))]
    for number in range(60):
        world.ask(f"p{number}", waits[number] if number < 56 else None)
    return world


def nearly_all() -> World:
    """Brand B: answers nearly all, in half an hour."""
    world = World("nearly_all")
    for number in range(60):
        world.ask(f"p{number}", 25 + number / 6 if number < 57 else None)
    return world


def responder(platform: str, text: str | None, **reply: Any) -> World:
    world = World(platform, "public")
    for number in range(40):
        world.comment_and_reply(number, text and text.format(number=number, name=chr(97 + number % 26) * (2 + number // 26)), **reply)
    return world


def five_messages() -> World:
    """One reply in five messages, to each of 40 people."""
    world = World("five_messages", "public")
    for number in range(40):
        world.comment_and_reply(number, None)
        for more in range(4):
            world.say(
                "brand",
                MAY + timedelta(hours=3 + more),
                "reply",
                post_id=f"post {number}",
                parent_id=world.interactions[number * 6]["interaction_id"],
                is_brand=True,
            )
    return world


def answer_times() -> World:
    random = np.random.default_rng(3)
    world = World("answer_times")
    for number, minutes in enumerate(random.lognormal(4, 1.5, 120).round(2)):
        world.ask(f"p{number}", float(minutes) if number % 5 else None, MAY + timedelta(hours=number))
    return world


def unequal_askers() -> World:
    """50 people, those with more requests answered less often."""
    world = World("unequal_askers", "suppliers")
    for person in range(50):
        for request in range(1 + person % 6):
            world.ask(
                f"p{person}", 10 if (person + request) % (2 + person % 3) == 0 else None, MAY + timedelta(days=request, seconds=person)
            )
    return world


def two_months() -> World:
    """The same 60 people in two months, answered worse in the second; every third one is always answered."""
    world = World("two_months", "public")
    for month, answered in ((MAY - timedelta(days=30), 48), (MAY, 26)):
        for person in range(60):
            world.ask(f"p{person}", 15 if person % 3 == 0 or person < answered else None, month)
    return world


def late() -> World:
    world = World("late")
    for number in range(40):
        world.ask(f"p{number}", 6 * 24 * 60, datetime(2026, 5, 30))
    return world


def few(platform: str, people: int, requests: int) -> World:
    world = World(platform)
    for person in range(people):
        for request in range(requests):
            world.ask(f"p{person}", 10, MAY + timedelta(days=request))
    return world


def chains() -> World:
    """Answers to answers, told by what each answers alone: asked, added to, answered, thanked for, answered again; half of 40 are asked once more."""
    world = World("chains")
    for number in range(40):
        steps = [("mention", 0, False), ("reply", 5, False), ("reply", 30, True), ("reply", 40, False), ("reply", 50, True)]
        for place, (kind, minutes, is_brand) in enumerate(steps[: 5 if number < 20 else 3]):
            world.interactions.append(
                {
                    "platform": "chains",
                    "interaction_id": f"{number}/{place}",
                    "occurred_at": MAY + timedelta(days=number % 20, minutes=minutes),
                    "kind": kind,
                    "actor_key": "us" if is_brand else f"p{number}",
                    "is_brand": is_brand,
                    "audience": "clients",
                    "parent_id": f"{number}/{place - 1}" if place else None,
                }
            )
    return world


WORLDS = [
    chains(),
    half_fast(),
    nearly_all(),
    half_fast_of_metrics(),
    nearly_all_of_metrics(),
    late(),
    answer_times(),
    unequal_askers(),
    two_months(),
    five_messages(),
    responder("bot", None, is_bot=True),
    responder("template", "Hello @{name}, we got your message no. {number}!"),
    responder("persons", "Dear {name}, that is so"),
    few("nine_people", 9, 10),
    few("twenty_nine_people", 29, 2),
]
