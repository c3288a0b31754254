"""World -> one ASGI application: each vendor's API below its own name, /bluesky, /mastodon, /hubspot and /stripe."""

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from simulator.apis import bluesky, hubspot, mastodon, stripe
from simulator.apis.wire import Wire
from simulator.world import World

VENDORS = {"bluesky": bluesky.routes, "mastodon": mastodon.routes, "hubspot": hubspot.routes, "stripe": stripe.routes}
# What the demo company signs in with; SOURCES__<NAME>__<SETTING> in the words of pipelines/sources.
SECRETS = {
    "bluesky": {"IDENTIFIER": bluesky.HANDLE, "ACCESS_TOKEN": bluesky.PASSWORD},
    "mastodon": {"ACCESS_TOKEN": mastodon.TOKEN},
    "hubspot": {"ACCESS_TOKEN": hubspot.TOKEN},
    "stripe": {"ACCESS_TOKEN": stripe.KEY},
}


def application(world: World, has_faults: bool = True) -> ASGIApp:
    """Every vendor's routes; with faults now and then an answer is 429 or 500, always at the same request."""
    mounts = [Mount(f"/{name}", Wire(Starlette(routes=make(world)), world, name, has_faults)) for name, make in VENDORS.items()]
    return Starlette(routes=mounts)
