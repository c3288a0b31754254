"""Worlds for indicators of people: who comes back, who stands up for the brand, who helps, in what mood, and one with a machine that answers everybody."""

from datetime import datetime, timedelta
from typing import Any

from tests.relationship_worlds import MAY, World


def auto_responder(has_machine: bool) -> World:
    """60 people who ask; a person answers half of them after an hour, and a machine everybody at once, without saying that it is one."""
    world = World("machine" if has_machine else "no_machine", "public")
    for number in range(60):
        ask = world.say(f"p{number}", MAY + timedelta(minutes=number), "mention")
        if has_machine:
            text = f"Hello @p{number}, thank you for your message!"
            world.say("brand", MAY + timedelta(minutes=number, seconds=5), "reply", parent_id=ask, is_brand=True, text=text)
        if number % 2:
            words = " ".join(["we", "looked", "into", "it", chr(97 + number % 26) * (1 + number // 26)])
            world.say("brand", MAY + timedelta(minutes=number + 60), "reply", parent_id=ask, is_brand=True, text=words)
    return world


def regulars() -> World:
    """60 clients known since January; 40 of them write on two days of the second quarter, 20 on one. 30 of the week of 5 January are back within 28 days."""
    world = World("regulars")
    for number in range(60):
        world.say(f"p{number}", datetime(2026, 1, 5 + number % 5, 9))
        if number < 30:
            world.say(f"p{number}", datetime(2026, 1, 20, 9))
        world.say(f"p{number}", datetime(2026, 5, 4, 9))
        if number < 40:
            world.say(f"p{number}", datetime(2026, 5, 6, 9))
    return world


def advocates() -> World:
    """100 people: 20 praise, 10 praise for a reward, 10 share, 10 complain, 50 like something."""
    world = World("advocates")
    for number in range(100):
        if number < 40:
            mood, paid = (0.8, 10 <= number < 20) if number < 30 else (-0.6, False)
            world.say(f"p{number}", MAY, "mention", sentiment=mood, is_incentivised=paid, language="en")
        else:
            world.say(f"p{number}", MAY, "share" if number < 50 else "reaction")
    return world


def moods() -> World:
    """120 people with one comment each, 66 positive, 30 neutral, 24 negative in English; and 40 in German that nobody scored."""
    world = World("moods", "public")
    for number in range(120):
        world.say(f"p{number}", MAY, "comment", sentiment=0.5 if number < 66 else 0.0 if number < 96 else -0.5, language="en")
    for number in range(40):
        world.say(f"q{number}", MAY, "comment", language="de")
    return world


def neighbours() -> World:
    """60 threads of a forum: somebody asks, in 45 another one of the audience answers."""
    world = World("neighbours", "public")
    for number in range(60):
        ask = world.say(f"p{number}", MAY, "comment", post_id=f"post {number}")
        if number < 45:
            world.say(f"q{number}", MAY + timedelta(hours=1), "comment", post_id=f"post {number}", parent_id=ask)
    return world


def colleagues() -> tuple[World, list[dict[str, Any]]]:
    """40 colleagues of two teams ask once each: 30 are helped within the day, 10 of those by the other team."""
    world = World("office", "employees")
    memberships = []
    for number in range(40):
        thread = f"t{number}"
        world.say(f"p{number}", MAY, thread_id=thread, room_id="general", is_question=True)
        if number < 30:
            helper = f"p{(number + 2) % 40}" if number >= 10 else f"p{(number + 1) % 40}"
            world.say(helper, MAY + timedelta(hours=2), thread_id=thread, room_id="general")
        memberships.append(
            {"person_key": f"office/p{number}", "team": ("sales", "support")[number % 2], "valid_from": datetime(2026, 1, 1)}
        )
    return world, memberships


def minimal() -> list[dict[str, Any]]:
    """Only the columns that are required: 60 people mention the brand, and nobody answers."""
    rows = []
    for number in range(60):
        row = {"platform": "bare", "kind": "mention"}
        rows.append(
            row | {"interaction_id": f"a{number}", "occurred_at": MAY + timedelta(days=number % 20), "actor_key": f"bare/p{number}"}
        )
    return rows


PEOPLE = [auto_responder(True), auto_responder(False), regulars(), advocates(), moods(), neighbours()]
