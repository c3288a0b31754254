"""People -> keys: every person or platform account becomes an HMAC here, before anything is stored."""

import hmac
import unicodedata

from pipelines.settings import Secret

# RE2 and Python agree on it only inside DuckDB, where it is used: letters of any script, so that no address slips through.
ADDRESS_PATTERN = r"[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}"
MASK = "<address>"


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
    """Keys of people under one secret; the same person always gives the same 64 hex digits."""

    def __init__(self, secret: Secret) -> None:
        self._identity = derive(secret, "identity")

    def _digest(self, message: str) -> str:
        return hmac.digest(self._identity, message.encode(), "sha256").hex()

    def email(self, address: str) -> str:
        return self._digest(f"v1|email|{normal_email(address)}")

    def account(self, platform: str, platform_id: str) -> str:
        """A platform account by its immutable id, never by its handle, which platforms hand on."""
        return self._digest(f"v1|{platform.strip().lower()}|{platform_id.strip()}")

    def given(self, value: str) -> str:
        """A key that the file itself gives: it may be somebody's name, so it is not stored either."""
        return self._digest(f"v1|key|{value.strip()}")

    @property
    def check(self) -> str:
        """8 hex digits by which a warehouse recognises the secret that its keys were made with."""
        return self._digest("key-check")[:8]
