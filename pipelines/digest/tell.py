"""The published file -> ten lines a week, on the terminal, by mail and to a webhook; each week goes to each place once."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from pipelines.digest.deliver import DeliveryError, channels
from pipelines.digest.lines import Digest, compose
from pipelines.page.published import Published
from pipelines.settings import Settings, SettingsError


@dataclass
class Memory:
    """What was sent last: names of measures and audiences, no figure and no address."""

    week: str = ""  # of the last digest that was sent
    told: list[str] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)  # to which places
    former_week: str = ""  # the one before, which the same week is held against once more
    former_told: list[str] = field(default_factory=list)


def memory_path(settings: Settings) -> Path:
    """Beside the published file."""
    return settings.published_path.with_suffix(".digest.json")


def _remembered(path: Path) -> Memory:
    try:
        return Memory(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Memory()
    except (ValueError, TypeError):
        raise SettingsError(f"{path} is not what a digest wrote: remove it, and the next one counts as the first") from None


def _remember(path: Path, memory: Memory) -> None:
    following = path.with_name(f"{path.name}.{os.getpid()}.next")
    following.write_text(json.dumps(asdict(memory), indent=1) + "\n", encoding="utf-8")
    os.replace(following, path)


def _composed(settings: Settings, today: date, memory: Memory) -> Digest:
    if not settings.published_path.exists():
        raise SettingsError(f"there is nothing to tell: {settings.published_path} does not exist yet; `goodwill run` makes it")
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        published = Published(connection)
        digest = compose(published, today, *((memory.told, memory.week) if memory.week else ()))
        if digest.week == memory.week:
            digest = compose(published, today, *((memory.former_told, memory.former_week) if memory.former_week else ()))
    return digest


def tell(settings: Settings, today: date, is_sent: bool, say: Callable[[str], None]) -> bool:
    """Say the ten lines, and send them where `is_sent` to every configured place that does not have this week's yet.

    False where a place did not take them; the same call tries it again. SettingsError where nothing was published, or
    nothing is configured to send it by.
    """
    path = memory_path(settings)
    memory = _remembered(path)
    digest = _composed(settings, today, memory)
    for line in digest.lines:
        say(line)
    if not is_sent:
        return True
    places = channels(settings)
    if not places:
        raise SettingsError(
            "nobody to send it to: set GOODWILL_SMTP_URL (with GOODWILL_DIGEST_FROM and _TO) or GOODWILL_WEBHOOK_URL, see .env.example"
        )
    if digest.week != memory.week:
        memory = Memory(week=digest.week, told=digest.told, former_week=memory.week, former_told=memory.told)
    is_whole = True
    for name, send in places.items():
        if name in memory.delivered:
            say(f"{name}: {digest.week} was sent before")
            continue
        try:
            send(digest)
        except (DeliveryError, SettingsError) as fault:
            say(f"{name}: not sent: {fault}")
            is_whole = False
            continue
        # written after each, so that what was sent is not sent again for another's sake
        memory.delivered.append(name)
        _remember(path, memory)
        say(f"{name}: {digest.week} sent")
    return is_whole
