"""A person -> nobody: raw rows, everything built of them, published copies, the loaders' own files and the inbox.

Order, so that a kill at any point is mended by the same command: who is it (and what a killed run had begun), the inbox,
one transaction that takes the raw rows away and leaves tombstones, everything built and published anew, the loaders'
leftovers, the warehouse as a new file, and the proof. Until the proof holds the keys stay in raw_goodwill.forgetting.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipelines.analysts.sandbox import remove_sandbox
from pipelines.erase import inbox, stored
from pipelines.erase.persons import Person, are_handles, discover_ids, follow, named
from pipelines.erase.spellings import Words, forms
from pipelines.exports import exports_folder
from pipelines.extraction import spool_folder
from pipelines.labelling.sample import purge
from pipelines.load import prepare
from pipelines.publish import restricted_path
from pipelines.run import run
from pipelines.settings import Settings, SettingsError
from pipelines.sources import discover
from pipelines.warehouse import connect, warehouse_lock

OUT_OF_REACH = (
    "backups and other copies of the warehouse or of the published file",
    "what was copied out of data/exports, a published file or a page, or is shown by a BI tool from its own cache",
    "what analysts took out of a sandbox, such as rows that `dbt show` wrote into dbt_project/logs",
    "a PostgreSQL database that is published to, where GOODWILL_POSTGRES_DSN does not name it",
    "the platforms, CRM and ledger that the data came from",
)

# A proof for a handle that nothing is stored under would prove nothing: the person may stand there by the id. No platform is asked,
# since that would tell it whom we forget.
HANDLE_ALONE = (
    "nobody is stored under this handle: handles change hands, so people are kept by the platform's own id. Look the id up (Bluesky: "
    "/xrpc/com.atproto.identity.resolveHandle?handle=..., Mastodon: /api/v1/accounts/lookup?acct=..., X: /2/users/by/username/..., YouTube: the "
    "channel's address) and name both, platform:id platform:@handle, or the person's e-mail address; nothing was changed"
)


@dataclass(frozen=True)
class Proof:
    """What became of it, in counts: nothing in here tells who it was."""

    keys: int
    shared: int
    removed: int
    kept: int
    rewritten: list[str]
    left: dict[str, str] = field(default_factory=dict)
    tables_read: int = 0
    files_read: int = 0
    failure: str | None = None

    @property
    def is_clean(self) -> bool:
        return not self.left and self.failure is None

    def lines(self) -> Iterator[str]:
        """For whoever asked."""
        yield f"{self.keys} keys: {self.removed:,} raw rows removed, {self.kept:,} kept without the person"
        if self.shared:
            yield f"{self.shared} accounts are linked to somebody else as well and were left: name them by platform:id to take them away"
        yield from (f"rewritten without the person: {name}" for name in self.rewritten)
        if self.failure:
            yield f"not built anew: {self.failure}; run `goodwill forget` again when that is mended"
        yield from (f"{name}: {why}" for name, why in sorted(self.left.items()))
        if self.is_clean:
            yield f"proof: no trace in {self.tables_read} tables and {self.files_read} files; a tombstone keeps the person out"
        yield "out of reach, to be cleaned where they are:"
        yield from (f"  {copy}" for copy in OUT_OF_REACH)


def _requested(settings: Settings) -> list[tuple[str, datetime]]:
    with connect(settings) as connection:
        return connection.execute(
            "select person_key, requested_at from raw_files.erasures where not coalesce(_deleted, false) order by all"
        ).fetchall()


def forget(
    settings: Settings, names: list[str], *, requested: bool = False, on_wait: Callable[[str], None] = lambda message: None
) -> Proof:
    """Take a person out of everything within reach. SettingsError where a name is none, or a handle that nobody is stored under; WarehouseError as for a run.

    `names` are all of one person: an address, platform:id, platform:@handle. With `requested` everybody in the entity
    erasures is forgotten too. The time of the request is GOODWILL_AS_OF, else now: only a consent after it brings the person back.
    """
    person = named(settings, names)
    sources = discover()
    requested_at = settings.as_of or datetime.now(UTC).replace(tzinfo=None)
    with warehouse_lock(settings, on_wait=on_wait):
        prepare(settings)
        if requested:
            person.keys |= {key for key, _ in _requested(settings)}
        with connect(settings) as connection:
            stored.remember(connection, person)
            person.keys |= stored.given_as_keys(connection, settings, sources, person)
            follow(connection, settings, person, inbox.links(settings))
            discover_ids(connection, settings, sources, person)
            if not requested and are_handles(names) and not stored.is_known(connection, settings, sources, person):
                raise SettingsError(HANDLE_ALONE)
        inbox.clear(settings, person, is_trial=True)
        # The raw rows go first: what is still in the inbox cannot come back any more, what left the inbox could not be found any more.
        removed, kept = stored.take_away(settings, sources, person, requested_at)
        rewritten, left = inbox.clear(settings, person, is_trial=False)
        left |= inbox.holding(settings, person)
        _leftovers(settings)
    report = run(settings, sources=[], on_step=lambda step: None)
    with warehouse_lock(settings, on_wait=on_wait):
        purge(settings)
        found, tables_read = stored.traces(settings, person)
        left |= dict.fromkeys(found, "this table still holds the person")
        if report.failure is None and not found:
            stored.compact(settings)
        _leftovers(settings)
        files_read = _look_through(settings, person, left)
    return Proof(len(person.keys), person.shared, removed, kept, rewritten, left, tables_read, files_read, report.failure)


def _leftovers(settings: Settings) -> None:
    """What loaders leave beside the warehouse (packages that wait, states, spools), which the next load makes anew; exports, the restricted file and the sandbox of before."""
    home = settings.warehouse_path.parent
    shutil.rmtree(home / "dlt", ignore_errors=True)
    shutil.rmtree(spool_folder(settings), ignore_errors=True)
    shutil.rmtree(exports_folder(settings.published_path), ignore_errors=True)
    restricted_path(settings).unlink(missing_ok=True)
    remove_sandbox(settings)
    shutil.rmtree(settings.warehouse_path.with_name(settings.warehouse_path.name + ".tmp"), ignore_errors=True)


def _data_files(settings: Settings) -> list[Path]:
    """Every file in the folders of the warehouse and of the published file, the inbox left out, which is looked through by itself."""
    folders = {settings.warehouse_path.parent, settings.published_path.parent}
    files = {path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}
    return sorted(path for path in files if not path.is_relative_to(settings.inbox_path) and path != settings.key_path)


def _look_through(settings: Settings, person: Person, left: dict[str, str]) -> int:
    """Files in whose name or bytes a key or a word of the person stands; a log that names somebody is removed."""
    words = [form.encode() for word in sorted(person.words | person.keys) for form in sorted(forms(word))]
    names = Words(person.words)
    files = _data_files(settings)
    for path in files:
        if names.standing(path.name) or _holds(path, words):
            if path.suffix == ".log" and path.parent.name == "logs":
                path.unlink()
            else:
                left[inbox.told(path.name, names)] = "still holds the person: remove it, or run `goodwill forget` again"
    return len(files)


def _holds(path: Path, words: list[bytes]) -> bool:
    longest = max(map(len, words), default=1)
    with path.open("rb") as file:
        tail = b""
        while chunk := file.read(1 << 22):
            low = (tail + chunk).lower()
            if any(word in low for word in words):
                return True
            tail = low[-longest:]
    return False
