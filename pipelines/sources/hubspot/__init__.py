"""HubSpot -> companies, contacts, deals with their companies and contacts, the stages of deals, owners, and visits of contacts.

Keys: HubSpot's record ids; people by their e-mail address. The first load lists everything; later ones search what was
modified since. Deleted records are read from the archive, merged ones from the survivor's `hs_merged_object_ids`.
"""

from pipelines.authorization import Bearer
from pipelines.http import Client, understood
from pipelines.raw import Extraction, Setting, Source
from pipelines.sources.hubspot.reading import NAME, HubSpot
from pipelines.sources.hubspot.records import CURRENCY, KINDS, OWNERS, STAGES, TOUCHES


def extract(run: Extraction) -> None:
    with understood(NAME):
        HubSpot(run, Client(NAME, run.settings["base_url"], Bearer(run.settings["access_token"]))).read()


SOURCE = Source(
    NAME,
    "HubSpot",
    (*(kind.table() for kind in KINDS), TOUCHES, STAGES, OWNERS, CURRENCY),
    extract,
    (
        Setting("base_url", "The API.", default="https://api.hubapi.com"),
        Setting(
            "access_token",
            "Token of a private app with crm.objects.{contacts,companies,deals,owners}.read.",
            is_secret=True,
            is_required=True,
        ),
        Setting("segment_property", "Property of companies that holds your segment.", default="segment"),
    ),
)
