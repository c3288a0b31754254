"""Stripe -> customers, subscriptions with their history, invoices, refunds, and the fees of each payment.

Keys: Stripe's ids; people by their e-mail address. Amounts are integers in the smallest unit of their currency. The
first load lists everything; later ones list what is new and read from the events what has changed. Reads answers of
older and newer API versions, which keep an invoice's subscription, tax and payment in different places.
"""

from pipelines.authorization import Bearer
from pipelines.http import Client, understood
from pipelines.raw import Extraction, Setting, Source
from pipelines.sources.stripe.reading import NAME, Stripe
from pipelines.sources.stripe.records import TABLES

# Later versions name an invoice's payment only where it is expanded, and never in events: fees and refunds would lose it.
API_VERSION = "2024-06-20"


def extract(run: Extraction) -> None:
    with understood(NAME):
        Stripe(
            run, Client(NAME, run.settings["base_url"], Bearer(run.settings["access_token"]), headers={"Stripe-Version": API_VERSION})
        ).read()


SOURCE = Source(
    NAME,
    "Stripe",
    TABLES,
    extract,
    (
        Setting("base_url", "The API.", default="https://api.stripe.com"),
        Setting(
            "access_token",
            "Restricted key that may read customers, subscriptions, invoices, charges and refunds, balance and events.",
            is_secret=True,
            is_required=True,
        ),
    ),
)
