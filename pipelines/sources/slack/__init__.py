"""Slack -> who talks with whom in public channels and in those shared with other companies, never what is said.

Keys: channel and timestamp of a message; people by their e-mail address. Words are looked at (is it a question, whom does
it mention) and dropped before anything is stored. Only public channels are asked for; direct messages and private
channels are not, and the app needs no scope for them.
"""

from pipelines.authorization import Bearer, OAuth
from pipelines.http import Authorization, Client, understood
from pipelines.raw import Extraction, Setting, Source
from pipelines.sources.slack.asking import NAME, Workspace, busy
from pipelines.sources.slack.reading import Slack
from pipelines.sources.slack.records import TABLES


def extract(run: Extraction) -> None:
    with understood(NAME):
        Slack(run, Workspace(Client(NAME, run.settings["base_url"], _authorization(run), busy=busy))).read()


def _authorization(run: Extraction) -> Authorization:
    given = run.settings
    if not given.get("refresh_token"):
        return Bearer(given["access_token"])
    form = {name: given.get(name, "") for name in ("client_id", "client_secret", "refresh_token")} | {"grant_type": "refresh_token"}
    return OAuth(run, NAME, f"{given['base_url'].rstrip('/')}/api/oauth.v2.access", form, cure="refresh_token")


SOURCE = Source(
    NAME,
    "Slack",
    TABLES,
    extract,
    (
        Setting("base_url", "The API.", default="https://slack.com"),
        Setting(
            "access_token",
            "Bot token of an app with the scopes channels:read, channels:history, users:read, users:read.email and usergroups:read, invited to the channels.",
            is_secret=True,
            is_required=True,
            unless="refresh_token",
        ),
        Setting(
            "refresh_token",
            "Refresh token of an app with token rotation, instead of the bot token, which then lives for 12 hours; each is good once and the next one is kept.",
            is_secret=True,
        ),
        Setting("client_id", "Client id of the app; only with a refresh token."),
        Setting("client_secret", "Client secret of the app; only with a refresh token.", is_secret=True),
        Setting("late_replies_days", "Age of threads in days up to which every run looks for late replies.", default="30"),
    ),
)
