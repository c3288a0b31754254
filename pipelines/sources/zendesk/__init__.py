"""Zendesk -> tickets, their public comments, users and organizations, groups, and ratings of satisfaction.

Keys: Zendesk's numbers; people by their e-mail address. Agents have no key: what they write is the desk's. Everything is
read by the incremental exports, each from where the last run stopped; comments come with the events of tickets.
"""

from pipelines.authorization import Basic, Bearer
from pipelines.http import Client, understood
from pipelines.raw import Extraction, Setting, Source
from pipelines.sources.zendesk.asking import NAME
from pipelines.sources.zendesk.reading import Zendesk
from pipelines.sources.zendesk.records import TABLES


def extract(run: Extraction) -> None:
    token, email = run.settings["access_token"], run.settings.get("email")
    with understood(NAME):
        Zendesk(run, Client(NAME, run.settings["base_url"], Basic(f"{email}/token", token) if email else Bearer(token))).read()


SOURCE = Source(
    NAME,
    "Zendesk",
    TABLES,
    extract,
    (
        Setting("base_url", "Your own address, https://<subdomain>.zendesk.com.", is_required=True),
        Setting("access_token", "OAuth token with the scope `read`, or an API token of an admin.", is_secret=True, is_required=True),
        Setting("email", "E-mail address of the admin whose API token it is; not needed with an OAuth token."),
    ),
)
