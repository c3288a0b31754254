"""People -> keys: every person or platform account becomes an HMAC here, before anything is stored."""

import hmac
import re
import sys
import unicodedata
from contextlib import suppress
from functools import cache
from itertools import groupby

from pipelines.settings import Secret, Settings

# An address as people and machines write it: letters of any script with their marks (macOS takes an umlaut apart, Devanagari needs them), full-width
# signs, and in the address of a page %40 for @, %2540 where that address stands in another one. RE2 in DuckDB and Python read the same
# shape; Python has no classes of Unicode, so that they are spelt out for it where there may be an address at all.
AT_SIGNS = ("@", "\uff20", "\ufe6b")
ESCAPED_AT_SIGNS = ("%40", "2540", "BC%A0", "bc%a0")
_WORD = r"\p{L}\p{N}\p{M}" + "\u200c\u200d"
_LETTER = r"\p{L}" + "\u200c\u200d"
_BYTE = "%(?:25)*[89a-fA-F][0-9a-fA-F]"  # of a letter that is not ASCII
_LOCAL = f"{_WORD}._%+\uff0b\uff0d\uff0e\uff3f\uff05-"
_AT = "(?:[@\uff20\ufe6b]|%(?:25)*40|%[eE][fF]%[bB][cC]%[aA]0)"
_DOT = "(?:[.\u3002\uff0e\uff61]|%(?:25)*2[eE])"
_LABEL = f"(?:[{_WORD}\uff0d-]|{_BYTE})+"
_TOP = rf"(?:[{_LETTER}]|{_BYTE})(?:[{_LETTER}\p{{M}}]|{_BYTE})+"
ADDRESS_PATTERN = f"[{_LOCAL}]['\uff07{_LOCAL}]*\"?{_AT}{_LABEL}(?:{_DOT}{_LABEL})*{_DOT}{_TOP}"
MASK = "<address>"
ENDING = r"\.(?:csv|jsonl?|parquet|gz|zst|txt|tsv|xlsx?|zip|bz2)"  # of a file, and of no domain
REMOVED = "<forgotten>"  # what stands in a text where somebody forgotten stood; it is nobody, and never becomes a key


@cache
def _address() -> re.Pattern[str]:
    """ADDRESS_PATTERN for Python."""
    kinds = groupby(range(sys.maxunicode + 1), key=lambda code: unicodedata.category(chr(code))[0])
    ranges: dict[str, list[str]] = {"L": [], "N": [], "M": []}
    for kind, codes in kinds:
        if kind in ranges:
            first, *others = codes
            ranges[kind].append(f"{chr(first)}-{chr(others[-1] if others else first)}")
    return re.compile(re.sub(r"\\p\{(\w)\}", lambda kind: "".join(ranges[str(kind[1])]), ADDRESS_PATTERN))


def without_addresses(message: str) -> str:
    """What is said of a file or an answer: a value in it may be somebody's address, as where a file has no header."""
    return _address().sub(MASK, message) if any(at in message for at in (*AT_SIGNS, *ESCAPED_AT_SIGNS)) else message


def name_without_addresses(name: str) -> str:
    """The name of a file below its folder: of ann@example.org.csv the end is no part of an address, and jobs@2026.csv holds none."""
    parts = [(part, len(part) - len(found[0])) for part in name.split("/") if (found := re.search(f"(?:{ENDING})*$", part, re.IGNORECASE))]
    return "/".join(without_addresses(part[:end]) + part[end:] for part, end in parts)


def derive(secret: Secret, purpose: str) -> bytes:
    """32 bytes for one purpose: HKDF-SHA256 (RFC 5869) with the salt `goodwill`."""
    extracted = hmac.digest(b"goodwill", secret.reveal().encode(), "sha256")
    return hmac.digest(extracted, purpose.encode() + b"\x01", "sha256")


