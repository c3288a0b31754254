"""What the contract of every source has to know of Matomo."""

from faults.layer import Adapter, Fault

ADAPTER = Adapter(
    settings={"access_token": "demo0matomo0token0demo0matomo0to", "site_id": "1"},
    feed="/Live.getLastVisitsDetails",
    refusal=Fault(200, {"result": "error", "message": "Unable to authenticate with the provided token."}),
    sizes=("filter_limit",),
)
