"""World -> one ASGI application: each vendor's API below its own name: /bluesky, /hubspot and so on."""

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from simulator.apis import (
    bluesky,
    facebook,
    google_ads,
    hubspot,
    instagram,
    linkedin,
    linkedin_ads,
    mastodon,
    matomo,
    meta_ads,
    salesforce,
    slack,
    stripe,
    x,
    youtube,
    zendesk,
)
from simulator.apis.wire import Wire
from simulator.world import World

SPEAKING = (
    *(bluesky, facebook, google_ads, hubspot, instagram, linkedin, linkedin_ads, mastodon),
    *(matomo, meta_ads, salesforce, slack, stripe, x, youtube, zendesk),
)
VENDORS = {vendor.__name__.rpartition(".")[2]: vendor.routes for vendor in SPEAKING}
# What the demo company signs in with; SOURCES__<NAME>__<SETTING> in the words of pipelines/sources.
SECRETS = {
    "bluesky": {"IDENTIFIER": bluesky.HANDLE, "ACCESS_TOKEN": bluesky.PASSWORD},
    "facebook": {"ACCESS_TOKEN": facebook.TOKEN, "PAGE_ID": facebook.PAGE},
    "instagram": {"ACCESS_TOKEN": instagram.TOKEN, "ACCOUNT_ID": instagram.ACCOUNT},
    "google_ads": {
        **{name.upper(): value for name, value in google_ads.CREDENTIALS.items()},
        "CUSTOMER_ID": google_ads.MANAGER,
        "LOGIN_CUSTOMER_ID": google_ads.MANAGER,
        "DEVELOPER_TOKEN": google_ads.DEVELOPER,
        "TOKEN_URL": "token",
    },
    "linkedin_ads": {"ACCESS_TOKEN": linkedin_ads.TOKEN, "ACCOUNT_ID": linkedin_ads.ACCOUNT},
    "matomo": {"ACCESS_TOKEN": matomo.TOKEN, "SITE_ID": matomo.SITE},
    "meta_ads": {"ACCESS_TOKEN": meta_ads.TOKEN, "ACCOUNT_ID": meta_ads.ACCOUNT},
    "mastodon": {"ACCESS_TOKEN": mastodon.TOKEN},
    "hubspot": {"ACCESS_TOKEN": hubspot.TOKEN},
    "salesforce": {"CLIENT_ID": salesforce.CLIENT, "CLIENT_SECRET": salesforce.SECRET},
    "slack": {"ACCESS_TOKEN": slack.TOKEN},
    "stripe": {"ACCESS_TOKEN": stripe.KEY},
    "linkedin": {"ACCESS_TOKEN": linkedin.TOKEN, "ORGANIZATION_ID": linkedin.ORGANIZATION},
    "x": {"ACCESS_TOKEN": x.TOKEN},
    "youtube": {"ACCESS_TOKEN": youtube.KEY, "CHANNEL_ID": youtube.CHANNEL},
    "zendesk": {"ACCESS_TOKEN": zendesk.TOKEN, "EMAIL": zendesk.EMAIL},
}


def application(world: World, has_faults: bool = True) -> ASGIApp:
    """Every vendor's routes; with faults now and then an answer is 429 or 500, always at the same request."""
    mounts = [Mount(f"/{name}", Wire(Starlette(routes=make(world)), world, name, has_faults)) for name, make in VENDORS.items()]
    return Starlette(routes=mounts)