def normal_email(address: str) -> str:
    """NFKC, lower case, the domain in punycode; raises ValueError where it is no address (the message does not repeat it)."""
    local, at, domain = unicodedata.normalize("NFKC", address).strip().lower().rpartition("@")
    if not (at and local and domain) or any(character.isspace() for character in local + domain):
        raise ValueError("not an e-mail address")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError("the domain of the e-mail address cannot exist") from None
    return f"{local}@{domain}"


class Keys:
    """Keys of people under a chain of secrets, oldest first; the same person always gives the same 64 hex digits.

    A later secret wraps what the earlier ones made: key = HMAC(newest, ... HMAC(oldest, person)). So a warehouse is
    rotated without knowing a person (`wrapped`), and whoever is loaded afterwards gets the very same key.
    """

    def __init__(self, *secrets: Secret, is_demo: bool = False) -> None:
        # The demo company has a purpose of its own: its persons are nobody's, whatever the secret.
        self._identity = [derive(secret, "demo" if is_demo else "identity") for secret in secrets]
        self._salt = derive(secrets[0], "reference").hex()
        self._tombstone = [derive(secret, "tombstone") for secret in secrets]

    @classmethod
    def of(cls, settings: Settings) -> "Keys":
        """Under every secret that the settings give."""
        return cls(*settings.secrets, is_demo=settings.is_demo)

    def _generations(self, message: str) -> list[str]:
        """The key as it was under the first secret, under the first two, ..., under all."""
        made = [message]
        for secret in self._identity:
            made.append(_hex(secret, made[-1]))
        return made[1:]

    def _digest(self, message: str) -> str:
        return self._generations(message)[-1]

    def email(self, address: str) -> str:
        return self._digest(_email(address))

    def account(self, platform: str, platform_id: str) -> str:
        """A platform account by its immutable id, never by its handle, which platforms hand on."""
        return self._digest(_account(platform, platform_id))

    def given(self, value: str) -> str:
        """A key that the file itself gives: it may be somebody's name, so it is not stored either."""
        return self._digest(_given(value))

    @property
    def check(self) -> str:
        """8 hex digits by which a warehouse recognises the secrets that its keys were made with."""
        return self._digest("key-check")[:8]

    @property
    def salt(self) -> str:
        """What hides which thread a published reference means: of the oldest secret, so that a rotation changes no reference and no draw."""
        return self._salt

    def wrapped(self, key: str, since: int) -> str:
        """A key that was made under the first `since` secrets, as all of them make it."""
        for secret in self._identity[since:]:
            key = _hex(secret, key)
        return key

    def tombstone(self, key: str) -> str:
        """What stays of a forgotten person, by the person's key of today: nobody without the secret can make it or turn it back."""
        return _hex(self._tombstone[-1], key)

    def remnant(self, name: str) -> str:
        """What stands where an account or a vendor's number of a forgotten person stood: it tells apart, and nobody by it."""
        return "forgotten:" + self.tombstone(name)[:16]

    def wrapped_tombstone(self, tombstone: str, since: int) -> str:
        """A tombstone that was made under the first `since` secrets, as it stands after a rotation."""
        for secret in self._tombstone[since:]:
            tombstone = _hex(secret, tombstone)
        return tombstone

    def tombstones(self, *, email: str | None = None, account: tuple[str, str] | None = None, key: str | None = None) -> set[str]:
        """Every tombstone that this person may have: one for each secret under which they may have been forgotten. An address may be given as a key."""
        messages = [_email(email) if email is not None else _account(*account) if account is not None else _given(key or "")]
        if key is not None and email is None and account is None:
            with suppress(ValueError):
                messages.append(_email(key))
        return {
            self.wrapped_tombstone(_hex(self._tombstone[place], made), place + 1)
            for message in messages
            for place, made in enumerate(self._generations(message))
        }


def _hex(secret: bytes, message: str) -> str:
    return hmac.digest(secret, message.encode(), "sha256").hex()


def _email(address: str) -> str:
    return f"v1|email|{normal_email(address)}"


def _account(platform: str, platform_id: str) -> str:
    return f"v1|{platform.strip().lower()}|{platform_id.strip()}"


def _given(value: str) -> str:
    return f"v1|key|{value.strip()}"
