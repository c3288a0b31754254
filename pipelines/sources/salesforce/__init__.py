"""Salesforce -> accounts, contacts, leads, opportunities with the history of their stages, campaigns and who answered them.

Keys: Salesforce's record ids; people by their e-mail address. The first load reads everything, later ones what was
modified since (SystemModstamp), deleted and merged records included. Fields that an org does not have are not asked for.
"""

from pipelines.authorization import OAuth
from pipelines.http import Client, understood
from pipelines.raw import Extraction, Setting, Source
from pipelines.sources.salesforce.reading import NAME, Salesforce, busy
from pipelines.sources.salesforce.records import CURRENCY, KINDS


def extract(run: Extraction) -> None:
    given = run.settings
    base_url = given["base_url"].rstrip("/")
    form = {"client_id": given["client_id"], "client_secret": given.get("client_secret", ""), "grant_type": "client_credentials"}
    cure = "client_secret"
    if given.get("refresh_token"):
        form, cure = form | {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}, "refresh_token"
    with understood(NAME):
        authorization = OAuth(run, NAME, f"{base_url}/services/oauth2/token", form, cure=cure)
        Salesforce(run, Client(NAME, base_url, authorization, busy=busy)).read()


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
            unless="refresh_token",
        ),
        Setting("refresh_token", "Refresh token of a user, instead of the client credentials flow.", is_secret=True),
        Setting("segment_field", "Field of accounts that holds your segment.", default="Segment__c"),
        Setting("currency", "Currency of amounts where the org has only one, ISO 4217."),
    ),
)
