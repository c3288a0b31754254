"""Tokens that a vendor hands out in place of the configured ones -> a file beside the warehouse, for its owner only.

Some vendors accept a refresh token once and give the next one with the answer: losing it would end the access.
"""

import hashlib
import json
import os
import tempfile
import threading
from contextlib import suppress
from typing import Any

from pipelines.raw import Source
from pipelines.settings import Settings

_WRITING = threading.Lock()  # sources that extract side by side share the file


class Tokens:
    """Those of one account. They count only while the configured secrets are those they came from: whoever sets a new one means it."""

    def __init__(self, settings: Settings, source: Source, account: str | None) -> None:
        self._path = settings.warehouse_path.parent / "tokens.json"
        self._account = f"{source.name}/{account or ''}"
        given = settings.source(source.name, source.settings, account)
        self._given = {setting.name: given[setting.name] for setting in source.settings if setting.is_secret and given.get(setting.name)}
        self._origin = hashlib.sha256(json.dumps(self._given, sort_keys=True).encode()).hexdigest()

    def get(self, name: str) -> str | None:
        kept = self._read().get(self._account, {})
        return kept.get("tokens", {}).get(name) if kept.get("origin") == self._origin else None

    def secrets(self) -> set[str]:
        """Every secret of this account, configured or kept: what no message may show."""
        return {*self._given.values(), *self._read().get(self._account, {}).get("tokens", {}).values()}

    def keep(self, name: str, value: str) -> None:
        with _WRITING:
            self._write(name, value)

    def _write(self, name: str, value: str) -> None:
        every = self._read()
        kept = every.get(self._account, {})
        tokens = kept.get("tokens", {}) if kept.get("origin") == self._origin else {}
        every[self._account] = {"origin": self._origin, "tokens": {**tokens, name: value}}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".tokens-", dir=self._path.parent)  # readable for its owner only
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(every, file)
        os.replace(temporary, self._path)

    def _read(self) -> dict[str, Any]:
        with suppress(FileNotFoundError, ValueError):
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else {}
        return {}
