"""What a person is called -> every key under which the person is stored: their own, those of their accounts and merged contacts."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from pipelines.erase.spellings import of_address, plain
from pipelines.keys import Keys
from pipelines.raw import RawTable, Source
from pipelines.settings import Settings, SettingsError
from pipelines.warehouse import literal, quoted

# Where a person and an account of theirs stand side by side: (tables, person, account), a person's alone where only one has it.
LINKS = (
    ("raw_files.identity_links", "person_key", "actor_key"),
    ("raw_matomo.visits", "user_key", "visitor_key"),
)
# Records of a CRM that live on in another one.
MERGES = tuple(
    (f"{one} as one join {other} as other on one.{into} = other.{id_}", "one.person_key", "other.person_key")
    for one, into, other, id_ in (
        ("raw_files.contacts", "merged_into", "raw_files.contacts", "contact_id"),
        ("raw_hubspot.contacts", "merged_into", "raw_hubspot.contacts", "contact_id"),
        ("raw_salesforce.contacts", "merged_into", "raw_salesforce.contacts", "contact_id"),
        ("raw_salesforce.leads", "merged_into", "raw_salesforce.leads", "lead_id"),
        ("raw_salesforce.leads", "converted_contact_id", "raw_salesforce.contacts", "contact_id"),
    )
)
# A vendor's own number of somebody whose address it knows: (vendor, table, number). What names no address is known by the number alone. A customer
# that names its company is the company, for which a person only answers.
NUMBERS = (
    ("slack", "raw_slack.users", "user_id"),
    ("stripe", "raw_stripe.customers where account_id is null", "customer_id"),
    ("zendesk", "raw_zendesk.users", "user_id"),
)
SHORTEST_TRACE = 6  # a shorter id would be found by chance in any file


@dataclass
class Person:
    """Keys of one person, and the words by which a file may name them (addresses, ids and handles, in plain form)."""

    keys: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    accounts: set[tuple[str, str]] = field(default_factory=set)
    shared: int = 0

    def name(self, word: str) -> None:
        if len(word) >= SHORTEST_TRACE:
            self.words.add(plain(word))

    def name_address(self, address: str) -> None:
        for word in of_address(address):
            self.name(word)


def named(settings: Settings, names: list[str]) -> Person:
    """E-mail addresses, or platform:id and platform:@handle. SettingsError where one is neither; the message does not repeat it."""
    keys, person = Keys.of(settings), Person()
    for name in names:
        platform, colon, account = name.partition(":")
        if colon and platform.isidentifier() and account.strip():
            account = account.strip()
            person.keys |= {keys.account(platform, account), keys.account(platform, account.removeprefix("@"))}
            person.accounts |= {(platform.lower(), account), (platform.lower(), account.removeprefix("@"))}
            person.name(account.removeprefix("@"))
            continue
        try:
            person.keys.add(keys.email(name))
        except ValueError:
            raise SettingsError("name the person by an e-mail address, by platform:id, or by platform:@handle") from None
        person.name_address(name)
    return person


def are_handles(names: list[str]) -> bool:
    """Whether platform:@handle is all that is known."""
    return all(name.partition(":")[2].strip().startswith("@") for name in names)


def listed(keys: set[str]) -> str:
    return f"({', '.join(literal(key) for key in sorted(keys)) or 'null'})"


def follow(connection: duckdb.DuckDBPyConnection, settings: Settings, person: Person, exported: set[tuple[str, str]]) -> None:
    """Add the accounts that are linked to this person alone, the person of an account, and contacts that were merged into one.

    `exported` are the links (person, account) that only files know.

    An account that is linked to somebody else as well is not this person's to take away: it is counted.
    """
    keys = Keys.of(settings)
    pairs = sorted(exported)
    sides = {name: pa.array([pair[side] for pair in pairs], pa.string()) for side, name in enumerate(("person_key", "actor_key"))}
    connection.register("exported", pa.table(sides))
    owners: dict[str, set[str]] = {}
    before = -1
    while before != len(person.keys):
        before = len(person.keys)
        owners.clear()
        for owner, account in _pairs(connection, (*LINKS, ("exported", "person_key", "actor_key")), person):
            owners.setdefault(account, set()).add(owner)
        for account, of_account in owners.items():
            if len(of_account) == 1 or of_account <= person.keys:
                person.keys |= {account, *of_account}
        for pair in _pairs(connection, MERGES, person):
            person.keys |= set(pair)
        _follow_numbers(connection, keys, person)
    connection.unregister("exported")
    person.shared = sum(account not in person.keys for account in owners)


def _follow_numbers(connection: duckdb.DuckDBPyConnection, keys: Keys, person: Person) -> None:
    for vendor, table, number in NUMBERS:
        mine = {id_ for platform, id_ in person.accounts if platform == vendor}
        found = connection.execute(
            f"select {number}, person_key from (from {table}) where person_key in {listed(person.keys)} or {number} in {listed(mine)}"
        ).fetchall()
        for id_, key in found:
            person.keys |= {keys.account(vendor, id_), *([key] if key else [])}
            person.accounts.add((vendor, id_))
            if not id_.isdigit():  # one of digits alone stands in any longer number
                person.name(id_)


def discover_ids(connection: duckdb.DuckDBPyConnection, settings: Settings, sources: dict[str, Source], person: Person) -> None:
    """Ids of the person's accounts that stand in the addresses of what they wrote (at://did:plc:.../...): proved by their key."""
    keys = Keys.of(settings)
    for source in sources.values():
        for table in source.tables:
            if "actor_key" not in table.columns or "interaction_id" not in table.columns:
                continue
            platform = "platform" if "platform" in table.columns else literal(source.name)
            ids = "regexp_extract(interaction_id, 'did:[a-z]+:[A-Za-z0-9._%-]+')"
            found = connection.execute(
                f"select distinct {platform}, {ids} from {place(source, table)} where actor_key in {listed(person.keys)}"
            ).fetchall()
            for of_platform, id_ in found:
                if id_ and keys.account(of_platform, id_) in person.keys:
                    person.accounts.add((of_platform, id_))
                    person.name(id_)


def place(source: Source, table: RawTable) -> str:
    return f"{quoted(f'raw_{source.name}')}.{quoted(table.name)}"


def _pairs(connection: duckdb.DuckDBPyConnection, places: Iterable[tuple[str, str, str]], person: Person) -> list[tuple[str, str]]:
    """Those that the person is in, and the others of the same account."""
    keys = listed(person.keys)
    every = " union ".join(f"select one, other from (select {one} as one, {other} as other from {tables})" for tables, one, other in places)
    return connection.execute(
        f"with pairs as materialized (from ({every}) where one is not null and other is not null) "
        f"from pairs where one in {keys} or other in {keys} or other in (select other from pairs where one in {keys})"
    ).fetchall()
