"""Environment, .env and .dlt/config.toml -> Settings, read once; no other module of ours touches os.environ."""

import os
import re
import secrets
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from pipelines.raw import Setting

PROJECT = Path(__file__).resolve().parent.parent
ACCOUNT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")  # the name of one of several accounts of a source
SCHEMAS = frozenset({"core", "roi", "relationships", "board", "staging", "intermediate", "settings", "main"})

# Nothing in this house reports home unless its owner says so, and dlt's log would repeat values: faults are told once, by us.
for _name, _off in (
    ("RUNTIME__DLTHUB_TELEMETRY", "false"),
    ("RUNTIME__LOG_LEVEL", "CRITICAL"),
    ("DBT_SEND_ANONYMOUS_USAGE_STATS", "false"),
    ("GX_ANALYTICS_ENABLED", "false"),
):
    os.environ.setdefault(_name, _off)


class SettingsError(Exception):
    """A setting cannot be used; the message holds the cure and never a secret."""


@dataclass(frozen=True)
class Secret:
    """A value that never shows itself; `reveal()` is the only way to it."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


@dataclass(frozen=True)
class Settings:
    """What a run needs to know. Paths are absolute; `as_of` is UTC and naive, as every time in the warehouse is."""

    warehouse_path: Path
    published_path: Path
    inbox_path: Path
    is_demo: bool = False
    as_of: datetime | None = None
    postgres_dsn: Secret | None = None
    smtp_url: Secret | None = None
    webhook_url: Secret | None = None
    digest_from: str = ""
    digest_to: tuple[str, ...] = ()
    _key: Secret | None = None
    _previous_keys: tuple[Secret, ...] = ()
    _values: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def key_path(self) -> Path:
        """Where the secret for person keys lies when GOODWILL_KEY does not give it."""
        return self.warehouse_path.parent / "goodwill.key"

    @cached_property
    def secrets(self) -> tuple[Secret, ...]:
        """Secrets from which person keys are derived, oldest first; one is made beside the warehouse where none is given."""
        if self._key is not None:
            return (*self._previous_keys, self._key)
        self.key_path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(self.key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
        values = [line.strip() for line in self.key_path.read_text(encoding="ascii").splitlines() if line.strip()]
        if not values:
            raise SettingsError(f"{self.key_path} is empty: give GOODWILL_KEY, or remove the file if no person has been loaded yet")
        return tuple(Secret(value) for value in values)

    @property
    def key(self) -> Secret:
        """The newest of them."""
        return self.secrets[-1]

    @property
    def is_key_made(self) -> bool:
        """Whether the key lies in a file that we made: to be backed up, since without it no key can be made again."""
        return self._key is None

    def accounts(self, name: str) -> tuple[str | None, ...]:
        """Names of a source's accounts as SOURCES__<NAME>__ACCOUNTS lists them; (None,) where it has one without a name."""
        listed = self._values.get(_variable(name, "accounts"), "").replace(",", " ").lower().split()
        wrong = [account for account in listed if not ACCOUNT.fullmatch(account) or listed.count(account) > 1]
        if wrong:
            raise SettingsError(
                f"{_variable(name, 'accounts')} lists {wrong[0]!r} twice or with other characters than a-z, 0-9 and single _; "
                "give each account a name of its own, as in brand,emea"
            )
        return tuple(listed) or (None,)

    def source(self, name: str, declared: Iterable[Setting], account: str | None = None) -> dict[str, str]:
        """Values of a source's declared settings by name; those that are given nowhere and have no default are absent.

        An account's own SOURCES__<NAME>__<ACCOUNT>__<SETTING> wins over what is given for all accounts.
        """
        values = {}
        for setting in declared:
            own = self._values.get(_variable(name, f"{account}__{setting.name}")) if account else None
            value = own or self._values.get(_variable(name, setting.name)) or setting.default
            if value is not None:
                values[setting.name] = value
        return values

    @property
    def source_variables(self) -> list[str]:
        """Names, never values, of all that is given for sources, whether a source knows them or not."""
        return sorted(name for name in self._values if name.upper().startswith("SOURCES__"))

    def missing(self, name: str, declared: Iterable[Setting], account: str | None = None) -> list[str]:
        """Environment variables that the source (one account of it) cannot do without and that are not given."""
        declared = tuple(declared)
        given = self.source(name, declared, account)
        wanted = [
            setting.name
            for setting in declared
            if setting.is_required and not given.keys() & {setting.name, *(setting.unless or setting.name).split(" or ")}
        ]
        return [_variable(name, f"{account}__{setting}" if account else setting) for setting in wanted]


