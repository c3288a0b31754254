"""Salesforce -> accounts, contacts, leads, opportunities with the history of their stages, campaigns and who answered them.

Keys: Salesforce's record ids; people by their e-mail address. The first load reads everything, later ones what was
modified since (SystemModstamp), deleted and merged records included. Fields that an org does not have are not asked for.
"""

from functools import partial

import jwt

from pipelines.authorization import OAuth
from pipelines.http import Client, SourceError, understood
from pipelines.pace import clock
from pipelines.raw import Extraction, Setting, Source
from pipelines.sources.salesforce.reading import NAME, Salesforce, busy
from pipelines.sources.salesforce.records import CURRENCY, KINDS

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def authorization(run: Extraction) -> OAuth:
    """By the secret of the app, for itself; or for a user by a refresh token or a signed assertion."""
    given, assertion = run.settings, None
    form = {"client_id": given["client_id"], "client_secret": given.get("client_secret", ""), "grant_type": "client_credentials"}
    cure = "client_secret"
    if given.get("private_key"):
        form, cure = {"grant_type": JWT_BEARER}, "private_key"
        assertion = partial(_signed, given["private_key"], given["client_id"], given.get("username", ""), given["audience"])
    elif given.get("refresh_token"):
        form, cure = form | {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}, "refresh_token"
    return OAuth(run, NAME, f"{given['base_url'].rstrip('/')}/services/oauth2/token", form, cure=cure, assertion=assertion)


def extract(run: Extraction) -> None:
    with understood(NAME):
        Salesforce(run, Client(NAME, run.settings["base_url"].rstrip("/"), authorization(run), busy=busy)).read()


def _signed(private_key: str, client_id: str, username: str, audience: str) -> str:
    """Who asks, for whom and until when (RFC 7523), signed for Salesforce, which knows the certificate. A key in one line has its line ends as \\n."""
    claims = {"iss": client_id, "sub": username, "aud": audience, "exp": int(clock().timestamp()) + 180}
    try:
        return jwt.encode(claims, private_key.replace("\\n", "\n"), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        raise SourceError(f"{NAME}: the private key is no RSA key in PEM; set SOURCES__SALESFORCE__PRIVATE_KEY to one") from None


SOURCE = Source(
    NAME,
    "Salesforce",
    (*(kind.table() for kind in KINDS), CURRENCY),
    extract,
    (
        Setting("base_url", "Your org's own address, https://<domain>.my.salesforce.com.", is_required=True),
        Setting("api_version", "Version of the API.", default="60.0"),
        Setting("client_id", "Consumer key of a connected app that may use the API.", is_required=True),
        Setting(
            "client_secret",
            "Consumer secret of the app, for the client credentials flow.",
            is_secret=True,
            is_required=True,
            unless="refresh_token or private_key",
        ),
        Setting("refresh_token", "Refresh token of a user, instead of the client credentials flow.", is_secret=True),
        Setting("private_key", "Private key (PEM) of the app's certificate, for the JWT bearer flow.", is_secret=True),
        Setting("username", "User that the app acts for; only with a private key."),
        Setting("audience", "Who checks the signature; https://test.salesforce.com for a sandbox.", default="https://login.salesforce.com"),
        Setting("segment_field", "Field of accounts that holds your segment.", default="Segment__c"),
        Setting("currency", "Currency of amounts where the org has only one, ISO 4217."),
    ),
)
