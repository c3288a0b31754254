"""Slack -> who talks with whom in public channels and in those shared with other companies, never what is said.

Keys: channel and timestamp of a message; people by their e-mail address. Words are looked at (is it a question, whom does
it mention) and dropped before anything is stored. Only public channels are asked for; direct messages and private
channels are not, and the app needs no scope for them.
"""

from pipelines.authorization import Bearer
from pipelines.http import Client, understood
from pipelines.raw import Extraction, Setting, Source
from pipelines.sources.slack.asking import NAME, Workspace, busy
from pipelines.sources.slack.reading import Slack
from pipelines.sources.slack.records import TABLES


def extract(run: Extraction) -> None:
    with understood(NAME):
        Slack(run, Workspace(Client(NAME, run.settings["base_url"], Bearer(run.settings["access_token"]), busy=busy))).read()


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
        ),
        Setting("late_replies_days", "Age of threads in days up to which every run looks for late replies.", default="30"),
    ),
)
