"""LinkedIn's versioned REST API (Rest.li 2.0): what its sources share, the version in the headers, tokens, and how lists of URNs are written."""

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from pipelines.authorization import Bearer, OAuth
from pipelines.http import Authorization, Client
from pipelines.raw import Extraction, Setting

BASE_URL = Setting("base_url", "The API.", default="https://api.linkedin.com")
TOKEN_URL = Setting("token_url", "Where tokens are renewed.", default="https://www.linkedin.com/oauth/v2/accessToken")
VERSION = Setting("api_version", "Month of the API's version; LinkedIn retires one after about a year.", default="202606")
REFRESHING = (
    Setting("refresh_token", "Refresh token, instead of an access token.", is_secret=True),
    Setting("client_id", "Client id of the app; needed with a refresh token."),
    Setting("client_secret", "Client secret of the app; needed with a refresh token.", is_secret=True),
)


def authorization(run: Extraction, source: str) -> Authorization:
    """The access token, or one that the refresh token gives, and gives again where it ran out."""
    refresh_token = run.settings.get("refresh_token")
    if not refresh_token:
        return Bearer(run.settings["access_token"])
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    form |= {name: run.settings.get(name, "") for name in ("client_id", "client_secret")}
    return OAuth(run, source, run.settings["token_url"], form, cure="refresh_token")


def client(run: Extraction, source: str, who: Authorization, **more: str) -> Client:
    """One that names the version in every request; `more` are further headers."""
    version = {"LinkedIn-Version": run.settings["api_version"], "X-Restli-Protocol-Version": "2.0.0"}
    return Client(source, run.settings["base_url"], who, headers=version | more)


def urn_list(values: Iterable[str]) -> str:
    """A list in a query: the colons of a URN are encoded, the brackets and commas of the list are not."""
    return f"List({','.join(quote(urn, safe='') for urn in values)})"


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
