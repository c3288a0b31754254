"""How a source proves who asks: a token that stays, or one that is renewed in the middle of a load.

`http.Client` asks for the headers of each request, and for a renewal where the vendor refuses one; the request is then
sent once more, so that a load never loses its place.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipelines.http import Client, SourceError, expect
from pipelines.raw import Extraction

EXPIRED = ("ExpiredToken", "InvalidToken", "INVALID_SESSION_ID", "invalid_token", "token_expired")


@dataclass(frozen=True)
class Bearer:
    """A token that lives until somebody revokes it."""

    token: str

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def renew(self, client: Client, status: int, error: str) -> bool:
        return False

    def __repr__(self) -> str:
        return "Bearer(***)"


@dataclass(frozen=True)
class Basic:
    """A user and a token that lives until somebody revokes it (RFC 7617)."""

    user: str
    token: str

    def headers(self) -> Mapping[str, str]:
        return dict([_basic(self.user, self.token)])

    def renew(self, client: Client, status: int, error: str) -> bool:
        return False

    def __repr__(self) -> str:
        return "Basic(***)"


class OAuth:
    """OAuth 2.0 (RFC 6749): an access token from a grant, and a new one whenever the vendor says that it ran out.

    `form` is the body of the token request: grant_type=refresh_token or client_credentials with what belongs to it, or
    that of a signed assertion (RFC 7523), which `assertion` makes anew for each request since it lives for minutes. A refresh token that is handed out anew takes the configured one's place in later runs.
    `basic` is (client id, client secret) where the vendor wants them in the header. `cure` is the setting to look at
    where the grant is refused.
    """

    def __init__(
        self,
        run: Extraction,
        source: str,
        token_url: str,
        form: Mapping[str, str],
        *,
        cure: str,
        basic: tuple[str, str] | None = None,
        access_token: str | None = None,
        assertion: Callable[[], str] | None = None,
    ) -> None:
        self._run, self._source, self._cure, self._assertion = run, source, cure, assertion
        self._form = (
            {**form, "refresh_token": run.kept_secret("refresh_token") or form["refresh_token"]} if "refresh_token" in form else form
        )
        self._access = access_token or ""
        url = urlsplit(token_url)
        self._path = url.path
        self._client = Client(source, f"{url.scheme}://{url.netloc}")
        self._own = dict([_basic(*basic)]) if basic else {}

    def headers(self) -> Mapping[str, str]:
        if not self._access:
            self._ask()
        return {"Authorization": f"Bearer {self._access}"}

    def renew(self, client: Client, status: int, error: str) -> bool:
        if status != 401 and error not in EXPIRED:
            return False
        self._ask()
        return True

    def _ask(self) -> None:
        form = {**self._form, "assertion": self._assertion()} if self._assertion else self._form
        answer = self._client.request("POST", self._path, form=form, headers=self._own, allow=(400, 401, 403))
        if answer.body is None or answer.body.get("ok") is False:  # Slack refuses with an answer of 200
            raise SourceError(
                f"{self._source}: the token endpoint answered {answer.status}: what it was shown has run out or was revoked; "
                f"set SOURCES__{self._source.upper()}__{self._cure.upper()} to a new one"
            )
        self._access = expect(answer, self._source, "the token endpoint", "access_token", str)
        renewed = answer.body.get("refresh_token")
        if renewed and renewed != self._form.get("refresh_token"):
            self._form = {**self._form, "refresh_token": renewed}
            self._run.keep_secret("refresh_token", renewed)

    def __repr__(self) -> str:
        return "OAuth(***)"


def _basic(user: str, password: str) -> tuple[str, str]:
    return "Authorization", f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