def _variable(source: str, setting: str) -> str:
    return f"SOURCES__{source}__{setting}".upper()


def _file_values(folder: Path) -> dict[str, str]:
    """[sources.<name>] of .dlt/config.toml under the names that the environment would use, then .env, which wins."""
    values: dict[str, str] = {}
    config = folder / ".dlt" / "config.toml"
    if config.exists():
        try:
            sources = tomllib.loads(config.read_text(encoding="utf-8")).get("sources", {})
        except tomllib.TOMLDecodeError as fault:
            raise SettingsError(f"{config} is not valid TOML: {fault}") from None
        for name, table in sources.items():
            if isinstance(table, Mapping):
                values |= {_variable(name, key): value for key, value in _flat(table)}
    return values | {name: value for name, value in dotenv_values(folder / ".env").items() if value is not None}


def _flat(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Settings of [sources.<name>] and, below their account's name, of [sources.<name>.<account>]."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}__{name}", text) for name, text in _flat(value))
        else:
            yield key, ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"GOODWILL_AS_OF is not an ISO 8601 time: {text!r}; for instance 2026-06-30T12:00:00Z") from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _checked(path: Path, variable: str) -> Path:
    stem = path.stem.lower()
    if stem in SCHEMAS or stem.startswith("raw_"):
        raise SettingsError(
            f"{variable} is {path.name}: a file called like the schema {stem} makes every name in it ambiguous; call it otherwise, for instance {stem}_data.duckdb"
        )
    return path


def read_settings(*, folder: Path = PROJECT, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from the environment, else `folder`/.env, else `folder`/.dlt/config.toml, else defaults.

    `overrides` are fields of Settings (a command's options); `environ` replaces os.environ. Paths of the environment
    are relative to `folder`, those of overrides to the working folder. Raises SettingsError.
    """
    values = _file_values(folder) | dict(os.environ if environ is None else environ)

    def path(field_name: str, variable: str, default: str) -> Path:
        if overrides.get(field_name) is not None:
            return Path(overrides[field_name]).expanduser().absolute()
        return (folder / Path(values.get(variable) or default).expanduser()).absolute()

    def secret(variable: str) -> Secret | None:
        return Secret(values[variable]) if values.get(variable) else None

    as_of = overrides.get("as_of") or values.get("GOODWILL_AS_OF")
    key = overrides.get("key") or values.get("GOODWILL_KEY")
    previous: list[Secret] = []
    while earlier := values.get(f"GOODWILL_PREVIOUS_KEY_{len(previous) + 1}"):
        previous.append(Secret(earlier))
    if previous and not key:
        raise SettingsError("GOODWILL_PREVIOUS_KEY_1 is given without GOODWILL_KEY: give the newest secret there")
    is_demo = overrides.get("is_demo")
    settings = Settings(
        warehouse_path=_checked(path("warehouse_path", "WAREHOUSE_PATH", "data/warehouse.duckdb"), "WAREHOUSE_PATH"),
        published_path=_checked(path("published_path", "PUBLISHED_PATH", "data/goodwill.duckdb"), "PUBLISHED_PATH"),
        inbox_path=path("inbox_path", "INBOX_PATH", "inbox"),
        is_demo=values.get("GOODWILL_DEMO", "").lower() in ("1", "true", "yes") if is_demo is None else is_demo,
        as_of=_time(as_of) if isinstance(as_of, str) else as_of,
        postgres_dsn=secret("GOODWILL_POSTGRES_DSN"),
        smtp_url=secret("GOODWILL_SMTP_URL"),
        webhook_url=secret("GOODWILL_WEBHOOK_URL"),
        digest_from=values.get("GOODWILL_DIGEST_FROM", "").strip(),
        digest_to=tuple(values.get("GOODWILL_DIGEST_TO", "").replace(",", " ").split()),
        _key=key if isinstance(key, Secret) else Secret(str(key)) if key else None,
        _previous_keys=tuple(previous),
        _values=values,
    )
    if settings.warehouse_path == settings.published_path:
        raise SettingsError(f"WAREHOUSE_PATH and PUBLISHED_PATH are both {settings.warehouse_path}: give them two names")
    return settings
